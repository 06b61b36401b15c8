"""Which of a network's classes given inputs are of, by their labels; and what the classes are called. Pure.

Where no labels are said and folders are as many as classes, the sorted names are the classes, as those of Keras's
`image_dataset_from_directory` are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contract.errors import ContractError
from contract.labels import encode_new_labels, label_key, read_label
from export.accuracy import Classes
from export.errors import RequestError
from export.examples.given import GivenInputs

UNMATCHED = -1


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Labels of a network's classes, and the class of each given input."""

    labels: tuple[str, ...]
    classes: Classes | None = None
    """(n,), -1 where an input's label is none of the network's; None of all of them."""
    reason: str | None = None
    """Why classes are not known, where labels were given."""


def match_classes(given: GivenInputs, labels: Sequence[str] | None, *, classes: int) -> Matched:
    """Find out what the classes of a network are called, and which of them the given inputs are of.

    Raises:
        RequestError: labels of another number than the classes; a label that is a number beyond them.
    """
    if labels is not None and len(labels) != classes:
        raise RequestError("--labels", expected=f"{classes}, one for each class", got=str(len(labels)))
    own = tuple(labels) if labels is not None else numbered(classes)
    if given.labels is None:
        return Matched(own)
    if given.names is None:
        _check_numbers(given.labels, classes)
        return Matched(own, given.labels)
    if labels is not None:
        return _by_name(given.labels, given.names, own)
    return _in_order(given.labels, given.names, own)


def numbered(classes: int) -> tuple[str, ...]:
    """Return labels for classes that have no names."""
    return tuple(f"class-{number:04d}" for number in range(1, classes + 1))


def _by_name(labels: Classes, names: Sequence[str], own: tuple[str, ...]) -> Matched:
    places = {label_key(label): place for place, label in enumerate(own)}
    found = np.array([places.get(_key(name), UNMATCHED) for name in names], np.int64)
    if (found == UNMATCHED).all():
        return Matched(own, reason="no folder or name of --photos is one of --labels")
    return Matched(own, found[labels])


def _in_order(labels: Classes, names: Sequence[str], own: tuple[str, ...]) -> Matched:
    if len(names) != len(own):
        reason = f"--photos has {len(names)} labels, the network {len(own)} classes; --labels FILE names them"
        return Matched(own, reason=reason)
    try:
        read = tuple(read_label(name) for name in names)
        encode_new_labels(read)
    except ContractError as error:
        return Matched(own, labels, reason=f"a folder or name of --photos cannot be a label ({error})")
    return Matched(read, labels)


def _key(name: str) -> str:
    try:
        return label_key(read_label(name))
    except ContractError:
        return ""


def _check_numbers(labels: Classes, classes: int) -> None:
    if labels.max() >= classes:
        raise RequestError("labels of --photos", expected=f"classes from 0 to {classes - 1}", got=str(labels.max()))
