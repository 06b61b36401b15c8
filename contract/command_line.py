"""How a command line begins and ends: its standard streams are open, and Ctrl-C ends it quietly at any instant.

An entry point imports this module and nothing else, so that both hold before anything heavy is loaded::

    streams that are closed are opened onto /dev/null -> its modules are loaded -> its `main` runs -> the process ends
    kernels are chosen for numpy                         Ctrl-C: status 130       as it says       Ctrl-C: by the signal
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

from contract.matrix_kernels import choose_kernels

INTERRUPTED = 130
"""The exit status of a command line that Ctrl-C ended."""

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
"""Of the descriptors 0, 1 and 2, in their order."""


def start(module: str) -> NoReturn:
    """Load the module of a command line, call its `main`, and end the process with the status that this returns."""
    open_closed_streams()
    choose_kernels()
    with interrupts_end_the_process():
        main = importlib.import_module(module).main
    _end_with(main)


def run(main: Callable[[], int | None]) -> NoReturn:
    """Call a `main` that is loaded already, and end the process with the status that it returns."""
    open_closed_streams()
    _end_with(main)


def open_closed_streams() -> None:
    """Open standard input, output and error onto /dev/null, each where it is closed.

    A closed descriptor would be that of the next file that is opened (a database, say), and what a library prints would
    be written into it; and Python has None in place of the stream, which has no `write`.
    """
    for descriptor, (name, mode) in enumerate(_STREAMS):
        if not _is_open(descriptor):
            _open_nothing(descriptor)
        if getattr(sys, name) is None:
            stream = os.fdopen(descriptor, mode, encoding="utf-8", errors="backslashreplace", closefd=False)
            setattr(sys, name, stream)


@contextlib.contextmanager
def interrupts_end_the_process(tidy: Callable[[], object] = int) -> Iterator[None]:
    """Let Ctrl-C end the process at once inside the block, with status 130 and without a word.

    It is for the loading of modules, where there is nothing to undo: a KeyboardInterrupt there may come out of a
    library as another exception, or not at all. `tidy` is called before, as to give a terminal its cursor back. Where
    Ctrl-C means something else already, or in another thread than the main one, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread() or _interrupt_handler() is not _PYTHONS:
        yield
        return

    def end_at_once(_number: int, _frame: FrameType | None) -> NoReturn:
        try:
            tidy()
        finally:
            os._exit(INTERRUPTED)

    signal.signal(signal.SIGINT, end_at_once)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _PYTHONS)


@contextlib.contextmanager
def interrupts_wait() -> Iterator[None]:
    """Keep Ctrl-C waiting while the block starts a process: that process is then born deaf to it, not this one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_PYTHONS = signal.default_int_handler


def _interrupt_handler() -> object:
    return signal.getsignal(signal.SIGINT)


def _end_with(main: Callable[[], int | None]) -> NoReturn:
    """Call `main` and exit; from then on Ctrl-C finds nobody who could print a traceback."""
    status: int | str | None = 0
    try:
        status = main()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except SystemExit as end:
        status = end.code
    finally:
        if _interrupt_handler() is _PYTHONS:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_with_output(status))


def _with_output(status: int | str | None) -> int | str | None:
    """Write out what standard output still holds; where that fails, leave it, and say so if nothing else was said.

    Python would try again as it ends, and speak of an ignored exception. Whoever closed a pipe knows.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
        return status or (1 if isinstance(error, BrokenPipeError) else f"output: {error.strerror or error}")
    return status


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _open_nothing(descriptor: int) -> None:
    """Open /dev/null at a descriptor, for the processes that this one starts too."""
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != descriptor:
        os.dup2(opened, descriptor)
        os.close(opened)
    os.set_inheritable(descriptor, True)
