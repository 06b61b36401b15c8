"""FEDEx beside its peers: the whole exhibit at toy size, and what is made of the figures."""

import math

import numpy as np
import pytest

from bench.evidence.cost import Cost
from bench.evidence.exhibit import Size
from bench.evidence.kept import Kept, read_kept
from bench.evidence.row import EvidenceRow, figure_of
from bench.evidence.taking import Folders, take_all
from bench.peers.averaging import Averaging
from bench.peers.curves import Curve
from bench.peers.federated_plot import draw
from bench.peers.federated_rows import (
    ALL,
    ALL_THEN,
    BOTH_NEW,
    DIFFERENCE,
    DOWN,
    IN_USE,
    LIVE,
    NEVER,
    NEW,
    NEW_THEN,
    SERVER,
    SERVER_SHIPPED,
    SHIPPED,
    TO_ALL,
    TO_NEW,
    TO_OWN,
    UP,
    WAKES,
    Averaged,
    RoundCost,
    accuracy_rows,
    alone_rows,
    averaged_rows,
    fedex_rows,
    means_rows,
    rounds_row,
    secure_rows,
    standing_rows,
)
from bench.peers.federated_words import Figures, findings
from bench.peers.in_process import FlowerRun
from bench.peers.real_system import Played
from bench.peers.systems import System, tasks_of
from bench.peers.task import Accuracy

TASK = "a few drawn people"
GOOD, POOR = Accuracy(100, 100), Accuracy(50, 0)
COST = RoundCost(
    10.0, 20.0, last_pull_kb=5.0, live_ms=2.0, server_s=0.5, shipped_s=3.0, server_shipped_s=0.7, seconds=4.0
)
PUSH, PULL = Cost(0.02, 3000, 100, 1), Cost(0.03, 1000, 40_000, 2)
ENROLMENT, IDLE = Cost(0.01, 700, 900, 1), Cost(0.005, 500, 200, 1)
PLAYED = Played(
    np.zeros(0, np.int64), [ENROLMENT] * 2, [0.001] * 2, [PUSH] * 2, [PULL] * 2, [2.0], IDLE, 3.0, 5.0, 30.0, "too few"
)


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
    for column in (UP, DOWN, LIVE, SHIPPED, SERVER, SERVER_SHIPPED, IN_USE):
        assert (figure_of(taken.rows, line, column) or 0) > 0


def test_a_pull_in_vain_moves_less_than_one_that_brings_a_head(taken: Kept) -> None:
    idle, whole = (f"{TASK}: {system}" for system in (System.FEDEX_IDLE, System.FEDEX))
    assert 0 < (figure_of(taken.rows, idle, DOWN) or 0) < (figure_of(taken.rows, whole, DOWN) or 0)


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
    wanted = {TO_ALL: 2, WAKES: 2, UP: 10, SERVER: 0.5, SERVER_SHIPPED: 0.7, IN_USE: 8}
    assert {column: figure_of(rows, "a line", column) for column in wanted} == wanted


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
    rows = averaged_rows(averaged, [GOOD], RoundCost(1, 1, 1, 1, 1, None, None, None))
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


def test_what_most_casts_never_reach_is_shown_with_the_best_of_them() -> None:
    row = rounds_row(f"t: {System.USED}", TO_NEW, [None, 134, None], 200)
    assert Figures([row]).shown("t", System.USED, TO_NEW) == "never in most casts (134 in the best)"


def test_accuracy_when_costs_end_stands_beside_accuracy_in_the_end() -> None:
    averaged = Averaged("a line", Averaging(1, 0.1), (Curve((Accuracy(99, 40), GOOD)), Curve((POOR, POOR))))
    rows = averaged_rows(averaged, [GOOD, GOOD], COST)
    assert [figure_of(rows, "a line", column) for column in (ALL_THEN, NEW_THEN)] == [99, 40]
    assert "1 of 2 casts" in next(row.note for row in rows if row.column == ALL_THEN)


def test_traffic_until_the_new_are_right_is_that_of_more_rounds() -> None:
    averaged = Averaged("a line", Averaging(1, 0.1), (Curve((Accuracy(100, 50), GOOD)),))
    rows = averaged_rows(averaged, [GOOD], COST)
    assert [figure_of(rows, "a line", column) for column in (UP, DOWN, BOTH_NEW)] == [10, 25, 65]


def test_one_exchange_counts_only_where_it_is_good_enough() -> None:
    rows = means_rows("a line", [GOOD, POOR, POOR], [GOOD] * 3, up_kb=1.0, down_kb=2.0, live_ms=3.0)
    assert [figure_of(rows, "a line", column) for column in (TO_ALL, TO_NEW, TO_OWN, BOTH_NEW)] == [None, None, 1, None]
    assert "2 of 3 casts" in next(row.note for row in rows if row.column == TO_ALL)
    assert [figure_of(rows, "a line", column) for column in (UP, DOWN)] == [1, 2]


def test_a_head_that_the_gate_refused_is_not_as_good_as_fedex_but_its_costs_are_told() -> None:
    rows = _fedex("t", [POOR, GOOD], refused=[True, False])
    to_all = next(row for row in rows if row.column == TO_ALL)
    assert (to_all.value, "1 of 2 casts" in to_all.note) == (None, True)
    costs = {WAKES: 2, UP: 4, DOWN: 40.1, LIVE: 51, SHIPPED: 2, SERVER: 0.5, SERVER_SHIPPED: 4, IN_USE: 30}
    assert {column: figure_of(rows, f"t: {System.FEDEX}", column) for column in costs} == pytest.approx(costs)
    assert "too few" in next(row.note for row in rows if row.column == IN_USE)
    assert "3 connections" in next(row.note for row in rows if row.column == WAKES)


def test_a_pull_in_vain_and_an_enrolment_have_lines_of_their_own() -> None:
    rows = standing_rows("idle", "enrolment", PLAYED)
    assert [figure_of(rows, "idle", column) for column in (WAKES, UP, DOWN, LIVE)] == [1, 0.5, 0.2, 5]
    assert [figure_of(rows, "enrolment", column) for column in (WAKES, UP, DOWN, LIVE)] == [1, 0.7, 0.9, 10]


def test_devices_alone_never_talk() -> None:
    rows = alone_rows("a line", [POOR, GOOD], live_s=[0.001, 0.003], whole_s=[1.0])
    wanted = {ALL: 75, WAKES: 0, UP: 0, DOWN: 0, LIVE: 2, SHIPPED: 1}
    assert {column: figure_of(rows, "a line", column) for column in wanted} == pytest.approx(wanted)


def test_where_the_gate_refused_the_findings_say_so_and_tell_costs() -> None:
    text = "\n".join(findings(_fedex("t", [POOR, GOOD, GOOD], refused=[True, False, False])))
    assert "FEDEx's own push and pull are not enough in every cast (never within 1 round in 1 of 3 casts)" in text
    assert "take a device 51 ms" in text


@pytest.mark.parametrize("column", [LIVE, SHIPPED])
def test_without_a_devices_processor_time_the_findings_say_that_it_was_not_measured(column: str) -> None:
    rows = [row for row in _fedex("t", [GOOD], refused=[False]) if row.column != column]
    text = "\n".join(findings(rows))
    assert "**Processor, t**: FEDEx's was not measured." in text
    assert "take a device" not in text


def test_any_system_that_is_ahead_is_named_in_points() -> None:
    rows = _fedex("t", [Accuracy(90, 90)], refused=[False])
    assert "by more than 0.1 points" in findings(rows)[0]
    rows += accuracy_rows(f"t: {System.USED_TEN}", [Accuracy(95, 90)])
    assert f"{System.USED_TEN} by 5.0 points for everybody." in findings(rows)[0]


def test_traffic_beside_fedex_has_its_range() -> None:
    rows = _fedex("t", [GOOD, GOOD], refused=[False, False])
    averaged = Averaged(f"t: {System.USED}", Averaging(1, 0.1), (Curve((GOOD, GOOD)), Curve((POOR, GOOD))))
    rows += averaged_rows(averaged, [GOOD, GOOD], COST)
    assert "(50 kB, 1.13 (0.794 to 1.47) times FEDEx's)" in "\n".join(findings(rows))


def test_a_head_that_dips_late_is_not_told_as_merely_slow() -> None:
    rows, dips = _fedex("t", [GOOD], refused=[False]), Curve((GOOD, GOOD, POOR, GOOD))
    for system, curve in ((System.ZERO, Curve((GOOD,) * 4)), (System.ZERO_INT8, dips)):
        assert "Far later" not in "\n".join(findings(rows))
        rows += averaged_rows(Averaged(f"t: {system}", Averaging(1, 0.1), (curve,)), [GOOD], COST)
    assert f"Far later than in float32: {System.ZERO_INT8} (4 against 1)." in "\n".join(findings(rows))


def test_traffic_of_a_system_that_fails_in_some_casts_has_no_end() -> None:
    rows = _fedex("t", [GOOD] * 3, refused=[False] * 3)
    curves = (Curve((GOOD,)), Curve((POOR,)), Curve((GOOD,)))
    rows += averaged_rows(Averaged(f"t: {System.USED}", Averaging(1, 0.1), curves), [GOOD] * 3, COST)
    assert "(in some casts without end) times" in "\n".join(findings(rows))
    assert Figures(rows).traffic_range_kb("t", System.USED) is None


def test_secure_aggregation_that_never_gets_there_is_told_as_such() -> None:
    flower = FlowerRun((), (0.1,), (0.2,), 4.0, 1.0, 2.0)
    rows = [
        *_fedex("t", [GOOD], refused=[False]),
        *secure_rows(f"t: {System.SECURE}", Curve((POOR,)), GOOD, flower, people=2),
    ]
    text = "\n".join(findings(rows))
    assert "not measured exchanges" not in text
    assert "(within 1 % of FEDEx: never, in the few rounds that were run)" in text


def test_a_setting_at_the_edge_of_the_search_is_told() -> None:
    rows = _fedex("t", [GOOD], refused=[False])
    assert "every tuned setting lies within" in "\n".join(findings(rows))
    averaged = Averaged(f"t: {System.USED}", Averaging(20, 0.1), (Curve((GOOD,)),), is_at_edge=True)
    rows += averaged_rows(averaged, [GOOD], COST)
    assert f"t: {System.USED} (20 epochs a round, rate 0.1)" in "\n".join(findings(rows))


def test_the_plot_tells_whose_bar_is_not_of_every_cast() -> None:
    [panel] = draw(_fedex("t", [POOR, GOOD, GOOD], refused=[True, False, False])).axes
    assert [label.get_text() for label in panel.get_yticklabels()] == [f"{System.FEDEX} (not in every cast)"]


def _fedex(task: str, known: list[Accuracy], *, refused: list[bool]) -> list[EvidenceRow]:
    """Return FEDEx's rows, where what it is measured against is always good."""
    goals = [GOOD if is_refused else own for own, is_refused in zip(known, refused, strict=True)]
    line = f"{task}: {System.FEDEX}"
    rows = fedex_rows(line, PLAYED, known, goals, refused=refused, cycles_s=[1.0] * len(known))
    checks = (System.CHECK_FLOWER, System.CHECK_FEDEX)
    return [*rows, *(EvidenceRow(f"{task}: {check}", DIFFERENCE, 0.0, "points") for check in checks)]
