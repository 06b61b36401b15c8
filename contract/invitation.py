"""Invitations: what an operator gives to whoever enrols a device, as a code to scan or to type.

::

    fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org&code=kitchen-42&key=<32 hex>

`key` is the fingerprint of the service's verification key: 128 bits of its sha256.
"""

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from contract.errors import Impossible, Malformed, TooLarge, UnsupportedVersion, shown
from contract.patterns import CODE_PATTERN, FINGERPRINT_PATTERN

MAX_INVITATION_CHARACTERS = 2_048
INVITATION_VERSION = "1"
FINGERPRINT_DIGITS = 32
_BEGINNING = "fedex://enrol?"
_ESCAPED = re.compile(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*")
_URL = re.compile(r"https?://[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where a service is, what lets a device in, and how to know the service's key."""

    url: str
    code: str = field(repr=False)
    fingerprint: str
    """Of the service's key, or of one before it: 32 hex digits."""

    @classmethod
    def parse(cls, text: str) -> "Invitation":
        """Read what a code for scanning holds; no message repeats the enrolment code.

        Raises:
            TooLarge, Malformed, UnsupportedVersion, Impossible: not an invitation of this version.
        """
        if len(text) > MAX_INVITATION_CHARACTERS:
            expected = f"at most {MAX_INVITATION_CHARACTERS} characters"
            raise TooLarge("invitation", expected=expected, got=str(len(text)))
        if not text.startswith(_BEGINNING):
            raise Malformed("invitation", expected=f"{_BEGINNING}...", got=shown(text[: len(_BEGINNING)]))
        values = _parse_query(text.removeprefix(_BEGINNING))
        if values.get("v") != INVITATION_VERSION:
            raise UnsupportedVersion("invitation.v", expected=INVITATION_VERSION, got=shown(values.get("v")))
        return cls(
            url=_checked(values, "url", _URL),
            code=_checked(values, "code", CODE_PATTERN),
            fingerprint=_checked(values, "key", FINGERPRINT_PATTERN),
        )

    def encode(self) -> str:
        """Write the invitation; the same one gives the same text."""
        values = {"v": INVITATION_VERSION, "url": self.url, "code": self.code, "key": self.fingerprint}
        return _BEGINNING + "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())


def fingerprint(public_key: bytes) -> str:
    """Return what people compare of a raw Ed25519 public key: the first 32 hex digits of its sha256."""
    return hashlib.sha256(public_key).hexdigest()[:FINGERPRINT_DIGITS]


def shown_fingerprint(digits: str) -> str:
    """Write a fingerprint for people: groups of four digits, joined by hyphens."""
    return "-".join(digits[begin : begin + 4] for begin in range(0, len(digits), 4))


def parse_fingerprint(text: str) -> str:
    """Read a fingerprint as somebody typed it: in any case, with hyphens and spaces.

    Raises:
        Malformed: it is not 32 hexadecimal digits.
    """
    digits = text.replace("-", "").replace(" ", "").lower()
    if not FINGERPRINT_PATTERN.fullmatch(digits):
        raise Malformed("fingerprint", expected=f"{FINGERPRINT_DIGITS} hexadecimal digits", got=shown(text))
    return digits


def _parse_query(query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if not equals or name in values or not (_is_written_so(name) and _is_written_so(value)):
            expected = "name=value, each name once, other characters escaped"
            raise Malformed("invitation", expected=expected, got=f"{len(part)} characters of something else")
        values[name] = unquote(value)
    return values


def _is_written_so(text: str) -> bool:
    """Tell whether this is how a writer spells something: UTF-8, and nothing escaped that need not be."""
    return _ESCAPED.fullmatch(text) is not None and quote(unquote(text), safe="") == text


def _checked(values: dict[str, str], name: str, pattern: re.Pattern[str]) -> str:
    value = values.get(name)
    if value is None:
        raise Malformed(f"invitation.{name}", expected="a value", got="nothing")
    if not pattern.fullmatch(value):
        raise Impossible(f"invitation.{name}", expected=f"text like {pattern.pattern}", got="another text")
    return value
