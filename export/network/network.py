"""A user's network as it is cut: one input, one output that names a class, float32, and all its layers on one level."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from contract.errors import ContractError, shown
from contract.inputs import COLOUR, GREY, TensorInput, TensorType, check_input
from contract.labels import MAX_LABELS
from export.errors import HeadError, RequestError, WeightsError
from export.network.archive import load_float32
from export.network.flatten import flatten
from export.network.graph import deep_graphs, inputs_of, is_graph, outputs_of
from export.network.inception_resnet_v1 import INPUT
from export.network.keras_errors import telling_line
from export.network.network_end import End, OutputKind, read_end
from export.network.network_file import SUFFIX
from export.network.own_scaling import own_scale
from export.network.standardization import Standardization
from export.quiet import silence

Size = tuple[int, int]
"""Height and width."""
_PHOTO_RANK = 3


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A user's network as it is cut: float32, one level, one input, one output that names a class."""

    whole: keras.Model
    """What the user saved, in float32: inputs (n, *shape) as its user feeds them, to its own answers."""
    flat: keras.Model
    """The same function, nested networks dissolved; its layers are shared with `whole` and safely named."""
    layers: Mapping[str, str]
    """The user's names, "base/block_13_expand" for a layer in a nested network, to the layer's name in `flat`."""
    input_shape: tuple[int, ...]
    """Without the batch; every size is known."""
    input_dtype: str
    """Of the Keras input: float32, int32, ..."""
    standardization: Standardization | None
    """What the network says of itself: none where it scales by itself, else its keras.applications name's; None where
    it says nothing, and whoever exports it must."""
    standardization_reason: str = ""
    """By what it says so."""


def network_of(model: keras.Model, *, size: Size | None = None) -> Network:
    """Prepare a network in memory for being cut. It is copied, by way of a file, and not changed.

    `size`, (height, width), is that of photos where the network leaves it open; the reference network's by default.

    Raises:
        WeightsError: a network that cannot be saved and loaded again, as `read_network` says.
        HeadError, RequestError: as `prepared` says.
    """
    where = f"network {model.name}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"network{SUFFIX}"
        try:
            with silence(), deep_graphs():
                model.save(path)
        except Exception as error:  # Keras raises whatever the layers raise
            raise WeightsError(where, expected="a network that Keras can save", got=telling_line(error)) from error
        loaded = load_float32(path, where=where)
    return prepared(loaded, where=where, size=size)


def prepared(model: keras.Model, *, where: str, size: Size | None = None, one_class: bool = False) -> Network:
    """Make a network in float32 that was loaded for this one level, and fix the sizes that it leaves open.

    `one_class` lets a single logit pass: the reference network's head may begin with one class, and grows.

    Raises:
        HeadError: no graph, not built, several inputs or outputs, or an output that names no class.
        RequestError: a size that contradicts the network's, or is missing, or that its layers cannot take.
        WeightsError: an input that no bundle can say.
    """
    _check_one_way(model, where)
    taken = inputs_of(model)[0]
    shape = _input_shape(tuple(taken.shape[1:]), size, where)
    dtype = _input_dtype(taken, shape, where)
    try:
        with silence(), deep_graphs():
            given = keras.Input(shape, dtype=dtype, name="fedex_input")
            whole = _whole(model, keras.Input(shape, dtype=dtype, name="whole_input"))
            flat = flatten(model, given)
    except Exception as error:  # Keras raises whatever the layers of the network raise
        got = telling_line(error)
        raise RequestError(
            f"{where}, input {_by(shape)}", expected="sizes that its layers can take", got=got
        ) from error
    _check_classes(read_end(flat.model, where=where), flat.model, where, one_class=one_class)
    scale = own_scale(flat.model, flat.layers, model)
    mode, reason = (scale.mode, scale.reason) if scale is not None else (None, "")
    return Network(whole, flat.model, flat.layers, shape, dtype, mode, reason)


def _check_one_way(model: keras.Model, where: str) -> None:
    if not inputs_of(model) and isinstance(model, keras.Sequential):
        raise HeadError(
            where, expected="a network that was built: give it keras.Input(shape) and save again", got="none"
        )
    if not is_graph(model):
        raise HeadError(where, expected="a functional or sequential Keras network", got=type(model).__name__)
    inputs, outputs = inputs_of(model), outputs_of(model)
    if len(inputs) != 1 or len(outputs) != 1:
        raise HeadError(
            where,
            expected="one input and one output: save keras.Model(INPUT, OUTPUT) of those that name a class",
            got=f"{len(inputs)} inputs and {len(outputs)} outputs",
        )


def _whole(model: keras.Model, given: Any) -> keras.Model:
    structure = given if isinstance(model, keras.Sequential) else keras.tree.pack_sequence_as(model.input, [given])
    return keras.Model(given, keras.tree.flatten(model(structure))[0], name="whole")


def _input_shape(shape: Sequence[int | None], size: Size | None, where: str) -> tuple[int, ...]:
    open_axes = [axis for axis, length in enumerate(shape) if length is None]
    if len(shape) == _PHOTO_RANK and (shape[-1] == COLOUR or (shape[-1] == GREY and not (open_axes and size is None))):
        return (*_photo_size(shape, size, where), int(shape[-1] or 0))
    if not open_axes and size is None:
        return tuple(int(length or 0) for length in shape)
    if not open_axes:
        expected = f"no size for {where}, whose input leaves none open"
        raise RequestError("--size", expected=expected, got=f"{_by(size or ())} beside {_by(shape)}")
    if len(shape) == _PHOTO_RANK and shape[-1] == GREY:
        expected = (
            "--size HEIGHTxWIDTH for what is left open: of photos or of what is no photo, one channel tells neither"
        )
        raise RequestError(where, expected=expected, got=f"an input of shape {_by(shape)}")
    if size is None or len(open_axes) > 1 or size[0] != size[1]:
        raise RequestError(
            where,
            expected="a fixed size: --size N for the axis that is left open"
            if len(open_axes) == 1
            else "fixed sizes: save it with keras.Input of a known shape",
            got=f"an input of shape {_by(shape)}",
        )
    return tuple(size[0] if length is None else int(length) for length in shape)


def _photo_size(shape: Sequence[int | None], size: Size | None, where: str) -> Size:
    fixed = shape[0], shape[1]
    asked = size or (INPUT.height, INPUT.width)
    height, width = (own or open_one for own, open_one in zip(fixed, asked, strict=True))
    if size is not None and (height, width) != size:
        raise RequestError("--size", expected=f"{_by(fixed)}, which {where} takes", got=_by(size))
    return int(height), int(width)


def _input_dtype(taken: Any, shape: tuple[int, ...], where: str) -> str:
    dtype = str(taken.dtype)
    known = [kind.value for kind in TensorType]
    if dtype not in known or getattr(taken, "sparse", False) or getattr(taken, "ragged", False):
        kind = "sparse" if getattr(taken, "sparse", False) else dtype
        raise WeightsError(where, expected=f"an input of dense {', '.join(known)}", got=shown(kind))
    try:
        check_input(TensorInput(TensorType(dtype), shape), where=f"{where}, input")
    except ContractError as error:
        raise WeightsError(error.where, expected=error.expected, got=error.got) from error
    return dtype


def _check_classes(end: End, flat: keras.Model, where: str, *, one_class: bool) -> None:
    """Refuse more classes than there may be labels, a number that is none, and weights that make every answer NaN."""
    classes = end.kernel.shape[1]
    if classes == 1 and end.output is OutputKind.LOGITS and not one_class:
        expected = "a sigmoid after its one unit, for two classes, or as many units as there are classes"
        raise HeadError(where, expected=expected, got="one number, which names no class")
    if classes > MAX_LABELS:
        raise HeadError(where, expected=f"at most {MAX_LABELS} classes", got=str(classes))
    for layer in flat.layers:
        if not all(np.isfinite(weight).all() for weight in layer.get_weights()):
            raise WeightsError(f"{where}, layer {layer.name}", expected="finite weights", got="NaN or infinity")


def _by(shape: Sequence[int | None]) -> str:
    return "x".join("?" if length is None else str(length) for length in shape) or "()"
