"""What an operator decided of a release: by whom, why and when. Kept in the report of the release that it made.

::

    a release's report     {..., "decisions": [{"what": "pinned", "by": ..., "why": ..., "at": unix s}, ...]}
    a registry's pointer   {..., "pin": {"by": ..., "why": ..., "at": unix s} or null}

People of the group may read them in the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contract.documents import Fields, Json
from contract.errors import Impossible, TooLarge, shown
from contract.text import controls

MAX_BY_CHARACTERS = 128
MAX_WHY_CHARACTERS = 500
MAX_DECISIONS = 16
"""That a release's report keeps, the last ones."""

DECISIONS = "decisions"
"""In a report."""


class Decided(StrEnum):
    """What was decided."""

    SHARED = "shared"
    WITHDRAWN = "returned to"
    PROMOTED = "promoted"
    PINNED = "pinned"
    UNPINNED = "unpinned"
    RESTORED = "restored from a back-up"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided, why and when."""

    by: str
    why: str
    at: int
    """Unix seconds."""

    def __post_init__(self) -> None:
        """Refuse what no line can show. Raises a `ContractError`."""
        _check_line(self.by, where="by", max_characters=MAX_BY_CHARACTERS)
        _check_line(self.why, where="why", max_characters=MAX_WHY_CHARACTERS)

    @classmethod
    def parse(cls, fields: Fields) -> Decision:
        """Read what `document` wrote. Raises a `ContractError`."""
        return cls(fields.text("by"), fields.text("why"), fields.integer("at"))

    def document(self) -> dict[str, Json]:
        """Write it as part of a stored document."""
        return {"by": self.by, "why": self.why, "at": self.at}


def adding(report: Mapping[str, Json], what: Decided, decision: Decision) -> dict[str, Json]:
    """Return a report with one more decision."""
    before = report.get(DECISIONS)
    kept = list(before)[1 - MAX_DECISIONS :] if isinstance(before, list) else []
    return {**report, DECISIONS: [*kept, {"what": what.value, **decision.document()}]}


def without_decisions(report: Mapping[str, Json]) -> dict[str, Json]:
    """Return a report without what was decided of its release, for another release of the same head."""
    return {key: value for key, value in report.items() if key != DECISIONS}


def _check_line(text: str, *, where: str, max_characters: int) -> None:
    if len(text) > max_characters:
        raise TooLarge(where, expected=f"at most {max_characters} characters", got=str(len(text)))
    if not text.strip() or any(map(controls, text)):
        raise Impossible(where, expected="a line of text", got=shown(text))
