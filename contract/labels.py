"""Labels: what may be one, when two are the same one, and the label list as a file.

A label list is a JSON array of strings; the index of a label is its class.
"""

import unicodedata
from collections.abc import Sequence

from contract.documents import encode_json, parse_json
from contract.errors import Impossible, Malformed, TooLarge, shown
from contract.text import JOINERS, controls

UNKNOWN = "unknown"
"""The answer's word for nobody. No label may be spelled like it, or the answer would have two meanings."""

MAX_LABEL_CODE_POINTS = 64
MAX_TYPED_CODE_POINTS = 1_024
"""What may be typed, before trimming: bounds the work of normalising."""

MAX_LABELS = 65_536
MAX_LABELS_BYTES = 4 << 20

WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""The code points with Unicode's property White_Space, which trimming takes off both ends."""

MARKS = (
    "\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\u2800\u3164\ufeff\uffa0"
    + "".join(map(chr, (*range(0x202A, 0x202D), *range(0x2066, 0x2070), *range(0xFFF9, 0xFFFC))))
)
"""What shows nothing by itself, and comes along with names that are copied from somewhere."""

_WITHOUT_JOINERS = str.maketrans(dict.fromkeys(JOINERS))


def parse_label(text: str) -> str:
    """Turn what was typed into a label: normalised (NFC), trimmed, 1 to 64 code points, no control characters.

    Control characters are those of `contract.text.controls`; the two joiners may stand between other characters.
    "unknown" is reserved, in every spelling.

    Raises:
        TooLarge: over 64 code points when normalised and trimmed, or over 1,024 before.
        Impossible: empty, a refused character, or "unknown".
    """
    if len(text) > MAX_TYPED_CODE_POINTS:
        raise TooLarge("label", expected=f"at most {MAX_LABEL_CODE_POINTS} code points", got=str(len(text)))
    label = unicodedata.normalize("NFC", text).strip(WHITE_SPACE)
    if not label:
        raise Impossible("label", expected="at least one code point", got=shown(text))
    if len(label) > MAX_LABEL_CODE_POINTS:
        raise TooLarge("label", expected=f"at most {MAX_LABEL_CODE_POINTS} code points", got=str(len(label)))
    _check_letters(label)
    if label_key(label) == UNKNOWN:
        expected = f"another name than {UNKNOWN}, which is the answer for people who are not known"
        raise Impossible("label", expected=expected, got=shown(text))
    return label


def read_label(entered: str) -> str:
    """Turn what a person entered into a label: take invisible marks off both ends, then do as `parse_label`.

    Wherever a name comes from a person (typed, a folder, a line of a file), it comes through here; what another program
    sends does not.

    Raises:
        TooLarge, Impossible: as `parse_label`.
    """
    return parse_label(entered.strip(MARKS + WHITE_SPACE))


def label_key(label: str) -> str:
    """Return what two spellings of one label have in common: no joiners, full case folding, NFC."""
    joined = label.translate(_WITHOUT_JOINERS)
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", joined).casefold())


def check_label(value: object, *, where: str) -> str:
    """Accept a label that arrives as `parse_label` leaves it, and nothing else.

    Raises:
        Malformed: not a string.
        Impossible, TooLarge: not a label, or one that is not normalised and trimmed.
    """
    if not isinstance(value, str):
        raise Malformed(where, expected="a string", got=shown(value))
    try:
        label = parse_label(value)
    except (TooLarge, Impossible) as error:
        raise type(error)(where, expected=f"a label: {error.expected}", got=error.got) from error
    if label != value:
        raise Impossible(where, expected=f"the label normalised and trimmed, {shown(label)}", got=shown(value))
    return label


def encode_labels(labels: Sequence[str]) -> bytes:
    """Write a label list. Raises as `parse_labels` does, so that only lists that can be read are written."""
    data = encode_json(list(labels))
    parse_labels(data)
    return data


def parse_labels(data: bytes, *, where: str = "labels") -> tuple[str, ...]:
    """Read a label list: at most 65,536 labels and 4 MiB, no two of them the same label.

    Raises:
        Malformed, TooLarge, Impossible: not a list of labels.
    """
    values = parse_json(data, where=where, max_bytes=MAX_LABELS_BYTES)
    if not isinstance(values, list):
        raise Malformed(where, expected="a list of strings", got=shown(values))
    if len(values) > MAX_LABELS:
        raise TooLarge(where, expected=f"at most {MAX_LABELS} labels", got=str(len(values)))
    labels = tuple(check_label(value, where=f"{where}[{index}]") for index, value in enumerate(values))
    _check_distinct(labels, where)
    return labels


def _check_letters(label: str) -> None:
    for letter in label:
        if controls(letter):
            raise Impossible("label", expected="no control or format characters", got=shown(letter))
    for letter in (label[0], label[-1]):
        if letter in JOINERS:
            raise Impossible("label", expected="joiners between other characters only", got=shown(letter))


def _check_distinct(labels: Sequence[str], where: str) -> None:
    seen: dict[str, str] = {}
    for label in labels:
        key = label_key(label)
        if key in seen:
            raise Impossible(where, expected="each label once", got=f"{shown(seen[key])} and {shown(label)}")
        seen[key] = label
