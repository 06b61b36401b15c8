"""Turns verified bytes into a prefix and heads: hash first, then signature, tensors and labels.

What does not belong to the bundle is refused here, before it answers anything.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from contract.bundle import DeviceBundle
from contract.cuts import FEATURE_TENSOR, HEAD_SIGNATURE, LOGITS_OUTPUT, PREFIX_SIGNATURE
from contract.faces import DETECTOR_INPUT, DETECTOR_OUTPUT, DETECTOR_SIGNATURE, FACE_NUMBERS, MAX_ANCHORS
from contract.files import read_checked
from contract.inputs import COLOUR, PhotoInput
from contract.unknown import Points
from device.errors import ModelRefused
from device.heads.store import InstalledHead
from device.recognise.tflite import Model, TFLiteRuntime

BUNDLED_SERIAL = 0
"""The serial of the bundle's own head; releases count from 1."""

TensorSpec = tuple[str, np.dtype[Any], tuple[int, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A loaded head, with what turns its logits into an answer."""

    model: Model
    labels: tuple[str, ...]
    temperature: float
    threshold: float
    """What its bundle or manifest says: the operator's choice."""
    points: Points
    """What else may be chosen; none where nothing was fitted."""
    serial: int


def load_prefix(bundle: DeviceBundle, *, runtime: TFLiteRuntime, threads: int) -> Model:
    """Load the bundle's prefix: what its input says in, float32 feature out.

    Raises:
        ModelRefused: its signature or tensors are not those of the contract and the bundle.
        ContractError: it is not the file that the bundle names.
        OSError: it cannot be read.
    """
    content = read_checked(bundle.prefix_path, bundle.prefix)
    with _naming(bundle.prefix_path):
        model = Model(content, signature=PREFIX_SIGNATURE, runtime=runtime, threads=threads)
        takes = (bundle.input.name, bundle.input.dtype, (1, *bundle.input.shape))
        feature = (FEATURE_TENSOR, np.dtype(np.float32), (1, *bundle.feature_shape))
        _check_tensors(model, takes=takes, gives=feature)
    return model


def load_detector(bundle: DeviceBundle, *, runtime: TFLiteRuntime, threads: int) -> Model | None:
    """Load what finds faces, where the bundle is of faces. Raises as `load_prefix` does."""
    if bundle.detector is None or not isinstance(bundle.input, PhotoInput) or bundle.input.faces is None:
        return None
    content = read_checked(bundle.detector_path, bundle.detector)
    with _naming(bundle.detector_path):
        model = Model(content, signature=DETECTOR_SIGNATURE, runtime=runtime, threads=threads)
        side = bundle.input.faces.input
        takes = (DETECTOR_INPUT, np.dtype(np.uint8), (1, side, side, COLOUR))
        anchors = model.output_shape[1] if len(model.output_shape) == 3 else 0
        gives = (DETECTOR_OUTPUT, np.dtype(np.float32), (1, max(1, min(anchors, MAX_ANCHORS)), FACE_NUMBERS))
        _check_tensors(model, takes=takes, gives=gives)
    return model


def load_bundled_head(bundle: DeviceBundle, *, runtime: TFLiteRuntime) -> Head:
    """Load the head that came with the bundle. Raises as `load_prefix` does."""
    content = read_checked(bundle.head_path, bundle.head)
    with _naming(bundle.head_path):
        model = open_head(content, bundle=bundle, classes=len(bundle.labels), runtime=runtime)
    return Head(model, bundle.labels, bundle.temperature, bundle.threshold, bundle.points, BUNDLED_SERIAL)


def load_installed_head(installed: InstalledHead, *, bundle: DeviceBundle, runtime: TFLiteRuntime) -> Head:
    """Load a head that was installed; its hashes have been checked.

    Raises:
        ModelRefused: it takes features of another shape, or answers with another number of labels than its list has.
    """
    manifest = installed.manifest
    if len(installed.labels) != manifest.label_count:
        raise ModelRefused(f"label list: expected {manifest.label_count} labels, got {len(installed.labels)}")
    model = open_head(installed.content, bundle=bundle, classes=manifest.label_count, runtime=runtime)
    return Head(model, installed.labels, manifest.temperature, manifest.threshold, manifest.points, manifest.serial)


def open_head(content: bytes, *, bundle: DeviceBundle, classes: int, runtime: TFLiteRuntime) -> Model:
    """Open a head's file: float32 feature of the bundle's shape in, `classes` float32 logits out.

    Raises:
        ModelRefused: its signature or tensors are others.
    """
    model = Model(content, signature=HEAD_SIGNATURE, runtime=runtime)
    feature = (FEATURE_TENSOR, np.dtype(np.float32), (1, *bundle.feature_shape))
    _check_tensors(model, takes=feature, gives=(LOGITS_OUTPUT, np.dtype(np.float32), (1, classes)))
    return model


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the file that a model is from where it is refused."""
    try:
        yield
    except ModelRefused as error:
        raise ModelRefused(f"{path}: {error}") from error


def _check_tensors(model: Model, *, takes: TensorSpec, gives: TensorSpec) -> None:
    got_in = (model.input_name, model.input_dtype, model.input_shape)
    got_out = (model.output_name, model.output_dtype, model.output_shape)
    for role, expected, got in (("input", takes, got_in), ("output", gives, got_out)):
        if got != expected:
            raise ModelRefused(f"{model.signature} {role}: expected {_shown(expected)}, got {_shown(got)}")


def _shown(tensor: TensorSpec) -> str:
    name, dtype, shape = tensor
    return f"{name} {dtype} {list(shape)}"
