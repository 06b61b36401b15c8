"""Temperature and the threshold of "unknown"."""

import numpy as np
import pytest
from numpy.typing import NDArray

from export.heads.calibrate import ACCEPT_ALL, calibrate, confidences, fit_temperature, fit_unknown
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


def test_a_head_of_one_or_two_classes_accepts_everything() -> None:
    embeddings, labels = crowd(5, people=range(2))
    assert calibrate(embeddings, labels, classes=2, recipe=Recipe()) == ACCEPT_ALL


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


def test_without_strangers_everything_is_accepted() -> None:
    known = np.zeros((5, 3), np.float32)
    assert fit_unknown(known, np.zeros(5, np.int64), known[:0]) == ACCEPT_ALL
