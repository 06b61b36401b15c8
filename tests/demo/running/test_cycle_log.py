"""What the demo reads in the worker's log."""

from pathlib import Path

import pytest

from cloud.training.cycle import CycleStep
from demo.running.cycle_log import read_refusal, read_steps

STARTED = '{"message": "cycle: processes started", "seconds": 0.1}\n'
REFUSED = '{"message": "cycle: judged", "seconds": 7.0, "passes": false, "reason": "worse"}\n'
PASSED = '{"message": "cycle: judged", "seconds": 8.5, "passes": true, "reason": "better"}\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "worker.log"


def test_the_steps_are_those_of_the_last_cycle(log: Path) -> None:
    log.write_text('{"message": "merged", "rows": 3}\nlibrary noise\n' + STARTED + REFUSED + STARTED)
    assert list(read_steps(log)) == [CycleStep.PROCESSES_STARTED]
    log.write_text(STARTED + REFUSED + STARTED + PASSED)
    assert read_steps(log)[CycleStep.JUDGED]["seconds"] == 8.5


def test_half_a_line_is_not_read(log: Path) -> None:
    log.write_text(STARTED + REFUSED[:30])
    assert list(read_steps(log)) == [CycleStep.PROCESSES_STARTED]


def test_a_head_that_the_gate_refused_has_a_reason(log: Path) -> None:
    """The demo once pulled for five minutes, and then said only that no better head had come."""
    log.write_text(STARTED + REFUSED)
    assert read_refusal(log) == "worse"


@pytest.mark.parametrize("text", ["", STARTED, STARTED + PASSED, STARTED + REFUSED + STARTED])
def test_a_head_that_the_gate_has_not_refused_has_none(log: Path, text: str) -> None:
    log.write_text(text)
    assert read_refusal(log) is None
