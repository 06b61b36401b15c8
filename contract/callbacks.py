"""Callbacks through which work tells how far it is, and the one that ignores what it is told.

Long work tells a `Progress` callback how many steps are done. Work in named steps (a merge, a push, a release) tells
each step as it is passed; tests stop, kill and hold there, and everybody else passes `ignore`.
"""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Is told the steps done, and the number of all steps."""


def ignore(*_: object) -> None:
    """Do nothing with what is told."""
