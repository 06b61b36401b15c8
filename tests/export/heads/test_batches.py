"""Batches: of few samples each is in one once an epoch; of many, labels with few samples have their part, too."""

import numpy as np
import pytest

from export.heads.batches import EmbeddingBatches
from export.heads.class_means import Frame, Samples
from export.heads.recipe import FEW_SAMPLES, Recipe

FIRST = np.float32(1)


def batches(counts: list[int], recipe: Recipe, *, held_back: int = 0) -> EmbeddingBatches:
    """Return batches of labels with so many samples each; all labels weigh alike, and embeddings tell the row."""
    labels = np.repeat(np.arange(len(counts)), counts)
    embeddings = np.stack([np.arange(len(labels)), np.ones(len(labels))], axis=1).astype(np.float32)
    members = np.ones((2, len(labels)), bool)
    members[1, :held_back] = False
    samples = Samples(embeddings, labels, (1 / np.array(counts))[labels].astype(np.float32))
    return EmbeddingBatches(samples, members, Frame(np.zeros(2, np.float32), 1.0), recipe)


def test_of_few_samples_each_is_in_a_batch_once_an_epoch_and_its_gradient_is_weighted() -> None:
    epoch = batches([4, 60], Recipe(epochs=1))
    taken = [epoch[number] for number in range(len(epoch))]
    rows = np.concatenate([embeddings[:, 0] for embeddings, _, _ in taken])
    assert sorted(rows) == list(range(64))
    weights = np.concatenate([weights[:, 0] for _, _, weights in taken])[np.argsort(rows)]
    np.testing.assert_allclose(weights, [8] * 4 + [8 / 15] * 60, rtol=1e-6)


@pytest.mark.parametrize("samples", [FEW_SAMPLES - 1, FEW_SAMPLES], ids=["all epochs", "the last that see all"])
def test_up_to_few_samples_none_is_drawn(samples: int) -> None:
    epoch = batches([4, samples - 4], Recipe(epochs=1))
    assert epoch[0][2].max() > FIRST


def test_of_many_samples_a_label_has_its_part_in_a_piece_of_an_epoch_however_few_they_are() -> None:
    """Beside 8,631 labels some of four samples were in no batch, all others pushed them away, and the gate refused."""
    counts = [4] * 40 + [400] * 160
    training = batches(counts, Recipe(epochs=4), held_back=4)
    assert 0.3 < training.epochs < 4
    taken = [training[number] for number in range(len(training))]
    drawn = np.bincount(np.concatenate([labels[:, 0] for _, labels, _ in taken]), minlength=len(counts))
    fair = drawn.sum() / len(counts)
    assert drawn.min() > 0.7 * fair
    assert drawn.max() < 1.3 * fair
    weights = np.concatenate([weights for _, _, weights in taken])
    rows = np.concatenate([embeddings[:, 0] for embeddings, _, _ in taken])
    assert set(weights[:, 0]) == {1.0}
    np.testing.assert_array_equal(weights[:, 1], rows >= 4)


def test_an_epoch_of_many_samples_has_each_as_often_as_it_weighs() -> None:
    counts = [4, 20_000]
    training = batches(counts, Recipe(epochs=10))
    size = training.size
    epoch = np.concatenate([training[number][0][:, 0] for number in range(sum(counts) // size)])
    times = np.bincount(epoch.astype(int), minlength=sum(counts))
    assert abs(times[:4].sum() - len(epoch) / 2) < size / 2
    assert times[4:].max() == 1


def test_a_stated_batch_size_is_for_who_wants_every_sample() -> None:
    training = batches([4, 20_000], Recipe(epochs=1, batch_size=512))
    assert training[0][2].max() != FIRST
