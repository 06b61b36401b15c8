"""What an operator decides of best: that an older head is best again, or one that the gate refused, and a pin."""

from dataclasses import replace

import pytest

from cloud.admin.best import BestOperator
from cloud.errors import Damaged, LostRace, NothingToDo
from cloud.releases import registry, stored
from cloud.releases.decisions import DECISIONS, Decision
from cloud.releases.history import history
from cloud.releases.renewal import Renewer
from cloud.releases.signing import load_or_create
from cloud.store import keys, open_store
from contract.documents import Json, encode_json
from contract.errors import ContractError
from contract.files import FileRef, sha256_hex
from contract.manifest import Channel, Manifest
from contract.rollout import PARTS
from contract.unknown import Strictness
from tests.cloud.admin.places import BEST, LIFE_S, NOW, Place, decided
from tests.cloud.releases.standing import POINTS

LATEST = Channel.LATEST
ADA = Decision("ada", "the new head mixes the twins up", NOW + 60)


def promote(place: Place, channel: Channel, serial: int, *, pin: bool = False) -> Manifest:
    manifest = place.best_operator.promote(place.pool, channel, serial=serial, decision=ADA, pin=pin)
    assert manifest.encode() == place.best.encode()
    return manifest


def decisions_of(place: Place) -> Json:
    [newest] = history(place.store, place.pool, limit=1)
    return newest.report[DECISIONS]


def test_a_roll_back_is_a_new_serial_that_names_an_old_head_and_says_who_and_why(place: Place) -> None:
    first = place.publish(1, share=100)
    second = place.publish(2)
    back = promote(place, BEST, 1)
    assert (back.serial, back.heads, back.labels, back.withdraws.ranges) == (3, first.heads, first.labels, ())
    assert back.parent == FileRef.of(second.encode()).sha256
    assert back.rollout is not None
    assert first.rollout is not None
    assert (back.rollout.id, back.rollout.share) == (first.rollout.id, PARTS)
    assert (back.issued, back.expires) == (NOW + 60, NOW + 60 + LIFE_S)
    assert place.key.has_signed(registry.read(place.store, place.pool).channels[BEST].envelope)
    assert place.history() == [3, 2, 1]
    assert decisions_of(place) == [
        {"what": "promoted", "by": "ada", "why": "the new head mixes the twins up", "at": NOW + 60}
    ]


def test_the_next_training_begins_with_the_weights_of_the_head_that_was_promoted(place: Place) -> None:
    place.publish(1)
    place.publish(2)
    back = promote(place, BEST, 1)
    release = stored.get_release(place.store, place.pool, FileRef.of(back.encode()).sha256)
    assert release.weights == FileRef.of(b"weights 1")


def test_what_the_gate_refused_becomes_best_at_an_operators_word(place: Place) -> None:
    first = place.publish(1)
    refused = place.publish(2, channels=(LATEST,))
    assert place.best.heads == first.heads
    best = promote(place, LATEST, 2)
    assert (best.channel, best.serial, best.heads) == (BEST, 2, refused.heads)
    assert registry.read(place.store, place.pool).channels[LATEST].manifest.serial == 2


def test_where_nothing_was_best_yet_latest_can_be_promoted(place: Place) -> None:
    refused = place.publish(1, channels=(LATEST,))
    best = promote(place, LATEST, 1)
    assert (best.serial, best.heads, best.parent) == (1, refused.heads, None)


def test_a_promoted_head_has_the_point_that_the_operator_chose_since(place: Place) -> None:
    place.publish(1, points=POINTS)
    place.publish(2, points=POINTS, point=Strictness.STRICT)
    assert promote(place, BEST, 1).threshold == POINTS[Strictness.STRICT].threshold


def test_a_head_that_is_best_already_is_not_promoted_again(place: Place) -> None:
    place.publish(1)
    place.publish(2)
    promote(place, BEST, 1)
    with pytest.raises(NothingToDo, match="best 1: best 3 has this head already"):
        promote(place, BEST, 1)
    with pytest.raises(NothingToDo, match="latest 1: best 3 has this head already"):
        promote(place, LATEST, 1)


def test_what_was_withdrawn_is_not_promoted_from_either_channel(place: Place) -> None:
    place.publish(1)
    place.publish(2)
    place.withdraw()
    place.publish(4)
    with pytest.raises(NothingToDo, match="expected a head that was not withdrawn, got that of best 2, which was"):
        promote(place, BEST, 2)
    with pytest.raises(NothingToDo, match="expected a head that was not withdrawn, got that of best 2, which was"):
        promote(place, LATEST, 2)


def test_what_stays_withdrawn_is_named_by_what_is_promoted(place: Place) -> None:
    place.publish(1)
    place.publish(2)
    place.withdraw()
    place.publish(4)
    assert promote(place, BEST, 1).withdraws.ranges == ((2, 2),)


def test_a_serial_that_is_not_there_and_the_head_of_the_bundle_are_not_promoted(place: Place) -> None:
    place.publish(1)
    place.withdraw()
    with pytest.raises(NothingToDo, match="expected the serial of a release, as `releases list` shows it, got 7"):
        promote(place, BEST, 7)
    with pytest.raises(NothingToDo, match="expected a release of a trained head, got that of the bundle's"):
        promote(place, BEST, 2)


def test_where_nothing_was_released_nothing_is_promoted_or_pinned(place: Place) -> None:
    with pytest.raises(NothingToDo, match="got none yet"):
        promote(place, BEST, 1)
    with pytest.raises(NothingToDo, match="got none yet"):
        place.best_operator.pin(place.pool, serial=1, decision=ADA)


def test_a_pin_is_in_the_registry_and_in_the_history(place: Place) -> None:
    before = place.publish(1)
    pinned = place.best_operator.pin(place.pool, serial=1, decision=ADA)
    assert (pinned.serial, pinned.heads, pinned.parent) == (2, before.heads, before.parent)
    assert registry.read(place.store, place.pool).pin == ADA
    assert place.history() == [2]
    assert decisions_of(place) == [
        {"what": "pinned", "by": "ada", "why": "the new head mixes the twins up", "at": NOW + 60}
    ]


def test_a_pin_stays_when_the_worker_publishes_to_latest_and_when_it_renews(place: Place) -> None:
    place.publish(1)
    place.best_operator.pin(place.pool, serial=1, decision=ADA)
    place.publish(2, channels=(LATEST,))
    renewer = Renewer(place.store, place.key, LIFE_S)
    assert renewer.renew(place.pool, previous=registry.read(place.store, place.pool), now=NOW + LIFE_S)
    assert registry.read(place.store, place.pool).pin == ADA
    assert place.best.serial == 3
    assert [one["what"] for one in decisions_as_documents(place)] == ["pinned"]


def test_an_unpin_lets_go_and_says_who(place: Place) -> None:
    place.publish(1)
    place.best_operator.pin(place.pool, serial=1, decision=ADA)
    place.best_operator.unpin(place.pool, decision=Decision("ben", "the twins are told apart", NOW + 90))
    assert registry.read(place.store, place.pool).pin is None
    assert decisions_of(place) == [
        {"what": "pinned", "by": "ada", "why": "the new head mixes the twins up", "at": NOW + 60},
        {"what": "unpinned", "by": "ben", "why": "the twins are told apart", "at": NOW + 90},
    ]


def test_a_head_is_promoted_and_pinned_in_one_write(place: Place) -> None:
    """A worker that published in between would move best again."""
    place.publish(1)
    place.publish(2)
    promote(place, BEST, 1, pin=True)
    assert registry.read(place.store, place.pool).pin == ADA


def test_an_operators_slip_is_one_clear_line(place: Place) -> None:
    place.publish(1)
    with pytest.raises(NothingToDo, match="best: expected a pin, got none"):
        place.best_operator.unpin(place.pool, decision=ADA)
    with pytest.raises(NothingToDo, match="best: expected 1, the release that stands, got 2"):
        place.best_operator.pin(place.pool, serial=2, decision=ADA)
    place.best_operator.pin(place.pool, serial=1, decision=ADA)
    with pytest.raises(NothingToDo, match="best: is pinned already, by ada: the new head mixes the twins up"):
        place.best_operator.pin(place.pool, serial=2, decision=decided())


def test_what_is_withdrawn_or_promoted_begins_its_own_list_of_decisions(place: Place) -> None:
    place.publish(1)
    place.publish(2)
    place.operator.share(place.pool, BEST, share=5, decision=decided(NOW + 3))
    promote(place, BEST, 1)
    assert [one["what"] for one in decisions_as_documents(place)] == ["promoted"]
    place.withdraw()
    assert [one["what"] for one in decisions_as_documents(place)] == ["returned to"]


def decisions_as_documents(place: Place) -> list[dict[str, Json]]:
    release = stored.get_release(place.store, place.pool, sha256_hex(place.best.encode()))
    decisions = release.report[DECISIONS]
    assert isinstance(decisions, list)
    return decisions


def test_nothing_is_signed_that_another_key_has_signed(place: Place) -> None:
    place.publish(1)
    place.publish(2)
    elsewhere = open_store("dir:" + str(place.state.parent / "another-store"))
    elsewhere.prepare()
    other = BestOperator(place.store, load_or_create(place.state.parent / "other", elsewhere), LIFE_S)
    with pytest.raises(Damaged, match="expected a signature of this worker's key"):
        other.promote(place.pool, BEST, serial=1, decision=ADA)


def test_a_payload_that_was_put_in_anothers_place_is_not_signed(place: Place) -> None:
    """Whoever can write into the store is not the worker: what it signs was signed before."""
    first = place.publish(1)
    place.publish(2)
    name = sha256_hex(first.encode())
    changed = first.encode().replace(b'"temperature":2.0', b'"temperature":9.0')
    assert changed != first.encode()
    forged = replace(stored.get_release(place.store, place.pool, name), payload=changed)
    place.store.put(keys.release(place.pool, name), encode_json(forged.document()))
    with pytest.raises(Damaged, match="expected the payload that it is named by"):
        promote(place, BEST, 1)


def test_a_worker_that_publishes_meanwhile_wins(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.publish(1)
    place.publish(2)
    put = stored.put_release

    def overtaken(*arguments: object) -> None:
        monkeypatch.setattr(stored, "put_release", put)
        place.publish(3)

    monkeypatch.setattr(stored, "put_release", overtaken)
    with pytest.raises(LostRace):
        promote(place, BEST, 1)
    assert place.best.serial == 3


@pytest.mark.parametrize(
    ("by", "why"),
    [("", "why"), ("a\nb", "why"), ("ada", " "), ("ada", "\x1b[2J"), ("a" * 129, "why"), ("a", "w" * 501)],
)
def test_a_word_that_no_line_can_show_is_refused(by: str, why: str) -> None:
    with pytest.raises(ContractError):
        Decision(by, why, NOW)
