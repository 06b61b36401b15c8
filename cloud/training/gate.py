"""The gate: the decision whether a challenger becomes best. Pure: answers in, a verdict out.

Both heads answer today's held-out samples. The challenger passes if

(a) it is not worse where best knows the labels: over all of them, over the base labels alone, and over each label with
    ten or more held-out samples; and
(b) it is better there, or it answers new labels, which best cannot, more often right than wrong.

Differences are paired, sample by sample. "Not worse" means that the one-sided 95 % bound of the mean difference stays
above the margin. Where there are too few samples for the bound to tell a difference of the margin from chance, it is
also enough to win no less than is lost. Where few samples are held out, training photos that best has never seen are
added, answered for the challenger by cross-validation. For one label, "not worse" means that
nothing shows, at 95 %, a loss beyond that label's margin. New labels without held-out samples are judged by
cross-validation alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from contract.documents import Json

MARGIN = 0.02
LABEL_MARGIN = 0.05
NEW_LABEL_ACCURACY = 0.5
FEW_SAMPLES = 30
FEWEST_OF_A_LABEL = 10
ONE_SIDED_95 = 1.645

ClassIndices = NDArray[np.int64]
Flags = NDArray[np.bool_]
Differences = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PairedAnswers:
    """Samples that both heads answered: class indices (n,) of the challenger's labels, of which best's come first."""

    labels: ClassIndices
    best: ClassIndices
    challenger: ClassIndices

    @property
    def best_right(self) -> Flags:
        """Which samples best has right (n,)."""
        right: Flags = self.best == self.labels
        return right

    @property
    def challenger_right(self) -> Flags:
        """Which samples the challenger has right (n,)."""
        right: Flags = self.challenger == self.labels
        return right

    def where(self, chosen: Flags) -> PairedAnswers:
        """Return some of them."""
        return PairedAnswers(self.labels[chosen], self.best[chosen], self.challenger[chosen])

    def __add__(self, others: PairedAnswers) -> PairedAnswers:
        ours, theirs = (self.labels, self.best, self.challenger), (others.labels, others.best, others.challenger)
        return PairedAnswers(*(np.concatenate(pair) for pair in zip(ours, theirs, strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Everything that the verdict rests on."""

    held_out: PairedAnswers
    left_out: PairedAnswers
    """Training photos; the challenger's answers are those of cross-validation, which had not seen them."""
    unseen: Flags
    """Which of the left out best was not trained on."""
    base_classes: int
    """Classes below this are of the bundle."""
    best_classes: int
    """Classes below this are known to best."""
    classes: int


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """Both heads on one set of samples."""

    held_out: int
    cross_validated: int
    best_right: int
    challenger_right: int
    bound: float
    """The one-sided 95 % lower bound of the mean difference."""
    holds: bool


@dataclass(frozen=True, slots=True)
class NewLabels:
    """The challenger on labels that best does not know."""

    labels: int
    held_out: int
    held_out_right: int
    cross_validated: int
    """Photos of labels without held-out ones."""
    cross_validated_right: int
    unvalidated: int
    """Labels of which no photo was answered."""

    @property
    def accuracy(self) -> float:
        """The share of held-out and cross-validated photos that are right; 0 without any."""
        photos = self.held_out + self.cross_validated
        return (self.held_out_right + self.cross_validated_right) / photos if photos else 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the challenger becomes best, and why."""

    passes: bool
    reason: str
    known: PairedComparison
    base: PairedComparison
    old: PairedComparison
    """Labels that best knows and the bundle does not."""
    new: NewLabels
    worse: tuple[int, ...]
    """Labels that fail by themselves."""
    unvalidated: int
    """Labels that best knows, without a held-out sample."""

    def document(self) -> dict[str, Json]:
        """Write the report that people read in the history; it names no label."""
        return asdict(self) | {"worse": len(self.worse), "margin": MARGIN}


def judge_challenger(evidence: Evidence) -> Verdict:
    """Return the verdict on a challenger."""
    base_classes, best_classes = evidence.base_classes, evidence.best_classes
    known = _compare(evidence, 0, best_classes)
    base = _compare(evidence, 0, base_classes)
    new = _new_labels(evidence)
    validated = np.unique(evidence.held_out.labels)
    worse = tuple(int(label) for label in validated[validated < best_classes] if _is_worse(evidence.held_out, label))
    passes, reason = _decide(known, base, new, worse)
    return Verdict(
        passes=passes,
        reason=reason,
        known=known,
        base=base,
        old=_compare(evidence, base_classes, best_classes),
        new=new,
        worse=worse,
        unvalidated=best_classes - int((validated < best_classes).sum()),
    )


def _decide(
    known: PairedComparison, base: PairedComparison, new: NewLabels, worse: tuple[int, ...]
) -> tuple[bool, str]:
    if not known.holds:
        return False, "worse on labels that best knows"
    if not base.holds:
        return False, "worse on the bundle's labels"
    if worse:
        return False, f"worse on {len(worse)} labels by themselves"
    if known.challenger_right > known.best_right:
        return True, "better on labels that best knows"
    if new.accuracy > NEW_LABEL_ACCURACY:
        return True, "answers labels that best does not know"
    return False, "no better on labels that best knows, and not right of new ones" if new.labels else "no better"


def _compare(evidence: Evidence, low: int, high: int) -> PairedComparison:
    """Compare both heads on the labels from `low` to below `high`; without samples the challenger is not worse."""
    held_out = _within(evidence.held_out, low, high)
    few = len(held_out.labels) < FEW_SAMPLES
    unseen = _within(evidence.left_out.where(evidence.unseen & few), low, high)
    both = held_out + unseen
    difference = _difference(both)
    bound = _bound(difference, -ONE_SIDED_95)
    surely = len(difference) >= FEW_SAMPLES and bound > -MARGIN
    return PairedComparison(
        held_out=len(held_out.labels),
        cross_validated=len(unseen.labels),
        best_right=int(both.best_right.sum()),
        challenger_right=int(both.challenger_right.sum()),
        bound=bound,
        holds=bool(surely or (not _tells(difference) and difference.sum() >= 0)),
    )


def _is_worse(held_out: PairedAnswers, label: int) -> bool:
    difference = _difference(_within(held_out, label, label + 1))
    return len(difference) >= FEWEST_OF_A_LABEL and _bound(difference, ONE_SIDED_95) < -LABEL_MARGIN


def _new_labels(evidence: Evidence) -> NewLabels:
    low, high = evidence.best_classes, evidence.classes
    held_out = _within(evidence.held_out, low, high)
    left_out = _within(evidence.left_out, low, high)
    others = left_out.where(~np.isin(left_out.labels, held_out.labels))
    answered = np.union1d(held_out.labels, others.labels)
    return NewLabels(
        labels=high - low,
        held_out=len(held_out.labels),
        held_out_right=int(held_out.challenger_right.sum()),
        cross_validated=len(others.labels),
        cross_validated_right=int(others.challenger_right.sum()),
        unvalidated=high - low - len(answered),
    )


def _within(answered: PairedAnswers, low: int, high: int) -> PairedAnswers:
    return answered.where((answered.labels >= low) & (answered.labels < high))


def _difference(answered: PairedAnswers) -> Differences:
    """Return 1 where only the challenger is right, -1 where only best is, else 0."""
    return answered.challenger_right.astype(np.int64) - answered.best_right


def _tells(difference: Differences) -> bool:
    """Tell whether there are enough samples for the bound to tell a difference of the margin from chance."""
    return len(difference) >= FEW_SAMPLES and difference.mean() - _bound(difference, -ONE_SIDED_95) < MARGIN


def _bound(difference: Differences, deviations: float) -> float:
    if not len(difference):
        return 0.0
    return float(difference.mean() + deviations * difference.std() / np.sqrt(len(difference)))
