"""The demo's settings: WEIGHTS, FACES, STORE and a few sizes, read once from the environment (`contract.environment`).

An empty variable counts as not set, so that a Makefile can pass what it was not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from contract.environment import one_of, path, read_variables, text, variable, whole
from demo.drawing.person import MAX_PEOPLE
from demo.errors import DemoError
from export.request import DEFAULT_CUT

MOST_DEVICES = 100


class StoreKind(StrEnum):
    """Where the service keeps what it is given."""

    DIRECTORY = "directory"
    MINIO = "minio"


def _existing(value: str) -> Path:
    place = path(value)
    if not place.exists():
        raise ValueError("a path that exists")
    return place.resolve()


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's choices."""

    weights: Path | None = field(
        default=None, metadata=variable("WEIGHTS", _existing, help="of the backbone; drawn from a seed if not set")
    )
    faces: Path | None = field(
        default=None, metadata=variable("FACES", _existing, help="photos, one folder a person; synthetic if not set")
    )
    store: StoreKind = field(
        default=StoreKind.DIRECTORY,
        metadata=variable("STORE", one_of(StoreKind), help="where the service keeps what it is given"),
    )
    cut: str = field(default=DEFAULT_CUT, metadata=variable("CUT", text, help="where the backbone is cut"))
    devices: int = field(
        default=3, metadata=variable("DEVICES", whole(low=1, high=MOST_DEVICES), unit="devices", help="that take part")
    )
    people: int = field(
        default=40,
        metadata=variable(
            "PEOPLE", whole(low=1, high=MAX_PEOPLE), unit="people", help="to draw where there are no FACES"
        ),
    )
    seed: int = field(default=0, metadata=variable("SEED", whole(low=0), help="of who is new, and of what is drawn"))
    build: Path = field(default=Path("build"), metadata=variable("BUILD", path, help="the folder of all that is made"))

    @property
    def work(self) -> Path:
        """The folder that holds everything the demo makes, anew at each run."""
        return self.build / "demo"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read every setting once.

        Raises:
            DemoError: a path is not there, or a value is not one of those allowed.
        """
        return cls(**read_variables(cls, environment, error=DemoError))
