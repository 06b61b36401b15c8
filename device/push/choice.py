"""Chooses which feedback goes into the next upload. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from device.cache.feedback import UnsealedFeedback


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes into the next upload."""

    revisions: tuple[int, ...]
    """Of one space and setup, the highest of each sample."""
    superseded: tuple[int, ...]
    """Lower revisions of the same samples; they are marked with the upload and never sent."""

    @property
    def taken(self) -> tuple[int, ...]:
        """All revisions that the upload settles."""
        return self.revisions + self.superseded


def choose(
    unsealed: Sequence[UnsealedFeedback], *, max_samples: int, only: Collection[int] | None = None
) -> Choice | None:
    """Choose what goes into the next upload; None if no feedback waits.

    Args:
        unsealed: in the order of revisions. The oldest decides space and setup, as an upload is of one of each.
        max_samples: the most in one upload.
        only: the revisions that may be chosen, where they are the highest of their samples; None: all.
    """
    first = next((one for one in unsealed if only is None or one.revision in only), None)
    if first is None:
        return None
    same = [one for one in unsealed if (one.space_key, one.setup_key) == (first.space_key, first.setup_key)]
    highest = {one.sample_id: one.revision for one in same}
    wanted = [sample for sample, revision in highest.items() if only is None or revision in only]
    samples = set(wanted[:max_samples])  # a dict keeps the order in which samples first came
    if not samples:
        return None
    taken = [one for one in same if one.sample_id in samples]
    return Choice(
        revisions=tuple(one.revision for one in taken if one.revision == highest[one.sample_id]),
        superseded=tuple(one.revision for one in taken if one.revision != highest[one.sample_id]),
    )
