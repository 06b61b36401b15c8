"""The golden part of a bundle: an input of nobody, what prefix and head make of it, and what a device must reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.cuts import HEAD_SIGNATURE, PREFIX_SIGNATURE
from contract.faces import DETECTOR_SIGNATURE
from contract.inputs import ModelInput, PhotoInput
from contract.self_test import PPM, cosine_ppm
from device.errors import ModelRefused
from export.errors import NetworkError
from export.examples.golden import as_npy, as_png, draw_golden_photo
from export.examples.synthetic import candidate_inputs
from export.preparations import Preparations, prepare_photo, prepare_tensor
from export.self_test import LeastCosine, choose_least_cosine
from export.tflite.process import TFLiteProcess
from export.tflite.quantize import Quantize

GOLDEN_SEED = 2020
"""Of tensors, any: a space has one golden sample, whatever heads are exported for it."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class GoldenParts:
    """What the bundles say of the golden input."""

    file: bytes
    """The input, PNG of a photo and NPY of a tensor."""
    feature: Floats
    """(*feature shape), the prefix's of that input."""
    sample: Floats
    """(*feature shape), what heads are tried on: that feature, or the golden sample of a kept space."""
    logits: Floats
    """(classes,), what the head's file answers to the golden sample."""
    least: LeastCosine


def make_golden(
    tflite: TFLiteProcess,
    *,
    prefix: bytes,
    head: bytes,
    model_input: ModelInput,
    detector: bytes | None,
    quantize: Quantize,
    kept: Floats | None = None,
) -> GoldenParts:
    """Draw the golden input, run it, and measure what clients may differ by. One space has one golden sample.

    `kept` is the golden sample of a space that is kept; without it the feature of the golden input is.

    Raises:
        NetworkError: no finite answer to any input that is drawn, no face is found in it, or rounding alone
            makes another feature of it.
    """
    for file, prepared in _candidates(tflite, model_input, detector):
        [feature] = tflite.run(prefix, signature=PREFIX_SIGNATURE, inputs=prepared.right[np.newaxis])
        sample = feature if kept is None else kept
        [logits] = tflite.run(head, signature=HEAD_SIGNATURE, inputs=sample[np.newaxis])
        if np.isfinite(feature).all() and np.isfinite(logits).all():
            least = _measure(tflite, prefix, prepared, feature, quantize)
            return GoldenParts(file, feature, sample, logits, least)
    expected = "finite answers to numbers of one range at least: of both signs, positive, 0 to 1, 0, 1"
    raise NetworkError("golden sample, of a drawn input", expected=expected, got="NaN or infinity to all of them")


def _candidates(
    tflite: TFLiteProcess, model_input: ModelInput, detector: bytes | None
) -> Iterator[tuple[bytes, Preparations]]:
    """Yield golden inputs as files, and prepared."""
    if not isinstance(model_input, PhotoInput):
        for [tensor] in candidate_inputs(1, model_input=model_input, seed=GOLDEN_SEED):
            yield as_npy(tensor), prepare_tensor(tensor)
        return
    photo = draw_golden_photo(model_input)
    if detector is not None:
        tflite.open(detector, signature=DETECTOR_SIGNATURE)
    prepared = prepare_photo(photo, model_input, tflite.run_opened if detector is not None else None)
    if prepared is None:
        raise NetworkError("golden photo", expected="a face that the detector finds", got="none")
    yield as_png(photo), prepared


def _measure(
    tflite: TFLiteProcess, prefix: bytes, prepared: Preparations, golden_feature: Floats, quantize: Quantize
) -> LeastCosine:
    """Compare what the prefix makes of the other preparations."""
    tflite.open(prefix, signature=PREFIX_SIGNATURE)

    def cosine(values: NDArray[Any]) -> float:
        try:
            [feature] = tflite.run_opened(values[np.newaxis])
        except ModelRefused:  # it does not take such numbers, and so refuses them by itself
            return 0.0
        return cosine_ppm(golden_feature, feature) / PPM

    near = {what: cosine(values) for what, values in prepared.near.items()}
    wrong = {what: cosine(values) for what, values in prepared.wrong.items()}
    return choose_least_cosine(near=near, wrong=wrong, quantize=quantize)
