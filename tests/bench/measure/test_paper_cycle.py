"""A cycle at the paper's size, of a toy size: a real one, with every row that the full one has."""

from pathlib import Path

import numpy as np
import pytest

from bench.measure.crowd import Crowd, Size, fit_class_means
from bench.measure.paper_cycle import count_operations, measure_cycle
from bench.processes import watched

TOY = Size(samples=900, people=30, devices=6)


@pytest.mark.slow
def test_each_row_is_measured_on_a_real_cycle(tmp_path: Path) -> None:
    rows = {row.name.partition("synthetic")[2].lstrip(", "): row for row in measure_cycle(tmp_path, TOY)}
    assert rows[""].holds
    assert rows["processor"].value > 0
    assert rows["until processes started"].value >= 0
    assert rows["until published"].value > 0
    assert rows["class-means"].unit == "minutes"
    assert rows["heads that became best"].value == 1
    best, challenger = (rows[f"accepted among known, by {who}"].value for who in ("best", "the challenger"))
    assert 50 < best <= challenger <= 100
    assert rows["labels that lost most of what was said"].value == 0
    assert rows["trials, with those without what is in doubt"].value >= 1
    right = next(row for name, row in rows.items() if name.startswith("class-means, right of"))
    assert right.value > 50
    assert {"own memory of converter", "own memory of trainer", "own memory of the worker"} < rows.keys()
    assert rows["own memory of converter"].value > 100  # it has loaded Keras


def test_the_operations_are_those_of_answers_vetting_training_and_what_is_scored() -> None:
    size = Size(samples=437_855, people=8631)
    one_pass = 2 * 437_855 * 8631 * 512
    asked = (437_855 / 5 + 8 * 8631) / 437_855  # all that are held out, and eight of each label
    means = count_operations(size, trained=350_000, rounds=1, trials=["class-means"])
    assert means / one_pass == pytest.approx(1 + asked + 0.9 + 0.16, rel=0.02)  # best, a trial, vetting, and the rest
    both = count_operations(size, trained=350_000, rounds=1, trials=["class-means", "last-layer-for-long"])
    steps = 2 * (4 * 512 * 8631) * 134 * 2048  # of the head and one fold, forward and back
    again = count_operations(size, trained=350_000, rounds=1, trials=["class-means", "class-means-without-doubt"])
    assert again > means
    assert (both - means) / (asked * one_pass + steps) == pytest.approx(1, rel=0.05)


def test_a_crowd_is_photographed_alike_each_time() -> None:
    crowd, people = Crowd(5), np.arange(9000) % 5
    first, *_ = crowd.photograph(people, seed=1)
    again = next(iter(Crowd(5).photograph(people, seed=1)))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 16, rtol=1e-5)
    same, other = first[0] @ first[5] / 256, first[0] @ first[1] / 256
    assert same > other


def test_the_bundles_head_learns_nothing_from_photos_that_judge() -> None:
    """It said all of them, as no other head can, and no cycle's head became best."""
    crowd, people = Crowd(5), np.arange(25) % 5
    [photos], judges = crowd.photograph(people, seed=1), np.arange(25) >= 20
    others = np.concatenate([photos[:20], -photos[20:]])
    heads = [fit_class_means(one, people, judges, classes=5)[0] for one in (photos, others)]
    np.testing.assert_array_equal(heads[0][0], heads[1][0])
    means = [photos[:20][people[:20] == person].mean(axis=0) for person in range(5)]
    assert ((np.stack(means) @ heads[0][0] + heads[0][1]).argmax(axis=1) == np.arange(5)).all()


def test_processes_are_watched_with_their_memory_and_time() -> None:
    with watched() as watch:
        watch.look()
        before = watch.processor_s
        assert float(np.random.default_rng(0).random((2000, 2000)).sum()) > 0
        assert watch.processor_s >= before
    assert watch.most_by_name()["the worker"].own_mb > 10
