from pathlib import Path

import numpy as np

from device.cache.cache import Cache
from device.cache.feedback import FeatureSpace, LabelledSample, UnsealedFeedback
from device.cache.uploads import SealedUpload
from tests.device.cache.entries import COMPUTED_BY, SPACE, feedback, inference
from tests.device.tables import change


def test_each_feedback_has_a_higher_revision_even_after_pruning(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        key = cache.inferences.space_key(SPACE, (4,))
        id_ = cache.inferences.add(inference(), space_key=key)
        first, second = cache.feedback.add(feedback(id_)), cache.feedback.add(feedback(id_, "Ben"))
        change(path, "DELETE FROM inferences")
        again = cache.inferences.add(inference(), space_key=key)
        assert 0 < first < second < cache.feedback.add(feedback(again))


def test_what_is_unsealed_is_listed_with_its_sample_for_its_own_group(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        key = cache.inferences.space_key(SPACE, (2, 2))
        ids = [cache.inferences.add(inference(number), space_key=key) for number in range(4)]
        for id_, origin in zip(ids, ("", "home@key", "work@key", "home@key"), strict=True):
            cache.feedback.add(feedback(id_, origin=origin))
        cache.uploads.add(
            SealedUpload("f" * 64, SPACE, 1, b"body"), revisions=[4], origin="home@key", device="d", sealed_ms=0
        )
        assert cache.feedback.unsealed(origin="home@key") == []
        [waiting] = cache.setups.waiting(origin="home@key")
        assert (waiting.samples, waiting.setup.used, waiting.setup.cosine_ppm) == (2, COMPUTED_BY, None)
        assert [one.samples for one in cache.setups.waiting(origin="work@key")] == [2]
        cache.setups.keep(waiting.setup.key, cosine_ppm=990_000)
        assert cache.feedback.unsealed(origin="home@key") == [
            UnsealedFeedback(revision, inference(number).photo, key, waiting.setup.key)
            for revision, number in ((1, 0), (2, 1))
        ]


def test_a_chosen_sample_is_read_whole_and_one_that_is_gone_is_not_listed(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        key = cache.inferences.space_key(SPACE, (2, 2))
        for number in range(2):
            cache.feedback.add(feedback(cache.inferences.add(inference(number), space_key=key), "Ben"))
        whole = LabelledSample(2, 2, inference(1).photo, "Ben", np.full(4, 1, "<f4").tobytes(), 1)
        change(path, "DELETE FROM inferences WHERE id = 1")
        assert cache.feedback.samples([1, 2]) == [whole]
        assert cache.feedback.space_of(2) == FeatureSpace(SPACE, (2, 2))
        assert cache.feedback.space_of(1) is None
    assert FeatureSpace(SPACE, (2, 2)).feature_bytes == len(whole.feature)
