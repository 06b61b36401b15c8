"""Means of classes, however they are read."""

import numpy as np
import pytest

from export.heads import class_means
from export.heads.class_means import ClassMeans, Samples


@pytest.mark.parametrize("rows_at_once", [1, 2, 7, 1000])
def test_means_are_those_of_the_definition_however_many_rows_are_read_at_once(
    monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    chance = np.random.default_rng(0)
    labels = chance.permutation(np.repeat([1, 4, 5, 9], [1, 13, 2, 5]))
    embeddings = chance.standard_normal((len(labels), 6), np.float32)
    weights = chance.uniform(0.1, 2, len(labels)).astype(np.float32)
    monkeypatch.setattr(class_means, "CHUNK_CELLS", 6 * rows_at_once)
    found = ClassMeans.of(Samples(embeddings, labels, weights))
    assert found.present.tolist() == [1, 4, 5, 9]
    for label, mean in zip(found.present, found.means, strict=True):
        own = labels == label
        np.testing.assert_allclose(
            mean, np.average(embeddings[own], axis=0, weights=weights[own]), rtol=1e-4, atol=1e-6
        )


def test_of_no_samples_there_are_no_means() -> None:
    nothing = ClassMeans.of(Samples(np.zeros((0, 6), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32)))
    assert (nothing.means.shape, nothing.present.shape) == ((0, 6), (0,))
