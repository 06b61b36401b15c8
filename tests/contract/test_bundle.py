"""Bundles are read whole and right, or refused; what is in a file never decides which file is read."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.bundle import (
    BaseSamples,
    BundleFacts,
    DeviceBundle,
    DeviceBundleParts,
    TrainingBundle,
    TrainingBundleParts,
    parse_training_bundle,
    read_device_bundle,
    read_training_bundle,
    write_device_bundle,
    write_training_bundle,
)
from contract.bundle_files import golden_sample_sha256
from contract.documents import encode_json
from contract.errors import ContractError, Impossible, Malformed, TooLarge, UnsupportedVersion
from contract.face_parameters import BACK
from contract.files import FileRef
from contract.inputs import Fit, PhotoInput, TensorInput, TensorType
from contract.tensors import encode_tensors

SPACE = "5b" * 32
GOLDEN = np.arange(4, dtype=np.float32) / 4
FACTS = BundleFacts(
    SPACE,
    "freeze6",
    "Bottleneck_BatchNorm",
    PhotoInput(160, 160),
    (4,),
    temperature=1.5,
    threshold=0.25,
    least_cosine_ppm=990_000,
)
FACES = replace(FACTS, input=PhotoInput(160, 160, fit=Fit.FACES, faces=BACK))
DEVICE = DeviceBundleParts(
    facts=FACTS,
    prefix=b"the prefix",
    head=b"the head",
    labels=("Ada", "明子"),
    golden_input=b"a photo",
    golden=GOLDEN,
    logits=np.array([2, -1], np.float32),
    quantize="dynamic",
)


def base_samples(count: int = 3, **columns: Any) -> BaseSamples:
    values = {
        "features": np.ones((count, 4), np.float32),
        "labels": np.arange(count, dtype=np.uint32) % 2,
        "sample_ids": np.arange(16 * count, dtype=np.uint8).reshape(count, 16),
        "splits": np.arange(count, dtype=np.uint8) % 2,
    }
    return BaseSamples(**{**values, **columns})


def write_device(directory: Path, **changes: Any) -> DeviceBundle:
    return write_device_bundle(directory, replace(DEVICE, **changes))


def write_training(directory: Path, base: BaseSamples | None = None) -> TrainingBundle:
    parts = TrainingBundleParts(FACTS, b"the keras head", DEVICE.labels, GOLDEN, base or base_samples())
    return write_training_bundle(directory, parts)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    write_device(folder / "device")
    write_training(folder / "training")
    return folder


@pytest.fixture
def device(bundles: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundles / "device", tmp_path / "device"))


@pytest.fixture
def training(bundles: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundles / "training", tmp_path / "training"))


def test_a_device_bundle_is_read_back(device: Path) -> None:
    bundle = read_device_bundle(device)
    assert (bundle.space, bundle.cut, bundle.layer) == (SPACE, "freeze6", "Bottleneck_BatchNorm")
    assert (bundle.feature_shape, bundle.labels, bundle.quantize) == ((4,), ("Ada", "明子"), "dynamic")
    assert (bundle.temperature, bundle.threshold) == (1.5, 0.25)
    assert bundle.prefix_path.read_bytes() == b"the prefix"
    assert bundle.head == FileRef.of(bundle.head_path.read_bytes())
    assert bundle.golden.tolist() == GOLDEN.tolist()
    assert bundle.golden_sample_sha256 == golden_sample_sha256(GOLDEN)
    assert bundle.logits.tolist() == [2, -1]
    assert bundle.facts.least_cosine_ppm == 990_000
    assert bundle.golden_input == FileRef.of(bundle.golden_input_path.read_bytes())
    assert bundle.golden_feature.tolist() == GOLDEN.tolist()
    assert bundle.sha256 == FileRef.of((device / "bundle.json").read_bytes()).sha256


def test_a_bundle_that_keeps_a_space_has_a_golden_feature_beside_the_golden_sample_of_the_space(tmp_path: Path) -> None:
    bundle = write_device(tmp_path, golden_feature=GOLDEN + 1)
    assert (bundle.golden.tolist(), bundle.golden_feature.tolist()) == (GOLDEN.tolist(), (GOLDEN + 1).tolist())
    assert bundle.golden_sample_sha256 == golden_sample_sha256(GOLDEN)


def test_a_training_bundle_is_read_back_from_a_directory_and_from_bytes(training: Path) -> None:
    files = {path.name: path.read_bytes() for path in training.iterdir()}
    for bundle in (read_training_bundle(training), parse_training_bundle(files)):
        assert (bundle.space, bundle.labels, bundle.feature_shape) == (SPACE, ("Ada", "明子"), (4,))
        assert bundle.base.features.shape == (3, 4)
        assert bundle.base.labels.tolist() == [0, 1, 0]
        assert bundle.base.splits.tolist() == [0, 1, 0]
        assert bundle.base.sample_ids.shape == (3, 16)
        assert bundle.golden_sample_sha256 == golden_sample_sha256(GOLDEN)


def test_a_training_bundle_may_have_no_samples(tmp_path: Path) -> None:
    assert write_training(tmp_path, base=base_samples(0)).base.features.shape == (0, 4)


@pytest.mark.parametrize("write", [write_device, write_training])
def test_the_same_parts_give_the_same_bytes(tmp_path: Path, write: Callable[[Path], object]) -> None:
    write(tmp_path / "one")
    write(tmp_path / "two")
    contents = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two")]
    assert contents[0] == contents[1]


def test_a_bundle_is_written_over_another(device: Path) -> None:
    assert write_device(device, prefix=b"another").prefix == FileRef.of(b"another")


def test_models_that_are_not_to_run_are_not_read(device: Path) -> None:
    """A pull hashed 24 MB of prefix, which it never runs."""
    prefix = device / "prefix.tflite"
    prefix.write_bytes(prefix.read_bytes()[::-1])
    assert read_device_bundle(device, is_to_run=False).labels == ("Ada", "明子")
    with pytest.raises(Impossible, match=r"prefix\.tflite: "):
        read_device_bundle(device)
    prefix.write_bytes(prefix.read_bytes() + b"x")
    with pytest.raises(Impossible, match=r"prefix\.tflite: .* bytes"):
        read_device_bundle(device, is_to_run=False)
    prefix.unlink()
    with pytest.raises(Malformed, match=r"prefix\.tflite: expected a file"):
        read_device_bundle(device, is_to_run=False)


def test_a_bundle_that_was_not_finished_is_none(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the files and the document, the writer leaves a directory that no reader takes for a bundle."""

    def killed(path: Path, data: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("contract.bundle_files.atomic_write", killed)
    with pytest.raises(KeyboardInterrupt):
        write_device(device, prefix=b"another")
    with pytest.raises(Malformed, match=r"bundle\.json: expected a file, got none"):
        read_device_bundle(device)


@pytest.mark.parametrize(
    "change",
    [
        {"facts": replace(FACTS, temperature=np.nan)},
        {"facts": replace(FACTS, layer="\ud800")},
        {"labels": ("a", "A")},
    ],
)
def test_what_cannot_be_written_leaves_the_bundle_that_was_there(device: Path, change: dict[str, Any]) -> None:
    with pytest.raises(Impossible):
        write_device(device, **change)
    assert read_device_bundle(device).layer == "Bottleneck_BatchNorm"


GOLDEN_FILES = ["golden.tensors", "golden-input.png", "golden-feature.tensors"]
DEVICE_FILES = ["prefix.tflite", "head.tflite", "labels.json", *GOLDEN_FILES]


@pytest.mark.parametrize("name", ["bundle.json", *DEVICE_FILES])
def test_a_device_bundle_with_a_file_missing_is_refused(device: Path, name: str) -> None:
    (device / name).unlink()
    with pytest.raises(Malformed, match=f"{name}: expected a file, got none"):
        read_device_bundle(device)


@pytest.mark.parametrize("name", ["bundle.json", "head.keras", "labels.json", "golden.tensors", "base.tensors"])
def test_a_training_bundle_with_a_file_missing_is_refused(training: Path, name: str) -> None:
    files = {path.name: path.read_bytes() for path in training.iterdir() if path.name != name}
    (training / name).unlink()
    with pytest.raises(Malformed, match=f"{name}: expected a file, got none"):
        read_training_bundle(training)
    with pytest.raises(Malformed, match=f"expected a file {name}, got none"):
        parse_training_bundle(files)


@pytest.mark.parametrize("name", DEVICE_FILES)
@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b"x", lambda data: b"x" + data[1:]])
def test_a_changed_file_of_a_device_bundle_is_refused(
    device: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    (device / name).write_bytes(change((device / name).read_bytes()))
    with pytest.raises((Impossible, TooLarge), match=name):
        read_device_bundle(device)


@pytest.mark.parametrize("name", ["head.keras", "labels.json", "golden.tensors", "base.tensors"])
def test_a_changed_file_of_a_training_bundle_is_refused(training: Path, name: str) -> None:
    (training / name).write_bytes(b"x" + (training / name).read_bytes()[1:])
    with pytest.raises(Impossible, match=f"{name}: expected sha256"):
        read_training_bundle(training)


def test_a_bundle_of_the_other_kind_is_refused(device: Path, training: Path) -> None:
    with pytest.raises(Malformed, match=r"bundle.json.kind: expected device, got 'training'"):
        read_device_bundle(training)
    with pytest.raises(Malformed, match=r"head\.keras: expected a file"):
        read_training_bundle(device)


def test_a_path_in_the_document_is_never_followed(device: Path) -> None:
    """A file's name in the document means nothing: only the names of the contract are opened."""
    document = json.loads((device / "bundle.json").read_bytes())
    document["prefix"]["path"] = "../../etc/passwd"
    document["files"] = ["/etc/passwd"]
    (device / "bundle.json").write_bytes(encode_json(document))
    assert read_device_bundle(device).prefix == FileRef.of(b"the prefix")


def test_a_link_to_another_file_is_refused_by_its_hash(device: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"another prefix")
    (device / "prefix.tflite").unlink()
    (device / "prefix.tflite").symlink_to(tmp_path / "other")
    with pytest.raises(Impossible, match=r"prefix\.tflite: expected 10 bytes, got 14 bytes"):
        read_device_bundle(device)


HOSTILE_DOCUMENTS: list[tuple[dict[str, Any], type[ContractError], str]] = [
    ({"format": 2}, UnsupportedVersion, "bundle.json.format: expected 1, got 2"),
    ({"space": "x"}, Malformed, "bundle.json.space"),
    ({"cut": ""}, Malformed, "bundle.json.cut"),
    ({"layer": "a\x00b"}, Malformed, "bundle.json.layer"),
    ({"shape": [5]}, Impossible, r"golden.tensors.feature: expected float32 \[5\], got float32 \[4\]"),
    ({"shape": []}, Impossible, "bundle.json.shape"),
    ({"prefix": None}, Malformed, "bundle.json.prefix: expected an object, got None"),
    ({"prefix": {"sha256": "00" * 32, "size": 1 << 30}}, TooLarge, "bundle.json.prefix.size"),
    ({"logits": "AAAA"}, Impossible, "bundle.json.logits: expected 2 float32, got 3 bytes"),
    ({"temperature": -1}, Impossible, "bundle.json.temperature"),
    ({"least_cosine_ppm": 0.99}, Malformed, "bundle.json.least_cosine_ppm: expected an integer, got 0.99"),
    (
        {"least_cosine_ppm": 1_000_001},
        Impossible,
        "bundle.json.least_cosine_ppm: expected an integer from 0 to 1000000",
    ),
    ({"golden_input": None}, Malformed, "bundle.json.golden_input: expected an object, got None"),
    ({"golden_input": {"sha256": "00" * 32, "size": 1 << 28}}, TooLarge, "bundle.json.golden_input.size"),
    ({"golden_feature": None}, Malformed, "bundle.json.golden_feature: expected an object, got None"),
    ({"points": []}, Malformed, r"bundle.json.points: expected an object, got \[\]"),
    ({"threshold": True}, Malformed, "bundle.json.threshold: expected a number, got True"),
    ({"quantize": 8}, Malformed, "bundle.json.quantize: expected a string, got 8"),
]


@pytest.mark.parametrize(("changes", "error", "message"), HOSTILE_DOCUMENTS)
def test_a_hostile_document_is_refused_by_name(
    device: Path, changes: dict[str, Any], error: type[ContractError], message: str
) -> None:
    document = json.loads((device / "bundle.json").read_bytes())
    (device / "bundle.json").write_bytes(encode_json({**document, **changes}))
    with pytest.raises(error, match=message):
        read_device_bundle(device)


HOSTILE_PARTS: list[tuple[str, str, bytes, type[ContractError], str]] = [
    ("labels.json", "labels", b"[]", Impossible, "labels.json: expected at least one label, got none"),
    ("labels.json", "labels", b'["Ann","Ann"]', Impossible, "labels.json: expected each label once"),
    ("labels.json", "labels", b'["a"]', Impossible, "bundle.json.logits: expected 1 float32|base64 of 4 bytes"),
    ("golden.tensors", "golden", b"x", Malformed, "header length"),
    ("golden.tensors", "golden", encode_tensors({}, {}), Impossible, "golden.tensors.feature: .* got nothing"),
    (
        "golden.tensors",
        "golden",
        encode_tensors({"feature": np.array([0, 1, np.inf, 2], np.float32)}, {}),
        Impossible,
        r"golden.tensors.feature\[2\]: expected a finite number, got inf",
    ),
    (
        "golden-feature.tensors",
        "golden_feature",
        encode_tensors({"feature": np.zeros(5, np.float32)}, {}),
        Impossible,
        r"golden-feature.tensors.feature: expected float32 \[4\], got float32 \[5\]",
    ),
]


@pytest.mark.parametrize(("name", "key", "data", "error", "message"), HOSTILE_PARTS)
def test_a_hostile_part_with_its_true_hash_is_refused(
    device: Path, name: str, key: str, data: bytes, error: type[ContractError], message: str
) -> None:
    document = json.loads((device / "bundle.json").read_bytes())
    document[key] = FileRef.of(data).document()
    (device / "bundle.json").write_bytes(encode_json(document))
    (device / name).write_bytes(data)
    with pytest.raises((error, TooLarge), match=message):
        read_device_bundle(device)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"features": np.ones((3, 5), np.float32)}, r"features: expected float32 \[3, 4\], got float32 \[3, 5\]"),
        ({"features": np.ones((3, 4), np.float16)}, r"features: expected float32 \[3, 4\], got float16"),
        ({"features": np.full((3, 4), np.nan, np.float32)}, r"features\[0, 0\]: expected a finite number, got nan"),
        ({"labels": np.array([0, 1, 2], np.uint32)}, "labels: expected integers below 2, got 2"),
        ({"labels": np.zeros(2, np.uint32)}, r"labels: expected uint32 \[3\], got uint32 \[2\]"),
        ({"sample_ids": np.zeros((3, 8), np.uint8)}, r"sample_ids: expected uint8 \[3, 16\]"),
        ({"splits": np.array([0, 1, 2], np.uint8)}, "splits: expected integers below 2, got 2"),
    ],
)
def test_base_samples_that_cannot_be_right_are_refused(tmp_path: Path, columns: dict[str, Any], message: str) -> None:
    with pytest.raises(Impossible, match=f"base.tensors.{message}"):
        write_training(tmp_path, base=base_samples(**columns))


def test_the_golden_input_of_a_bundle_of_tensors_is_a_npy_file(tmp_path: Path) -> None:
    bundle = write_device(tmp_path, facts=replace(FACTS, input=TensorInput(TensorType.FLOAT32, (3,))))
    assert bundle.golden_input_path == tmp_path / "golden-input.npy"
    assert bundle.golden_input_path.read_bytes() == DEVICE.golden_input


def write_faces(directory: Path, **changes: Any) -> DeviceBundle:
    return write_device(directory, **({"facts": FACES, "detector": b"the detector"} | changes))


def test_a_bundle_of_faces_has_a_detector(tmp_path: Path) -> None:
    bundle = write_faces(tmp_path)
    assert bundle.detector == FileRef.of(b"the detector")
    assert bundle.detector_path.read_bytes() == b"the detector"
    assert read_device_bundle(tmp_path).input == FACES.input


@pytest.mark.parametrize("changes", [{"detector": None}, {"facts": FACTS}])
def test_a_detector_is_written_with_an_input_of_faces_and_with_no_other(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(Impossible, match="detector: expected one if, and only if, the input"):
        write_faces(tmp_path, **changes)
    assert not (tmp_path / "bundle.json").exists()


def test_a_bundle_of_faces_without_its_detector_is_refused(tmp_path: Path) -> None:
    write_faces(tmp_path)
    (tmp_path / "detector.tflite").write_bytes(b"another file")
    with pytest.raises(Impossible, match=r"detector\.tflite: expected sha256"):
        read_device_bundle(tmp_path)
    (tmp_path / "detector.tflite").unlink()
    with pytest.raises(Malformed, match=r"detector\.tflite"):
        read_device_bundle(tmp_path)
    document = json.loads((tmp_path / "bundle.json").read_bytes())
    del document["detector"]
    (tmp_path / "bundle.json").write_bytes(encode_json(document))
    with pytest.raises(Malformed, match=r"bundle\.json\.detector: expected an object, got nothing"):
        read_device_bundle(tmp_path)


def test_a_detector_beside_an_input_that_is_of_no_faces_is_refused(tmp_path: Path) -> None:
    """As in a bundle whose fit was changed by hand: nobody would look for faces."""
    write_faces(tmp_path)
    path = tmp_path / "bundle.json"
    document = json.loads(path.read_bytes())
    document["input"]["fit"] = "crop"
    path.write_bytes(json.dumps(document).encode())
    with pytest.raises(Impossible, match=r"bundle\.json\.detector: expected none, as the input is a photo"):
        read_device_bundle(tmp_path)


def test_a_training_bundle_of_faces_needs_no_detector(tmp_path: Path) -> None:
    parts = TrainingBundleParts(FACES, b"the keras head", DEVICE.labels, GOLDEN, base_samples())
    assert write_training_bundle(tmp_path, parts).input == FACES.input
