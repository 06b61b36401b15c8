"""A group that an operator makes while the worker runs has its list of spaces soon, however long a training takes."""

import threading
import time
from pathlib import Path

import pytest

from cloud.admin.bundles import register as register_bundle
from cloud.errors import Unavailable
from cloud.identity import codes
from cloud.releases import space_lists
from cloud.releases.signing import load_or_create
from cloud.settings import Settings
from cloud.store import ObjectStore, keys, open_store
from cloud.store.lease import Leases
from cloud.training.context import TrainingContext
from cloud.worker.new_groups import LOOK_EVERY_S, NewGroups
from cloud.worker.pool_leases import PoolLeases
from cloud.worker.requests import carrying_out
from contract.bundle import TrainingBundle
from tests.cloud.counting import CountingStore

NOW = 1_800_000_000


@pytest.fixture
def context(tmp_path: Path, training_bundle: TrainingBundle) -> TrainingContext:
    settings = Settings(store=f"dir:{tmp_path / 'store'}", state=tmp_path / "state")
    store = open_store(settings.store)
    store.prepare()
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    return TrainingContext(store, settings, load_or_create(settings.state, store), threading.Event(), now=lambda: NOW)


def leases_of(context: TrainingContext) -> PoolLeases:
    return PoolLeases(context.store, Leases(context.store, "a worker"))


def make_group(store: ObjectStore, group: str) -> str:
    return codes.add(store, codes.draw(), group=group, uses=1, expires=NOW + 999, now=NOW).id


def test_a_new_group_has_a_list_that_names_what_is_registered(
    context: TrainingContext, training_bundle: TrainingBundle
) -> None:
    """Its devices were answered that there was none until the next sweep, a quarter of a list's life later."""
    groups = NewGroups(context, next_look=0)
    groups.look(clock=0)
    make_group(context.store, "new")
    groups.look(clock=LOOK_EVERY_S)
    signed = space_lists.read(context.store, "new")
    assert signed is not None
    assert (signed.spaces.serial, signed.spaces.current) == (1, frozenset({training_bundle.space}))
    assert context.key.has_signed(signed.envelope)


def test_a_group_that_has_a_list_keeps_it(context: TrainingContext) -> None:
    groups = NewGroups(context, next_look=0)
    make_group(context.store, "home")
    groups.look(clock=0)
    first = space_lists.read(context.store, "home")
    make_group(context.store, "home")
    groups.look(clock=LOOK_EVERY_S)
    assert space_lists.read(context.store, "home") == first


def test_a_look_at_nothing_new_is_one_list_and_none_comes_too_soon(context: TrainingContext) -> None:
    for group in ("a", "b"):
        make_group(context.store, group)
    counting = CountingStore(context.store)
    context = TrainingContext(counting, context.settings, context.key, context.stop, now=context.now)
    groups = NewGroups(context, next_look=0)
    groups.look(clock=0)
    counting.requests.clear()
    groups.look(clock=LOOK_EVERY_S - 1)
    assert not counting.requests
    groups.look(clock=LOOK_EVERY_S)
    assert dict(counting.requests) == {("list", keys.CODES): 1}


def test_a_list_that_could_not_be_signed_is_signed_at_the_next_look(
    context: TrainingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = NewGroups(context, next_look=0)
    make_group(context.store, "new")

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("spaces-of/new", "the store does not answer")

    with monkeypatch.context() as patch:
        patch.setattr("cloud.releases.space_lists.pointer.swap", fail)
        with pytest.raises(Unavailable):
            groups.look(clock=0)
    groups.look(clock=LOOK_EVERY_S)
    assert space_lists.read(context.store, "new") is not None


def test_the_list_is_signed_beside_the_workers_loop(context: TrainingContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop is not run here at all, as while a training takes hours."""
    monkeypatch.setattr("cloud.worker.requests.LOOK_EVERY_S", 0.05)
    monkeypatch.setattr("cloud.worker.requests.FIRST_LOOK_AT_GROUPS_S", 0.0)
    make_group(context.store, "new")
    with carrying_out(context, leases_of(context)):
        give_up = time.monotonic() + 20
        while space_lists.read(context.store, "new") is None and time.monotonic() < give_up:
            time.sleep(0.05)
    assert space_lists.read(context.store, "new") is not None
