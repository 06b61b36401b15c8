"""JSON documents: read strictly and within bounds, written in one way.

Stricter than RFC 8259 where it is silent or lenient: UTF-8 without a byte order mark, no key twice in one object, no
NaN or Infinity, integers within +-(2**53 - 1), numbers finite, no lone surrogate, at most `MAX_DEPTH` objects and
arrays one inside the other.
"""

import base64
import binascii
import functools
import json
import math
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from contract.errors import Impossible, Malformed, TooLarge, UnsupportedVersion, shown
from contract.patterns import check_name

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

MAX_DEPTH = 16
"""Objects and arrays count, the outermost as the first; plain values in the innermost do not."""
MAX_INTEGER = 2**53 - 1
MAX_INTEGER_CHARACTERS = 17
MAX_TEXT_CHARACTERS = 1_024

_SURROGATE = re.compile("[\ud800-\udfff]")

Choice = TypeVar("Choice", bound=StrEnum)


class Fields:
    """One JSON object, read field by field; every refusal names the field. Keys that nobody asks for are ignored."""

    def __init__(self, values: Mapping[str, Json], *, where: str) -> None:
        self._values = values
        self._where = where

    def __contains__(self, key: str) -> bool:
        """Tell whether `key` is there with a value other than null."""
        return self._values.get(key) is not None

    def place(self, key: str) -> str:
        """Name the field `key` for a message."""
        return f"{self._where}.{key}"

    def check_format(self, supported: int) -> None:
        """Refuse a document of another major version than `supported`.

        Raises:
            UnsupportedVersion: `format` is another integer.
            Malformed: `format` is missing or not an integer.
        """
        version = self._get("format", int, "an integer")
        if version != supported:
            raise UnsupportedVersion(self.place("format"), expected=str(supported), got=str(version))

    def text(self, key: str, *, max_characters: int = MAX_TEXT_CHARACTERS) -> str:
        """Read a string."""
        value: str = self._get(key, str, "a string")
        if len(value) > max_characters:
            raise TooLarge(self.place(key), expected=f"at most {max_characters} characters", got=str(len(value)))
        return value

    def name(self, key: str, pattern: re.Pattern[str]) -> str:
        """Read a string that matches the whole of `pattern`."""
        return check_name(self.text(key), pattern, where=self.place(key))

    def choice(self, key: str, choices: type[Choice]) -> Choice:
        """Read a string that is one of the values of an enum."""
        value = self.text(key)
        try:
            return choices(value)
        except ValueError:
            expected = f"one of {', '.join(choices)}"
            raise Malformed(self.place(key), expected=expected, got=shown(value)) from None

    def integer(self, key: str, *, low: int = 0, high: int = MAX_INTEGER) -> int:
        """Read an integer of `low` to `high`, both included; true and 1.0 are not integers."""
        return _check_integer(self._get(key, int, "an integer"), where=self.place(key), low=low, high=high)

    def boolean(self, key: str) -> bool:
        """Read true or false; 0 and 1 are neither."""
        value: bool = self._get(key, bool, "true or false")
        return value

    def number(self, key: str, *, low: float, high: float) -> float:
        """Read a number of `low` to `high`, both included; integers count."""
        value = float(self._get(key, (int, float), "a number"))
        if not low <= value <= high:
            raise Impossible(self.place(key), expected=f"a number from {low} to {high}", got=str(value))
        return value

    def items(self, key: str, *, max_items: int) -> list[Json]:
        """Read a list of at most `max_items` values."""
        value: list[Json] = self._get(key, list, "a list")
        if len(value) > max_items:
            raise TooLarge(self.place(key), expected=f"at most {max_items} items", got=str(len(value)))
        return value

    def integers(self, key: str, *, max_items: int) -> tuple[int, ...]:
        """Read a list of at most `max_items` integers, none negative."""
        values, where = self.items(key, max_items=max_items), self.place(key)
        return tuple([_check_integer(value, where=where, low=0, high=MAX_INTEGER) for value in values])

    def texts(self, key: str, *, max_items: int) -> tuple[str, ...]:
        """Read a list of at most `max_items` strings, each as `text` reads one."""
        numbers, numbered = self._numbered(key, max_items)
        return tuple(numbered.text(number) for number in numbers)

    def document(self, key: str) -> "Fields":
        """Read an object."""
        return Fields(self._get(key, dict, "an object"), where=self.place(key))

    def documents(self, key: str, *, max_items: int) -> tuple["Fields", ...]:
        """Read a list of at most `max_items` objects."""
        numbers, numbered = self._numbered(key, max_items)
        return tuple(numbered.document(number) for number in numbers)

    def as_json(self) -> Mapping[str, Json]:
        """Return the whole object as it stands, with the keys that nobody asks for."""
        return self._values

    def binary(self, key: str, *, max_bytes: int) -> bytes:
        """Read a string of standard base64 with padding (RFC 4648, section 4), at most `max_bytes` when decoded."""
        text: str = self._get(key, str, "a string of base64")
        if len(text) > 4 * math.ceil(max_bytes / 3):
            raise TooLarge(self.place(key), expected=f"base64 of {max_bytes} bytes at most", got=str(len(text)))
        return _decode_base64(text, where=self.place(key), max_bytes=max_bytes)

    def binaries(self, key: str, *, max_items: int, max_bytes: int) -> tuple[bytes, ...]:
        """Read a list of at most `max_items` strings, each as `binary` reads one."""
        numbers, numbered = self._numbered(key, max_items)
        return tuple(numbered.binary(number, max_bytes=max_bytes) for number in numbers)

    def keys(self) -> tuple[str, ...]:
        """List the keys of the object, as they stand."""
        return tuple(self._values)

    def _numbered(self, key: str, max_items: int) -> tuple[tuple[str, ...], "Fields"]:
        """Read a list as an object whose keys are "0", "1" and so on."""
        values = {str(number): value for number, value in enumerate(self.items(key, max_items=max_items))}
        return tuple(values), Fields(values, where=self.place(key))

    def _get(self, key: str, kind: type | tuple[type, ...], expected: str) -> Any:
        if key not in self._values:
            raise Malformed(self.place(key), expected=expected, got="nothing")
        value = self._values[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Malformed(self.place(key), expected=expected, got=shown(value))
        return value


def parse_document(data: bytes | memoryview, *, where: str, max_bytes: int) -> Fields:
    """Parse a JSON object of at most `max_bytes`.

    Raises:
        TooLarge: there are more bytes than that; nothing was parsed.
        Malformed: not a JSON object within the rules of this module.
    """
    value = parse_json(data, where=where, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise Malformed(where, expected="a JSON object", got=shown(value))
    return Fields(value, where=where)


def parse_json(data: bytes | memoryview, *, where: str, max_bytes: int) -> Json:
    """Parse any JSON value of at most `max_bytes`; raises as `parse_document` does."""
    if len(data) > max_bytes:
        raise TooLarge(where, expected=f"at most {max_bytes} bytes", got=f"{len(data)} bytes")
    try:
        text = str(data, "utf-8")
        value: Json = _strict_decoder().decode(text)
    except RecursionError:
        raise Malformed(where, expected=f"JSON at most {MAX_DEPTH} levels deep", got="far deeper JSON") from None
    except ValueError as error:
        raise Malformed(where, expected="JSON in UTF-8", got=str(error)) from error
    # Most documents have no escape and few brackets, and need not be looked through.
    if "\\u" in text:
        _check_texts(value, where)
    if _may_be_deep(text):
        _check_depth(value, where)
    return value


def encode_json(value: Json, *, sort_keys: bool = True) -> bytes:
    """Write JSON in its one form here: UTF-8, no spaces, keys sorted by code point unless their order is kept.

    Raises:
        Impossible: NaN, infinity, or a lone surrogate.
    """
    try:
        return _encoder(sort_keys=sort_keys).encode(value).encode("utf-8")
    except ValueError as error:
        expected = "finite numbers, and text without lone surrogates"
        raise Impossible("JSON", expected=expected, got=str(error)) from error


def encode_base64(data: bytes) -> str:
    """Write bytes as `Fields.binary` reads them."""
    return base64.b64encode(data).decode("ascii")


def _check_integer(value: Json, *, where: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed(where, expected="an integer", got=shown(value))
    if not low <= value <= high:
        raise Impossible(where, expected=f"an integer from {low} to {high}", got=str(value))
    return value


def _decode_base64(text: str, *, where: str, max_bytes: int) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(where, expected="standard base64 with padding", got=str(error)) from error
    if encode_base64(data) != text:
        raise Malformed(where, expected="base64 whose unused bits are zero", got=shown(text[-4:]))
    if len(data) > max_bytes:
        raise TooLarge(where, expected=f"at most {max_bytes} bytes", got=f"{len(data)} bytes")
    return data


@functools.cache
def _encoder(*, sort_keys: bool) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=sort_keys)


@functools.cache
def _strict_decoder() -> json.JSONDecoder:
    """Make the decoder of `parse_json` once: making one takes longer than reading a short document."""
    return json.JSONDecoder(
        object_pairs_hook=_object_without_duplicates,
        parse_int=_bounded_integer,
        parse_float=_finite_number,
        parse_constant=_refuse_constant,
    )


def _object_without_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    values = {}
    for key, value in pairs:
        if key in values:
            raise ValueError(f"the key {shown(key)} twice")
        values[key] = value
    return values


def _bounded_integer(digits: str) -> int:
    # The length comes first: turning a million digits into a number takes quadratic time.
    if len(digits) > MAX_INTEGER_CHARACTERS or abs(number := int(digits)) > MAX_INTEGER:
        raise ValueError(f"an integer of {len(digits)} characters, beyond 2**53 - 1")
    return number


def _finite_number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {shown(digits)}, beyond double precision")
    return number


def _refuse_constant(name: str) -> None:
    raise ValueError(f"the constant {name}")


def _check_texts(root: Json, where: str) -> None:
    """Look at every text, level by level, as far as `_check_depth` lets a document go."""
    values: Sequence[Json] = [root]
    for _ in range(MAX_DEPTH + 1):
        for value in values:
            if isinstance(value, str) and not value.isascii() and _SURROGATE.search(value):
                raise Malformed(where, expected="text without lone surrogates", got=shown(value))
        values = [inner for value in values for inner in _values_inside(value)]


def _values_inside(value: Json) -> Sequence[Json]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else ()


def _may_be_deep(text: str) -> bool:
    """Count brackets, in texts too: at no place are more of them open than came before it, or than come after it."""
    middle = len(text) // 2
    opening = text.count("{", 0, middle) + text.count("[", 0, middle)
    closing = text.count("}", middle) + text.count("]", middle)
    return max(opening, closing) > MAX_DEPTH


def _check_depth(root: Json, where: str) -> None:
    level: list[Any] = [root] if isinstance(root, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for container in level
            for inner in (container.values() if isinstance(container, dict) else container)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return
    raise Malformed(where, expected=f"JSON at most {MAX_DEPTH} levels deep", got="deeper JSON")
