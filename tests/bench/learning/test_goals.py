"""Goals of learning: what is compared with which bound."""

import pytest

from bench.learning.figures import Figures, Played, names_of_figures
from bench.learning.goals import goal_rows
from bench.learning.summary import summarise


def played(seed: int, shares: dict[str, float], *, scenario: str = "growth5") -> Played:
    clean = dict.fromkeys(names_of_figures(), 0.0) | {"known": 52.0} | shares
    return Played(scenario, "lfw65", seed, Figures(**clean), (), {})


def test_growth_is_held_to_its_three_goals_and_other_scenarios_to_none() -> None:
    rows = goal_rows(summarise([played(0, {}), played(1, {}), played(0, {"strangers_best": 1.0}, scenario="star")]))
    assert [row.holds for row in rows] == [True, True, True]


def test_each_goal_can_be_missed() -> None:
    bad = {"largest_loss": 0.02, "strangers_best": 0.03, "old_best": 0.9, "old_latest": 0.91}
    rows = goal_rows(summarise([played(0, bad), played(1, bad)]))
    assert [row.value for row in rows] == pytest.approx([2.0, 3.0, 1.0])
    assert [row.holds for row in rows] == [False, False, False]


def test_fewer_than_fifty_people_may_accept_five_percent_of_strangers() -> None:
    few = goal_rows(summarise([played(0, {"strangers_best": 0.04, "known": 20.0})]))
    assert few[1].holds is True
