"""Stages: what the demo says it is doing, how far it is, and how long each stage took."""

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from contract.callbacks import Progress


@dataclass(slots=True)
class Stages:
    """Writes one line a stage; on a terminal the line moves while the stage is at work."""

    screen: TextIO = field(default_factory=lambda: sys.stderr)
    seconds_of: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def stage(self, name: str, what: str) -> Iterator[Progress]:
        """Time a stage and yield what shows its progress, from any thread.

        Stages of the same `name` add up; `what` is for people.
        """
        started = time.monotonic()
        self._write(f"  ... {what}", is_last=False)
        try:
            yield lambda done, total: self._write(f"  ... {what} {done}/{total}", is_last=False)
        except BaseException:
            self._write(f"  --- {what}: not finished", is_last=True)
            raise
        took = time.monotonic() - started
        self.seconds_of[name] = self.seconds_of.get(name, 0.0) + took
        self._write(f"{took:5.1f} s  {what}", is_last=True)

    def note(self, what: str) -> None:
        """Write a line about what a stage found."""
        self._write(f"         {what}", is_last=True)

    def _write(self, text: str, *, is_last: bool) -> None:
        if self.screen.isatty():
            self.screen.write(f"\r\x1b[K{text}" + ("\n" if is_last else ""))
        elif is_last:
            self.screen.write(f"{text}\n")
        self.screen.flush()
