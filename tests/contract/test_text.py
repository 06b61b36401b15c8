"""What a stranger wrote is shown to people without obeying it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.text import controls, escaped
from tests.contract.label_vectors import SCOTLAND


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\u001b[2J"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\x9b31m\x7f", "\\u009b31m\\u007f"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u2028b\ufeff", "a\\u2028b\\ufeff"),
        ("\U000e0041", "\\udb40\\udc41"),
        ("\udcff.png", "\\udcff.png"),
    ],
)
def test_what_a_terminal_obeys_is_escaped(text: str, shown: str) -> None:
    """The name of a photo could clear the screen, or write an answer of its own below it."""
    assert escaped(text) == shown


@pytest.mark.parametrize(
    "text", ["Ada", "明子\u3000山田", "علی\u200cرضا", "👩\u200d🔬", "a\u00a0b", "C:\\photos", SCOTLAND]
)
def test_what_only_shows_is_left_as_it_is(text: str) -> None:
    assert escaped(text) == text


@given(st.text(max_size=40))
def test_json_that_is_escaped_is_the_same_json_and_controls_nothing(text: str) -> None:
    line = escaped(json.dumps({"photo": text}, ensure_ascii=False))
    assert json.loads(line) == {"photo": text}
    assert not any(map(controls, line))
    assert escaped(line) == line
