"""What acts cost a device: the exhibit, its words and its plot."""

from pathlib import Path

from bench.evidence.exhibit import Run, Size
from bench.evidence.row import EvidenceRow, figure_of
from bench.isolated import in_fresh_process
from bench.measure.training_session import RUNTIMES
from bench.paper.costs import (
    DOWN,
    FEEDBACK,
    INDEX,
    INFERENCE,
    NO_EXPORT,
    NOTHING_NEW,
    PROCESSOR,
    PROGRAM,
    PULL,
    PUSH,
    STEPS,
    UP,
    WAKE_UPS,
    training_name,
)
from bench.paper.figure_5 import EXHIBIT, findings


def _say(line: str) -> None:
    """Say nothing."""


def _measure(folder: Path) -> list[EvidenceRow]:
    return list(EXHIBIT.measure(Run(Size.TOY, folder, folder, _say)))


def test_push_pull_and_training_are_measured_side_by_side(tmp_path: Path) -> None:
    rows = in_fresh_process(_measure, tmp_path)
    assert [figure_of(rows, name, WAKE_UPS) for name in (PUSH, PULL, NOTHING_NEW)] == [1, 1, 1]
    assert (figure_of(rows, PUSH, UP) or 0) > (figure_of(rows, PULL, UP) or 0) > 0
    assert (figure_of(rows, PULL, DOWN) or 0) > (figure_of(rows, NOTHING_NEW, DOWN) or 0) > 0
    training = training_name(next(iter(RUNTIMES)), STEPS[0])
    assert (figure_of(rows, training, UP), figure_of(rows, training, WAKE_UPS)) == (0, 0)
    for name in (PUSH, PULL, training):
        assert 0 < (figure_of(rows, name, PROCESSOR) or 0) < (figure_of(rows, name, PROGRAM) or 0)
    assert (figure_of(rows, FEEDBACK, PROCESSOR) or 0) > 0
    assert [row.note for row in rows if row.line == INFERENCE] == [NO_EXPORT]
    assert len(EXHIBIT.findings(rows)) == 3
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
    assert "In 0 of 4 cases all of it is less; in the others it hangs on what each costs." in first
