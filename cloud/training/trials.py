"""Which trials a cycle runs, what each of them reports, and which one is the challenger. Pure.

The first trials are the class means and the last layer trained for a while or for long; further ones vary its recipe.
Where the class means say nearly everything, no other could win, and none is run. The body is fine-tuned in one more
trial, where it has weights, there are ten labels, and half of them have ten photos: with fewer it never won, with so
many it was not shown to win yet (`docs/learning.md`), and it takes more than ten times as long.

Specifications and results are stored in the records of trials, and results in the reports of releases too. Their
documents say "thaw" and "thawed" for fine-tuning. Keys that a later version adds are ignored.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from statistics import median
from typing import TypeVar

from contract.documents import Fields, Json
from export.heads.calibration import Calibration, can_say_more, says_most
from export.heads.recipe import EPOCHS

Outcome = TypeVar("Outcome")

FEWEST_TRIALS = 2
CLASS_MEANS = "class-means"
LAST_LAYER = "last-layer"
LAST_LAYER_FOR_LONG = "last-layer-for-long"
FINE_TUNED = "fine-tuned"
MANY_SAMPLES = 65_536
"""Beyond which `last-layer` is left out (`docs/learning.md` has what was measured)."""
VARIATIONS = ((3e-4, 0.0), (1e-3, 1e-2), (3e-3, 0.0), (1e-3, 0.0))
"""Learning rate and weight decay of further trials, in turn."""
FEWEST_PHOTOS_TO_FINE_TUNE = 10
"""Of a label, in the middle of all labels."""
FEWEST_LABELS_TO_FINE_TUNE = 10
"""A body is calibrated on three tenths of them."""


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
    """Their mean negative log likelihood at the head's temperature, or of those that were scored; 0 without any."""
    calibration: Calibration
    seconds: float

    @property
    def accuracy(self) -> float | None:
        """The share of held-out samples that are right; None without any."""
        return self.right / self.held_out if self.held_out else None

    def document(self) -> dict[str, Json]:
        """Write what `parse` reads, for the trial's record and the release's report."""
        document: dict[str, Json] = asdict(self) | {"calibration": self.calibration.document()}
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
            calibration=Calibration.parse(fields.document("calibration")),
            seconds=_positive(fields, "seconds"),
        )


FINE_TUNING = FineTuning(Optimizer.ADAM, 1e-4)


def plan(count: int, *, samples: int = 0, fine_tune: bool = False) -> tuple[Spec, ...]:
    """Return the trials of a cycle with so many samples, two at least, and one more that fine-tunes the body.

    Of very many samples the last layer is not trained for a short while: that says no more than class means do.
    """
    short, middle, long = EPOCHS
    stated = [Spec(CLASS_MEANS, epochs=short), Spec(LAST_LAYER, epochs=middle), Spec(LAST_LAYER_FOR_LONG, epochs=long)]
    if samples > MANY_SAMPLES:
        del stated[1]
    planned = max(count, FEWEST_TRIALS)
    varied = tuple(_variation(place) for place in range(len(EPOCHS), planned))
    deeper = (Spec(FINE_TUNED, epochs=middle, fine_tuning=FINE_TUNING),) if fine_tune else ()
    return (*stated[:planned], *varied, *deeper)


def has_enough_to_fine_tune(photos: Sequence[int]) -> bool:
    """Tell whether a body should be fine-tuned, given how many photos of each label train."""
    return len(photos) >= FEWEST_LABELS_TO_FINE_TUNE and median(photos) >= FEWEST_PHOTOS_TO_FINE_TUNE


def run_in_turn(
    specs: Sequence[Spec],
    run: Callable[[Sequence[Spec]], Sequence[Outcome]],
    *,
    result: Callable[[Outcome], TrialResult | None],
) -> list[Outcome]:
    """Run the first trial, and the others where one of them could be the challenger.

    Return what came of each, in the order of the plan. What takes longest begins first: of a large pool no other is
    then waited for.

    Args:
        specs: as `plan` returns them.
        run: runs some of them.
        result: of an outcome; None where the trial failed.
    """
    outcomes = list(run(specs[:1]))
    first = result(outcomes[0])
    if first is None or could_win(first):
        others = sorted(specs[1:], key=lambda spec: (spec.fine_tuning is not None, spec.epochs), reverse=True)
        of_others = dict(zip([spec.name for spec in others], run(others), strict=True)) if others else {}
        outcomes += [of_others[spec.name] for spec in specs[1:]]
    return outcomes


def could_win(first: TrialResult) -> bool:
    """Tell whether a further trial could be the challenger, given how the first one ended."""
    return can_say_more(first.calibration)


def choose_challenger(results: Sequence[TrialResult]) -> TrialResult:
    """Return the trial that says most, or an earlier one that says hardly less.

    `results` are not empty, and in the order of the plan.
    """
    return results[says_most([result.calibration for result in results])]


def _variation(place: int) -> Spec:
    learning_rate, weight_decay = VARIATIONS[(place - len(EPOCHS)) % len(VARIATIONS)]
    return Spec(f"trial-{place + 1}", learning_rate, weight_decay=weight_decay, seed=place)


def _positive(fields: Fields, key: str) -> float:
    return fields.number(key, low=0.0, high=math.inf)
