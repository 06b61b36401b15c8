from pathlib import Path

import pytest

from device.cache.cache import Cache
from device.cache.uploads import SealedUpload, UploadState, UploadStatus
from device.errors import Storage
from tests.device.cache.entries import SPACE, feedback, inference
from tests.device.tables import change, pass_self_tests, rows

SEALED = SealedUpload("f" * 64, SPACE, 2, b"body")
OWN = {"origin": "home@key", "device": "d" * 16}


def open_with_feedback(path: Path, *, max_unfed: int = 10) -> Cache:
    """Open a cache of three inferences, each with feedback."""
    cache = Cache.open(path, max_unfed=max_unfed)
    key = cache.inferences.space_key(SPACE, (4,))
    for number in range(3):
        cache.feedback.add(feedback(cache.inferences.add(inference(number), space_key=key)))
    pass_self_tests(path)
    return cache


def seal(cache: Cache, *, revisions: tuple[int, ...] = (1, 2)) -> bool:
    return cache.uploads.add(SEALED, revisions=revisions, sealed_ms=7, **OWN)


def test_an_upload_and_the_marks_of_its_feedback_are_one_transaction(path: Path) -> None:
    with open_with_feedback(path) as cache:
        change(path, "CREATE TRIGGER broken BEFORE UPDATE ON feedback BEGIN SELECT raise(ABORT, 'no'); END")
        with pytest.raises(Storage, match="no"):
            seal(cache)
        assert cache.uploads.unfinished() == []
        change(path, "DROP TRIGGER broken")
        assert seal(cache)
        assert cache.uploads.unfinished() == [UploadStatus(SEALED.id, SPACE, "d" * 16, 2, 4, UploadState.WAITING, None)]
    assert rows(path, "SELECT revision, upload FROM feedback") == [(1, SEALED.id), (2, SEALED.id), (3, None)]


@pytest.mark.parametrize("revisions", [(1, 2), (2, 3), (3, 4)], ids=["sealed", "one-sealed", "gone"])
def test_feedback_that_is_sealed_already_or_gone_is_not_sealed_again(path: Path, revisions: tuple[int, ...]) -> None:
    other = SealedUpload("e" * 64, SPACE, 2, b"other")
    with open_with_feedback(path) as cache:
        assert seal(cache)
        assert not cache.uploads.add(other, revisions=revisions, sealed_ms=8, **OWN)
        assert cache.uploads.unsent(**OWN) == {SEALED.id: SPACE}


def test_an_upload_is_listed_for_the_device_and_group_that_it_was_sealed_for(path: Path) -> None:
    with open_with_feedback(path) as cache:
        seal(cache)
        assert cache.uploads.unsent(**OWN) == {SEALED.id: SPACE}
        assert cache.uploads.unsent(**OWN | {"device": "e" * 16}) == {}
        assert cache.uploads.unsent(**OWN | {"origin": "work@key"}) == {}
        assert cache.uploads.find_waiting(SEALED.id) == SEALED


def test_an_acknowledged_upload_drops_its_body_and_lets_its_features_go(path: Path) -> None:
    with open_with_feedback(path, max_unfed=1) as cache:
        seal(cache)
        cache.uploads.acknowledge(SEALED.id)
        assert cache.uploads.find_waiting(SEALED.id) is None
        assert (cache.uploads.unfinished(), cache.uploads.count_acknowledged_samples()) == ([], 2)
        cache.inferences.add(inference(9), space_key=cache.inferences.space_key(SPACE, (4,)))
    assert rows(path, "SELECT state, body FROM uploads") == [("acknowledged", None)]
    assert rows(path, "SELECT id FROM inferences") == [(3,), (4,)]


def test_features_stay_while_other_feedback_on_them_is_not_acknowledged(path: Path) -> None:
    with open_with_feedback(path) as cache:
        cache.feedback.add(feedback(1, "Ben"))
        seal(cache)
        cache.uploads.acknowledge(SEALED.id)
    assert rows(path, "SELECT id, waiting FROM inferences") == [(1, 1), (2, 0), (3, 1)]


def test_an_upload_that_is_set_aside_waits_again_when_it_is_told_to(path: Path) -> None:
    with open_with_feedback(path) as cache:
        seal(cache)
        cache.uploads.note(SEALED.id, problem="busy")
        assert cache.uploads.unfinished()[0].problem == "busy"
        cache.uploads.set_aside(SEALED.id, problem="no")
        assert (cache.uploads.unsent(**OWN), cache.uploads.find_waiting(SEALED.id)) == ({}, None)
        assert cache.uploads.unfinished() == [UploadStatus(SEALED.id, SPACE, "d" * 16, 2, 4, UploadState.REFUSED, "no")]
        cache.uploads.retry_refused(**OWN | {"device": "e" * 16})
        assert cache.uploads.unsent(**OWN) == {}
        cache.uploads.retry_refused(**OWN)
        assert cache.uploads.unsent(**OWN) == {SEALED.id: SPACE}


def test_an_upload_that_is_taken_apart_leaves_its_feedback_in_no_upload(path: Path) -> None:
    with open_with_feedback(path) as cache:
        seal(cache)
        assert not cache.uploads.take_apart(SEALED.id, samples=3)
        assert cache.uploads.unsent(**OWN) == {SEALED.id: SPACE}
        assert cache.uploads.take_apart(SEALED.id, samples=2)
        assert cache.uploads.unfinished() == []
        assert len(cache.feedback.unsealed(origin="")) == 3
