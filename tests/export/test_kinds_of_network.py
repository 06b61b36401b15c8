"""Each kind of network, from its file to the labels that a device answers, which are those of Keras."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from contract.bundle import DeviceBundle, read_device_bundle
from contract.callbacks import ignore
from contract.inputs import Fit, PhotoInput
from export.bundle import ExportResult, export_bundles
from export.inputs import gather_inputs
from export.network.standardization import standardized
from export.request import Request
from tests.export.kinds import KINDS, LABELS, Kind, build, draw, prepared, write_examples

ON_A_DEVICE = """
import json, sys
from pathlib import Path
import numpy as np
from contract.bundle import read_device_bundle
from device.recognise.recognizer import Recognizer
from device.recognise.tflite import open_runtime
bundle = read_device_bundle(Path(sys.argv[1]))
examples = np.load(sys.argv[2])["examples"]
with Recognizer(bundle, runtime=open_runtime()) as recognizer:
    print(json.dumps([recognizer.recognise(example)[0].results[0].label for example in examples]))
"""


@dataclass(frozen=True)
class Exported:
    """A network that was exported, and what it says of examples that nobody has seen."""

    kind: Kind
    bundle: DeviceBundle
    result: ExportResult
    by_keras: list[str]
    by_device: list[str]
    true: list[str]


@pytest.fixture(scope="module", params=list(KINDS))
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    kind, folder = KINDS[request.param], tmp_path_factory.mktemp("kind")
    network = build(kind)
    network.save(folder / "network.keras")
    photo = kind.input if isinstance(kind.input, PhotoInput) else None
    asked = Request(
        layer=kind.layer,
        model=folder / "network.keras",
        fit=photo.fit if photo and photo.fit is not Fit.CROP else None,
        kind=kind.kind,
        standardization=kind.scale if kind.said else None,
        photos=write_examples(kind, folder, seed=8),
        out=folder / "out",
    )
    result = export_bundles(*gather_inputs(asked, at_step=ignore))
    examples, classes = draw(kind, seed=9)
    np.savez(folder / "unseen.npz", examples=np.stack(examples))
    answers = np.asarray(network(standardized(prepared(kind, examples), kind.scale), training=False))
    best = (answers[:, 0] > 0.5).astype(int) if kind.sigmoid else answers.argmax(axis=1)
    return Exported(
        kind,
        read_device_bundle(folder / "out" / "device"),
        result,
        [LABELS[of] for of in best],
        _on_a_device(folder / "out" / "device", folder / "unseen.npz"),
        [LABELS[of] for of in classes],
    )


def _on_a_device(bundle: Path, examples: Path) -> list[str]:
    command = [sys.executable, "-c", ON_A_DEVICE, str(bundle), str(examples)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    labels: list[str] = json.loads(done.stdout.splitlines()[-1])
    return labels


def test_a_device_answers_what_keras_does_and_is_right(exported: Exported) -> None:
    """A network with its own Rescaling, right on 108 of 108 photos in Keras, was right on 6 of them on the device."""
    assert exported.by_device == exported.by_keras == exported.true


def test_the_bundle_says_what_the_network_takes(exported: Exported) -> None:
    assert exported.bundle.input == exported.kind.input
    assert exported.bundle.layer == exported.kind.layer


def test_accuracy_is_measured_on_the_whole_network_and_on_what_devices_run(exported: Exported) -> None:
    accuracy = exported.result.comparison.accuracy
    assert accuracy is not None
    assert (accuracy.samples, accuracy.keras, accuracy.tflite) == (24, 1, 1)
    whole = exported.result.comparison.whole
    assert whole is not None
    assert whole.label_agreement == 1


def test_labels_are_the_sorted_names_of_the_folders(exported: Exported) -> None:
    assert exported.bundle.labels == LABELS[: exported.kind.classes]
