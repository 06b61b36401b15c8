"""What operators asked for is carried out, in its order, and what became of it is kept."""

import threading
import time
from dataclasses import replace

import pytest

from cloud.admin.best import BestOperator
from cloud.errors import LostRace, Unavailable
from cloud.logs import Seldom
from cloud.releases import registry, requests, stored
from cloud.releases.decisions import Decision
from cloud.releases.requests import KEPT_S, OperatorRequest, Outcome, RequestKind, RequestState
from cloud.settings import Settings
from cloud.store import keys
from cloud.store.lease import Leases
from cloud.training.context import TrainingContext
from cloud.worker.pool_leases import PoolLeases
from cloud.worker.requests import carry_out, carrying_out
from contract.manifest import Channel
from tests.cloud.admin.conftest import place as place
from tests.cloud.admin.conftest import released_pool as released_pool
from tests.cloud.admin.places import BEST, LIFE_S, NOW, Place

ADA = Decision("ada", "it mixes the twins up", NOW + 60)


def context_of(place: Place) -> TrainingContext:
    settings = Settings(store=repr(place.store), state=place.state, manifest_life_s=LIFE_S)
    return TrainingContext(place.store, settings, place.key, threading.Event(), now=lambda: float(NOW + 60))


def ask(place: Place, kind: RequestKind, *, serial: int = 0, at: int = NOW, pin: bool = False) -> str:
    decision = replace(ADA, at=at)
    return requests.submit(place.store, OperatorRequest(kind, place.pool, decision, BEST, serial, pin))


def outcome_of(place: Place, id_: str) -> tuple[RequestState, str]:
    outcome = requests.read_outcome(place.store, id_)
    return outcome.state, outcome.said


def test_what_was_asked_is_carried_out_and_its_outcome_kept(place: Place) -> None:
    first = place.publish(1)
    place.publish(2)
    id_ = ask(place, RequestKind.PROMOTE, serial=1, pin=True)
    assert outcome_of(place, id_) == (RequestState.WAITS, "")
    carry_out(context_of(place))
    assert outcome_of(place, id_) == (RequestState.DONE, "best is 3")
    assert (place.best.serial, place.best.heads) == (3, first.heads)
    pin = registry.read(place.store, place.pool).pin
    assert (pin and pin.by, list(requests.waiting(place.store))) == ("ada", [])


def test_requests_are_carried_out_in_the_order_in_which_they_came(place: Place) -> None:
    place.publish(1)
    unpin = ask(place, RequestKind.UNPIN, at=NOW + 2)
    pin = ask(place, RequestKind.PIN, serial=1, at=NOW + 1)
    carry_out(context_of(place))
    assert outcome_of(place, pin) == (RequestState.DONE, "best is 2")
    assert outcome_of(place, unpin) == (RequestState.DONE, "best is 3")


def test_a_slip_is_refused_with_a_clear_line_and_stops_nobody(place: Place) -> None:
    place.publish(1)
    slip = ask(place, RequestKind.PROMOTE, serial=1, at=NOW)
    pin = ask(place, RequestKind.PIN, serial=1, at=NOW + 1)
    carry_out(context_of(place))
    where = f"{place.pool.path} best 1"
    assert outcome_of(place, slip) == (RequestState.REFUSED, f"{where}: best 1 has this head already")
    assert outcome_of(place, pin) == (RequestState.DONE, "best is 2")


def test_requests_of_one_second_keep_their_order_too(place: Place) -> None:
    """They were carried out in an order drawn by chance: an unpin before the pin that it was to take back."""
    at = int(time.time()) - 5  # the store was slow
    asked = [ask(place, RequestKind.UNPIN, at=at) for _ in range(20)]
    assert list(requests.waiting(place.store)) == asked == sorted(asked)


def test_a_request_that_cannot_be_read_is_left_and_stops_nobody(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.publish(1)
    place.store.put(keys.request("000000000000-0000000000000000"), b"[]")
    pin = ask(place, RequestKind.PIN, serial=1)
    carry_out(context_of(place))
    assert outcome_of(place, pin)[0] is RequestState.DONE
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == [
        "request: left: requests/000000000000-0000000000000000: expected a JSON object, got []"
    ]


def test_a_request_whose_release_is_gone_is_refused_and_stops_nobody(place: Place) -> None:
    place.publish(1)
    gone = registry.read(place.store, place.pool).channels[BEST].release
    place.publish(2)
    place.store.delete(keys.release(place.pool, gone))
    promote = ask(place, RequestKind.PROMOTE, serial=1, at=NOW)
    pin = ask(place, RequestKind.PIN, serial=2, at=NOW + 1)
    carry_out(context_of(place))
    where = keys.release(place.pool, gone)
    assert outcome_of(place, promote) == (RequestState.REFUSED, f"{where}: expected an object, got none")
    assert outcome_of(place, pin) == (RequestState.DONE, "best is 3")


def test_a_defect_and_a_store_that_fails_at_one_request_stop_nobody(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place.publish(1)

    def fail(*_: object, serial: int, **__: object) -> None:
        raise KeyError(serial) if serial == 7 else Unavailable("registry", "no answer")

    monkeypatch.setattr(BestOperator, "promote", fail)
    defect, waits = (ask(place, RequestKind.PROMOTE, serial=7 + late, at=NOW + late) for late in range(2))
    pin = ask(place, RequestKind.PIN, serial=1, at=NOW + 2)
    carry_out(context_of(place))
    assert outcome_of(place, defect) == (RequestState.REFUSED, "a defect of the worker: KeyError, see its log")
    assert outcome_of(place, waits) == (RequestState.WAITS, "")
    assert outcome_of(place, pin) == (RequestState.DONE, "best is 2")
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == [
        "defect",
        "request: waits: registry: no answer",
    ]


def test_a_worker_that_publishes_meanwhile_costs_another_try(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.publish(1)
    place.publish(2)
    put = stored.put_release

    def overtaken(*arguments: object) -> None:
        monkeypatch.setattr(stored, "put_release", put)
        place.publish(3, channels=(Channel.LATEST,))
        raise LostRace("the registry moved")

    monkeypatch.setattr(stored, "put_release", overtaken)
    id_ = ask(place, RequestKind.PROMOTE, serial=1)
    carry_out(context_of(place))
    assert outcome_of(place, id_) == (RequestState.DONE, "best is 3")


def test_while_the_store_fails_a_request_waits(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.publish(1)
    id_ = ask(place, RequestKind.PIN, serial=1)

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("registry", "no answer")

    with monkeypatch.context() as patch:
        patch.setattr(stored, "put_release", fail)
        carry_out(context_of(place))
    assert outcome_of(place, id_) == (RequestState.WAITS, "")
    carry_out(context_of(place))
    assert outcome_of(place, id_)[0] is RequestState.DONE


def test_a_worker_that_was_killed_before_it_kept_the_outcome_says_that_it_is_so_already(place: Place) -> None:
    """What was done is done, and is not done again."""
    place.publish(1)
    id_ = ask(place, RequestKind.PIN, serial=1)
    request = requests.read(place.store, id_)
    place.best_operator.pin(place.pool, serial=1, decision=request.decision)
    carry_out(context_of(place))
    assert outcome_of(place, id_)[0] is RequestState.REFUSED
    assert "is pinned already, by ada" in outcome_of(place, id_)[1]
    assert place.best.serial == 2


def test_the_thread_works_while_the_worker_does_something_else_and_ends_with_it(place: Place) -> None:
    """A roll-back had waited for the end of a training cycle."""
    place.publish(1)
    id_ = ask(place, RequestKind.PIN, serial=1)
    with carrying_out(context_of(place), PoolLeases(place.store, Leases(place.store, "a worker"))):
        give_up = time.monotonic() + 60
        while outcome_of(place, id_)[0] is RequestState.WAITS:
            assert time.monotonic() < give_up
            time.sleep(0.01)
    assert [one for one in threading.enumerate() if one.name == "requests"] == []


def test_outcomes_of_long_ago_are_forgotten(place: Place) -> None:
    place.publish(1)
    request = OperatorRequest(RequestKind.UNPIN, place.pool, ADA)
    for at in (NOW - KEPT_S - 1, NOW):
        id_ = requests.submit(place.store, replace(request, decision=replace(ADA, at=at)))
        requests.finish(place.store, id_, Outcome(request, RequestState.DONE, "done"))
    requests.forget(place.store, now=NOW)
    [kept] = place.store.list(keys.OUTCOMES)
    assert kept.startswith(f"{keys.OUTCOMES}{NOW:012d}")


def test_one_that_cannot_be_read_is_logged_once_an_hour(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """It was, every two seconds."""
    place.store.put(keys.request("000000000000-0000000000000000"), b"[]")
    clock = [0.0]
    seldom = Seldom(clock=lambda: clock[0])
    for at in (0.0, 2.0, 3599.0, 3600.0, 3602.0):
        clock[0] = at
        carry_out(context_of(place), seldom=seldom)
    assert len([one for one in caplog.records if one.levelname == "ERROR"]) == 2
