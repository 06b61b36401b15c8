"""The task of all peers: who is new, and what heads begin with."""

from pathlib import Path

import numpy as np

from bench.peers.heads import Head, class_means
from bench.peers.task import Task, invent, score


def test_a_task_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    task = invent(people=5, casts=2)
    task.save(tmp_path / "task.npz")
    again = Task.load(tmp_path / "task.npz")
    assert (again.name, again.people) == (task.name, task.people)
    assert all(
        np.array_equal(getattr(again, name), getattr(task, name))
        for name in ("base", "uploads", "tests", "owners", "new")
    )


def test_the_head_in_use_knows_all_but_the_new() -> None:
    task = invent(people=8, casts=2)
    for cast in task.casts:
        accuracy = score(Head.in_use(task, cast).answer(task.tests), task, cast)
        assert accuracy.new == 0
        assert accuracy.everybody > 50


def test_class_means_know_the_new_too_and_use_no_base_photo_of_theirs() -> None:
    task = invent(people=8, casts=1)
    [cast] = task.casts
    head = class_means(task, cast)
    assert score(head.answer(task.tests), task, cast).new > 90
    task.base[cast.new] = np.nan
    assert np.array_equal(class_means(task, cast).kernel, head.kernel)


def test_a_score_is_of_everybody_and_of_the_new() -> None:
    task = invent(people=4, casts=1)
    [cast] = task.casts
    answers = np.where(task.is_of_new(cast), task.owners, -1)
    accuracy = score(answers, task, cast)
    assert (accuracy.everybody, accuracy.new) == (25, 100)
