"""Which of a network's classes given inputs are of."""

import numpy as np
import pytest

from export.classes import match_classes
from export.errors import RequestError
from export.examples.given import GivenInputs

INPUTS = np.zeros((4, 2), np.float32)


def given(labels: list[int] | None, names: tuple[str, ...] | None = None) -> GivenInputs:
    return GivenInputs(INPUTS, None if labels is None else np.array(labels), names)


def classes_of(found: GivenInputs, labels: tuple[str, ...] | None, *, count: int) -> list[int] | None:
    classes = match_classes(found, labels, classes=count).classes
    return None if classes is None else classes.tolist()


def test_as_many_sorted_names_as_classes_are_the_classes_and_their_labels() -> None:
    found = match_classes(given([0, 2, 1, 0], ("ant", "bee", "cat")), None, classes=3)
    assert found.labels == ("ant", "bee", "cat")
    assert found.classes is not None
    assert found.classes.tolist() == [0, 2, 1, 0]


def test_names_are_found_among_the_labels_in_whatever_order_and_spelling() -> None:
    names = ("Bee", "ant", "dragonfly")
    assert classes_of(given([0, 1, 2, 0], names), ("ant", "bee"), count=2) == [1, 0, -1, 1]


def test_numbers_without_names_are_the_classes() -> None:
    assert classes_of(given([0, 4, 1, 1]), None, count=5) == [0, 4, 1, 1]
    with pytest.raises(RequestError, match="labels of --photos: expected classes from 0 to 3, got 4"):
        match_classes(given([0, 4, 1, 1]), None, classes=4)


def test_names_that_are_no_classes_are_told_and_nothing_is_measured() -> None:
    other = match_classes(given([0, 1, 1, 0], ("ant", "bee")), None, classes=3)
    assert other.classes is None
    assert other.labels == ("class-0001", "class-0002", "class-0003")
    assert other.reason == "--photos has 2 labels, the network 3 classes; --labels FILE names them"
    unknown = match_classes(given([0, 1, 1, 0], ("x", "y")), ("ant", "bee"), classes=2)
    assert (unknown.classes, unknown.reason) == (None, "no folder or name of --photos is one of --labels")


def test_a_folder_that_cannot_be_a_label_is_a_class_all_the_same() -> None:
    found = match_classes(given([0, 1, 1, 0], ("cat", "unknown")), None, classes=2)
    assert found.labels == ("class-0001", "class-0002")
    assert found.classes is not None
    assert "cannot be a label" in str(found.reason)


def test_folders_that_are_one_label_are_classes_without_names() -> None:
    found = match_classes(given([0, 1, 1, 0], ("Anna", "anna")), None, classes=2)
    assert found.labels == ("class-0001", "class-0002")
    assert found.classes is not None
    assert "expected each label once, got 'Anna' and 'anna'" in str(found.reason)


def test_without_labels_nothing_is_known_and_nothing_is_odd() -> None:
    found = match_classes(given(None), None, classes=2)
    assert (found.labels, found.classes, found.reason) == (("class-0001", "class-0002"), None, None)


def test_labels_of_another_number_than_the_classes_are_refused() -> None:
    with pytest.raises(RequestError, match="--labels: expected 3, one for each class, got 2"):
        match_classes(given(None), ("a", "b"), classes=3)
