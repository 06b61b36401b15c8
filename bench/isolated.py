"""Measurements in fresh processes, since TensorFlow and the TFLite runtimes share none."""

import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import active_children, get_context
from typing import ParamSpec, TypeVar

from contract.command_line import interrupts_wait
from demo.running.process_guard import end_with

LOOK_S, TIDYING_S = 0.5, 5.0
"""How often a process looks for the one that asked, and how long its function may tidy up once that is gone."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class FailedThere(Exception):
    """What a function raised in its process, in words: the exception itself cannot travel between processes."""


def in_fresh_process(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Return what a function of a module returns, called in a new interpreter.

    Its exception is raised here, or `FailedThere` for one that cannot be sent.

    Ctrl-C ends the new interpreter without a word, and is a KeyboardInterrupt here. When this process ends in any other
    way, as by SIGTERM or SIGKILL, the new one ends as well, and so do the services that it guards (Linux only).
    """
    spawn = get_context("spawn")
    with ProcessPoolExecutor(
        max_workers=1, mp_context=spawn, initializer=begin_process, initargs=(os.getpid(),)
    ) as pool:
        with interrupts_wait():
            called = pool.submit(_call, partial(function, *args, **kwargs))
        try:
            return called.result()
        except KeyboardInterrupt:
            for process in active_children():
                process.terminate()  # or its measurement would be waited for
            raise


def _call(function: Callable[[], Result]) -> Result:
    """Call it; an exception that cannot be made again where it is sent would look like a process that was killed."""
    try:
        return function()
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))  # of this process
        except Exception:
            raise FailedThere(f"{type(error).__name__}: {error}") from None
        raise


def begin_process(parent: int) -> None:
    """Begin a process of a pool: it ends with its parent, and by Ctrl-C as by a signal.

    A Ctrl-C that came before this line counts, too.
    """
    if not end_with(parent):
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _follow(parent: int) -> None:
    """End this process after the one that asked, though a function took the signal for an interrupt and returned.

    The pool's process would wait for its next call for ever: it holds both ends of the pipe.
    """
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    time.sleep(TIDYING_S)
    os._exit(1)
