"""Arrays in files of their own: written some rows at a time, mapped when they are read, linked rather than copied.

A file holds an array's numbers in C order, little-endian, and nothing else; dtype and shape stand elsewhere.
"""

from __future__ import annotations

import mmap
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAPPED_FROM_BYTES = 1 << 20
"""Smaller arrays are read into memory: each mapped one keeps a file open."""
FLOAT32 = np.dtype("<f4")

Array = NDArray[Any]
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Collect = Callable[[Iterable[Floats], tuple[int, ...]], Floats]
"""Makes one float32 array of a shape (n, ...) of the pieces of it, in order; it may be larger than memory."""


def collect_in_memory(pieces: Iterable[Floats], shape: tuple[int, ...]) -> Floats:
    """Make one array of its pieces, in memory."""
    rows: Floats = np.concatenate([np.empty((0, *shape[1:]), FLOAT32), *pieces])
    return rows


def write_array(path: Path, pieces: Iterable[Array], *, dtype: np.dtype[Any] = FLOAT32) -> None:
    """Write a new file of the pieces of an array, in order; it may be larger than memory.

    Raises:
        OSError: the disk is full. Writing to a mapped file instead would end the process (SIGBUS).
    """
    with path.open("wb") as file:
        for piece in pieces:
            file.write(np.ascontiguousarray(piece, dtype).data)


def read_array(path: Path, *, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """Read what `write_array` wrote: a large array is mapped, and read-only."""
    if path.stat().st_size < MAPPED_FROM_BYTES:
        return np.fromfile(path, dtype).reshape(shape)
    return np.memmap(path, dtype, mode="r", shape=shape)


def place_array(path: Path, array: Array) -> None:
    """Write an array to a new file; one that is the whole of a mapped file becomes a second name of that file."""
    source = _mapped_file(array)
    if source is None:
        write_array(path, [array], dtype=array.dtype.newbyteorder("<"))
        return
    try:
        path.hardlink_to(source)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, path)


def _mapped_file(array: Array) -> Path | None:
    """Return the file that an array is the whole of, if there is one; numpy names it for a part of it, too."""
    base: object = array.base
    if not isinstance(array, np.memmap) or not isinstance(base, mmap.mmap):
        return None
    file = Path(str(array.filename))
    is_whole = array.flags.c_contiguous and array.offset == 0 and array.nbytes == file.stat().st_size
    return file if is_whole else None
