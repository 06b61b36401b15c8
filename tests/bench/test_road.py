"""From walks of the demo to rows of the bench."""

import math
from pathlib import Path

import pytest

from bench.road import Walk, _cycle_seconds, latency_rows, share_rows
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
    return Walk(figures, {"opened": 7.0, "published": 12.0})


def test_the_time_to_a_head_in_use_is_the_median_and_says_how_much_is_start_up() -> None:
    total, start_up, cycle = latency_rows([walk(seconds=14), walk(seconds=15), walk(seconds=40)])
    assert (total.name, total.value, total.holds) == ("upload to head in use, freeze6, 65 people", 15, True)
    assert start_up.ratio == pytest.approx(7 / 15)
    assert cycle.value == 12


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


def test_the_steps_of_a_cycle_are_read_from_the_workers_log(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text(
        '{"message": "merged", "rows": 3}\nlibrary noise\n'
        '{"message": "cycle: opened", "seconds": 7.25}\n{"message": "cycle: published", "seconds": 12.5}\n'
    )
    assert _cycle_seconds(log) == {"opened": 7.25, "published": 12.5}
