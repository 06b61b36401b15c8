"""What an export works on: finds the network, the photos and the labels that were asked for."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.bundle import BundleSpec, ExportInputs, StepProgress
from export.errors import RequestError, WeightsError
from export.examples.faces import People, read_faces, read_photos
from export.examples.synthetic import synthetic_inputs
from export.network.backbone import draw_reference, load_reference
from export.network.inception_resnet_v1 import INPUT, STANDARDIZATION
from export.network.keras_file import read_network
from export.network.network import Network, prepared
from export.network.weights import classes_in
from export.request import Request
from export.tflite.quantize import Quantize

PHOTOS = 64
"""To calibrate on, and to compare on: more take longer and say the same."""
FEWEST_PHOTOS = 8
"""Of either, for int8: on fewer, ranges and errors are chance."""
SYNTHETIC_SEED = 1

Photos = NDArray[np.uint8]


def gather_inputs(request: Request, *, at_step: StepProgress) -> tuple[Network, BundleSpec, ExportInputs]:
    """Find the network that was asked for, and what to make of it.

    Raises:
        FacesError, PhotoError: a folder that will not do.
        WeightsError: a file that will not do.
        RequestError: a network whose number of classes was not said, or is not that of the labels; too few photos.
    """
    people = None
    if request.faces is not None:
        people = read_faces(request.faces, photo_input=INPUT, progress=partial(at_step, "reading photos"))
        if people.passed_over:
            at_step(f"passed over, as left by systems and programs: {people.passed_over}", 0, 0)
    photos, calibration = _photos(request, people)
    at_step("making the network", 0, 0)
    network = _network(request, people, photos)
    labels = people.names if people else _labels(request, classes=network.flat.outputs[0].shape[-1])
    spec = BundleSpec(
        request.cut, request.layer, INPUT, STANDARDIZATION, request.quantize, request.out, seed=request.seed
    )
    return network, spec, ExportInputs(photos, labels, people, calibration)


def _photos(request: Request, people: People | None) -> tuple[Photos, Photos | None]:
    """Choose photos to compare on, and for int8 others to calibrate on: its ranges fit best what they came from."""
    if request.quantize is not Quantize.INT8:
        return _choose(request, people, count=PHOTOS), None
    photos = _choose(request, people, count=2 * PHOTOS)
    if len(photos) < 2 * FEWEST_PHOTOS:
        expected = f"at least {2 * FEWEST_PHOTOS} photos, half to calibrate on and half to compare on"
        raise RequestError("--quantize int8", expected=expected, got=str(len(photos)))
    return photos[1::2], photos[::2]


def _choose(request: Request, people: People | None, *, count: int) -> Photos:
    """Choose at most `count` photos, from all over."""
    if people is not None:
        chosen: Photos = people.photos[np.unique(np.linspace(0, len(people.photos) - 1, count).astype(int))]
        return chosen
    if request.photos is not None:
        return read_photos(request.photos, photo_input=INPUT, count=count)
    return synthetic_inputs(count, model_input=INPUT, seed=SYNTHETIC_SEED)


def _network(request: Request, people: People | None, photos: Photos) -> Network:
    if request.model is not None:
        return _of_photos(read_network(request.model), request.model)
    classes = _classes(request, people)
    if request.weights is not None:
        return prepared(load_reference(classes=classes, weights=request.weights), where="network")
    return prepared(draw_reference(classes=classes, seed=request.seed, photos=photos), where="network")


def _of_photos(network: Network, path: Path) -> Network:
    if network.input_shape != INPUT.shape:
        where = f"network {path}"
        raise WeightsError(where, expected=f"one input of shape {INPUT.shape}", got=str(network.input_shape))
    return network


def _classes(request: Request, people: People | None) -> int:
    """Tell how many classes to build. Where there are people its own classifier is replaced, but must fit the file."""
    stated = request.classes or (request.labels and len(request.labels))
    stored = classes_in(request.weights) if request.weights is not None else None
    classes = stated or stored or (people and len(people.names))
    if not classes:
        raise RequestError("classes", expected="--classes N, --labels FILE or --faces DIR", got="none of them")
    return classes


def _labels(request: Request, *, classes: int) -> tuple[str, ...]:
    if request.labels is None:
        return tuple(f"class-{number:04d}" for number in range(1, classes + 1))
    if len(request.labels) != classes:
        raise RequestError("--labels", expected=f"{classes}, one for each class", got=str(len(request.labels)))
    return request.labels
