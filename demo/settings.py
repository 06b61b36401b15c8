"""The demo's settings: MODEL, WEIGHTS, SAMPLES, STORE and a few sizes, read once from the environment.

An empty variable counts as not set, so that a Makefile can pass what it was not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from contract.environment import one_of, path, read_variables, text, variable, whole, yes_or_no
from demo import words
from demo.drawing.person import MAX_PEOPLE
from demo.errors import DemoError
from demo.networks.catalogue import NETWORKS, DemoNetwork
from demo.roles import DRAWN_PEOPLE, PEOPLE, Shares
from demo.words import Words
from export.request import DEFAULT_CUT, KnownDetector

MOST_DEVICES = 100
NO_DETECTOR = KnownDetector.NONE.value


class StoreKind(StrEnum):
    """Where the service keeps what it is given."""

    DIRECTORY = "directory"
    MINIO = "minio"


def _existing(value: str) -> Path:
    place = path(value)
    if not place.exists():
        raise ValueError("a path that exists")
    return place.resolve()


def _model(value: str) -> DemoNetwork | Path:
    if value in NETWORKS:
        return NETWORKS[value]
    file = path(value)
    if file.suffix != ".keras" or not file.is_file():
        raise ValueError(f"one of {', '.join(NETWORKS)}, or a .keras file that there is")
    return file.resolve()


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's choices."""

    model: DemoNetwork | Path | None = field(
        default=None, metadata=variable("MODEL", _model, help="by name, or a .keras file; FaceNet if not set")
    )
    weights: Path | None = field(
        default=None, metadata=variable("WEIGHTS", _existing, help="of the backbone; drawn from a seed if not set")
    )
    faces: Path | None = field(
        default=None, metadata=variable("FACES", _existing, help="photos, one folder a person; synthetic if not set")
    )
    samples: Path | None = field(
        default=None, metadata=variable("SAMPLES", _existing, help="as FACES, of any label; or an .npz of tensors")
    )
    store: StoreKind = field(
        default=StoreKind.DIRECTORY,
        metadata=variable("STORE", one_of(StoreKind), help="where the service keeps what it is given"),
    )
    cut: str | None = field(
        default=None, metadata=variable("CUT", text, help=f"where FaceNet is cut; {DEFAULT_CUT} if not set")
    )
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
    layer: str | None = field(default=None, metadata=variable("LAYER", text, help="where a MODEL is cut"))
    size: str | None = field(default=None, metadata=variable("SIZE", text, help="as fedex-export's --size"))
    fit: str | None = field(default=None, metadata=variable("FIT", text, help="as fedex-export's --fit"))
    input: str | None = field(default=None, metadata=variable("INPUT", text, help="as fedex-export's --input"))
    standardize: str | None = field(
        default=None, metadata=variable("STANDARDIZE", text, help="as fedex-export's --standardize")
    )
    detector: str | None = field(default=None, metadata=variable("DETECTOR", text, help="as fedex-export's --detector"))
    scenes: bool = field(
        default=True,
        metadata=variable("SCENES", yes_or_no, help="put people into scenes, several in each; 0: photos as they are"),
    )
    quantize: str | None = field(default=None, metadata=variable("QUANTIZE", text, help="as fedex-export's --quantize"))
    build: Path = field(default=Path("build"), metadata=variable("BUILD", path, help="the folder of all that is made"))

    @property
    def given(self) -> Path | None:
        """Where examples lie; None where they are made."""
        return self.samples or self.faces

    @property
    def shares(self) -> Shares:
        """How examples are shared out."""
        if self.given is not None:
            return PEOPLE
        return self.model.shares if isinstance(self.model, DemoNetwork) else DRAWN_PEOPLE

    @property
    def finds_faces(self) -> bool:
        """Whether faces are found in photos: as asked, else where the network is FaceNet."""
        return self.model is None if self.detector is None else self.detector != NO_DETECTOR

    @property
    def has_scenes(self) -> bool:
        """Whether devices are given scenes of several people."""
        return self.finds_faces and self.scenes

    @property
    def prefix_precision(self) -> str | None:
        """The export's `--quantize`; None is its default."""
        if isinstance(self.model, DemoNetwork) and self.weights is None:
            return self.quantize or self.model.quantize
        return self.quantize

    @property
    def words(self) -> Words:
        """What labels and examples are called, as far as that is known before they are seen."""
        return words.PEOPLE if self.model is None and self.samples is None else words.PHOTOS

    @property
    def work(self) -> Path:
        """The folder that holds everything the demo makes, anew at each run."""
        return self.build / "demo"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read every setting once.

        Raises:
            DemoError: a path is not there, a value is not one of those allowed, or they do not go together.
        """
        settings = cls(**read_variables(cls, environment, error=DemoError))
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse what does not go together.

        Raises:
            DemoError: it says what is missing or too much.
        """
        model = self.model
        if self.samples is not None and self.faces is not None:
            raise DemoError(f"FACES: expected none beside SAMPLES={self.samples}, got {self.faces}")
        if model is not None and self.cut is not None:
            raise DemoError(f"CUT: expected none beside MODEL, which is cut at a LAYER, got {self.cut}")
        if isinstance(model, Path) and self.given is None:
            raise DemoError(f"MODEL {model}: expected SAMPLES (or FACES) beside it, got no examples of its labels")
        if isinstance(model, Path) and self.weights is not None:
            raise DemoError(f"WEIGHTS: expected none beside MODEL={model}, which has its own, got {self.weights}")
        if isinstance(model, DemoNetwork):
            if self.weights is not None and not model.takes_weights:
                raise DemoError(f"WEIGHTS: expected none, for MODEL={model.name} is trained here, got {self.weights}")
            if self.given is not None and self.weights is None:
                raise DemoError(
                    f"MODEL={model.name}: expected WEIGHTS beside {self.given}, for it learns {model.data} without, "
                    "got none; a network of your own is MODEL=FILE.keras"
                )
        if model is None and (self.layer or self.size or self.input or self.standardize):
            raise DemoError("LAYER, SIZE, INPUT, STANDARDIZE: expected MODEL beside them, got none")
