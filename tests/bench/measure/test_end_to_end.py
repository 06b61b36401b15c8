"""From runs of the demo to rows of the bench."""

import math

import pytest

from bench.measure.end_to_end import AROUND, PARTS, DemoRun, latency_rows, share_rows
from bench.row import BenchRow, NotMeasured
from demo.figures import Figures
from demo.scoring import Score
from demo.words import PEOPLE


def demo_run(*, seconds: float = 15.0, unknown_new: float = 0.96, after: float = 1.0) -> DemoRun:
    figures = Figures(
        words=PEOPLE,
        people=65,
        new_people=15,
        devices=3,
        synthetic=False,
        backbone="facenet_vggface2.npz",
        store="directory",
        cut="freeze6",
        photos_base=100,
        photos_uploaded=195,
        photos_tested=577,
        faces_tested=571,
        finds_faces=True,
        bytes_per_sample=319.0,
        bytes_per_input=76_800,
        prefix_ms=6.0,
        runtime="ai-edge-litert 2.3.0",
        seconds=120.0,
        seconds_of={},
        seconds_to_new_head=seconds,
        serial=1,
        before=Score(1.0, 0.77, 0.0, unknown_new, 0.98),
        after=Score(1.0, after, after, 0.01, 0.98),
        cosine=Score(1.0, 1.0, 1.0, math.nan, math.nan),
    )
    steps = {
        "processes started": 0.1,
        "inputs read": 0.5,
        "embedded": 6.0,
        "trained": 10.0,
        "judged": 10.1,
        "converted": 11.5,
    }
    return DemoRun(figures, steps | {"published": 12.0})


def test_the_time_to_a_head_in_use_is_of_the_median_run_and_its_parts_add_up_to_it() -> None:
    """One row once called all until the rows were embedded "start-up", and the parts said nothing of the rest."""
    total, *parts = latency_rows([demo_run(seconds=40), demo_run(seconds=15), demo_run(seconds=14)])
    assert (total.name, total.value, total.holds) == ("upload to head in use, freeze6, 65 people", 15, True)
    assert [part.value for part in parts] == pytest.approx([0.5, 5.5, 4.0, 1.5, 0.5, 3.0])
    assert {part.reference for part in parts} == {15}
    assert [part.name.removeprefix(f"{total.name}: ") for part in parts] == [*PARTS.values(), AROUND]


def test_shares_are_means_over_the_runs_with_their_spread() -> None:
    row = share_rows([demo_run(unknown_new=0.90), demo_run(unknown_new=1.0)], is_real=True)[0]
    assert isinstance(row, BenchRow)
    assert row.name == "lfw65, 2 runs, new people answered unknown, before (90.0 to 100.0)"
    assert row.value == pytest.approx(95)
    assert row.holds is True


def test_being_behind_cosine_is_counted_in_points() -> None:
    rows = share_rows([demo_run(after=0.995)], is_real=True)
    [behind] = [row for row in rows if isinstance(row, BenchRow) and "cosine" in row.name]
    assert behind.value == pytest.approx(0.5)
    assert (behind.unit, behind.holds) == ("points", False)


def test_synthetic_people_have_no_goals_to_meet() -> None:
    [row] = share_rows([demo_run()], is_real=False)
    assert isinstance(row, NotMeasured)
