"""Enough of a request is its head, and a short body."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.web.arriving import MAX_HEAD_BYTES, SHORT_BODY_BYTES, Arriving, Stage

HEAD = b"PUT /x HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("data", "stage"),
    [
        (b"", Stage.HEAD),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", Stage.HEAD),
        (b"GET / HTTP/1.1\n\n", Stage.HEAD),
        (b"GET / HTTP/1.1\r\n\r\n", Stage.ENOUGH),
        (HEAD + b"\r\n", Stage.ENOUGH),
        (HEAD + b"Content-Length: 3\r\n\r\n", Stage.BODY),
        (HEAD + b"content-LENGTH:3\r\n\r\nab", Stage.BODY),
        (HEAD + b"Content-Length: 3\r\n\r\nabc", Stage.ENOUGH),
        (HEAD + b"Content-Length: 3\r\n\r\nabcGET", Stage.ENOUGH),
        (HEAD + b"X-Content-Length: 3\r\n\r\n", Stage.ENOUGH),
        (HEAD + b"Content-Length: %d\r\n\r\n" % SHORT_BODY_BYTES, Stage.BODY),
        (HEAD + b"Content-Length: %d\r\n\r\n" % (SHORT_BODY_BYTES + 1), Stage.ENOUGH),
        (HEAD + b"Content-Length: 0\r\n\r\n", Stage.ENOUGH),
        (HEAD + b"Content-Length: " + b"0" * 50 + b"3\r\n\r\n", Stage.BODY),
        (HEAD + b"Content-Length: " + b"0" * 50 + b"\r\n\r\n", Stage.ENOUGH),
        (HEAD + b"Content-Length: -3\r\n\r\n", Stage.ENOUGH),
        (HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", Stage.ENOUGH),
        (HEAD + b"A: " + b"a" * MAX_HEAD_BYTES, Stage.TOO_LONG),
        (b"\r\n\r\n", Stage.ENOUGH),
    ],
)
def test_the_stage_follows_from_what_came(data: bytes, stage: Stage) -> None:
    assert Arriving(data).stage is stage


@given(st.lists(st.integers(0, 60)))
def test_the_stage_does_not_depend_on_how_it_came(cuts: list[int]) -> None:
    data = HEAD + b"Content-Length: 5\r\n\r\nabcde"
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    arriving = Arriving()
    for begin, end in itertools.pairwise(places):
        assert arriving.stage is not Stage.ENOUGH
        arriving.add(data[begin:end])
    assert arriving.stage is Stage.ENOUGH
    assert arriving.take() == data
