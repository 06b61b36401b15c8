"""Settings of both sides: how an environment variable is declared, read, refused by name, and described.

A side keeps one frozen dataclass with a field for each variable, and reads it once, at its start:

    @dataclass(frozen=True, slots=True)
    class Settings:
        store: str = field(metadata=variable("STORE", text, help="where everything is kept"))
        threads: int = field(default=1, metadata=variable("THREADS", whole(low=1), unit="threads", help="of a process"))
        code: str | None = field(default=None, repr=False, metadata=variable("CODE", text, help="what lets one in"))

    Settings(**read_variables(Settings, os.environ, error=SettingError))

White space around a value does not count, and an empty variable counts as not set. A field without a default must be
set. A field that is not in `repr` is a secret: no message repeats its value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from contract.errors import shown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Choice = TypeVar("Choice", bound=str)
Parse = Callable[[str], object]
"""Turns a variable's text into its value; a `ValueError` says what was expected."""


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as README's table shows it."""

    variable: str
    default: str
    """Empty where there is no default."""
    unit: str
    """Empty where there is no unit."""
    help: str


def variable(name: str, parse: Parse, *, help: str, unit: str = "") -> dict[str, Any]:
    """Describe the variable of a field, as the field's metadata."""
    return {"variable": name, "parse": parse, "help": help, "unit": unit}


def read_variables(
    settings: type[DataclassInstance], environment: Mapping[str, str], *, error: Callable[[str], Exception]
) -> dict[str, Any]:
    """Read the variables of `settings` that are set, by field name.

    Raises:
        error: a variable is missing or wrong; the message names it, what was expected and, but for secrets, what came.
    """
    values: dict[str, Any] = {}
    for setting in fields(settings):
        value = environment.get(setting.metadata["variable"], "").strip()
        if value:
            values[setting.name] = _parse(setting, value, error)
        elif setting.default is MISSING and setting.default_factory is MISSING:
            raise error(f"{setting.metadata['variable']} is not set: {setting.metadata['help']}")
    return values


def setting_rows(settings: type[DataclassInstance]) -> tuple[SettingRow, ...]:
    """Describe every setting, in the order of the fields."""
    return tuple(_row(setting) for setting in fields(settings))


def text(value: str) -> str:
    """Accept any text."""
    return value


def path(value: str | Path) -> Path:
    """Parse a path; a `~` at its beginning is a home folder. It serves options of command lines too."""
    missing = ValueError("a path, its ~ a home folder that there is")
    try:
        expanded = Path(value).expanduser()
    except RuntimeError as error:  # no such user, or one without a home folder
        raise missing from error
    is_own = str(value) == "~" or str(value).startswith("~/")
    if is_own and not os.environ.get("HOME", "/").startswith("/"):  # empty, which would be the root, or relative
        raise missing
    return expanded


def yes_or_no(value: str) -> bool:
    """Parse 0 or 1."""
    if value not in ("0", "1"):
        raise ValueError("0 or 1")
    return value == "1"


def whole(*, low: int, high: int | None = None) -> Callable[[str], int]:
    """Return a parser of whole numbers from `low` on, or up to `high`, of at most nine digits."""
    expected = f"a whole number of at least {low}" if high is None else f"a whole number from {low} to {high}"

    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < low or (high is not None and int(value) > high):
            raise ValueError(expected)
        return int(value)

    return parse


def number(*, low: float, high: float) -> Callable[[str], float]:
    """Return a parser of decimal numbers from `low` to `high`, both included."""

    def parse(value: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value) or not low <= float(value) <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return float(value)

    return parse


def seconds(value: str) -> float:
    """Parse a time span."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value) or float(value) == 0:
        raise ValueError("a positive number of seconds")
    return float(value)


def one_of(choices: Iterable[Choice]) -> Callable[[str], Choice]:
    """Return a parser of names: a variable's text is one of `choices`."""
    known = {str(choice): choice for choice in choices}

    def parse(value: str) -> Choice:
        if value not in known:
            raise ValueError(f"one of {', '.join(known)}")
        return known[value]

    return parse


def _parse(setting: Field[Any], value: str, error: Callable[[str], Exception]) -> object:
    try:
        parsed: object = setting.metadata["parse"](value)
    except ValueError as refusal:
        got = shown(value) if setting.repr else "another text"
        raise error(f"{setting.metadata['variable']}: expected {refusal}, got {got}") from None
    return parsed


def _row(setting: Field[Any]) -> SettingRow:
    about = setting.metadata
    return SettingRow(about["variable"], _default(setting.default), about["unit"], about["help"])


def _default(value: object) -> str:
    if value is MISSING or value is None or value == ():
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
