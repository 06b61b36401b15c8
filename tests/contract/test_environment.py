"""Settings are declared once: read from the environment, refused by name, and described for the README."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest

from contract.environment import (
    SettingRow,
    number,
    one_of,
    path,
    read_variables,
    seconds,
    setting_rows,
    text,
    variable,
    whole,
    yes_or_no,
)


class Refused(Exception):
    """What the side that asks calls its errors."""


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Settings:
    store: str = field(metadata=variable("STORE", text, help="where things are kept"))
    threads: int = field(default=2, metadata=variable("THREADS", whole(low=1), unit="threads", help="of a process"))
    wait_s: float = field(default=20.0, metadata=variable("WAIT_S", seconds, unit="seconds", help="between two looks"))
    share: float = field(default=0.5, metadata=variable("SHARE", number(low=0, high=1), help="of the whole"))
    colour: Colour = field(default=Colour.RED, metadata=variable("COLOUR", one_of(Colour), help="of the walls"))
    idle: bool = field(default=True, metadata=variable("IDLE", yes_or_no, help="1: wait until nothing moves"))
    home: Path | None = field(default=None, metadata=variable("HOME_FOLDER", path, help="where it lives"))
    code: str = field(default="", repr=False, metadata=variable("CODE", text, help="what lets one in"))
    pin: int = field(default=0, repr=False, metadata=variable("PIN", whole(low=1, high=9999), help="what is typed"))


def read(**environment: str) -> Settings:
    return Settings(**read_variables(Settings, {"STORE": "here", **environment}, error=Refused))


def test_what_is_not_set_has_its_default() -> None:
    assert read() == Settings(store="here")


def test_an_empty_variable_counts_as_not_set() -> None:
    assert read(THREADS="", WAIT_S=" \n") == Settings(store="here")


def test_white_space_around_a_value_does_not_count() -> None:
    assert read(THREADS=" 4\n").threads == 4


def test_each_variable_is_read_as_what_it_is() -> None:
    settings = read(THREADS="4", WAIT_S="0.5", SHARE="1", COLOUR="blue", IDLE="0", HOME_FOLDER="~/x", CODE="c")
    assert (settings.threads, settings.wait_s, settings.share) == (4, 0.5, 1.0)
    assert (settings.colour, settings.idle, settings.code) == (Colour.BLUE, False, "c")
    assert settings.home == Path.home() / "x"


def test_a_missing_setting_is_named_with_what_it_is() -> None:
    with pytest.raises(Refused, match=r"^STORE is not set: where things are kept$"):
        read(STORE="")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("THREADS", "0", "a whole number of at least 1, got '0'"),
        ("THREADS", "1.5", "a whole number of at least 1, got '1.5'"),
        ("THREADS", "\u0661", "a whole number of at least 1, got '\u0661'"),
        pytest.param("THREADS", "9" * 5000, "a whole number of at least 1, got '999", id="5,000 digits"),
        ("WAIT_S", "0", "a positive number of seconds, got '0'"),
        ("WAIT_S", "nan", "a positive number of seconds, got 'nan'"),
        pytest.param("WAIT_S", "9" * 5000, "a positive number of seconds, got '999", id="5,000 digits of s"),
        ("SHARE", "1.1", "a number from 0 to 1, got '1.1'"),
        ("SHARE", "1e-3", "a number from 0 to 1, got '1e-3'"),
        ("COLOUR", "green", "one of red, blue, got 'green'"),
        ("IDLE", "yes", "0 or 1, got 'yes'"),
        (
            "HOME_FOLDER",
            "~nobody-of-this-name",
            "a path, its ~ a home folder that there is, got '~nobody-of-this-name'",
        ),
        ("PIN", "12345", "a whole number from 1 to 9999, got another text"),
    ],
)
def test_a_wrong_value_is_refused_in_one_short_line(name: str, value: str, expected: str) -> None:
    with pytest.raises(Refused) as refused:
        read(**{name: value})
    assert str(refused.value).startswith(f"{name}: expected {expected}")
    assert len(str(refused.value)) < 200


def test_no_message_and_no_cause_repeats_a_secret() -> None:
    """A cause is printed below the error where nobody catches it."""
    with pytest.raises(Refused) as refused:
        read(PIN="hunter2")
    assert "hunter2" not in str(refused.value)
    assert refused.value.__suppress_context__
    assert "hunter2" not in repr(read(CODE="hunter2"))


def test_every_setting_is_described_in_order() -> None:
    assert setting_rows(Settings)[:4] == (
        SettingRow("STORE", "", "", "where things are kept"),
        SettingRow("THREADS", "2", "threads", "of a process"),
        SettingRow("WAIT_S", "20", "seconds", "between two looks"),
        SettingRow("SHARE", "0.5", "", "of the whole"),
    )
    assert [row.default for row in setting_rows(Settings)[4:7]] == ["red", "1", ""]


@pytest.mark.parametrize("home", ["", "relative", "~"])
def test_without_a_home_folder_a_path_into_it_is_refused(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It became a folder in the working directory, called `~` or nothing at all."""
    monkeypatch.setenv("HOME", home)
    for value in ("~", "~/x"):
        with pytest.raises(ValueError, match="a path, its ~ a home folder that there is"):
            path(value)
    assert path("x/~") == Path("x/~")
