"""The parts, all real: bundles of synthetic people, gunicorn and worker, both stores, devices as processes."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from demo.drawing.people import write_people
from demo.folders import lay_out_base, list_photos
from demo.roles import Person, Shares, assign_roles
from demo.running.commands import command
from demo.running.processes import running
from tests.conftest import missing
from tests.end_to_end.deployment import Deployment, deployed
from tests.end_to_end.scenario import DEVICES, installed_runtimes

PEOPLE, PHOTOS, NEW_SHARE = 6, 10, 1 / 3
VARIATION = 0.3
"""Photos of a person differ little: a seeded backbone sees through that, and the gate has no reason to refuse."""
EXPORT_TIMEOUT_S = 240.0

ExportOf = Callable[[str], Path]
StoreOf = Callable[[str, Path], dict[str, str]]


class Deploy(Protocol):
    """Starts the service of a cut on a store; a training cycle starts with `min_new` new samples.

    Further keywords are settings.
    """

    def __call__(self, cut: str, *, min_new: int, store: str = "directory", **settings: str) -> Deployment: ...


@pytest.fixture(scope="session")
def both_runtimes() -> None:
    """Both TFLite runtimes are here, so that the devices run on different ones."""
    if len(installed_runtimes()) < DEVICES:
        missing(f"both TFLite runtimes (installed: {', '.join(installed_runtimes())})")


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[Person, ...]:
    """Six synthetic people, two of them new to the first head; two base photos each, three to upload, five to test."""
    faces = tmp_path_factory.mktemp("faces")
    write_people(faces, people=PEOPLE, photos=PHOTOS, seed=0, variation=VARIATION)
    return assign_roles(list_photos(faces), seed=0, shares=Shares(new=NEW_SHARE))


@pytest.fixture(scope="session")
def export_of(people: tuple[Person, ...], tmp_path_factory: pytest.TempPathFactory) -> ExportOf:
    """Both bundles of a cut, exported once a session by the command line."""
    made: dict[str, Path] = {}
    base = tmp_path_factory.mktemp("base")
    lay_out_base(people, base)

    def export(cut: str) -> Path:
        if cut not in made:
            folder = tmp_path_factory.mktemp(f"export-{cut}")
            arguments = ["bundle", "--cut", cut, "--faces", str(base), "--out", str(folder / "out")]
            with running(folder / "logs") as processes:
                processes.call(
                    "export", [command("fedex-export"), *arguments], environment={}, timeout_s=EXPORT_TIMEOUT_S
                )
            made[cut] = folder / "out"
        return made[cut]

    return export


@pytest.fixture(scope="session")
def store_of(request: pytest.FixtureRequest) -> Iterator[StoreOf]:
    """The settings of an empty store, "directory" or "minio"; this process, too, can open it."""
    with pytest.MonkeyPatch.context() as environment:

        def store(kind: str, folder: Path) -> dict[str, str]:
            if kind == "directory":
                return {"FEDEX_STORE": f"dir:{folder / 'store'}"}
            server = request.getfixturevalue("minio")
            for name, value in server.environment.items():
                environment.setenv(name, value)
            return {**server.environment, "FEDEX_STORE": server.store_url(f"end-to-end-{secrets.token_hex(8)}")}

        yield store


@pytest.fixture
def deploy(export_of: ExportOf, store_of: StoreOf, tmp_path: Path) -> Iterator[Deploy]:
    """Starts a service for one test."""
    with contextlib.ExitStack() as stack:

        def start(cut: str, *, min_new: int, store: str = "directory", **settings: str) -> Deployment:
            environment = store_of(store, tmp_path) | settings
            return stack.enter_context(deployed(tmp_path, exported=export_of(cut), store=environment, min_new=min_new))

        yield start
