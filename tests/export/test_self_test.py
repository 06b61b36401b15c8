"""The least cosine: both runtimes and every precision are above it, and each mistake of a client is below."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from contract.cuts import CUTS, PREFIX_SIGNATURE
from contract.face_parameters import BACK
from contract.faces import DETECTOR_SIGNATURE
from contract.files import sha256_hex
from contract.inputs import Fit, PhotoInput, TensorInput, TensorType
from contract.manifest import Precision
from contract.self_test import PPM, cosine_ppm
from device.recognise.image import Photo, load_photo
from device.recognise.preparation import prepare
from device.recognise.regions import RegionFinder
from device.recognise.tensor_file import load_tensor
from export.errors import NetworkError
from export.examples.golden import as_npy, as_png, draw_golden_photo
from export.examples.synthetic import synthetic_inputs
from export.golden import GOLDEN_SEED, GoldenParts, make_golden
from export.network.inception_resnet_v1 import INPUT, STANDARDIZATION
from export.network.split import split_model
from export.preparations import Preparations, prepare_photo, prepare_tensor
from export.self_test import RUNTIMES, LeastCosine, choose_least_cosine
from export.tflite.convert import convert_head, convert_prefix
from export.tflite.process import TFLiteProcess
from export.tflite.quantize import Quantize

SHA256 = "aa56f2eea14e3db5dd5b885638dba9efcf92af812bea00dde3250342621433a5"
FACES = PhotoInput(160, 160, fit=Fit.FACES, faces=BACK)
MISTAKES = {
    "no antialiasing",
    "red and blue exchanged",
    "pixels of 0 to 1",
    "pixels of -128 to 127",
}
OF_CROPS = {"letterbox in place of crop", "stretch in place of crop", "cropped at the corner", "cropped a tenth off"}
OF_FACES = {"a square that is off by a tenth", "the middle in place of the face"}


@pytest.fixture(scope="module")
def runtimes() -> Iterator[list[TFLiteProcess]]:
    """Both runtimes, each in a process of its own; the one that exports run first."""
    with TFLiteProcess("ai-edge-litert") as first, TFLiteProcess("tflite-runtime") as second:
        yield [first, second]


@pytest.fixture(scope="module")
def prefixes(tiny_network: keras.Model) -> dict[Quantize, bytes]:
    """Of a small network of random weights."""
    return convert_all(tiny_network, "middle")


@pytest.fixture(scope="module")
def head(tiny_network: keras.Model) -> bytes:
    return convert_head(split_model(tiny_network, "middle").head, precision=Precision.FLOAT32)


def convert_all(network: keras.Model, layer: str) -> dict[Quantize, bytes]:
    prefix = split_model(network, layer).prefix
    photos = synthetic_inputs(24, model_input=INPUT, seed=5)
    return {
        mode: convert_prefix(
            prefix, model_input=INPUT, standardization=STANDARDIZATION, quantize=mode, calibration=photos
        )
        for mode in Quantize
    }


def prepared(photo_input: PhotoInput, detector: bytes, tflite: TFLiteProcess) -> Preparations:
    tflite.open(detector, signature=DETECTOR_SIGNATURE)
    found = prepare_photo(draw_golden_photo(photo_input), photo_input, tflite.run_opened)
    assert found is not None
    return found


def check(golden: GoldenParts, prefix: bytes, prepared: Preparations, runtimes: list[TFLiteProcess]) -> None:
    """Each runtime passes, with what is prepared rightly, and fails with each mistake."""
    for tflite in runtimes:
        tflite.open(prefix, signature=PREFIX_SIGNATURE)

        def cosine(values: NDArray[Any], tflite: TFLiteProcess = tflite) -> int:
            return cosine_ppm(golden.feature, tflite.run_opened(values[np.newaxis])[0])

        assert cosine(prepared.right) >= golden.least.ppm
        assert all(cosine(values) >= golden.least.ppm for values in prepared.near.values())
        assert not {what for what, values in prepared.wrong.items() if cosine(values) >= golden.least.ppm}


@pytest.mark.parametrize("mode", list(Quantize))
@pytest.mark.parametrize("photo_input", [INPUT, FACES], ids=["cropped", "faces"])
def test_both_runtimes_pass_at_every_precision_and_every_mistake_fails(
    runtimes: list[TFLiteProcess],
    prefixes: dict[Quantize, bytes],
    head: bytes,
    detector: bytes,
    mode: Quantize,
    photo_input: PhotoInput,
) -> None:
    golden = make_golden(
        runtimes[0],
        prefix=prefixes[mode],
        head=head,
        model_input=photo_input,
        detector=detector if photo_input is FACES else None,
        quantize=mode,
    )
    found = prepared(photo_input, detector, runtimes[0])
    assert set(found.wrong) == MISTAKES | (OF_FACES if photo_input is FACES else OF_CROPS)
    assert golden.least.warning() is None, golden.least
    check(golden, prefixes[mode], found, runtimes)


@pytest.mark.slow
@pytest.mark.timeout(1800)  # four conversions of the whole network, on a busy machine
@pytest.mark.parametrize("cut", ["freeze4", "freeze6"])
def test_with_real_weights_too(
    real_network: keras.Model, runtimes: list[TFLiteProcess], detector: bytes, cut: str
) -> None:
    layer = CUTS[cut].layer
    head = convert_head(split_model(real_network, layer).head, precision=Precision.FLOAT32)
    for mode, prefix in convert_all(real_network, layer).items():
        for photo_input in (INPUT, FACES):
            golden = make_golden(
                runtimes[0],
                prefix=prefix,
                head=head,
                model_input=photo_input,
                detector=detector if photo_input is FACES else None,
                quantize=mode,
            )
            assert golden.least.warning() is None, golden.least
            check(golden, prefix, prepared(photo_input, detector, runtimes[0]), runtimes)


def test_a_detector_that_finds_nothing_ends_the_export(
    runtimes: list[TFLiteProcess], prefixes: dict[Quantize, bytes], head: bytes, detector: bytes
) -> None:
    strict = replace(FACES, faces=replace(BACK, score=1.0))
    with pytest.raises(NetworkError, match="golden photo: expected a face that the detector finds, got none"):
        make_golden(
            runtimes[0],
            prefix=prefixes[Quantize.NONE],
            head=head,
            model_input=strict,
            detector=detector,
            quantize=Quantize.NONE,
        )


@pytest.mark.parametrize(
    ("near", "wrong", "mode", "expected"),
    [
        ({"a": 1.0}, {"b": 0.9, "c": 0.0}, Quantize.NONE, 1 - (0.001 * 0.1) ** 0.5),
        ({"a": 1.0}, {"b": 0.9}, Quantize.INT8, 1 - (0.003 * 0.1) ** 0.5),
        ({"a": 0.98, "z": 0.999}, {"b": 0.5}, Quantize.NONE, 1 - (0.02 * 0.5) ** 0.5),
        ({"a": 1.0}, {"b": 0.9, "c": 0.9999}, Quantize.NONE, 1 - (0.001 * 0.1) ** 0.5),
        ({"a": 1.0}, {"c": 0.9999}, Quantize.NONE, 1 - 3**0.5 * 0.001),
        ({}, {}, Quantize.DYNAMIC, 1 - 3**0.5 * 0.001),
    ],
)
def test_the_least_cosine_lies_between_what_is_right_and_what_can_be_told_from_it(
    near: dict[str, float], wrong: dict[str, float], mode: Quantize, expected: float
) -> None:
    chosen = choose_least_cosine(near=near, wrong=wrong, quantize=mode)
    assert chosen.ppm == pytest.approx(expected * PPM, abs=1)


@given(st.lists(st.floats(0.6, 1), max_size=4), st.lists(st.floats(-1, 1), max_size=4), st.sampled_from(Quantize))
def test_what_is_right_passes_and_what_fails_is_told(near: list[float], wrong: list[float], mode: Quantize) -> None:
    chosen = choose_least_cosine(
        near={str(place): cosine for place, cosine in enumerate(near)},
        wrong={str(place): cosine for place, cosine in enumerate(wrong)},
        quantize=mode,
    )
    assert all(round(cosine * PPM) >= chosen.ppm for cosine in near)
    assert (1 - RUNTIMES[mode]) * PPM >= chosen.ppm
    assert chosen.missed == {what: cosine for what, cosine in chosen.wrong.items() if cosine * PPM >= chosen.ppm - 0.5}


def test_a_least_cosine_that_every_device_would_reach_is_refused() -> None:
    """As of features that rounding alone turns round: the self-test would prove nothing."""
    with pytest.raises(NetworkError, match=r"self-test: expected .* got cosine -1\.00000 \(rounded otherwise\)"):
        choose_least_cosine(near={"rounded otherwise": -1.0}, wrong={"b": 0.0}, quantize=Quantize.NONE)


def test_what_no_threshold_tells_is_said_in_one_line() -> None:
    blind = LeastCosine(998_000, {}, {"red and blue exchanged": 0.9991, "no antialiasing": 0.5})
    assert blind.warning() == (
        "warning: the self-test cannot tell from what is right: red and blue exchanged (cosine 0.99910)"
    )
    assert LeastCosine(998_000, {}, {"no antialiasing": 0.5}).warning() is None
    assert "nothing of how its input is made" in str(LeastCosine(998_000, {}, {}).warning())


PHOTOS = [
    INPUT,
    PhotoInput(96, 160),
    PhotoInput(64, 64, 1),
    PhotoInput(96, 64, 3, Fit.LETTERBOX),
    PhotoInput(64, 64, 1, Fit.LETTERBOX),
    PhotoInput(64, 48, 3, Fit.STRETCH),
]


@pytest.mark.parametrize("photo_input", PHOTOS, ids=str)
def test_the_golden_photo_is_prepared_as_devices_prepare_it_and_every_mistake_differs(photo_input: PhotoInput) -> None:
    photo = draw_golden_photo(photo_input)
    height, width, _ = photo.shape
    assert height > 3 * photo_input.height
    assert 3 * width * photo_input.height == pytest.approx(5 * height * photo_input.width, rel=0.02)
    found = prepare_photo(photo, photo_input, None)
    assert found is not None
    assert np.array_equal(found.right, prepare(Photo.from_pixels(photo), photo_input))
    assert all(values.shape == photo_input.shape for values in (*found.near.values(), *found.wrong.values()))
    assert all(not np.array_equal(values, found.right) for values in found.wrong.values())
    assert np.abs(found.near["rounded otherwise"].astype(int) - found.right).max() == 1
    fits = {what.split()[0] for what in found.wrong if "in place of" in what}
    assert fits == {Fit.CROP, Fit.LETTERBOX, Fit.STRETCH} - {photo_input.fit}


@pytest.mark.parametrize("side", [32, 112, 160, 224, 299])
def test_the_golden_photo_has_one_face_which_is_cut_out_as_devices_do(
    runtimes: list[TFLiteProcess], detector: bytes, side: int
) -> None:
    photo_input = PhotoInput(side, side, fit=Fit.FACES, faces=BACK)
    found = prepared(photo_input, detector, runtimes[0])
    for tflite in runtimes:
        tflite.open(detector, signature=DETECTOR_SIGNATURE)
        [region] = RegionFinder(photo_input, tflite.run_opened).find(Photo.from_pixels(draw_golden_photo(photo_input)))
        assert region.is_subject
        assert np.array_equal(region.values, found.right)


@pytest.mark.parametrize("photo_input", PHOTOS, ids=str)
def test_the_golden_photo_survives_its_file(photo_input: PhotoInput, tmp_path: Path) -> None:
    photo = draw_golden_photo(photo_input)
    (tmp_path / "golden.png").write_bytes(as_png(photo))
    assert np.array_equal(load_photo(tmp_path / "golden.png").pixels, photo)


def test_the_golden_photo_is_the_same_everywhere() -> None:
    """Integers alone: an export on another machine draws the same."""
    photo = draw_golden_photo(INPUT)
    assert (photo.shape, sha256_hex(photo.tobytes())) == ((912, 1520, 3), SHA256)


@pytest.mark.parametrize("kind", list(TensorType))
def test_a_golden_tensor_survives_its_file_and_its_axes_are_told(kind: TensorType, tmp_path: Path) -> None:
    tensor_input = TensorInput(kind, (8, 3))
    [tensor] = synthetic_inputs(1, model_input=tensor_input, seed=GOLDEN_SEED)
    (tmp_path / "golden.npy").write_bytes(as_npy(tensor))
    assert np.array_equal(load_tensor(tmp_path / "golden.npy", tensor_input), tensor)
    [(what, turned)] = prepare_tensor(tensor).wrong.items()
    assert what == "axes in the opposite order"
    assert (turned.shape, turned.dtype) == (tensor.shape, tensor.dtype)
    assert sorted(turned.ravel()) == sorted(tensor.ravel())


def test_of_a_tensor_of_one_axis_nothing_can_be_told() -> None:
    assert prepare_tensor(np.arange(5)).wrong == {}
