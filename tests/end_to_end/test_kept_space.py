"""A group of crops gets a detector and keeps its space: devices with either bundle learn from each other. All real."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from cloud.releases import objects, registry
from cloud.store import open_store
from cloud.store.keys import Pool
from contract.bundle import read_device_bundle
from contract.labels import parse_labels
from contract.manifest import Channel
from demo.folders import lay_out_base
from demo.roles import Person
from demo.running.commands import command
from demo.running.devices import DemoDevice
from demo.running.processes import CALL_TIMEOUT_S, running
from demo.running.service import GROUP
from tests.end_to_end.conftest import EXPORT_TIMEOUT_S
from tests.end_to_end.deployment import (
    RELEASE_TIMEOUT_S,
    TEST_TIMEOUT_S,
    Deployment,
    correct,
    deployed,
    never_uploaded,
    recognise,
)

pytestmark = pytest.mark.timeout(TEST_TIMEOUT_S)
MIN_NEW = 3
"""What one person's uploads come to."""
MAKE_NETWORK = """
import sys
import keras

keras.utils.set_random_seed(0)
layers = keras.layers
first = [layers.Rescaling(1 / 255), layers.Conv2D(24, 8, strides=8, activation="relu"), layers.MaxPooling2D(4)]
last = [layers.GlobalAveragePooling2D(name="pooling"), layers.Dense(4, activation="softmax")]
keras.Sequential([keras.Input((160, 160, 3)), *first, *last]).save(sys.argv[1])
"""


@dataclass(frozen=True, slots=True)
class Exports:
    """What was exported of one network, for the same people."""

    crops: Path
    faces: Path


@pytest.fixture(scope="module")
def exports(people: tuple[Person, ...], tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """Both bundles of crops, and with a detector those that keep their space."""
    folder = tmp_path_factory.mktemp("kept")
    subprocess.run([sys.executable, "-c", MAKE_NETWORK, folder / "own.keras"], check=True, capture_output=True)
    base = lay_out_base(people, folder / "base")
    made = Exports(folder / "crops", folder / "faces")
    given = ["bundle", "--model", str(folder / "own.keras"), "--layer", "pooling", "--samples", str(base)]
    with running(folder / "logs") as processes:
        for options in (
            ["--out", str(made.crops)],
            ["--out", str(made.faces), "--detector", "back", "--space", str(made.crops / "device")],
        ):
            call = [command("fedex-export"), *given, *options]
            processes.call("export", call, environment={}, timeout_s=EXPORT_TIMEOUT_S)
    return made


@pytest.fixture
def service(exports: Exports, tmp_path: Path) -> Iterator[Deployment]:
    """A service with the bundle of crops."""
    store = {"FEDEX_STORE": f"dir:{tmp_path / 'store'}"}
    with deployed(tmp_path, exported=exports.crops, store=store, min_new=MIN_NEW) as running_service:
        yield running_service


def replace_bundle(service: Deployment, training: Path) -> None:
    """Put another training bundle in the place of the one that is registered, as the README says."""
    environment = {
        **service.store,
        "FEDEX_ENROLMENT": f"{service.service.code}={GROUP}",
        "FEDEX_STATE": str(service.folder / "worker"),
        "FEDEX_MIN_NEW": str(MIN_NEW),
    }
    cloud = command("fedex-cloud")
    service.processes.end("worker")
    add = [cloud, "bundle", "add", "--replace", str(training)]
    said = service.processes.call("operator", add, environment=environment, timeout_s=CALL_TIMEOUT_S)
    assert said.startswith("replaced space ")
    service.processes.start("worker", [cloud, "worker"], environment=environment)


def learned(service: Deployment, space: str) -> set[str]:
    """The labels of the newest release."""
    store, pool = open_store(service.store["FEDEX_STORE"]), Pool(GROUP, space)
    current = registry.read(store, pool).channels.get(Channel.LATEST)
    if current is None:
        return set()
    labels = objects.read(store, GROUP, current.manifest.labels.sha256)
    return set(parse_labels(labels, where="labels"))


def teach(device: DemoDevice, person: Person) -> None:
    """Say who a person is, and upload that."""
    correct(device, person.uploads)
    assert device.push().samples == len(person.uploads) == MIN_NEW


def heads(device: DemoDevice, people: tuple[Person, ...]) -> set[int]:
    """Which heads give a device's answers."""
    return {face.head for one in recognise(device, never_uploaded(people)) for face in one.faces}


def test_devices_with_either_bundle_learn_from_each_other_after_releases(
    people: tuple[Person, ...], exports: Exports, service: Deployment
) -> None:
    """The new bundle had another golden sample: it could not be registered, and its devices refused every release."""
    first, second = [person for person in people if person.is_new]
    third, *_ = [person for person in people if not person.is_new]
    of_crops, of_faces = (read_device_bundle(folder / "device") for folder in (exports.crops, exports.faces))
    assert of_crops.space == of_faces.space
    follows = {"FEDEX_CHANNEL": "latest"}
    old = service.device("old", **follows)
    old.enrol()
    teach(old, first)
    service.wait_for_head(old)
    assert learned(service, of_crops.space) == {*of_crops.labels, first.name}

    replace_bundle(service, exports.faces / "training")
    new = replace(service, exported=exports.faces).device("new", **follows)
    new.enrol()
    standing = new.pull()
    assert (standing > 0, heads(new, people)) == (True, {standing})
    teach(new, second)
    correct(old, third.uploads)
    assert old.push().samples == MIN_NEW
    service.processes.wait_until(
        lambda: len(service.dataset()) == 3 * MIN_NEW and second.name in learned(service, of_crops.space),
        what="a release of what both devices sent",
        timeout_s=RELEASE_TIMEOUT_S,
    )
    assert learned(service, of_crops.space) == {*of_crops.labels, first.name, second.name}
    for device in (old, new):
        service.wait_for_head(device, serial=standing + 1)
    assert min(*heads(old, people), *heads(new, people)) > standing

    updated = replace(old, bundle=exports.faces / "device")
    serial = updated.pull()
    assert (serial > standing, heads(updated, people)) == (True, {serial})
    correct(updated, never_uploaded([third]))
    assert updated.push().samples == len(third.tests)
