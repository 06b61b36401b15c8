"""Training beside rivals, on a few people: what is drawn, which run counts, and what the rows say."""

import sys
from pathlib import Path

import numpy as np
import pytest

from bench.isolated import in_fresh_process
from bench.measure.embeddings import embed_with_head
from bench.measure.rival_runs import Photos, Point, Run, run
from bench.measure.rivals import (
    best_of,
    draw,
    fastest,
    find_directions,
    rows_of,
    train_ours,
    train_with_keras,
    train_with_torch,
)
from bench.measure.torch_python import TORCH

WIDTH, PEOPLE = 32, 12


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a head over features of WIDTH."""
    path = tmp_path_factory.mktemp("head") / "head.keras"
    in_fresh_process(save_head, path)
    return path


def save_head(path: Path) -> None:
    """Write a head with a body of one layer; for a process of its own."""
    from export.quiet import import_quietly

    keras = import_quietly("keras")
    feature = keras.Input((WIDTH,))
    keras.Model(feature, keras.layers.Dense(2)(keras.layers.Dense(24, name="body")(feature))).save(path)


@pytest.fixture
def photos() -> Photos:
    """Return a few photos of each person."""
    return draw(np.eye(WIDTH, dtype=np.float32), people=PEOPLE, photos=8, held_out=3)


def test_features_lie_along_what_the_body_passes_on(head: Path) -> None:
    directions = in_fresh_process(find_directions, head, WIDTH)
    assert 1 < len(directions) <= 24
    embeddings = in_fresh_process(embed_with_head, head, directions)
    nothing = in_fresh_process(embed_with_head, head, np.zeros((1, WIDTH), np.float32))
    moved = embeddings - nothing
    np.testing.assert_allclose(moved @ moved.T, np.eye(len(directions)), atol=1e-4)


def test_both_sides_train_on_the_same_people_and_are_asked_about_photos_that_neither_saw(
    photos: Photos, head: Path
) -> None:
    assert photos.people == PEOPLE
    assert np.bincount(photos.owners).tolist() == [8] * PEOPLE
    assert np.bincount(photos.asked_owners).tolist() == [3] * PEOPLE
    assert not {row.tobytes() for row in photos.features} & {row.tobytes() for row in photos.asked}
    ours = in_fresh_process(train_ours, photos, head)
    keras = in_fresh_process(train_with_keras, photos, head, epochs=2)
    assert [len(one.points) for one in ours] == [1, 11, 51]
    assert best_of(ours) > 3 / PEOPLE
    assert all(0 < one.points[0].seconds <= one.points[-1].seconds for one in ours)
    assert [len(one.points) for one in keras] == [2] * 8
    assert all(0 < one.points[0].seconds < one.points[1].seconds for one in keras)


def test_a_python_without_torch_is_named(photos: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TORCH, sys.executable)
    said = in_fresh_process(train_with_torch, photos)
    assert isinstance(said, list) or said.startswith(f"{TORCH}: expected a Python that has torch, got ModuleNotFound")


def test_the_run_that_comes_first_to_an_accuracy_counts() -> None:
    slow, quick = Run((Point(1.0, 0.5), Point(2.0, 0.9))), Run((Point(0.5, 0.6), Point(1.0, 0.7)))
    assert fastest([slow, quick], 0.9) == 2.0
    assert fastest([slow, quick], 0.6) == 0.5
    assert fastest([slow.later(3.0)], 0.9) == 5.0
    assert best_of([slow, quick]) == 0.9


def test_a_run_ends_once_it_gets_no_better(photos: Photos) -> None:
    right = iter([0, 10, 5, 5, 5, 30])

    def answers() -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        first = next(right)
        return np.where(np.arange(len(photos.asked_owners)) < first, photos.asked_owners, -1)

    ended = run(photos, lambda: None, answers)
    assert [round(point.accuracy * len(photos.asked_owners)) for point in ended.points] == [0, 10, 5, 5, 5]


def test_both_sides_are_timed_to_the_accuracy_that_both_come_to_but_for_its_standard_error() -> None:
    ours = [Run((Point(1.0, 0.8),)), Run((Point(4.0, 0.9),))]
    rivals = {"Keras fit": [Run((Point(3.0, 0.7), Point(9.0, 1.0)))], "PyTorch": [Run((Point(0.5, 0.6),))]}
    rows = rows_of("freeze6", ours, rivals, asked=1_000)
    assert [(row.value, row.reference) for row in rows[3:]] == [(9.0, 4.0), (0.5, 1.0)]
    assert rows_of("freeze6", ours, rivals, asked=5)[-2].reference == 1.0
    assert [row.holds for row in rows] == [None, None, None, True, False]
    assert len(rows_of("freeze6", ours, rivals | {"PyTorch": []}, asked=1_000)) == 3
