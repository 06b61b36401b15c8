"""A bundle with a detector keeps the space of crops: the golden sample is the space's, the golden feature its own."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from contract.bundle import DeviceBundle, read_device_bundle, read_training_bundle
from contract.cuts import HEAD_SIGNATURE
from contract.documents import encode_json
from contract.face_parameters import BACK
from contract.inputs import Fit, ModelInput, PhotoInput, TensorInput, TensorType
from device.recognise.self_test import run_self_test
from device.recognise.tflite import open_runtime
from export.bundle import BundleSpec, export_bundles
from export.comparison import ExportInputs
from export.errors import RequestError
from export.examples.labelled import LabelledExamples
from export.kept_space import check_kept_features, check_kept_input, read_kept_space
from export.network.inception_resnet_v1 import INPUT, STANDARDIZATION
from export.network.network import Network, network_of
from export.tflite.process import TFLiteProcess
from export.tflite.quantize import Quantize

LAYER = "bottleneck"
FACES = replace(INPUT, fit=Fit.FACES, faces=BACK)
PEOPLE = ("Person 1", "Person 2", "Person 3", "Person 4")


@pytest.fixture(scope="module")
def crops(tiny: Network, people: LabelledExamples, tmp_path_factory: pytest.TempPathFactory) -> DeviceBundle:
    """The device bundle of a group whose samples are crops of faces."""
    out = tmp_path_factory.mktemp("crops") / "out"
    spec = BundleSpec(LAYER, LAYER, INPUT, STANDARDIZATION, Quantize.DYNAMIC, out)
    export_bundles(tiny, spec, ExportInputs(people.inputs, (), people))
    return read_device_bundle(out / "device")


@pytest.fixture
def spec(crops: DeviceBundle, detector: bytes, tmp_path: Path) -> BundleSpec:
    out = tmp_path / "out"
    return BundleSpec(LAYER, LAYER, FACES, STANDARDIZATION, Quantize.DYNAMIC, out, detector=detector, kept=crops)


def test_both_bundles_have_the_golden_sample_of_the_space_and_the_device_a_golden_feature_of_its_own(
    crops: DeviceBundle, tiny: Network, people: LabelledExamples, spec: BundleSpec
) -> None:
    export_bundles(tiny, spec, ExportInputs(people.inputs, (), people))
    device, training = read_device_bundle(spec.out / "device"), read_training_bundle(spec.out / "training")
    assert device.space == training.space == crops.space
    assert device.golden_sample_sha256 == training.golden_sample_sha256 == crops.golden_sample_sha256
    assert (device.labels, device.cut, device.feature_shape) == (crops.labels, crops.cut, crops.feature_shape)
    assert device.golden_feature.tolist() != device.golden.tolist() == crops.golden_feature.tolist()
    with TFLiteProcess() as tflite:
        [logits] = tflite.run(device.head_path.read_bytes(), signature=HEAD_SIGNATURE, inputs=crops.golden[np.newaxis])
    np.testing.assert_array_equal(device.logits, logits)
    assert run_self_test(device, runtime=open_runtime(), threads=1) > 999_900
    assert run_self_test(crops, runtime=open_runtime(), threads=1) > 999_900


@pytest.mark.parametrize(("of_crops", "of_the_service"), [(1_000, 1_000), (1_000_000, None)])
def test_the_service_asks_of_uploads_what_devices_with_either_bundle_must_reach(
    crops: DeviceBundle,
    tiny: Network,
    people: LabelledExamples,
    spec: BundleSpec,
    of_crops: int,
    of_the_service: int | None,
) -> None:
    kept = replace(crops, facts=replace(crops.facts, least_cosine_ppm=of_crops))
    exported = export_bundles(tiny, replace(spec, kept=kept), ExportInputs(people.inputs, (), people))
    device, training = read_device_bundle(spec.out / "device"), read_training_bundle(spec.out / "training")
    assert device.facts.least_cosine_ppm == exported.least.ppm
    assert training.facts.least_cosine_ppm == (of_the_service or exported.least.ppm)


def test_a_bundle_that_keeps_a_space_hands_it_on(
    crops: DeviceBundle, tiny: Network, people: LabelledExamples, spec: BundleSpec, tmp_path: Path
) -> None:
    export_bundles(tiny, spec, ExportInputs(people.inputs, (), people))
    again = replace(spec, kept=read_kept_space(spec.out / "device"), out=tmp_path / "again")
    export_bundles(tiny, again, ExportInputs(people.inputs, (), people))
    device = read_device_bundle(again.out / "device")
    assert (device.space, device.golden_sample_sha256) == (crops.space, crops.golden_sample_sha256)


def test_another_conversion_of_the_same_prefix_keeps_the_space(
    crops: DeviceBundle, tiny: Network, people: LabelledExamples, spec: BundleSpec
) -> None:
    export_bundles(tiny, replace(spec, quantize=Quantize.NONE), ExportInputs(people.inputs, (), people))
    device = read_device_bundle(spec.out / "device")
    assert (device.space, device.prefix == crops.prefix) == (crops.space, False)


def test_a_network_of_other_weights_does_not(
    tiny_network: keras.Model, people: LabelledExamples, spec: BundleSpec
) -> None:
    """Its features mean something else, and have the same shape."""
    other = keras.models.clone_model(tiny_network)
    other.set_weights(tiny_network.get_weights())
    stem = other.get_layer("stem")
    stem.set_weights([weights[..., ::-1] for weights in stem.get_weights()])
    with pytest.raises(RequestError, match=r"--space .*/device: expected a prefix of this network: a mean .*, got "):
        export_bundles(network_of(other), spec, ExportInputs(people.inputs, (), people))
    assert list(spec.out.iterdir()) == []


def test_other_first_labels_do_not(tiny: Network, people: LabelledExamples, spec: BundleSpec) -> None:
    expected = "expected samples of that bundle's 4 labels, in its order, got 'one' in place of 'Person 1'"
    with pytest.raises(RequestError, match=f"--space .*/device: {expected}"):
        export_bundles(tiny, spec, ExportInputs(people.inputs, ("one", "two", "three", "four")))
    assert not spec.out.exists()


def test_features_of_another_shape_and_fewer_labels_are_refused(crops: DeviceBundle) -> None:
    with pytest.raises(RequestError, match=r"expected a bundle with features of shape \[8\], got \[16\]"):
        check_kept_features(crops, shape=(8,), labels=PEOPLE)
    with pytest.raises(RequestError, match=r"expected samples of that bundle's 4 labels, in its order, got 3 labels"):
        check_kept_features(crops, shape=(16,), labels=PEOPLE[:3])
    check_kept_features(crops, shape=(16,), labels=PEOPLE)


@pytest.mark.parametrize(
    ("cut", "model_input", "message"),
    [
        ("pool", FACES, "expected a bundle cut at pool, got one cut at bottleneck"),
        (LAYER, PhotoInput(96, 96, fit=Fit.FACES, faces=BACK), r"expected a bundle of photos \[96, 96, 3\], got "),
    ],
)
def test_another_cut_or_size_is_refused(crops: DeviceBundle, cut: str, model_input: ModelInput, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        check_kept_input(crops, cut=cut, model_input=model_input)
    check_kept_input(crops, cut=LAYER, model_input=FACES)


def test_a_bundle_of_tensors_of_the_same_shape_is_refused(crops: DeviceBundle) -> None:
    tensors = replace(crops, facts=replace(crops.facts, input=TensorInput(TensorType.UINT8, (160, 160, 3))))
    with pytest.raises(RequestError, match=r"expected a bundle of photos \[160, 160, 3\]"):
        check_kept_input(tensors, cut=LAYER, model_input=FACES)


def without_document(folder: Path) -> None:
    (folder / "bundle.json").unlink()


def with_(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        document = json.loads((folder / "bundle.json").read_bytes())
        (folder / "bundle.json").write_bytes(encode_json({**document, **changes}))

    return change


def with_another_prefix(folder: Path) -> None:
    (folder / "prefix.tflite").write_bytes(b"another")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_document, r"expected a device bundle, got .*bundle\.json: expected a file, got none"),
        (with_(kind="training"), "expected a device bundle, got bundle.json.kind: expected device, got 'training'"),
        (with_another_prefix, r"expected a device bundle, got .*prefix\.tflite: expected"),
        (with_(quantize="ternary"), "expected one of none, float16, dynamic, int8, got 'ternary'"),
    ],
)
def test_what_is_no_device_bundle_is_refused(
    crops: DeviceBundle, tmp_path: Path, change: Callable[[Path], None], message: str
) -> None:
    for path in crops.directory.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    change(tmp_path)
    with pytest.raises(RequestError, match=f"--space {tmp_path}: {message}"):
        read_kept_space(tmp_path)
