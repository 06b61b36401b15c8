"""What people enter, and labels that are or are not the same one: the vectors of the golden files, and their making."""

import hashlib
from collections.abc import Mapping, Sequence

from contract.code_points import RANGES
from contract.documents import Json, encode_json
from contract.errors import ContractError
from contract.labels import (
    MARKS,
    MAX_LABELS,
    MAX_LABELS_BYTES,
    SELECTORS,
    WHITE_SPACE,
    label_key,
    parse_labels,
    read_label,
)
from tests.contract.code_point_ranges import runs


def flag(*tags: str) -> str:
    """A black flag, tags, and the end of them."""
    return "\U0001f3f4" + "".join(tags) + "\U000e007f"


def tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(letter)) for letter in text)


SCOTLAND = flag(tags("gbsct"))
ENTERED = [
    *("Ada Lovelace", "  Ada\u00a0", "e\u0301tienne", "明子\u3000", "STRASSE", "Straße", "\t\n", ""),
    # white space
    *("Ada  Lovelace", "Ada\u00a0Lovelace", "Ada\u2003\u3000Lovelace", "Ada\tLovelace\r\n", "Ada\u2028Lovelace"),
    # marks
    *("\ufeffAda", "\u200bAda\u200e", "\u00a0\u200b Ada \ufeff\u00a0", "\u202aAda\u202c", "\u2068明子\u2069"),
    *("Ad\u200ba", "A\u00adda\u2060", "\u3164Ada\u2800", "e\u200b\u0301", "\u200f\u05d3\u05d5\u05d3\u200e 1\u200f"),
    *("\u200b\u00a0", "x" * 64 + "\u200b", "\u200b" * 70 + "Ada"),
    # joiners and selectors
    *("علی\u200cرضا", "A\u200dda", "Ada\u200d", "Ada \u200d Lovelace", "\u200d", "👩\u200d🔬", "👩\u200d🔬\u200e"),
    *("\u2764\ufe0f", "\ufe0f", "\u180b\ufe00"),
    # flags, and tags that are not part of one
    *(SCOTLAND, f"{SCOTLAND}{SCOTLAND} Ada", SCOTLAND[:-1], SCOTLAND[1:], "\U0001f3f4\U000e0041\U000e007f"),
    *(flag(tags(text)) for text in ("g", "gb", "gbs", "gb1", "us0ca9", "usaz", "usaaaz", "usaaazz", "gbsct" * 2)),
    *(flag(tags("gb"), edge) for edge in ("\U000e002f", "\U000e003a", "\U000e0060", "\U000e007b")),
    *("Ada\U000e0041", "\U0001f3f4\U000e007f", "👩\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"),
    # widths and letters of other fonts
    *("\uff21\uff44\uff41", "\uff76\uff9e", "\U0001d400\U0001d41d\U0001d41a"),
    # controls, what Unicode 14.0 has not, and what it has in the blocks of emoji
    *("\x1b[2J", "x\x00y", "x\x9fy", "\u202elive", "\u202devil", "\U000e0001Ada", "\ue000", "\ufdd0", "\uffff"),
    *("Ada\u0378", "x\U0001343cy", "x\U00013430y", "\U0001faf8", "\U0001fae8", "\U0001fafc", "\U0001f6d8"),
    *("\u0cf3", "\U0001e4ec", "\U0001e08f", "\U00031350"),
    # lengths
    *("x" * 64, "x" * 65, "e\u0301" * 64, "x" * 1025, "😀" * 64, f"{SCOTLAND}" * 9),
    # nobody
    *("unknown", " UNKNOWN", "unk\u200dnown", "\uff35\uff4e\uff4b\uff4e\uff4f\uff57\uff4e", "Unknown soldier"),
]
ONE_LABEL = [
    *("Ann", "ANN", "Straße", "STRASSE", "STRAẞE", "Σίσυφος", "ΣΊΣΥΦΟΣ", "ΣΊΣΥΦΟς", "é", "A\u200dd\u200ca", "ﬁﬂ"),
    *("\u2764\ufe0f", "\u2764", "\u1820\u180b", "\uff21\uff44\uff41", "\uff76\uff9e", "ガ", "\U0001d400\U0001d41d"),
    *("İstanbul", "ISTANBUL", "ıstanbul", "Ǆ", "ǅ", "ŉ", "ΐ", "ᾳ", "ᾼ", "ΑΙ", "\u03b1\u0345\u0301", "\u03ac\u0345"),
    *("Ⅷ", "①", "²", "℡", "㎏", "…", "K", "Å", "ſ", "Ა", "ა", "Ꭰ", "ꭰ", "ᏸ", "Ᏸ", "𐐀", "𞤀", "𖹀", "Ⰰ", "각"),
    *("\u1100\u1161\u11a8", "\uffa1\uffc2\uffa1", "Ⓐ", "ϒ", "ϴ", "Ω", "µ", "ẛ\u0323", "豈", "\u0149\u030c"),
    *(SCOTLAND, "🏴"),
]

LISTS: Mapping[str, Sequence[Json]] = {
    "two labels": ["Ada", "明子"],
    "none at all": [],
    "spellings that a door would refuse or change": ["Ada ", "e\u0301", "unknown", "A\u200bda", "\U000e0067", "\u202e"],
    "what Unicode 14.0 has not": ["x\U0001343cy", "\u0378", "\U000e0fff", "\uffff"],
    "two spellings of one label": ["Ann", "ANN", "é", "e\u0301", "Ada", "Ada "],
    "64 code points, in one list of more bytes than in the other": ["x" * 64, "😀" * 64],
    "65 code points": ["Ada", "x" * 65],
    "65 code points, of two UTF-16 units each": ["😀" * 65],
    "33 code points, of 66 UTF-16 units": ["😀" * 33],
    "a label of nothing": ["Ada", ""],
    "a label twice": ["Ada", "Ben", "Ada"],
    **{f"U+{ord(one):04X}": [f"A{one}da"] for one in "\0\t\n\x1f\x7f\x80\x85\x9f\u2028\u2029"},
    **{f"U+{ord(one):04X}, which is none of them": [f"A{one}da"] for one in " ~\xa0\xad\u2027\u202a"},
    "a number among the labels": ["Ada", 7],
    "a list among the labels": [["Ada"]],
    "null among the labels": ["Ada", None],
}
NO_LISTS: Mapping[str, bytes] = {
    "an object": b'{"0":"Ada"}',
    "a string": b'"Ada"',
    "nothing": b"",
    "bytes that are no UTF-8": b'["A\xffda"]',
    "a list without an end": b'["Ada",',
}


def label_lists() -> Json:
    """What is read under a signature or a hash, and the labels in it or the kind of refusal."""
    texts = {**{name: encode_json(labels) for name, labels in LISTS.items()}, **NO_LISTS}
    small = [{"what": name, "list": text.hex(), **_read(text)} for name, text in texts.items()]
    filled = [(b'["Ada"]', size) for size in (MAX_LABELS_BYTES, MAX_LABELS_BYTES + 1)]
    return [
        *small,
        *(
            {"what": f"{size} bytes", "list": text.hex(), "filled_to": size, **_read(text.ljust(size))}
            for text, size in filled
        ),
        *(_numbered(count) for count in (MAX_LABELS, MAX_LABELS + 1)),
    ]


def _numbered(count: int) -> Json:
    """A list of the numbers from 0 on, in decimal digits, as labels; by their count alone."""
    read = _read(encode_json([str(number) for number in range(count)]))
    return {"what": f"{count} labels", "numbers": count, **({"refused": read["refused"]} if "refused" in read else {})}


def _read(text: bytes) -> dict[str, Json]:
    try:
        return {"labels": parse_labels(text)}
    except ContractError as error:
        return {"refused": type(error).__name__}


def entered_label(entered: str) -> Json:
    """Say what becomes of what a person entered."""
    try:
        label = read_label(entered)
    except ContractError as error:
        return {"entered": entered, "refused": type(error).__name__}
    return {"entered": entered, "label": label, "key": label_key(label)}


def label_keys() -> dict[str, Json]:
    """Map labels to their keys: every code point whose folding is none of lower(upper(it)), or is of several."""
    letters = [chr(point) for first, last in RANGES for point in range(first, last + 1)]
    odd = [one for one in letters if one.upper().lower() != one.casefold() or len(one.casefold()) > 1]
    return {read_label(one): label_key(read_label(one)) for one in (*ONE_LABEL, *odd)}


def code_points() -> bytes:
    """Write the four sets of code points: of each run the first and the last."""
    sets = {"letters": RANGES, "marks": runs(MARKS), "spaces": runs(WHITE_SPACE), "selectors": runs(SELECTORS)}
    return encode_json(sets) + b"\n"


def digest_of_all_code_points() -> str:
    """Return what becomes of every code point, alone and in company, as one hash: the same on every Python."""
    digest = hashlib.sha256()
    points = (*range(0x3400), *range(0x3400, 0xE000, 41), *range(0xF900, 0x1_2000), *range(0x1_2000, 0x1_FFFF, 7))
    for point in points:
        digest.update(ascii(entered_label(f"{chr(point)}\u0323\u0301")).encode())
    return digest.hexdigest()


if __name__ == "__main__":
    print(digest_of_all_code_points())
