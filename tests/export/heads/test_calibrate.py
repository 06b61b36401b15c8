"""Temperature and the threshold of "unknown"."""

import numpy as np
import pytest
from numpy.typing import NDArray

from export.heads.calibrate import (
    MOST_ASKED,
    STATED_TEMPERATURE,
    calibrate,
    confidences,
    default_calibration,
    fit_temperature,
    fit_unknown,
    own_calibration,
)
from export.heads.calibration import Calibration, FittedOn
from export.heads.fit import Recipe, fit_classifier

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def crowd(photos: int, *, people: range = range(40), spread: float = 0.6, seed: int = 0) -> tuple[Floats, Integers]:
    """Embeddings of length 16 around one centre for each of 60 possible people."""
    chance = np.random.default_rng(seed)
    labels = np.repeat(np.array(people), photos)
    centres = np.random.default_rng(99).normal(size=(60, 64))
    points = centres[labels] + spread * chance.normal(size=(len(labels), 64))
    return (16 * points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), labels


def drawn_logits(labels: Integers, *, classes: int, temperature: float) -> Floats:
    """Logits whose labels were drawn from softmax(logits / temperature)."""
    chance = np.random.default_rng(5)
    sharp = chance.normal(size=(len(labels), classes)) * 2
    probabilities = np.exp(sharp) / np.exp(sharp).sum(axis=1, keepdims=True)
    drawn = np.array([chance.choice(classes, p=row) for row in probabilities])
    labels[:] = drawn
    return (sharp * temperature).astype(np.float32)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    labels = np.zeros(4_000, np.int64)
    logits = drawn_logits(labels, classes=6, temperature=temperature)
    assert fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.1)


def test_strangers_make_the_head_less_sure_of_itself() -> None:
    labels = np.zeros(500, np.int64)
    logits = drawn_logits(labels, classes=6, temperature=1.0)
    assert fit_temperature(logits, labels, strangers=logits) > fit_temperature(logits, labels)


def test_confidence_is_the_probability_of_the_best_class() -> None:
    logits = np.array([[0.0, 0.0], [np.log(9), 0.0]], np.float32)
    np.testing.assert_allclose(confidences(logits, 1.0), [0.5, 0.9], rtol=1e-6)
    np.testing.assert_allclose(confidences(2 * logits, 2.0), [0.5, 0.9], rtol=1e-6)


def test_cross_validation_alone_finds_a_threshold_that_holds_on_unseen_photos() -> None:
    """Two photos of each of forty people, none held out: what the first head of a small group is fitted on."""
    embeddings, labels = crowd(2)
    kernel, bias = fit_classifier(embeddings, labels, classes=40)
    found = calibrate(embeddings, labels, classes=40, recipe=Recipe())
    known, strangers = crowd(10, seed=1)[0], crowd(10, people=range(40, 60), seed=2)[0]
    assert np.mean(confidences(known @ kernel + bias, found.temperature) >= found.threshold) > 0.93
    assert np.mean(confidences(strangers @ kernel + bias, found.temperature) < found.threshold) > 0.93
    assert (found.known, found.strangers) == (80, 80)


def test_enough_held_out_photos_stand_for_the_known_alone() -> None:
    embeddings, labels = crowd(3)
    kernel, bias = fit_classifier(embeddings, labels, classes=40)
    held_out, answers = crowd(4, seed=1)
    found = calibrate(embeddings, labels, classes=40, recipe=Recipe(), held_out=(held_out @ kernel + bias, answers))
    assert found.known == 160


def test_few_held_out_photos_are_added_to_the_left_out_ones() -> None:
    embeddings, labels = crowd(3)
    kernel, bias = fit_classifier(embeddings, labels, classes=40)
    held_out, answers = crowd(1, seed=1)
    found = calibrate(embeddings, labels, classes=40, recipe=Recipe(), held_out=(held_out @ kernel + bias, answers))
    assert found.known == 160


@pytest.mark.parametrize("people", [3, 4, 10, 40])
def test_one_photo_a_label_gives_a_threshold_from_strangers_alone(people: int) -> None:
    """The threshold was 0.000, without a word: no photo was left out of anybody, and every stranger was named."""
    embeddings, labels = crowd(1, people=range(people))
    kernel, bias = fit_classifier(embeddings, labels, classes=people)
    found = calibrate(embeddings, labels, classes=people, recipe=Recipe())
    known, strangers = crowd(10, people=range(people), seed=1)[0], crowd(10, people=range(40, 60), seed=2)[0]
    assert np.mean(confidences(known @ kernel + bias, found.temperature) >= found.threshold) > 0.8
    assert np.mean(confidences(strangers @ kernel + bias, found.temperature) < found.threshold) > 0.8
    assert (found.fitted_on, found.known, found.strangers) == (FittedOn.STRANGERS, 0, people)


def test_a_second_photo_of_two_people_in_forty_does_not_decide_for_all() -> None:
    (once, names), (again, others) = crowd(1), crowd(1, people=range(2), seed=1)
    embeddings, labels = np.concatenate([once, again]), np.concatenate([names, others])
    found = calibrate(embeddings, labels, classes=40, recipe=Recipe())
    assert (found.fitted_on, found.known, found.strangers) == (FittedOn.STRANGERS, 4, 42)


@pytest.mark.parametrize("people", [1, 2])
def test_one_or_two_labels_get_the_stated_default(people: int) -> None:
    embeddings, labels = crowd(5, people=range(people))
    found = calibrate(embeddings, labels, classes=people, recipe=Recipe())
    assert found == Calibration(STATED_TEMPERATURE, MOST_ASKED)
    assert found.fitted_on is FittedOn.DEFAULT


def test_the_default_of_two_labels_names_the_known_and_refuses_most_strangers() -> None:
    embeddings, labels = crowd(1, people=range(2))
    kernel, bias = fit_classifier(embeddings, labels, classes=2)
    found = default_calibration(2)
    known, strangers = crowd(50, people=range(2), seed=1)[0], crowd(10, people=range(40, 60), seed=2)[0]
    assert np.mean(confidences(known @ kernel + bias, found.temperature) >= found.threshold) > 0.95
    assert np.mean(confidences(strangers @ kernel + bias, found.temperature) < found.threshold) > 0.7


@pytest.mark.parametrize(("classes", "threshold"), [(1, 0.9), (2, 0.75), (10, 0.55), (1000, 0.5005)])
def test_a_head_that_came_with_its_network_must_be_half_sure(classes: int, threshold: float) -> None:
    found = own_calibration(classes)
    assert (found.temperature, found.fitted_on) == (1.0, FittedOn.DEFAULT)
    assert found.threshold == pytest.approx(threshold)


def test_where_known_and_strangers_look_alike_both_errors_are_as_frequent() -> None:
    chance = np.random.default_rng(0)
    known, strangers = chance.normal(size=(2, 2_000, 8)).astype(np.float32)
    known[:, 0] += 1.0
    found = fit_unknown(known, np.zeros(2_000, np.int64), strangers)
    assert found.known_accepted == pytest.approx(found.strangers_refused, abs=0.01)


def test_where_they_differ_clearly_nearly_all_known_are_accepted() -> None:
    chance = np.random.default_rng(0)
    known, strangers = chance.normal(size=(2, 2_000, 8)).astype(np.float32)
    known[:, 0] += 9.0
    found = fit_unknown(known, np.zeros(2_000, np.int64), strangers)
    assert found.strangers_refused == pytest.approx(0.98, abs=0.002)
    assert found.known_accepted > 0.98


def test_without_strangers_there_is_a_default() -> None:
    known = np.zeros((50, 3), np.float32)
    assert fit_unknown(known, np.zeros(50, np.int64), known[:0]) == default_calibration(3)


def test_a_head_that_answers_everything_alike_gets_a_default_that_refuses_everything() -> None:
    """The temperature was the smallest and the threshold 1/3, which rounding alone let everybody pass or no one."""
    same = np.full((50, 3), 0.7, np.float32)
    for known in (same, same[:0]):
        found = fit_unknown(known, np.zeros(len(known), np.int64), same)
        assert (found.fitted_on, found.strangers, found.strangers_refused) == (FittedOn.DEFAULT, 50, 1.0)
        assert found.threshold == default_calibration(3).threshold


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_logits_that_are_no_numbers_are_passed_over(value: float) -> None:
    chance = np.random.default_rng(0)
    known, strangers = chance.normal(size=(2, 20, 8)).astype(np.float32)
    labels, damaged = np.zeros(21, np.int64), np.full((1, 8), 1, np.float32)
    damaged[0, 3] = value
    found = fit_unknown(np.concatenate([known, damaged]), labels, np.concatenate([strangers, damaged]))
    assert found == fit_unknown(known, labels[:20], strangers)


def test_logits_of_which_none_is_a_number_give_a_default() -> None:
    nothing = np.full((50, 3), np.nan, np.float32)
    assert fit_unknown(nothing, np.zeros(50, np.int64), nothing) == default_calibration(3)


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_strangers_however_they_differ_ask_for_no_more_than_the_most(size: float) -> None:
    """One of three that is taken for somebody would otherwise have everybody refused."""
    strangers = np.zeros((3, 3), np.float32)
    strangers[0, 0] = 100 * size
    found = fit_unknown(strangers[:0], np.zeros(0, np.int64), strangers)
    assert 1 / 3 <= found.threshold <= MOST_ASKED


@pytest.mark.parametrize(
    ("calibration", "labels", "line"),
    [
        (Calibration(2.0, 0.4125, 80, 0.9, 80, 0.9, FittedOn.BOTH), 40, '"unknown" below 0.412'),
        (
            Calibration(3.0, 0.7, strangers=3, fitted_on=FittedOn.STRANGERS),
            3,
            '"unknown" below 0.700: fitted on strangers alone, as too few labels have a second sample',
        ),
        (
            Calibration(1.0, 0.5),
            1000,
            '"unknown" below 0.500: a default, as there are no samples of three labels or more to fit it on',
        ),
        (
            Calibration(3.0, 0.6, strangers=9),
            5,
            '"unknown" below 0.600: a default, as the head answers everything alike',
        ),
        (Calibration(1.0, 0.9), 1, '"unknown" never: the one label is the answer to everything'),
    ],
)
def test_what_is_missing_for_a_good_threshold_is_said_in_one_line(
    calibration: Calibration, labels: int, line: str
) -> None:
    assert calibration.statement(labels=labels) == line
