"""A label is what a person entered, normalised and harmless to show; a list of them is read as it stands."""

import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.code_points import RANGES, is_in_labels
from contract.errors import ContractError, Impossible, Malformed, TooLarge
from contract.labels import (
    MARKS,
    SELECTORS,
    UNKNOWN,
    WHITE_SPACE,
    check_label,
    encode_labels,
    encode_new_labels,
    label_key,
    parse_labels,
    read_label,
)
from contract.text import JOINERS
from tests.contract.code_point_ranges import EMOJI, UNICODE, fit_ranges
from tests.contract.label_vectors import SCOTLAND, digest_of_all_code_points

DIGEST = "5b2053359be51cd3847f079ba2a53c9af29e94ac5ae7cd3ba425f00293aa35ba"
"""What becomes of every code point: Python 3.11, 3.12 and 3.13, of Unicode 14.0, 15.0 and 15.1, agree."""
OTHER_PYTHONS = [
    found
    for pattern in ("3.12.*", "3.13.*", "3.14.*")
    for found in sorted(Path.home().glob(f".pyenv/versions/{pattern}/bin/python"))[-1:]
]


@pytest.mark.parametrize(
    ("entered", "label"),
    [
        ("Ada", "Ada"),
        ("  Ada Lovelace\n", "Ada Lovelace"),
        ("\u3000明子\u00a0", "明子"),
        ("e\u0301tienne", "étienne"),
        ("\u212b", "Å"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("ක්\u200dෂ", "ක්\u200dෂ"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        (f"{SCOTLAND} Ada", f"{SCOTLAND} Ada"),
        ("👍🏽1\ufe0f\u20e3🇩🇪", "👍🏽1\ufe0f\u20e3🇩🇪"),
        ("\U0001fae8\U0001fafc", "\U0001fae8\U0001fafc"),
        ("x" * 64, "x" * 64),
        ("e\u0301" * 64, "é" * 64),
        ("😀" * 64, "😀" * 64),
        ("x\ny", "x y"),
    ],
)
def test_what_is_entered_becomes_a_label(entered: str, label: str) -> None:
    assert read_label(entered) == label


@pytest.mark.parametrize(
    ("entered", "error"),
    [
        ("", Impossible),
        (" \t\u2003", Impossible),
        ("x" * 65, TooLarge),
        ("x" * 10_240, TooLarge),
        ("x\x00y", Impossible),
        ("x\x1cy", Impossible),
        ("x\x7fy", Impossible),
        ("x\x9fy", Impossible),
        ("\u202egnol", Impossible),
        ("\ud800", Impossible),
        ("Ada\U000e0041", Impossible),
        ("\u200d", Impossible),
        ("\ufe0f\u180b", Impossible),
        ("\x1b[31mred", Impossible),
        ("x\U0001343cy", Impossible),
        ("Ada\u0378", Impossible),
        ("\ufdd0", Impossible),
        (SCOTLAND[:-1], Impossible),
        (SCOTLAND[1:], Impossible),
        (SCOTLAND.replace("\U0001f3f4", "🏳"), Impossible),
        ("\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in "secret message") + "\U000e007f", Impossible),
    ],
)
def test_what_is_no_label_is_refused(entered: str, error: type[ContractError]) -> None:
    with pytest.raises(error) as caught:
        read_label(entered)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "entered", ["unknown", "Unknown", " UNKNOWN\u00a0", "unk\u200dnown", "ｕｎｋｎｏｗｎ", "𝐮𝐧𝐤𝐧𝐨𝐰𝐧"]
)
def test_the_answers_word_for_nobody_is_no_label(entered: str) -> None:
    """A photo could be taught as "unknown" once; nobody could tell that answer from the head's own."""
    with pytest.raises(Impossible, match="label: expected another name than unknown"):
        read_label(entered)
    assert read_label(f"{entered.strip()} soldier")


@pytest.mark.parametrize("mark", [*MARKS, *WHITE_SPACE, *JOINERS, "\ufeff \u200b\u00a0\u200e"])
def test_what_shows_nothing_around_a_name_is_taken_off(mark: str) -> None:
    """A name copied out of a mail brought it along, and was refused for what nobody could see."""
    assert read_label(f"{mark}Ada Lovelace{mark}") == "Ada Lovelace"
    assert read_label(f"{mark}علی\u200cرضا{mark}") == "علی\u200cرضا"
    with pytest.raises(Impossible, match="at least one code point"):
        read_label(mark * 3)


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_inside_a_name_is_taken_out_before_it_is_normalised(mark: str) -> None:
    assert read_label(f"Ad{mark}a") == "Ada"
    assert read_label(f"e{mark}\u0301") == "é"
    with pytest.raises(Impossible, match="another name than unknown"):
        read_label(f"unk{mark}nown")


@pytest.mark.parametrize("space", [*WHITE_SPACE, "  ", "\u00a0 ", " \u200d ", "\u200c\u3000\u200b", "\r\n\t"])
def test_any_white_space_between_words_is_one_space(space: str) -> None:
    assert read_label(f"Ada{space}Lovelace") == "Ada Lovelace"


def test_what_a_mark_shows_is_not_taken_out() -> None:
    """Variation selectors and tags belong to the emoji before them, and a joiner to the letters beside it."""
    assert not {letter for letter in MARKS if unicodedata.category(letter) not in ("Cf", "Mn", "Lo", "So")}
    assert not set(MARKS) & {*JOINERS, *SELECTORS}


BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_no_format_character_is_in_a_label_but_the_joiners_and_those_of_flags() -> None:
    formats = {chr(point) for point in range(0x11_0000) if unicodedata.category(chr(point)) == "Cf"}
    assert formats >= {*BIDI_CONTROLS, "\u200b", "\ufeff", *JOINERS}
    assert {letter for letter in formats if is_in_labels(letter)} == set(JOINERS)
    for letter in formats - {*JOINERS, *MARKS}:
        with pytest.raises(Impossible, match="no control, format or unassigned characters"):
            read_label(f"a{letter}b")


@given(st.text(max_size=80) | st.text("aE\u0301ſ\u200c\u200d\u00a0 \ufe0f\u0345ΑｶﾞＡ", max_size=8))
def test_a_label_stays_what_it_is(entered: str) -> None:
    try:
        label = read_label(entered)
    except ContractError:
        return
    assert read_label(label) == check_label(label, where="here") == label
    assert unicodedata.is_normalized("NFC", label)
    assert label_key(label_key(label)) == label_key(label)
    assert parse_labels(encode_labels([label])) == (label,)


def test_white_space_is_what_unicode_says() -> None:
    assert set(WHITE_SPACE) == {chr(point) for point in range(0x11_0000) if chr(point).isspace()} - set(
        "\x1c\x1d\x1e\x1f"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("Ann", "ANN"), ("Straße", "STRASSE"), ("STRAẞE", "straße"), ("Σίσυφος", "ΣΊΣΥΦΟΣ"), ("é", "e\u0301")),
        *(("Ada", "A\u200dd\u200ca"), ("\u2764", "\u2764\ufe0f"), ("Ａｄａ", "Ada"), ("ｶﾞ", "ガ"), ("ﬁ", "fi")),
        *(("𝐀𝐝𝐚", "Ada"), ("Ⅷ", "viii"), ("ꭰ", "Ꭰ"), ("ᏸ", "Ᏸ"), ("\u1fb3", "ΑΙ"), ("ǆ", "ǅ"), ("\u017f", "S")),
    ],
)
def test_two_spellings_of_one_label_have_one_key(one: str, other: str) -> None:
    assert label_key(one) == label_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ı", "i"), ("İ", "I"), (SCOTLAND, "🏴"), ("é", "e"), ("AdaLove", "Ada Love")]
)
def test_what_is_another_label_has_another_key(one: str, other: str) -> None:
    assert label_key(one) != label_key(other)


CHEROKEE = {
    **{point: point for point in range(0x13A0, 0x13F6)},
    **{point: point - 8 for point in range(0x13F8, 0x13FE)},
    **{point: point - 0xAB70 + 0x13A0 for point in range(0xAB70, 0xABC0)},
}
FOLDED = {**{chr(point): chr(to) for point, to in CHEROKEE.items()}, "ı": "ı", "ẞ": "ss"}


def fold_without_a_table(letter: str) -> str:
    """Fold as SPEC tells platforms to that have no full case folding."""
    return FOLDED.get(letter, letter.upper().lower())


def test_case_folding_is_lower_of_upper_of_each_code_point_but_for_three_kinds() -> None:
    letters = [chr(point) for first, last in RANGES for point in range(first, last + 1)]
    assert [one for one in letters if fold_without_a_table(one) != one.casefold()] == []


def test_the_table_of_code_points_is_that_of_its_version_of_unicode() -> None:
    """A later version has more code points; of those that it has had before it says the same."""
    now = fit_ranges()
    if unicodedata.unidata_version == UNICODE:
        assert tuple(now) == RANGES
    points = {point for first, last in now for point in range(first, last + 1)}
    assert {point for first, last in RANGES for point in range(first, last + 1)} <= points


def test_what_is_normalised_stays_within_the_table() -> None:
    letters = [chr(point) for first, last in RANGES for point in range(first, last + 1)]
    assert not [one for one in letters if not all(map(is_in_labels, unicodedata.normalize("NFC", one)))]


def test_emoji_that_are_not_assigned_yet_combine_with_nothing() -> None:
    points = [chr(point) for block in EMOJI for point in block]
    assert {unicodedata.category(one) for one in points} <= {"So", "Sk", "Cn"}
    assert not [one for one in points if unicodedata.normalize("NFKC", one) != one or one.casefold() != one]


def test_every_python_makes_the_same_of_every_code_point() -> None:
    """A service on 3.11 once signed a list with U+1343C, which 3.12 and 3.13 refused."""
    assert digest_of_all_code_points() == DIGEST


@pytest.mark.skipif(not OTHER_PYTHONS, reason="no other Python is installed here; the digest stands for all of them")
@pytest.mark.parametrize("python", OTHER_PYTHONS, ids=str)
def test_another_python_makes_the_same_of_every_code_point(python: Path) -> None:
    command = [str(python), "-m", "tests.contract.label_vectors"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (DIGEST, "")


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (1, Malformed, "a string"),
        (" a", Impossible, "normalised and trimmed, 'a', got ' a'"),
        ("a  b", Impossible, "normalised and trimmed, 'a b'"),
        ("a\u00a0b", Impossible, "normalised and trimmed, 'a b'"),
        ("e\u0301", Impossible, "normalised and trimmed"),
        ("a\u200b", Impossible, "normalised and trimmed"),
        ("a\u200d", Impossible, "normalised and trimmed"),
        ("x\U0001343cy", Impossible, "no control, format or unassigned"),
        ("Unknown", Impossible, "another name than unknown"),
        ("x" * 65, TooLarge, "at most 64 code points, got 65"),
    ],
)
def test_at_the_door_a_label_is_as_reading_leaves_it(value: object, error: type[ContractError], message: str) -> None:
    with pytest.raises(error, match=message):
        check_label(value, where="upload.labels[0]")


def test_a_label_list_is_read_back() -> None:
    labels = ("Ada", "明子", 'Bob "the \\ builder"')
    assert parse_labels(encode_labels(labels)) == labels
    assert encode_labels(("é", "a")) == '["é","a"]'.encode()


@pytest.mark.parametrize(
    "label",
    [
        *("x\U0001343cy", "\u0378", "\U000e0041", "\u202egnol", " a ", "e\u0301", "a\u200d", "unknown"),
        *("\ufdd0", "\U0010ffff", "\u200b"),
    ],
    ids=ascii,
)
def test_a_list_that_was_signed_is_read_whatever_today_s_door_would_say(label: str) -> None:
    """Any member of a group could block the devices of another version, and the worker after an upgrade."""
    assert parse_labels(encode_labels(["Ada", "ADA", label])) == ("Ada", "ADA", label)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"{}", Malformed, "a list of strings"),
        (b'["a",1]', Malformed, r"labels\[1\]: expected a string, got 1"),
        (b'["a",null]', Malformed, r"labels\[1\]: expected a string"),
        (b'["a",["b"]]', Malformed, r"labels\[1\]: expected a string"),
        (b'["a","a"]', Impossible, "each label once, got 'a' twice"),
        (b'[""]', Impossible, "at least one code point"),
        (b'["a\\u0000"]', Impossible, "no control characters"),
        (b'["a\\u009b"]', Impossible, "no control characters"),
        (b'["a\\n"]', Impossible, "no control characters"),
        (b'["a\\u2028"]', Impossible, "no control characters"),
        (b'["\\ud800"]', Malformed, "surrogates"),
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
        encode_labels(("Ann", "Ann"))
    with pytest.raises(Impossible, match="lone surrogates"):
        encode_labels(("\ud800",))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (("Ann", "ann"), "each label once, got 'Ann' and 'ann'"),
        (("Ann", "Ａｎｎ"), "each label once"),
        (("Ann", "B\u200bo"), r"labels\[1\]: expected the label normalised and trimmed, 'Bo'"),
        (("x\U0001343cy",), r"labels\[0\]: expected a label: no control, format or unassigned"),
        (("unknown",), r"labels\[0\]: expected a label: another name than unknown"),
    ],
)
def test_the_labels_of_a_new_bundle_pass_the_door(labels: tuple[str, ...], message: str) -> None:
    with pytest.raises(Impossible, match=message):
        encode_new_labels(labels)


def test_the_word_for_nobody_is_its_own_key() -> None:
    assert label_key(UNKNOWN) == UNKNOWN
