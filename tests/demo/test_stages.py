"""What the demo says while it is at work."""

import io

import pytest

from demo.stages import Stages


class Terminal(io.StringIO):
    """A screen that lines can move on."""

    def isatty(self) -> bool:
        return True


def test_a_stage_is_one_line_where_nobody_watches() -> None:
    screen = io.StringIO()
    with Stages(screen).stage("push", "upload the features") as tell:
        tell(1, 2)
    assert screen.getvalue() == "  0.0 s  upload the features\n"


def test_on_a_terminal_progress_moves_on_one_line() -> None:
    screen = Terminal()
    with Stages(screen).stage("push", "upload the features") as tell:
        tell(1, 2)
    assert "\r\x1b[K  ... upload the features 1/2" in screen.getvalue()
    assert screen.getvalue().count("\n") == 1


def test_a_stage_that_fails_says_so() -> None:
    screen, stages = io.StringIO(), Stages()
    stages.screen = screen
    with pytest.raises(ZeroDivisionError), stages.stage("push", "upload the features"):
        raise ZeroDivisionError
    assert screen.getvalue() == "  --- upload the features: not finished\n"
    assert stages.seconds_of == {}


def test_stages_of_one_name_add_up() -> None:
    stages = Stages(io.StringIO())
    with stages.stage("start", "start the service"):
        pass
    first = stages.seconds_of["start"]
    with stages.stage("start", "enrol the devices"):
        pass
    assert stages.seconds_of["start"] > first


def test_a_note_stands_on_a_line_of_its_own() -> None:
    screen = io.StringIO()
    Stages(screen).note("4 photos are copies")
    assert screen.getvalue() == "         4 photos are copies\n"
