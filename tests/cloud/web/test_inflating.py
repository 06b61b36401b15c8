"""Inflating at the door: what zlib takes, and nothing else, whichever library does it."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.web.inflating import inflate
from contract.upload_check import inflate_exactly

SECTION = bytes(range(256)) * 8 + bytes(2000)


@pytest.mark.parametrize("level", [0, 1, 9])
def test_a_whole_stream_of_the_size_is_inflated(level: int) -> None:
    stored = memoryview(zlib.compress(SECTION, level))
    assert inflate(stored, len(SECTION)) == SECTION
    assert inflate(stored, len(SECTION) - 1) is None
    assert inflate(stored, len(SECTION) + 1) is None


@given(data=st.data())
@settings(max_examples=500, deadline=None)
def test_a_changed_stream_has_the_same_fate_as_with_zlib(data: st.DataObject) -> None:
    stored = bytearray(zlib.compress(SECTION, data.draw(st.sampled_from([0, 1, 9]))))
    for _ in range(data.draw(st.integers(1, 3))):
        stored[data.draw(st.integers(0, len(stored) - 1))] = data.draw(st.integers(0, 255))
    view = memoryview(stored)[: data.draw(st.integers(len(stored) - 3, len(stored)))]
    assert inflate(view, len(SECTION)) == inflate_exactly(view, len(SECTION))


def test_every_header_of_a_stream_has_the_same_fate_as_with_zlib() -> None:
    rest = zlib.compress(b"fedex")[2:]
    headers = [number.to_bytes(2, "big") for number in range(1 << 16)]
    taken = [inflate(memoryview(header + rest), 5) for header in headers]
    assert taken == [inflate_exactly(memoryview(header + rest), 5) for header in headers]
    assert taken.count(b"fedex") > 0


ODD_CODES = [
    pytest.param(
        bytes.fromhex("789c05e00190244992244902")
        + bytes(32)
        + bytes.fromhex("01")
        + bytes(94)
        + bytes.fromhex("108200c50083"),
        id="literals with codes that are not all taken",
    ),
    pytest.param(
        bytes.fromhex("789c0de10190244992244902")
        + bytes(32)
        + bytes.fromhex("11")
        + bytes(94)
        + bytes.fromhex("1011c10403d40146"),
        id="distances with codes that are not all taken",
    ),
    pytest.param(
        bytes.fromhex("789c0de00190244992244902")
        + bytes(32)
        + bytes.fromhex("11")
        + bytes(94)
        + bytes.fromhex("10114c03d40146"),
        id="one distance with a code of two bits",
    ),
    pytest.param(
        bytes.fromhex("789c05e001b46ddbb66ddb02")
        + bytes(40)
        + bytes.fromhex("08")
        + bytes(118)
        + bytes.fromhex("404800c50083"),
        id="lengths of codes with codes that are not all taken",
    ),
]


@pytest.mark.parametrize("stream", ODD_CODES)
def test_codes_that_zlib_does_not_take_are_not_taken(stream: bytes) -> None:
    """A faster library, ISA-L, takes them: what it inflates at the door could not be opened by the worker."""
    assert [inflate(memoryview(stream), size) for size in (2, 5)] == [None, None]
    assert [inflate_exactly(memoryview(stream), size) for size in (2, 5)] == [None, None]
