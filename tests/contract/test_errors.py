"""Refusals say where, what was expected and what came, and travel between processes."""

import pickle

import pytest

from contract.errors import (
    ContractError,
    Impossible,
    Malformed,
    SelfTestFailed,
    TooLarge,
    UnsupportedVersion,
    WrongSpace,
    shown,
)


@pytest.mark.parametrize(
    "kind", [ContractError, Malformed, UnsupportedVersion, TooLarge, Impossible, WrongSpace, SelfTestFailed]
)
def test_an_error_survives_a_trip_between_processes(kind: type[ContractError]) -> None:
    error = pickle.loads(pickle.dumps(kind("upload.count", expected="1", got="2")))
    assert type(error) is kind
    assert str(error) == "upload.count: expected 1, got 2"
    assert (error.where, error.expected, error.got) == ("upload.count", "1", "2")


@pytest.mark.parametrize("value", ["x" * 10_000, ["x" * 1_000] * 1_000, {"k" * 500: "v" * 500}, 10**400, b"\xff" * 999])
def test_a_strangers_value_is_shown_in_one_short_line(value: object) -> None:
    assert len(shown(value)) <= 80


@pytest.mark.parametrize("text", ["two\nlines", "\x1b[2J", "\ud800", "\u202egnol"])
def test_what_is_shown_has_nothing_that_a_terminal_obeys(text: str) -> None:
    assert shown(text).isprintable()


@pytest.mark.parametrize(
    ("text", "as_shown"),
    [
        ("two\nlines", r"'two\nlines'"),
        ("x" * 78, f"'{'x' * 78}'"),
        ("x" * 79, f"'{'x' * 37}...{'x' * 38}'"),
        ("\n" * 39, "'" + r"\n" * 39 + "'"),
        ("\t" * 40, "'" + r"\t" * 18 + "\\..." + r"\t" * 19 + "'"),
    ],
)
def test_a_text_is_shown_whole_where_it_fits_and_else_without_its_middle(text: str, as_shown: str) -> None:
    assert shown(text) == as_shown
