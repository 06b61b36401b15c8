"""The only home of what trials are run, what they report, and which of them is the challenger. Pure.

"Last layer only" is always the first trial. The second and third thaw the body, gently, where it has weights; where it
has none, they and all further ones vary the last layer's recipe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from contract.documents import Json

FEWEST_TRIALS = 2
FEWEST_HELD_OUT = 10
"""With fewer held-out samples nothing tells trials apart, and the last layer alone is the safest."""
LAST_LAYER = "last-layer"
VARIATIONS = ((3e-4, 0.0), (1e-3, 1e-2), (3e-3, 0.0), (1e-3, 0.0))
"""Learning rate and weight decay of further trials, in turn."""


class Optimizer(StrEnum):
    """How a thawed body is trained."""

    ADAM = "adam"
    SGD = "sgd"


@dataclass(frozen=True, slots=True)
class FineTuning:
    """How deeper layers train once the last layer is fitted. Rates beyond these destroy what the body knows."""

    optimizer: Optimizer
    learning_rate: float
    epochs: int = 2
    batch_size: int = 16


@dataclass(frozen=True, slots=True)
class Spec:
    """One trial: the last layer's recipe, and the thaw that follows it where the body has weights."""

    name: str
    learning_rate: float = 1e-3
    epochs: int = 50
    weight_decay: float = 0.0
    seed: int = 0
    thaw: FineTuning | None = None

    def document(self) -> dict[str, Json]:
        """For the trial's process, and its record."""
        return asdict(self)

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Spec:
        """What `document` wrote."""
        thaw = document["thaw"]
        return cls(
            **{**document, "thaw": FineTuning(**{**thaw, "optimizer": Optimizer(thaw["optimizer"])}) if thaw else None}
        )


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What a trial that ended well says of its head."""

    name: str
    thawed: bool
    held_out: int
    right: int
    """Held-out samples whose most probable class is theirs."""
    loss: float
    """Their mean negative log likelihood at the head's temperature; 0 without any."""
    calibration: Mapping[str, float]
    """Temperature and threshold, and what they were fitted on (``export.calibrate.Calibration``)."""
    seconds: float

    @property
    def accuracy(self) -> float | None:
        """On the held-out samples."""
        return self.right / self.held_out if self.held_out else None

    def document(self) -> dict[str, Json]:
        """For the worker, and the trial's record."""
        return asdict(self)

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> TrialResult:
        """What `document` wrote."""
        return cls(**document)


THAWS = (FineTuning(Optimizer.ADAM, 1e-5), FineTuning(Optimizer.SGD, 1e-3))


def plan(count: int) -> tuple[Spec, ...]:
    """The trials of a cycle, two at least."""
    return (Spec(LAST_LAYER), *(_variation(place) for place in range(1, max(count, FEWEST_TRIALS))))


def choose(results: Sequence[TrialResult]) -> TrialResult:
    """The best trial: the most right, then the smallest loss; the first one where too few samples tell. Not empty."""
    if results[0].held_out < FEWEST_HELD_OUT:
        return results[0]
    return max(results, key=lambda result: (result.right, -result.loss))


def _variation(place: int) -> Spec:
    learning_rate, weight_decay = VARIATIONS[(place - 1) % len(VARIATIONS)]
    thaw = THAWS[place - 1] if place <= len(THAWS) else None
    return Spec(f"trial-{place + 1}", learning_rate, weight_decay=weight_decay, seed=place, thaw=thaw)
