"""Photos from folders (`export.examples.photo_folders`): those of labels, and those to compare on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from contract.callbacks import Progress, ignore
from contract.inputs import PhotoInput
from device.errors import PhotoError
from device.recognise.image import Photo, load_photo
from device.recognise.regions import Detector
from export.errors import ExamplesError
from export.examples.given import GivenGathering, GivenInputs, indexed, spread
from export.examples.labelled import FEWEST_LABELS, Gathering, LabelledExamples
from export.examples.photo_folders import find_folders, find_people, find_photos
from export.examples.problems import PHOTOS_BY_LABEL, raise_together
from export.examples.subjects import SubjectFinder


def read_labelled_photos(
    directory: Path, *, photo_input: PhotoInput, detector: Detector | None = None, progress: Progress = ignore
) -> LabelledExamples:
    """Read the photos of a folder with one folder a label; `progress` is told the photos read, and of how many.

    Raises:
        ExamplesError: no such folder, fewer than two labels, one without photos, two of the same name, a name that
            cannot be a label, one photo in two folders, or a label with no face in any photo where the input is of
            faces; or several things that cannot be used.
        PhotoError: a single file that is no photo.
    """
    found = find_people(directory)
    gathering = Gathering(SubjectFinder(photo_input, detector), list(found.problems))
    folders = [*found.photos.values(), *found.unlabelled]
    paths = [(label, path) for label, photos in enumerate(folders) for path in photos]
    for done, (label, path) in enumerate(paths, 1):
        for photo in _loaded([path], gathering.problems):
            gathering.add(photo, label, where=str(path))
        progress(done, len(paths))
    names, passed_over = tuple(found.photos), len(found.passed_over)
    return gathering.finish(names, where=str(directory), expected=PHOTOS_BY_LABEL, passed_over=passed_over)


def read_given_photos(
    directory: Path,
    *,
    photo_input: PhotoInput,
    count: int,
    most_labelled: int = 0,
    detector: Detector | None = None,
    progress: Progress = ignore,
) -> GivenInputs:
    """Read at most `count` photos from all over a folder and the folders in it, or `most_labelled` with labels.

    They have labels where every photo is in one of two or more folders: those folders' names.

    Raises:
        ExamplesError: no such folder, nothing in it, several files that are no photos, or no face in any of them where
            the input is of faces.
        PhotoError: a single file that is no photo.
    """
    files, names = find_photos(directory), find_folders(directory)
    if not files:
        raise ExamplesError(f"photos {directory}", expected="at least one photo", got="an empty folder")
    labelled = len(names) >= FEWEST_LABELS and all(path.parent != directory for path in files)
    problems: list[Exception] = []
    chosen = [files[place] for place in spread(len(files), max(count, most_labelled) if labelled else count)]
    gathering = GivenGathering(SubjectFinder(photo_input, detector))
    for done, path in enumerate(chosen, 1):
        for photo in _loaded([path], problems):
            gathering.add(photo, where=str(path))
        progress(done, len(chosen))
    raise_together(f"photos {directory}", problems, expected="photos")
    owners = indexed([path.relative_to(directory).parts[0] for path in chosen], names) if labelled else None
    return gathering.finish(owners, names if labelled else None, where=f"photos {directory}")


def _loaded(paths: Iterable[Path], problems: list[Exception]) -> Iterable[Photo]:
    for path in paths:
        try:
            yield load_photo(path)
        except PhotoError as error:
            problems.append(error)
