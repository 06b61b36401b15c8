"""Silence: TensorFlow and its converter write hundreds of lines that no user can act on.

They write from C++ as well, past `sys.stdout`, so the file descriptors themselves are turned away.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from export.keras_environment import configure_keras

STDOUT, STDERR = 1, 2
TENSORFLOW_SETTINGS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # fatal errors only
    "GRPC_VERBOSITY": "ERROR",
}


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Show nothing that this process writes to standard output or error inside the block; exceptions pass through.

    It holds for all threads: show progress through a descriptor duplicated before.
    """
    _flush()
    kept = [os.dup(STDOUT), os.dup(STDERR)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for descriptor in (STDOUT, STDERR):
            os.dup2(nowhere, descriptor)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        _flush()
        for descriptor, copy in zip((STDOUT, STDERR), kept, strict=True):
            os.dup2(copy, descriptor)
            os.close(copy)
        os.close(nowhere)


def silence_tensorflow() -> None:
    """Ask TensorFlow for errors only, in this process and those it starts; call it before the first import."""
    for name, value in TENSORFLOW_SETTINGS.items():
        os.environ.setdefault(name, value)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def import_quietly(name: str) -> Any:
    """Import the module of that name without the greetings of TensorFlow beneath it, and Keras as FEDEx sets it up."""
    configure_keras()
    silence_tensorflow()
    with silence():
        return importlib.import_module(name)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or replaced by something else
            stream.flush()
