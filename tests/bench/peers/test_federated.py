"""FEDEx beside its peers: the whole exhibit at toy size, and what is made of the figures."""

import math

import pytest

from bench.evidence.exhibit import Size
from bench.evidence.kept import Kept, read_kept
from bench.evidence.row import EvidenceRow, figure_of
from bench.evidence.taking import Folders, take_all
from bench.peers.averaging import Averaging
from bench.peers.curves import Curve
from bench.peers.federated_plot import draw
from bench.peers.federated_rows import (
    ALL,
    DIFFERENCE,
    DOWN,
    IN_USE,
    LIVE,
    NEVER,
    NEW,
    SERVER,
    SHIPPED,
    TO_ALL,
    TO_NEW,
    TO_OWN,
    UP,
    WAKES,
    Averaged,
    RoundCost,
    averaged_rows,
    rounds_row,
)
from bench.peers.federated_words import Figures, findings
from bench.peers.systems import System, tasks_of
from bench.peers.task import Accuracy

TASK = "a few drawn people"
GOOD, POOR = Accuracy(100, 100), Accuracy(50, 0)
COST = RoundCost(10.0, 20.0, last_pull_kb=5.0, live_ms=2.0, server_s=0.5, shipped_s=3.0, seconds=4.0)


@pytest.fixture(scope="module")
def taken(flower: str, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("federated")
    folders = Folders(folder / "build", folder / "docs")
    assert (
        take_all("bench.peers", ["federated"], anew=True, size=Size.TOY, folders=folders, say=lambda line: None) == []
    )
    kept = read_kept(folders.build / "federated.json")
    assert kept is not None
    return kept


def test_the_real_system_pushes_and_pulls_once_and_its_bytes_are_counted(taken: Kept) -> None:
    line = f"{TASK}: {System.FEDEX}"
    assert figure_of(taken.rows, line, WAKES) == 2
    for column in (UP, DOWN, LIVE, SHIPPED, SERVER, IN_USE):
        assert (figure_of(taken.rows, line, column) or 0) > 0


def test_the_new_are_learnt_by_the_real_system(taken: Kept) -> None:
    assert (figure_of(taken.rows, f"{TASK}: {System.FEDEX}", NEW) or 0) > 50
    assert figure_of(taken.rows, f"{TASK}: {System.NOTHING}", NEW) == 0


def test_flower_and_numpy_agree_in_every_round(taken: Kept) -> None:
    assert figure_of(taken.rows, f"{TASK}: {System.CHECK_FLOWER}", DIFFERENCE) == 0


def test_the_findings_and_the_plot_come_from_the_rows(taken: Kept) -> None:
    assert tasks_of(taken.rows) == [TASK]
    text = "\n".join(findings(taken.rows))
    assert Figures(taken.rows).shown(TASK, System.FEDEX, ALL) in text
    [panel] = draw(taken.rows).axes
    assert System.FEDEX in [label.get_text() for label in panel.get_yticklabels()]


def test_the_cost_of_averaging_is_that_of_its_rounds_and_of_a_last_pull() -> None:
    averaged = Averaged("a line", Averaging(1, 0.1), (Curve((POOR, GOOD, GOOD)), Curve((GOOD, GOOD, GOOD))))
    rows = averaged_rows(averaged, [GOOD, GOOD], COST)
    wanted = {TO_ALL: 1.5, TO_OWN: 1.5, WAKES: 2.5, UP: 15, DOWN: 35, LIVE: 3, SHIPPED: 4.5, SERVER: 0.75, IN_USE: 6}
    assert {column: figure_of(rows, "a line", column) for column in wanted} == wanted


def test_few_devices_a_round_take_part_in_a_share_of_the_rounds() -> None:
    averaged = Averaged("a line", Averaging(1, 0.1, a_round=1), (Curve((POOR, GOOD)),), share=0.5)
    rows = averaged_rows(averaged, [GOOD], COST)
    assert (figure_of(rows, "a line", TO_ALL), figure_of(rows, "a line", WAKES), figure_of(rows, "a line", UP)) == (
        2,
        2,
        10,
    )


def test_rounds_that_are_never_enough_say_so_and_have_no_figure() -> None:
    averaged = Averaged("a line", Averaging(1, 0.1), (Curve((POOR,)),))
    rows = averaged_rows(averaged, [GOOD], COST)
    for column in (TO_ALL, TO_NEW, UP, SHIPPED):
        [row] = [row for row in rows if row.column == column]
        assert row.value is None
        assert NEVER in row.note


def test_of_casts_that_differ_the_median_counts_and_never_is_the_longest() -> None:
    row = rounds_row("a line", TO_ALL, [3, None, 1], 200)
    assert (row.value, row.low, row.high) == (3, 1, None)
    assert "1 of 3 casts" in row.note
    assert math.isfinite(row.value or 0)


def test_what_was_not_deployed_has_no_figure() -> None:
    averaged = Averaged("a line", Averaging(1, 0.1), (Curve((GOOD,)),))
    rows = averaged_rows(averaged, [GOOD], RoundCost(1, 1, 1, 1, 1, None, None))
    assert figure_of(rows, "a line", SHIPPED) is None
    assert figure_of(rows, "a line", IN_USE) is None


def test_a_figure_is_shown_with_its_range_and_never_as_such() -> None:
    rows = [
        EvidenceRow(f"t: {System.USED}", TO_ALL, 3.0, low=1.0, high=9.0),
        EvidenceRow(f"t: {System.USED}", TO_NEW, 3.0, low=1.0, note=f"{NEVER} 200 rounds in 1 of 3 casts"),
        EvidenceRow(f"t: {System.USED}", TO_OWN, None, note=f"{NEVER} 200 rounds in 3 of 3 casts"),
    ]
    shown = [Figures(rows).shown("t", System.USED, column) for column in (TO_ALL, TO_NEW, TO_OWN)]
    assert shown == ["3 (1 to 9)", "3 (1 to never)", "never"]
