"""From rounds of uploads to rows of the bench."""

import pytest

from bench.measure.latency import AROUND, PARTS, Round, rows_of


def a_round(seconds: float) -> Round:
    steps = {"inputs read": 0.1, "embedded": 0.3, "trained": 1.3, "converted": 1.4, "published": 1.5}
    return Round(seconds, steps)


def test_the_median_of_the_warm_rounds_counts_and_its_parts_add_up_to_it() -> None:
    rounds = [a_round(20), a_round(3.5), a_round(2.5), a_round(9.0)]
    total, over_first, *parts = rows_of(rounds, people=65)
    assert (total.name, total.value, total.holds) == (
        "acknowledged upload to better head in use, warm, freeze6, 65 people (3 rounds, 2.5 to 9.0)",
        3.5,
        True,
    )
    assert over_first.ratio == pytest.approx(3.5 / 20)
    assert [part.value for part in parts] == pytest.approx([0.3, 1.0, 0.1, 0.1, 2.0])
    assert [part.name.rpartition(": ")[2] for part in parts] == [*PARTS.values(), AROUND]
