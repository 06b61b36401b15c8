"""The default conversion against Keras float32 on real faces with the published weights: accuracy must not suffer.

3,000 pairs of lfw65, half of them of one person, fixed by a seed. A pair is said to be of one person when the cosine
of its two features is above a threshold; the threshold is chosen on Keras and used for both. Of each person the first
ten photos take part: everybody counts alike, and Keras needs some 40 ms for each photo.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from contract.cuts import CUTS, PREFIX_SIGNATURE
from device.recognise.tflite import RUNTIME_MODULES
from export.examples.labelled import LabelledExamples
from export.examples.photos import read_labelled_photos
from export.network.inception_resnet_v1 import INPUT, STANDARDIZATION
from export.network.split import split_model
from export.network.standardization import Standardization, standardized
from export.tflite.convert import convert_prefix
from export.tflite.parity import check_prefix, compare_features
from export.tflite.process import TFLiteProcess
from export.tflite.quantize import DEFAULT_QUANTIZE

PAIRS = 3000
PHOTOS_A_PERSON = 10
BATCH = 64

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Indices of two photos each, and whether they are of one person."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    same: NDArray[np.bool_]


@pytest.fixture(scope="module")
def people(shared_data: Path) -> LabelledExamples:
    everything = read_labelled_photos(shared_data / "faces" / "lfw65", photo_input=INPUT)
    starts = np.searchsorted(everything.labels, np.arange(len(everything.names)))
    rows = (starts[:, np.newaxis] + np.arange(PHOTOS_A_PERSON)).ravel()
    return LabelledExamples(
        everything.names, everything.inputs[rows], everything.labels[rows], everything.sample_ids[rows]
    )


@pytest.fixture(scope="module")
def pairs(people: LabelledExamples) -> Pairs:
    first, second = np.triu_indices(len(people.inputs), k=1)
    same = people.labels[first] == people.labels[second]
    chance = np.random.default_rng(0)
    chosen = np.concatenate(
        [chance.choice(np.flatnonzero(same == kind), PAIRS // 2, replace=False) for kind in (True, False)]
    )
    return Pairs(first[chosen], second[chosen], same[chosen])


@pytest.fixture(scope="module")
def prefix(real_network: keras.Model) -> keras.Model:
    return split_model(real_network, CUTS["freeze6"].layer).prefix


@pytest.fixture(scope="module")
def content(prefix: keras.Model) -> bytes:
    return convert_prefix(prefix, model_input=INPUT, standardization=STANDARDIZATION, quantize=DEFAULT_QUANTIZE)


@pytest.fixture(scope="module")
def by_keras(prefix: keras.Model, people: LabelledExamples) -> Floats:
    """One pass over the photos, which takes most of this module's time."""
    features: Floats = prefix.predict(standardized(people.inputs, Standardization.FACENET), batch_size=BATCH, verbose=0)
    return features


@pytest.fixture(scope="module")
def by_tflite(content: bytes, people: LabelledExamples) -> Floats:
    with TFLiteProcess() as tflite:
        return tflite.run(content, signature=PREFIX_SIGNATURE, inputs=people.inputs)


def cosines(features: Floats, pairs: Pairs) -> Floats:
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    similarities: Floats = np.sum(units[pairs.first] * units[pairs.second], axis=1)
    return similarities


def accuracy(similarities: Floats, pairs: Pairs, *, threshold: float) -> float:
    return float(np.mean((similarities > threshold) == pairs.same))


def best_threshold(similarities: Floats, pairs: Pairs) -> float:
    """Half way between two neighbours, so that neither network is favoured by a pair right at the threshold."""
    ordered = np.sort(similarities)
    candidates = (ordered[1:] + ordered[:-1]) / 2
    scores = [accuracy(similarities, pairs, threshold=float(candidate)) for candidate in candidates]
    return float(candidates[int(np.argmax(scores))])


def test_keras_tells_people_apart(by_keras: Floats, pairs: Pairs) -> None:
    similarities = cosines(by_keras, pairs)
    assert accuracy(similarities, pairs, threshold=best_threshold(similarities, pairs)) > 0.98


def test_the_default_bundle_keeps_the_accuracy_of_float32(by_keras: Floats, by_tflite: Floats, pairs: Pairs) -> None:
    of_keras, of_tflite = cosines(by_keras, pairs), cosines(by_tflite, pairs)
    threshold = best_threshold(of_keras, pairs)
    assert accuracy(of_tflite, pairs, threshold=threshold) == pytest.approx(
        accuracy(of_keras, pairs, threshold=threshold), abs=0.002
    )


def test_the_default_bundles_features_point_where_keras_points(by_keras: Floats, by_tflite: Floats) -> None:
    report = compare_features(by_keras, by_tflite)
    assert report.mean_cosine >= 0.997
    check_prefix(report, DEFAULT_QUANTIZE)


def test_both_runtimes_load_the_default_prefix_and_agree(content: bytes, people: LabelledExamples) -> None:
    """Measured: at most 0.06 apart where weights are quantised, on values with a standard deviation of 0.95."""
    answers = []
    for name in RUNTIME_MODULES:
        with TFLiteProcess(name) as tflite:
            answers.append(tflite.run(content, signature=PREFIX_SIGNATURE, inputs=people.inputs[::40]))
    agreement = compare_features(*answers)
    assert agreement.mean_cosine > 0.9995
