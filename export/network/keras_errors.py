"""What Keras says when it refuses something: the one line of it that tells."""

from __future__ import annotations

import re

MAX_CHARACTERS = 300
_INNER = re.compile(r"(?:Exception|Error) encountered: *")
"""Before what was raised within, which tells more than what is wrapped around it."""
_NOT_TELLING = re.compile(
    r"Full object config|config=|Arguments received by|Traceback|Exception encountered when calling|[•*] |File \""
)
_LEADS_ON = re.compile(r".*:$")
_ADVICE = " Make sure custom classes and functions"
"""What follows is longer than all the rest."""
_TERMINAL_CODE = re.compile(r"\x1b\[[0-9;]*m")
_CLASSES_THAT_SAY_LITTLE = (ValueError, TypeError, OSError)


def telling_line(error: BaseException) -> str:
    """Return in one line, never an empty one, what an exception of Keras is about."""
    text = _INNER.split(_TERMINAL_CODE.sub("", str(error)))[-1].split("Full object config")[0]
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not _NOT_TELLING.match(line)]
    if not lines:
        return type(error).__name__
    told = " ".join(lines[:2]) if _LEADS_ON.match(lines[0]) else lines[0]
    told = told.split(_ADVICE)[0]
    if not isinstance(error, _CLASSES_THAT_SAY_LITTLE):
        told = f"{type(error).__name__}: {told}"
    return told if len(told) <= MAX_CHARACTERS else told[: MAX_CHARACTERS - 3] + "..."
