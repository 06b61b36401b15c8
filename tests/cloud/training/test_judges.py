"""Which rows heads are asked about, in pools of either size."""

import numpy as np
import pytest

from cloud.training import judges
from cloud.training.judges import FEWEST_OF_A_LABEL, choose_judges


def test_all_rows_of_a_pool_that_is_not_large_are_asked_whatever_they_count_for() -> None:
    labels, counting = np.repeat(np.arange(40), 50), np.arange(2_000) % 3 > 0
    assert choose_judges(labels, counting=counting, trained=1_500, classes=40).all()


def test_of_a_large_pool_all_that_are_held_out_are_asked_and_some_of_each_label_that_train(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(40), np.arange(1, 41) * 5))
    counting, trained = np.arange(len(labels)) % 7 > 0, 3_000
    monkeypatch.setattr(judges, "MOST_ANSWERS", 40 * 2_000)
    chosen = choose_judges(labels, counting=counting, trained=trained, classes=40)
    np.testing.assert_array_equal(chosen[trained:], counting[trained:])
    assert not chosen[~counting].any()
    held_out = int(counting[trained:].sum())
    each = (2_000 - held_out) // 40
    photos = np.bincount(labels[:trained][counting[:trained]], minlength=40)
    asked = np.bincount(labels[:trained][chosen[:trained]], minlength=40)
    np.testing.assert_array_equal(asked, np.minimum(photos, each))
    assert each > FEWEST_OF_A_LABEL


def test_some_of_each_label_are_asked_however_large_a_pool_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "MOST_ANSWERS", 1)
    labels = np.arange(1_000) % 10
    chosen = choose_judges(labels, counting=np.ones(1_000, np.bool_), trained=900, classes=10)
    np.testing.assert_array_equal(np.bincount(labels[:900][chosen[:900]]), FEWEST_OF_A_LABEL)
    places = np.flatnonzero(chosen[:900] & (labels[:900] == 0))
    assert places.min() < 100  # from all over the rows
    assert places.max() > 700
