"""What a head of cosine to class means would reach on the very samples that were trained on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.bundle import read_device_bundle
from contract.callbacks import Progress
from demo.errors import DemoError
from demo.example_files import load_example
from demo.roles import Person
from demo.scoring import PhotoAnswer, Score, cosine_answers, score_answers
from device.recognise.models import load_detector, load_prefix
from device.recognise.regions import RegionFinder
from device.recognise.tflite import Model, open_runtime


def score_cosine(bundle: Path, people: Sequence[Person], *, progress: Progress) -> Score:
    """Return the accuracy of cosine to class means; base and uploaded photos make the means, the tests are scored.

    Its shares of "unknown" and accepted say nothing: it has no threshold.
    """
    device_bundle = read_device_bundle(bundle)
    runtime = open_runtime()
    prefix = load_prefix(device_bundle, runtime=runtime, threads=1)
    detector = load_detector(device_bundle, runtime=runtime, threads=1)
    finder = RegionFinder(device_bundle.input, detector.run if detector else None)
    train = [(photo, person.name) for person in people for photo in (*person.base, *person.uploads)]
    tests = [photo for person in people for photo in person.tests]
    photos = [*(photo for photo, _ in train), *tests]
    features = _features(prefix, finder, photos, progress)
    best = cosine_answers(features[: len(train)], [name for _, name in train], features[len(train) :])
    answers = [
        PhotoAnswer(photo, photo.parent.name, name, 1.0, unknown=False) for photo, name in zip(tests, best, strict=True)
    ]
    return score_answers(answers, new={person.name for person in people if person.is_new})


def _features(prefix: Model, finder: RegionFinder, photos: Sequence[Path], progress: Progress) -> NDArray[np.float32]:
    """Return the features (n, *shape) of the subject of each photo."""
    features = []
    for done, photo in enumerate(photos, start=1):
        subject = next((region for region in finder.find(load_example(photo)) if region.is_subject), None)
        if subject is None:
            raise DemoError(f"{photo}: expected a face, got none")
        features.append(prefix.run(subject.values[np.newaxis]))
        progress(done, len(photos))
    return np.concatenate(features)
