"""The only home of choosing which feedback goes into the next upload. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waiting:
    """One word of feedback that is in no upload yet."""

    revision: int
    sample_id: bytes
    space_key: int
    runtime: str

    @property
    def sample(self) -> tuple[int, str, bytes]:
        """What a later word replaces the earlier ones of."""
        return self.space_key, self.runtime, self.sample_id


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes into the next upload: ``revisions`` of one space and runtime, the highest of each sample.

    ``superseded`` are lower revisions of the same samples; they are marked with the upload and never sent.
    """

    revisions: tuple[int, ...]
    superseded: tuple[int, ...]

    @property
    def taken(self) -> tuple[int, ...]:
        """All revisions that the upload settles."""
        return self.revisions + self.superseded


def choose(waiting: Sequence[Waiting], *, max_samples: int) -> Choice | None:
    """Choose what goes into the next upload; None if nothing waits.

    ``waiting`` is in the order of revisions. The oldest decides space and runtime, as an upload is of one of each.
    """
    if not waiting:
        return None
    first = waiting[0]
    same = [one for one in waiting if (one.space_key, one.runtime) == (first.space_key, first.runtime)]
    highest = {one.sample_id: one.revision for one in same}
    samples = set(list(highest)[:max_samples])  # a dict keeps the order in which samples first came
    taken = [one for one in same if one.sample_id in samples]
    return Choice(
        revisions=tuple(one.revision for one in taken if one.revision == highest[one.sample_id]),
        superseded=tuple(one.revision for one in taken if one.revision != highest[one.sample_id]),
    )
