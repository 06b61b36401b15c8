"""Embeddings of features: of each row the same, to the last bit, wherever it lies."""

import keras
import numpy as np
import pytest

from cloud.training.executors.arrays import collect_in_memory
from cloud.training.heads import batch_size, embed_features
from contract.callbacks import ignore
from export.network.inception_resnet_v1 import ScaleToLength


def test_an_embedding_does_not_depend_on_where_its_row_lies_and_what_lies_beside_it() -> None:
    """In batches of 18 rows, or with a shorter last one, the last bits of what lay in a remainder differed."""
    feature = keras.Input((512,))
    body = keras.Model(feature, ScaleToLength(16.0)(feature))
    features = np.random.default_rng(0).normal(size=(700, 512)).astype(np.float32)
    whole = embed_features(body, features, progress=ignore, collect=collect_in_memory)
    order = np.random.default_rng(1).permutation(700)
    for rows in (order, order[:1], order[:530], np.arange(699, -1, -3)):
        embeddings = embed_features(body, features, rows=rows, progress=ignore, collect=collect_in_memory)
        np.testing.assert_array_equal(embeddings, whole[rows])


@pytest.mark.parametrize(
    ("shape", "rows"), [((512,), 512), ((1792,), 128), ((8, 8, 896), 16), ((16,), 1024), ((64, 64, 64), 16)]
)
def test_a_batch_has_a_power_of_two_rows(shape: tuple[int, ...], rows: int) -> None:
    assert batch_size(shape) == rows
