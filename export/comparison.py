"""What is compared: the inputs of an export, what Keras makes of them before anything is converted, and the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.arrays import check_magnitude
from contract.bundle import DeviceBundle
from contract.documents import Json
from contract.errors import Impossible
from contract.upload import SAFE_MAGNITUDE
from export.accuracy import Accuracy, Classes, Floats, SameLabels
from export.errors import NetworkError, ParityError, RequestError
from export.examples.labelled import LabelledExamples
from export.kept_space import kept_where
from export.network.classifier import HeadParts
from export.network.split import SplitModel
from export.network.standardization import Standardization, standardized
from export.tflite.parity import ParityReport, check_prefix, compare_features
from export.tflite.quantize import Quantize
from export.whole_network import WholeNetwork, check_indices, run_eagerly


@dataclass(frozen=True, slots=True, eq=False)
class ExportInputs:
    """The photos or tensors and labels to make them with."""

    compared: NDArray[Any]
    """(n, *input shape), to compare on."""
    labels: tuple[str, ...]
    """Of the network's own classes; not used where there are samples."""
    samples: LabelledExamples | None = None
    """What the first head is to know."""
    calibration: NDArray[Any] | None = None
    """(m, *input shape), other inputs than `compared`; for int8 alone."""
    classes: Classes | None = None
    """(n,), the true class of each compared input, -1 where it is not known; None: of all of them."""
    given: bool = False
    """Whether the compared inputs are the user's; drawn ones say nothing of labels."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far what devices run is from Keras."""

    reports: dict[str, ParityReport]
    """Of the prefix, of the head, and of both in a row."""
    whole: SameLabels | None
    """Against the user's whole network; None where another head was fitted."""
    accuracy: Accuracy | None
    """On labelled inputs, held out where a head was fitted; None where there are none."""
    scales: dict[Standardization, float] = field(default_factory=dict)
    """The share of labelled photos that the whole network gets right under each scale that was tried."""

    def as_right_under(self, chosen: Standardization) -> tuple[Standardization, ...]:
        """Return the other scales under which the network is as often right: these photos do not tell."""
        share = self.scales.get(chosen, 0.0)
        return tuple(mode for mode, other in self.scales.items() if mode is not chosen and other >= share)

    def document(self) -> dict[str, Json]:
        """Return it as parity.json keeps it."""
        document: dict[str, Json] = {name: report.document() for name, report in self.reports.items()}
        if self.whole is not None:
            document["whole"] = self.whole.document()
        if self.accuracy is not None:
            document["accuracy"] = self.accuracy.document()
        if self.scales:
            document["scales"] = {mode.value: share for mode, share in self.scales.items()}
        return document


@dataclass(frozen=True, slots=True, eq=False)
class InKeras:
    """What Keras makes of the compared inputs, before anything is converted."""

    answers: Floats
    """(n, classes), probabilities of the whole network."""
    features: Floats
    """(n, *feature shape)."""
    scales: dict[Standardization, float]


def run_in_keras(
    whole: WholeNetwork, parts: SplitModel, head: HeadParts, inputs: ExportInputs, *, warn: Callable[[str], None]
) -> InKeras:
    """Run the user's network whole and in parts; refuse what no conversion would put right."""
    given = inputs.samples.inputs if inputs.samples is not None else inputs.compared
    check_indices(whole.network, given)
    answers = _answers(whole, inputs)
    scales = _try_scales(whole, inputs, answers, warn=warn)
    features = run_eagerly(parts.prefix, standardized(inputs.compared, whole.standardization))
    check_features(features, parts)
    whole.check_parts(parts, head, features, answers)
    return InKeras(answers, features, scales)


def _answers(whole: WholeNetwork, inputs: ExportInputs) -> Floats:
    try:
        return whole.answer(inputs.compared)
    except NetworkError as error:
        if inputs.given:
            raise
        got = f"{error.got}, which were drawn: give --samples or --photos, of the range that it takes"
        raise NetworkError(error.where, expected=error.expected, got=got) from error


def _try_scales(
    whole: WholeNetwork, inputs: ExportInputs, answers: Floats, *, warn: Callable[[str], None]
) -> dict[Standardization, float]:
    """Refuse a wrong scale by what labelled photos show; where another head is fitted, warn of it.

    Samples with as many labels as the network has classes may be of others all the same. Of a scale that the network
    says itself they are not asked.
    """
    if inputs.classes is None or (whole.says_its_scale and inputs.samples is not None):
        return {}
    known = inputs.classes >= 0
    if not known.any():
        return {}
    prove = inputs.samples is None and not whole.says_its_scale
    try:
        return whole.check_scale(inputs.compared[known], inputs.classes[known], answers[known], prove=prove)
    except RequestError as error:
        if inputs.samples is None:
            raise
        warn(f"warning: {error}")
        return {}


def check_features(features: Floats, parts: SplitModel) -> None:
    """Refuse features that no device could send."""
    expected = f"numbers from -{SAFE_MAGNITUDE} to {SAFE_MAGNITUDE}; cut after another layer, as after a normalisation"
    where = f"features of {parts.prefix.name}"
    if not np.isfinite(features).all():
        raise NetworkError(where, expected=expected, got="NaN or infinity")
    try:
        check_magnitude(features, SAFE_MAGNITUDE, where=where)
    except Impossible as error:
        raise NetworkError(where, expected=expected, got=error.got) from error


def check_kept_prefix(kept: DeviceBundle, in_keras: Floats, features: Floats) -> None:
    """Refuse to keep a space whose prefix, which gave these features, is no conversion of the network's.

    Raises:
        RequestError: with what they differ by.
    """
    try:
        check_prefix(compare_features(in_keras, features), Quantize(kept.quantize))
    except ParityError as error:
        expected = f"a prefix of this network: {error.expected} to its features"
        raise RequestError(kept_where(kept), expected=expected, got=error.got) from error
