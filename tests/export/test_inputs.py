"""What an export works on: photos to compare on, and for int8 others to calibrate on."""

from pathlib import Path
from typing import Any

import keras
import pytest

from contract.callbacks import ignore
from export.errors import RequestError
from export.inputs import gather_inputs
from export.network.standardization import Standardization
from export.request import Request
from export.tflite.quantize import Quantize


@pytest.fixture
def model(tmp_path: Path, tiny_network: keras.Model) -> Path:
    path = tmp_path / "tiny.keras"
    tiny_network.save(path)
    return path


@pytest.mark.parametrize("source", ["samples", "photos"])
def test_int8_is_compared_on_other_photos_than_it_was_calibrated_on(model: Path, faces: Path, source: str) -> None:
    """Its ranges fit the photos that they came from, which say little of others."""
    source_option: dict[str, Any] = {source: faces}
    request = Request(
        layer="pool", model=model, standardization=Standardization.FACENET, quantize=Quantize.INT8, **source_option
    )
    _, _, inputs = gather_inputs(request, at_step=ignore)
    assert inputs.calibration is not None
    compared, calibrated = ({photo.tobytes() for photo in some} for some in (inputs.compared, inputs.calibration))
    assert (len(compared), len(calibrated), compared & calibrated) == (16, 16, set())


def test_other_modes_are_compared_on_all_photos(model: Path, faces: Path) -> None:
    _, _, inputs = gather_inputs(
        Request(layer="pool", model=model, standardization=Standardization.FACENET, samples=faces), at_step=ignore
    )
    assert (len(inputs.compared), inputs.calibration) == (32, None)


def test_int8_with_too_few_photos_says_how_many_it_takes(model: Path, faces: Path) -> None:
    request = Request(
        layer="pool",
        model=model,
        standardization=Standardization.FACENET,
        photos=faces / "Person 1",
        quantize=Quantize.INT8,
    )
    with pytest.raises(RequestError, match=r"int8: expected at least 16 inputs, half to calibrate on .* got 8"):
        gather_inputs(request, at_step=ignore)
