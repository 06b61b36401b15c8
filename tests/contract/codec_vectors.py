"""Codecs: features and their bytes, what no codec holds, and tensors that are read: the golden file's vectors."""

import math
import struct
from collections.abc import Mapping

import numpy as np
import pytest

from contract.arrays import check_magnitude
from contract.codecs import Codec, Floats, are_surely_within, decode_features, encode_features, encoded_layout
from contract.documents import Json
from contract.errors import ContractError
from contract.tensors import DTYPES, Tensor
from contract.upload import MAX_MAGNITUDE

NORMAL16 = (1023 * 2.0**-24, 2.0**-14)
"""The largest subnormal float16, and the smallest that is none."""
VECTORS: Mapping[str, tuple[Codec, tuple[int, ...], list[float]]] = {
    "float32 keeps bits, minus zero too": (Codec.FLOAT32, (3,), [0.1, -0.0, 1e-45]),
    "maps are stored channel by channel": (Codec.FLOAT32, (2, 2, 3), [float(value) for value in range(12)]),
    "three axes before the channels": (Codec.FLOAT16, (1, 2, 2, 2), [float(value) for value in range(8)]),
    "float16 rounds halves to even": (Codec.FLOAT16, (4,), [2049.0, 2051.0, 65504.0, -65519.0]),
    "int8 of both signs": (Codec.INT8, (5,), [-1.0, -0.25, 0.0, 0.5, 2.0]),
    "int8 of positives only": (Codec.INT8, (3,), [1.0, 2.0, 255.0]),
    "int4 low bits first, odd count": (Codec.INT4, (5,), [1.0, 2.0, 15.0, 0.0, 7.0]),
    "int4 rounds halves to even": (Codec.INT4, (7,), [0.5, 1.5, 2.5, -0.5, -1.5, 13.5, -1.5]),
    "int4 of a map": (Codec.INT4, (2, 1, 2), [0.0, -3.0, 12.0, 1.0]),
    "int4 of negatives only": (Codec.INT4, (2,), [-7.5, -1.0]),
    "int4 of zeros": (Codec.INT4, (3,), [0.0, 0.0, 0.0]),
    "int8 of a constant": (Codec.INT8, (2,), [-0.1, -0.1]),
    "int4 of denormals": (Codec.INT4, (2,), [1e-45, -2e-40]),
    "int8 of the widest range": (Codec.INT8, (2,), [255 * 2.0**119, 0.0]),
    "int4 of the widest range": (Codec.INT4, (2,), [-15 * 2.0**119, 0.0]),
    "int8 of the least scale": (Codec.INT8, (3,), [255 * 2.0**-126, 2.0**-126, 2.0**-128]),
    "float16 of subnormals": (Codec.FLOAT16, (6,), [2.0**-24, -(2.0**-24), 3 * 2.0**-24, *NORMAL16, -(2.0**-14)]),
    "float16 subnormals round halves to even": (
        Codec.FLOAT16,
        (8,),
        [sign * half * 2.0**-25 for half in (1, 3, 5, 2047) for sign in (1, -1)],
    ),
    "float16 subnormals beside halves": (
        Codec.FLOAT16,
        (6,),
        [sign * beside for beside in (2.0**-25 + 2.0**-48, 3 * 2.0**-25 - 2.0**-47, 1e-45) for sign in (1, -1)],
    ),
    "float16 just below what becomes infinite": (Codec.FLOAT16, (2,), [65519.99609375, -65519.99609375]),
    "float32 of the largest in an upload": (Codec.FLOAT32, (2,), [65504.0, -65504.0]),
    "float32 beyond an upload": (Codec.FLOAT32, (2,), [65504.00390625, 0.0]),
    "float32 beyond an upload, below zero": (Codec.FLOAT32, (2,), [0.0, -65504.00390625]),
    "int8 beyond an upload, by half a step": (Codec.INT8, (2,), [65504.0, -65504.0]),
    "int4 within an upload, whatever it rounds to": (Codec.INT4, (4,), [60000.0, -60000.0, 59999.0, -2000.0]),
    "int4 beyond an upload, by half a step": (Codec.INT4, (2,), [64000.0, -6588.0]),
}
NOT_ENCODED: Mapping[str, tuple[Codec, list[float]]] = {
    "float16 of what becomes infinite": (Codec.FLOAT16, [0.0, 65520.0]),
    "float16 of what becomes infinite, below zero": (Codec.FLOAT16, [-65520.0, 0.0]),
    "int8 of a wider range": (Codec.INT8, [0.0, 255 * (2.0**119 + 2.0**96)]),
    "int4 of a wider range": (Codec.INT4, [-15 * (2.0**119 + 2.0**97), 0.0]),
    "int8 of a wider range, on both sides": (Codec.INT8, [200 * 2.0**119, -56 * 2.0**119]),
    **{f"{codec} of {value}": (codec, [0.0, value]) for codec in Codec for value in (math.nan, math.inf, -math.inf)},
}
DECODED: Mapping[str, tuple[Codec, int, str, float, int]] = {
    "int8, the least scale": (Codec.INT8, 2, "00ff", 2.0**-126, 128),
    "int8, the largest scale, zero at the lower end": (Codec.INT8, 2, "00ff", 2.0**119, 0),
    "int8, the largest scale, zero at the upper end": (Codec.INT8, 2, "00ff", 2.0**119, 255),
    "int4, the largest scale, zero at the upper end": (Codec.INT4, 3, "f008", 2.0**119, 15),
    "int4, a zero of 16": (Codec.INT4, 3, "f008", 1.0, 16),
    "int4, a zero of 255": (Codec.INT4, 3, "f008", 1.0, 255),
    "int4, bits after an odd count": (Codec.INT4, 3, "f018", 1.0, 0),
    "int4, bits at the end of an even count": (Codec.INT4, 4, "f018", 1.0, 0),
    "int8, a scale below the least": (Codec.INT8, 2, "00ff", 2.0**-126 - 2.0**-149, 0),
    "int8, a scale above the largest": (Codec.INT8, 2, "00ff", 2.0**119 + 2.0**96, 0),
    "int4, a scale above the largest": (Codec.INT4, 2, "f0", 2.0**119 + 2.0**96, 0),
    "int8, a scale of 0": (Codec.INT8, 2, "00ff", 0.0, 0),
    "int8, a negative scale": (Codec.INT8, 2, "00ff", -1.0, 0),
    "int4, a scale of infinity": (Codec.INT4, 2, "f0", math.inf, 0),
    "int4, a scale that is no number": (Codec.INT4, 2, "f0", math.nan, 0),
    "float16, the largest": (Codec.FLOAT16, 2, "ff7bfffb", 0.0, 0),
    "float16, the smallest": (Codec.FLOAT16, 4, "0100018000000080", 0.0, 0),
    "float16, an infinity": (Codec.FLOAT16, 2, "007c0000", 0.0, 0),
    "float16, no number": (Codec.FLOAT16, 2, "0000017c", 0.0, 0),
    "float32, an infinity": (Codec.FLOAT32, 1, "000080ff", 0.0, 0),
    "float32, no number": (Codec.FLOAT32, 1, "0100807f", 0.0, 0),
}
"""Tensors that are read: elements, the features' bytes, and scale and zero where the codec has them."""


def codec_vectors() -> Json:
    return {
        **{name: vector(*values) for name, values in VECTORS.items()},
        **{name: not_encoded(*values) for name, values in NOT_ENCODED.items()},
        **{name: read_vector(*values) for name, values in DECODED.items()},
    }


def vector(codec: Codec, shape: tuple[int, ...], values: list[float]) -> Json:
    parts = encode_features(np.array(values, np.float32).reshape(1, *shape), codec)
    return {"codec": codec.value, "shape": shape, "values": values, **tensors_of(parts), **decoded(parts, codec, shape)}


def not_encoded(codec: Codec, values: list[float]) -> Json:
    with pytest.raises(ContractError) as refused:
        encode_features(np.array([values], np.float32), codec)
    written: list[Json] = [value if math.isfinite(value) else str(value) for value in values]
    return {"codec": codec.value, "shape": (len(values),), "values": written, "refused": refused.type.__name__}


def read_vector(codec: Codec, elements: int, features: str, scale: float, zero: int) -> Json:
    """What tensors are read as, whoever wrote them; or the kind of refusal."""
    layout = encoded_layout(codec, count=1, shape=(elements,))
    raw = {"features": bytes.fromhex(features), "scales": struct.pack("<f", scale), "zeros": bytes([zero])}
    parts = {name: np.frombuffer(raw[name], DTYPES[dtype]).reshape(shape) for name, (dtype, shape) in layout.items()}
    vector = {"codec": codec.value, "shape": (elements,), **tensors_of(parts)}
    try:
        return {**vector, **decoded(parts, codec, (elements,))}
    except ContractError as error:
        return {**vector, "refused": type(error).__name__}


def tensors_of(parts: Mapping[str, Tensor]) -> dict[str, Json]:
    return {"tensors": {name: part.tobytes().hex() for name, part in parts.items()}}


def decoded(parts: Mapping[str, Tensor], codec: Codec, shape: tuple[int, ...]) -> dict[str, Json]:
    """What they decode to, and whether an upload may have it."""
    values = decode_features(parts, codec, shape).ravel()
    sent = are_taken(values)
    if are_surely_within(parts, codec, elements=len(values), most=MAX_MAGNITUDE):
        assert sent
    return {"decoded": values.tolist(), "sent": sent}


def are_taken(values: Floats) -> bool:
    """Tell whether the service takes such a feature."""
    try:
        check_magnitude(values, MAX_MAGNITUDE, where="features")
    except ContractError:
        return False
    return True
