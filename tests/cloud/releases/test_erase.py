"""After an erasure the bundle's head serves, whatever was released, shared, pinned or signed by a key before."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.admin.best import BestOperator
from cloud.admin.bundles import register
from cloud.errors import Damaged, LostRace
from cloud.releases import registry, stored
from cloud.releases.decisions import Decision
from cloud.releases.erase import ReleaseEraser
from cloud.releases.history import history
from cloud.releases.registry import Registry
from cloud.releases.signing import load_or_create, rotate
from cloud.store import keys, open_store
from contract.bundle import TrainingBundle
from contract.files import FileRef
from contract.labels import encode_labels
from contract.manifest import Channel
from contract.rollout import Rollout
from tests.cloud.releases.standing import LIFE, NOW, POINTS, POOL, Place

ERASURE = "e" * 32


@pytest.fixture
def place(tmp_path: Path, training_bundle: TrainingBundle) -> Place:
    """A pool of a registered space, with three releases: two of best, of which the second is for some."""
    opened = open_store(f"dir:{tmp_path / 'store'}")
    opened.prepare()
    assert training_bundle.directory is not None
    register(opened, training_bundle.directory)
    place = Place(f"dir:{tmp_path / 'store'}", tmp_path / "state")
    place.publish(Channel.BEST, issued=NOW - 20)
    place.publish(Channel.LATEST, issued=NOW - 15, added="a key that nobody knows")
    place.publish(Channel.BEST, issued=NOW - 10, rollout=Rollout("f" * 64, 100))
    return place


def eraser(place: Place) -> ReleaseEraser:
    return ReleaseEraser(place.store, load_or_create(place.state, place.store), LIFE)


def test_every_channel_returns_to_the_bundle_and_its_history_begins_anew(place: Place) -> None:
    eraser(place).withdraw(POOL, erasure=ERASURE, now=NOW)
    after = place.read()
    assert (after.erasure, after.trained, after.serials) == (ERASURE, None, {Channel.BEST: 3, Channel.LATEST: 2})
    for channel, serial in ((Channel.BEST, 2), (Channel.LATEST, 1)):
        manifest = after.channels[channel].manifest
        assert (manifest.heads, manifest.rollout, manifest.parent) == ({}, None, None)
        assert (manifest.labels, manifest.label_count) == (FileRef.of(encode_labels(["Ada", "Ben"])), 2)
        assert (manifest.withdraws.ranges, manifest.points) == (((1, serial),), POINTS)
        assert (manifest.issued, manifest.expires) == (NOW, NOW + LIFE)
        assert eraser(place).key.has_signed(after.channels[channel].envelope)
    assert b"a key that nobody knows" in after.channels[Channel.LATEST].envelope.payload
    assert [dict(one.report) for one in history(place.store, POOL)] == [{"erasure": ERASURE}] * 2


def test_the_same_erasure_withdraws_once_and_another_one_again(place: Place) -> None:
    for _ in range(2):
        eraser(place).withdraw(POOL, erasure=ERASURE, now=NOW)
        assert place.serials() == {"best": 3, "latest": 2}
    eraser(place).withdraw(POOL, erasure="f" * 32, now=NOW)
    assert place.serials() == {"best": 4, "latest": 3}


def test_a_pin_holds_nothing_that_learned_from_what_is_erased(place: Place) -> None:
    pinned = replace(place.read(), pin=Decision("you", "an exam", NOW))
    registry.repoint(place.store, POOL, previous=pinned, envelopes={})
    assert place.read().pin is not None
    eraser(place).withdraw(POOL, erasure=ERASURE, now=NOW)
    assert place.read().pin is None


def test_a_pool_without_releases_remembers_the_erasure(place: Place) -> None:
    """A cycle goes by that: it would not begin otherwise."""
    other = replace(POOL, group="work")
    eraser(place).withdraw(other, erasure=ERASURE, now=NOW)
    assert registry.read(place.store, other).erasure == ERASURE
    assert registry.read(place.store, other).channels == {}


def test_what_a_key_before_has_signed_is_withdrawn_too(place: Place) -> None:
    rotate(place.state, place.store, now=NOW)
    eraser(place).withdraw(POOL, erasure=ERASURE, now=NOW)
    assert eraser(place).key.has_signed(place.read().channels[Channel.BEST].envelope)


def test_what_this_worker_has_never_signed_it_does_not_sign_now(place: Place, tmp_path: Path) -> None:
    other = open_store(f"dir:{tmp_path / 'other'}")
    other.prepare()
    stranger = ReleaseEraser(place.store, load_or_create(tmp_path / "stranger", other), LIFE)
    with pytest.raises(Damaged, match="expected a signature of this worker's key"):
        stranger.withdraw(POOL, erasure=ERASURE, now=NOW)
    assert place.serials() == {"best": 2, "latest": 1}


def test_another_writer_in_between_is_not_overwritten(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    put = stored.put_release

    def overtaken(*given: object) -> None:
        monkeypatch.setattr(stored, "put_release", put)
        place.publish(Channel.BEST, issued=NOW)
        put(*given)  # type: ignore[arg-type]  # what it was given

    monkeypatch.setattr(stored, "put_release", overtaken)
    with pytest.raises(LostRace):
        eraser(place).withdraw(POOL, erasure=ERASURE, now=NOW)
    assert place.serials() == {"best": 3, "latest": 1}
    assert place.read().channels[Channel.BEST].manifest.heads


def test_releases_that_do_not_stand_are_swept_and_those_that_do_stay(place: Place) -> None:
    eraser(place).withdraw(POOL, erasure=ERASURE, now=NOW)
    assert len(place.store.list(keys.pool_releases(POOL))) == 5
    eraser(place).sweep(POOL)
    standing = {keys.release(POOL, one.release) for one in place.read().channels.values()}
    assert set(place.store.list(keys.pool_releases(POOL))) == standing


def test_what_an_operator_decides_beside_a_sweep_stands_whole(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep came between the release and the pointer: it took away what the pointer then named, for ever."""
    eraser(place).withdraw(POOL, erasure=ERASURE, now=NOW)
    repoint = registry.repoint

    def swept_before(*given: Any, **named: Any) -> Registry:
        eraser(place).sweep(POOL)
        return repoint(*given, **named)

    monkeypatch.setattr(registry, "repoint", swept_before)
    operator = BestOperator(place.store, eraser(place).key, LIFE)
    operator.pin(POOL, serial=3, decision=Decision("you", "an exam", NOW))
    monkeypatch.undo()
    assert (place.serials(), len(history(place.store, POOL))) == ({"best": 4, "latest": 2}, 2)
    assert place.renew(NOW + LIFE / 2) is not None


def test_what_lost_the_race_against_the_erasure_is_swept(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    repoint = registry.repoint

    def overtaken(*given: Any, **named: Any) -> Registry:
        eraser(place).withdraw(POOL, erasure=ERASURE, now=NOW)
        return repoint(*given, **named)

    monkeypatch.setattr(registry, "repoint", overtaken)
    operator = BestOperator(place.store, eraser(place).key, LIFE)
    with pytest.raises(LostRace):
        operator.pin(POOL, serial=2, decision=Decision("you", "an exam", NOW))
    eraser(place).sweep(POOL)
    standing = {keys.release(POOL, one.release) for one in place.read().channels.values()}
    assert set(place.store.list(keys.pool_releases(POOL))) == standing


def test_a_sweep_that_is_repeated_after_a_cycle_leaves_the_history(place: Place) -> None:
    """The erasure was cut short in between."""
    eraser(place).withdraw(POOL, erasure=ERASURE, now=NOW)
    place.publish(Channel.BEST, issued=NOW)
    eraser(place).sweep(POOL)
    assert [one.serial for one in history(place.store, POOL)] == [4, 3, 2]


def test_a_release_that_cannot_be_read_is_swept_too(place: Place) -> None:
    eraser(place).withdraw(POOL, erasure=ERASURE, now=NOW)
    place.store.put(keys.release(POOL, "0" * 64), b"none")
    eraser(place).sweep(POOL)
    assert keys.release(POOL, "0" * 64) not in place.store.list(keys.pool_releases(POOL))


def test_a_release_that_cannot_be_read_keeps_no_object_and_what_stands_keeps_its_own(place: Place) -> None:
    """An erasure of its group waited for it, for ever."""
    standing = registry.read(place.store, POOL).channels
    objects = {
        channel: {keys.object_copy(POOL, head.file.sha256, "1" * 16) for head in one.manifest.heads.values()}
        for channel, one in standing.items()
    }
    for one in objects[Channel.BEST] | objects[Channel.LATEST]:
        place.store.put(one, b"a head")
    left = keys.object_copy(POOL, "0" * 64, "1" * 16)
    place.store.put(left, b"of a release that cannot be read")
    place.store.put(keys.release(POOL, standing[Channel.BEST].release), b"{")
    eraser(place).sweep_objects(POOL.group)
    kept = set(place.store.list(keys.group_objects(POOL.group)))
    assert objects[Channel.BEST] <= kept
    assert left not in kept
