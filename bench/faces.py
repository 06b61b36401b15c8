"""How well heads know real faces before and after uploads: the demo's roles over five seeds, at the level of heads.

Features are what the default prefix computes. Uploads pass through the default codec and the split, as in the cloud.
The first head and the next one are fitted and calibrated by the recipe that export and the worker use.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.bundles import export_bundle
from bench.embeddings import embed
from bench.features import Features, read_features
from bench.material import find_material
from bench.row import Goal, LeftOut, Row, at_least, at_most
from contract.codecs import DEFAULT_CODEC, decode_features, encode_features
from contract.holdout import Split, assign_split
from demo.cast import BASE_PHOTOS, Person, cast_people
from demo.folders import list_photos
from export.quiet import import_quietly

SEEDS = range(5)
CUT = "freeze6"

Floats = NDArray[np.float32]
Classes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shares:
    """One seed's figures, in percent."""

    unknown_before: float
    accepted_before: float
    accuracy_after: float
    accuracy_new_after: float
    accepted_after: float
    behind_cosine: float
    """Points by which the head is behind cosine to class means on the same samples."""


FIGURES: tuple[tuple[str, str, str, Goal | None], ...] = (
    ("unknown_before", "new people answered unknown, before", "percent", at_least(95)),
    ("accepted_before", "others accepted, before", "percent", at_least(95)),
    ("accuracy_after", "accuracy over all, after", "percent", at_least(99.3)),
    ("accuracy_new_after", "accuracy over the new people, after", "percent", at_least(98)),
    ("behind_cosine", "behind cosine to class means, after", "points", at_most(0.3)),
    ("accepted_after", "everybody accepted, after", "percent", None),
)
"""Field of `Shares`, what it is, its unit, and its goal."""


def measure(work: Path) -> list[Row | LeftOut]:
    """Return each figure's mean over the seeds, with the least and the most of them in its name."""
    material = find_material(work=work)
    if material.weights is None:
        return [LeftOut("faces", "needs real weights and faces: set FEDEX_DATA")]
    import_quietly("keras")
    features, photos = read_features(work, cut=CUT), list_photos(material.faces)
    head = export_bundle(work, cut=CUT) / "training" / "head.keras"
    shares = [_shares(head, features, cast_people(photos, seed=seed), seed) for seed in SEEDS]
    return [_row([getattr(one, name) for one in shares], what, unit, goal) for name, what, unit, goal in FIGURES]


def _row(values: Sequence[float], what: str, unit: str, goal: Goal | None) -> Row:
    spread = f"{min(values):.1f} to {max(values):.1f}"
    return Row(f"lfw65, {len(values)} seeds, {what} ({spread})", float(np.mean(values)), unit, goal=goal)


def _shares(head: Path, features: Features, people: Sequence[Person], seed: int) -> Shares:
    from export.calibrate import calibrate, confidences
    from export.fit import Recipe, class_mean_classifier, fit_classifier

    others = [person for person in people if not person.is_new]
    everybody = [*others, *(person for person in people if person.is_new)]
    recipe, known, classes = Recipe(seed=seed), len(others), len(everybody)
    base = embed(head, features.of([photo for person in others for photo in person.base]))
    base_labels = np.repeat(np.arange(known), BASE_PHOTOS)
    tests = embed(head, features.of([photo for person in everybody for photo in person.tests]))
    truth = np.repeat(np.arange(classes), [len(person.tests) for person in everybody])

    first = fit_classifier(base, base_labels, classes=known, recipe=recipe)
    calibration = calibrate(base, base_labels, classes=known, recipe=recipe)
    sure = confidences(tests @ first[0] + first[1], calibration.temperature) >= calibration.threshold

    uploads, labels = _uploaded(head, features, everybody)
    train, train_labels = np.concatenate([base, uploads]), np.concatenate([base_labels, labels])
    kernel, bias = fit_classifier(train, train_labels, classes=classes, start=first, recipe=recipe)
    later = calibrate(train, train_labels, classes=classes, recipe=recipe)
    logits = tests @ kernel + bias
    right = logits.argmax(axis=1) == truth
    means, no_bias = class_mean_classifier(train, train_labels, classes)
    cosine = (tests @ means + no_bias).argmax(axis=1) == truth
    return Shares(
        unknown_before=_percent(~sure[truth >= known]),
        accepted_before=_percent(sure[truth < known]),
        accuracy_after=_percent(right),
        accuracy_new_after=_percent(right[truth >= known]),
        accepted_after=_percent(confidences(logits, later.temperature) >= later.threshold),
        behind_cosine=_percent(cosine) - _percent(right),
    )


def _uploaded(head: Path, features: Features, people: Sequence[Person]) -> tuple[Floats, Classes]:
    """Embeddings (n, d) and classes (n,) of the uploaded photos that the split trains on, through the default codec."""
    photos = [(photo, label) for label, person in enumerate(people) for photo in _training_photos(features, person)]
    plain = features.of([photo for photo, _ in photos])
    decoded = decode_features(encode_features(plain, DEFAULT_CODEC), DEFAULT_CODEC, plain.shape[1:])
    return embed(head, decoded), np.array([label for _, label in photos], np.int64)


def _training_photos(features: Features, person: Person) -> Iterator[Path]:
    for before, photo in enumerate(person.uploads, start=len(person.base)):
        if assign_split(features.ids_of([photo])[0].tobytes(), before) is Split.TRAIN:
            yield photo


def _percent(outcomes: NDArray[np.bool_]) -> float:
    return 100 * float(np.mean(outcomes))
