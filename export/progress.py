"""What a person sees of a long export: on a terminal rich moves, elsewhere each step is a line."""

from __future__ import annotations

import os
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from contract.text import escaped
from export.quiet import STDERR


class Terminal:
    """Shows the step at work and how far it is, on standard error; as a context.

    It writes through a descriptor of its own, since TensorFlow's converter runs with the usual ones turned away.
    """

    def __enter__(self) -> Terminal:
        self._file = os.fdopen(os.dup(STDERR), "w", encoding="utf-8")
        console = Console(file=self._file)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._progress.start()
        self._is_terminal = console.is_terminal
        self._step, self._task = "", TaskID(0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._finish()
        self._progress.stop()
        self._file.close()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Show that `done` of `total` of a step are behind us; 0 of 0 where that is not known."""
        if step != self._step:
            self._finish()
            shown = escaped(step)  # names of layers and folders in it are the user's, or a stranger's
            self._step, self._task = step, self._progress.add_task(shown, total=None)
            if not self._is_terminal:
                print(shown, file=self._file, flush=True)
        self._progress.update(self._task, completed=done, total=total or None)

    def stop(self) -> None:
        """Stop moving, and give the terminal its cursor back."""
        self._progress.stop()

    def _finish(self) -> None:
        """End the step, whatever its total was."""
        if self._step:
            self._progress.update(self._task, completed=1, total=1)
            self._progress.stop_task(self._task)
