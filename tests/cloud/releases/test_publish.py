"""How a head becomes a release, and what a kill at any step leaves behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cloud.errors import Damaged, LostRace
from cloud.releases import objects, registry, stored
from cloud.releases.publish import Publisher, PublishStep, TrainedHead
from cloud.releases.registry import Registry, TrainedDataset
from cloud.releases.signing import load_or_create
from cloud.store import ObjectStore, keys, open_store
from cloud.store.keys import Pool
from contract.bundle import TrainingBundle
from contract.files import sha256_hex
from contract.labels import parse_labels
from contract.manifest import Channel, Precision
from contract.unknown import Strictness
from tests.cloud.busy import BusyStore
from tests.cloud.releases.standing import POINTS

NOW = 1_800_000_000
BOTH = (Channel.LATEST, Channel.BEST)

PUBLISH_AND_DIE = """
import os, signal, sys
from pathlib import Path
from test_publish import publish_once
from cloud.store import open_store
from contract.bundle import read_training_bundle

store, state, bundle, step = sys.argv[1:]
def at(passed):
    if passed == step:
        os.kill(os.getpid(), signal.SIGKILL)
publish_once(open_store(store), Path(state), read_training_bundle(Path(bundle)), version=2, at=at)
"""


def trained_head(version: int) -> TrainedHead:
    heads = {Precision.FLOAT32: b"float32 %d" % version, Precision.DYNAMIC: b"dynamic %d" % version}
    logits = np.arange(3, dtype=np.float32)
    return TrainedHead(
        labels=("Ada", "Ben", "Cleo"),
        weights=b"weights %d" % version,
        heads=heads,
        logits=dict.fromkeys(heads, logits),
        temperature=2.0,
        threshold=0.4,
        accuracy=0.99,
        held_out=20,
        rows=7,
        report={"version": version},
    )


def publish_once(
    store: ObjectStore,
    state: Path,
    bundle: TrainingBundle,
    *,
    version: int = 1,
    left_out: tuple[int, ...] = (),
    channels: tuple[Channel, ...] = BOTH,
    at: Callable[[PublishStep], None] = lambda step: None,
    previous: Registry | None = None,
    now: int = NOW,
) -> Registry:
    pool = Pool("home", bundle.space)
    return Publisher(store, load_or_create(state, store), 3600.0, at).publish(
        pool,
        replace(trained_head(version), left_out=left_out),
        bundle=bundle,
        previous=previous or registry.read(store, pool),
        channels=channels,
        trained=TrainedDataset(f"dataset {version}", 7, f"cycle {version}"),
        now=now + version,
    )


@dataclass(frozen=True)
class Place:
    address: str
    state: Path
    bundle: TrainingBundle

    @property
    def store(self) -> ObjectStore:
        return open_store(self.address)

    @property
    def pool(self) -> Pool:
        return Pool("home", self.bundle.space)

    def publish(self, **options: object) -> Registry:
        return publish_once(self.store, self.state, self.bundle, **options)  # type: ignore[arg-type]  # passed on

    def fetch(self, sha256: str) -> bytes:
        return objects.read(self.store, "home", sha256)

    def serves(self) -> dict[Channel, tuple[int, bytes]]:
        """For each channel its serial and the float32 head that it leads to, every object checked on the way."""
        found = {}
        for channel, current in registry.read(self.store, self.pool).channels.items():
            manifest = current.manifest
            heads = {kind: objects.read(self.store, "home", one.file.sha256) for kind, one in manifest.heads.items()}
            assert all(sha256_hex(body) == manifest.heads[kind].file.sha256 for kind, body in heads.items())
            release = stored.get_release(self.store, self.pool, current.release)
            assert release.weights is not None
            assert self.fetch(release.weights.sha256).startswith(b"weights")
            found[channel] = (manifest.serial, heads[Precision.FLOAT32])
        return found


@pytest.fixture
def place(tmp_path: Path, training_bundle: TrainingBundle) -> Place:
    opened = open_store(f"dir:{tmp_path / 'store'}")
    opened.prepare()
    return Place(f"dir:{tmp_path / 'store'}", tmp_path / "state", training_bundle)


def test_a_release_leads_to_everything_that_a_device_needs(place: Place) -> None:
    manifest = place.publish().channels[Channel.BEST].manifest
    assert place.serves() == {Channel.LATEST: (1, b"float32 1"), Channel.BEST: (1, b"float32 1")}
    labels = parse_labels(place.fetch(manifest.labels.sha256))
    assert (labels, manifest.label_count) == (("Ada", "Ben", "Cleo"), 3)
    assert (manifest.issued, manifest.expires) == (NOW + 1, NOW + 3601)
    assert (manifest.temperature, manifest.threshold, manifest.validation_accuracy) == (2.0, 0.4, 0.99)
    assert manifest.golden_sample_sha256 == place.bundle.golden_sample_sha256


def test_a_head_from_which_many_samples_were_left_out_claims_no_more_than_its_release_can_say(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release that listed more than a reader takes was the best one, and stopped every later cycle of its pool."""
    monkeypatch.setattr(stored, "MAX_LEFT_OUT", 2)

    def told(*left_out: int) -> tuple[int, tuple[int, ...]]:
        best = place.publish(left_out=left_out).channels[Channel.BEST]
        release = stored.get_release(place.store, place.pool, best.release)
        return release.rows, release.left_out

    assert told(1, 4) == (7, (1, 4))
    assert told(1, 4, 5) == (5, (1, 4))
    assert told(0, 1, 2, 3, 4, 5, 6) == (2, (0, 1))


@pytest.mark.parametrize(("point", "threshold"), [("strict", 0.75), ("balanced", 0.5), ("friendly", 0.25)])
def test_the_operators_point_is_the_threshold_and_all_three_are_told(
    place: Place, point: str, threshold: float
) -> None:
    publisher = Publisher(place.store, load_or_create(place.state, place.store), 3600.0, point=Strictness(point))
    for version, points in enumerate((POINTS, {}), start=1):
        published = publisher.publish(
            place.pool,
            replace(trained_head(version), points=points),
            bundle=place.bundle,
            previous=registry.read(place.store, place.pool),
            channels=BOTH,
            trained=TrainedDataset(f"dataset {version}", 7, f"cycle {version}"),
            now=NOW + version,
        )
        expected = (threshold, points) if points else (0.4, {})
        manifests = [one.manifest for one in published.channels.values()]
        assert [(one.threshold, one.points) for one in manifests] == [expected] * 2


def test_both_manifests_are_signed_with_the_key_that_devices_pin(place: Place) -> None:
    published = place.publish()
    key = Ed25519PublicKey.from_public_bytes(place.store.get(keys.VERIFY).body)
    for current in published.channels.values():
        key.verify(current.envelope.signatures[0].signature, current.envelope.signed_bytes())
    assert {channel: current.manifest.channel for channel, current in published.channels.items()} == {
        channel: channel for channel in BOTH
    }


def test_a_challenger_that_the_gate_stopped_is_published_as_latest_only(place: Place) -> None:
    place.publish()
    place.publish(version=2, channels=(Channel.LATEST,))
    assert place.serves() == {Channel.LATEST: (2, b"float32 2"), Channel.BEST: (1, b"float32 1")}


def test_a_clock_that_was_set_back_does_not_take_back_the_time_of_issue(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker whose clock once ran ten years ahead would have had its devices refuse every head for ten years."""
    place.publish(now=NOW + 315_360_000)
    manifest = place.publish(version=2).channels[Channel.BEST].manifest
    assert (manifest.issued, manifest.expires) == (NOW + 315_360_001, NOW + 315_363_601)
    assert "clock: behind the newest release" in caplog.text


def test_each_channel_is_a_chain_of_serials(place: Place) -> None:
    first = place.publish().channels[Channel.LATEST]
    second = place.publish(version=2).channels[Channel.LATEST]
    assert (second.manifest.serial, second.manifest.parent) == (2, first.release)


def test_what_was_trained_is_remembered_with_the_release(place: Place) -> None:
    assert place.publish().trained == TrainedDataset("dataset 1", 7, "cycle 1")


def test_a_worker_that_was_overtaken_publishes_nothing(place: Place) -> None:
    stale = registry.read(place.store, place.pool)
    place.publish()
    with pytest.raises(LostRace):
        place.publish(version=2, previous=stale)
    assert place.serves()[Channel.BEST] == (1, b"float32 1")


@pytest.mark.parametrize("step", [PublishStep.OBJECT_WRITTEN, PublishStep.RELEASE_WRITTEN])
def test_killed_before_the_pointer_moves_the_registry_serves_what_it_served(place: Place, step: PublishStep) -> None:
    place.publish()
    publish_and_die(place, step)
    assert place.serves() == {Channel.LATEST: (1, b"float32 1"), Channel.BEST: (1, b"float32 1")}
    assert registry.read(place.store, place.pool).trained == TrainedDataset("dataset 1", 7, "cycle 1")
    place.publish(version=2)
    assert place.serves() == {Channel.LATEST: (2, b"float32 2"), Channel.BEST: (2, b"float32 2")}


def test_killed_after_the_pointer_moved_everything_is_there(place: Place) -> None:
    place.publish()
    publish_and_die(place, PublishStep.POINTER_SWAPPED)
    assert place.serves() == {Channel.LATEST: (2, b"float32 2"), Channel.BEST: (2, b"float32 2")}
    assert registry.read(place.store, place.pool).trained == TrainedDataset("dataset 2", 7, "cycle 2")


def publish_and_die(place: Place, step: PublishStep) -> None:
    arguments = [place.address, str(place.state), str(place.bundle.directory), step]
    here = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", PUBLISH_AND_DIE, *arguments],
        env={**os.environ, "PYTHONPATH": here},
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


def test_a_pointer_that_was_lost_is_no_registry_without_releases(place: Place) -> None:
    """The next release would have had serial 1, which devices that are past it refuse."""
    place.publish()
    place.store.delete(keys.registry_pointer(place.pool))
    with pytest.raises(Damaged, match="expected the pointer of a registry, got none, though there are releases"):
        place.publish(version=2)


def test_a_first_publication_that_was_killed_looks_like_no_loss(place: Place) -> None:
    def fail(step: PublishStep) -> None:
        if step is PublishStep.RELEASE_WRITTEN:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        place.publish(at=fail)
    assert registry.read(place.store, place.pool).channels == {}
    assert place.publish(version=2).serials == {Channel.LATEST: 1, Channel.BEST: 1}


def test_a_first_release_that_is_published_while_somebody_looks_is_no_loss(place: Place) -> None:
    busy = BusyStore(place.store, keys.pool_releases(place.pool), lambda: place.publish(previous=Registry()))
    assert registry.read(busy, place.pool).serials  # type: ignore[arg-type]  # all of a store but its list
