"""What a web process remembers of releases is never older than the store, bounded, and spares reads."""

from pathlib import Path

import pytest

from cloud.errors import Damaged
from cloud.releases.history import history
from cloud.store import keys
from cloud.web.release_memory import ReleaseMemory
from contract.files import sha256_hex
from contract.manifest import Channel
from tests.cloud.counting import CountingStore
from tests.cloud.releases.standing import NOW, POOL, Place

BEST, LATEST = Channel.BEST, Channel.LATEST


@pytest.fixture
def place(store_address: str, tmp_path: Path) -> Place:
    """A pool with twelve releases in two channels."""
    place = Place(store_address, tmp_path / "state")
    place.store.prepare()
    for number in range(12):
        place.publish((BEST, LATEST)[number % 2], issued=NOW + number)
    return place


def test_the_same_answer_costs_one_read_and_a_new_release_is_answered_at_once(place: Place) -> None:
    counting, memory = CountingStore(place.store), ReleaseMemory()
    for number in range(3):
        for _ in range(2):
            counting.requests.clear()
            answer = memory.answer(counting, POOL, BEST)
            body = place.read().channels[BEST].envelope.encode()
            assert answer is not None
            assert (answer.body, answer.etag) == (body, sha256_hex(body))
        assert dict(counting.requests) == {("get", keys.registry_pointer(POOL)): 1}
        place.publish(BEST, issued=NOW + 100 + number)


def test_a_history_is_the_stores_and_read_once(place: Place) -> None:
    counting, memory = CountingStore(place.store), ReleaseMemory()
    assert memory.history(counting, POOL, limit=100) == history(place.store, POOL, limit=100)
    assert counting.count("get", "/releases/") == 12
    place.publish(BEST, issued=NOW + 50)
    counting.requests.clear()
    for limit in (100, 5):
        assert memory.history(counting, POOL, limit=limit) == history(place.store, POOL, limit=limit)
    assert counting.count("get", "/releases/") == 1


def test_a_registry_that_was_lost_is_said_to_be_and_not_remembered(place: Place) -> None:
    memory = ReleaseMemory()
    memory.history(place.store, POOL, limit=100)
    place.store.delete(keys.registry_pointer(POOL))
    with pytest.raises(Damaged, match="it is lost"):
        memory.answer(place.store, POOL, BEST)
    with pytest.raises(Damaged, match="it is lost"):
        memory.history(place.store, POOL, limit=100)


def test_where_nothing_was_released_nothing_is_answered(store_address: str, tmp_path: Path) -> None:
    place, memory = Place(store_address, tmp_path / "state"), ReleaseMemory()
    place.store.prepare()
    assert (memory.answer(place.store, POOL, BEST), memory.history(place.store, POOL, limit=9)) == (None, ())
    place.publish(BEST, issued=NOW)
    assert memory.answer(place.store, POOL, LATEST) is None
    assert [one.serial for one in memory.history(place.store, POOL, limit=9)] == [1]


def test_what_is_remembered_is_bounded(place: Place) -> None:
    memory = ReleaseMemory()
    memory._summaries.most = 5
    for _ in range(2):
        assert memory.history(place.store, POOL, limit=100) == history(place.store, POOL, limit=100)
    assert len(memory._summaries._values) == 5
