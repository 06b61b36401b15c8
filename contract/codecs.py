"""Codecs: how features become bytes, exact to the bit.

    codec      tensors                                                      error at most
    float32    features F32 (n, E)                                          0
    float16    features F16 (n, E)                                          half a step of float16
    int8       features U8 (n, E), scales F32 (n), zeros U8 (n)             half a step of the sample
    int4       features U8 (n, (E + 1) // 2), scales F32 (n), zeros U8 (n)  half a step of the sample

E is the number of elements of one feature. A feature's last axis, its channels, is laid out first: a map of height,
width and channels is stored channel by channel. The integer codecs are affine for each sample, `value = (code -
zero) * scale`, and 0.0 is always a value: see `_quantise`. int4 puts element 2k in the low four bits of byte k and
element 2k + 1 in the high ones; of an odd number of elements the last high bits are zero.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.arrays import check_below, check_finite, require_array
from contract.errors import Impossible
from contract.tensors import DTYPES, Tensor

FEATURES, SCALES, ZEROS = "features", "scales", "zeros"
MIN_SCALE = 2.0**-126
"""The least normal float32: smaller steps are not equally precise on every machine."""
MAX_SCALE = 2.0**119
"""(255 - 0) * MAX_SCALE is still finite in float32, so no decoded value overflows."""
FLOAT16_LARGEST = 65_504.0
"""The largest magnitude in float16."""
FLOAT16_OVERFLOW = 65_520.0
"""The least magnitude that rounds to infinity in float16."""

Floats = NDArray[np.float32]
Layout = dict[str, tuple[str, tuple[int, ...]]]
"""The dtype of each tensor, as the tensor file names it, and its shape."""


class Codec(StrEnum):
    """How the features of an upload are stored."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    INT8 = "int8"
    INT4 = "int4"


DEFAULT_CODEC = Codec.INT4
"""The smallest codec that costs no accuracy on faces."""

_LEVELS: Mapping[Codec, int] = {Codec.INT8: 255, Codec.INT4: 15}
_DECODED_AT_ONCE = 1 << 16
"""Elements: what is made of them is still in a processor's cache when the next step takes it."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedFeatures:
    """Features of n samples in the codec that they came in: the tensors of `encoded_layout`, not checked here."""

    codec: Codec
    parts: Mapping[str, Tensor]

    def __len__(self) -> int:
        return len(self.parts[FEATURES])

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors."""
        return sum(part.nbytes for part in self.parts.values())

    def take(self, rows: slice | NDArray[np.int64]) -> "EncodedFeatures":
        """Return some of the samples, in the order asked for; a slice copies nothing."""
        return EncodedFeatures(self.codec, {name: part[rows] for name, part in self.parts.items()})

    def decode_into(self, out: Floats) -> None:
        """Decode to features, float32 (n, *shape) in C order, without looking whether that is right."""
        _decode_into(self.parts, self.codec, out)


def join_encoded(parts: Sequence[EncodedFeatures]) -> EncodedFeatures:
    """Return the samples of some parts, of one codec and shape, one part after another; at least one part."""
    joined = {name: np.concatenate([one.parts[name] for one in parts]) for name in parts[0].parts}
    return EncodedFeatures(parts[0].codec, joined)


def encode_features(features: Floats, codec: Codec) -> dict[str, Tensor]:
    """Encode features, float32 (n, *shape) with n of at least 1, as the tensors of `codec`.

    Raises:
        Impossible: another dtype, NaN, infinity, or magnitudes that `codec` cannot hold.
    """
    if features.ndim < 2 or not features.size:
        raise Impossible(FEATURES, expected="at least one feature", got=f"{features.dtype} {list(features.shape)}")
    check_finite(features, where=FEATURES)
    rows = _channels_first(features)
    match codec:
        case Codec.FLOAT32:
            return {FEATURES: rows}
        case Codec.FLOAT16:
            return {FEATURES: _to_float16(rows)}
        case _:
            codes, scales, zeros = _quantise(rows, _LEVELS[codec])
            return {FEATURES: _pack(codes) if codec is Codec.INT4 else codes, SCALES: scales, ZEROS: zeros}


def decode_features(parts: Mapping[str, Tensor], codec: Codec, shape: tuple[int, ...]) -> Floats:
    """Decode the tensors of `codec` to features, float32 (n, *shape), C order, always finite.

    Raises:
        Impossible: a tensor that is missing or of another dtype or shape, NaN, infinity, or parameters out of range.
    """
    count = len(parts[FEATURES]) if FEATURES in parts else 0
    for name, (dtype, expected) in encoded_layout(codec, count=count, shape=shape).items():
        require_array(parts.get(name), DTYPES[dtype].type, shape=expected, where=name)
    if codec in _LEVELS:
        _check_parameters(parts[SCALES], parts[ZEROS], levels=_LEVELS[codec])
    if codec is Codec.INT4 and math.prod(shape) % 2 and np.right_shift(_bytes(parts)[:, -1], 4).any():
        raise Impossible(FEATURES, expected="zero bits after the last element", got="others")
    features = np.empty((count, *shape), np.float32)
    _decode_into(parts, codec, features)
    check_finite(features, where=FEATURES)
    return features


def are_surely_within(parts: Mapping[str, Tensor], codec: Codec, *, elements: int, most: float) -> bool:
    """Tell whether the tensors of `codec` surely decode, and to nothing further from zero than `most`; makes no copy.

    Integer codes are not looked at: their parameters say how far they can reach. So False only means that decoding will
    tell. `elements` is of one feature; dtypes and shapes are those of `encoded_layout`.
    """
    match codec:
        case Codec.FLOAT32:
            features = parts[FEATURES]
            with np.errstate(invalid="ignore"):  # NaN is neither above nor below
                return bool(features.min() >= -most and features.max() <= most)
        case Codec.FLOAT16:
            return most >= FLOAT16_LARGEST and _is_finite16(parts[FEATURES])
        case _:
            padded = codec is Codec.INT4 and elements % 2 == 1
            return _reach_within(parts[SCALES], parts[ZEROS], _LEVELS[codec], most) and not (
                padded and np.right_shift(parts[FEATURES][:, -1].astype(np.uint8, copy=False), 4).any()
            )


def encoded_layout(codec: Codec, *, count: int, shape: tuple[int, ...]) -> Layout:
    """Tell the dtype and shape of every tensor of `codec` for `count` features of `shape`."""
    elements = math.prod(shape)
    match codec:
        case Codec.FLOAT32:
            return {FEATURES: ("F32", (count, elements))}
        case Codec.FLOAT16:
            return {FEATURES: ("F16", (count, elements))}
        case _:
            width = elements if codec is Codec.INT8 else (elements + 1) // 2
            return {FEATURES: ("U8", (count, width)), SCALES: ("F32", (count,)), ZEROS: ("U8", (count,))}


def _quantise(rows: Floats, levels: int) -> tuple[NDArray[np.uint8], Floats, NDArray[np.uint8]]:
    """Quantise each row, in double precision from float32, rounding halves to even.

    low = min(0, row), high = max(0, row); scale = float32((high - low) / levels), at least MIN_SCALE;
    zero = round(-low / scale); code = round(value / scale) + zero, cut off to 0 .. levels.
    """
    values = rows.astype(np.float64)
    low = np.minimum(values.min(axis=1), 0.0)
    high = np.maximum(values.max(axis=1), 0.0)
    scales = np.maximum((high - low) / levels, MIN_SCALE).astype(np.float32)
    if scales.max() > MAX_SCALE:
        raise Impossible(FEATURES, expected=f"a range of at most {levels} * 2**119", got=str((high - low).max()))
    steps = scales.astype(np.float64)
    zeros = np.clip(np.rint(-low / steps), 0, levels)
    values /= steps[:, np.newaxis]
    codes = np.clip(np.rint(values, out=values) + zeros[:, np.newaxis], 0, levels)
    return codes.astype(np.uint8), scales, zeros.astype(np.uint8)


def _decode_into(parts: Mapping[str, Tensor], codec: Codec, out: Floats) -> None:
    """Decode into `out` (n, *shape), some samples at a time."""
    shape = out.shape[1:]
    step = max(_DECODED_AT_ONCE // math.prod(shape), 1)
    for begin in range(0, len(out), step):
        some = slice(begin, begin + step)
        match codec:
            case Codec.FLOAT32:
                out[some] = _channels_last(parts[FEATURES][some], shape)
            case Codec.FLOAT16:
                bits = _channels_last(parts[FEATURES][some].view("<u2"), shape)
                np.take(_float16_values(), bits, out=out[some], mode="clip")
            case _:
                packed = _bytes(parts)[some]
                codes = _unpack_last(packed, shape) if codec is Codec.INT4 else _channels_last(packed, shape)
                by_sample = (-1, *(1 for _ in shape))
                zeros, scales = (parts[name][some].astype(np.float32).reshape(by_sample) for name in (ZEROS, SCALES))
                np.subtract(codes, zeros, out=out[some], dtype=np.float32)
                np.multiply(out[some], scales, out=out[some])


@functools.cache
def _float16_values() -> Floats:
    """Return what each pattern of bits is: a look-up is much faster than numpy's conversion."""
    with np.errstate(invalid="ignore"):  # a signalling NaN stays one
        return np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)


def _bytes(parts: Mapping[str, Tensor]) -> NDArray[np.uint8]:
    return parts[FEATURES].astype(np.uint8, copy=False)


def _is_finite16(features: Tensor) -> bool:
    """Compare bits, as integers with and without a sign: numpy has no fast arithmetic of float16."""
    largest = int(np.float16(FLOAT16_LARGEST).view(np.uint16))
    return int(features.view("<i2").max()) <= largest and int(features.view("<u2").max()) <= largest | 1 << 15


def _reach_within(scales: Tensor, zeros: Tensor, levels: int, most: float) -> bool:
    """Tell whether parameters are in range, and no sample's codes span more than `most`; some that do are right too."""
    furthest = min(most, MAX_SCALE)
    return max(zeros.tolist()) <= levels and all(
        step >= MIN_SCALE and levels * step <= furthest for step in scales.tolist()
    )


def _check_parameters(scales: Tensor, zeros: Tensor, *, levels: int) -> None:
    with np.errstate(invalid="ignore"):  # a signalling NaN; it is refused, as every other one is
        steps = scales.astype(np.float64)
    for index in np.flatnonzero(~((steps >= MIN_SCALE) & (steps <= MAX_SCALE)))[:1]:
        raise Impossible(f"{SCALES}[{index}]", expected="a scale from 2**-126 to 2**119", got=str(scales[index]))
    check_below(zeros, levels + 1, where=ZEROS)


def _pack(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if codes.shape[1] % 2:
        codes = np.pad(codes, ((0, 0), (0, 1)))
    return codes[:, 0::2] | codes[:, 1::2] << np.uint8(4)


def _unpack_last(packed: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the codes (n, *shape); bytes are turned before they become two, where no byte is of two channels."""
    channels, places = shape[-1], math.prod(shape[:-1])
    if len(shape) == 1 or places % 2:
        return _channels_last(_unpack(packed)[:, : places * channels], shape)
    turned = np.ascontiguousarray(packed.reshape(-1, channels, places // 2).swapaxes(1, 2))
    codes = np.empty((*turned.shape[:2], 2, channels), np.uint8)
    np.bitwise_and(turned, 15, out=codes[:, :, 0])
    np.right_shift(turned, 4, out=codes[:, :, 1])
    return codes.reshape(-1, *shape)


def _unpack(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    codes = np.empty((packed.shape[0], 2 * packed.shape[1]), np.uint8)
    np.bitwise_and(packed, 15, out=codes[:, 0::2])
    np.right_shift(packed, 4, out=codes[:, 1::2])
    return codes


def _to_float16(rows: Floats) -> NDArray[np.float16]:
    largest = float(np.abs(rows).max())
    if largest >= FLOAT16_OVERFLOW:
        raise Impossible(FEATURES, expected="magnitudes below 65520 for float16", got=str(largest))
    return rows.astype(np.float16)


def _channels_first(features: Floats) -> Floats:
    return np.ascontiguousarray(np.moveaxis(features, -1, 1)).reshape(len(features), -1)


def _channels_last(rows: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Bring rows (n, E) that are laid out channel by channel into (n, *shape)."""
    if len(shape) == 1:
        return rows
    return np.ascontiguousarray(np.moveaxis(rows.reshape(-1, shape[-1], *shape[:-1]), 1, -1))
