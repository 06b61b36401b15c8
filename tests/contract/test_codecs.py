"""Codecs are deterministic, exact at zero, off by half a step at most, and never warn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from contract.codecs import MAX_SCALE, MIN_SCALE, Codec, decode_features, encode_features, encoded_layout
from contract.errors import Impossible
from contract.tensors import DTYPES, Tensor

Floats = NDArray[np.float32]
INTEGERS = {Codec.INT8: 255, Codec.INT4: 15}
SHAPES = npst.array_shapes(min_dims=1, max_dims=4, max_side=5)


def features(limit: float = 2.0**100) -> st.SearchStrategy[Floats]:
    values = st.floats(-limit, limit, width=32)
    return st.tuples(st.integers(1, 4), SHAPES).flatmap(
        lambda size: npst.arrays(np.float32, (size[0], *size[1]), elements=values)
    )


def round_trip(values: Floats, codec: Codec) -> Floats:
    return decode_features(encode_features(values, codec), codec, values.shape[1:])


@given(features(float(np.finfo(np.float32).max)))
def test_float32_is_exact(values: Floats) -> None:
    assert round_trip(values, Codec.FLOAT32).tobytes() == values.tobytes()


@given(features(65_504))
def test_float16_is_off_by_half_a_step_at_most(values: Floats) -> None:
    decoded = round_trip(values, Codec.FLOAT16)
    assert np.array_equal(decoded, values.astype(np.float16).astype(np.float32))
    assert (np.abs(decoded - values) <= np.maximum(np.abs(values) * 2.0**-11, 2.0**-25)).all()


@pytest.mark.parametrize("codec", INTEGERS)
@given(values=features())
def test_an_integer_codec_is_off_by_half_a_step_at_most(codec: Codec, values: Floats) -> None:
    parts = encode_features(values, codec)
    decoded = decode_features(parts, codec, values.shape[1:])
    steps = parts["scales"].astype(np.float64).reshape(-1, *[1] * (values.ndim - 1))
    error = np.abs(decoded.astype(np.float64) - values.astype(np.float64))
    assert (error <= steps * (0.5 + INTEGERS[codec] * 2.0**-23)).all()


@pytest.mark.parametrize("codec", Codec)
@given(values=features(1e4))
def test_zero_stays_zero(codec: Codec, values: Floats) -> None:
    values = np.where(values < 1, np.float32(0), values)
    assert (round_trip(values, codec)[values == 0] == 0).all()


@pytest.mark.parametrize("codec", Codec)
@given(values=features(1e4))
def test_encoding_is_deterministic_and_decoding_settles(codec: Codec, values: Floats) -> None:
    first, again = encode_features(values, codec), encode_features(values.copy(order="F"), codec)
    assert {name: part.tobytes() for name, part in first.items()} == {
        name: part.tobytes() for name, part in again.items()
    }
    assert decode_features(first, codec, values.shape[1:]).flags.c_contiguous


@pytest.mark.parametrize("codec", Codec)
@given(values=features(1e4))
def test_a_sample_is_encoded_alike_alone_and_among_others(codec: Codec, values: Floats) -> None:
    together, alone = encode_features(values, codec), encode_features(values[:1], codec)
    assert all(np.array_equal(together[name][:1], alone[name]) for name in alone)


@pytest.mark.parametrize("codec", Codec)
@given(shape=SHAPES, count=st.integers(1, 3))
def test_the_layout_is_what_is_encoded(codec: Codec, shape: tuple[int, ...], count: int) -> None:
    parts = encode_features(np.ones((count, *shape), np.float32), codec)
    layout = encoded_layout(codec, count=count, shape=shape)
    assert {name: (part.dtype, part.shape) for name, part in parts.items()} == {
        name: (DTYPES[dtype], expected) for name, (dtype, expected) in layout.items()
    }


def test_maps_are_laid_out_channel_by_channel() -> None:
    values = np.arange(2 * 2 * 3, dtype=np.float32).reshape(1, 2, 2, 3)
    assert encode_features(values, Codec.FLOAT32)["features"].tolist() == [[0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]]


def test_int4_puts_the_first_of_two_elements_in_the_low_bits() -> None:
    parts = encode_features(np.array([[1, 2, 15, 0, 7]], np.float32), Codec.INT4)
    assert parts["scales"].tolist() == [1.0]
    assert parts["zeros"].tolist() == [0]
    assert parts["features"].tobytes().hex() == "210f07"


def test_halves_are_rounded_to_even() -> None:
    parts = encode_features(np.array([[0.5, 1.5, 2.5, -0.5, -1.5, 13.5, -1.5]], np.float32), Codec.INT4)
    assert parts["scales"].tolist() == [1.0]
    assert parts["zeros"].tolist() == [2]
    codes = [2, 4, 4, 2, 0, 15, 0]
    packed = [codes[0] | codes[1] << 4, codes[2] | codes[3] << 4, codes[4] | codes[5] << 4, codes[6]]
    assert parts["features"].tolist() == [packed]


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("value", [0.0, -0.0, 5.0, -5.0, 1e-45, -1e-45, 2.0**-126, 2.0**-130, 1e4])
def test_a_constant_feature_is_kept(codec: Codec, value: float) -> None:
    values = np.full((2, 3), value, np.float32)
    assert np.allclose(round_trip(values, codec), values, rtol=1e-3, atol=2.0**-25)


@pytest.mark.parametrize("codec", INTEGERS)
def test_the_widest_range_is_kept_and_a_wider_one_refused(codec: Codec) -> None:
    widest = np.array([[0, INTEGERS[codec] * MAX_SCALE]], np.float32)
    assert round_trip(widest, codec).tolist() == widest.tolist()
    with pytest.raises(Impossible, match=r"a range of at most \d+ \* 2\*\*119"):
        encode_features(np.nextafter(widest, np.float32(np.inf)) * np.float32(1.01), codec)
    largest = np.finfo(np.float32).max
    with pytest.raises(Impossible, match="range"):
        encode_features(np.array([[-largest, largest]], np.float32), codec)


@pytest.mark.parametrize("value", [65_520.0, -65_520.0, 1e30])
def test_float16_refuses_what_would_become_infinite(value: float) -> None:
    with pytest.raises(Impossible, match="magnitudes below 65520"):
        encode_features(np.array([[1, value]], np.float32), Codec.FLOAT16)


def test_float16_keeps_the_largest_that_rounds_to_a_finite_one() -> None:
    value = np.nextafter(np.float32(65_520), np.float32(0))
    assert round_trip(np.array([[value]]), Codec.FLOAT16).tolist() == [[65_504.0]]


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_not_encoded(codec: Codec, value: float) -> None:
    values = np.zeros((2, 2, 3), np.float32)
    values[1, 0, 2] = value
    with pytest.raises(Impossible, match=rf"features\[1, 0, 2\]: expected a finite number, got {value}"):
        encode_features(values, codec)


@pytest.mark.parametrize(
    "values",
    [np.zeros((2, 3)), np.zeros((2, 3), np.int32), np.zeros((0, 3), np.float32), np.zeros(3, np.float32)],
)
@pytest.mark.parametrize("codec", Codec)
def test_what_is_no_batch_of_float32_features_is_not_encoded(codec: Codec, values: Tensor) -> None:
    with pytest.raises(Impossible):
        encode_features(values, codec)  # type: ignore[arg-type]  # another dtype on purpose


def parts(**changes: Tensor | None) -> dict[str, Tensor]:
    whole = encode_features(np.array([[0, 1, 15]], np.float32), Codec.INT4)
    return {name: part for name, part in {**whole, **changes}.items() if part is not None}


HOSTILE = [
    ({"features": None}, "features: expected uint8"),
    ({"scales": None}, r"scales: expected float32 \[1\], got nothing"),
    ({"zeros": None}, r"zeros: expected uint8 \[1\], got nothing"),
    ({"features": np.zeros((1, 2), np.int8)}, r"features: expected uint8 \[1, 2\], got int8"),
    ({"features": np.zeros((1, 3), np.uint8)}, r"features: expected uint8 \[1, 2\], got uint8 \[1, 3\]"),
    ({"scales": np.ones(1)}, "scales: expected float32"),
    ({"scales": np.ones(2, np.float32)}, r"expected float32 \[1\], got float32 \[2\]"),
    ({"scales": np.array([np.nan], np.float32)}, r"scales\[0\]: expected a scale from 2\*\*-126 to 2\*\*119, got nan"),
    ({"scales": np.array([np.inf], np.float32)}, r"scales\[0\]: .* got inf"),
    ({"scales": np.array([0], np.float32)}, r"scales\[0\]: .* got 0.0"),
    ({"scales": np.array([-1], np.float32)}, r"scales\[0\]: .* got -1.0"),
    ({"scales": np.array([1e-40], np.float32)}, r"scales\[0\]: .* got 1e-40"),
    ({"scales": np.array([3e38], np.float32)}, r"scales\[0\]: .* got 3e\+38"),
    ({"zeros": np.array([16], np.uint8)}, "zeros: expected integers below 16, got 16"),
    ({"features": np.array([[0, 0x10]], np.uint8)}, "zero bits after the last element"),
]


@pytest.mark.parametrize(("changes", "message"), HOSTILE)
def test_hostile_tensors_are_not_decoded(changes: dict[str, Tensor | None], message: str) -> None:
    with pytest.raises(Impossible, match=message):
        decode_features(parts(**changes), Codec.INT4, (3,))


@pytest.mark.parametrize(("codec", "dtype"), [(Codec.FLOAT32, np.float32), (Codec.FLOAT16, np.float16)])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_not_decoded(codec: Codec, dtype: type[np.generic], value: float) -> None:
    with pytest.raises(Impossible, match=rf"features\[0, 1\]: expected a finite number, got {value}"):
        decode_features({"features": np.array([[1, value]], dtype)}, codec, (2,))


@pytest.mark.parametrize("codec", INTEGERS)
@given(data=st.data())
def test_any_codes_with_parameters_in_range_decode_to_finite_values(codec: Codec, data: st.DataObject) -> None:
    scales = data.draw(npst.arrays(np.float32, 2, elements=st.floats(MIN_SCALE, MAX_SCALE, width=32)))
    zeros = data.draw(npst.arrays(np.uint8, 2, elements=st.integers(0, INTEGERS[codec])))
    width = encoded_layout(codec, count=2, shape=(4,))["features"][1]
    codes = data.draw(npst.arrays(np.uint8, width))
    decoded = decode_features({"features": codes, "scales": scales, "zeros": zeros}, codec, (4,))
    assert np.isfinite(decoded).all()


def test_no_codec_warns_where_numpy_is_told_to_raise() -> None:
    values = np.array([[1e-45, -1e-40, 6e4, 0], [0, 0, 0, 0]], np.float32)
    with np.errstate(all="raise", under="ignore"):
        for codec in Codec:
            round_trip(values, codec)
