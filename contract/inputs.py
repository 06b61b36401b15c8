"""Inputs: what a prefix takes, a photo or a tensor, as `bundle.json` says it.

    "input": {"kind": "photo", "height": 224, "width": 224, "channels": 3, "fit": "crop"}
    "input": {"kind": "tensor", "dtype": "float32", "shape": [128, 3]}

Nothing else knows a size: devices, the export and every other client prepare what the bundle says.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from contract.documents import Fields, Json
from contract.errors import Impossible, Malformed, TooLarge, shown
from contract.face_parameters import FaceParameters

PHOTO_KIND, TENSOR_KIND = "photo", "tensor"
"""Kinds of input, and the names of the prefix's input in its signature."""

MAX_INPUT_RANK = 6
MAX_INPUT_ELEMENTS = 1 << 24
GREY, COLOUR = 1, 3
"""Channels of a photo."""


class Fit(StrEnum):
    """How a photo of another size becomes one of the input's; `contract.fitting` says it in integers."""

    CROP = "crop"
    """The largest centred part of the input's proportions, resized; what is outside is lost."""
    LETTERBOX = "letterbox"
    """All of it, resized in its own proportions and centred on black."""
    STRETCH = "stretch"
    """All of it, resized to the input's proportions."""
    FACES = "faces"
    """Each face that the bundle's detector finds in it, as `contract.faces` says; none without a face."""


class TensorType(StrEnum):
    """The dtypes of tensors, by numpy's names."""

    FLOAT32 = "float32"
    UINT8 = "uint8"
    INT8 = "int8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"


@dataclass(frozen=True, slots=True)
class PhotoInput:
    """A photo, uint8 (height, width, channels)."""

    height: int
    width: int
    channels: int = COLOUR
    """3: red, green, blue; 1: their luma."""
    fit: Fit = Fit.CROP
    faces: FaceParameters | None = None
    """How faces are found and cut out; there if `fit` is `faces`, and only then."""

    def __str__(self) -> str:
        return f"photo {self.dtype.name} {self.shape}, {self.fit}"

    @property
    def name(self) -> str:
        """The name of the prefix's input."""
        return PHOTO_KIND

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one, without the batch."""
        return (self.height, self.width, self.channels)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """What its values are."""
        return np.dtype(np.uint8)

    def document(self) -> dict[str, Json]:
        """Write it as `bundle.json` keeps it."""
        sizes = {"height": self.height, "width": self.width, "channels": self.channels}
        faces = {} if self.faces is None else {"faces": self.faces.document()}
        return {"kind": PHOTO_KIND, **sizes, "fit": self.fit.value, **faces}


@dataclass(frozen=True, slots=True)
class TensorInput:
    """A tensor that the app computes: of sound, sensors, or anything else that is no photo."""

    type: TensorType
    shape: tuple[int, ...]
    """Of one, without the batch."""

    def __str__(self) -> str:
        return f"tensor {self.dtype.name} {self.shape}"

    @property
    def name(self) -> str:
        """The name of the prefix's input."""
        return TENSOR_KIND

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """What its values are."""
        return np.dtype(self.type.value)

    def document(self) -> dict[str, Json]:
        """Write it as `bundle.json` keeps it."""
        return {"kind": TENSOR_KIND, "dtype": self.type.value, "shape": self.shape}


ModelInput = PhotoInput | TensorInput


def finds_faces(model_input: ModelInput) -> bool:
    """Tell whether an input is of the faces in a photo."""
    return isinstance(model_input, PhotoInput) and model_input.fit is Fit.FACES


def parse_input(fields: Fields, key: str = "input") -> ModelInput:
    """Read the input from a bundle's document.

    Raises:
        Malformed: no such object, or a kind, fit or dtype that this version does not know.
        Impossible, TooLarge: sizes out of bounds.
    """
    inner = fields.document(key)
    kind = inner.text("kind")
    if kind == PHOTO_KIND:
        found: ModelInput = _parse_photo(inner)
    elif kind == TENSOR_KIND:
        found = TensorInput(inner.choice("dtype", TensorType), inner.integers("shape", max_items=MAX_INPUT_RANK))
    else:
        raise Malformed(inner.place("kind"), expected=f"{PHOTO_KIND} or {TENSOR_KIND}", got=shown(kind))
    check_input(found, where=fields.place(key))
    return found


def _parse_photo(fields: Fields) -> PhotoInput:
    fit = fields.choice("fit", Fit)
    return PhotoInput(
        height=fields.integer("height"),
        width=fields.integer("width"),
        channels=fields.integer("channels"),
        fit=fit,
        faces=FaceParameters.parse(fields.document("faces")) if fit is Fit.FACES else None,
    )


def check_input(model_input: ModelInput, *, where: str) -> None:
    """Refuse sizes that no prefix may have: one to six of at least 1, at most 16,777,216 elements, 1 or 3 channels.

    An input of faces is as high as wide, and it alone says how they are found.

    Raises:
        Impossible: another number of sizes or channels, a size below 1, or faces otherwise.
        TooLarge: more elements than that.
    """
    shape = model_input.shape
    if not 1 <= len(shape) <= MAX_INPUT_RANK or min(shape) < 1:
        raise Impossible(where, expected=f"1 to {MAX_INPUT_RANK} sizes of at least 1", got=shown(list(shape)))
    if isinstance(model_input, PhotoInput) and model_input.channels not in (GREY, COLOUR):
        raise Impossible(where, expected=f"{GREY} or {COLOUR} channels", got=str(model_input.channels))
    if isinstance(model_input, PhotoInput):
        _check_faces(model_input, where=where)
    if math.prod(shape) > MAX_INPUT_ELEMENTS:
        raise TooLarge(where, expected=f"at most {MAX_INPUT_ELEMENTS} elements", got=str(math.prod(shape)))


def _check_faces(photo_input: PhotoInput, *, where: str) -> None:
    if (photo_input.fit is Fit.FACES) != (photo_input.faces is not None):
        raise Impossible(f"{where}.faces", expected="an object if, and only if, fit is faces", got=photo_input.fit)
    if photo_input.fit is Fit.FACES and photo_input.height != photo_input.width:
        got = f"{photo_input.height} x {photo_input.width}"
        raise Impossible(where, expected="a height that is the width, as faces are cut out as squares", got=got)
