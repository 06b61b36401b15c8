"""Which formats a client reads, in one header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ContractError, Malformed, TooLarge
from contract.formats import MAX_FORMATS_CHARACTERS, encode_formats, parse_formats, reads

ITEMS = st.lists(st.tuples(st.from_regex(r"[a-z][a-z-]{0,9}", fullmatch=True), st.integers(1, 9999)), max_size=12)


@pytest.mark.parametrize(
    ("text", "manifest", "spaces"),
    [
        ("", {1}, {1}),
        (" \t", {1}, {1}),
        ("manifest=1", {1}, {1}),
        ("manifest=2", {2}, {1}),
        ("manifest=1,manifest=2", {1, 2}, {1}),
        ("\tmanifest=2 , spaces=3 ", {2}, {3}),
        ("colour=7", {1}, {1}),
        ("manifest=9999", {9999}, {1}),
    ],
)
def test_what_is_not_named_is_read_in_the_first_format(text: str, manifest: set[int], spaces: set[int]) -> None:
    formats = parse_formats(text)
    assert {one for one in range(1, 10_000) if reads(formats, "manifest", one)} == manifest
    assert {one for one in range(1, 10_000) if reads(formats, "spaces", one)} == spaces


@pytest.mark.parametrize(
    "text",
    [
        *("manifest", "manifest=", "manifest=0", "manifest=01", "manifest=-1", "manifest=1.0", "manifest=10000"),
        *("manifest=1;spaces=1", "manifest=1,", ",", "Manifest=1", "manifest = 1", "=1", "manifest=1\n", "manifest=١"),
        *("a" * 33 + "=1", "manifest=1 spaces=1", "-=1", "*"),
    ],
)
def test_another_spelling_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="Fedex-Formats: expected items like manifest=1"):
        parse_formats(text)


def test_a_header_is_bounded() -> None:
    parse_formats("a=1," * 63 + "a=1")
    with pytest.raises(TooLarge, match=f"at most {MAX_FORMATS_CHARACTERS} characters"):
        parse_formats("a" * (MAX_FORMATS_CHARACTERS + 1))


@given(ITEMS)
def test_what_is_written_is_read(items: list[tuple[str, int]]) -> None:
    text = encode_formats(items)
    if len(text) <= MAX_FORMATS_CHARACTERS:
        formats = parse_formats(text)
        assert all(reads(formats, *one) for one in items)


@given(st.text(max_size=300))
def test_nothing_but_its_own_refusals_comes_of_any_text(text: str) -> None:
    try:
        parse_formats(text)
    except ContractError:
        pass
