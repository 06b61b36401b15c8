"""What an export works on: finds the network, what it takes, the examples and the labels that were asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from contract.faces import DETECTOR_SIGNATURE
from contract.inputs import ModelInput, TensorInput
from device.recognise.regions import Detector
from export.bundle import BundleSpec, StepProgress
from export.classes import match_classes
from export.comparison import ExportInputs
from export.errors import RequestError
from export.examples.given import GivenInputs, spread
from export.examples.labelled import LabelledExamples
from export.examples.reading import are_photos, read_given, read_samples
from export.examples.synthetic import candidate_inputs, synthetic_inputs
from export.kept_space import check_kept_input, read_kept_space
from export.model_input import choose_input, choose_standardization, fitted, scale_warning, told_scale
from export.network.backbone import draw_reference, load_reference
from export.network.classifier import take_apart
from export.network.cut_points import cut_points, recommend
from export.network.inception_resnet_v1 import INPUT, STANDARDIZATION
from export.network.keras_file import read_network
from export.network.network import Network, prepared
from export.network.split import split
from export.network.weights import classes_in
from export.request import KnownDetector, Request
from export.tflite.detector import make_detector
from export.tflite.process import TFLiteProcess
from export.tflite.quantize import Quantize
from export.whole_network import has_answers

COMPARED = 64
"""To calibrate on, and to compare on: more take longer and say the same."""
LABELLED = 256
"""To compare on, where they have labels: accuracy is finer on more."""
FEWEST = 8
"""Of either, for int8: on fewer, ranges and errors are chance."""
SYNTHETIC_SEED = 1
MOST_NAMED = 3
"""Photos without a face that are named; of more the number is told."""

Inputs = NDArray[Any]


def gather_inputs(request: Request, *, at_step: StepProgress) -> tuple[Network, BundleSpec, ExportInputs]:
    """Find the network that was asked for, and what to make of it.

    Raises:
        ExamplesError, PhotoError: a folder or file that will not do.
        WeightsError, HeadError: a network that will not do.
        RequestError: options that do not fit the network or the examples; too few inputs; a scale that nobody said.
        ConversionError: no detector where one was asked for.
        RuntimeUnavailable: no TFLite runtime works here, to find faces.
    """
    found = _Found(request, at_step)
    detector = found.make_detector()
    network = found.read_model()
    model_input = found.choose_input(network)
    spec = found.specify(network, model_input, detector)
    samples, given = found.read_examples(model_input, detector)
    compared = found.choose_compared(network, samples, given, model_input)
    network = network or found.make_reference(samples, compared.inputs)
    classes = take_apart(split(network, spec.layer).head).kernel.shape[1]
    matched = match_classes(compared, request.labels, classes=classes)
    if matched.reason is not None and given is not None:
        at_step(f"accuracy is not measured: {matched.reason}", 0, 0)
    return network, spec, found.divide(compared.inputs, matched.classes, labels=matched.labels, samples=samples)


@dataclass(frozen=True, slots=True)
class _Found:
    """The steps of finding everything, with what all of them need."""

    request: Request
    at_step: StepProgress

    def make_detector(self) -> bytes | None:
        """Make the file that finds faces, if they are to be found."""
        asked = self.request.detector
        return (
            None if asked is KnownDetector.NONE else make_detector(None if isinstance(asked, KnownDetector) else asked)
        )

    def read_model(self) -> Network | None:
        """Read the user's network; None where the reference network is asked for."""
        if self.request.model is None:
            return None
        self.at_step("reading the network", 0, 0)
        return read_network(self.request.model, size=self.request.size)

    def choose_input(self, network: Network | None) -> ModelInput:
        """Decide what the prefix takes."""
        if network is None:
            return fitted(INPUT, self.request)
        given = self.request.given
        return choose_input(network, self.request, given_photos=None if given is None else are_photos(given))

    def specify(self, network: Network | None, model_input: ModelInput, detector: bytes | None) -> BundleSpec:
        """Say which bundles to make, before any example is read."""
        request = self.request
        standardization, layer = STANDARDIZATION, request.layer
        if network is not None:
            standardization = choose_standardization(network, request, model_input)
            warning = scale_warning(network, standardization)
            if warning is not None:
                self.at_step(warning, 0, 0)
            if scale := told_scale(network, request, model_input):
                self.at_step(scale, 0, 0)
            layer = layer or self._recommended_layer(network)
        assert layer is not None  # a request without a model names the reference network's
        cut = request.cut or layer
        kept = None if request.space is None else read_kept_space(request.space)
        if kept is not None:
            check_kept_input(kept, cut=cut, model_input=model_input)
        return BundleSpec(
            cut,
            layer,
            model_input,
            standardization,
            request.quantize,
            request.out,
            seed=request.seed,
            detector=detector,
            kept=kept,
        )

    def _recommended_layer(self, network: Network) -> str:
        point, reason = recommend(cut_points(network))
        self.at_step(f"cutting after {point.layer}: {reason}", 0, 0)
        return point.layer

    def read_examples(
        self, model_input: ModelInput, detector: bytes | None
    ) -> tuple[LabelledExamples | None, GivenInputs | None]:
        """Read what the first head is to know, or what to compare on, where either is given."""
        if self.request.given is None:
            return None, None
        with _running(detector) as run:
            if self.request.samples is not None:
                return self._read_samples(self.request.samples, model_input, run), None
            return None, self._read_given(self.request.given, model_input, run)

    def _read_samples(self, path: Path, model_input: ModelInput, detector: Detector | None) -> LabelledExamples:
        progress = partial(self.at_step, "reading samples")
        read = read_samples(path, model_input=model_input, detector=detector, progress=progress)
        if read.passed_over:
            self.at_step(f"passed over, as left by systems and programs: {read.passed_over}", 0, 0)
        self._tell_without_face(read.without_face)
        return read

    def _read_given(self, path: Path, model_input: ModelInput, detector: Detector | None) -> GivenInputs:
        read = read_given(
            path,
            model_input=model_input,
            count=self._count,
            most_labelled=LABELLED,
            detector=detector,
            progress=partial(self.at_step, "reading photos"),
        )
        self._tell_without_face(read.without_face)
        return read

    def _tell_without_face(self, photos: Sequence[str]) -> None:
        if photos:
            more = [f"and {len(photos) - MOST_NAMED} more"] if len(photos) > MOST_NAMED else []
            named = ", ".join([*photos[:MOST_NAMED], *more])
            self.at_step(f"passed over, as no face was found: {len(photos)}, {named}", 0, 0)

    def choose_compared(
        self,
        network: Network | None,
        samples: LabelledExamples | None,
        given: GivenInputs | None,
        model_input: ModelInput,
    ) -> GivenInputs:
        """Choose what to compare on, from all over, and for int8 what to calibrate on as well."""
        if given is not None:
            return given
        if samples is not None:
            rows = spread(len(samples.inputs), self._count)
            labels = samples.labels[rows].astype(np.int64)
            own = self.request.model is not None  # the reference network's classifier is of nobody, its scale is known
            return GivenInputs(samples.inputs[rows], labels if own else None, samples.names)
        return GivenInputs(self._drawn(network, model_input))

    def _drawn(self, network: Network | None, model_input: ModelInput) -> Inputs:
        """Draw inputs; for a network of tensors of a range to which it has answers, if there is one."""
        if network is None or not isinstance(model_input, TensorInput):
            return synthetic_inputs(self._count, model_input=model_input, seed=SYNTHETIC_SEED)
        drawn = list(candidate_inputs(self._count, model_input=model_input, seed=SYNTHETIC_SEED))
        return next((inputs for inputs in drawn if has_answers(network, inputs)), drawn[0])

    @property
    def _count(self) -> int:
        """How many inputs to take: for int8 twice as many, half of them to calibrate on."""
        return COMPARED * (2 if self.request.quantize is Quantize.INT8 else 1)

    def divide(
        self,
        compared: Inputs,
        classes: NDArray[np.int64] | None,
        *,
        labels: tuple[str, ...],
        samples: LabelledExamples | None,
    ) -> ExportInputs:
        """Set aside for int8 every other input to calibrate on: its ranges fit best what they came from."""
        given = self.request.given is not None
        if self.request.quantize is not Quantize.INT8:
            return ExportInputs(compared, labels, samples, classes=classes, given=given)
        if len(compared) < 2 * FEWEST:
            expected = f"at least {2 * FEWEST} inputs, half to calibrate on and half to compare on"
            raise RequestError("--quantize int8", expected=expected, got=str(len(compared)))
        known = None if classes is None else classes[1::2]
        return ExportInputs(compared[1::2], labels, samples, compared[::2], classes=known, given=given)

    def make_reference(self, samples: LabelledExamples | None, compared: Inputs) -> Network:
        """Build the reference network, with weights from a file or drawn."""
        self.at_step("making the network", 0, 0)
        network = prepared(self._reference(samples, compared), where="the reference network", one_class=True)
        return replace(network, standardization=STANDARDIZATION)

    def _reference(self, samples: LabelledExamples | None, compared: Inputs) -> keras.Model:
        request = self.request
        classes = _classes_asked(request, samples)
        if request.weights is not None:
            return load_reference(classes=classes, weights=request.weights)
        return draw_reference(classes=classes, seed=request.seed, photos=compared[:COMPARED])


@contextmanager
def _running(detector: bytes | None) -> Iterator[Detector | None]:
    """Run the detector in a process of its own, where there is one."""
    if detector is None:
        yield None
        return
    with TFLiteProcess() as tflite:
        tflite.open(detector, signature=DETECTOR_SIGNATURE)
        yield tflite.run_opened


def _classes_asked(request: Request, samples: LabelledExamples | None) -> int:
    """Tell how many classes to build. With samples its own classifier is replaced, but must fit the file."""
    stated = request.classes or (request.labels and len(request.labels))
    stored = classes_in(request.weights) if request.weights is not None else None
    classes = stated or stored or (samples and len(samples.names))
    if not classes:
        raise RequestError("classes", expected="--classes N, --labels FILE or --samples PATH", got="none of them")
    return classes
