"""Where examples come from: a folder of photos or a file of arrays, whichever a path names."""

from __future__ import annotations

from pathlib import Path

from contract.callbacks import Progress, ignore
from contract.inputs import ModelInput, PhotoInput
from device.recognise.regions import Detector
from export.errors import ExamplesError
from export.examples.arrays import NPY, NPZ, read_given_arrays, read_inputs_header, read_labelled_arrays
from export.examples.given import GivenInputs
from export.examples.labelled import LabelledExamples
from export.examples.photos import read_given_photos, read_labelled_photos


def are_photos(path: Path) -> bool:
    """Tell whether photos lie there, or pixels of photos, without reading any of them.

    Raises:
        ExamplesError: neither a folder nor a file of arrays.
    """
    return not _are_arrays(path) or read_inputs_header(path).of_pixels


def read_samples(
    path: Path, *, model_input: ModelInput, detector: Detector | None = None, progress: Progress = ignore
) -> LabelledExamples:
    """Read labelled examples from a folder with one folder a label, or from an .npz file.

    An input of faces needs the detector that finds them.

    Raises:
        ExamplesError: anything that cannot be used; all of it is told.
        PhotoError: a single file that is no photo.
    """
    if _are_arrays(path):
        return read_labelled_arrays(path, model_input=model_input, detector=detector, progress=progress)
    photo_input = _of_photos(path, model_input)
    return read_labelled_photos(path, photo_input=photo_input, detector=detector, progress=progress)


def read_given(
    path: Path,
    *,
    model_input: ModelInput,
    count: int,
    most_labelled: int = 0,
    detector: Detector | None = None,
    progress: Progress = ignore,
) -> GivenInputs:
    """Read inputs from all over a folder of photos, or an .npz or .npy file.

    At most `count` of them, or `most_labelled` where they have labels; fewer where photos have no face. Raises as
    `read_samples`.
    """
    if _are_arrays(path):
        return read_given_arrays(
            path, model_input=model_input, count=count, most_labelled=most_labelled, detector=detector
        )
    return read_given_photos(
        path,
        photo_input=_of_photos(path, model_input),
        count=count,
        most_labelled=most_labelled,
        detector=detector,
        progress=progress,
    )


def _are_arrays(path: Path) -> bool:
    if path.is_dir():
        return False
    if path.suffix.lower() in (NPZ, NPY) and path.exists():
        return True
    got = "another file" if path.exists() else "none"
    raise ExamplesError(str(path), expected=f"a folder of photos, or a {NPZ} file of arrays", got=got)


def _of_photos(path: Path, model_input: ModelInput) -> PhotoInput:
    if not isinstance(model_input, PhotoInput):
        expected = f"a {NPZ} file of arrays, {model_input.dtype.name} (n, {', '.join(map(str, model_input.shape))})"
        raise ExamplesError(str(path), expected=expected, got="a folder; the network takes tensors, not photos")
    return model_input
