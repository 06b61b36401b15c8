"""Figure 4: what its rows say of what was played and trained, and the whole of it at a toy's size."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bench.evidence.exhibit import Size
from bench.evidence.kept import read_kept
from bench.evidence.row import EvidenceRow, figure_of
from bench.evidence.taking import Folders, take_all
from bench.learning.people import draw_people
from bench.learning.world import Casting, cast_people
from bench.paper.figure_4 import (
    EVERYTHING,
    EXHIBIT,
    MEANS,
    MINUTES,
    RIGHT,
    SAID,
    draw,
    findings,
    names_of,
    rows_of_people,
    rows_of_size,
)
from bench.paper.more_data import Draw, Point, all_uploads
from bench.paper.paper_size import LONG, SharePoint, epoch_steps

MEANS_POINTS = [SharePoint(0.0, 1000, 0.80, 1.0), SharePoint(0.02, 1100, 0.82, 1.0), SharePoint(1.0, 6000, 0.9, 1.0)]
TRAINED_POINTS = [SharePoint(0.0, 1000, 0.85, 30.0, 2.0), SharePoint(1.0, 481_010, 0.95, 60.0, 2.0)]


def points(*said: Sequence[float]) -> list[Point]:
    """Return a draw for each sequence of what was said at 0, 2 and 100 %."""
    return [
        Point(Draw("people", 1, seed), share, round(100 * share), value + 0.01, value, published=True)
        for seed, values in enumerate(said)
        for share, value in zip((0.0, 0.02, 1.0), values, strict=True)
    ]


def rows(*said: Sequence[float]) -> list[EvidenceRow]:
    return [*rows_of_people(points(*said)), *rows_of_size(MEANS_POINTS, TRAINED_POINTS)]


def test_a_point_of_a_curve_is_the_median_of_the_draws_with_its_band() -> None:
    row = next(row for row in rows([0.90, 0.92, 0.99], [0.80, 0.90, 0.97], [0.85, 0.80, 0.98]) if row.column == "2 %")
    assert (row.line, row.value, row.low, row.high) == (
        f"people, 1 base photo, {RIGHT}",
        *(pytest.approx(value) for value in (91.0, 81.0, 93.0)),
    )


def test_the_share_that_helps_is_one_with_which_most_draws_say_more() -> None:
    assert "is 2 %." in findings(rows([0.90, 0.92, 0.99], [0.80, 0.90, 0.97], [0.85, 0.80, 0.98]))[0]
    assert "is 100 %." in findings(rows([0.90, 0.90, 0.99], [0.80, 0.80, 0.97]))[0]
    assert "**with no share" in findings(rows([0.9, 0.9, 0.9]))[0]


def test_a_share_that_costs_is_said() -> None:
    assert "**Less is said than without at 2 %.**" in findings(rows([0.9, 0.8, 0.95]))[0]


def test_ten_epochs_are_as_many_steps_as_go_over_everything_ten_times() -> None:
    minutes = figure_of(rows([0.9, 0.9, 0.9]), EVERYTHING, MINUTES)
    assert epoch_steps(481_010) == 481_010 / LONG.batch_for(481_010)
    assert minutes == pytest.approx(10 * 481_010 / 2048 / 2.0 / 60)
    [note] = [row.note for row in rows([0.9, 0.9, 0.9]) if row.line == EVERYTHING]
    assert "in batches of 2,048; the paper's Table 1 has batches of 90" in note
    assert "in the recipe's batches of 2,048" in EXHIBIT.differs
    assert "longer than the paper's four" in findings(rows([0.9, 0.9, 0.9]))[-1]


def test_a_training_too_short_to_be_timed_says_so() -> None:
    untimed = [SharePoint(0.0, 10, 0.9, 1.0, None)]
    row = next(row for row in rows_of_size(MEANS_POINTS, untimed) if row.line == EVERYTHING)
    assert (row.value, row.paper) == (None, 4.0)
    assert (
        "was not measured"
        in findings([*rows_of_people(points([0.9, 0.9, 0.9])), *rows_of_size(MEANS_POINTS, untimed)])[-1]
    )


def test_everything_that_can_be_added_is_sent_once_and_nothing_that_is_asked() -> None:
    people = draw_people(12, photos=9, seed=1)
    cast = cast_people(people, Casting(people.count, 0, 2), seed=1)
    sent = [upload.embedding.tobytes() for upload in all_uploads(cast, seed=1)]
    stock = [photo.tobytes() for member in cast.base for photo in member.stock]
    assert sorted(sent) == sorted(stock)
    assert sent != stock
    assert not set(sent) & {photo.tobytes() for member in cast.base for photo in member.tests}
    for member in cast.base:
        devices = {upload.device for upload in all_uploads(cast, seed=1) if upload.label == member.name}
        assert len(devices) == 2


def test_the_plot_has_a_band_for_each_curve_of_people() -> None:
    panels = draw(rows([0.90, 0.92, 0.99], [0.80, 0.90, 0.97])).axes
    assert [len(panel.collections) for panel in panels] == [1, 1, 0]
    assert [np.shape(line.get_xdata()) for line in panels[2].lines] == [(3,), (2,), (1,)]


def test_the_exhibit_is_taken_at_a_toys_size(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "build", tmp_path / "docs")
    missing = take_all("bench.paper", ["figure-4"], anew=False, size=Size.TOY, folders=folders, say=lambda line: None)
    assert missing == []
    kept = read_kept(folders.build / "figure-4.json")
    assert kept is not None
    [name] = names_of(kept.rows)
    assert name == "synthetic65, 1 base photo"
    for line in (f"{name}, {SAID}", MEANS):
        start, end = (figure_of(kept.rows, line, column) or 0 for column in ("0 %", "100 %"))
        assert 50 < start < end
    curve, size, time = findings(kept.rows)
    said = [figure_of(kept.rows, f"{name}, {SAID}", column) or 0 for column in ("0 %", "100 %")]
    assert f"said from {said[0]:.1f} to {said[1]:.1f} %" in curve
    assert f"class means {figure_of(kept.rows, MEANS, '0 %'):.1f} % with 0 %" in size
    assert "epochs" in time
    assert len(json.loads((folders.build / "raw" / "figure-4" / "people.json").read_text())) == 2
