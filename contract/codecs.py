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

import math
from collections.abc import Mapping
from enum import StrEnum

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
    rows = _dequantise(parts, codec, math.prod(shape)) if codec in _LEVELS else parts[FEATURES]
    features = _channels_last(rows.astype(np.float32, copy=False), shape)
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


def _dequantise(parts: Mapping[str, Tensor], codec: Codec, elements: int) -> Floats:
    codes, scales, zeros = parts[FEATURES], parts[SCALES], parts[ZEROS]
    _check_parameters(scales, zeros, levels=_LEVELS[codec])
    if codec is Codec.INT4:
        codes = _unpack(codes, elements)
    values = codes.astype(np.float32)
    values -= zeros.astype(np.float32)[:, np.newaxis]
    values *= scales.astype(np.float32)[:, np.newaxis]
    return values


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


def _unpack(packed: Tensor, elements: int) -> NDArray[np.uint8]:
    codes = np.empty((packed.shape[0], 2 * packed.shape[1]), np.uint8)
    codes[:, 0::2] = np.bitwise_and(packed.astype(np.uint8, copy=False), 15)
    codes[:, 1::2] = np.right_shift(packed.astype(np.uint8, copy=False), 4)
    if codes[:, elements:].any():
        raise Impossible(FEATURES, expected="zero bits after the last element", got="others")
    return codes[:, :elements]


def _to_float16(rows: Floats) -> NDArray[np.float16]:
    largest = float(np.abs(rows).max())
    if largest >= FLOAT16_OVERFLOW:
        raise Impossible(FEATURES, expected="magnitudes below 65520 for float16", got=str(largest))
    return rows.astype(np.float16)


def _channels_first(features: Floats) -> Floats:
    return np.ascontiguousarray(np.moveaxis(features, -1, 1)).reshape(len(features), -1)


def _channels_last(rows: Floats, shape: tuple[int, ...]) -> Floats:
    return np.ascontiguousarray(np.moveaxis(rows.reshape(-1, shape[-1], *shape[:-1]), 1, -1))
