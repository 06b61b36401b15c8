"""A release that stands is signed anew at half of its life, whatever the clock did and whoever dies meanwhile."""

import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.errors import Damaged, LostRace
from cloud.releases import registry, stored
from cloud.releases.failures import FailedCycles
from cloud.releases.history import history
from cloud.releases.publish import PublishStep
from cloud.releases.signing import load_or_create, rotate
from cloud.releases.stored import Release
from cloud.store import keys, open_store
from contract.documents import parse_document
from contract.files import FileRef
from contract.manifest import Channel
from contract.unknown import Strictness
from tests.cloud.releases.standing import DAY, LIFE, NOW, POINTS, POOL, TRAINED, Place

RENEW_AND_DIE = """
import os, signal, sys
from pathlib import Path
from tests.cloud.releases.standing import NOW, LIFE, Place

address, state, step = sys.argv[1:]
def at(passed):
    if passed == step:
        os.kill(os.getpid(), signal.SIGKILL)
Place(address, Path(state)).renew(NOW + LIFE, at=at)
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    opened = open_store(f"dir:{tmp_path / 'store'}")
    opened.prepare()
    return Place(f"dir:{tmp_path / 'store'}", tmp_path / "state")


def test_a_release_at_half_of_its_life_gets_a_new_serial_and_new_times_and_keeps_all_else(place: Place) -> None:
    """A phone that enrolled 31 days after the last improvement refused `best` for ever."""
    place.publish(Channel.BEST, issued=NOW - 1)
    place.publish(Channel.BEST, issued=NOW)
    before = place.read().channels[Channel.BEST]
    now = NOW + LIFE // 2
    assert place.renew(now - 1) is None
    renewed = place.renew(now)
    assert renewed is not None
    after = place.read().channels[Channel.BEST]
    expected = replace(before.manifest, serial=3, issued=now, expires=now + LIFE)
    assert after.envelope.payload == expected.encode()
    assert load_or_create(place.state, place.store).has_signed(after.envelope)
    assert (renewed.serials[Channel.BEST], place.read().trained) == (3, TRAINED)
    old, new = (stored.get_release(place.store, POOL, one.release) for one in (before, after))
    assert replace(new, payload=old.payload) == old
    assert place.due() == now + LIFE // 2


def test_only_the_channels_that_are_due_are_renewed(place: Place) -> None:
    place.publish(Channel.BEST, issued=NOW)
    place.publish(Channel.LATEST, issued=NOW + 20 * DAY)
    assert place.due() == NOW + 15 * DAY
    place.renew(NOW + 21 * DAY)
    assert place.serials() == {"best": 2, "latest": 1}
    place.renew(NOW + 36 * DAY)
    assert place.serials() == {"best": 3, "latest": 2}


def test_a_renewal_takes_the_place_of_what_it_renews_in_the_history(place: Place) -> None:
    place.publish(Channel.BEST, issued=NOW)
    place.publish(Channel.BEST, issued=NOW + 1)
    for day in range(15, 100, 15):
        place.renew(NOW + 1 + day * DAY)
    assert [one.serial for one in history(place.store, POOL)] == [8, 1]
    place.publish(Channel.BEST, issued=NOW + 100 * DAY)
    assert [one.serial for one in history(place.store, POOL)] == [9, 8, 1]


def test_what_trained_and_failed_stays(place: Place) -> None:
    place.publish(Channel.BEST, issued=NOW)
    failed = FailedCycles("f" * 32, 3, NOW + 5)
    registry.note_failure(place.store, POOL, previous=place.read(), failed=failed)
    place.renew(NOW + LIFE)
    assert (place.read().trained, place.read().failed) == (TRAINED, failed)


def test_what_a_later_version_put_into_a_manifest_is_signed_again_with_it(place: Place) -> None:
    place.publish(Channel.BEST, issued=NOW, added="by a later version")
    place.renew(NOW + LIFE)
    payload = place.read().channels[Channel.BEST].envelope.payload
    assert parse_document(payload, where="", max_bytes=1 << 20).text("added") == "by a later version"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW - 10 * 365 * DAY, None),
        (NOW + 14 * DAY, None),
        (NOW + 15 * DAY, NOW + 15 * DAY),
        (NOW + 400 * DAY, NOW + 400 * DAY),
        (NOW + 15 * DAY + 0.9, NOW + 15 * DAY),
    ],
    ids=["set back ten years", "not yet", "half of a life", "the worker was off for a year", "between two seconds"],
)
def test_whatever_the_clock_says_a_renewal_is_signed_once(place: Place, now: float, expected: int | None) -> None:
    place.publish(Channel.BEST, issued=NOW)
    place.renew(now)
    place.renew(now)
    assert place.manifests()[Channel.BEST].issued == (expected or NOW)
    assert place.serials() == {"best": 2 if expected else 1}


def test_after_a_clock_that_ran_ahead_the_times_go_on_from_there(place: Place) -> None:
    """The clock once ran a year ahead: what it signed is valid by a right one, and nothing is signed every day."""
    ahead = NOW + 365 * DAY
    place.publish(Channel.BEST, issued=NOW)
    place.publish(Channel.LATEST, issued=ahead)
    for day in range(14, 60):
        place.renew(NOW + day * DAY)
    best = place.manifests()[Channel.BEST]
    assert (best.serial, best.issued, best.expires) == (2, ahead, ahead + LIFE)
    place.renew(ahead + LIFE // 2)
    assert place.serials() == {"best": 3, "latest": 2}


def test_lives_may_be_as_short_as_a_day_and_a_shorter_one_counts_at_once(place: Place) -> None:
    place.publish(Channel.BEST, issued=NOW)
    assert place.due(life_s=DAY) == NOW + DAY // 2
    place.renew(NOW + DAY // 2, life_s=DAY)
    best = place.manifests()[Channel.BEST]
    assert (best.serial, best.expires - best.issued) == (2, DAY)
    assert place.due() == NOW + DAY


def test_without_a_release_there_is_nothing_to_renew(place: Place) -> None:
    assert (place.due(), place.renew(NOW)) == (None, None)


def test_of_two_workers_one_renews(place: Place) -> None:
    place.publish(Channel.BEST, issued=NOW)
    seen = place.read()
    place.renew(NOW + LIFE)
    with pytest.raises(LostRace):
        place.renew(NOW + LIFE, previous=seen)
    assert place.serials() == {"best": 2}


def test_a_cycle_that_publishes_while_a_renewal_is_signed_wins(place: Place) -> None:
    place.publish(Channel.BEST, issued=NOW)

    def publish(step: PublishStep) -> None:
        if step is PublishStep.RELEASE_WRITTEN:
            place.publish(Channel.BEST, issued=NOW + LIFE)

    with pytest.raises(LostRace):
        place.renew(NOW + LIFE, at=publish)
    assert place.serials() == {"best": 2}
    assert place.renew(NOW + LIFE) is None


def test_what_another_key_signed_is_not_signed_again(place: Place, tmp_path: Path) -> None:
    """Whoever can write into the store must not get a signature by waiting half of a life."""
    place.publish(Channel.BEST, issued=NOW)
    previous = place.read()
    forged = replace(previous.channels[Channel.BEST].manifest, serial=2, threshold=0.0).encode()
    stored.put_release(place.store, POOL, Release(forged, None, {}, FileRef("e" * 64, 9), 3))
    other = open_store(f"dir:{tmp_path / 'other'}")
    other.prepare()
    envelope = load_or_create(tmp_path / "stranger", other).sign(forged)
    registry.repoint(place.store, POOL, previous=previous, envelopes={Channel.BEST: envelope})
    with pytest.raises(Damaged, match="expected a signature of this worker's key"):
        place.renew(NOW + LIFE)
    assert place.serials() == {"best": 2}


@pytest.mark.parametrize(
    ("step", "serial"), [(PublishStep.RELEASE_WRITTEN, 1), (PublishStep.POINTER_SWAPPED, 2)], ids=str
)
def test_killed_at_any_step_a_release_is_renewed_once(place: Place, step: PublishStep, serial: int) -> None:
    place.publish(Channel.BEST, issued=NOW)
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", RENEW_AND_DIE, place.address, str(place.state), step],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])},
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert place.serials() == {"best": serial}
    place.renew(NOW + LIFE)
    assert place.serials() == {"best": 2}
    assert place.store.get(keys.release(POOL, place.read().channels[Channel.BEST].release)).body


def test_after_a_rotation_what_stands_is_signed_anew_at_once_by_the_new_key(place: Place) -> None:
    """A device that enrols then knows the new key alone, and would refuse what the old one signed for 15 days."""
    place.publish(Channel.BEST, issued=NOW)
    place.publish(Channel.LATEST, issued=NOW)
    assert (place.due(), place.renew(NOW + 1)) == (NOW + LIFE // 2, None)
    for _ in range(2):
        rotate(place.state, place.store, now=NOW)
    assert place.due() == -math.inf
    renewed = place.renew(NOW + 1)
    assert renewed is not None
    key = load_or_create(place.state, place.store)
    assert all(key.has_signed(one.envelope) for one in place.read().channels.values())
    assert (place.serials(), place.renew(NOW + 2)) == ({"best": 2, "latest": 2}, None)
    assert place.due() == NOW + 1 + LIFE // 2


def test_another_point_of_unknown_is_signed_at_once_with_the_same_head(place: Place) -> None:
    """The operator's choice came with the next training cycle only, which may be months away."""
    place.publish(Channel.BEST, issued=NOW, points=POINTS)
    before = place.manifests()[Channel.BEST]
    strict = place.renewer(choice_of={POOL.group: Strictness.STRICT}.__getitem__)
    due = strict.due(place.read())
    assert due is not None
    assert due <= NOW
    assert strict.renew(POOL, previous=place.read(), now=NOW + 1)
    after = place.manifests()[Channel.BEST]
    expected = replace(before, serial=2, issued=NOW + 1, expires=NOW + 1 + LIFE, threshold=0.75)
    assert after.encode() == expected.encode()
    assert strict.due(place.read()) == NOW + 1 + LIFE // 2
    assert strict.renew(POOL, previous=place.read(), now=NOW + 2) is None


@pytest.mark.parametrize(
    ("changes", "choice"),
    [({}, Strictness.STRICT), ({"points": POINTS}, None), ({"points": POINTS, "heads": {}}, Strictness.STRICT)],
    ids=["no points", "no choice", "the bundle's head serves"],
)
def test_where_there_is_no_other_point_to_choose_a_release_waits_for_its_renewal(
    place: Place, changes: dict[str, Any], choice: Strictness | None
) -> None:
    place.publish(Channel.BEST, issued=NOW, **changes)
    renewer = place.renewer(choice_of={POOL.group: choice}.__getitem__ if choice else None)
    assert renewer.due(place.read()) == NOW + LIFE // 2
    assert renewer.renew(POOL, previous=place.read(), now=NOW + LIFE // 2)
    assert place.manifests()[Channel.BEST].threshold == 0.5
