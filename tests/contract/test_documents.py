"""JSON is read strictly and within bounds, and written one way."""

import math
import re
import tracemalloc
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import documents
from contract.documents import MAX_DEPTH, Fields, Json, encode_base64, encode_json, parse_document, parse_json
from contract.errors import ContractError, Impossible, Malformed, TooLarge, UnsupportedVersion

MAX_BYTES = 1 << 20


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def text_without_surrogates() -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def json_values() -> st.SearchStrategy[Json]:
    integers = st.integers(-(2**53) + 1, 2**53 - 1)
    leaves = st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False)
    return _nested(_nested(leaves | text_without_surrogates()))


def _nested(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return inner | st.lists(inner, max_size=4) | st.dictionaries(text_without_surrogates(), inner, max_size=4)


@given(st.dictionaries(text_without_surrogates(), json_values(), max_size=4))
def test_what_is_written_is_read_back(value: dict[str, Json]) -> None:
    assert parse_json(encode_json(value), where="here", max_bytes=MAX_BYTES) == value


def test_json_is_written_sorted_without_spaces_in_utf_8() -> None:
    assert encode_json({"b": [1, 2.5], "a": {"é": None}}) == '{"a":{"é":null},"b":[1,2.5]}'.encode()
    assert encode_json({"b": 1, "a": 2}, sort_keys=False) == b'{"b":1,"a":2}'


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, [math.nan], {"a": -math.inf}])
def test_json_that_could_not_be_read_is_not_written(value: Json) -> None:
    with pytest.raises(Impossible, match=r"^JSON: expected finite numbers, and text without lone surrogates") as caught:
        encode_json(value)
    assert str(caught.value).isprintable()


HOSTILE = [
    pytest.param(b"", "JSON in UTF-8", id="empty"),
    pytest.param(b"{", "JSON in UTF-8", id="truncated"),
    pytest.param(b"{} {}", "JSON in UTF-8", id="trailing value"),
    pytest.param(b"{}\x00", "JSON in UTF-8", id="trailing nul"),
    pytest.param(b"\xef\xbb\xbf{}", "JSON in UTF-8", id="byte order mark"),
    pytest.param(b'{"a":"\xff"}', "JSON in UTF-8", id="invalid utf-8"),
    pytest.param(b'{"a":"\xed\xa0\x80"}', "JSON in UTF-8", id="utf-8 surrogate"),
    pytest.param('{"a":1}'.encode("utf-16"), "JSON in UTF-8", id="utf-16"),
    pytest.param(b'{"a":"\\ud800"}', "text without lone surrogates", id="escaped lone surrogate"),
    pytest.param(b'{"\\udfff":1}', "text without lone surrogates", id="lone surrogate in a key"),
    pytest.param(b'{"a":1,"a":1}', "JSON in UTF-8", id="duplicate key"),
    pytest.param(b'{"a":{"b":1,"c":2,"b":3}}', "JSON in UTF-8", id="duplicate key further in"),
    pytest.param(b'{"a":1,"\\u0061":2}', "JSON in UTF-8", id="duplicate key by escape"),
    pytest.param(b'{"a":NaN}', "JSON in UTF-8", id="nan"),
    pytest.param(b'{"a":-Infinity}', "JSON in UTF-8", id="infinity"),
    pytest.param(b'{"a":1e999}', "JSON in UTF-8", id="overflowing number"),
    pytest.param(b'{"a":9007199254740992}', "JSON in UTF-8", id="2**53"),
    pytest.param(b'{"a":-9007199254740992}', "JSON in UTF-8", id="-2**53"),
    pytest.param(b'{"a":' + b"9" * 100_000 + b"}", "JSON in UTF-8", id="a hundred thousand digits"),
    pytest.param(b'{"a":0x10}', "JSON in UTF-8", id="hexadecimal"),
    pytest.param(b"{'a':1}", "JSON in UTF-8", id="single quotes"),
    pytest.param(b'{"a":' + b"[" * 17 + b"]" * 17 + b"}", "JSON at most 16 levels deep", id="17 levels of lists"),
    pytest.param(b'{"a":' * 17 + b"1" + b"}" * 17, "JSON at most 16 levels deep", id="17 levels of objects"),
    pytest.param(b"[" * 500_000, "JSON at most 16 levels deep", id="half a million brackets"),
    pytest.param(b'{"a":' * 100_000, "JSON at most 16 levels deep", id="a hundred thousand braces"),
    pytest.param(b"[]", "a JSON object", id="a list"),
    pytest.param(b"null", "a JSON object", id="null"),
]


@pytest.mark.parametrize(("data", "expected"), HOSTILE)
def test_hostile_json_is_refused_by_name(data: bytes, expected: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_document(data, where="door", max_bytes=MAX_BYTES)
    assert caught.value.where == "door"
    assert caught.value.expected == expected
    assert len(caught.value.got) < 300


def test_a_document_over_its_bound_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(TooLarge, match="at most 10 bytes, got 11 bytes"):
        parse_document(b"[" * 11, where="door", max_bytes=10)


DEEPEST = [
    b"[" * 16 + b"]" * 16,
    b"[" * 16 + b"1" + b"]" * 16,
    b'{"a":' * 16 + b'"b"' + b"}" * 16,
    b'[{"a":' * 8 + b"null" + b"}]" * 8,
]


@pytest.mark.parametrize("data", DEEPEST)
def test_sixteen_levels_are_read_whatever_the_innermost_holds(data: bytes) -> None:
    """A value inside counted as a level of its own once: 16 empty lists were read, and the same around a 1 refused."""
    assert parse_json(data, where="door", max_bytes=200)
    for deeper in (b"[" + data + b"]", b'{"a":' + data + b"}"):
        with pytest.raises(Malformed, match="at most 16 levels deep, got deeper JSON"):
            parse_json(deeper, where="door", max_bytes=200)


@given(
    kinds=st.lists(st.booleans(), min_size=14, max_size=19),
    around=st.lists(st.sampled_from(["[", "]", "{}", " " * 99, 1]), min_size=2, max_size=2),
)
def test_levels_are_counted_whatever_stands_before_and_behind_them(kinds: list[bool], around: list[Json]) -> None:
    """Brackets in texts are none."""
    value: Json = 1
    for is_list in kinds:
        value = [around[0], value, around[1]] if is_list else {"a": around[0], "b": value, "c": around[1]}
    data = encode_json(value)
    if len(kinds) <= MAX_DEPTH:
        assert parse_json(data, where="door", max_bytes=MAX_BYTES) == value
    else:
        with pytest.raises(Malformed, match="at most 16 levels deep, got deeper JSON"):
            parse_json(data, where="door", max_bytes=MAX_BYTES)


def test_text_in_the_innermost_level_is_checked_too() -> None:
    with pytest.raises(Malformed, match="lone surrogates"):
        parse_json(b"[" * 16 + b'"\\ud800"' + b"]" * 16, where="door", max_bytes=200)


class CountedKey(str):
    """A key that counts how often it is compared with another."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        CountedKey.compared += 1
        return str.__eq__(self, str(other))

    __hash__ = str.__hash__


def test_keys_of_which_the_last_comes_twice_are_compared_a_few_times_each() -> None:
    """Counting each key to find the one that comes twice once took time with the square of their number."""
    keys = [*map(str, range(2_000)), "1999"]
    CountedKey.compared = 0
    with pytest.raises(ValueError, match="'1999' twice"):
        documents._object_without_duplicates([(CountedKey(key), 0) for key in keys])
    assert CountedKey.compared < 10 * len(keys)
    with pytest.raises(Malformed, match="'1999' twice"):
        parse_document(
            b"{" + b",".join(b'"%s":0' % key.encode() for key in keys) + b"}", where="door", max_bytes=99_999
        )


def test_the_worst_document_takes_bounded_memory() -> None:
    data = b'{"a":[' + b",".join([b"[]"] * (MAX_BYTES // 3 - 3)) + b"]}"
    tracemalloc.start()
    parse_document(data, where="door", max_bytes=MAX_BYTES)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * MAX_BYTES


FIELDS = Fields(
    {
        "number": 1.5,
        "integer": 3,
        "text": "red",
        "true": True,
        "null": None,
        "list": [1, 2],
        "mixed": [1, "2"],
        "negative": [1, -2],
        "object": {"inner": 1},
        "objects": [{"inner": 1}, 2],
        "texts": ["red", "blue"],
        "base64": "AAEC",
        "format": 2,
    },
    where="place",
)


REFUSED_FIELDS = [
    (lambda: FIELDS.integer("missing"), Malformed, "place.missing: expected an integer, got nothing"),
    (lambda: FIELDS.integer("true"), Malformed, "place.true: expected an integer, got True"),
    (lambda: FIELDS.integer("number"), Malformed, "place.number: expected an integer, got 1.5"),
    (lambda: FIELDS.integer("text"), Malformed, "place.text: expected an integer, got 'red'"),
    (lambda: FIELDS.integer("integer", low=4), Impossible, "an integer from 4 to"),
    (lambda: FIELDS.integer("integer", high=2), Impossible, "an integer from 0 to 2, got 3"),
    (lambda: FIELDS.boolean("integer"), Malformed, "place.integer: expected true or false, got 3"),
    (lambda: FIELDS.boolean("missing"), Malformed, "place.missing: expected true or false, got nothing"),
    (lambda: FIELDS.number("true", low=0, high=1), Malformed, "place.true: expected a number, got True"),
    (lambda: FIELDS.number("null", low=0, high=1), Malformed, "place.null: expected a number, got None"),
    (lambda: FIELDS.number("number", low=0, high=1), Impossible, "a number from 0 to 1, got 1.5"),
    (lambda: FIELDS.text("integer"), Malformed, "place.integer: expected a string, got 3"),
    (lambda: FIELDS.text("text", max_characters=2), TooLarge, "at most 2 characters, got 3"),
    (lambda: FIELDS.name("text", re.compile("r")), Malformed, "place.text: expected text like r, got 'red'"),
    (lambda: FIELDS.choice("base64", Colour), Malformed, "one of red, blue, got 'AAEC'"),
    (lambda: FIELDS.items("object", max_items=9), Malformed, "place.object: expected a list"),
    (lambda: FIELDS.items("list", max_items=1), TooLarge, "at most 1 items, got 2"),
    (lambda: FIELDS.integers("mixed", max_items=9), Malformed, "place.mixed: expected an integer, got '2'"),
    (lambda: FIELDS.integers("negative", max_items=9), Impossible, "place.negative: expected an integer from 0"),
    (lambda: FIELDS.texts("list", max_items=9), Malformed, "place.list.0: expected a string, got 1"),
    (lambda: FIELDS.texts("list", max_items=1), TooLarge, "at most 1 items, got 2"),
    (lambda: FIELDS.document("list"), Malformed, "place.list: expected an object"),
    (lambda: FIELDS.documents("objects", max_items=9), Malformed, "place.objects.1: expected an object, got 2"),
    (lambda: FIELDS.documents("objects", max_items=1), TooLarge, "at most 1 items, got 2"),
    (lambda: FIELDS.document("object").text("inner"), Malformed, "place.object.inner: expected a string, got 1"),
    (lambda: FIELDS.binary("base64", max_bytes=2), TooLarge, "at most 2 bytes, got 3 bytes"),
    (lambda: FIELDS.binary("text", max_bytes=9), Malformed, "standard base64 with padding"),
    (lambda: FIELDS.check_format(1), UnsupportedVersion, "place.format: expected 1, got 2"),
]


@pytest.mark.parametrize(("read", "error", "message"), REFUSED_FIELDS)
def test_a_field_of_another_kind_is_refused_by_its_place(
    read: object, error: type[ContractError], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        read()  # type: ignore[operator]  # a lambda of the table above


def test_fields_are_read_as_what_they_are() -> None:
    assert FIELDS.number("integer", low=0, high=9) == 3.0
    assert FIELDS.boolean("true") is True
    assert FIELDS.choice("text", Colour) is Colour.RED
    assert FIELDS.integers("list", max_items=2) == (1, 2)
    assert FIELDS.texts("texts", max_items=2) == ("red", "blue")
    assert FIELDS.document("object").as_json() == {"inner": 1}
    assert [one.integer("inner") for one in Fields({"a": [{"inner": 1}]}, where="b").documents("a", max_items=1)] == [1]
    assert FIELDS.binary("base64", max_bytes=3) == b"\x00\x01\x02"
    assert "object" in FIELDS
    assert "null" not in FIELDS
    assert "missing" not in FIELDS


@pytest.mark.parametrize("text", ["AAE", "AAE=\n", "AA E=", "AAF=", "_-8=", "=", "A==="])
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises(Malformed, match="base64"):
        Fields({"a": text}, where="door").binary("a", max_bytes=99)


@given(st.binary(max_size=40))
def test_base64_is_read_back(data: bytes) -> None:
    assert Fields({"a": encode_base64(data)}, where="door").binary("a", max_bytes=40) == data
