"""Keras to TFLite: every mode, in both runtimes, silently."""

from collections.abc import Iterator

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from contract.cuts import HEAD_SIGNATURE, PREFIX_SIGNATURE
from contract.inputs import PhotoInput
from contract.manifest import Precision
from device.errors import ModelRefused
from device.recognise.tflite import RUNTIME_MODULES
from export.errors import ConversionError
from export.examples.synthetic import synthetic_inputs
from export.network.inception_resnet_v1 import INPUT, STANDARDIZATION
from export.network.split import split_model
from export.network.standardization import Standardization, standardized
from export.tflite.convert import convert_head, convert_prefix
from export.tflite.parity import check_head, check_prefix, compare_features, compare_logits, keras_values
from export.tflite.process import TFLiteProcess
from export.tflite.quantize import Quantize

PHOTOS = synthetic_inputs(24, model_input=INPUT, seed=5)


@pytest.fixture(scope="module", params=list(RUNTIME_MODULES))
def tflite(request: pytest.FixtureRequest) -> Iterator[TFLiteProcess]:
    """Each runtime in a process of its own, which this one keeps for the module."""
    with TFLiteProcess(request.param) as process:
        yield process


@pytest.fixture(scope="module")
def prefixes(tiny_network: keras.Model) -> dict[Quantize, bytes]:
    prefix = split_model(tiny_network, "middle").prefix
    return {
        mode: convert_prefix(
            prefix, model_input=INPUT, standardization=STANDARDIZATION, quantize=mode, calibration=PHOTOS
        )
        for mode in Quantize
    }


@pytest.fixture(scope="module")
def heads(tiny_network: keras.Model) -> dict[Precision, bytes]:
    """Heads with a convolution and a dense layer."""
    head = split_model(tiny_network, "pool").head
    return {precision: convert_head(head, precision=precision) for precision in Precision}


@pytest.mark.parametrize("mode", list(Quantize))
def test_a_prefix_of_each_mode_computes_what_keras_does(
    tiny_network: keras.Model, prefixes: dict[Quantize, bytes], tflite: TFLiteProcess, mode: Quantize
) -> None:
    by_keras = keras_values(split_model(tiny_network, "middle").prefix, standardized(PHOTOS, STANDARDIZATION))
    by_tflite = tflite.run(prefixes[mode], signature=PREFIX_SIGNATURE, inputs=PHOTOS)
    check_prefix(compare_features(by_keras, by_tflite), mode)


@pytest.mark.parametrize("precision", list(Precision))
def test_a_head_of_each_precision_computes_what_keras_does(
    tiny_network: keras.Model, heads: dict[Precision, bytes], tflite: TFLiteProcess, precision: Precision
) -> None:
    parts = split_model(tiny_network, "pool")
    features = parts.prefix.predict(standardized(PHOTOS, Standardization.FACENET), verbose=0)
    answers = tflite.run(heads[precision], signature=HEAD_SIGNATURE, inputs=features)
    check_head(compare_logits(keras_values(parts.head, features), answers), precision, fitted=False)


def test_a_prefix_takes_uint8_and_gives_float32(prefixes: dict[Quantize, bytes], tflite: TFLiteProcess) -> None:
    for content in prefixes.values():
        features = tflite.run(content, signature=PREFIX_SIGNATURE, inputs=PHOTOS[:2])
        assert (features.shape, features.dtype.name) == ((2, 3, 3, 24), "float32")


SCALED: dict[Standardization, list[float]] = {
    Standardization.FACENET: [-127.5 / 128, 127.5 / 128, -0.5 / 128],
    Standardization.UNIT: [0, 1, 127 / 255],
    Standardization.SYMMETRIC: [-1, 1, 127 / 127.5 - 1],
    Standardization.IMAGENET: [-0.485 / 0.229, (1 - 0.456) / 0.224, (127 / 255 - 0.406) / 0.225],
    Standardization.CAFFE: [127 - 103.939, 255 - 116.779, 0 - 123.68],
    Standardization.NONE: [0, 255, 127],
}
"""What a pixel of 0, 255 and 127 becomes, as the README says it."""


@pytest.mark.parametrize("mode", list(Standardization))
def test_standardization_is_inside_the_prefix(mode: Standardization) -> None:
    photo = keras.Input((8, 6, 3))
    corner = keras.layers.Cropping2D(((0, 7), (0, 5)), name="corner")(photo)
    content = convert_prefix(
        keras.Model(photo, corner), model_input=PhotoInput(8, 6), standardization=mode, quantize=Quantize.NONE
    )
    photos = np.zeros((1, 8, 6, 3), np.uint8)
    photos[0, 0, 0] = [0, 255, 127]
    with TFLiteProcess() as tflite:
        answer = tflite.run(content, signature=PREFIX_SIGNATURE, inputs=photos)
    np.testing.assert_allclose(answer.ravel(), SCALED[mode], atol=2e-5)
    np.testing.assert_allclose(standardized(photos, mode)[0, 0, 0], SCALED[mode], atol=2e-5)


def test_smaller_modes_give_smaller_files(prefixes: dict[Quantize, bytes], heads: dict[Precision, bytes]) -> None:
    assert len(prefixes[Quantize.NONE]) > len(prefixes[Quantize.FLOAT16]) > len(prefixes[Quantize.DYNAMIC])
    assert len(heads[Precision.FLOAT32]) > len(heads[Precision.FLOAT16]) > len(heads[Precision.DYNAMIC])


def test_batch_normalisation_runs_on_its_stored_statistics(tflite: TFLiteProcess) -> None:
    """In training mode one sample, normalised by itself, would always give beta."""
    feature = keras.Input((4,))
    norm = keras.layers.BatchNormalization(epsilon=1e-6)
    head = keras.Model(feature, norm(feature))
    norm.set_weights([np.ones(4), np.zeros(4), np.full(4, 2.0), np.full(4, 9.0)])
    answer = tflite.run(
        convert_head(head, precision=Precision.FLOAT32),
        signature=HEAD_SIGNATURE,
        inputs=np.array([[2, 5, 8, -1]], np.float32),
    )
    np.testing.assert_allclose(answer, [[0, 1, 2, -1]], atol=1e-5)


def test_the_same_network_gives_the_same_bytes(tiny_network: keras.Model, prefixes: dict[Quantize, bytes]) -> None:
    """Else each export would begin a feature space of its own."""
    again = convert_prefix(
        split_model(tiny_network, "middle").prefix,
        model_input=INPUT,
        standardization=STANDARDIZATION,
        quantize=Quantize.DYNAMIC,
    )
    assert again == prefixes[Quantize.DYNAMIC]


def test_conversion_is_silent(tiny_network: keras.Model, capfd: pytest.CaptureFixture[str]) -> None:
    convert_head(split_model(tiny_network, "pool").head, precision=Precision.DYNAMIC)
    assert capfd.readouterr() == ("", "")


def test_an_operator_that_is_not_builtin_is_refused_by_its_name(capfd: pytest.CaptureFixture[str]) -> None:
    feature = keras.Input((4,))
    network = keras.Model(feature, keras.ops.erfinv(feature), name="odd")
    with pytest.raises(
        ConversionError, match=r"TFLite conversion of odd: expected builtin operators, got .*(?i:erfinv)"
    ):
        convert_head(network, precision=Precision.FLOAT32)
    assert capfd.readouterr() == ("", "")


def test_int8_without_calibration_photos_is_refused(tiny_network: keras.Model) -> None:
    with pytest.raises(ConversionError, match="int8 conversion: expected inputs to calibrate on, got none"):
        convert_prefix(
            split_model(tiny_network, "middle").prefix,
            model_input=INPUT,
            standardization=STANDARDIZATION,
            quantize=Quantize.INT8,
        )


def test_bytes_that_are_no_model_are_refused_and_the_process_goes_on(
    prefixes: dict[Quantize, bytes], tflite: TFLiteProcess
) -> None:
    with pytest.raises(ModelRefused, match="TFLite file"):
        tflite.run(b"nothing of the kind", signature=PREFIX_SIGNATURE, inputs=PHOTOS[:1])
    content = prefixes[Quantize.NONE]
    assert tflite.run(content, signature=PREFIX_SIGNATURE, inputs=PHOTOS[:1]).shape == (1, 3, 3, 24)


def test_a_runtime_that_dies_is_an_error_and_not_the_end(prefixes: dict[Quantize, bytes]) -> None:
    with TFLiteProcess() as process:
        process._process.kill()
        with pytest.raises(ConversionError, match="expected a file that the runtime can run, got its process ended"):
            process.run(prefixes[Quantize.NONE], signature=PREFIX_SIGNATURE, inputs=PHOTOS[:1])


def test_the_answers_of_the_two_runtimes_agree(prefixes: dict[Quantize, bytes]) -> None:
    answers: list[NDArray[np.float32]] = []
    for name in RUNTIME_MODULES:
        with TFLiteProcess(name) as process:
            answers.append(process.run(prefixes[Quantize.NONE], signature=PREFIX_SIGNATURE, inputs=PHOTOS))
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-4)
