"""The header of numpy's arrays in files (`numpy.lib.format`): read before anything is allocated by it."""

from __future__ import annotations

import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np

MAX_HEADER_BYTES = 10_000
_FORMAT: Any = np.lib.format
"""Without types: numpy's stubs leave out the parameter that bounds a header."""
_READERS = {(1, 0): _FORMAT.read_array_header_1_0, (2, 0): _FORMAT.read_array_header_2_0}

# What numpy raises on damaged headers; anything else is a bug that should be seen.
_ERRORS = (
    *(ValueError, SyntaxError, TypeError, EOFError, KeyError, RecursionError, MemoryError, OverflowError),
    tokenize.TokenError,
)


def read_array_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the shape, whether its first axis changes fastest, and the dtype; the file then stands at the values.

    Raises:
        ValueError: a damaged header, one of more than `MAX_HEADER_BYTES`, or one of tables.
    """
    try:
        version = _FORMAT.read_magic(file)
        if version not in _READERS:
            raise ValueError(f"a version {version} that is for tables")
        with spelling_unsaid():
            header: tuple[tuple[int, ...], bool, np.dtype[Any]] = _READERS[version](
                file, max_header_size=MAX_HEADER_BYTES
            )
    except _ERRORS as error:
        raise ValueError(f"a damaged header: {error}") from error
    return header


@contextmanager
def spelling_unsaid() -> Iterator[None]:
    """Silence numpy's warnings that Python 2 wrote a file, or how it spells a dtype: they change no value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
