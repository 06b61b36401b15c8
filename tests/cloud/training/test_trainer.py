"""One trial: what it learns, what it leaves alone, and what it says of itself."""

from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.errors import Diverged
from cloud.training import judges
from cloud.training.executors.task_data import TaskData
from cloud.training.fine_tune import fine_tune, normalisations
from cloud.training.heads import load_head
from cloud.training.trainer import train
from cloud.training.trials import CLASS_MEANS, LAST_LAYER, FineTuning, Optimizer, Spec, could_win
from cloud.training.values import TrialOutcome
from cloud.training.weights import HeadWeights
from contract.callbacks import ignore
from export.heads import folds
from export.heads.calibrate import confidences, default_calibration
from export.heads.calibration import FittedOn
from tests.cloud.training.conftest import SyntheticRows

MakeRows = Callable[..., SyntheticRows]
QUICK = Spec(LAST_LAYER, epochs=20)
GENTLE = FineTuning(Optimizer.SGD, 1e-3, epochs=2)
FINE_TUNED = replace(QUICK, name="fine-tuned", fine_tuning=GENTLE)


def vector_head(classes: int = 6) -> keras.Model:
    feature = keras.Input((16,))
    return keras.Model(feature, keras.layers.Dense(classes)(feature))


def convolutional_head() -> keras.Model:
    keras.utils.set_random_seed(0)
    feature = keras.Input((4, 4, 8))
    net = keras.layers.BatchNormalization()(keras.layers.Conv2D(16, 3)(feature))
    net = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(net))
    return keras.Model(feature, keras.layers.Dense(6)(net))


def test_a_trial_learns_the_people_and_says_how_well(make_rows: MakeRows) -> None:
    result = train(make_rows(vector_head()).for_trials(), QUICK).result
    assert (result.held_out, result.fine_tuned) == (24, False)
    assert result.right >= 23
    assert result.calibration.threshold > 0


def test_with_many_classes_some_of_the_held_out_samples_are_scored_and_all_are_counted(
    make_rows: MakeRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All logits of 88,000 samples and 8,631 classes would take 3 GB, and ten times that to calibrate by."""
    inputs = make_rows(vector_head()).for_trials()
    every = train(inputs, QUICK).result
    monkeypatch.setattr(folds, "MOST_SCORED", 10 * inputs.classes)
    some = train(inputs, QUICK).result
    assert (some.held_out, some.right) == (every.held_out, every.right)
    assert every.calibration.known > some.calibration.known == 2 * 10  # left out, and held out


def test_a_trial_says_how_it_learned(make_rows: MakeRows) -> None:
    outcome = train(make_rows(vector_head()).for_trials(), QUICK)
    points = outcome.curve.points
    assert len(points) == QUICK.epochs
    assert [point.epochs for point in points] == pytest.approx(list(range(1, 21)), abs=1)
    assert points[-1].loss < points[0].loss
    assert all(point.right is not None for point in points)
    assert points[-1].right == outcome.result.accuracy
    again = TrialOutcome.unpack(TaskData.decode(outcome.pack().encode()))
    assert [point.loss for point in again.curve.points] == pytest.approx([point.loss for point in points])


def test_a_fine_tuned_trial_goes_on_where_its_last_layer_ended(make_rows: MakeRows) -> None:
    outcome = train(make_rows(convolutional_head()).for_trials(), FINE_TUNED)
    points = outcome.curve.points
    assert points[19].epochs == 20 < points[20].epochs
    assert points[-1].epochs == 22
    assert [point.right is None for point in points] == [False] * 20 + [True] * (len(points) - 21) + [False]
    assert points[-1].right == outcome.result.accuracy


def test_class_means_are_made_in_one_step(make_rows: MakeRows) -> None:
    outcome = train(make_rows(vector_head()).for_trials(), Spec(CLASS_MEANS, epochs=0))
    assert outcome.curve.points == ()


def test_classes_that_best_has_not_are_added_to_its_own(make_rows: MakeRows) -> None:
    inputs = make_rows(vector_head(), people=8).for_trials()
    assert inputs.best.kernel.shape == (16, 6)
    assert train(inputs, QUICK).weights.kernel.shape == (16, 8)


def test_a_trial_answers_every_row_as_its_weights_say(make_rows: MakeRows) -> None:
    inputs = make_rows(vector_head()).for_trials()
    outcome = train(inputs, QUICK)
    logits = inputs.embeddings @ outcome.weights.kernel + outcome.weights.bias
    np.testing.assert_array_equal(outcome.answers.classes, logits.argmax(axis=1))
    expected = confidences(logits, outcome.result.calibration.temperature)
    np.testing.assert_allclose(outcome.answers.probabilities, expected, rtol=1e-5)


def test_of_a_large_pool_a_trial_answers_those_rows_that_judge(
    make_rows: MakeRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = make_rows(vector_head(), photos=20).for_trials()
    whole = train(inputs, QUICK)
    monkeypatch.setattr(judges, "MOST_ANSWERS", 1)
    some = train(inputs, QUICK)
    asked = some.answers.classes >= 0
    np.testing.assert_array_equal(np.bincount(inputs.labels[asked]), 8 + 3)  # that train, and that are held out
    np.testing.assert_array_equal(some.answers.classes[asked], whole.answers.classes[asked])
    np.testing.assert_array_equal(some.answers.runners_up[asked], whole.answers.runners_up[asked])
    np.testing.assert_allclose(some.answers.probabilities[asked], whole.answers.probabilities[asked], rtol=1e-5)
    assert not some.answers.probabilities[~asked].any()
    assert replace(some.result, seconds=0) == replace(whole.result, seconds=0)


def test_best_and_the_first_head_answer_every_row_before_the_trials(make_rows: MakeRows) -> None:
    rows = make_rows(vector_head())
    first = rows.embed()
    trained = train(rows.for_trials(first), QUICK).weights
    later = rows.with_best(trained).embed()
    np.testing.assert_array_equal(later.first.classes, first.best.classes)
    answers = (rows.inputs.features @ trained.kernel + trained.bias).argmax(axis=1)
    np.testing.assert_array_equal(later.best.classes, answers)


def test_the_first_head_answers_through_its_own_body(make_rows: MakeRows) -> None:
    rows = make_rows(convolutional_head())
    first = rows.embed()
    tuned = replace(QUICK, fine_tuning=FineTuning(Optimizer.SGD, 0.1, epochs=2))
    later = rows.with_best(train(rows.for_trials(), tuned).weights).embed()
    np.testing.assert_allclose(later.first.probabilities, first.best.probabilities, rtol=1e-4)
    assert not np.allclose(later.embeddings, first.embeddings, rtol=1e-2)


@pytest.mark.parametrize("spec", [QUICK, FINE_TUNED])
def test_rows_that_do_not_count_teach_and_judge_nothing(make_rows: MakeRows, spec: Spec) -> None:
    inputs = make_rows(convolutional_head()).for_trials()
    wrong = np.arange(len(inputs.labels)) % 5 == 0
    labels, weights = np.where(wrong, (inputs.labels + 1) % 8, inputs.labels), np.where(wrong, 0, 1).astype(np.float32)
    found = train(replace(inputs, labels=labels, weights=weights), spec)
    named = train(replace(inputs, labels=np.where(wrong, 0, labels), weights=weights), spec)
    np.testing.assert_array_equal(found.weights.kernel, named.weights.kernel)
    np.testing.assert_array_equal(found.weights.body, named.weights.body)
    assert found.result.calibration == named.result.calibration
    assert found.result.held_out == int((weights[40:] > 0).sum())


def test_a_fine_tuned_trial_is_calibrated_by_a_body_that_had_not_seen_the_strangers(make_rows: MakeRows) -> None:
    """Its body had been trained on whom the cross-validation of its last layer left out: 67 to 42 % were said."""
    rows = make_rows(convolutional_head(), people=10, photos=6)
    overfit = replace(QUICK, fine_tuning=FineTuning(Optimizer.ADAM, 3e-3, epochs=30))
    calibration = train(rows.for_trials(), overfit).result.calibration
    assert calibration.strangers == 3 * 6
    assert 0 < calibration.known <= 7 * 3 + 30


def test_a_published_label_that_lost_all_its_samples_is_never_answered_again(make_rows: MakeRows) -> None:
    """Its old column answered everybody who had its samples under another name, as a stranger, and nobody was sure."""
    inputs = make_rows(vector_head()).for_trials()
    renamed = np.where(inputs.labels == 5, 7, inputs.labels)
    weights = np.where(inputs.labels == 7, 0, 1).astype(np.float32)
    found = train(replace(inputs, labels=renamed, weights=weights, base_classes=4), QUICK)
    assert not (found.answers.classes == 5).any()
    kept = train(replace(inputs, labels=renamed, weights=weights, base_classes=6), QUICK)
    assert found.result.calibration.threshold < kept.result.calibration.threshold


def test_the_last_layer_alone_leaves_the_body_as_it_is(make_rows: MakeRows) -> None:
    assert len(train(make_rows(convolutional_head()).for_trials(), QUICK).weights.body) == 0


def test_a_body_that_best_has_fine_tuned_is_kept_by_the_next_trial(make_rows: MakeRows) -> None:
    rows = make_rows(convolutional_head())
    best = train(rows.for_trials(), FINE_TUNED).weights
    weights = train(rows.with_best(best).for_trials(), QUICK).weights
    np.testing.assert_array_equal(weights.body, best.body)


def test_a_fine_tuned_body_is_trained_but_for_its_batch_statistics(make_rows: MakeRows) -> None:
    rows = make_rows(convolutional_head())
    outcome = train(rows.for_trials(), FINE_TUNED)
    before = load_head(rows.inputs.head_file, None).body
    after = load_head(rows.inputs.head_file, outcome.weights).body
    changed = [not np.array_equal(a, b) for a, b in zip(before.get_weights(), after.get_weights(), strict=True)]
    [statistics] = normalisations(before)
    still = [not np.array_equal(a, b) for a, b in zip(before.weights, after.weights, strict=True)]
    assert outcome.result.fine_tuned
    assert changed == [True, True, False, False, False, False]
    assert len(statistics.weights) == 4
    assert still == changed


def test_a_fine_tuned_head_answers_as_its_own_embeddings_say(make_rows: MakeRows) -> None:
    rows = make_rows(convolutional_head())
    outcome = train(rows.for_trials(), FINE_TUNED)
    parts = load_head(rows.inputs.head_file, outcome.weights)
    logits = parts.body.predict_on_batch(rows.inputs.features[40:]) @ parts.kernel + parts.bias
    np.testing.assert_array_equal(outcome.answers.classes[40:], logits.argmax(axis=1))
    assert outcome.result.right == np.sum(logits.argmax(axis=1) == rows.labels[40:])


@pytest.mark.parametrize("how", [GENTLE, FineTuning(Optimizer.ADAM, 1e-3, epochs=2)])
def test_fine_tuning_lowers_the_loss(make_rows: MakeRows, how: FineTuning) -> None:
    rows = make_rows(convolutional_head(), photos=10)
    features, labels = rows.inputs.features[:80], rows.labels[:80]
    parts = load_head(rows.inputs.head_file, None)
    start = np.zeros((16, 8), np.float32), np.zeros(8, np.float32)
    faster = replace(how, learning_rate=1e-2)
    everyone = np.ones(80, np.float32)
    weights = fine_tune(parts.body, start, features, labels, everyone, how=faster, seed=0, progress=ignore)
    embeddings: NDArray[np.float32] = parts.body.predict_on_batch(features)
    logits = embeddings @ weights.kernel + weights.bias
    likelihood = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert -likelihood[np.arange(80), labels].mean() < np.log(8)


def test_fine_tuning_counts_rows_as_their_weights_say(make_rows: MakeRows) -> None:
    """A burst of one person's photos, or a star with many, would be what the body is tuned to."""
    rows = make_rows(convolutional_head(), photos=10)
    features = np.concatenate([rows.inputs.features[:1], rows.inputs.features[:1]])
    start = np.zeros((16, 2), np.float32), np.zeros(2, np.float32)
    for heavier in (0, 1):
        body = load_head(rows.inputs.head_file, None).body
        weights = np.where(np.arange(2) == heavier, 1.9, 0.1).astype(np.float32)
        tuned = fine_tune(body, start, features, np.arange(2), weights, how=GENTLE, seed=0, progress=ignore)
        assert tuned.bias.argmax() == heavier


def test_a_trial_that_diverges_says_so(make_rows: MakeRows) -> None:
    with pytest.raises(Diverged, match="expected finite weights, got NaN or infinity"):
        train(make_rows(vector_head()).for_trials(), replace(QUICK, learning_rate=1e38))


def test_fine_tuning_without_features_is_refused(make_rows: MakeRows) -> None:
    with pytest.raises(ValueError, match="expected features for fine-tuning, got none"):
        train(make_rows(vector_head()).for_trials(), FINE_TUNED)


def test_equal_embeddings_give_a_stated_threshold_however_many_are_held_out(make_rows: MakeRows) -> None:
    """Rounding decided who was let in. No other trial is run then."""
    inputs = make_rows(vector_head()).for_trials()
    equal = np.broadcast_to(inputs.embeddings[:1], inputs.embeddings.shape)
    result = train(replace(inputs, embeddings=equal), replace(QUICK, epochs=0)).result
    calibration = result.calibration
    assert (calibration.fitted_on, calibration.threshold) == (FittedOn.DEFAULT, default_calibration(8).threshold)
    assert calibration.strangers > 0
    assert not could_win(result)


def test_with_fewer_than_three_classes_nothing_can_be_left_out(make_rows: MakeRows) -> None:
    outcome = train(make_rows(vector_head(classes=2), people=2).for_trials(), QUICK)
    assert outcome.result.calibration == default_calibration(2)


def test_with_one_photo_a_label_the_threshold_comes_from_strangers(make_rows: MakeRows) -> None:
    """As after an erasure, or from the base samples of a bundle. The threshold was 0: everybody was named."""
    calibration = train(make_rows(vector_head(), photos=1, held_out=0).for_trials(), QUICK).result.calibration
    assert (calibration.fitted_on, calibration.known) == (FittedOn.STRANGERS, 0)
    assert 0.2 < calibration.threshold <= 0.9


def test_a_head_that_answers_no_numbers_has_diverged(make_rows: MakeRows) -> None:
    inputs = make_rows(vector_head()).for_trials()
    embeddings = inputs.embeddings.copy()
    embeddings[inputs.held_out] = np.nan
    with pytest.raises(Diverged, match="expected finite logits of held-out samples, got NaN or infinity"):
        train(replace(inputs, embeddings=embeddings), QUICK)


def test_without_held_out_samples_there_is_no_accuracy(make_rows: MakeRows) -> None:
    result = train(make_rows(vector_head(), held_out=0).for_trials(), QUICK).result
    assert (result.accuracy, result.loss) == (None, 0.0)


def test_weights_of_another_head_are_refused(make_rows: MakeRows) -> None:
    head_file = make_rows(convolutional_head()).inputs.head_file
    kernel, bias = np.zeros((16, 6), np.float32), np.zeros(6, np.float32)
    with pytest.raises(ValueError, match="body: expected weights of"):
        load_head(head_file, HeadWeights(kernel, bias, np.zeros(7, np.float32)))
