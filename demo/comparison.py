"""The only home of what a head of cosine to class means would reach on the very samples that were trained on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.bundle import read_device_bundle
from demo.cast import Person
from demo.scoring import Answer, Score, cosine_answers, score_answers
from demo.stages import Tell
from device.recognise.image import load_photo
from device.recognise.models import load_prefix
from device.recognise.tflite import Model, open_runtime


def score_cosine(bundle: Path, people: Sequence[Person], *, tell: Tell) -> Score:
    """Return the accuracy of cosine to class means; base and uploaded photos make the means, the tests are scored.

    Its shares of "unknown" and accepted are not meant: it has no threshold.
    """
    prefix = load_prefix(read_device_bundle(bundle), runtime=open_runtime(), threads=1)
    train = [(photo, person.name) for person in people for photo in (*person.base, *person.uploads)]
    tests = [photo for person in people for photo in person.tests]
    features = _features(prefix, [*(photo for photo, _ in train), *tests], tell)
    best = cosine_answers(features[: len(train)], [name for _, name in train], features[len(train) :])
    answers = [
        Answer(photo, photo.parent.name, name, 1.0, unknown=False) for photo, name in zip(tests, best, strict=True)
    ]
    return score_answers(answers, new={person.name for person in people if person.is_new})


def _features(prefix: Model, photos: Sequence[Path], tell: Tell) -> NDArray[np.float32]:
    features = []
    for done, photo in enumerate(photos, start=1):
        features.append(prefix.run(load_photo(photo).prepared[np.newaxis]))
        tell(done, len(photos))
    return np.concatenate(features)
