"""Figures of a head whose answers are known."""

import math

import numpy as np
import pytest

from bench.learning.figures import accepted, answers, cosine_curve, curve
from bench.learning.heads import Head
from bench.learning.world import Cast, Member, Story, Upload

AXES = np.eye(4, dtype=np.float32)
NOTHING = np.zeros((0, 4), np.float32)


def head(threshold: float) -> Head:
    """Two people, along two axes; on the others it is not sure of anything."""
    return Head(("ann", "bob"), 4 * AXES[:, :2], np.zeros(2, np.float32), 1.0, threshold)


def member(name: str, *tests: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Member:
    return Member(name, AXES[:1] if name == "ann" else AXES[1:2], NOTHING, np.stack(tests))


ANN, BOB = member("ann", AXES[0], AXES[1]), member("bob", AXES[1], AXES[2])


def story(
    *strangers: np.ndarray[tuple[int, ...], np.dtype[np.float32]], aliases: dict[str, str] | None = None
) -> Story:
    cast = Cast((ANN, BOB), (), np.stack(strangers))
    return Story(cast, ((Upload("phone", 1, "bob", AXES[1]),),), aliases or {})


def test_accepted_is_right_and_sure_enough() -> None:
    """Ann's second photo is taken for Bob, and Bob's second for nobody in particular."""
    both = answers(head(0.9), [ANN, BOB], {})
    assert both.accepted == pytest.approx(2 / 4)
    assert both.right == pytest.approx(2 / 4)
    assert answers(head(0.99), [ANN, BOB], {}).accepted == 0


def test_a_second_name_is_right_for_its_person() -> None:
    assert answers(head(0.9), [member("ann", AXES[1])], {"bob": "ann"}).accepted == 1


def test_nobody_is_asked_of_no_one() -> None:
    assert math.isnan(answers(head(0.9), [], {}).accepted)


def test_strangers_are_accepted_whoever_they_are_taken_for() -> None:
    assert accepted(head(0.9), np.stack([AXES[0], AXES[1], AXES[2], AXES[3]])) == pytest.approx(0.5)


def test_the_curve_accepts_nobody_less_sure_than_the_strangers_who_are_let_in() -> None:
    """Strangers along Ann's axis are as sure as anybody who is known."""
    assert set(curve(head(0.9), story(AXES[2], AXES[3])).values()) == {0.5}
    assert set(curve(head(0.9), story(AXES[0], AXES[0])).values()) == {0.0}


def test_cosine_is_to_the_means_of_base_and_uploads() -> None:
    assert set(cosine_curve(story(AXES[3], AXES[3])).values()) == {0.5}
