"""The only home of watching steps: who does something in named steps tells each one, as it is passed, to a callback.

Tests kill, stop and hold there; `unwatched` is for everybody else.
"""

from __future__ import annotations


def unwatched(step: object) -> None:
    """The callback of steps that nobody watches."""
