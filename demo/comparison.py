"""What a head of cosine to class means would reach on the very samples that were trained on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.bundle import read_device_bundle
from contract.callbacks import Progress
from demo.roles import Person
from demo.scoring import PhotoAnswer, Score, cosine_answers, score_answers
from device.recognise.image import load_photo
from device.recognise.models import load_prefix
from device.recognise.tflite import Model, open_runtime


def score_cosine(bundle: Path, people: Sequence[Person], *, progress: Progress) -> Score:
    """Return the accuracy of cosine to class means; base and uploaded photos make the means, the tests are scored.

    Its shares of "unknown" and accepted say nothing: it has no threshold.
    """
    prefix = load_prefix(read_device_bundle(bundle), runtime=open_runtime(), threads=1)
    train = [(photo, person.name) for person in people for photo in (*person.base, *person.uploads)]
    tests = [photo for person in people for photo in person.tests]
    features = _features(prefix, [*(photo for photo, _ in train), *tests], progress)
    best = cosine_answers(features[: len(train)], [name for _, name in train], features[len(train) :])
    answers = [
        PhotoAnswer(photo, photo.parent.name, name, 1.0, unknown=False) for photo, name in zip(tests, best, strict=True)
    ]
    return score_answers(answers, new={person.name for person in people if person.is_new})


def _features(prefix: Model, photos: Sequence[Path], progress: Progress) -> NDArray[np.float32]:
    features = []
    for done, photo in enumerate(photos, start=1):
        features.append(prefix.run(load_photo(photo).prepared[np.newaxis]))
        progress(done, len(photos))
    return np.concatenate(features)
