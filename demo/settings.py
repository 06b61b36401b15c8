"""The only home of what the demo reads from the environment: WEIGHTS, FACES, STORE and a few sizes.

Empty is the same as missing, so that a Makefile can pass what it was not given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from demo.errors import DemoError


class StoreKind(StrEnum):
    """Where the service keeps what it is given."""

    DIRECTORY = "directory"
    MINIO = "minio"


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's choices; without weights the backbone is seeded, without faces people are drawn."""

    weights: Path | None = None
    faces: Path | None = None
    store: StoreKind = StoreKind.DIRECTORY
    cut: str = "freeze6"
    devices: int = 3
    people: int = 40
    seed: int = 0
    build: Path = Path("build")

    @property
    def work(self) -> Path:
        """The folder that holds everything the demo makes, anew at each run."""
        return self.build / "demo"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings that the environment asks for.

    Raises:
        DemoError: a path is not there, or a value is not one of those allowed.
    """
    plain = Settings()
    return Settings(
        weights=_path(environment, "WEIGHTS"),
        faces=_path(environment, "FACES"),
        store=_store(environment.get("STORE") or plain.store.value),
        cut=environment.get("CUT") or plain.cut,
        devices=_count(environment, "DEVICES", plain.devices),
        people=_count(environment, "PEOPLE", plain.people),
        seed=_count(environment, "SEED", plain.seed, least=0),
        build=Path(environment.get("BUILD") or plain.build),
    )


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name)
    if not value:
        return None
    if not Path(value).exists():
        raise DemoError(f"{name}: expected a path that exists, got {value}")
    return Path(value).resolve()


def _store(value: str) -> StoreKind:
    try:
        return StoreKind(value)
    except ValueError:
        raise DemoError(f"STORE: expected {' or '.join(StoreKind)}, got {value!r}") from None


def _count(environment: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    value = environment.get(name) or str(default)
    if not value.isdecimal() or int(value) < least:
        raise DemoError(f"{name}: expected a whole number from {least} on, got {value!r}")
    return int(value)
