"""Text for people: what may be shown on a terminal, whoever wrote it."""

import json
import re
import unicodedata

JOINERS = "\u200c\u200d"
"""Zero-width non-joiner and joiner: Persian and Indic names are spelled with them, and emoji are put together."""

FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
"""A black flag, the code of a country and its part as tags, and the end: those of Scotland, Texas, ..."""

_FLAGS = re.compile(f"({FLAG.pattern})")
_CONTROLLING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def controls(letter: str) -> bool:
    """Tell whether a code point controls rather than shows.

    Controls and surrogates (categories Cc, Cs) do, line and paragraph separators (Zl, Zp), and format characters (Cf:
    those of no width, those that change the direction), which can make one name look like another; the two joiners do
    not count.
    """
    return unicodedata.category(letter) in _CONTROLLING and letter not in JOINERS


def escaped(text: str) -> str:
    r"""Write what controls as JSON escapes it (`\u001b`), so that a stranger's text moves no cursor and adds no line.

    Flags are shown. Escaping twice changes nothing more, and JSON stays the same JSON.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(part if FLAG.fullmatch(part) else _escaped_letters(part) for part in _FLAGS.split(text))


def _escaped_letters(text: str) -> str:
    return "".join(json.dumps(letter)[1:-1] if controls(letter) else letter for letter in text)
