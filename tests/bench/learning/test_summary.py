"""Means and intervals over seeds, and how tables and JSON show them."""

import json
import math
from dataclasses import replace

import pytest

from bench.learning.figures import Figures, Played, names_of_figures
from bench.learning.summary import Estimate, summarise
from bench.learning.table import format_curves, format_figures


def played(seed: int, *, scenario: str = "growth5", old_best: float = 0.5, new_best: float = 0.5) -> Played:
    figures = Figures(**dict.fromkeys(names_of_figures(), 0.5))
    figures = replace(figures, old_best=old_best, new_best=new_best)
    return Played(scenario, "lfw65", seed, figures, ("no better",), {"best": {0.01: old_best, 0.025: 0.5, 0.05: 1.0}})


def test_the_interval_is_students() -> None:
    estimate = Estimate.of([0.9, 0.8, 1.0])
    assert estimate.mean == pytest.approx(0.9)
    assert estimate.margin == pytest.approx(4.303 * 0.1 / math.sqrt(3))


def test_seeds_without_anybody_to_ask_are_left_out() -> None:
    assert Estimate.of([math.nan, 0.75, 0.75]) == Estimate(0.75, 0.0)
    assert math.isnan(Estimate.of([math.nan]).mean)


def test_one_seed_has_no_interval() -> None:
    assert math.isnan(Estimate.of([0.8]).margin)


def test_scenarios_are_summed_up_one_by_one_with_what_the_gate_said() -> None:
    [growth, other] = summarise([played(0, scenario="star"), played(1, old_best=0.9), played(0, old_best=0.8)])
    assert (growth.scenario, growth.seeds, growth.values["old_best"]) == ("growth5", (0, 1), (0.8, 0.9))
    assert growth.figures["old_best"].mean == pytest.approx(0.85)
    assert growth.curves["best"][0.01].mean == pytest.approx(0.85)
    assert growth.reasons == {"no better": 2}
    assert other.scenario == "star"


def test_tables_are_in_percent_and_nobody_is_a_dash() -> None:
    summaries = summarise([played(0, old_best=0.9, new_best=math.nan), played(1, old_best=0.8, new_best=math.nan)])
    titles, line = format_figures(summaries).splitlines()[:2]
    assert titles.split()[:2] == ["scenario", "world"]
    assert "85.0 ±63.5" in line
    assert " - " in line
    assert "best  85.0 ±63.5  50.0 ±0.0" in format_curves(summaries)


def test_json_has_no_nan() -> None:
    [summary] = summarise([played(0, new_best=math.nan)])
    kept = json.loads(json.dumps(summary.to_json(), allow_nan=False))
    assert kept["figures"]["new_best"] == {"mean": None, "margin": None}
    assert kept["values"]["new_best"] == [None]
