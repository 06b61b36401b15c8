"""From answers to shares."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from demo.scoring import PhotoAnswer, cosine_answers, score_answers


def answer(truth: str, best: str, *, unknown: bool = False) -> PhotoAnswer:
    return PhotoAnswer(Path("photo.png"), truth, best, probability=0.5, unknown=unknown)


def test_the_best_label_counts_as_right_though_the_device_was_not_sure() -> None:
    assert score_answers([answer("Ada", "Ada", unknown=True), answer("Bo", "Ada")], new=()).accuracy == 0.5


def test_unknown_is_counted_over_the_new_and_accepted_over_the_others() -> None:
    answers = [answer("Ada", "Ada"), answer("Ada", "Bo", unknown=True), answer("New", "Bo", unknown=True)]
    score = score_answers(answers, new={"New"})
    assert (score.accuracy_new, score.unknown_new, score.accepted_others) == (0.0, 1.0, 0.5)


def test_whose_face_is_not_found_is_neither_right_nor_unknown_nor_accepted() -> None:
    missed = PhotoAnswer(Path("photo.png"), "Ada", None, 0.0, unknown=False)
    score = score_answers([missed, answer("Ada", "Ada"), replace(missed, truth="New")], new={"New"})
    assert score.found == score.accuracy == pytest.approx(1 / 3)
    assert (score.accepted_others, score.unknown_new) == (0.5, 0.0)


def test_a_share_over_no_photos_is_not_a_number() -> None:
    assert math.isnan(score_answers([answer("Ada", "Ada")], new={"New"}).accuracy_new)


def test_cosine_to_class_means_looks_at_directions_only() -> None:
    train = np.array([[9, 0], [1, 1], [0, 1]], np.float32)
    assert cosine_answers(train, ["x", "x", "y"], np.array([[0.1, 0.02], [1, 5]], np.float32)) == ("x", "y")


def test_cosine_takes_feature_maps_as_they_are() -> None:
    train = np.eye(4, dtype=np.float32).reshape(4, 2, 2, 1)
    assert cosine_answers(train, list("abcd"), train[::-1]) == ("d", "c", "b", "a")


def test_accuracy_is_over_all_answers() -> None:
    assert score_answers(
        [answer("Ada", "Ada"), answer("Bo", "Bo"), answer("Bo", "Ada")], new=()
    ).accuracy == pytest.approx(2 / 3)
