"""Text for people: what may be shown on a terminal, whoever wrote it."""

import json
import unicodedata

JOINERS = "\u200c\u200d"
"""Zero-width non-joiner and joiner: Persian and Indic names are spelled with them, and emoji are put together."""

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

    Escaping twice changes nothing more, and JSON stays the same JSON.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(json.dumps(letter)[1:-1] if controls(letter) else letter for letter in text)
