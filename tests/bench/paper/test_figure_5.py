"""What acts cost a device: the exhibit, its words and its plot."""

import json
import statistics
from pathlib import Path

import pytest

from bench.evidence.errors import CannotMeasure
from bench.evidence.row import EvidenceRow, figure_of
from bench.measure.training_session import RUNTIMES
from bench.paper.costs import (
    DOWN,
    FEEDBACK,
    INDEX,
    INFERENCE,
    JOULES,
    NO_EXPORT,
    NOTHING_NEW,
    PROCESSOR,
    PROGRAM,
    PULL,
    PUSH,
    STEPS,
    UP,
    WAKE_UPS,
    joules_row,
    training_name,
)
from bench.paper.energy import Coefficients
from bench.paper.figure_5 import EXHIBIT, findings
from tests.bench.toys import take_toy, toy_run


def test_push_pull_and_training_are_measured_side_by_side(tmp_path: Path) -> None:
    rows = take_toy(EXHIBIT, tmp_path)
    assert [figure_of(rows, name, WAKE_UPS) for name in (PUSH, PULL, NOTHING_NEW)] == [1, 1, 1]
    assert (figure_of(rows, PUSH, UP) or 0) > (figure_of(rows, PULL, UP) or 0) > 0
    assert (figure_of(rows, PULL, DOWN) or 0) > (figure_of(rows, NOTHING_NEW, DOWN) or 0) > 0
    training = training_name(next(iter(RUNTIMES)), STEPS[0])
    assert (figure_of(rows, training, UP), figure_of(rows, training, WAKE_UPS)) == (0, 0)
    for name in (PUSH, PULL, training):
        assert 0 < (figure_of(rows, name, PROCESSOR) or 0) < (figure_of(rows, name, PROGRAM) or 0)
    assert (figure_of(rows, FEEDBACK, PROCESSOR) or 0) > 0
    assert {row.note for row in rows if row.line == INFERENCE} == {NO_EXPORT}
    assert {row.note for row in rows if row.column == INDEX} == {f"By {Coefficients().figures()}."}
    lines = {row.line for row in rows}
    assert {row.line for row in rows if row.column == JOULES} == lines
    raw = json.loads((tmp_path / f"{PUSH}.json").read_text())["live"]
    assert statistics.median(one["up_bytes"] for one in raw) == 1000 * (figure_of(rows, PUSH, UP) or 0)
    assert {path.stem for path in tmp_path.glob("*.json")} >= lines - {INFERENCE}
    assert "wakes the radio 2 times" in EXHIBIT.findings(rows)[0]
    assert EXHIBIT.draw is not None
    assert EXHIBIT.draw(rows).axes


def _rows(*, training_ms: float) -> list[EvidenceRow]:
    names = [training_name(runtime, steps) for runtime in RUNTIMES for steps in STEPS]
    costs = {PUSH: (8.0, 4.0, 0.3, 1.0), PULL: (12.0, 1.0, 39.0, 1.0)}
    costs |= dict.fromkeys(names, (training_ms, 0.0, 0.0, 0.0))
    columns = (PROCESSOR, UP, DOWN, WAKE_UPS)
    return [
        EvidenceRow(name, column, value, "")
        for name, values in costs.items()
        for column, value in (*zip(columns, values, strict=True), (INDEX, 1.0))
    ]


def test_an_order_that_needs_no_coefficient_is_told_as_certain() -> None:
    first, index, _ = findings(_rows(training_ms=5.0))
    assert "takes 20 ms of processor" in first
    assert "takes less energy than an exchange, whatever" in first
    assert "an exchange comes to 9.53 J and on-device training to 0.00912 J. 96 %" in index


def test_an_order_that_hangs_on_coefficients_is_told_as_that() -> None:
    first, *_ = findings(_rows(training_ms=50.0))
    assert "In 0 of 4 cases every column is smaller; in the others it hangs on what each costs." in first


@pytest.mark.parametrize("text", ["nan", "-1", "inf", "much"])
def test_a_coefficient_that_costs_nothing_real_is_refused_at_the_door(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_UP_UJ", text)
    with pytest.raises(CannotMeasure, match=f"EVIDENCE_UP_UJ: expected a number from 0 on, got '{text}'"):
        EXHIBIT.measure(toy_run(tmp_path))


def test_joules_are_those_of_one_act_where_the_machine_counts_them(tmp_path: Path) -> None:
    package = tmp_path / "intel-rapl:0"
    package.mkdir()
    (package / "max_energy_range_uj").write_text("9999999")
    energy = package / "energy_uj"
    energy.write_text("0")

    def act() -> None:
        energy.write_text(str(int(energy.read_text()) + 500_000))

    row = joules_row(PUSH, [act, act, act], note="of all", powercap=tmp_path)
    assert row.value == pytest.approx(0.5)
    assert row.note == "of all"
    assert joules_row(PUSH, [act], note="", powercap=tmp_path / "nowhere").value is None
