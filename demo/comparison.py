"""What a head of cosine to class means would reach on the very samples that were trained on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.bundle import read_device_bundle
from contract.callbacks import Progress
from demo.album import Album
from demo.errors import DemoError
from demo.example_files import load_example
from demo.scoring import PhotoAnswer, Score, cosine_answers, score_answers
from demo.shots import Shot
from device.recognise.models import load_detector, load_prefix
from device.recognise.regions import RegionFinder
from device.recognise.tflite import Model, open_runtime

Feature = NDArray[np.float32]
"""(*shape)."""


def score_cosine(bundle: Path, album: Album, *, progress: Progress) -> Score:
    """Return the accuracy of cosine to class means; base and uploaded photos make the means, the tests are scored.

    Its shares of "unknown" and accepted say nothing: it has no threshold.

    Raises:
        DemoError: no face was found in any photo that makes the means, or in any that is scored.
    """
    device_bundle = read_device_bundle(bundle)
    runtime = open_runtime()
    prefix = load_prefix(device_bundle, runtime=runtime, threads=1)
    detector = load_detector(device_bundle, runtime=runtime, threads=1)
    finder = RegionFinder(device_bundle.input, detector.run if detector else None)
    base = [Shot.of_one(photo) for person in album.people for photo in person.base]
    shots = [*base, *album.uploads, *album.tests]
    found: list[list[tuple[str, Feature | None]]] = []
    for done, shot in enumerate(shots, start=1):
        found.append(_features(shot, finder, prefix))
        progress(done, len(shots))
    known = [(name, one) for of_shot in found[: -len(album.tests)] for name, one in of_shot if one is not None]
    rows = zip(album.tests, found[-len(album.tests) :], strict=True)
    tests = [(shot.path, name, one) for shot, of_shot in rows for name, one in of_shot]
    asked = stack_found([one for _, _, one in tests if one is not None], where="tests")
    best = iter(
        cosine_answers(
            stack_found([one for _, one in known], where="base and uploaded photos"), [name for name, _ in known], asked
        )
    )
    answers = [
        PhotoAnswer(photo, name, None if one is None else next(best), 1.0, unknown=False) for photo, name, one in tests
    ]
    return score_answers(answers, new={person.name for person in album.people if person.is_new})


def stack_found(features: Sequence[Feature], *, where: str) -> NDArray[np.float32]:
    """Return features (n, *shape).

    Raises:
        DemoError: there are none.
    """
    if not features:
        raise DemoError(f"{where}: expected a face that is found in one photo at least, got none")
    return np.stack(features)


def _features(shot: Shot, finder: RegionFinder, prefix: Model) -> list[tuple[str, Feature | None]]:
    """Return the name and the feature of each who counts; None where their face is not found."""
    regions = finder.find(load_example(shot.path))
    found = [(sitter.name, sitter.find(regions)) for sitter in shot.sitters]
    return [(name, None if one is None else prefix.run(one.values[np.newaxis])[0]) for name, one in found]
