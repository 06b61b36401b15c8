"""What a network takes, and how photos are scaled for it."""

import keras
import pytest

from contract.face_parameters import BACK
from contract.inputs import Fit, PhotoInput, TensorInput, TensorType
from export.errors import RequestError
from export.model_input import choose_input, choose_standardization, scale_warning, told_scale
from export.network.network import Network
from export.network.standardization import IN_SHORT, Standardization
from export.request import InputKind, KnownDetector, Request


def network(
    shape: tuple[int, ...], dtype: str = "float32", says: Standardization | None = None, reason: str = ""
) -> Network:
    """A network of which only what it takes counts."""
    given = keras.Input(shape, dtype=dtype)
    model = keras.Model(given, given)
    return Network(model, model, {}, shape, dtype, says, reason)


def test_three_channels_are_photos_whatever_is_given() -> None:
    for given in (None, True, False):
        assert choose_input(network((96, 64, 3)), Request(), given_photos=given) == PhotoInput(96, 64)
    assert choose_input(network((8, 8, 3), "uint8"), Request(), given_photos=None) == PhotoInput(8, 8)


def test_a_fit_is_kept() -> None:
    found = choose_input(network((96, 64, 3)), Request(fit=Fit.LETTERBOX), given_photos=None)
    assert found == PhotoInput(96, 64, fit=Fit.LETTERBOX)


def test_one_channel_is_what_is_given_or_said_and_else_asked_for() -> None:
    grey, spectrum = PhotoInput(28, 28, 1), TensorInput(TensorType.FLOAT32, (28, 28, 1))
    one = network((28, 28, 1))
    assert choose_input(one, Request(), given_photos=True) == grey
    assert choose_input(one, Request(), given_photos=False) == spectrum
    assert choose_input(one, Request(kind=InputKind.PHOTO), given_photos=None) == grey
    assert choose_input(one, Request(kind=InputKind.TENSOR), given_photos=True) == spectrum
    with pytest.raises(RequestError, match=r"--input: expected photo or tensor, .* got nothing, .* float32 28x28x1"):
        choose_input(one, Request(), given_photos=None)


def test_with_a_detector_the_input_is_of_faces_in_colour_or_grey() -> None:
    request = Request(detector=KnownDetector.BACK)
    for channels in (3, 1):
        found = choose_input(network((96, 96, channels)), request, given_photos=None)
        assert found == PhotoInput(96, 96, channels, Fit.FACES, BACK)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((96, 64, 3), "a network of square photos beside it; --detector none takes photos whole"),
        ((96, 96, 2), "a network of photos, height x width x 3 or 1, beside it"),
        ((512,), "a network of photos, height x width x 3 or 1, beside it"),
    ],
)
def test_a_detector_needs_a_network_of_square_photos(shape: tuple[int, ...], expected: str) -> None:
    request = Request(detector=KnownDetector.BACK)
    with pytest.raises(RequestError, match=f"--detector back: expected {expected}, got one of float32 {shape[0]}"):
        choose_input(network(shape), request, given_photos=None)


@pytest.mark.parametrize(
    ("shape", "dtype"), [((32, 3), "float32"), ((20,), "int32"), ((9, 9, 2), "float32"), ((9, 9, 3), "int32")]
)
def test_everything_else_is_a_tensor(shape: tuple[int, ...], dtype: str) -> None:
    found = choose_input(network(shape, dtype), Request(), given_photos=None)
    assert found == TensorInput(TensorType(dtype), shape)
    with pytest.raises(
        RequestError, match=f"--input photo: expected a network of height x width x 3 or 1, got {dtype}"
    ):
        choose_input(network(shape, dtype), Request(kind=InputKind.PHOTO), given_photos=None)


@pytest.mark.parametrize(
    ("request_", "option"),
    [
        (Request(fit=Fit.STRETCH), "--fit"),
        (Request(standardization=Standardization.UNIT), "--standardize"),
    ],
)
def test_what_is_said_of_photos_is_refused_for_tensors(request_: Request, option: str) -> None:
    with pytest.raises(
        RequestError, match=f"{option}: expected a network of photos beside it, got one of float32 32x3"
    ):
        choose_input(network((32, 3)), request_, given_photos=None)


def test_a_scale_is_the_one_asked_for_or_what_the_network_says() -> None:
    photo, asked = PhotoInput(96, 96), Request(standardization=Standardization.CAFFE)
    says = network((96, 96, 3), says=Standardization.SYMMETRIC)
    assert choose_standardization(says, Request(), photo) is Standardization.SYMMETRIC
    assert choose_standardization(says, asked, photo) is Standardization.CAFFE
    tensor = TensorInput(TensorType.FLOAT32, (3,))
    assert choose_standardization(network((3,)), Request(), tensor) is Standardization.NONE


def test_a_scale_that_nobody_says_is_asked_for_with_all_modes() -> None:
    with pytest.raises(RequestError, match=r"expected one of facenet, .*, none; see --help, got nothing") as caught:
        choose_standardization(network((96, 96, 3)), Request(), PhotoInput(96, 96))
    assert all(mode in str(caught.value) for mode in Standardization)
    assert all(mode in IN_SHORT for mode in Standardization)


def test_a_scale_of_three_colours_is_refused_for_grey_photos() -> None:
    asked = Request(standardization=Standardization.IMAGENET)
    with pytest.raises(
        RequestError, match="--standardize imagenet: expected a network of colour photos, got one of grey"
    ):
        choose_standardization(network((28, 28, 1)), asked, PhotoInput(28, 28, 1))


def test_a_network_of_integer_pixels_takes_them_as_they_are() -> None:
    """Scaled, they would be cut down to zeros in silence."""
    photo, whole = PhotoInput(96, 96), network((96, 96, 3), "uint8", says=Standardization.SYMMETRIC)
    for request_ in (Request(), Request(standardization=Standardization.NONE)):
        assert choose_standardization(whole, request_, photo) is Standardization.NONE
    for mode in set(Standardization) - {Standardization.NONE}:
        with pytest.raises(
            RequestError, match=f"--standardize {mode}: expected a network that takes float32, got one of uint8"
        ):
            choose_standardization(whole, Request(standardization=mode), photo)


def test_a_scale_that_the_network_says_is_told_with_its_reason() -> None:
    photo, says = PhotoInput(96, 96), network((96, 96, 3), says=Standardization.CAFFE, reason="by its name")
    assert told_scale(says, Request(), photo) == "scaling photos as caffe: by its name"
    assert told_scale(says, Request(standardization=Standardization.CAFFE), photo) is None
    assert told_scale(network((96, 96, 3)), Request(), photo) is None


def test_scaling_twice_is_warned_of() -> None:
    itself = network((96, 96, 3), says=Standardization.NONE)
    assert "the network scales photos by itself" in str(scale_warning(itself, Standardization.UNIT))
    assert scale_warning(itself, Standardization.NONE) is None
    assert scale_warning(network((96, 96, 3)), Standardization.UNIT) is None
