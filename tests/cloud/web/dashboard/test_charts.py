"""What is drawn lies in its drawing, higher where there is more."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cloud.overview.values import DayView, GateView, PointView, ReleaseView, TrialView
from cloud.web.dashboard.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, chart_accuracy, chart_days, chart_trials

RELEASE = ReleaseView("latest", 1, "a" * 64, 0, 9, 3, 0.9, 11, 10_000, None, has_head=True)


def release(place: int, accuracy: float | None, channel: str = "latest") -> ReleaseView:
    return replace(RELEASE, serial=place + 1, issued=1_800_000_000 + 1000 * place, accuracy=accuracy, channel=channel)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40))
def test_every_release_lies_in_the_drawing(accuracies: list[float]) -> None:
    chart = chart_accuracy([release(place, one) for place, one in enumerate(accuracies)])
    assert chart is not None
    dots = [dot for line in chart.lines for dot in line.dots]
    assert len(dots) == len(accuracies)
    for (before, after), (lower, higher) in zip(pairwise(dots), pairwise(accuracies), strict=True):
        assert before.x < after.x
        assert abs(higher - lower) < 0.01 or (after.y < before.y) == (higher > lower)
    assert all(LEFT <= dot.x <= WIDTH - RIGHT and TOP - 0.1 <= dot.y <= HEIGHT - BOTTOM + 0.1 for dot in dots)
    assert 2 <= len(chart.shares) <= 7


def test_a_release_that_nobody_judged_is_left_out_and_one_makes_no_line() -> None:
    assert chart_accuracy([release(0, None), release(1, 0.5)]) is None
    chart = chart_accuracy([release(0, 0.4), release(1, None), release(2, 0.5)])
    assert chart is not None
    assert [len(line.dots) for line in chart.lines] == [2, 0]


def test_what_the_gate_refused_is_marked_and_said() -> None:
    chart = chart_accuracy([release(0, 0.4), replace(release(1, 0.5), gate=GateView(False, "it fell"))])
    assert chart is not None
    assert [(dot.is_refused, "refused" in dot.title) for dot in chart.lines[0].dots] == [(False, False), (True, True)]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_every_day_lies_in_the_drawing(counts: list[int]) -> None:
    chart = chart_days([DayView(f"2026-01-{place + 1:02}", 7, one) for place, one in enumerate(counts)], of="rows")
    assert chart.total == sum(counts)
    assert all(bar.y >= TOP - 0.1 and abs(bar.y + bar.height - (HEIGHT - BOTTOM)) < 0.2 for bar in chart.bars)
    for bar, count in zip(chart.bars, counts, strict=True):
        assert bar.title.endswith(f": {count:,}")
        assert (bar.height == max(bar.height for bar in chart.bars)) or count < max(counts)
        assert bar.height > 0 or count == 0 or max(counts) > 1000 * count


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=3))
def test_every_point_of_a_trial_lies_in_the_drawing(shares: list[tuple[float, float]]) -> None:
    points = tuple(PointView("strict", known, strangers) for known, strangers in shares)
    chart = chart_trials([TrialView("a", "done", 1.0, points=points, was_chosen=True), TrialView("b", "died", 1.0)])
    assert chart is not None
    [curve] = chart.curves
    assert len(curve.dots) == len(shares)
    assert all(LEFT <= dot.x <= WIDTH - RIGHT and TOP - 0.1 <= dot.y <= HEIGHT - BOTTOM + 0.1 for dot in curve.dots)
    assert 2 <= len(chart.strangers) <= 7


def test_trials_that_do_not_tell_make_no_drawing() -> None:
    assert chart_trials([TrialView("b", "died", 1.0)]) is None
