import dataclasses
from pathlib import Path

import pytest

from device.answers import Ranked
from device.cache.cache import Cache
from device.errors import FeedbackError, Storage
from tests.device.cache.entries import SPACE, feedback, inference
from tests.device.tables import change, rows


def test_what_is_stored_is_read_back_after_opening_again(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        id_ = cache.inferences.add(inference(7), space_key=cache.inferences.space_key(SPACE, (2, 2)))
    with Cache.open(path, max_unfed=10) as cache:
        stored = cache.inferences.get(id_)
    assert stored.results == (Ranked("Ada", 0.75), Ranked("Ben", 0.25))
    assert (stored.unknown, stored.head_serial, stored.taken_ms) == (False, 3, 1007)


def test_of_very_many_results_the_best_are_kept_and_read_back(path: Path) -> None:
    results = tuple(
        Ranked("\N{SLIGHTLY SMILING FACE}" * 59 + f"{number:05}", 1 / (number + 1)) for number in range(4500)
    )
    with Cache.open(path, max_unfed=10) as cache:
        new = dataclasses.replace(inference(), results=results)
        id_ = cache.inferences.add(new, space_key=cache.inferences.space_key(SPACE, (4,)))
        assert cache.inferences.get(id_).results == results[:20]


def test_the_oldest_without_waiting_feedback_go_first(path: Path) -> None:
    with Cache.open(path, max_unfed=3) as cache:
        key = cache.inferences.space_key(SPACE, (4,))
        ids = [cache.inferences.add(inference(number), space_key=key) for number in range(3)]
        cache.feedback.add(feedback(ids[0]))
        later = [cache.inferences.add(inference(number), space_key=key) for number in range(3, 8)]
    assert rows(path, "SELECT id FROM inferences ORDER BY id") == [(ids[0],), *((one,) for one in later[-3:])]


def test_an_inference_and_its_pruning_are_one_transaction(path: Path) -> None:
    with Cache.open(path, max_unfed=1) as cache:
        key = cache.inferences.space_key(SPACE, (4,))
        first = cache.inferences.add(inference(), space_key=key)
        change(path, "CREATE TRIGGER broken BEFORE DELETE ON inferences BEGIN SELECT raise(ABORT, 'no'); END")
        with pytest.raises(Storage, match="no"):
            cache.inferences.add(inference(), space_key=key)
    assert rows(path, "SELECT id FROM inferences") == [(first,)]


def test_ids_are_never_used_again(path: Path) -> None:
    with Cache.open(path, max_unfed=1) as cache:
        key = cache.inferences.space_key(SPACE, (4,))
        ids = [cache.inferences.add(inference(), space_key=key) for _ in range(3)]
        change(path, "DELETE FROM inferences")
        assert cache.inferences.add(inference(), space_key=key) > max(ids)


@pytest.mark.parametrize("id_", [0, -1, 99, 2**62])
def test_an_inference_that_the_cache_does_not_have_is_an_error(path: Path, id_: int) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        with pytest.raises(FeedbackError, match=f"inference {id_}: expected one that is in the cache"):
            cache.inferences.get(id_)
        with pytest.raises(FeedbackError, match=f"inference {id_}: expected one that is in the cache"):
            cache.feedback.add(feedback(id_))
