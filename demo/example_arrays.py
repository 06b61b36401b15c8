"""Labelled arrays and folders of example files, each made of the other: what users have, what devices are given.

FILE.npz    inputs (n, *shape), labels (n,) of strings, or of integers with names (classes,)    as `fedex-export` takes
DIR/<label>/0000.npy, ...                                                                       one example a file
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.errors import shown
from demo.errors import DemoError
from demo.example_files import TENSOR_SUFFIX, load_array
from export.errors import ExamplesError
from export.examples.arrays import ArrayHeader, read_all_arrays
from export.examples.photo_folders import is_closed

MAX_NAME_BYTES = 255
"""Of a folder's name, on file systems of Linux."""
Examples = Iterable[tuple[str, Path]]
"""Labels with files of theirs."""


def unpack(arrays: Path, directory: Path, *, as_tensors: bool = False) -> None:
    """Write each input of an `.npz` into a folder of its label: pixels as PNG unless `as_tensors`, others as `.npy`.

    Raises:
        DemoError: a file that cannot be read, or lacks inputs or labels; a label that names no single folder.
    """
    inputs, labels = _read(arrays)
    as_photos = ArrayHeader(inputs.dtype, inputs.shape).of_pixels and not as_tensors
    for number, (values, label) in enumerate(zip(inputs, labels, strict=True)):
        folder = directory / label
        folder.mkdir(parents=True, exist_ok=True)
        if as_photos:
            Image.fromarray(values.squeeze(-1) if values.shape[2:] == (1,) else values).save(
                folder / f"{number:06d}.png"
            )
        else:
            np.save(folder / f"{number:06d}{TENSOR_SUFFIX}", values)


def pack(examples: Examples, arrays: Path) -> None:
    """Write tensors with their labels into one `.npz`.

    Raises:
        DemoError: a tensor that cannot be read, or tensors of several shapes or dtypes, which is said with the two
            that differ first.
    """
    labels, paths = zip(*examples, strict=True)
    tensors = [load_array(path) for path in paths]
    for path, tensor in zip(paths, tensors, strict=True):
        if (tensor.shape, tensor.dtype) != (tensors[0].shape, tensors[0].dtype):
            expected, got = (f"{one.dtype} {one.shape}" for one in (tensors[0], tensor))
            raise DemoError(f"{path}: expected {expected}, as {paths[0]} has, got {got}")
    np.savez(arrays, inputs=np.stack(tensors), labels=np.array(labels))


def _read(arrays: Path) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Read inputs and the label of each, which will name a folder."""
    try:
        inputs, labels = read_all_arrays(arrays)
    except ExamplesError as error:
        raise DemoError(str(error)) from error
    for label in sorted(set(labels)):
        if is_closed(label) or "/" in label or "\\" in label or len(label.encode()) > MAX_NAME_BYTES:
            raise DemoError(f"{arrays}: expected labels that can name a folder each, got {shown(label)}")
    return inputs, labels
