"""From a network to its two bundles: converted, compared with the network as its user runs it, and written whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np

from contract.bundle import BaseSamples, BundleFacts, DeviceBundle
from contract.callbacks import ignore
from contract.cuts import HEAD_SIGNATURE, PREFIX_SIGNATURE
from contract.documents import Json
from contract.files import read_checked, sha256_hex
from contract.holdout import Split
from contract.inputs import ModelInput, PhotoInput
from contract.manifest import Precision
from contract.self_test import PPM
from contract.spaces import faces_space
from export.accuracy import (
    Accuracy,
    Floats,
    SameLabels,
    check_accuracy,
    check_labels,
    compare_labels,
    measure,
)
from export.comparison import Comparison, ExportInputs, InKeras, check_features, check_kept_prefix, run_in_keras
from export.examples.given import spread
from export.golden import GoldenParts, make_golden
from export.heads.calibration import Calibration
from export.heads.first_head import FirstHead, fit_first_head, own_head
from export.kept_space import check_kept_features
from export.network.classifier import HeadParts, take_apart
from export.network.network import Network
from export.network.split import SplitModel, split
from export.network.standardization import Standardization, standardized
from export.output import MadeParts, no_samples, write_bundles
from export.self_test import LeastCosine
from export.staging import staged
from export.tflite.convert import convert_head, convert_prefix
from export.tflite.parity import (
    ParityReport,
    check_head,
    check_network,
    check_prefix,
    compare_features,
    compare_logits,
    keras_values,
)
from export.tflite.process import TFLiteProcess
from export.tflite.quantize import Quantize
from export.whole_network import WholeNetwork, run_eagerly

MOST_JUDGES = 256
"""Held-out samples that Keras and TFLite are both asked about: more take longer and say the same."""

HEAD_PRECISION = {
    Quantize.NONE: Precision.FLOAT32,
    Quantize.FLOAT16: Precision.FLOAT16,
    Quantize.DYNAMIC: Precision.DYNAMIC,
    Quantize.INT8: Precision.DYNAMIC,  # fixed ranges would need inputs to calibrate on at each retraining
}

StepProgress = Callable[[str, int, int], None]
"""Is told the step at work, how much of it is done, and of how much; 0 of 0 when that is not known."""


@dataclass(frozen=True, slots=True)
class BundleSpec:
    """Which bundles to make."""

    cut: str
    """What the bundles call it."""
    layer: str
    """The last layer of the prefix, by the user's name."""
    input: ModelInput
    """What the prefix takes."""
    standardization: Standardization
    quantize: Quantize
    out: Path
    seed: int = 0
    detector: bytes | None = None
    """The file that finds faces; there if the input is of faces, and only then."""
    kept: DeviceBundle | None = None
    """The bundle whose space and golden sample are kept; None: both are this one's."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written."""

    space: str
    feature_shape: tuple[int, ...]
    labels: int
    """How many."""
    prefix_bytes: int
    head_bytes: int
    calibration: Calibration
    comparison: Comparison
    least: LeastCosine
    """What a device must reach to upload."""

    @property
    def parity(self) -> dict[str, ParityReport]:
        """Of the prefix, of the head, and of both in a row."""
        return self.comparison.reports


def export_bundles(
    network: Network, spec: BundleSpec, inputs: ExportInputs, *, at_step: StepProgress = ignore
) -> ExportResult:
    """Write both bundles of a network, whole or not at all; those of an earlier export are replaced.

    Raises:
        SplitError: the layer does not divide the network.
        HeadError: the network does not name a class.
        NetworkError: weights, features or answers that are no numbers, or beyond what devices may send.
        RequestError: labelled photos show that they are scaled wrongly; the space that is to be kept is of another
            network, or of other first labels.
        ConversionError: TFLite's builtin operators cannot express it.
        ParityError: what was converted computes something else.
        RuntimeUnavailable: no TFLite runtime works here.
        OSError: `spec.out` cannot be written.
    """
    parts = split(network, spec.layer)
    head_parts = take_apart(parts.head)
    if spec.kept is not None:
        labels = inputs.labels if inputs.samples is None else inputs.samples.names
        check_kept_features(spec.kept, shape=parts.feature_shape, labels=labels)
    whole = WholeNetwork(network, spec.input, spec.standardization, head_parts.output)
    at_step("running the whole network", 0, 0)
    run = run_in_keras(whole, parts, head_parts, inputs, warn=lambda line: at_step(line, 0, 0))
    with staged(spec.out) as folder, TFLiteProcess() as tflite:
        export = _Export(parts, spec, inputs, run, tflite, at_step)
        prefix = export.convert_prefix()
        features = export.compare_prefix(prefix)
        export.compare_kept_prefix(prefix)
        base = export.base_samples(prefix)
        first = export.first_head(head_parts, base)
        head = export.convert_head(first.network)
        comparison = export.compare_head(head, first.network, features, base)
        golden = export.golden(prefix, head)
        facts = _facts(spec, export.name_space(prefix), golden, first)
        kept_least = PPM if spec.kept is None else spec.kept.facts.least_cosine_ppm
        made = MadeParts(facts, spec.quantize, prefix, head, first, base, golden, spec.detector, kept_least)
        write_bundles(folder, made, _document(spec, comparison, golden.least))
    return ExportResult(
        facts.space,
        parts.feature_shape,
        len(first.labels),
        len(prefix),
        len(head),
        first.calibration,
        comparison,
        golden.least,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Export:
    """The steps of one export, with what all of them need."""

    parts: SplitModel
    spec: BundleSpec
    inputs: ExportInputs
    in_keras: InKeras
    tflite: TFLiteProcess
    at_step: StepProgress

    def convert_prefix(self) -> bytes:
        """Convert the frozen part."""
        self.at_step(f"converting the prefix ({self.spec.quantize})", 0, 0)
        return convert_prefix(
            self.parts.prefix,
            model_input=self.spec.input,
            standardization=self.spec.standardization,
            quantize=self.spec.quantize,
            calibration=self.inputs.calibration,
        )

    def compare_prefix(self, prefix: bytes) -> Floats:
        """Return TFLite's features of the compared inputs; refuse a prefix that is too far off."""
        self.at_step("comparing the prefix with Keras", 0, 0)
        features = self.tflite.run(prefix, signature=PREFIX_SIGNATURE, inputs=self.inputs.compared)
        check_prefix(compare_features(self.in_keras.features, features), self.spec.quantize)
        return features

    def compare_kept_prefix(self, prefix: bytes) -> None:
        """Refuse to keep a space whose prefix is no conversion of this network's."""
        kept = self.spec.kept
        if kept is None or kept.prefix.sha256 == sha256_hex(prefix):
            return
        self.at_step("comparing the kept space's prefix with Keras", 0, 0)
        content = read_checked(kept.prefix_path, kept.prefix)
        features = self.tflite.run(content, signature=PREFIX_SIGNATURE, inputs=self.inputs.compared)
        check_kept_prefix(kept, self.in_keras.features, features)

    def base_samples(self, prefix: bytes) -> BaseSamples:
        """Return the samples with the features that devices will compute; where none were given there are none."""
        samples = self.inputs.samples
        if samples is None:
            return no_samples(self.parts.feature_shape)
        progress = partial(self.at_step, "computing features")
        features = self.tflite.run(prefix, signature=PREFIX_SIGNATURE, inputs=samples.inputs, progress=progress)
        check_features(features, self.parts)
        splits = np.where(samples.held_out(), Split.HELD_OUT.code, Split.TRAIN.code).astype(np.uint8)
        return BaseSamples(features, samples.labels, samples.sample_ids, splits)

    def first_head(self, parts: HeadParts, base: BaseSamples) -> FirstHead:
        """Fit a head for the samples, or take the network's own where there are none."""
        samples = self.inputs.samples
        if samples is None:
            return own_head(parts, self.inputs.labels)
        progress = partial(self.at_step, "fitting the first head")
        return fit_first_head(parts.body, base.features, samples, seed=self.spec.seed, progress=progress)

    def convert_head(self, head: keras.Model) -> bytes:
        """Convert the thawed part."""
        precision = HEAD_PRECISION[self.spec.quantize]
        self.at_step(f"converting the head ({precision})", 0, 0)
        return convert_head(head, precision=precision)

    def compare_head(self, content: bytes, head: keras.Model, features: Floats, base: BaseSamples) -> Comparison:
        """Compare the head's file with its network, and both files with the whole one; refuse what is too far off."""
        self.at_step("comparing the head with Keras", 0, 0)
        logits = self.tflite.run(content, signature=HEAD_SIGNATURE, inputs=features)
        reports = {
            "prefix": compare_features(self.in_keras.features, features),
            "head": compare_logits(keras_values(head, features), logits),
            "network": compare_logits(keras_values(head, self.in_keras.features), logits),
        }
        fitted = self.inputs.samples is not None
        check_head(reports["head"], HEAD_PRECISION[self.spec.quantize], fitted=fitted)
        if fitted:
            check_network(reports["network"], self.spec.quantize)
            return Comparison(reports, None, self._held_out_accuracy(content, head, base), self.in_keras.scales)
        return Comparison(reports, self._same_labels(logits), self._accuracy(logits), self.in_keras.scales)

    def _same_labels(self, logits: Floats) -> SameLabels:
        same = compare_labels(self.in_keras.answers, logits)
        if self.inputs.given:
            check_labels(same, self.spec.quantize)
        return same

    def _accuracy(self, logits: Floats) -> Accuracy | None:
        """Measure the network's own head on the inputs whose class is known."""
        classes = self.inputs.classes
        if classes is None or not (known := classes >= 0).any():
            return None
        accuracy = measure(classes[known], by_keras=self.in_keras.answers[known], by_tflite=logits[known])
        check_accuracy(accuracy, self.spec.quantize)
        return accuracy

    def _held_out_accuracy(self, content: bytes, head: keras.Model, base: BaseSamples) -> Accuracy | None:
        """Measure a fitted head on samples that were held out: Keras on their photos, TFLite on their features."""
        samples = self.inputs.samples
        judges = np.flatnonzero(base.splits == Split.HELD_OUT.code)
        if samples is None or not len(judges):
            return None
        judges = judges[spread(len(judges), MOST_JUDGES)]
        by_keras = run_eagerly(self.parts.prefix, standardized(samples.inputs[judges], self.spec.standardization))
        by_tflite = self.tflite.run(content, signature=HEAD_SIGNATURE, inputs=base.features[judges])
        classes = samples.labels[judges].astype(np.int64)
        return measure(classes, by_keras=run_eagerly(head, by_keras), by_tflite=by_tflite)

    def name_space(self, prefix: bytes) -> str:
        """Return the space of the features: of the prefix alone, of prefix, detector and parameters, or one to keep."""
        own, spec = sha256_hex(prefix), self.spec
        if spec.kept is not None:
            return spec.kept.space
        if spec.detector is None or not isinstance(spec.input, PhotoInput) or spec.input.faces is None:
            return own
        return faces_space(prefix_sha256=own, detector_sha256=sha256_hex(spec.detector), parameters=spec.input.faces)

    def golden(self, prefix: bytes, head: bytes) -> GoldenParts:
        """Return the golden input with what prefix and head make of it. Raises as `make_golden`."""
        self.at_step("running the golden input", 0, 0)
        spec = self.spec
        golden = make_golden(
            self.tflite,
            prefix=prefix,
            head=head,
            model_input=spec.input,
            detector=spec.detector,
            quantize=spec.quantize,
            kept=None if spec.kept is None else spec.kept.golden,
        )
        if warning := golden.least.warning():
            self.at_step(warning, 0, 0)
        self.at_step("writing the bundles", 0, 0)
        return golden


def _facts(spec: BundleSpec, space: str, golden: GoldenParts, first: FirstHead) -> BundleFacts:
    return BundleFacts(
        space=space,
        cut=spec.cut,
        layer=spec.layer,
        input=spec.input,
        feature_shape=golden.feature.shape,
        temperature=first.calibration.temperature,
        threshold=first.calibration.threshold,
        least_cosine_ppm=golden.least.ppm,
        points=first.calibration.points,
    )


def _document(spec: BundleSpec, comparison: Comparison, least: LeastCosine) -> dict[str, Json]:
    """Return parity.json."""
    told: dict[str, Json] = {"quantize": spec.quantize, "standardize": spec.standardization}
    return {**told, **comparison.document(), "self_test": least.document()}
