"""The gate: the decision whether a challenger becomes best. Pure: answers in, a verdict out.

Newer data wins, unless it shows that something is lost. Counted is what users see: a sample is *said* if it is answered
with its own label and not as unknown, each head at its own balanced threshold. A head whose threshold nobody fitted, or
that of fewer than ten labels, is chance: heads are compared by their answers alone then, as if they never said unknown.
Every label has one vote, the share of its samples that the challenger says less the share that best says; so a label
with many photos decides no more than another. The challenger is refused if

(a) it says few of the samples that judge or that cross-validation left out (`FLOOR`), whatever it is compared with;
(b) the votes show a loss on the labels that best knows, or on the bundle's alone;
(c) on the bundle's labels the votes show a loss beside the bundle's own head, so that small losses do not add up;
(d) single labels lost most of what best said of them, or the bundle's own head of its labels. Those, the labels that
    their samples are answered with now, and new ones that come next, are in doubt.

Both heads are judged on the same footing: on samples that neither was trained on, or else on those that both were. No
device decides about its own head: its samples of a label judge only once best was trained on all it has sent of that
label (`may_judge`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cloud.training.executors.arrays import Flags, Integers
from cloud.training.sources import pairs_of
from contract.documents import Json
from export.heads.calibration import Calibration

FLOOR = 0.2
"""At chance among fifty labels a head says some 2 %; at this share it answers nearly everything with "unknown"."""
MARGIN = 0.01
"""Of votes: a smaller loss is none."""
FEW_LABELS = 10
"""With fewer votes their spread says little, and samples are counted; with fewer labels thresholds are chance."""
FEWEST_LOST = 3
"""Of a label's samples."""
ONE_SIDED_95 = 1.645
FEWEST_TELLING = 5
"""So many lost samples and none won are chance in less than 5 %."""


class Counted(StrEnum):
    """What counts for a head."""

    ACCEPTED = "accepted"
    """Samples that are answered with their label, and not as unknown."""
    RIGHT = "right"
    """Samples whose most probable label is theirs: thresholds are chance."""


Votes = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a head said of the samples that judge (n,)."""

    classes: Integers
    """Its most probable classes."""
    runners_up: Integers
    """The classes that are next."""
    said: Flags
    """Whether the first is the sample's label and not below the threshold."""
    is_calibrated: bool = True
    """Whether its threshold lets in the stated share of strangers; where nothing was fitted it may let in all."""

    def right(self, labels: Integers) -> Flags:
        """Tell whether its answers are right, if it never said unknown."""
        right: Flags = self.classes == labels
        return right


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Everything that the verdict rests on: samples of labels that best knows, and what heads said of them."""

    labels: Integers
    """(n,): class indices."""
    unseen: Flags
    """(n,): which of them no head was trained on; all heads were on the others."""
    first: Answers
    """The bundle's own head."""
    best: Answers
    challenger: Answers
    promised: float | None
    """What `promised` returns of the challenger."""
    base_classes: int
    """Classes below this are of the bundle."""
    best_classes: int
    """Classes below this are known to best."""
    classes: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The votes of some labels on the challenger and another head."""

    labels: int
    samples: int
    counted: Counted
    before: float
    """The mean share of a label that counts for the other head."""
    after: float
    """That of the challenger."""
    bound: float
    """The one-sided 95 % upper bound of the mean vote."""
    is_loss: bool
    """Whether the votes show one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the challenger becomes best, and why."""

    passes: bool
    reason: str
    known: Comparison
    """All labels that best knows, beside best."""
    base: Comparison
    """The bundle's labels, beside best."""
    first: Comparison
    """The bundle's labels, beside the bundle's own head."""
    lost: tuple[int, ...]
    """Labels of which most was lost."""
    in_doubt: tuple[int, ...]
    """The lost, the labels that took their samples, and new ones that came next."""
    new: int
    """How many labels best does not know."""
    unjudged: int
    """How many labels best knows that no sample judged."""
    promised: float | None

    def document(self) -> dict[str, Json]:
        """Write the report that people read in the history; it names no label."""
        return asdict(self) | {"lost": len(self.lost), "in_doubt": len(self.in_doubt), "floor": FLOOR}


def promised(calibration: Calibration, *, classes: int) -> float | None:
    """Return what the floor is for: the share that a head of so many classes says by cross-validation.

    Of few labels it is the share that it is right about, for their thresholds are chance. None where too little was
    left out.
    """
    if calibration.said is None:
        return None
    return calibration.said if classes >= FEW_LABELS else calibration.right


def judge_challenger(evidence: Evidence) -> Verdict:
    """Return the verdict on a challenger."""
    known = _compare(evidence, evidence.best, below=evidence.best_classes)
    base = _compare(evidence, evidence.best, below=evidence.base_classes)
    first = _compare(evidence, evidence.first, below=evidence.base_classes)
    lost = _lost(evidence)
    reason = _refusal(evidence, known, base, first, lost=len(lost))
    return Verdict(
        passes=reason is None,
        reason=reason or _praise(evidence, known),
        known=known,
        base=base,
        first=first,
        lost=lost,
        in_doubt=_in_doubt(evidence, lost),
        new=evidence.classes - evidence.best_classes,
        unjudged=evidence.best_classes - known.labels,
        promised=evidence.promised,
    )


def may_judge(labels: Integers, sources: Integers, *, counting: Flags, trained: int, unseen: Flags) -> Flags:
    """Tell which rows may judge a challenger and best.

    What trains and is unseen judges nothing, for only the challenger was trained on it; nor does anything else that its
    device says of that label. The bundle's samples are never unseen.

    Args:
        labels: (n,), class indices that best knows, and others that it does not, which judge nothing.
        sources: (n,), 0 for the bundle's samples, above it for each device.
        counting: (n,), which rows count at all.
        trained: so many rows from the first on train the challenger.
        unseen: (n,), which rows best was not trained on, or would not have been.
    """
    trains = np.arange(len(labels)) < trained
    pairs = pairs_of(labels, sources)
    judges: Flags = counting & ~np.isin(pairs, pairs[counting & trains & unseen])
    return judges


def _refusal(evidence: Evidence, known: Comparison, base: Comparison, first: Comparison, *, lost: int) -> str | None:
    said = evidence.promised if evidence.promised is not None else _said_by_challenger(evidence)
    if said is None:
        return "nothing tells what it makes of the bundle's labels"
    if said < FLOOR:
        counted = "accepted" if evidence.classes >= FEW_LABELS else "right"
        return f"{counted} among known is {_percent(said)} %, and {_percent(FLOOR)} % are asked for"
    for comparison, whose in (
        (_compare_what_is_said(evidence), "known"),
        (known, "known"),
        (base, "the bundle's labels"),
        (first, "the bundle's labels, from the first head on,"),
    ):
        if comparison.is_loss:
            shares = f"{_percent(comparison.before)} to {_percent(comparison.after)} %"
            return f"{comparison.counted} among {whose} fell from {shares}"
    if lost:
        return f"{_labels(lost)} lost most of what was {known.counted}"
    return None


def _said_by_challenger(evidence: Evidence) -> float | None:
    """Return the mean share of a label that counts for the challenger; None where nothing judges."""
    fair, (_, counted) = _fair(evidence), _counted(evidence, evidence.challenger)
    return float(_by_label(evidence.labels[fair], counted[fair]).mean()) if fair.any() else None


def _praise(evidence: Evidence, known: Comparison) -> str:
    new = evidence.classes - evidence.best_classes
    more = f", and {_labels(new)} {'is' if new == 1 else 'are'} new" if new else ""
    if not known.labels:
        return f"no sample judges it{more}"
    return f"{known.counted} among known went from {_percent(known.before)} to {_percent(known.after)} %{more}"


def _labels(count: int) -> str:
    return "1 label" if count == 1 else f"{count} labels"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0")


def _compare(evidence: Evidence, other: Answers, *, below: int) -> Comparison:
    """Compare the challenger with another head on the labels below a class."""
    counted = Counted.ACCEPTED if _are_thresholds_fair(evidence, other) else Counted.RIGHT
    chosen = _fair(evidence) & (evidence.labels < below)
    labels = evidence.labels[chosen]
    before, after = (flags[chosen] for flags in _counted(evidence, other))
    if not len(labels):
        return Comparison(0, 0, counted, 0.0, 0.0, 0.0, is_loss=False)
    shares = _by_label(labels, before), _by_label(labels, after)
    votes = shares[1] - shares[0]
    bound = _bound(votes)
    shows = bound < 0 if len(votes) >= FEW_LABELS else _tells(before & ~after, after & ~before)
    return Comparison(
        labels=len(votes),
        samples=len(labels),
        counted=counted,
        before=float(shares[0].mean()),
        after=float(shares[1].mean()),
        bound=bound,
        is_loss=bool(shows and votes.mean() <= -MARGIN),
    )


def _counted(evidence: Evidence, other: Answers) -> tuple[Flags, Flags]:
    """Return what counts for another head, and for the challenger beside it."""
    if _are_thresholds_fair(evidence, other):
        return other.said, evidence.challenger.said
    return other.right(evidence.labels), evidence.challenger.right(evidence.labels)


def _are_thresholds_fair(evidence: Evidence, other: Answers) -> bool:
    """Tell whether two heads are compared at their thresholds; where one is chance, their answers alone are."""
    return other.is_calibrated and evidence.classes >= FEW_LABELS


def _compare_what_is_said(evidence: Evidence) -> Comparison:
    """Compare best and a challenger that says hardly anything, however few labels there are.

    A loss is only where best says more than the floor: between thresholds that are chance, no other difference tells.
    """
    fair = _fair(evidence)
    before, after = evidence.best.said[fair], evidence.challenger.said[fair]
    if not fair.any() or not evidence.best.is_calibrated:
        return Comparison(0, 0, Counted.ACCEPTED, 0.0, 0.0, 0.0, is_loss=False)
    shares = [_by_label(evidence.labels[fair], flags) for flags in (before, after)]
    said = [float(share.mean()) for share in shares]
    return Comparison(
        labels=len(shares[0]),
        samples=len(before),
        counted=Counted.ACCEPTED,
        before=said[0],
        after=said[1],
        bound=_bound(shares[1] - shares[0]),
        is_loss=said[1] < FLOOR <= said[0] and _tells(before & ~after, after & ~before),
    )


def _fair(evidence: Evidence) -> Flags:
    """Choose the samples that speak for their label: those that no head has seen, or else those that all have."""
    has_unseen = np.isin(evidence.labels, evidence.labels[evidence.unseen])
    fair: Flags = evidence.unseen | ~has_unseen
    return fair


def _by_label(labels: Integers, said: Flags) -> Votes:
    _, place = np.unique(labels, return_inverse=True)
    shares: Votes = np.bincount(place, said) / np.bincount(place)
    return shares


def _bound(votes: Votes) -> float:
    if len(votes) < 2:
        return float(votes.mean())
    return float(votes.mean() + ONE_SIDED_95 * votes.std(ddof=1) / np.sqrt(len(votes)))


def _tells(lost: Flags, won: Flags) -> bool:
    """Tell whether samples that were lost against those that were won are more than chance."""
    return int(lost.sum()) - 2 * int(won.sum()) >= FEWEST_TELLING


def _lost(evidence: Evidence) -> tuple[int, ...]:
    """Return the labels of which the challenger lost most of what best said, or the first head of the bundle's."""
    of_best = _lost_beside(evidence, evidence.best, classes=evidence.best_classes)
    return tuple(sorted({*of_best, *_lost_beside(evidence, evidence.first, classes=evidence.base_classes)}))


def _lost_beside(evidence: Evidence, other: Answers, *, classes: int) -> tuple[int, ...]:
    """Return the labels below a class of which most was lost beside another head; all samples count."""
    before, after = _counted(evidence, other)
    inside = evidence.labels < classes
    lost, won, said = (
        np.bincount(evidence.labels[inside & flags], minlength=classes)
        for flags in (before & ~after, after & ~before, before)
    )
    gone = (lost - won >= FEWEST_LOST) & (2 * (lost - won) > said)
    return tuple(np.flatnonzero(gone).tolist())


def _in_doubt(evidence: Evidence, lost: tuple[int, ...]) -> tuple[int, ...]:
    challenger, labels = evidence.challenger, evidence.labels
    _, counted = _counted(evidence, evidence.best)
    gone = np.isin(labels, lost) & ~counted
    new = challenger.runners_up >= evidence.best_classes
    took = np.where(challenger.classes != labels, challenger.classes, np.where(new, challenger.runners_up, labels))
    return tuple(np.union1d(np.array(lost, np.int64), took[gone]).tolist())
