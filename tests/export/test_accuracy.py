"""What an export makes of right and wrong answers."""

import numpy as np
import pytest

from export.accuracy import (
    Classes,
    Floats,
    SameLabels,
    check_accuracy,
    check_labels,
    check_same_answers,
    check_scale,
    compare_labels,
    measure,
)
from export.comparison import Comparison
from export.errors import ParityError, RequestError
from export.network.standardization import Standardization
from export.tflite.quantize import Quantize

CLASSES = np.arange(100) % 4
CHANCE = np.random.default_rng(0)


def answers(classes: Classes) -> Floats:
    """Probabilities that name these classes for sure."""
    return (np.eye(4) * 0.9 + 0.025)[classes].astype(np.float32)


def wrong(count: int) -> Classes:
    """The classes, the first of them another one."""
    return np.where(np.arange(100) < count, (CLASSES + 1) % 4, CLASSES)


def test_accuracy_is_the_share_of_answers_whose_best_class_is_true() -> None:
    found = measure(CLASSES, by_keras=answers(wrong(4)), by_tflite=answers(wrong(10)))
    assert (found.samples, found.keras, found.tflite, found.one_answer) == (100, 0.96, 0.9, 0.25)
    assert not found.is_chance
    assert measure(CLASSES, by_keras=answers(wrong(75)), by_tflite=answers(wrong(75))).is_chance


def test_accuracy_that_a_conversion_loses_is_refused() -> None:
    check_accuracy(measure(CLASSES, by_keras=answers(wrong(4)), by_tflite=answers(wrong(9))), Quantize.DYNAMIC)
    lost = measure(CLASSES, by_keras=answers(CLASSES), by_tflite=answers(wrong(94)))
    with pytest.raises(ParityError, match=r"about 100.0% right of 100 labelled inputs, as Keras is, got 6.0%"):
        check_accuracy(lost, Quantize.DYNAMIC)


def test_labels_count_where_the_whole_network_is_sure_of_them() -> None:
    unsure = np.full((100, 4), 0.25, np.float32)
    check_labels(compare_labels(unsure, answers(wrong(100))), Quantize.NONE)
    sure = compare_labels(answers(CLASSES), answers(wrong(30)))
    assert sure == SameLabels(samples=100, same=70, sure=100, sure_same=70)
    with pytest.raises(ParityError, match=r"all but 5 of the 100 inputs that it is sure of, got another one on 30"):
        check_labels(sure, Quantize.DYNAMIC)


def test_a_scale_that_photos_show_to_be_wrong_is_refused_and_the_right_one_named() -> None:
    rights = {Standardization.UNIT: 6, Standardization.NONE: 100, Standardization.CAFFE: 30}
    with pytest.raises(
        RequestError,
        match=r"--standardize unit: expected none, under which 100.0% of 100 .* are right, got 6.0% right under unit",
    ):
        check_scale(rights, Standardization.UNIT, CLASSES)
    check_scale(rights, Standardization.NONE, CLASSES)


def test_a_scale_that_is_hardly_better_is_not_believed() -> None:
    check_scale({Standardization.FACENET: 90, Standardization.SYMMETRIC: 99}, Standardization.FACENET, CLASSES)
    few = CLASSES[:4]
    check_scale({Standardization.FACENET: 1, Standardization.SYMMETRIC: 3}, Standardization.FACENET, few)


def test_a_scale_that_is_no_better_than_one_answer_for_all_is_not_believed() -> None:
    """An untrained network was right on 0 % of photos under its own scale, and on 25 % under another."""
    check_scale({Standardization.FACENET: 0, Standardization.UNIT: 25}, Standardization.FACENET, CLASSES)
    mostly = np.where(np.arange(100) < 80, 0, CLASSES)
    check_scale({Standardization.FACENET: 60, Standardization.UNIT: 82}, Standardization.FACENET, mostly)


def test_scales_under_which_as_many_photos_are_right_are_told() -> None:
    """A small network trained on 0..1 was right on all photos on 0..255, too: a wrong scale passed in silence."""
    unit, none, caffe = Standardization.UNIT, Standardization.NONE, Standardization.CAFFE
    comparison = Comparison({}, None, None, {none: 1.0, unit: 1.0, caffe: 0.9})
    assert comparison.as_right_under(none) == (unit,)
    assert Comparison({}, None, None, {none: 1.0}).as_right_under(none) == ()
    assert Comparison({}, None, None, {}).as_right_under(none) == ()


def test_parts_that_answer_like_the_whole_are_accepted() -> None:
    whole = CHANCE.dirichlet(np.ones(10), 50).astype(np.float32)
    check_same_answers(whole, whole * np.float32(1 + 1e-6), where="parts")


@pytest.mark.parametrize("spread", [1.0, 1e-2, 1e-3])
def test_parts_that_answer_otherwise_are_refused_even_where_all_answers_are_nearly_the_same(spread: float) -> None:
    """An untrained network of a thousand classes gives each of them nearly the same probability."""
    logits = CHANCE.normal(size=(50, 1000)) * spread
    whole, other = (np.exp(values) / np.exp(values).sum(axis=1, keepdims=True) for values in (logits, logits[::-1]))
    with pytest.raises(ParityError, match="parts: expected the answers of the whole network, log probabilities within"):
        check_same_answers(whole.astype(np.float32), other.astype(np.float32), where="parts")


def test_answers_that_are_no_numbers_are_refused() -> None:
    whole = CHANCE.dirichlet(np.ones(3), 5).astype(np.float32)
    with pytest.raises(ParityError, match="got a mean difference of nan"):
        check_same_answers(whole, whole * np.float32("nan"), where="parts")
