"""Learning curves lie in their drawing, lower where the loss is less, and each trial has a line of its own kind."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.overview.values import CurveView, TrialView
from cloud.web.dashboard.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from cloud.web.dashboard.curves import OTHERS, LearningLine, chart_loss, chart_right


def trial(
    name: str, losses: list[float], rights: list[float | None] | None = None, *, chosen: bool = False
) -> TrialView:
    shares = rights or [None] * len(losses)
    curve = tuple(
        CurveView(float(place + 1), loss, right) for place, (loss, right) in enumerate(zip(losses, shares, strict=True))
    )
    return TrialView(name, "done", 1.0, curve=curve, was_chosen=chosen)


def places(line: LearningLine) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in line.points.split(" "))]


def is_inside(x: float, y: float) -> bool:
    return LEFT <= x <= WIDTH - RIGHT and TOP - 0.1 <= y <= HEIGHT - BOTTOM + 0.1


@given(st.lists(st.floats(0, 70), min_size=1, max_size=50))
def test_every_loss_lies_in_the_drawing_and_less_lies_lower(losses: list[float]) -> None:
    chart = chart_loss([trial("a", losses)])
    assert chart is not None
    drawn = places(chart.lines[0])
    assert all(is_inside(x, y) for x, y in drawn)
    for ((x, y), (later, y_then)), (loss, loss_then) in zip(pairwise(drawn), pairwise(losses), strict=True):
        assert x < later
        assert (y_then <= y) if loss_then > loss else (y_then >= y)
    assert (chart.lines[0].x, chart.lines[0].y) == drawn[-1]
    for ticks in (chart.values, chart.epochs):
        assert 2 <= len(ticks) <= 6
        assert len({tick.text for tick in ticks}) == len(ticks)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_every_share_lies_in_the_drawing_whose_upper_end_is_all(shares: list[float]) -> None:
    chart = chart_right([trial("a", [1.0] * len(shares), list(shares))])
    assert chart is not None
    assert all(is_inside(x, y) for x, y in places(chart.lines[0]))
    assert chart.values[-1].text == "100 %"


def test_points_at_which_nobody_looked_at_held_out_photos_are_passed_over() -> None:
    chart = chart_right([trial("a", [3.0, 2.0, 1.0], [0.5, None, 0.75])])
    assert chart is not None
    assert len(places(chart.lines[0])) == 2
    assert chart.lines[0].end == "75 %"


def test_a_trial_without_a_curve_has_no_line_and_all_of_them_no_chart() -> None:
    chart = chart_loss([trial("class-means", []), trial("last-layer", [2.0, 1.0], chosen=True)])
    assert chart is not None
    assert [(line.name, line.kind) for line in chart.lines] == [("last-layer", "chosen")]
    assert chart_loss([trial("class-means", [])]) is None
    assert chart_right([trial("last-layer", [2.0, 1.0])]) is None


@pytest.mark.parametrize("count", [1, 4, 9])
def test_trials_are_told_apart_as_far_as_there_are_kinds_of_lines(count: int) -> None:
    chart = chart_loss([trial(f"trial-{place}", [1.0], chosen=place == 1) for place in range(count + 1)])
    assert chart is not None
    kinds = [line.kind for line in chart.lines]
    assert kinds.count("chosen") == 1
    assert len(set(kinds)) == min(count, len(OTHERS)) + 1
