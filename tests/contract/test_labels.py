"""A label is what a person typed, normalised, trimmed, and harmless to show."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ContractError, Impossible, Malformed, TooLarge
from contract.labels import (
    MARKS,
    WHITE_SPACE,
    check_label,
    encode_labels,
    label_key,
    parse_label,
    parse_labels,
    read_label,
)


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("Ada", "Ada"),
        ("  Ada Lovelace\n", "Ada Lovelace"),
        ("\u3000明子\u00a0", "明子"),
        ("e\u0301tienne", "étienne"),
        ("\u212b", "Å"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("ක්\u200dෂ", "ක්\u200dෂ"),
        ("x" * 64, "x" * 64),
        ("e\u0301" * 64, "é" * 64),
        ("😀" * 64, "😀" * 64),
    ],
)
def test_a_label_is_normalised_and_trimmed(typed: str, label: str) -> None:
    assert parse_label(typed) == label


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", Impossible),
        (" \t\u2003", Impossible),
        ("x" * 65, TooLarge),
        ("x" * 10_240, TooLarge),
        ("x\x00y", Impossible),
        ("x\ny", Impossible),
        ("x\x7fy", Impossible),
        ("x\x9fy", Impossible),
        ("x\u2028y", Impossible),
        ("\u202egnol", Impossible),
        ("a\u2066b\u2069", Impossible),
        ("\ud800", Impossible),
        ("Ad\u200ba", Impossible),
        ("\ufeffAda", Impossible),
        ("A\u00adda", Impossible),
        ("Ada\u2060", Impossible),
        ("Ada\u180e", Impossible),
        ("Ada\U000e0041", Impossible),
        ("Ada\u200d", Impossible),
        ("Ada\u200c ", Impossible),
        ("\u200cAda", Impossible),
        ("\u200d", Impossible),
        ("\x1b[31mred", Impossible),
    ],
)
def test_what_is_no_label_is_refused(typed: str, error: type[ContractError]) -> None:
    with pytest.raises(error) as caught:
        parse_label(typed)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("typed", ["unknown", "Unknown", " UNKNOWN\u00a0", "unk\u200dnown"])
def test_the_answers_word_for_nobody_is_no_label(typed: str) -> None:
    """A photo could be taught as "unknown" once; nobody could tell that answer from the head's own."""
    with pytest.raises(Impossible, match="label: expected another name than unknown"):
        parse_label(typed)
    assert parse_label(f"{typed.strip()} soldier")


@pytest.mark.parametrize("mark", [*MARKS, *WHITE_SPACE, "\ufeff \u200b\u00a0\u200e"])
def test_invisible_marks_around_a_name_are_taken_off(mark: str) -> None:
    """A name copied out of a mail brought them along, and was refused for what nobody could see."""
    assert read_label(f"{mark}Ada Lovelace{mark}") == "Ada Lovelace"
    assert read_label(f"{mark}علی\u200cرضا{mark}") == "علی\u200cرضا"
    with pytest.raises(Impossible, match="at least one code point"):
        read_label(mark * 3)


@pytest.mark.parametrize("entered", ["Ad\u200ba", "A\u00adda", "x\ny", "\x1b[31mred", "\u200eunknown\u200e", "\ufeff"])
def test_marks_inside_a_name_and_what_is_no_label_stay_refused(entered: str) -> None:
    with pytest.raises(Impossible):
        read_label(entered)


def test_what_a_mark_shows_is_not_taken_off() -> None:
    """Variation selectors and tags belong to the emoji before them, and a joiner to the letters beside it."""
    assert read_label("\u2764\ufe0f") == "\u2764\ufe0f"
    assert read_label("👩\u200d🔬\u200e") == "👩\u200d🔬"
    assert not {letter for letter in MARKS if unicodedata.category(letter) not in ("Cf", "Mn", "Lo", "So")}


BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_no_format_character_but_the_two_joiners_is_in_a_label() -> None:
    formats = {chr(point) for point in range(0x11_0000) if unicodedata.category(chr(point)) == "Cf"}
    assert formats >= {*BIDI_CONTROLS, "\u200b", "\ufeff", "\u200c", "\u200d"}
    for letter in formats - {"\u200c", "\u200d"}:
        with pytest.raises(Impossible, match="no control or format characters"):
            parse_label(f"a{letter}b")


@given(st.text(max_size=80) | st.text("aE\u0301ſ\u200c\u200d\u00a0", max_size=8))
def test_a_label_stays_what_it_is(typed: str) -> None:
    try:
        label = parse_label(typed)
    except ContractError:
        return
    assert parse_label(label) == check_label(label, where="here") == label
    assert unicodedata.is_normalized("NFC", label)
    assert label_key(label_key(label)) == label_key(label)


def test_white_space_is_what_unicode_says() -> None:
    assert set(WHITE_SPACE) == {chr(point) for point in range(0x11_0000) if chr(point).isspace()} - set(
        "\x1c\x1d\x1e\x1f"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ann", "ANN"), ("Straße", "STRASSE"), ("Σίσυφος", "ΣΊΣΥΦΟΣ"), ("é", "e\u0301"), ("Ada", "A\u200dd\u200ca")],
)
def test_two_spellings_of_one_label_have_one_key(one: str, other: str) -> None:
    assert label_key(one) == label_key(other)


def test_a_label_list_is_read_back() -> None:
    labels = ("Ada", "明子", 'Bob "the \\ builder"')
    assert parse_labels(encode_labels(labels)) == labels
    assert encode_labels(("é", "a")) == '["é","a"]'.encode()


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"{}", Malformed, "a list of strings"),
        (b'["a",1]', Malformed, r"labels\[1\]: expected a string, got 1"),
        (b'["a",null]', Malformed, r"labels\[1\]: expected a string"),
        (b'["a",["b"]]', Malformed, r"labels\[1\]: expected a string"),
        (b'["a","a"]', Impossible, "each label once, got 'a' and 'a'"),
        (b'["Ann","ANN"]', Impossible, "each label once, got 'Ann' and 'ANN'"),
        (b'[" a"]', Impossible, "normalised and trimmed"),
        (b'["e\xcc\x81"]', Impossible, "normalised and trimmed"),
        (b'[""]', Impossible, "at least one code point"),
        (b'["a\\u0000"]', Impossible, "no control or format characters"),
        (b'["\\ud800"]', Malformed, "surrogates"),
        (b'["a","Unknown"]', Impossible, r"labels\[1\]: expected a label: another name than unknown"),
        (b'["' + b"x" * 65 + b'"]', TooLarge, "at most 64 code points, got 65"),
        (b"[" + b"0," * 70_000 + b"0]", TooLarge, "at most 65536 labels, got 70001"),
        (b"[" + b" " * (4 << 20) + b"]", TooLarge, "at most 4194304 bytes"),
    ],
)
def test_a_hostile_label_list_is_refused(data: bytes, error: type[ContractError], message: str) -> None:
    with pytest.raises(error, match=message):
        parse_labels(data)


def test_a_list_that_could_not_be_read_is_not_written() -> None:
    with pytest.raises(Impossible, match="each label once"):
        encode_labels(("Ann", "ann"))
    with pytest.raises(Impossible, match="lone surrogates"):
        encode_labels(("\ud800",))
