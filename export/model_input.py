"""What a network takes, photos or tensors, and how photos are scaled: from the network, the options and what is given.

Pure. A network of height, width and three colours takes photos. One of a single channel may take grey photos or, say,
spectrograms: what is given decides, or the user. Everything else takes tensors.
"""

from __future__ import annotations

from dataclasses import replace

from contract.face_parameters import BACK
from contract.inputs import COLOUR, GREY, Fit, ModelInput, PhotoInput, TensorInput, TensorType, check_input
from export.errors import RequestError
from export.network.network import Network
from export.network.standardization import Standardization
from export.request import InputKind, Request

PHOTO_RANK = 3
PHOTO_DTYPES = ("float32", "uint8")


def choose_input(network: Network, request: Request, *, given_photos: bool | None) -> ModelInput:
    """Decide what a model's prefix takes. `given_photos` tells what samples or photos are; None: there are none.

    Raises:
        RequestError: a kind that the network cannot be of, one that has to be said, or options of another kind.
    """
    kind = _kind(network, request, given_photos)
    if kind is InputKind.PHOTO:
        height, width, channels = network.input_shape
        if request.finds_faces and height != width:
            expected = "a network of square photos beside it; --detector none takes photos whole"
            raise RequestError(f"--detector {request.detector}", expected=expected, got=f"one of {_shown(network)}")
        photo = fitted(PhotoInput(height, width, channels), request)
        check_input(photo, where="input")
        return photo
    for option, value in (("--fit", request.fit), ("--standardize", request.standardization)):
        if value not in (None, Standardization.NONE):
            raise RequestError(option, expected="a network of photos beside it", got=f"one of {_shown(network)}")
    return TensorInput(TensorType(network.input_dtype), network.input_shape)


def fitted(photo: PhotoInput, request: Request) -> PhotoInput:
    """Return an input of photos with how they become its size: by their faces, or as asked."""
    if request.finds_faces:
        return replace(photo, fit=Fit.FACES, faces=BACK)
    return replace(photo, fit=request.fit or Fit.CROP)


def choose_standardization(network: Network, request: Request, model_input: ModelInput) -> Standardization:
    """Decide how photos are scaled: as asked, or as the network says of itself; nothing is guessed.

    Raises:
        RequestError: neither says it; a scale of three colours for grey photos; or any scale for a network that takes
            pixels as integers, which would cut what is scaled down to 0.
    """
    if not isinstance(model_input, PhotoInput):
        return Standardization.NONE
    if network.input_dtype != "float32":
        return _of_integers(network, request)
    chosen = request.standardization or network.standardization
    if chosen is None:
        got = "nothing, and the network does not say how its photos were scaled when it was trained"
        raise RequestError("--standardize", expected=f"one of {', '.join(Standardization)}; see --help", got=got)
    if chosen.needs_colours and model_input.channels != COLOUR:
        raise RequestError(f"--standardize {chosen}", expected="a network of colour photos", got="one of grey ones")
    return chosen


def told_scale(network: Network, request: Request, model_input: ModelInput) -> str | None:
    """Return how photos are scaled and by what that is known, where the network says it and nobody else."""
    if request.standardization is not None or not isinstance(model_input, PhotoInput):
        return None
    if network.input_dtype != "float32" or network.standardization is None:
        return None
    return f"scaling photos as {network.standardization}: {network.standardization_reason}"


def _of_integers(network: Network, request: Request) -> Standardization:
    chosen = request.standardization or Standardization.NONE
    if chosen is not Standardization.NONE:
        got = f"one of {network.input_dtype}, which scales by itself"
        raise RequestError(f"--standardize {chosen}", expected="a network that takes float32", got=got)
    return Standardization.NONE


def scale_warning(network: Network, chosen: Standardization) -> str | None:
    """Return what is odd about scaling photos for a network that scales them by itself."""
    if network.standardization is not Standardization.NONE or chosen is Standardization.NONE:
        return None
    return (
        f"warning: the network scales photos by itself, and --standardize {chosen} scales them before; is it not none?"
    )


def _kind(network: Network, request: Request, given_photos: bool | None) -> InputKind:
    asked, shape = request.kind, network.input_shape
    of_photos = len(shape) == PHOTO_RANK and shape[-1] in (GREY, COLOUR) and network.input_dtype in PHOTO_DTYPES
    if asked is InputKind.PHOTO and not of_photos:
        raise RequestError("--input photo", expected="a network of height x width x 3 or 1", got=_shown(network))
    if request.finds_faces and not of_photos:
        expected = "a network of photos, height x width x 3 or 1, beside it"
        raise RequestError(f"--detector {request.detector}", expected=expected, got=f"one of {_shown(network)}")
    if asked is not None or request.finds_faces:
        return asked or InputKind.PHOTO
    if not of_photos:
        return InputKind.TENSOR
    if shape[-1] == COLOUR or given_photos:
        return InputKind.PHOTO
    if given_photos is None:
        expected = "photo or tensor, or --samples or --photos to tell by"
        raise RequestError("--input", expected=expected, got=f"nothing, and a network of {_shown(network)}")
    return InputKind.TENSOR


def _shown(network: Network) -> str:
    return f"{network.input_dtype} {'x'.join(str(size) for size in network.input_shape)}"
