"""The last-layer recipe: what it learns, where it starts, and what it leaves alone."""

import math

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from export.heads import class_means, fit
from export.heads import recipe as recipe_module
from export.heads.class_means import ABSENT_LOGIT, NEVER_BIAS, START_LENGTH
from export.heads.fit import fit_classifier, fit_folds
from export.heads.keras_training import cross_entropy
from export.heads.recipe import EPOCHS, Recipe

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
QUICK = Recipe(epochs=5)
MEANS = Recipe(epochs=0)


def crowd(people: int, photos: int, *, spread: float = 1.0, width: int = 32, seed: int = 0) -> tuple[Floats, Integers]:
    """Embeddings of length 16 around a centre for each person, and their labels."""
    chance = np.random.default_rng(seed)
    labels = np.repeat(np.arange(people), photos)
    centres = np.random.default_rng(99).normal(size=(people, width))
    points = centres[labels] + spread * chance.normal(size=(len(labels), width))
    return (16 * points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), labels


def accuracy(classifier: tuple[Floats, Floats], embeddings: Floats, labels: Integers) -> float:
    kernel, bias = classifier
    return float(np.mean((embeddings @ kernel + bias).argmax(axis=1) == labels))


def test_without_epochs_the_class_means_answer_with_the_nearest_one() -> None:
    embeddings, labels = crowd(10, 4)
    kernel, bias = fit_classifier(embeddings, labels, classes=10, recipe=MEANS)
    lengths = np.linalg.norm(kernel, axis=0)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-5)
    assert accuracy((kernel, bias), *crowd(10, 4, seed=1)) == 1.0


def test_an_embedding_at_its_class_mean_has_a_stated_logit() -> None:
    embeddings, labels = crowd(40, 1)
    kernel, bias = fit_classifier(embeddings, labels, classes=40, recipe=MEANS)
    own = (embeddings @ kernel + bias)[np.arange(40), labels]
    assert own.mean() == pytest.approx(START_LENGTH, rel=1e-4)


def test_a_class_without_samples_is_never_the_nearest() -> None:
    embeddings, labels = crowd(4, 3)
    kernel, bias = fit_classifier(embeddings, labels, classes=5, recipe=MEANS)
    np.testing.assert_array_equal(kernel[:, 4], 0)
    assert bias[4] == NEVER_BIAS
    assert (embeddings @ kernel + bias)[:, 4].max() < (embeddings @ kernel + bias)[:, :4].min()


@pytest.mark.parametrize("recipe", [MEANS, QUICK])
def test_what_all_embeddings_have_in_common_tells_nobody_apart(recipe: Recipe) -> None:
    """Features with a large offset, as of other networks, had all class means at a cosine of one."""
    embeddings, labels = crowd(20, 4)
    seen, answers = crowd(20, 4, seed=1)
    plain = fit_classifier(embeddings, labels, classes=20, recipe=recipe)
    moved = fit_classifier(embeddings + 40, labels, classes=20, recipe=recipe)
    assert accuracy(moved, seen + 40, answers) >= accuracy(plain, seen, answers) - 0.02


def test_what_hardly_differs_is_not_drawn_apart_as_far() -> None:
    """Rounding of a quantised prefix was made into other answers, where features told nobody apart."""
    embeddings, labels = crowd(20, 4)
    kernel, bias = fit_classifier(embeddings + 5_000, labels, classes=20, recipe=MEANS)
    logits = (embeddings + 5_000).astype(np.float64) @ kernel + bias
    assert np.ptp(logits) < 1


def test_a_sample_of_weight_zero_counts_for_nothing() -> None:
    embeddings, labels = crowd(6, 5)
    wrong = np.concatenate([labels, np.full(20, 2)])
    more = np.concatenate([embeddings, crowd(20, 1, seed=7)[0]])
    weights = np.where(np.arange(len(wrong)) < len(labels), 1, 0).astype(np.float32)
    for recipe in (MEANS, Recipe(epochs=4, batch_size=30)):
        without = fit_classifier(embeddings, labels, classes=6, recipe=recipe)
        found = fit_classifier(more, wrong, classes=6, weights=weights, recipe=recipe)
        np.testing.assert_allclose(found[0], without[0], atol=1e-5)


def test_a_class_mean_is_that_of_the_weights() -> None:
    embeddings, labels = crowd(3, 2)
    weights = np.array([3, 1, 1, 1, 1, 1], np.float32)
    repeated = np.concatenate([embeddings, embeddings[:1], embeddings[:1]]), np.concatenate([labels, [0, 0]])
    found = fit_classifier(embeddings, labels, classes=3, weights=weights, recipe=MEANS)
    again = fit_classifier(*repeated, classes=3, recipe=MEANS)
    unit, other = (kernel / np.linalg.norm(kernel, axis=0) for kernel, _ in (found, again))
    np.testing.assert_allclose(unit, other, atol=1e-5)


def test_training_learns_what_the_class_means_cannot() -> None:
    """Two classes on either side of a third, whose mean lies nearer to points of both than their own means do."""
    embeddings, labels = crowd(30, 8, spread=2.5)
    means = fit_classifier(embeddings, labels, classes=30, recipe=MEANS)
    trained = fit_classifier(embeddings, labels, classes=30)
    assert accuracy(trained, embeddings, labels) > accuracy(means, embeddings, labels)


def test_the_same_seed_gives_the_same_classifier() -> None:
    embeddings, labels = crowd(8, 6)
    first = fit_classifier(embeddings, labels, classes=8, recipe=QUICK)
    second = fit_classifier(embeddings, labels, classes=8, recipe=QUICK)
    np.testing.assert_array_equal(first[0], second[0])


def test_every_class_with_samples_begins_at_its_mean_whatever_was_learnt_of_it_before() -> None:
    """The threshold is fitted on folds, which can begin nowhere else: it was that of another head."""
    embeddings, labels = crowd(6, 5)
    others = fit_classifier(*crowd(5, 5, seed=3), classes=5, recipe=QUICK)
    for recipe in (MEANS, QUICK):
        found = fit_classifier(embeddings, labels, classes=6, start=others, recipe=recipe)
        alone = fit_classifier(embeddings, labels, classes=6, recipe=recipe)
        np.testing.assert_allclose(found[0], alone[0], atol=1e-6)


def test_training_again_and_again_does_not_grow_ever_more_confident() -> None:
    embeddings, labels = crowd(8, 6)
    once = again = fit_classifier(embeddings, labels, classes=8)
    again = fit_classifier(embeddings, labels, classes=8, start=again)
    again = fit_classifier(embeddings, labels, classes=8, start=again)
    assert np.linalg.norm(again[0], axis=0).mean() < 1.1 * np.linalg.norm(once[0], axis=0).mean()


def test_a_class_without_samples_keeps_its_column() -> None:
    embeddings, labels = crowd(6, 5)
    start = fit_classifier(embeddings, labels, classes=6, recipe=MEANS)
    here = labels != 2
    kernel, bias = fit_classifier(embeddings[here], labels[here], classes=6, start=start, recipe=QUICK)
    assert np.corrcoef(kernel[:, 2], start[0][:, 2])[0, 1] > 0.9999
    factor = np.linalg.norm(kernel[:, 2]) / np.linalg.norm(start[0][:, 2])
    assert bias[2] == pytest.approx(factor * start[1][2], rel=1e-4)
    assert not np.allclose(kernel[:, 3], start[0][:, 3])


def test_without_samples_the_start_comes_back_and_answers_the_same() -> None:
    embeddings, labels = crowd(6, 5)
    start = fit_classifier(embeddings, labels, classes=6, recipe=MEANS)
    none = fit_classifier(embeddings[:0], labels[:0], classes=6, start=start)
    assert accuracy(none, embeddings, labels) == accuracy(start, embeddings, labels)


def test_embeddings_may_be_mapped_from_a_file(tmp_path: object) -> None:
    embeddings, labels = crowd(4, 5)
    np.save(f"{tmp_path}/embeddings.npy", embeddings)
    mapped = np.load(f"{tmp_path}/embeddings.npy", mmap_mode="r")
    from_file = fit_classifier(mapped, labels, classes=4, recipe=QUICK)
    np.testing.assert_array_equal(from_file[0], fit_classifier(embeddings, labels, classes=4, recipe=QUICK)[0])


def test_progress_is_told_up_to_the_last_step() -> None:
    embeddings, labels = crowd(4, 20)
    told: list[tuple[int, int]] = []
    fit_classifier(embeddings, labels, classes=4, recipe=QUICK, progress=lambda done, steps: told.append((done, steps)))
    assert told[-1][0] == told[-1][1]


def test_each_epoch_is_told_with_its_loss_and_the_classifier_as_it_is_then() -> None:
    embeddings, labels = crowd(6, 8, spread=2.0)
    told: list[tuple[float, float, Floats]] = []
    found = fit_classifier(
        embeddings,
        labels,
        classes=6,
        recipe=Recipe(epochs=12),
        at_point=lambda epochs, loss, classifier: told.append((epochs, loss, classifier[0])),
    )
    assert [epochs for epochs, _, _ in told] == pytest.approx(list(range(1, 13)))
    losses = [loss for _, loss, _ in told]
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(told[-1][2], found[0])
    assert not np.allclose(told[0][2], found[0])


def test_few_epochs_are_told_by_tenths_as_far_as_there_are_steps() -> None:
    embeddings, labels = crowd(6, 8)
    told: list[float] = []
    recipe = Recipe(epochs=2, batch_size=4)  # 24 steps
    fit_classifier(embeddings, labels, classes=6, recipe=recipe, at_point=lambda epochs, loss, _: told.append(epochs))
    assert told == pytest.approx([step / 12 for step in (4, 6, 8, 10, 12, 16, 18, 20, 22, 24)])


def test_the_loss_that_is_told_is_that_of_the_samples_since_the_last_time() -> None:
    """With a rate at which nothing is learnt, it is the same each time: that of the class means."""
    embeddings, labels = crowd(6, 8, spread=2.0)
    kernel, bias = fit_classifier(embeddings, labels, classes=6, recipe=MEANS)
    logits = (embeddings @ kernel + bias).astype(np.float64)
    likelihoods = np.exp(logits)[np.arange(48), labels] / np.exp(logits).sum(axis=1)
    told: list[float] = []
    recipe = Recipe(learning_rate=1e-9, epochs=11, batch_size=16)
    fit_classifier(embeddings, labels, classes=6, recipe=recipe, at_point=lambda _, loss, __: told.append(loss))
    assert told == pytest.approx([-np.log(likelihoods).mean()] * 11, rel=1e-3)


def test_watching_changes_nothing() -> None:
    embeddings, labels = crowd(6, 8)
    watched = fit_classifier(embeddings, labels, classes=6, recipe=QUICK, at_point=lambda *_: None)
    alone = fit_classifier(embeddings, labels, classes=6, recipe=QUICK)
    np.testing.assert_array_equal(watched[0], alone[0])
    np.testing.assert_array_equal(watched[1], alone[1])


def test_folds_that_train_side_by_side_are_what_each_would_be_alone() -> None:
    """With one batch for everything, a fold alone takes the same four steps of 0.001; rounding may turn a tiny one."""
    embeddings, labels = crowd(4, 6)
    members = np.ones((2, 24), bool)
    members[0, ::6], members[1, 1::6] = False, False
    recipe = Recipe(epochs=4, batch_size=24)
    together = fit_folds(embeddings, labels, members, classes=4, recipe=recipe)
    alone = [fit_folds(embeddings, labels, row[None], classes=4, recipe=recipe)[0] for row in members]
    np.testing.assert_allclose(together[0][0], alone[0][0], atol=2e-3)
    np.testing.assert_allclose(together[1][0], alone[1][0], atol=2e-3)


def test_a_class_without_members_in_a_fold_does_not_exist_for_it() -> None:
    embeddings, labels = crowd(4, 6)
    [(_, bias)] = fit_folds(embeddings, labels, (labels != 3)[None], classes=4, recipe=QUICK)
    assert bias[3] == ABSENT_LOGIT


def test_classes_that_nobody_has_photos_of_are_in_every_fold_as_they_started() -> None:
    """A head of thousands of classes without base samples: folds of the uploaded labels alone were far too sure."""
    embeddings, labels = crowd(6, 5)
    start = fit_classifier(embeddings, labels, classes=6, recipe=MEANS)
    here = labels < 4
    members = np.ones((2, here.sum()), bool)
    folds = fit_folds(embeddings[here], labels[here], members, classes=6, start=start, recipe=QUICK)
    for kernel, bias in folds:
        factor = np.linalg.norm(kernel[:, 4]) / np.linalg.norm(start[0][:, 4])
        np.testing.assert_allclose(kernel[:, 4:], factor * start[0][:, 4:], rtol=1e-4)
        np.testing.assert_allclose(bias[4:], factor * start[1][4:], rtol=1e-4)


@pytest.mark.parametrize(
    ("samples", "batch"), [(1, 16), (100, 16), (300, 64), (1_000, 128), (8_192, 2_048), (10**6, 2_048)]
)
def test_the_batch_grows_with_the_samples(samples: int, batch: int) -> None:
    assert Recipe().batch_for(samples) == batch


def test_a_given_batch_size_is_taken() -> None:
    assert Recipe(batch_size=7).batch_for(10**6) == 7
    assert Recipe(batch_size=1000, epochs=50).steps_for(10**6) == 50_000


@pytest.mark.parametrize("epochs", EPOCHS)
@pytest.mark.parametrize("samples", [1, 15, 16, 17, 63, 64, 650, 1_023, 1_024, 8_191, 8_192, 10_000, 16_383, 16_384])
def test_up_to_16384_samples_train_for_all_their_epochs(samples: int, epochs: int) -> None:
    recipe = Recipe(epochs=epochs)
    assert recipe.steps_for(samples) == -(-samples * epochs // min(recipe.batch_for(samples), samples))
    assert recipe.epochs_for(samples) == epochs


@pytest.mark.parametrize(
    ("samples", "pace"), [(1, 1), (16_384, 1), (65_536, 2), (147_456, 3), (437_855, 3), (10**8, 3)]
)
def test_of_more_samples_steps_are_longer_and_as_much_fewer(samples: int, pace: float) -> None:
    for epochs in EPOCHS:
        recipe = Recipe(epochs=epochs)
        assert recipe.rate_for(samples) == pytest.approx(pace * recipe.learning_rate)
        if samples > 16_384:
            assert recipe.steps_for(samples) == math.ceil(8 * epochs / pace)
            assert recipe.epochs_for(samples) == pytest.approx(2048 * recipe.steps_for(samples) / samples)


@pytest.mark.parametrize("epochs", EPOCHS)
def test_one_sample_more_changes_hardly_anything(epochs: int) -> None:
    recipe = Recipe(epochs=epochs)
    for samples in (16_384, 65_536, 147_456):
        assert recipe.rate_for(samples + 1) == pytest.approx(recipe.rate_for(samples), rel=1e-4)
        assert abs(recipe.steps_for(samples + 1) - recipe.steps_for(samples)) <= 1


def test_a_bounded_training_is_the_beginning_of_a_longer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """It sees the same batches, and says how often it saw each sample."""
    embeddings, labels = crowd(6, 40)
    told: list[float] = []
    short = fit_classifier(embeddings, labels, classes=6, recipe=Recipe(epochs=1))  # eight batches of 32
    for name, value in (("FEW_SAMPLES", 239), ("MOST_STEPS_OF_AN_EPOCH", 2), ("MOST_PACE", 1.0)):
        monkeypatch.setattr(recipe_module, name, value)
    found = fit_classifier(
        embeddings, labels, classes=6, recipe=Recipe(epochs=4), at_point=lambda epochs, *_: told.append(epochs)
    )
    np.testing.assert_array_equal(found[0], short[0])
    assert told[-1] == pytest.approx(256 / 240)


def test_a_pace_is_that_of_a_rate_in_both_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, labels = crowd(6, 40)
    monkeypatch.setattr(recipe_module, "FEW_SAMPLES", 60)  # 240 samples: steps of twice the length
    steps = Recipe(epochs=2).steps_for(240)
    plain = Recipe(learning_rate=2e-3, epochs=1, batch_size=32)  # as many steps, and none bounded
    assert steps == plain.steps_for(240)
    for most in (fit.MOST_PRODUCTS_IN_NUMPY, 0):
        monkeypatch.setattr(fit, "MOST_PRODUCTS_IN_NUMPY", most)
        found = fit_classifier(embeddings, labels, classes=6, recipe=Recipe(epochs=2))
        expected = fit_classifier(embeddings, labels, classes=6, recipe=plain)
        np.testing.assert_allclose(found[0], expected[0], atol=1e-6)


def test_means_of_more_embeddings_than_are_in_memory_at_a_time_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, labels = crowd(6, 9)
    order = np.random.default_rng(0).permutation(len(labels))
    weights = np.where(order % 5 == 0, 0, 1 + order % 3).astype(np.float32)
    whole = fit_classifier(embeddings[order], labels[order], classes=7, weights=weights, recipe=MEANS)
    monkeypatch.setattr(class_means, "CHUNK_CELLS", 4 * embeddings.shape[1])  # a class lies in three of these
    parts = fit_classifier(embeddings[order], labels[order], classes=7, weights=weights, recipe=MEANS)
    np.testing.assert_allclose(parts[0], whole[0], atol=1e-6)
    np.testing.assert_allclose(parts[1], whole[1], atol=1e-5)


def test_the_cross_entropy_and_its_gradient_are_those_of_keras() -> None:
    """Over several heads and with weights, by which their gradients must be scaled."""
    chance = np.random.default_rng(0)
    embeddings = chance.normal(size=(12, 5)).astype(np.float32)
    labels, weights = chance.integers(0, 4, (12, 2)), chance.random((12, 2)).astype(np.float32)
    losses = keras.losses.SparseCategoricalCrossentropy(from_logits=True), cross_entropy
    (theirs, their_loss), (ours, our_loss) = (step(embeddings, labels, weights, loss) for loss in losses)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert our_loss == pytest.approx(their_loss, rel=1e-5)


def step(embeddings: Floats, labels: Integers, weights: Floats, loss: object) -> tuple[Floats, float]:
    """The kernel after one step against the gradient, and the loss before it."""
    dense = keras.layers.Dense(8, use_bias=False, kernel_initializer=keras.initializers.GlorotUniform(seed=1))
    network = keras.Sequential([keras.Input((5,)), dense, keras.layers.Reshape((2, 4))])
    network.compile(optimizer=keras.optimizers.SGD(1.0), loss=loss, jit_compile=False)
    value = network.train_on_batch(embeddings, labels, sample_weight=weights)
    return np.asarray(dense.kernel), float(value)


@pytest.mark.parametrize("size", [2.0**-60, 2.0**-12, 2.0**12, 2.0**40])
def test_the_length_of_embeddings_does_not_change_what_is_learnt(size: float) -> None:
    """Adam's steps were lost in the long columns of short embeddings, and too wide for those of long ones."""
    embeddings, labels = crowd(6, 4, spread=2.0)
    kernel, bias = fit_classifier(embeddings, labels, classes=7, recipe=QUICK)
    other, other_bias = fit_classifier(embeddings * np.float32(size), labels, classes=7, recipe=QUICK)
    np.testing.assert_allclose(other * size, kernel, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(other_bias, bias, rtol=1e-4, atol=1e-6)
