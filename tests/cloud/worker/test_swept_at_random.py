"""Whatever happens in whatever order: nothing that is named is ever gone, and in the end nothing else is left."""

import contextlib
import itertools
import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from cloud.admin.bundles import register
from cloud.errors import LostRace, NothingToDo
from cloud.releases.publish import PublishStep
from cloud.store import keys, open_store
from cloud.store.keys import Pool
from contract.bundle import TrainingBundle
from contract.manifest import Channel
from contract.rollout import PARTS
from tests.cloud.worker.held import DyingStore, Killed
from tests.cloud.worker.yard import BOTH, DAY_S, HOUR_S, Yard

VERSIONS = st.integers(1, 4)
CHANNELS = st.sampled_from([(Channel.LATEST,), BOTH])
SHARES = st.sampled_from([100, PARTS])
PLACES = st.integers(0, 1)


class ReleasesAtRandom(RuleBasedStateMachine):
    """Two pools of a group, which publish the same few heads."""

    released: ClassVar[TrainingBundle]
    where: ClassVar[Path | None] = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    """Of the stores: where nothing waits for a disk."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=self.where))
        store = open_store(f"dir:{self.folder / 'store'}")
        store.prepare()
        assert self.released.directory is not None
        register(store, self.released.directory)
        first = Yard(store, self.folder / "state", Pool("home", self.released.space), self.released)
        self.yards = [first, first.other]
        for name in ("bundle.json", "labels.json"):  # of a space that a withdrawal can return to the bundle of
            store.put(
                keys.space_file(first.other.pool.space, name),
                store.get(keys.space_file(first.pool.space, name)).body,
            )
        self.erasures = itertools.count()

    @rule(place=PLACES, version=VERSIONS, channels=CHANNELS, share=SHARES)
    def publish(self, place: int, version: int, channels: tuple[Channel, ...], share: int) -> None:
        self.yards[place].publish(version, channels=channels, share=share)

    @rule(place=PLACES, version=VERSIONS, fatal=st.sampled_from([*PublishStep]), count=st.integers(1, 3))
    def publish_and_die(self, place: int, version: int, fatal: PublishStep, count: int) -> None:
        left = itertools.count(1)

        def at(step: PublishStep) -> None:
            if step is fatal and next(left) == count:
                raise Killed

        with contextlib.suppress(Killed):
            self.yards[place].publish(version, at=at)

    @rule(place=PLACES, channel=st.sampled_from([*Channel]), nth=st.integers(0, 6), pin=st.booleans())
    def promote(self, place: int, channel: Channel, nth: int, pin: bool) -> None:
        yard = self.yards[place]
        with contextlib.suppress(NothingToDo):
            serials = yard.serials(channel) if channel in yard.read().channels else []
            yard.promote(channel, serials[nth] if nth < len(serials) else 1, pin=pin)

    @rule(place=PLACES, channel=st.sampled_from([*Channel]), share=SHARES, what=st.sampled_from(["withdraw", "share"]))
    def decide(self, place: int, channel: Channel, share: int, what: str) -> None:
        yard = self.yards[place]
        with contextlib.suppress(NothingToDo):
            if channel in yard.read().channels:
                yard.withdraw(channel) if what == "withdraw" else yard.share(channel, share)

    @rule(place=PLACES)
    def renew(self, place: int) -> None:
        self.yards[place].renew()

    @rule()
    def erase(self) -> None:
        self.yards[0].erase(f"{next(self.erasures):032x}")

    @rule(hours=st.sampled_from([1, 13, 25]))
    def grow_old(self, hours: int) -> None:
        self.yards[0].grow_old(hours * HOUR_S)

    @rule(place=PLACES)
    def sweep(self, place: int) -> None:
        self.yards[place].sweep()

    @rule(place=PLACES, fatal=st.integers(1, 12))
    def sweep_and_die(self, place: int, fatal: int) -> None:
        yard = self.yards[place]
        with contextlib.suppress(Killed):
            yard.sweep(store=DyingStore(yard.store, fatal=fatal))

    @rule(place=PLACES, version=VERSIONS)
    def publish_as_one_who_was_followed(self, place: int, version: int) -> None:
        """A worker that was stopped in its publication wakes up after another one has swept: it is refused."""
        yard = self.yards[place]
        stopped = yard.leases.leases.take(keys.lease(yard.pool))
        previous = yard.read()

        def follow(step: PublishStep) -> None:
            if step is PublishStep.RELEASE_WRITTEN:
                yard.sweep()
                yard.grow_old(25 * HOUR_S)
                yard.sweep()

        with contextlib.suppress(LostRace):
            yard.publish_as(stopped.fence, version, previous=previous, channels=(Channel.LATEST,), at=follow)

    @invariant()
    def nothing_is_gone_that_is_named(self) -> None:
        for yard in getattr(self, "yards", ()):
            yard.check()

    def teardown(self) -> None:
        for yard in getattr(self, "yards", ()):
            for _ in range(3):
                yard.sweep_through()
                yard.grow_old(DAY_S)
            assert yard.present() == yard.named()
            assert yard.sweep() is None
            assert keys.named(yard.pool) in yard.store.list(keys.NAMED)
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)


def test_releases_at_random(training_bundle: TrainingBundle) -> None:
    ReleasesAtRandom.released = training_bundle
    run_state_machine_as_test(
        ReleasesAtRandom,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


@pytest.mark.slow
def test_releases_at_random_for_long(training_bundle: TrainingBundle) -> None:
    ReleasesAtRandom.released = training_bundle
    run_state_machine_as_test(
        ReleasesAtRandom, settings=settings(max_examples=150, stateful_step_count=40, deadline=None)
    )
