"""An operator lets devices in to a release, takes it back, and retires a space: real gunicorn, commands and devices.

Heads are tiny ones that nobody trained; they are published as a worker does.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from cloud.admin.bundles import register as register_bundle
from cloud.releases import registry
from cloud.releases.publish import Publisher, TrainedHead
from cloud.releases.registry import TrainedDataset
from cloud.releases.signing import load_or_create
from cloud.store import open_store
from cloud.store.keys import Pool
from contract.bundle import BaseSamples, DeviceBundle, TrainingBundleParts, write_training_bundle
from contract.manifest import Channel, Precision
from contract.rollout import PARTS, Rollout
from device import Device, Refused, Settings
from device.errors import SpaceRetired
from device.pull.updater import PullOutcome
from tests.cloud.conftest import HOME_CODE, WORK_CODE, make_head, serve  # noqa: F401  # make_head is a fixture
from tests.device.conftest import tiny_models, write_bundle  # noqa: F401  # fixtures
from tests.device.photos import draw_photo
from tests.device.serving import expected_logits

LIFE_S = 30 * 86_400
LABELS = ("Ada", "Ben", "Cleo", "Zoe")


@dataclass(frozen=True)
class Place:
    """A running service, what is behind it, and the devices' bundle."""

    folder: Path
    url: str
    bundle: DeviceBundle
    models: Path

    @property
    def environment(self) -> dict[str, str]:
        """Of the worker and its operator, who knows the codes, too: a group may have devices and no samples yet."""
        places = {"FEDEX_STORE": f"dir:{self.folder / 'store'}", "FEDEX_STATE": str(self.folder / "state")}
        return {**places, "FEDEX_ENROLMENT": f"{HOME_CODE}=home,{WORK_CODE}=work"}

    @property
    def pool(self) -> Pool:
        return Pool("home", self.bundle.space)

    def publish(self, name: str, *, classes: int, share: int, now: int) -> str:
        """Publish a head as a worker does; return the id of its roll-out."""
        store = open_store(self.environment["FEDEX_STORE"])
        content = (self.models / f"{name}.tflite").read_bytes()
        head = TrainedHead(
            labels=LABELS[:classes],
            weights=b"weights",
            heads={Precision.FLOAT32: content},
            logits={Precision.FLOAT32: expected_logits(self.bundle.golden, classes=classes)},
            temperature=1.0,
            threshold=0.0,
            accuracy=None,
            held_out=0,
            rows=0,
            report={},
        )
        published = Publisher(store, load_or_create(self.folder / "state", store), LIFE_S, share=share).publish(
            self.pool,
            head,
            bundle=self.bundle,  # type: ignore[arg-type]  # what it takes of a bundle, both kinds have
            previous=registry.read(store, self.pool),
            channels=(Channel.BEST,),
            trained=TrainedDataset(name, 1, name),
            now=now,
        )
        rollout = published.channels[Channel.BEST].manifest.rollout
        assert rollout is not None
        return rollout.id

    def command(self, *arguments: str) -> str:
        """Run a command of the operator; return what it said."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FEDEX_")}
        run = [sys.executable, "-m", "cloud.cli", *arguments]
        done = subprocess.run(
            run, env=inherited | self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def device(self, name: str, code: str) -> Device:
        """A device that is enrolled."""
        home = self.folder / name
        settings = Settings(
            home=home, bundle=self.bundle.directory, url=self.url, enrolment_code=code, head=Precision.FLOAT32
        )
        device = Device(settings)
        device.enrol()
        return device


@pytest.fixture
def place(
    tmp_path: Path,
    tiny_models: Path,  # noqa: F811
    write_bundle: Callable[..., DeviceBundle],  # noqa: F811
    make_head: Callable[[bytes], bytes],  # noqa: F811
) -> Iterator[Place]:
    bundle = write_bundle(tmp_path / "bundle")
    base = BaseSamples(
        features=np.zeros((0, *bundle.feature_shape), np.float32),
        labels=np.zeros(0, np.uint32),
        sample_ids=np.zeros((0, 16), np.uint8),
        splits=np.zeros(0, np.uint8),
    )
    parts = TrainingBundleParts(bundle.facts, make_head(b"nobody opens it"), bundle.labels, bundle.golden, base)
    write_training_bundle(tmp_path / "training", parts)
    store = open_store(f"dir:{tmp_path / 'store'}")
    store.prepare()
    load_or_create(tmp_path / "state", store)
    register_bundle(store, tmp_path / "training")
    with serve(tmp_path, FEDEX_STORE=f"dir:{tmp_path / 'store'}", FEDEX_STALL_S="20") as url:
        yield Place(tmp_path, url, bundle, tiny_models)


def answers(device: Device) -> tuple[str | None, int]:
    """What the device says of a photo of the fourth tile, which only the head of four knows; and which head says it."""
    with device.recognizer() as recognizer:
        answer = recognizer.infer(draw_photo(3))[0].answer
    return answer.label, answer.head_serial


def least_share(rollout: str, device: Device) -> int:
    return next(share for share in range(PARTS + 1) if Rollout(rollout, share).includes(device.identity().device))


@pytest.mark.timeout(300)
def test_a_release_is_rolled_out_in_stages_taken_back_and_a_space_retired(place: Place) -> None:
    now, pool = int(time.time()), place.pool.path
    devices = [place.device(f"device-{number}", HOME_CODE) for number in range(3)]
    place.publish("three", classes=3, share=PARTS, now=now)
    assert [device.pull().serial for device in devices] == [1, 1, 1]

    rollout = place.publish("four", classes=4, share=0, now=now + 1)
    assert [device.pull().outcome for device in devices] == [PullOutcome.WAITS] * 3
    first, *others = sorted(devices, key=lambda device: least_share(rollout, device))
    share = least_share(rollout, first)
    assert all(least_share(rollout, other) > share for other in others)
    assert f"is for {share} of 10000" in place.command(
        "releases", "share", pool, "best", str(share), "--why", "no complaints"
    )
    assert (first.pull().outcome, answers(first)) == (PullOutcome.INSTALLED, ("Zoe", 3))
    assert [other.pull().outcome for other in others] == [PullOutcome.WAITS] * 2
    assert {answers(other)[1] for other in others} == {1}

    place.command("releases", "withdraw", pool, "best", "3", "--why", "complaints")
    assert (first.pull().outcome, answers(first)[1]) == (PullOutcome.INSTALLED, 4)
    assert answers(first)[0] != "Zoe"
    assert [other.pull().outcome for other in others] == [PullOutcome.UNCHANGED] * 2
    assert "the head of the bundle serves" in place.command(
        "releases", "withdraw", pool, "best", "4", "--to-bundle", "--why", "complaints"
    )
    assert [device.pull().outcome for device in devices] == [PullOutcome.WITHDRAWN] * 3
    assert {answers(device)[1] for device in devices} == {0}

    stranger = place.device("of-another-group", WORK_CODE)
    with stranger.recognizer() as recognizer:
        inference = recognizer.infer(draw_photo(0))[0].id
    assert inference is not None
    stranger.give_feedback(inference, label="Ada")
    place.command("space", "retire", f"work/{place.bundle.space}")
    assert isinstance(stranger.push().problem, Refused)
    assert isinstance(stranger.push().problem, SpaceRetired)
    with pytest.raises(SpaceRetired):
        stranger.pull()
    assert [device.pull().outcome for device in devices] == [PullOutcome.UNCHANGED] * 3
    with stranger.open_cache() as cache:
        assert sum(one.samples for one in cache.uploads.unfinished()) == 1
