"""What an operator decides: for how many devices a release is, and that it is withdrawn."""

from pathlib import Path

import pytest

from cloud.admin.releases import ReleaseOperator
from cloud.errors import Damaged, LostRace, NothingToDo
from cloud.releases import registry, stored
from cloud.releases.renewal import Renewer
from cloud.releases.signing import load_or_create
from cloud.store import ObjectStore, open_store
from contract.bundle import TrainingBundle
from contract.files import FileRef
from contract.labels import encode_labels
from contract.manifest import Channel, Precision
from contract.rollout import PARTS
from contract.unknown import Strictness, UnknownPoint
from tests.cloud.admin.places import BEST, LIFE_S, NOW, Place, decided
from tests.cloud.releases.standing import POINTS


def test_a_release_begins_with_the_share_of_the_settings_and_names_its_objects(place: Place) -> None:
    first, second = place.publish(1, share=100).rollout, place.publish(2).rollout
    assert first is not None
    assert second is not None
    assert (first.share, second.share) == (100, PARTS)
    assert first.id != second.id


def test_a_share_is_raised_by_a_new_serial_of_the_same_objects(place: Place) -> None:
    before = place.publish(1, share=100)
    after = place.operator.share(place.pool, BEST, share=2500, decision=decided(NOW + 50))
    assert (after.serial, after.heads, after.labels) == (2, before.heads, before.labels)
    assert after.rollout is not None
    assert before.rollout is not None
    assert (after.rollout.share, after.rollout.id) == (2500, before.rollout.id)
    assert (after.issued, after.expires) == (NOW + 50, NOW + 50 + LIFE_S)
    assert place.key.has_signed(registry.read(place.store, place.pool).channels[BEST].envelope)
    assert place.history() == [2]


def renew(place: Place, *, now: float) -> None:
    renewer = Renewer(place.store, place.key, LIFE_S)
    assert renewer.renew(place.pool, previous=registry.read(place.store, place.pool), now=now)


def test_a_renewal_keeps_the_share_and_what_is_withdrawn(place: Place) -> None:
    place.publish(1)
    place.publish(2, share=100)
    place.withdraw()
    place.publish(4, share=77)
    renew(place, now=NOW + 101 + LIFE_S)
    assert place.best.rollout is not None
    assert (place.best.serial, place.best.rollout.share, place.best.withdraws.ranges) == (5, 77, ((2, 2),))


def test_a_withdrawal_is_for_all_and_stays_so_also_signed_anew(place: Place) -> None:
    """A share of 0 would leave the withdrawn head to whoever has not asked yet."""
    place.publish(1)
    place.publish(2)
    place.withdraw()
    with pytest.raises(NothingToDo, match="got a withdrawal, which is for all"):
        place.operator.share(place.pool, BEST, share=0, decision=decided(NOW))
    renew(place, now=NOW + 101 + LIFE_S)
    with pytest.raises(NothingToDo, match="got a withdrawal, which is for all"):
        place.operator.share(place.pool, BEST, share=0, decision=decided(NOW))
    place.publish(5, share=1)
    assert place.operator.share(place.pool, BEST, share=2, decision=decided(NOW)).serial == 6


def test_the_same_command_again_withdraws_nothing_more(place: Place) -> None:
    """Its end may not have been seen."""
    place.publish(1)
    place.publish(2)
    back = place.withdraw(2)
    with pytest.raises(NothingToDo, match="release 2 is withdrawn already, 3 stands"):
        place.withdraw(2)
    with pytest.raises(NothingToDo, match="expected 3, the release that stands, got 4"):
        place.withdraw(4)
    assert place.best.encode() == back.encode()


def test_a_withdrawal_does_not_widen_an_unfinished_roll_out(place: Place) -> None:
    """What came between was for a few; all return to what was for all."""
    first = place.publish(1)
    place.publish(2, share=1)
    place.publish(3, share=1)
    back = place.withdraw()
    assert (back.heads, back.withdraws.ranges) == (first.heads, ((2, 3),))
    assert back.rollout is not None
    assert back.rollout.share == PARTS


def test_what_was_withdrawn_stays_so_in_what_comes_later(place: Place) -> None:
    place.publish(1)
    place.publish(2)
    place.withdraw()
    place.publish(4)
    place.publish(5)
    assert place.withdraw().withdraws.ranges == ((2, 2), (5, 5))
    assert place.publish(7, share=1).withdraws.ranges == ((2, 2), (5, 5))
    assert place.operator.share(place.pool, BEST, share=2, decision=decided(NOW)).withdraws.ranges == ((2, 2), (5, 5))


def test_a_withdrawal_points_all_devices_at_the_release_before(place: Place) -> None:
    first = place.publish(1)
    second = place.publish(2, share=100)
    back = place.withdraw()
    assert (back.serial, back.withdraws.ranges, back.heads, back.labels) == (3, ((2, 2),), first.heads, first.labels)
    assert back.rollout is not None
    assert first.rollout is not None
    assert (back.rollout.id, back.rollout.share) == (first.rollout.id, PARTS)
    assert back.parent == FileRef.of(second.encode()).sha256
    assert place.history() == [3, 2, 1]
    release = stored.get_release(place.store, place.pool, FileRef.of(back.encode()).sha256)
    assert release.weights == FileRef.of(b"weights 1")
    assert release.report["withdraws"] == back.parent


def test_a_second_withdrawal_goes_further_back_and_never_to_what_was_withdrawn(place: Place) -> None:
    first = place.publish(1)
    place.publish(2)
    place.publish(3)
    assert place.withdraw().withdraws.ranges == ((3, 3),)
    back = place.withdraw()
    assert (back.withdraws.ranges, back.heads) == (((2, 4),), first.heads)
    last = place.withdraw()
    assert (last.withdraws.ranges, last.heads) == (((1, 5),), {})
    with pytest.raises(NothingToDo, match="got that of the bundle's"):
        place.withdraw()


def test_what_is_published_after_a_withdrawal_is_withdrawn_to_what_served_before(place: Place) -> None:
    first = place.publish(1)
    place.publish(2)
    place.withdraw()
    place.publish(4)
    assert place.best.withdraws.ranges == ((2, 2),)
    assert place.withdraw().heads == first.heads


def test_a_share_that_was_raised_is_withdrawn_as_one_release(place: Place) -> None:
    first = place.publish(1)
    place.publish(2, share=1)
    place.operator.share(place.pool, BEST, share=2, decision=decided(NOW + 50))
    back = place.withdraw()
    assert (back.withdraws.ranges, back.heads) == (((2, 3),), first.heads)


@pytest.mark.parametrize("to_bundle", [False, True])
def test_before_the_first_release_the_bundles_head_served(
    place: Place, training_bundle: TrainingBundle, to_bundle: bool
) -> None:
    place.publish(1)
    if to_bundle:
        place.publish(2)
    back = place.withdraw(to_bundle=to_bundle)
    assert (back.heads, back.withdraws.ranges, back.rollout) == ({}, ((1, back.serial - 1),), None)
    assert back.label_count == len(training_bundle.labels) == 2
    assert back.labels == FileRef.of(encode_labels(training_bundle.labels))
    assert (back.temperature, back.threshold) == (training_bundle.temperature, training_bundle.threshold)
    assert back.points == training_bundle.points == POINTS
    assert back.golden_sample_sha256 == training_bundle.golden_sample_sha256
    release = stored.get_release(place.store, place.pool, FileRef.of(back.encode()).sha256)
    assert (release.weights, release.rows) == (None, 0)


def test_an_older_head_has_the_point_of_the_one_that_is_withdrawn(place: Place) -> None:
    """The operator had chosen strict meanwhile, and a withdrawal let more strangers in."""
    older = {point: UnknownPoint(one.threshold / 2, 0.9, 0.01) for point, one in POINTS.items()}
    place.publish(1, points=older)
    place.publish(2, points=POINTS, point=Strictness.STRICT)
    back = place.withdraw()
    assert (back.points, back.threshold) == (older, older[Strictness.STRICT].threshold)


def test_of_a_head_without_points_the_threshold_stays(place: Place) -> None:
    first = place.publish(1)
    place.publish(2, points=POINTS, point=Strictness.STRICT)
    back = place.withdraw()
    assert (back.points, back.threshold) == ({}, first.threshold)


def test_each_channel_is_withdrawn_by_itself(place: Place) -> None:
    place.publish(1)
    place.withdraw()
    assert registry.read(place.store, place.pool).channels[Channel.LATEST].manifest.heads.keys() == {
        Precision.FLOAT32,
        Precision.DYNAMIC,
    }


def test_where_nothing_was_released_there_is_nothing_to_do(place: Place) -> None:
    with pytest.raises(NothingToDo, match="got none yet"):
        place.withdraw()
    with pytest.raises(NothingToDo, match="got none yet"):
        place.operator.share(place.pool, BEST, share=1, decision=decided(NOW))
    place.publish(1)
    place.withdraw()
    with pytest.raises(NothingToDo, match="got a withdrawal, which is for all"):
        place.operator.share(place.pool, BEST, share=1, decision=decided(NOW))


def test_nothing_is_signed_that_another_key_has_signed(
    place: Place, directory_store: ObjectStore, tmp_path: Path
) -> None:
    place.publish(1)
    elsewhere = open_store(f"dir:{tmp_path / 'another-store'}")
    elsewhere.prepare()
    other = ReleaseOperator(directory_store, load_or_create(tmp_path / "other", elsewhere), LIFE_S)
    with pytest.raises(Damaged, match="expected a signature of this worker's key"):
        other.share(place.pool, BEST, share=1, decision=decided(NOW))


def test_a_worker_that_publishes_meanwhile_wins(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.publish(1)
    sign = stored.put_release

    def overtaken(*arguments: object) -> None:
        monkeypatch.setattr(stored, "put_release", sign)
        place.publish(2)

    monkeypatch.setattr(stored, "put_release", overtaken)
    with pytest.raises(LostRace):
        place.operator.share(place.pool, BEST, share=1, decision=decided(NOW))
    assert place.best.serial == 2
