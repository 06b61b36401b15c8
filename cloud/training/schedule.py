"""The decision when to train a pool. Pure: counts and times in, a decision out.

A cycle starts when enough rows are in the dataset that no published cycle has seen, or operators have decided otherwise
than when the last one was trained about whose samples and which labels count, and only then. A cycle that published
nothing is tried again after a backoff (`cloud.releases.failures`), whether or not more has come in: what broke it may
still be there.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloud.dataset.pointer import DatasetPointer
from cloud.releases.failures import FailedCycles
from cloud.releases.registry import TrainedDataset


@dataclass(frozen=True, slots=True)
class CycleDecision:
    """Whether to train now; if not, why, and from when on it may change without anything new coming in."""

    train: bool
    reason: str
    not_before: float | None = None
    """Unix seconds; None where only new rows can change the decision."""
    is_for_rows: bool = False
    """There is a head that serves, and nothing but new rows asks for another: it may wait for more of them."""


def decide(
    dataset: DatasetPointer,
    *,
    trained: TrainedDataset | None,
    failed: FailedCycles | None,
    min_new: int,
    now: float,
    admission: str = "",
) -> CycleDecision:
    """Decide about a pool whose dataset and registry say this.

    Args:
        dataset: the dataset as its pointer says.
        trained: what the last cycle that published was trained on.
        failed: the cycles in a row since then that did not.
        min_new: how many new rows start a cycle.
        now: Unix seconds.
        admission: says what operators decided so far (`cloud.dataset.admission`).
    """
    new = dataset.rows - (trained.rows if trained else 0)
    anew = trained is not None and trained.admission != admission
    if not anew and (new <= 0 or (trained is not None and trained.commit == dataset.commit)):
        return CycleDecision(train=False, reason="nothing new")
    if not anew and new < min_new:
        return CycleDecision(train=False, reason=f"{new} new rows of {min_new}")
    if failed is not None and (not_before := failed.not_before(now)) is not None:
        return CycleDecision(False, f"{failed.times} cycles in a row have failed", not_before)
    reason = "an operator has decided about devices or labels" if anew else f"{new} new rows"
    return CycleDecision(train=True, reason=reason, is_for_rows=trained is not None and not anew)
