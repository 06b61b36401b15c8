"""Which trials a cycle runs, what each of them reports, and which one is the challenger. Pure.

"Last layer only" is always the first trial. The second and third fine-tune the body, gently, where it has weights;
where it has none, they and all further ones vary the last layer's recipe.

Specifications and results are stored in the records of trials, and results in the reports of releases too. Their
documents say "thaw" and "thawed" for fine-tuning. Keys that a later version adds are ignored.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from contract.documents import Fields, Json
from export.heads.calibration import Calibration, FittedOn

FEWEST_TRIALS = 2
FEWEST_HELD_OUT = 10
"""With fewer held-out samples nothing tells trials apart, and the last layer alone is the safest."""
LAST_LAYER = "last-layer"
VARIATIONS = ((3e-4, 0.0), (1e-3, 1e-2), (3e-3, 0.0), (1e-3, 0.0))
"""Learning rate and weight decay of further trials, in turn."""


class Optimizer(StrEnum):
    """The algorithm that fine-tunes a body."""

    ADAM = "adam"
    SGD = "sgd"


@dataclass(frozen=True, slots=True)
class FineTuning:
    """How deeper layers train once the last layer is fitted. Rates beyond these destroy what the body knows."""

    optimizer: Optimizer
    learning_rate: float
    epochs: int = 2
    batch_size: int = 16

    @classmethod
    def parse(cls, document: Fields) -> FineTuning:
        """Read the part of a specification that is about fine-tuning."""
        return cls(
            optimizer=document.choice("optimizer", Optimizer),
            learning_rate=_positive(document, "learning_rate"),
            epochs=document.integer("epochs"),
            batch_size=document.integer("batch_size", low=1),
        )


@dataclass(frozen=True, slots=True)
class Spec:
    """The specification of one trial: the last layer's recipe, and the fine-tuning that follows it."""

    name: str
    learning_rate: float = 1e-3
    epochs: int = 50
    weight_decay: float = 0.0
    seed: int = 0
    fine_tuning: FineTuning | None = None
    """None where the last layer alone trains."""

    def document(self) -> dict[str, Json]:
        """Write what `parse` reads, for the trial's process and its record."""
        document: dict[str, Json] = asdict(self)
        document["thaw"] = document.pop("fine_tuning")
        return document

    @classmethod
    def parse(cls, document: Mapping[str, Json]) -> Spec:
        """Read what `document` wrote, here or in another version.

        Raises:
            ContractError: a field is missing, or of another kind.
        """
        fields = Fields(document, where="trial")
        return cls(
            name=fields.text("name"),
            learning_rate=_positive(fields, "learning_rate"),
            epochs=fields.integer("epochs"),
            weight_decay=_positive(fields, "weight_decay"),
            seed=fields.integer("seed"),
            fine_tuning=FineTuning.parse(fields.document("thaw")) if "thaw" in fields else None,
        )


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What a trial that succeeded says of its head."""

    name: str
    fine_tuned: bool
    held_out: int
    right: int
    """Held-out samples whose most probable class is theirs."""
    loss: float
    """Their mean negative log likelihood at the head's temperature; 0 without any."""
    calibration: Calibration
    seconds: float

    @property
    def accuracy(self) -> float | None:
        """The share of held-out samples that are right; None without any."""
        return self.right / self.held_out if self.held_out else None

    def document(self) -> dict[str, Json]:
        """Write what `parse` reads, for the trial's record and the release's report."""
        document: dict[str, Json] = asdict(self)
        document["thawed"] = document.pop("fine_tuned")
        return document

    @classmethod
    def parse(cls, document: Mapping[str, Json]) -> TrialResult:
        """Read what `document` wrote, here or in another version.

        Raises:
            ContractError: a field is missing, or of another kind.
        """
        fields = Fields(document, where="result")
        return cls(
            name=fields.text("name"),
            fine_tuned=fields.boolean("thawed"),
            held_out=fields.integer("held_out"),
            right=fields.integer("right"),
            loss=_positive(fields, "loss"),
            calibration=_parse_calibration(fields.document("calibration")),
            seconds=_positive(fields, "seconds"),
        )


FINE_TUNINGS = (FineTuning(Optimizer.ADAM, 1e-5), FineTuning(Optimizer.SGD, 1e-3))


def plan(count: int) -> tuple[Spec, ...]:
    """Return the trials of a cycle, two at least."""
    return (Spec(LAST_LAYER), *(_variation(place) for place in range(1, max(count, FEWEST_TRIALS))))


def choose_challenger(results: Sequence[TrialResult]) -> TrialResult:
    """Return the best trial: the most right, then the smallest loss; the first one where too few samples tell.

    `results` are not empty, and in the order of the plan.
    """
    if results[0].held_out < FEWEST_HELD_OUT:
        return results[0]
    return max(results, key=lambda result: (result.right, -result.loss))


def _variation(place: int) -> Spec:
    learning_rate, weight_decay = VARIATIONS[(place - 1) % len(VARIATIONS)]
    fine_tuning = FINE_TUNINGS[place - 1] if place <= len(FINE_TUNINGS) else None
    return Spec(f"trial-{place + 1}", learning_rate, weight_decay=weight_decay, seed=place, fine_tuning=fine_tuning)


def _parse_calibration(fields: Fields) -> Calibration:
    """Read the part of a result that is about calibration."""
    calibration = Calibration(
        temperature=_positive(fields, "temperature"),
        threshold=fields.number("threshold", low=0.0, high=1.0),
        known=fields.integer("known"),
        known_accepted=fields.number("known_accepted", low=0.0, high=1.0),
        strangers=fields.integer("strangers"),
        strangers_refused=fields.number("strangers_refused", low=0.0, high=1.0),
    )
    return replace(calibration, fitted_on=_parse_fitted_on(fields, calibration))


def _parse_fitted_on(fields: Fields, calibration: Calibration) -> FittedOn:
    """Read what a calibration was fitted on; one from before this was said had both or nothing."""
    if "fitted_on" in fields:
        return fields.choice("fitted_on", FittedOn)
    return FittedOn.BOTH if calibration.known and calibration.strangers else FittedOn.DEFAULT


def _positive(fields: Fields, key: str) -> float:
    return fields.number(key, low=0.0, high=math.inf)
