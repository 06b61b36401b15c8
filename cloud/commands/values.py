"""What commands take and show that click has no type for: groups, ids, times and spans of time."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import click

from contract.patterns import DEVICE_PATTERN, GROUP_PATTERN, KEY_ID_PATTERN

DAY_S = 86_400
MAX_DAYS = 366

_SPAN = re.compile(r"(?P<count>[0-9]{1,5})(?P<unit>[mhd])")
_UNITS_S = {"m": 60, "h": 3_600, "d": DAY_S}


class Pattern(click.ParamType[str]):
    """A text of one form.

    Args:
        name: what it is, for the help.
        pattern: what it must match.
        expected: how a message calls that.
    """

    def __init__(self, name: str, pattern: re.Pattern[str], *, expected: str) -> None:
        self.name = name
        self._pattern = pattern
        self._expected = expected

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text, or say what was expected."""
        if not self._pattern.fullmatch(value):
            self.fail(f"expected {self._expected}, got {value[:80]!r}", param, ctx)
        return value


class Span(click.ParamType[int]):
    """A span of time, in seconds, written as a number with m, h or d."""

    name = "span"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return seconds, a minute at least and 366 days at most."""
        if isinstance(value, int):
            return value
        match = _SPAN.fullmatch(value)
        span = int(match["count"]) * _UNITS_S[match["unit"]] if match else 0
        if not 0 < span <= MAX_DAYS * DAY_S:
            expected = f"minutes, hours or days like 30m, 12h or 7d, at most {MAX_DAYS}d"
            self.fail(f"expected {expected}, got {value[:80]!r}", param, ctx)
        return span


def shown_time(seconds: int) -> str:
    """Show Unix seconds to people, or the number where no date can be so far away."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return f"{seconds} s"


GROUP = Pattern("group", GROUP_PATTERN, expected="lower-case letters, digits and hyphens")
DEVICE = Pattern("device", DEVICE_PATTERN, expected="a device's id, as `devices list` shows it")
CODE_ID = Pattern("id", KEY_ID_PATTERN, expected="the 16 hexadecimal digits that `codes list` shows")
