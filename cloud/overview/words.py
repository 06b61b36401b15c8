"""How times and sizes are said to people, briefly. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))
_LONG_NAME = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{32})\b")
_STEPS = ("B", "kB", "MB", "GB", "TB")


def age(seconds: float) -> str:
    """Say how long something took or is ago, as "3 min"; never less than nothing, whatever clocks said."""
    for unit, name in _UNITS:
        if seconds >= 2 * unit or (name == "min" and seconds >= unit):
            return f"{int(seconds // unit)} {name}"
    return f"{max(int(seconds), 0)} s"


def size(count: float) -> str:
    """Say how many bytes, as "1.2 MB"."""
    for step in _STEPS:
        if count < 1000 or step == _STEPS[-1]:
            return f"{count:.0f} {step}" if step == "B" or count >= 100 else f"{count:.1f} {step}"
        count /= 1000
    raise AssertionError("the last step has no end")


def percent(share: float | None) -> str:
    """Say a share, as "97.5 %"; "none" where there is none."""
    return "none" if share is None else f"{100 * share:.1f}".removesuffix(".0") + " %"


def moment(at: float) -> str:
    """Say when something was, in UTC, as "2026-01-31 12:00"."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def short(text: str) -> str:
    """Shorten every sha256 and every id of a device in a text to what tells one from another, for people."""
    return _LONG_NAME.sub(lambda match: f"{match[0][:10]}…", text)


def several(count: int, one: str, more: str) -> str:
    """Say how many, as "1 upload" and "2 uploads"."""
    return f"{count:,} {one if count == 1 else more}"
