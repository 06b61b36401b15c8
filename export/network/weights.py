"""Weights of a network: the files they come from, and what a seed needs where there is no file.

A published FaceNet file is a .npz of float32 arrays:

    <unit>_kernel                          a convolution (height, width, in, out) or dense (in, out)
    <unit>_bias                            where it has one
    <unit>_BatchNorm_beta, _moving_mean, _moving_variance, and _gamma    (out,); a file without gamma means 1

A `.weights.h5` is what `keras.Model.save_weights` writes; each layer's group holds its variables, numbered in the
layer's order, and its name in an attribute. Both are read by name: Keras's own loader goes by order and class alone,
and would fill a network of another build with the wrong layers' numbers.
"""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from numpy.typing import NDArray

from export.errors import WeightsError
from export.network.inception_resnet_v1 import CLASSIFIER_NAME, convolution_name

BATCH_NORM_PHOTOS = 64
# What numpy, zipfile, zlib and h5py raise on damaged files, and what follows from a file of another layout.
UNREADABLE = (OSError, ValueError, KeyError, EOFError, AttributeError, TypeError, zipfile.BadZipFile, zlib.error)

Floats = NDArray[np.float32]
Variables = Mapping[str, Floats]
"""From "<layer>/<variable>" to its values."""


def load_weights(model: keras.Model, path: Path) -> None:
    """Fill `model` from a `.npz` or `.weights.h5` file; the model stays as it was when the file is refused.

    A file whose classifier has no kernel (the published one has none) leaves the model's own classifier in place.

    Raises:
        WeightsError: not such a file, cut short, of another network (it names the layer, its shape and the expected
            one), or with numbers that are not finite.
    """
    found = _read(model, path)
    values = [(variable, _checked(path, name, variable, found)) for name, variable in _wanted(model, found)]
    _check_all_used(path, found, used={_name(layer, variable) for layer, variable in _variables(model)})
    for variable, value in values:
        variable.assign(value)


def classes_in(path: Path) -> int | None:
    """Tell for how many classes a file has a classifier; None without one, and for any other file."""
    with contextlib.suppress(*UNREADABLE):
        if path.suffix == ".npz":
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return int(arrays[f"{CLASSIFIER_NAME}_kernel"].shape[1])
        with h5py.File(path, "r") as file:
            stored = (group["vars"] for group in file["layers"].values() if "vars" in group)
            return next(
                (int(layer["0"].shape[1]) for layer in stored if layer.attrs.get("name") == CLASSIFIER_NAME), None
            )
    return None


def calibrate_batch_norm(model: keras.Model, photos: Floats) -> None:
    """Set every batch normalisation's stored statistics to those that one pass of at most 64 photos meets.

    A network drawn from a seed needs this once: until then its deep layers saturate and all photos look alike.
    `photos` are (n, height, width, channels) as the model takes them: standardised.
    """
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    model(photos[:BATCH_NORM_PHOTOS], training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _read(model: keras.Model, path: Path) -> Variables:
    try:
        if path.suffix == ".npz":
            return _read_npz(model, path)
        if path.name.endswith(".weights.h5"):
            return _read_h5(model, path)
    except FileNotFoundError:
        raise WeightsError(f"weights {path}", expected="a file", got="none of that name") from None
    except UNREADABLE as error:
        raise WeightsError(
            f"weights {path}", expected="a whole file", got=f"one that cannot be read ({error})"
        ) from error
    raise WeightsError(f"weights {path}", expected="a .npz or .weights.h5 file", got=path.name)


def _read_npz(model: keras.Model, path: Path) -> Variables:
    """Read the file's arrays under the model's names; those that the model has no name for keep their own."""
    ours = {_published_name(layer, variable): _name(layer, variable) for layer, variable in _variables(model)}
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        found = {ours.get(key, key): arrays[key] for key in arrays.files}
    for layer, variable in _variables(model):
        if variable.name == "gamma":
            found.setdefault(_name(layer, variable), np.ones(variable.shape, np.float32))
    if f"{CLASSIFIER_NAME}/kernel" not in found:
        found.pop(f"{CLASSIFIER_NAME}/bias", None)
    return found


def _published_name(layer: Any, variable: Any) -> str:
    unit = layer.name.removesuffix(convolution_name(""))
    return f"{unit}_{variable.name}"


def _read_h5(model: keras.Model, path: Path) -> Variables:
    names = {layer.name: [variable.name for variable in layer.weights] for layer in model.layers}
    found: dict[str, Floats] = {}
    with h5py.File(path, "r") as file:
        for group in file.get("layers", {}).values():
            stored = group.get("vars", {})
            layer = str(getattr(stored, "attrs", {}).get("name", ""))
            for index, key in enumerate(sorted(stored, key=int)):
                variable = dict(enumerate(names.get(layer, []))).get(index, key)
                found[f"{layer}/{variable}"] = np.asarray(stored[key])
    return found


def _variables(model: keras.Model) -> Iterator[tuple[Any, Any]]:
    return ((layer, variable) for layer in model.layers for variable in layer.weights)


def _name(layer: Any, variable: Any) -> str:
    return f"{layer.name}/{variable.name}"


def _wanted(model: keras.Model, found: Variables) -> Iterator[tuple[str, Any]]:
    has_classifier = any(name.startswith(f"{CLASSIFIER_NAME}/") for name in found)
    for layer, variable in _variables(model):
        if has_classifier or layer.name != CLASSIFIER_NAME:
            yield _name(layer, variable), variable


def _checked(path: Path, name: str, variable: Any, found: Variables) -> Floats:
    where = f"weights {path}, layer {name.replace('/', ', ')}"
    expected = f"shape {tuple(variable.shape)}"
    if name not in found:
        raise WeightsError(where, expected=expected, got="no such layer in the file")
    if found[name].shape != tuple(variable.shape):
        raise WeightsError(where, expected=expected, got=f"shape {found[name].shape}")
    if not np.all(np.isfinite(found[name])):
        raise WeightsError(where, expected="finite numbers", got="NaN or infinity")
    return found[name]


def _check_all_used(path: Path, found: Variables, *, used: set[str]) -> None:
    strange = sorted(set(found) - used)
    if strange:
        raise WeightsError(
            f"weights {path}, layer {strange[0].replace('/', ', ')}",
            expected="no such layer in this network",
            got=f"shape {found[strange[0]].shape}",
        )
