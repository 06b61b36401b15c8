"""What Keras says when it refuses something: the one line of it that tells."""

from __future__ import annotations

import re

MAX_CHARACTERS = 300
_INNER = "Exception encountered:"
_NOT_TELLING = re.compile(r"\s*(?:Full object config|config=|Arguments received by|Traceback|\S+ layer call)")
_LEADS_ON = re.compile(r".*(?::|[Ee]xample error message.*)$")


def telling_line(error: BaseException) -> str:
    """Return in one line, never an empty one, what an exception of Keras is about."""
    text = str(error)
    if _INNER in text:
        text = text.rpartition(_INNER)[2]
    text = text.split("Full object config")[0]
    lines = [line.strip() for line in text.splitlines() if line.strip() and not _NOT_TELLING.match(line)]
    if not lines:
        return type(error).__name__
    told = " ".join(lines[:2]) if len(lines) > 1 and _LEADS_ON.match(lines[0]) else lines[0]
    if not isinstance(error, (ValueError, TypeError, OSError)):
        told = f"{type(error).__name__}: {told}"
    return told if len(told) <= MAX_CHARACTERS else told[: MAX_CHARACTERS - 3] + "..."
