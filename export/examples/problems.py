"""Problems: everything about examples that cannot be used, told at once."""

from __future__ import annotations

from collections.abc import Sequence

from export.errors import ExamplesError

MOST_TOLD = 100
"""Problems that one error lists; of more it gives the number."""
PHOTOS_BY_LABEL = "photos, one folder a label"


def raise_together(where: str, problems: Sequence[Exception], *, expected: str = PHOTOS_BY_LABEL) -> None:
    """Raise what cannot be used as one error: the problem itself where it is the only one, else a list of all.

    Raises:
        ExamplesError, PhotoError: there is a problem.
    """
    if len(problems) == 1:
        raise problems[0]
    if problems:
        told = [str(problem) for problem in problems[:MOST_TOLD]]
        more = [f"and {len(problems) - MOST_TOLD} more"] if len(problems) > MOST_TOLD else []
        got = f"{len(problems)} things that cannot be used: {'; '.join([*told, *more])}"
        raise ExamplesError(where, expected=expected, got=got)
