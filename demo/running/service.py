"""The demo's service: gunicorn and the worker as processes, over a store of either kind."""

import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contract.routes import READYZ
from demo.running.commands import command
from demo.running.local_http import answer_of
from demo.running.minio import start_minio
from demo.running.ports import free_port
from demo.running.processes import CALL_TIMEOUT_S, Processes
from demo.settings import StoreKind

GROUP = "demo"
BUCKET = "fedex-demo"
START_TIMEOUT_S = 90.0


@dataclass(frozen=True, slots=True)
class DemoService:
    """A service that runs."""

    port: int
    code: str = field(repr=False)
    """What lets devices in."""

    @property
    def url(self) -> str:
        """Where devices find it."""
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def opened_store(kind: StoreKind, work: Path) -> Iterator[dict[str, str]]:
    """Yield the settings that point the service at an empty store below `work`; MinIO runs while the block does."""
    if kind is StoreKind.DIRECTORY:
        yield {"FEDEX_STORE": f"dir:{work / 'store'}"}
        return
    with start_minio(work / "minio") as server:
        yield {**server.environment, "FEDEX_STORE": server.store_url(BUCKET)}


def start_service(
    processes: Processes, *, store: Mapping[str, str], work: Path, training: Path, min_new: int = 1
) -> DemoService:
    """Register the training bundle, start gunicorn and the worker, and wait until devices can enrol.

    `min_new` is how many new samples start a training cycle.

    Raises:
        DiedEarly, TooSlow: a process did not come up.
    """
    service = DemoService(free_port(), secrets.token_urlsafe(12))
    environment = {
        **store,
        "FEDEX_ENROLMENT": f"{service.code}={GROUP}",
        "FEDEX_STATE": str(work / "worker"),
        "FEDEX_MIN_NEW": str(min_new),
    }
    cloud = command("fedex-cloud")
    processes.call(
        "bundle-add", [cloud, "bundle", "add", str(training)], environment=environment, timeout_s=CALL_TIMEOUT_S
    )
    processes.start("serve", [cloud, "serve", "--bind", f"127.0.0.1:{service.port}"], environment=environment)
    processes.start("worker", [cloud, "worker"], environment=environment)
    processes.wait_until(lambda: _can_enrol(service), what="a service that takes devices", timeout_s=START_TIMEOUT_S)
    return service


def _can_enrol(service: DemoService) -> bool:
    try:
        with answer_of(f"{service.url}{READYZ}", timeout_s=5) as answer:
            return bool(json.load(answer)["enrolment"])
    except OSError:  # not up yet
        return False
