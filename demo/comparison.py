"""What a head of cosine to class means would reach on the very samples that were trained on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.bundle import read_device_bundle
from contract.callbacks import Progress
from contract.inputs import ModelInput
from demo.example_files import load_example
from demo.roles import Person
from demo.scoring import PhotoAnswer, Score, cosine_answers, score_answers
from device.recognise.models import load_prefix
from device.recognise.preparation import prepare
from device.recognise.tflite import Model, open_runtime


def score_cosine(bundle: Path, people: Sequence[Person], *, progress: Progress) -> Score:
    """Return the accuracy of cosine to class means; base and uploaded photos make the means, the tests are scored.

    Its shares of "unknown" and accepted say nothing: it has no threshold.
    """
    device_bundle = read_device_bundle(bundle)
    prefix = load_prefix(device_bundle, runtime=open_runtime(), threads=1)
    train = [(photo, person.name) for person in people for photo in (*person.base, *person.uploads)]
    tests = [photo for person in people for photo in person.tests]
    photos = [*(photo for photo, _ in train), *tests]
    features = _features(prefix, device_bundle.input, photos, progress)
    best = cosine_answers(features[: len(train)], [name for _, name in train], features[len(train) :])
    answers = [
        PhotoAnswer(photo, photo.parent.name, name, 1.0, unknown=False) for photo, name in zip(tests, best, strict=True)
    ]
    return score_answers(answers, new={person.name for person in people if person.is_new})


def _features(
    prefix: Model, model_input: ModelInput, photos: Sequence[Path], progress: Progress
) -> NDArray[np.float32]:
    features = []
    for done, photo in enumerate(photos, start=1):
        features.append(prefix.run(prepare(load_example(photo), model_input)[np.newaxis]))
        progress(done, len(photos))
    return np.concatenate(features)
