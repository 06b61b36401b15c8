"""The header by which a client says which formats it reads, so that a later service can answer in an older one.

    Fedex-Formats: manifest=1, spaces=1, manifest=2

What a client does not name it reads in the first format; without the header that is all. A service says in it what it
has instead.
"""

import re
from collections.abc import Iterable, Mapping

from contract.errors import Malformed, TooLarge, shown

FORMATS = "Fedex-Formats"
MAX_FORMATS_CHARACTERS = 256
FIRST_FORMAT = 1

FORMAT_PATTERN = re.compile("[a-z][a-z-]{0,31}=[1-9][0-9]{0,3}")
"""A document, and a format of it that is read."""

Formats = Mapping[str, frozenset[int]]
"""By document: the major versions that are read."""


def parse_formats(text: str) -> Formats:
    """Read the header's value; "" where there is none. Documents that are not known count too.

    Raises:
        TooLarge, Malformed: it is not such a list.
    """
    if len(text) > MAX_FORMATS_CHARACTERS:
        expected = f"at most {MAX_FORMATS_CHARACTERS} characters"
        raise TooLarge(FORMATS, expected=expected, got=f"{len(text)} characters")
    formats: dict[str, frozenset[int]] = {}
    for item in text.split(",") if text.strip(" \t") else ():
        stripped = item.strip(" \t")
        if not FORMAT_PATTERN.fullmatch(stripped):
            raise Malformed(FORMATS, expected="items like manifest=1, with commas between", got=shown(item))
        document, _, version = stripped.partition("=")
        formats[document] = formats.get(document, frozenset()) | {int(version)}
    return formats


def encode_formats(formats: Iterable[tuple[str, int]]) -> str:
    """Write the header's value."""
    return ", ".join(f"{document}={version}" for document, version in formats)


def reads(formats: Formats, document: str, version: int) -> bool:
    """Tell whether a client that sent these reads a document in a format."""
    return version in formats.get(document, frozenset({FIRST_FORMAT}))
