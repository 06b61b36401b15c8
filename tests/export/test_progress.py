"""What a person sees of an export: names of the user's in it are text, whatever letters they have."""

import pytest

from export.progress import Terminal

NAMES = ("cutting after [/base]", "cutting after [bold]x[/]", "warning: \x1b[2Jgone")


@pytest.mark.parametrize("moving", [True, False])
def test_a_step_is_shown_as_it_is_called(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *, moving: bool
) -> None:
    if moving:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "120")
    with Terminal() as at_step:
        for name in NAMES:
            at_step(name, 0, 0)
    shown = capfd.readouterr().err
    assert "cutting after [/base]" in shown
    assert "cutting after [bold]x[/]" in shown
    assert "\\u001b[2Jgone" in shown
    assert "\x1b[2J" not in shown
