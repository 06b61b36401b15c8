"""The road's parts, all real: bundles of drawn people, gunicorn and worker, both stores, devices as processes."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from demo.cast import Person, cast_people
from demo.commands import command
from demo.faces import write_people
from demo.folders import lay_out_base, list_photos
from demo.processes import running
from demo.service import start_service
from tests.road.deployment import Deployment

PEOPLE, PHOTOS, NEW_SHARE = 6, 10, 1 / 3
VARIATION = 0.3
"""Photos of a person differ little: a seeded backbone sees through that, and the gate has no reason to refuse."""
EXPORT_TIMEOUT_S = 240.0


class Deploy(Protocol):
    """Starts the service of a cut; a training cycle starts with `min_new` new samples."""

    def __call__(self, cut: str, *, min_new: int) -> Deployment: ...


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[Person, ...]:
    """Six drawn people, two of them new to the first head; two base photos each, three to upload, five to test."""
    faces = tmp_path_factory.mktemp("faces")
    write_people(faces, people=PEOPLE, photos=PHOTOS, seed=0, variation=VARIATION)
    return cast_people(list_photos(faces), seed=0, new_share=NEW_SHARE)


@pytest.fixture(scope="session")
def exported(people: tuple[Person, ...], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The bundles of a cut, exported once a session."""
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


@pytest.fixture(params=["directory", "minio"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of an empty store of either kind; this process can open it too."""
    if request.param == "directory":
        return {"FEDEX_STORE": f"dir:{tmp_path / 'store'}"}
    server = request.getfixturevalue("minio")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return {**server.environment, "FEDEX_STORE": server.store_url(f"road-{secrets.token_hex(8)}")}


@pytest.fixture
def deploy(exported: Callable[[str], Path], store: dict[str, str], tmp_path: Path) -> Iterator[Deploy]:
    """Start the service of a cut on the store; everything is stopped after the test."""
    with running(tmp_path / "logs") as processes:

        def start(cut: str, *, min_new: int) -> Deployment:
            bundles = exported(cut)
            service = start_service(
                processes, store=store, work=tmp_path, training=bundles / "training", min_new=min_new
            )
            return Deployment(tmp_path, bundles, store, service, processes)

        yield start
        processes.stop()
