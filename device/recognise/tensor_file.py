"""Reads a tensor from a `.npy` file (numpy.lib.format); its header is checked before anything is allocated by it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from contract.inputs import TensorInput
from device.errors import TensorError, TensorFlaw
from device.recognise.array_header import read_array_header
from device.recognise.file_kinds import kind_of
from device.recognise.preparation import check_tensor, check_tensor_kind

MAGIC = b"\x93NUMPY"
_START_BYTES = 4096
_ARCHIVE, _ARCHIVE_NAME_AT = b"PK\x03\x04", 30
"""A `.npz` file is a ZIP archive whose first entry is called something.npy."""
_PICKLE = b"\x80"
_PHOTOS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"P5", b"P6")


def load_tensor(path: Path | str, model_input: TensorInput) -> NDArray[Any]:
    """Read one `.npy` file that holds what the bundle's input says, in either byte and axis order.

    Raises:
        TensorError: no such file, no `.npy` file, cut short, pickled objects, another dtype or shape, NaN or infinity.
    """
    path = Path(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # before it is opened: a pipe may never begin
            raise TensorError(f"{path}: expected a .npy file, got something that is no file")
        with path.open("rb") as file:
            return _read(file, model_input, where=str(path))
    except OSError as error:
        raise TensorError(f"{path}: cannot be read: {error.strerror or error}") from error


def _read(file: BinaryIO, model_input: TensorInput, *, where: str) -> NDArray[Any]:
    shape, fortran_order, dtype = _read_header(file, model_input, where=where)
    check_tensor_kind(dtype, shape, model_input, where=where)
    data = _read_values(file, model_input.dtype.itemsize * int(np.prod(shape)), where=where)
    values = np.frombuffer(data, dtype)
    tensor = values.reshape(shape[::-1]).T if fortran_order else values.reshape(shape)
    return check_tensor(tensor, model_input, where=where)


def _read_values(file: BinaryIO, size: int, *, where: str) -> bytes:
    follows = os.fstat(file.fileno()).st_size - file.tell()
    data = file.read(size) if follows == size else b""
    if len(data) != size:
        raise TensorError(f"{where}: expected {size} bytes of values, got {follows}", flaw=TensorFlaw.DAMAGED)
    return data


def _read_header(
    file: BinaryIO, model_input: TensorInput, *, where: str
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    expected = f"{where}: expected a .npy file, {model_input}"
    start = file.read(_START_BYTES)
    if not start.startswith(MAGIC):
        kind, flaw = _kind_of_other(start)
        raise TensorError(f"{expected}, got {kind}", flaw=flaw)
    file.seek(0)
    try:
        return read_array_header(file)
    except ValueError as error:
        raise TensorError(f"{expected}, got one with a damaged header", flaw=TensorFlaw.DAMAGED) from error


def _kind_of_other(start: bytes) -> tuple[str, TensorFlaw]:
    """Name what a file is that does not begin as a `.npy` file."""
    if start.startswith(_ARCHIVE) and b".npy" in start[_ARCHIVE_NAME_AT : _ARCHIVE_NAME_AT + 256]:
        return "a .npz archive", TensorFlaw.ARCHIVE
    if start.startswith(_PICKLE):
        return "a pickle of Python objects", TensorFlaw.FILE
    if start.startswith(_PHOTOS) or start[:4] + start[8:12] == b"RIFFWEBP":
        return "a photo", TensorFlaw.FILE
    return kind_of(start) or "something else", TensorFlaw.FILE
