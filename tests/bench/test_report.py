"""Rows, goals and how they are shown."""

import json
from pathlib import Path

import pytest

from bench.report import format_rows, write_report
from bench.row import BenchRow, Goal, NotMeasured, at_least, at_most


def test_a_goal_is_about_the_ratio_where_there_is_a_reference() -> None:
    assert BenchRow("prefix", 9.0, "ms", reference=30.0, goal=at_most(0.35)).holds is True
    assert BenchRow("prefix", 12.0, "ms", reference=30.0, goal=at_most(0.35)).holds is False


def test_a_goal_is_about_the_value_where_there_is_none() -> None:
    assert BenchRow("bytes a sample", 330.0, "bytes", goal=at_most(330)).holds is True


def test_a_row_without_a_goal_neither_holds_nor_fails() -> None:
    assert BenchRow("start-up", 8.0, "s").holds is None


@pytest.mark.parametrize("goal", [at_most(1.0), at_least(1.0)])
def test_not_a_number_meets_no_goal(goal: Goal) -> None:
    assert not goal.is_met_by(float("nan"))


def test_the_json_has_the_seven_keys_of_each_row(tmp_path: Path) -> None:
    write_report([BenchRow("prefix", 9.0, "ms", reference=30.0, goal=at_most(0.35))], tmp_path / "build" / "bench.json")
    [row] = json.loads((tmp_path / "build" / "bench.json").read_text())
    assert row == {
        "name": "prefix", "value": 9.0, "unit": "ms", "reference": 30.0, "ratio": 0.3,
        "goal": "at most 0.35", "holds": True,
    }  # fmt: skip


def test_what_was_left_out_is_said_with_its_reason(tmp_path: Path) -> None:
    rows = [NotMeasured("faces", "real weights and faces are not here")]
    assert "left out: faces: real weights and faces are not here" in format_rows(rows)
    write_report(rows, tmp_path / "bench.json")
    assert json.loads((tmp_path / "bench.json").read_text())[0]["left_out"] == "real weights and faces are not here"


def test_a_missed_goal_stands_out() -> None:
    table = format_rows([BenchRow("prefix", 12.0, "ms", reference=30.0, goal=at_most(0.35))])
    assert table.splitlines()[1].split() == ["prefix", "12", "ms", "30", "0.400", "at", "most", "0.35", "NO"]
