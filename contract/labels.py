"""Labels: what may be one, when two are the same one, and the label list as a file.

At the door, where a label is entered or comes in an upload, everything is checked, by tables of `contract.code_points`
and by what no version of Unicode changes: so every device and service agrees, whatever its platform knows. What is read
under a signature or a hash has passed a door once, by the tables of its day, and is taken as it stands.

A label list is a JSON array of strings; the index of a label is its class.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from contract.code_points import is_in_labels
from contract.documents import Json, encode_json, parse_json
from contract.errors import Impossible, Malformed, TooLarge, shown
from contract.text import FLAG, JOINERS

UNKNOWN = "unknown"
"""The answer's word for nobody. No label may be spelled like it, or the answer would have two meanings."""

MAX_LABEL_CODE_POINTS = 64
MAX_TYPED_CODE_POINTS = 1_024
"""What may be entered, before anything is taken out: bounds the work of normalising."""

MAX_LABELS = 65_536
MAX_LABELS_BYTES = 4 << 20

WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""The code points with Unicode's property White_Space."""

MARKS = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2800\u3164\ufeff\uffa0" + "".join(
    map(chr, (*range(0x202A, 0x202D), *range(0x2060, 0x2065), *range(0x2066, 0x2070), *range(0xFFF9, 0xFFFC)))
)
"""What shows nothing by itself, and comes along with names that are copied from somewhere."""

SELECTORS = "".join(map(chr, (*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""Variation selectors: they choose how the character before them is drawn."""

_PLAIN = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
"""A label that every step leaves as it is."""

_WITHOUT_MARKS = str.maketrans(dict.fromkeys(MARKS))
_WITHOUT_SELECTORS = str.maketrans(dict.fromkeys(JOINERS + SELECTORS))
_WHITE_SPACES = re.compile(f"[{WHITE_SPACE}]+")
_CONTROLS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")
"""The controls and separators of every version of Unicode."""


def read_label(entered: str) -> str:
    """Turn what a person entered (typed, a folder's name, a line of a file) into a label; a label stays what it is.

    Marks are taken out, white space becomes single spaces, and the text is normalised (NFC).

    Raises:
        TooLarge: over 64 code points then, or over 1,024 before.
        Impossible: nothing is left, a code point that labels may not have, or "unknown" in any spelling.
    """
    if len(entered) > MAX_TYPED_CODE_POINTS:
        raise TooLarge("label", expected=f"at most {MAX_LABEL_CODE_POINTS} code points", got=str(len(entered)))
    words = (word.strip(JOINERS) for word in _WHITE_SPACES.split(entered.translate(_WITHOUT_MARKS)))
    spaced = " ".join(word for word in words if word)
    _check_letters(spaced)  # before normalising: platforms agree on how these are normalised, and on no others
    label = unicodedata.normalize("NFC", spaced)
    if len(label) > MAX_LABEL_CODE_POINTS:
        raise TooLarge("label", expected=f"at most {MAX_LABEL_CODE_POINTS} code points", got=str(len(label)))
    _check_key(label, entered)
    return label


def label_key(label: str) -> str:
    """Return what all spellings of one label have in common: no joiners or selectors, NFKC, full case folding, NFKC."""
    bare = unicodedata.normalize("NFKC", label.translate(_WITHOUT_SELECTORS))
    return unicodedata.normalize("NFKC", bare.casefold())


def check_label(value: object, *, where: str) -> str:
    """Accept at the door a label that arrives as `read_label` leaves it, and nothing else.

    Raises:
        Malformed: not a string.
        Impossible, TooLarge: not a label, or not as `read_label` leaves it.
    """
    if not isinstance(value, str):
        raise Malformed(where, expected="a string", got=shown(value))
    if len(value) <= MAX_LABEL_CODE_POINTS and _PLAIN.fullmatch(value) and value.lower() != UNKNOWN:
        return value  # most are, and a service checks the same ones again and again
    try:
        label = read_label(value)
    except (TooLarge, Impossible) as error:
        raise type(error)(where, expected=f"a label: {error.expected}", got=error.got) from error
    if label != value:
        raise Impossible(where, expected=f"the label normalised and trimmed, {shown(label)}", got=shown(value))
    return label


def encode_new_labels(labels: Sequence[str]) -> bytes:
    """Write the label list of a bundle, at the door.

    Raises:
        Impossible, TooLarge: not labels as `read_label` leaves them, two of them are the same one, or too many.
    """
    seen: dict[str, str] = {}
    for index, label in enumerate(labels):
        key = label_key(check_label(label, where=f"labels[{index}]"))
        if key in seen:
            raise Impossible("labels", expected="each label once", got=f"{shown(seen[key])} and {shown(label)}")
        seen[key] = label
    return encode_labels(labels)


def encode_labels(labels: Sequence[str]) -> bytes:
    """Write a label list. Raises as `parse_labels` does, so that only lists that can be read are written."""
    data = encode_json(list(labels))
    parse_labels(data)
    return data


def parse_labels(data: bytes, *, where: str = "labels") -> tuple[str, ...]:
    """Read a label list whose signature or hash was checked: at most 65,536 labels and 4 MiB, no string twice.

    Each has 1 to 64 code points and no control characters. That is all: another version may have written the list, and
    whoever can bring a label into it must not keep others from reading it.

    Raises:
        Malformed, TooLarge, Impossible: not a list of labels.
    """
    values = parse_json(data, where=where, max_bytes=MAX_LABELS_BYTES)
    if not isinstance(values, list):
        raise Malformed(where, expected="a list of strings", got=shown(values))
    if len(values) > MAX_LABELS:
        raise TooLarge(where, expected=f"at most {MAX_LABELS} labels", got=str(len(values)))
    labels = tuple(_kept_label(value, where=f"{where}[{index}]") for index, value in enumerate(values))
    _check_distinct(labels, where)
    return labels


def _check_letters(label: str) -> None:
    if label.isascii() and label.isprintable():
        return
    for letter in FLAG.sub("", label):
        if not is_in_labels(letter):
            expected = "no control, format or unassigned characters"
            raise Impossible("label", expected=expected, got=shown(letter))


def _check_key(label: str, entered: str) -> None:
    key = label_key(label)
    if not key:
        raise Impossible("label", expected="at least one code point that shows", got=shown(entered))
    if key == UNKNOWN:
        expected = f"another name than {UNKNOWN}, which is the answer for people who are not known"
        raise Impossible("label", expected=expected, got=shown(entered))


def _kept_label(value: Json, *, where: str) -> str:
    if not isinstance(value, str):
        raise Malformed(where, expected="a string", got=shown(value))
    if not value:
        raise Impossible(where, expected="at least one code point", got="none")
    if len(value) > MAX_LABEL_CODE_POINTS:
        raise TooLarge(where, expected=f"at most {MAX_LABEL_CODE_POINTS} code points", got=str(len(value)))
    if control := _CONTROLS.search(value):
        raise Impossible(where, expected="no control characters", got=shown(control[0]))
    return value


def _check_distinct(labels: Iterable[str], where: str) -> None:
    seen: set[str] = set()
    for label in labels:
        if label in seen:
            raise Impossible(where, expected="each label once", got=f"{shown(label)} twice")
        seen.add(label)
