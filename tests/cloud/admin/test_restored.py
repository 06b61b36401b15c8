"""After a restore, serials are above all that devices may have seen, and it is the same heads that stand."""

import pytest

from cloud.admin.restored import JUMP, RestoredReleases
from cloud.errors import Damaged
from cloud.releases import registry, space_lists, stored
from cloud.releases.decisions import DECISIONS
from cloud.releases.space_lists import SpaceLister
from cloud.store import keys
from contract.files import sha256_hex
from contract.manifest import Channel
from tests.cloud.admin.places import BEST, LIFE_S, NOW, Place, decided


def restore(place: Place, backup: bytes, *, at: int) -> None:
    """Put the registry back as it was, and let serials go on."""
    place.store.put(keys.registry_pointer(place.pool), backup)
    RestoredReleases(place.store, place.key, LIFE_S).run(decided(at))


def test_serials_go_on_above_those_that_were_lost_with_the_head_of_the_back_up(place: Place) -> None:
    """At an equal serial devices had missed the new head, and at lower ones refused all."""
    place.publish(1)
    backup = place.store.get(keys.registry_pointer(place.pool)).body
    kept = place.best
    lost = place.publish(2)
    restore(place, backup, at=NOW + 500)
    assert place.best.serial > lost.serial
    assert place.best.serial == NOW + 501
    assert (place.best.heads, place.best.labels, place.best.parent) == (kept.heads, kept.labels, kept.parent)
    assert registry.read(place.store, place.pool).channels[Channel.LATEST].manifest.serial == NOW + 501
    assert place.publish(3).serial == NOW + 502
    assert [one["what"] for one in _decisions(place, sha256_hex(place.best.encode()))] == []


def _decisions(place: Place, release: str) -> list[dict[str, object]]:
    report = stored.get_release(place.store, place.pool, release).report
    return report.get(DECISIONS, [])  # type: ignore[return-value]  # what this service wrote


def test_the_history_says_that_it_was_restored(place: Place) -> None:
    place.publish(1)
    restore(place, place.store.get(keys.registry_pointer(place.pool)).body, at=NOW)
    name = registry.read(place.store, place.pool).channels[BEST].release
    assert [one["what"] for one in _decisions(place, name)] == ["restored from a back-up"]


def test_the_same_back_up_restored_twice_goes_on_above_the_first_time(place: Place) -> None:
    place.publish(1)
    backup = place.store.get(keys.registry_pointer(place.pool)).body
    restore(place, backup, at=NOW + 500)
    lost = place.publish(2)
    restore(place, backup, at=NOW + 600)
    assert place.best.serial > lost.serial


def test_a_clock_that_is_behind_sinks_no_serial(place: Place) -> None:
    place.publish(1)
    restore(place, place.store.get(keys.registry_pointer(place.pool)).body, at=NOW)
    before = place.best.serial
    restore(place, place.store.get(keys.registry_pointer(place.pool)).body, at=5)
    assert place.best.serial == before + JUMP + 1


def test_a_pool_without_a_release_in_the_back_up_begins_above_those_that_it_had(place: Place) -> None:
    registry.begin(place.store, place.pool)
    backup = place.store.get(keys.registry_pointer(place.pool)).body
    lost = place.publish(1)
    restore(place, backup, at=NOW)
    assert place.publish(2).serial == NOW + 1 > lost.serial


def test_lists_of_spaces_go_on_above_those_that_were_lost(place: Place) -> None:
    lister = SpaceLister(place.store, place.key, LIFE_S)
    lister.renew("home", registered=[place.pool.space], now=NOW)
    RestoredReleases(place.store, place.key, LIFE_S).run(decided(NOW + 9))
    signed = space_lists.read(place.store, "home")
    assert signed is not None
    assert (signed.spaces.serial, signed.spaces.current) == (NOW + 10, frozenset({place.pool.space}))


def test_with_a_pointer_that_is_lost_it_stops(place: Place) -> None:
    place.publish(1)
    place.store.delete(keys.registry_pointer(place.pool))
    with pytest.raises(Damaged, match="it is lost"):
        RestoredReleases(place.store, place.key, LIFE_S).run(decided(NOW))
