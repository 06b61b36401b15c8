"""One trial: what it learns, what it leaves alone, and what it says of itself."""

from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.training.converter import open_best
from cloud.training.cycle_folder import CycleFolder
from cloud.training.fine_tune import normalisations, thaw
from cloud.training.heads import open_head
from cloud.training.trainer import Diverged, train
from cloud.training.trials import LAST_LAYER, FineTuning, Optimizer, Spec, TrialResult
from cloud.training.weights import HeadWeights, decode_weights, encode_weights

MakeFolder = Callable[..., CycleFolder]
QUICK = Spec(LAST_LAYER, epochs=20)
GENTLE = FineTuning(Optimizer.SGD, 1e-3, epochs=2)


def tell(done: int, total: int) -> None:
    """Nobody listens."""


def open_and_train(folder: CycleFolder, spec: Spec) -> TrialResult:
    open_best(folder, head_file=folder.path / "head.keras", tell=tell)
    return train(folder, spec, head_file=folder.path / "head.keras", tell=tell)


def vector_head(classes: int = 6) -> keras.Model:
    feature = keras.Input((16,))
    return keras.Model(feature, keras.layers.Dense(classes)(feature))


def convolutional_head() -> keras.Model:
    keras.utils.set_random_seed(0)
    feature = keras.Input((4, 4, 8))
    net = keras.layers.BatchNormalization()(keras.layers.Conv2D(16, 3)(feature))
    net = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(net))
    return keras.Model(feature, keras.layers.Dense(6)(net))


def weights_of(folder: CycleFolder, spec: Spec) -> HeadWeights:
    return decode_weights(folder.trial_weights(spec.name))


def test_a_trial_learns_the_people_and_says_how_well(make_folder: MakeFolder) -> None:
    result = open_and_train(make_folder(vector_head()), QUICK)
    assert (result.held_out, result.thawed) == (24, False)
    assert result.right >= 23
    assert result.calibration["threshold"] > 0


def test_classes_that_best_has_not_are_added_to_its_own(make_folder: MakeFolder) -> None:
    folder = make_folder(vector_head(), people=8)
    open_and_train(folder, QUICK)
    assert folder.start()[0].shape == (16, 6)
    assert weights_of(folder, QUICK).kernel.shape == (16, 8)


def test_every_training_photo_was_left_out_once_and_answered(make_folder: MakeFolder) -> None:
    folder = make_folder(vector_head())
    open_and_train(folder, QUICK)
    answers = folder.trial_answers(LAST_LAYER)
    assert sorted(answers.left_out.tolist()) == list(range(40))
    assert np.mean(answers.left_out_said == folder.rows().labels[answers.left_out]) > 0.9


def test_best_answers_every_row_before_the_trials(make_folder: MakeFolder) -> None:
    folder = make_folder(vector_head())
    open_best(folder, head_file=folder.path / "head.keras", tell=tell)
    kernel, bias = folder.start()
    np.testing.assert_array_equal(folder.best_answers(), (folder.features() @ kernel + bias).argmax(axis=1))


def test_the_last_layer_alone_leaves_the_body_as_it_is(make_folder: MakeFolder) -> None:
    folder = make_folder(convolutional_head())
    open_and_train(folder, QUICK)
    assert len(weights_of(folder, QUICK).body) == 0


def test_a_body_that_best_has_thawed_is_kept_by_the_next_trial(make_folder: MakeFolder) -> None:
    folder = make_folder(convolutional_head())
    open_and_train(folder, replace(QUICK, name="first", thaw=GENTLE))
    best = weights_of(folder, replace(QUICK, name="first"))
    folder.write_best(encode_weights(best))
    open_and_train(folder, QUICK)
    np.testing.assert_array_equal(weights_of(folder, QUICK).body, best.body)


def test_a_thawed_body_is_trained_but_for_its_batch_statistics(make_folder: MakeFolder) -> None:
    folder = make_folder(convolutional_head())
    spec = replace(QUICK, name="thawed", thaw=GENTLE)
    result = open_and_train(folder, spec)
    before = open_head(folder.path / "head.keras", None).body
    after = open_head(folder.path / "head.keras", weights_of(folder, spec)).body
    changed = [not np.array_equal(a, b) for a, b in zip(before.get_weights(), after.get_weights(), strict=True)]
    [statistics] = normalisations(before)
    still = [not np.array_equal(a, b) for a, b in zip(before.weights, after.weights, strict=True)]
    assert result.thawed
    assert changed == [True, True, False, False, False, False]
    assert len(statistics.weights) == 4
    assert still == changed


def test_a_thawed_head_answers_as_its_own_embeddings_say(make_folder: MakeFolder) -> None:
    folder = make_folder(convolutional_head())
    spec = replace(QUICK, name="thawed", thaw=GENTLE)
    result = open_and_train(folder, spec)
    parts = open_head(folder.path / "head.keras", weights_of(folder, spec))
    logits = parts.body.predict_on_batch(folder.features()[40:]) @ parts.kernel + parts.bias
    assert result.right == np.sum(logits.argmax(axis=1) == folder.rows().labels[40:])


@pytest.mark.parametrize("how", [GENTLE, FineTuning(Optimizer.ADAM, 1e-3, epochs=2)])
def test_thawing_lowers_the_loss(make_folder: MakeFolder, how: FineTuning) -> None:
    folder = make_folder(convolutional_head(), photos=10)
    features, labels = folder.features()[:80], folder.rows().labels[:80]
    parts = open_head(folder.path / "head.keras", None)
    start = np.zeros((16, 8), np.float32), np.zeros(8, np.float32)
    weights = thaw(parts.body, start, features, labels, how=replace(how, learning_rate=1e-2), seed=0, tell=tell)
    embeddings: NDArray[np.float32] = parts.body.predict_on_batch(features)
    logits = embeddings @ weights.kernel + weights.bias
    likelihood = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert -likelihood[np.arange(80), labels].mean() < np.log(8)


def test_a_trial_that_diverges_says_so(make_folder: MakeFolder) -> None:
    folder = make_folder(vector_head())
    with pytest.raises(Diverged, match="expected finite weights, got NaN or infinity"):
        open_and_train(folder, replace(QUICK, learning_rate=1e38))


def test_with_fewer_than_three_classes_nothing_can_be_left_out(make_folder: MakeFolder) -> None:
    folder = make_folder(vector_head(classes=2), people=2)
    result = open_and_train(folder, QUICK)
    assert result.calibration["threshold"] == 0
    assert len(folder.trial_answers(LAST_LAYER).left_out) == 0


def test_without_held_out_samples_there_is_no_accuracy(make_folder: MakeFolder) -> None:
    result = open_and_train(make_folder(vector_head(), held_out=0), QUICK)
    assert (result.accuracy, result.loss) == (None, 0.0)


def test_weights_of_another_head_are_refused(make_folder: MakeFolder) -> None:
    folder = make_folder(convolutional_head())
    kernel, bias = np.zeros((16, 6), np.float32), np.zeros(6, np.float32)
    with pytest.raises(ValueError, match="body: expected weights of"):
        open_head(folder.path / "head.keras", HeadWeights(kernel, bias, np.zeros(7, np.float32)))
