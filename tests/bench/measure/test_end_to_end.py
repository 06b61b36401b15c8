"""From walks of the demo to rows of the bench."""

import math

import pytest

from bench.measure.end_to_end import AROUND, PARTS, Walk, latency_rows, share_rows
from bench.row import LeftOut, Row
from demo.figures import Figures
from demo.scoring import Score


def walk(*, seconds: float = 15.0, unknown_new: float = 0.96, after: float = 1.0) -> Walk:
    figures = Figures(
        people=65,
        new_people=15,
        devices=3,
        drawn=False,
        backbone="facenet_vggface2.npz",
        store="directory",
        cut="freeze6",
        photos_base=100,
        photos_uploaded=195,
        photos_tested=577,
        bytes_per_sample=319.0,
        seconds=120.0,
        seconds_of={},
        seconds_to_new_head=seconds,
        serial=1,
        before=Score(0.77, 0.0, unknown_new, 0.98),
        after=Score(after, after, 0.01, 0.98),
        cosine=Score(1.0, 1.0, math.nan, math.nan),
    )
    steps = {"processes started": 0.1, "laid out": 0.5, "opened": 6.0, "tried": 10.0, "judged": 10.1, "converted": 11.5}
    return Walk(figures, steps | {"published": 12.0})


def test_the_time_to_a_head_in_use_is_the_median_walks_and_its_parts_add_up_to_it() -> None:
    """One row once called all until the rows were embedded "start-up", and the parts said nothing of the rest."""
    total, *parts = latency_rows([walk(seconds=40), walk(seconds=15), walk(seconds=14)])
    assert (total.name, total.value, total.holds) == ("upload to head in use, freeze6, 65 people", 15, True)
    assert [part.value for part in parts] == pytest.approx([0.5, 5.5, 4.0, 1.5, 0.5, 3.0])
    assert {part.reference for part in parts} == {15}
    assert [part.name.removeprefix(f"{total.name}: ") for part in parts] == [*PARTS.values(), AROUND]


def test_shares_are_means_over_the_walks_with_their_spread() -> None:
    row = share_rows([walk(unknown_new=0.90), walk(unknown_new=1.0)], is_real=True)[0]
    assert isinstance(row, Row)
    assert row.name == "lfw65, 2 walks, new people answered unknown, before (90.0 to 100.0)"
    assert (row.value, row.holds) == (pytest.approx(95), True)


def test_being_behind_cosine_is_counted_in_points() -> None:
    rows = share_rows([walk(after=0.995)], is_real=True)
    [behind] = [row for row in rows if isinstance(row, Row) and "cosine" in row.name]
    assert (behind.value, behind.unit, behind.holds) == (pytest.approx(0.5), "points", False)


def test_drawn_people_have_no_goals_to_meet() -> None:
    [row] = share_rows([walk()], is_real=False)
    assert isinstance(row, LeftOut)
