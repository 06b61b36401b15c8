"""What a worker says of itself comes back as it was said."""

from dataclasses import replace

import pytest

from cloud.errors import Damaged
from cloud.overview import heartbeats
from cloud.overview.heartbeats import FORGOTTEN_AFTER_S, Doing, Heartbeat, Trouble
from cloud.store import ObjectStore, keys

BEAT = Heartbeat(
    worker="1" * 16,
    host="attic",
    pid=7,
    version="0.1",
    started=1,
    seen=20,
    looked=19,
    doing=Doing.TRAINING,
    since=5,
    pool="home/x",
    step="embedded",
    outages=2,
    counts={"merged rows": 3},
    trouble=Trouble(4, None, "no room"),
    clock_set_s=-7200,
)


def test_heartbeats_come_back_as_they_were_written_the_latest_first(directory_store: ObjectStore) -> None:
    other = replace(BEAT, worker="2" * 16, seen=30, trouble=None, step=None, pool=None)
    for beat in (BEAT, replace(other, seen=10), other):
        heartbeats.write(directory_store, beat)
    assert heartbeats.read(directory_store) == [other, BEAT]


def test_a_heartbeat_of_another_version_with_more_in_it_is_read(directory_store: ObjectStore) -> None:
    heartbeats.write(directory_store, BEAT)
    key = keys.worker(BEAT.worker)
    body = directory_store.get(key).body
    directory_store.put(key, body.replace(b'"host"', b'"hall":"east","host"'))
    assert heartbeats.read(directory_store) == [BEAT]
    directory_store.put(key, body.replace(b'"format":1', b'"format":2'))
    with pytest.raises(Damaged, match=key):
        heartbeats.read(directory_store)


def test_a_worker_that_was_seen_in_the_future_is_silent() -> None:
    """One that died with its clock ten years ahead would have been at work for ten years."""
    ahead = replace(BEAT, seen=20 + 86_400, since=20 + 86_400)
    assert BEAT.is_at_work(20.0)
    assert ahead.is_silent(20.0)
    assert not ahead.is_at_work(20.0)


def test_what_was_not_seen_for_a_day_is_forgotten(directory_store: ObjectStore) -> None:
    heartbeats.write(directory_store, BEAT)
    [entry] = directory_store.entries(keys.WORKERS)
    heartbeats.sweep(directory_store, now=entry.modified + FORGOTTEN_AFTER_S - 1)
    assert heartbeats.read(directory_store) == [BEAT]
    heartbeats.sweep(directory_store, now=entry.modified + FORGOTTEN_AFTER_S + 1)
    assert heartbeats.read(directory_store) == []
