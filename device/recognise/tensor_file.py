"""Reads a tensor from a `.npy` file (numpy.lib.format); its header is checked before anything is allocated."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from contract.inputs import TensorInput
from device.errors import TensorError
from device.recognise.preparation import check_tensor

MAGIC = b"\x93NUMPY"
MAX_HEADER_BYTES = 10_000


def load_tensor(path: Path | str, model_input: TensorInput) -> NDArray[Any]:
    """Read one `.npy` file that holds what the bundle's input says, in either byte and axis order.

    Raises:
        TensorError: no such file, no `.npy` file, cut short, pickled objects, another dtype or shape, NaN or infinity.
    """
    path = Path(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise TensorError(f"{path}: expected a .npy file, got something that is no file")
        with path.open("rb") as file:
            return _read(file, model_input, where=str(path))
    except OSError as error:
        raise TensorError(f"{path}: cannot be read: {error.strerror or error}") from error


def _read(file: BinaryIO, model_input: TensorInput, *, where: str) -> NDArray[Any]:
    expected = f"{model_input.dtype.name} {model_input.shape}"
    shape, fortran_order, dtype = _read_header(file, expected, where=where)
    if dtype.name != model_input.dtype.name or shape != model_input.shape:
        raise TensorError(f"{where}: expected {expected}, got {dtype.name} {shape}")
    size = int(np.prod(shape)) * dtype.itemsize
    data = file.read(size)
    if len(data) != size:
        raise TensorError(f"{where}: expected {size} bytes of values, got {len(data)}: the file is cut short")
    values = np.frombuffer(data, dtype)
    tensor = values.reshape(shape[::-1]).T if fortran_order else values.reshape(shape)
    return check_tensor(tensor, model_input, where=where)


def _read_header(file: BinaryIO, expected: str, *, where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    format_: Any = np.lib.format  # numpy's stubs leave out the parameter that bounds a header
    readers = {(1, 0): format_.read_array_header_1_0, (2, 0): format_.read_array_header_2_0}
    start = file.read(len(MAGIC))
    if start != MAGIC:
        raise TensorError(f"{where}: expected a .npy file with {expected}, got something else")
    file.seek(0)
    try:
        read = readers[format_.read_magic(file)]
        shape, fortran_order, dtype = read(file, max_header_size=MAX_HEADER_BYTES)
    except (ValueError, KeyError, SyntaxError, TypeError, EOFError, RecursionError, MemoryError) as error:
        raise TensorError(f"{where}: expected a .npy file with {expected}, got a damaged header") from error
    if dtype.hasobject:
        raise TensorError(f"{where}: expected {expected}, got Python objects")
    return shape, fortran_order, dtype
