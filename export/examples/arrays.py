"""Examples from files of numpy's: what is in one, and the inputs and labels it holds.

    .npz    inputs  (n, *shape)    of the network's dtype; or pixels of photos, uint8 (n, height, width[, 1 or 3])
            labels  (n,)           strings, or integers
            names   (classes,)     strings, what integers are called; without it a number is called by itself
    .npy    inputs alone

Headers are read before anything is allocated, and nothing that could run code is opened.
"""

from __future__ import annotations

import contextlib
import math
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from contract.errors import ContractError, shown
from contract.inputs import COLOUR, GREY, ModelInput, PhotoInput, TensorInput
from contract.labels import label_key, read_label
from device.recognise.array_header import read_array_header, spelling_unsaid
from device.recognise.image import Photo
from device.recognise.preparation import Example
from device.recognise.regions import Detector
from export.errors import ExamplesError
from export.examples.given import GivenGathering, GivenInputs, indexed, spread
from export.examples.labelled import Gathering, LabelledExamples
from export.examples.problems import raise_together
from export.examples.subjects import SubjectFinder

INPUTS, LABELS, NAMES = "inputs", "labels", "names"
NPZ, NPY = ".npz", ".npy"
MAX_ARRAY_BYTES = 4 << 30
MAX_NUMBER = 2**63 - 1
"""Of an integer as a label."""

_FORMAT: Any = np.lib.format
"""Without types, as numpy's stubs have it."""

_DAMAGE = (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, SyntaxError, TypeError, RuntimeError)
"""What numpy and zipfile raise of damaged files, and of kinds of compression that they do not know."""


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """What an array is, before it is read."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def of_pixels(self) -> bool:
        """Tell whether it can be photos: uint8 (n, height, width), or with 1 or 3 channels."""
        channels = self.shape[3:] or (GREY,)
        return self.dtype == np.uint8 and len(self.shape) in (3, 4) and channels in ((GREY,), (COLOUR,))


def read_inputs_header(path: Path) -> ArrayHeader:
    """Read what the inputs of a file are, and nothing of them.

    Raises:
        ExamplesError: no such file, or none with inputs.
    """
    with _Arrays(path) as arrays:
        return arrays.header(INPUTS)


def read_labelled_arrays(
    path: Path, *, model_input: ModelInput, detector: Detector | None = None, progress: Progress = ignore
) -> LabelledExamples:
    """Read inputs and labels of an .npz file; `progress` is told the inputs gathered, and of how many.

    Raises:
        ExamplesError: a file that cannot be read or lacks an array, inputs of another dtype or shape than the
            network's, NaN, labels of another number or that cannot be labels, fewer than two labels, one input under
            two labels, a label with no face in any photo where the input is of faces.
    """
    with _Arrays(path) as arrays:
        inputs = _read_inputs(arrays, model_input)
        names, labels = _name(arrays, _read_labels(arrays, len(inputs)))
    gathering = Gathering(SubjectFinder(model_input, detector))
    order = np.argsort(labels, kind="stable")
    for done, row in enumerate(order, 1):
        gathering.add(_example(inputs[row], model_input), int(labels[row]), where=f"{path}, {INPUTS}[{row}]")
        progress(done, len(order))
    return gathering.finish(names, where=str(path), expected="inputs with labels")


def read_given_arrays(
    path: Path, *, model_input: ModelInput, count: int, most_labelled: int = 0, detector: Detector | None = None
) -> GivenInputs:
    """Read at most `count` inputs from all over a file, or `most_labelled` with their labels where it has any.

    Raises:
        ExamplesError: as `read_labelled_arrays`; labels that are integers without names stay the network's classes.
    """
    with _Arrays(path) as arrays:
        inputs = _read_inputs(arrays, model_input)
        labels = _read_labels(arrays, len(inputs)) if LABELS in arrays.names else None
        names: tuple[str, ...] | None = None
        if labels is not None and (labels.dtype.kind == "U" or NAMES in arrays.names):
            names, labels = _name(arrays, labels, keep_unused=True)
    rows = spread(len(inputs), count if labels is None else max(count, most_labelled))
    gathering = GivenGathering(SubjectFinder(model_input, detector))
    for row in rows:
        gathering.add(_example(inputs[row], model_input), where=f"{path}, {INPUTS}[{row}]")
    return gathering.finish(None if labels is None else labels[rows].astype(np.int64), names, where=str(path))


def read_all_inputs(path: Path) -> NDArray[Any]:
    """Read all inputs of a file as they are, whatever a network takes.

    Raises:
        ExamplesError: a file that cannot be read or lacks inputs, no input, NaN.
    """
    with _Arrays(path) as arrays:
        return _read_any_inputs(arrays)


def read_all_arrays(path: Path) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Read all inputs of an .npz file as they are, whatever a network takes, and each one's label.

    Raises:
        ExamplesError: as `read_all_inputs`, and labels of another number or that cannot be labels.
    """
    with _Arrays(path) as arrays:
        inputs = _read_any_inputs(arrays)
        names, labels = _name(arrays, _read_labels(arrays, len(inputs)))
    return inputs, tuple(names[label] for label in labels)


class _Arrays:
    """The arrays of one open file, by name."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> _Arrays:
        if not self.path.is_file():
            got = "a folder" if self.path.is_dir() else "none of that name"
            raise ExamplesError(str(self.path), expected="a .npz file", got=got)
        if self.path.suffix.lower() == NPY:
            self._zip = None
            self.names = frozenset({INPUTS})
            return self
        with _damage_told(self.path):
            self._zip = zipfile.ZipFile(self.path)
        self.names = frozenset(name.removesuffix(NPY) for name in self._zip.namelist() if name.endswith(NPY))
        return self

    def __exit__(self, *_: object) -> None:
        if self._zip is not None:
            self._zip.close()

    def header(self, name: str) -> ArrayHeader:
        """Return what the array is; it is within bounds."""
        with _damage_told(self.path), self._open(name) as file:
            header = _read_header(file)
        where, size = f"{self.path}, {name}", math.prod(header.shape) * header.dtype.itemsize
        if header.dtype.hasobject:
            raise ExamplesError(where, expected="numbers or strings", got="Python objects, which are never opened")
        if min(header.shape, default=0) < 0 or size > MAX_ARRAY_BYTES:
            raise ExamplesError(where, expected=f"at most {MAX_ARRAY_BYTES} bytes", got=f"shape {header.shape}")
        return header

    def read(self, name: str) -> NDArray[Any]:
        """Read one array, in this machine's byte order."""
        self.header(name)
        with _damage_told(self.path), self._open(name) as file, spelling_unsaid():
            values: NDArray[Any] = _FORMAT.read_array(file, allow_pickle=False)
        return np.ascontiguousarray(values, values.dtype.newbyteorder("="))

    def _open(self, name: str) -> IO[bytes]:
        if name not in self.names:
            got = ", ".join(sorted(self.names)[:5]) or "none"
            raise ExamplesError(str(self.path), expected=f"an array called {name}", got=got)
        return self.path.open("rb") if self._zip is None else self._zip.open(name + NPY)


@contextlib.contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except ExamplesError:
        raise
    except OSError as error:
        raise ExamplesError(str(path), expected="a file that can be read", got=str(error.strerror or error)) from error
    except _DAMAGE as error:
        expected = "a file of arrays, as numpy.savez writes it"
        raise ExamplesError(str(path), expected=expected, got=_first_line(error)) from error


def _read_header(file: IO[bytes]) -> ArrayHeader:
    shape, _, dtype = read_array_header(file)
    return ArrayHeader(dtype, shape)


def _read_inputs(arrays: _Arrays, model_input: ModelInput) -> NDArray[Any]:
    """Read all inputs, once their header has shown that they are what the network takes."""
    where, header = f"{arrays.path}, {INPUTS}", arrays.header(INPUTS)
    if isinstance(model_input, PhotoInput):
        if not header.of_pixels:
            expected = "pixels of photos, uint8 (n, height, width, 1 or 3); --input tensor for others"
            raise ExamplesError(where, expected=expected, got=f"{header.dtype.name} {header.shape}")
    elif (header.dtype.name, header.shape[1:]) != (model_input.dtype.name, model_input.shape):
        expected = f"{model_input.dtype.name} (n, {', '.join(map(str, model_input.shape))}), as the network takes them"
        raise ExamplesError(where, expected=expected, got=f"{header.dtype.name} {header.shape}")
    return _read_any_inputs(arrays)


def _read_any_inputs(arrays: _Arrays) -> NDArray[Any]:
    """Read all inputs of numbers, of which there is one at least."""
    where, header = f"{arrays.path}, {INPUTS}", arrays.header(INPUTS)
    if header.dtype.kind not in "biuf":
        raise ExamplesError(where, expected="numbers", got=header.dtype.name)
    if not header.shape or not math.prod(header.shape):
        raise ExamplesError(where, expected="at least one input", got=f"shape {header.shape}")
    inputs = arrays.read(INPUTS)
    _check_finite(inputs, where=where)
    return inputs


def _check_finite(inputs: NDArray[Any], *, where: str) -> None:
    """Refuse NaN and infinities, of all inputs at once."""
    if inputs.dtype.kind != "f":
        return
    finite = np.isfinite(inputs.reshape(len(inputs), -1)).all(axis=1)
    bad = np.flatnonzero(~finite)
    if len(bad):
        got = f"NaN or infinity in {len(bad)} of {len(inputs)}, the first is number {bad[0]}"
        raise ExamplesError(where, expected="finite numbers", got=got)


def _example(values: NDArray[Any], model_input: ModelInput) -> Example:
    if isinstance(model_input, TensorInput):
        return values
    coloured = values.reshape(*values.shape[:2], -1)
    return Photo(np.ascontiguousarray(np.broadcast_to(coloured, (*coloured.shape[:2], COLOUR))))


def _read_labels(arrays: _Arrays, count: int) -> NDArray[Any]:
    """Read one label for each of `count` inputs: strings, or integers of 0 and more."""
    where, header = f"{arrays.path}, {LABELS}", arrays.header(LABELS)
    if header.dtype.kind not in "Uiu":
        raise ExamplesError(where, expected="strings or integers", got=header.dtype.name)
    if header.shape != (count,):
        raise ExamplesError(where, expected=f"{count}, one for each input", got=f"shape {header.shape}")
    labels = arrays.read(LABELS)
    if labels.dtype.kind == "i" and labels.min() < 0:
        raise ExamplesError(where, expected="integers of 0 and more", got=str(labels.min()))
    if labels.dtype.kind == "u" and labels.max() > MAX_NUMBER:
        raise ExamplesError(where, expected=f"integers up to {MAX_NUMBER}", got=str(labels.max()))
    return labels


def _name(
    arrays: _Arrays, labels: NDArray[Any], *, keep_unused: bool = False
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the labels' names, and the labels (n,) as indices into them."""
    unique, places = np.unique(labels, return_inverse=True)
    if labels.dtype.kind == "U":
        if NAMES in arrays.names:
            raise ExamplesError(f"{arrays.path}, {NAMES}", expected="integers as labels beside it", got="strings")
        names = _parse_names(unique.tolist(), where=f"{arrays.path}, {LABELS}")
        kept = tuple(sorted(set(names)))
        return kept, indexed(names, kept)[places]
    if NAMES not in arrays.names:
        return tuple(str(number) for number in unique), places.astype(np.int64)
    names = _read_names(arrays, most=int(unique[-1]))
    if keep_unused:
        return names, labels.astype(np.int64)
    return tuple(names[number] for number in unique), places.astype(np.int64)


def _read_names(arrays: _Arrays, *, most: int) -> tuple[str, ...]:
    where, header = f"{arrays.path}, {NAMES}", arrays.header(NAMES)
    if header.dtype.kind != "U" or len(header.shape) != 1:
        raise ExamplesError(where, expected="strings (classes,)", got=f"{header.dtype.name} {header.shape}")
    if header.shape[0] <= most:
        raise ExamplesError(where, expected=f"a name for each label up to {most}", got=f"{header.shape[0]} names")
    names = _parse_names(arrays.read(NAMES).tolist(), where=where)
    if len(set(names)) != len(names):
        raise ExamplesError(
            where, expected="names that differ", got=shown(next(n for n in names if names.count(n) > 1))
        )
    return names


def _parse_names(texts: Sequence[str], *, where: str) -> tuple[str, ...]:
    """Return what is to be a label as labels; of one that is written in two ways, one is a problem."""
    problems: list[Exception] = []
    names: list[str] = []
    spellings: dict[str, str] = {}
    for text in texts:
        try:
            name = read_label(text)
        except ContractError as error:
            expected = f"strings that can be labels: {error.expected}"
            problems.append(ExamplesError(where, expected=expected, got=f"{shown(text)}: {error.got}"))
            continue
        names.append(name)
        other = spellings.setdefault(label_key(name), name)
        if other != name:
            problems.append(
                ExamplesError(where, expected="labels that differ", got=f"{shown(other)} and {shown(name)}")
            )
    raise_together(where, problems, expected="labels")
    return tuple(names)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
