"""The recipe on 65 real people, 15 of them unknown at first: recognised after three photos each, and unknown before."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from contract.codecs import Codec, decode_features, encode_features
from demo.roles import Person, assign_roles
from export.heads.calibrate import calibrate, confidences
from export.heads.calibration import Calibration
from export.heads.class_means import unit_vectors
from export.heads.fit import fit_classifier
from export.heads.recipe import Recipe
from export.network.backbone import load_reference
from export.network.standardization import Standardization, standardized

SEEDS = range(5)
UPLOADED_TOGETHER = 10

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Measured:
    """Shares, of test photos."""

    known_accepted: float
    strangers_unknown: float
    all_right: float
    new_right: float
    cosine_right: float
    accepted_after: float


@pytest.fixture(scope="module")
def embeddings(shared_data: Path) -> dict[Path, Floats]:
    """Every photo's feature at freeze6, scaled to length 16."""
    network = load_reference(classes=2, weights=shared_data / "weights" / "facenet_vggface2.npz")
    prefix = keras.Model(network.input, network.get_layer("Bottleneck_BatchNorm").output)
    photos = sorted((shared_data / "faces" / "lfw65").glob("*/*.jpg"))
    pixels = np.stack([np.asarray(Image.open(photo).convert("RGB")) for photo in photos])
    features = prefix.predict(standardized(pixels, Standardization.FACENET), batch_size=64, verbose=0)
    return dict(zip(photos, scaled(features), strict=True))


@pytest.fixture(scope="module")
def measured(embeddings: dict[Path, Floats]) -> list[Measured]:
    folders: dict[str, list[Path]] = {}
    for photo in embeddings:
        folders.setdefault(photo.parent.name, []).append(photo)
    return [measure(embeddings, assign_roles(folders, seed=seed)) for seed in SEEDS]


def scaled(features: Floats) -> Floats:
    unit: Floats = features / np.linalg.norm(features, axis=1, keepdims=True)
    return 16 * unit


def as_uploaded(features: Floats) -> Floats:
    """As the cloud gets them: int4, ten together."""
    pieces = [features[at : at + UPLOADED_TOGETHER] for at in range(0, len(features), UPLOADED_TOGETHER)]
    return scaled(
        np.concatenate([decode_features(encode_features(one, Codec.INT4), Codec.INT4, one.shape[1:]) for one in pieces])
    )


def gather(embeddings: dict[Path, Floats], people: list[Person], part: str) -> tuple[Floats, NDArray[np.int64]]:
    """The photos of one part of everybody's, and whose they are: the place among `people`."""
    rows = [(place, photo) for place, person in enumerate(people) for photo in getattr(person, part)]
    return np.stack([embeddings[photo] for _, photo in rows]), np.array([place for place, _ in rows], np.int64)


def accepted(logits: Floats, calibration: Calibration) -> NDArray[np.bool_]:
    sure: NDArray[np.bool_] = confidences(logits, calibration.temperature) >= calibration.threshold
    return sure


def measure(embeddings: dict[Path, Floats], everybody: tuple[Person, ...]) -> Measured:
    people = sorted(everybody, key=lambda person: person.is_new)
    known = sum(not person.is_new for person in people)
    (base, base_labels), (tests, answers) = gather(embeddings, people, "base"), gather(embeddings, people, "tests")
    first = fit_classifier(base, base_labels, classes=known)
    before = calibrate(base, base_labels, classes=known, recipe=Recipe())
    uploads, uploaded_labels = gather(embeddings, people, "uploads")
    train = np.concatenate([base, as_uploaded(uploads)])
    labels = np.concatenate([base_labels, uploaded_labels])
    second = fit_classifier(train, labels, classes=len(people))
    after = calibrate(train, labels, classes=len(people), recipe=Recipe())
    sums = np.zeros((len(people), train.shape[1]), np.float32)
    np.add.at(sums, labels, train)
    cosine = unit_vectors(sums).T
    new, sure = answers >= known, accepted(tests @ first[0] + first[1], before)
    right = (tests @ second[0] + second[1]).argmax(axis=1) == answers
    return Measured(
        known_accepted=float(sure[~new].mean()),
        strangers_unknown=float(1 - sure[new].mean()),
        all_right=float(right.mean()),
        new_right=float(right[new].mean()),
        cosine_right=float(np.mean((tests @ cosine).argmax(axis=1) == answers)),
        accepted_after=float(accepted(tests @ second[0] + second[1], after).mean()),
    )


@pytest.mark.slow
def test_after_three_photos_each_everybody_is_recognised(measured: list[Measured]) -> None:
    assert np.mean([one.all_right for one in measured]) >= 0.993
    assert np.mean([one.new_right for one in measured]) >= 0.98
    assert np.mean([one.cosine_right - one.all_right for one in measured]) <= 0.003


@pytest.mark.slow
def test_before_them_strangers_are_unknown_and_the_others_accepted(measured: list[Measured]) -> None:
    assert np.mean([one.strangers_unknown for one in measured]) >= 0.95
    assert np.mean([one.known_accepted for one in measured]) >= 0.95


@pytest.mark.slow
def test_after_them_people_are_still_accepted(measured: list[Measured]) -> None:
    assert np.mean([one.accepted_after for one in measured]) >= 0.95


@dataclass(frozen=True)
class OncePhotographed:
    """Shares of photos: of people whom a head knows by one photo each, and of everybody else."""

    known_accepted: float
    strangers_unknown: float


def measure_one_photo(embeddings: dict[Path, Floats], *, labels: int, seed: int) -> OncePhotographed:
    folders: dict[str, list[Path]] = {}
    for photo in embeddings:
        folders.setdefault(photo.parent.name, []).append(photo)
    people = [folders[name] for name in np.random.default_rng(seed).permutation(sorted(folders))]
    base = np.stack([embeddings[photos[0]] for photos in people[:labels]])
    known = np.stack([embeddings[photo] for photos in people[:labels] for photo in photos[1:]])
    strangers = np.stack([embeddings[photo] for photos in people[labels:] for photo in photos])
    kernel, bias = fit_classifier(base, np.arange(labels), classes=labels)
    found = calibrate(base, np.arange(labels), classes=labels, recipe=Recipe())
    return OncePhotographed(
        known_accepted=float(accepted(known @ kernel + bias, found).mean()),
        strangers_unknown=float(1 - accepted(strangers @ kernel + bias, found).mean()),
    )


@pytest.mark.slow
@pytest.mark.parametrize(("labels", "unknown"), [(2, 0.8), (3, 0.8), (5, 0.8), (20, 0.9), (50, 0.9)])
def test_with_one_photo_each_people_are_accepted_and_strangers_unknown(
    embeddings: dict[Path, Floats], labels: int, unknown: float
) -> None:
    """Everybody was accepted: the threshold was 0. Two labels have the stated default, others what strangers fit."""
    measured = [measure_one_photo(embeddings, labels=labels, seed=seed) for seed in SEEDS]
    assert np.mean([one.known_accepted for one in measured]) >= 0.9
    assert np.mean([one.strangers_unknown for one in measured]) >= unknown
