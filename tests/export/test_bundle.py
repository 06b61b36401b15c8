"""From a network to its two bundles, on a small network and people who differ by colour."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from contract.bundle import DeviceBundle, TrainingBundle, read_device_bundle, read_training_bundle
from contract.cuts import HEAD_SIGNATURE, PREFIX_SIGNATURE
from contract.face_parameters import BACK
from contract.files import sha256_hex
from contract.inputs import Fit
from contract.spaces import faces_space
from contract.unknown import Strictness, point_of
from device.recognise.image import load_photo
from device.recognise.preparation import prepare
from export import bundle
from export.bundle import BundleSpec, ExportResult, export_bundles
from export.comparison import ExportInputs
from export.errors import HeadError, ParityError, SplitError
from export.examples.golden import draw_golden_photo
from export.examples.labelled import LabelledExamples
from export.examples.synthetic import synthetic_inputs
from export.heads.calibrate import own_calibration
from export.network.inception_resnet_v1 import INPUT, STANDARDIZATION
from export.network.network import Network, network_of
from export.network.split import split
from export.tflite.convert import convert_prefix
from export.tflite.process import TFLiteProcess
from export.tflite.quantize import Quantize

LAYER = "bottleneck"
OWN_LABELS = ("one", "two", "three", "four")


@pytest.fixture
def spec(tmp_path: Path) -> BundleSpec:
    return BundleSpec(LAYER, LAYER, INPUT, STANDARDIZATION, Quantize.DYNAMIC, tmp_path / "out")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the bundles lie that most of these tests only read."""
    return tmp_path_factory.mktemp("bundles") / "out"


@pytest.fixture(scope="module")
def exported(tiny: Network, place: Path, people: LabelledExamples) -> ExportResult:
    spec = BundleSpec(LAYER, LAYER, INPUT, STANDARDIZATION, Quantize.DYNAMIC, place)
    return export_bundles(tiny, spec, ExportInputs(people.inputs, (), people))


@pytest.fixture(scope="module")
def device(exported: ExportResult, place: Path) -> DeviceBundle:
    return read_device_bundle(place / "device")


@pytest.fixture(scope="module")
def training(exported: ExportResult, place: Path) -> TrainingBundle:
    return read_training_bundle(place / "training")


def test_the_space_is_the_hash_of_the_prefix_file(device: DeviceBundle, training: TrainingBundle) -> None:
    assert device.space == device.prefix.sha256 == training.space == sha256_hex(device.prefix_path.read_bytes())


def test_the_space_of_faces_is_of_prefix_detector_and_parameters(
    tiny: Network, spec: BundleSpec, detector: bytes
) -> None:
    faces = replace(spec, input=replace(INPUT, fit=Fit.FACES, faces=BACK), detector=detector)
    exported = export_bundles(tiny, faces, ExportInputs(synthetic_inputs(8, model_input=INPUT, seed=1), OWN_LABELS))
    device, training = read_device_bundle(spec.out / "device"), read_training_bundle(spec.out / "training")
    found = sha256_hex(detector)
    space = faces_space(prefix_sha256=device.prefix.sha256, detector_sha256=found, parameters=BACK)
    assert exported.space == device.space == training.space == space
    assert device.detector is not None
    assert (device.detector.sha256, device.input) == (found, faces.input)


def test_both_bundles_say_the_same_of_the_first_head(
    exported: ExportResult, device: DeviceBundle, training: TrainingBundle
) -> None:
    assert device.labels == training.labels == ("Person 1", "Person 2", "Person 3", "Person 4")
    assert (device.cut, device.layer, device.feature_shape) == (LAYER, LAYER, (16,))
    assert (device.temperature, device.threshold) == (training.temperature, training.threshold)
    assert device.points == training.points == exported.calibration.points
    assert point_of(device.threshold, device.points) is Strictness.BALANCED
    assert device.golden_sample_sha256 == training.golden_sample_sha256
    assert device.quantize == "dynamic"


def test_base_features_are_what_the_prefix_file_computes(
    device: DeviceBundle, training: TrainingBundle, people: LabelledExamples
) -> None:
    with TFLiteProcess() as tflite:
        features = tflite.run(device.prefix_path.read_bytes(), signature=PREFIX_SIGNATURE, inputs=people.inputs)
    np.testing.assert_array_equal(training.base.features, features)
    np.testing.assert_array_equal(training.base.labels, people.labels)
    np.testing.assert_array_equal(training.base.sample_ids, people.sample_ids)
    np.testing.assert_array_equal(training.base.splits, people.held_out())


def test_the_first_head_knows_its_people(device: DeviceBundle, training: TrainingBundle) -> None:
    with TFLiteProcess() as tflite:
        logits = tflite.run(device.head_path.read_bytes(), signature=HEAD_SIGNATURE, inputs=training.base.features)
    assert np.mean(logits.argmax(axis=1) == training.base.labels) > 0.9


def test_the_keras_head_computes_what_the_head_file_does(
    place: Path, device: DeviceBundle, training: TrainingBundle
) -> None:
    head = keras.saving.load_model(place / "training" / "head.keras")
    logits = head.predict(training.base.features, verbose=0)
    assert [layer.name for layer in head.layers[-2:]] == ["Embedding", "Logits"]
    with TFLiteProcess() as tflite:
        of_file = tflite.run(device.head_path.read_bytes(), signature=HEAD_SIGNATURE, inputs=training.base.features)
    np.testing.assert_allclose(logits, of_file, atol=0.02 * np.ptp(logits))


def test_the_golden_sample_is_of_nobody_and_its_logits_are_the_head_files(device: DeviceBundle) -> None:
    with TFLiteProcess() as tflite:
        photo = load_photo(device.golden_input_path)
        [feature] = tflite.run(
            device.prefix_path.read_bytes(),
            signature=PREFIX_SIGNATURE,
            inputs=prepare(photo, INPUT)[np.newaxis],
        )
        [logits] = tflite.run(device.head_path.read_bytes(), signature=HEAD_SIGNATURE, inputs=feature[np.newaxis])
    np.testing.assert_array_equal(photo.pixels, draw_golden_photo(INPUT))
    np.testing.assert_array_equal(device.golden, feature)
    np.testing.assert_array_equal(device.logits, logits)


def test_no_sample_is_in_the_device_bundle(device: DeviceBundle, training: TrainingBundle) -> None:
    everything = b"".join(path.read_bytes() for path in device.directory.iterdir())
    assert not any(feature.tobytes() in everything for feature in training.base.features)
    assert not any(photo_id.tobytes() in everything for photo_id in training.base.sample_ids)


def test_the_parity_report_has_errors_and_agreement(exported: ExportResult, place: Path) -> None:
    report = json.loads((place / "parity.json").read_text())
    assert set(report) == {"quantize", "standardize", "prefix", "head", "network", "accuracy", "self_test"}
    assert report["self_test"]["least_cosine"] == exported.least.ppm / 1_000_000
    assert 0 < report["prefix"]["mean_error"] < report["prefix"]["max_error"]
    assert report["prefix"]["mean_cosine"] > 0.995
    assert report["network"]["label_agreement"] == exported.parity["network"].label_agreement
    assert report["network"]["label_agreement"] >= 0.95
    assert report["network"]["samples"] == 32


def test_without_people_the_networks_own_classes_have_the_stated_threshold(tiny: Network, spec: BundleSpec) -> None:
    export_bundles(tiny, spec, ExportInputs(synthetic_inputs(8, model_input=INPUT, seed=1), OWN_LABELS))
    device, training = read_device_bundle(spec.out / "device"), read_training_bundle(spec.out / "training")
    assert device.labels == OWN_LABELS
    own = own_calibration(len(OWN_LABELS))
    assert (device.threshold, device.temperature, device.points) == (own.threshold, own.temperature, {})
    assert training.base.features.shape == (0, 16)


def test_without_people_the_head_is_the_networks(tiny: Network, spec: BundleSpec) -> None:
    export_bundles(tiny, spec, ExportInputs(synthetic_inputs(8, model_input=INPUT, seed=1), OWN_LABELS))
    head = keras.saving.load_model(spec.out / "training" / "head.keras")
    features = np.random.default_rng(0).normal(size=(4, 16)).astype(np.float32)
    np.testing.assert_allclose(
        head.predict(features, verbose=0), split(tiny, LAYER).head.predict(features, verbose=0), rtol=1e-5
    )


def test_a_cut_with_convolutions_after_it_is_exported_too(
    tiny: Network, spec: BundleSpec, people: LabelledExamples
) -> None:
    exported = export_bundles(
        tiny,
        BundleSpec("pool", "pool", INPUT, STANDARDIZATION, Quantize.NONE, spec.out),
        ExportInputs(people.inputs, (), people),
    )
    assert exported.feature_shape == (5, 5, 12)
    assert read_training_bundle(spec.out / "training").base.features.shape == (32, 5, 5, 12)


def test_exporting_again_replaces_both_bundles_and_keeps_the_space(
    tiny: Network, exported: ExportResult, device: DeviceBundle, spec: BundleSpec, people: LabelledExamples
) -> None:
    """Another first head over the same prefix: features stay exchangeable, and so does the golden sample."""
    shutil.copytree(device.directory.parent, spec.out)
    again = export_bundles(tiny, spec, ExportInputs(people.inputs, OWN_LABELS))
    replaced = read_device_bundle(spec.out / "device")
    assert (again.space, replaced.golden_sample_sha256) == (exported.space, device.golden_sample_sha256)
    assert replaced.labels == read_training_bundle(spec.out / "training").labels == OWN_LABELS


def test_a_prefix_that_computes_something_else_is_refused_and_nothing_is_written(
    tiny: Network, spec: BundleSpec, people: LabelledExamples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault: photos are standardised twice, as happens when a network brings its own scaling."""

    def convert_scaled_twice(prefix: keras.Model, **options: Any) -> bytes:
        photo = keras.Input((160, 160, 3))
        scaled = keras.layers.Rescaling(1 / 128)(photo)
        return convert_prefix(keras.Model(photo, prefix(scaled)), **options)

    monkeypatch.setattr(bundle, "convert_prefix", convert_scaled_twice)
    with pytest.raises(ParityError, match="parity of the dynamic prefix: expected a mean"):
        export_bundles(tiny, spec, ExportInputs(people.inputs, (), people))
    assert list(spec.out.iterdir()) == []


def test_a_cut_after_the_classifier_is_refused_before_anything_is_written(spec: BundleSpec) -> None:
    photo = keras.Input((160, 160, 3))
    net = keras.layers.Dense(3, name=LAYER)(keras.layers.GlobalAveragePooling2D()(photo))
    network = network_of(keras.Model(photo, keras.layers.Softmax()(net)))
    with pytest.raises(
        HeadError, match=r"expected a Dense or .* as its last layer, then .* got neither after its input"
    ):
        export_bundles(network, spec, ExportInputs(synthetic_inputs(2, model_input=INPUT, seed=1), ()))
    assert not spec.out.exists()


def test_a_layer_that_does_not_separate_is_refused_before_anything_is_written(
    reference_network: keras.Model, spec: BundleSpec
) -> None:
    bad = BundleSpec("branch", "Block35_3_Scale", INPUT, STANDARDIZATION, spec.quantize, spec.out)
    with pytest.raises(SplitError, match="also reads Block35_2"):
        export_bundles(
            network_of(reference_network), bad, ExportInputs(synthetic_inputs(2, model_input=INPUT, seed=1), ())
        )
    assert not spec.out.exists()
