"""Cross-validation of a last layer: who is left out where, and what that says."""

import numpy as np
import pytest
from numpy.typing import NDArray

from export.heads import folds as folds_module
from export.heads.class_means import ABSENT_LOGIT
from export.heads.folds import ENOUGH_STRANGERS, FEWEST_VOUCHED, assign_folds, cross_validate, folds_for
from export.heads.recipe import Recipe

RECIPE = Recipe(epochs=5)
Floats = NDArray[np.float32]


def crowd(people: int, photos: int, *, spread: float = 1.0) -> tuple[Floats, NDArray[np.int64]]:
    chance = np.random.default_rng(0)
    labels = np.repeat(np.arange(people), photos)
    points = chance.normal(size=(people, 32))[labels] + spread * chance.normal(size=(len(labels), 32))
    return (16 * points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), labels


@pytest.mark.parametrize("photos", [1, 2, 3, 5, 25])
def test_a_sample_is_in_exactly_one_part_of_each_fold(photos: int) -> None:
    folds = assign_folds(np.repeat(np.arange(20), photos), folds=10, seed=0)
    parts = folds.members.astype(int) + folds.left_out + folds.strangers
    np.testing.assert_array_equal(parts, 1)


def test_everyone_is_a_stranger_once_and_every_photo_is_left_out_once() -> None:
    folds = assign_folds(np.repeat(np.arange(20), 3), folds=10, seed=0)
    np.testing.assert_array_equal(folds.strangers.sum(axis=0), 1)
    np.testing.assert_array_equal(folds.left_out.sum(axis=0), 1)


def test_a_fold_never_leaves_out_all_photos_of_someone_it_knows() -> None:
    labels = np.repeat(np.arange(12), 2)
    folds = assign_folds(labels, folds=10, seed=3)
    for members, left_out in zip(folds.members, folds.left_out, strict=True):
        assert set(labels[left_out]) <= set(labels[members])


def test_a_single_photo_is_never_left_out() -> None:
    assert not assign_folds(np.arange(20), folds=10, seed=0).left_out.any()


def test_few_people_are_strangers_of_one_fold_each() -> None:
    folds = assign_folds(np.repeat(np.arange(3), 4), folds=10, seed=0)
    np.testing.assert_array_equal(folds.strangers.sum(axis=0), 1)
    assert folds.strangers.any(axis=1).sum() == 3


def test_many_classes_run_fewer_folds() -> None:
    few = [folds_for(classes, samples=16_384, people=classes) for classes in (65, 4_000, 8_631, 60_000)]
    assert few == [10, 4, 2, 2]


@pytest.mark.parametrize("classes", [65, 500, 1_638, 8_631])
def test_more_samples_run_fewer_folds_but_as_many_as_leave_out_enough_strangers(classes: int) -> None:
    numbers = [folds_for(classes, samples=samples, people=classes) for samples in (16_384, 16_385, 50_000, 10**6)]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] - numbers[1] <= 1
    assert numbers[-1] * classes / 10 >= min(ENOUGH_STRANGERS, classes)
    assert numbers[-1] == {65: 10, 500: 10, 1_638: 4, 8_631: 1}[classes]


def test_where_few_may_be_strangers_all_folds_are_run() -> None:
    assert folds_for(1_638, samples=10**6, people=40) == 10


def test_one_fold_leaves_out_strangers_and_photos_of_the_known(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, labels = crowd(30, 4)
    for name, value in (("FEW_SAMPLES", 100), ("MOST_COLUMNS", 30), ("ENOUGH_STRANGERS", 3)):
        monkeypatch.setattr(folds_module, name, value)
    validated = cross_validate(embeddings, labels, classes=30, recipe=RECIPE)
    assert len(validated.strangers.labels) == 3 * 4
    assert len(validated.known.labels) == 27  # one photo of each of the others
    np.testing.assert_array_equal((validated.strangers.logits <= ABSENT_LOGIT / 2).sum(axis=1), 3)
    assert np.mean(validated.known.logits.argmax(axis=1) == validated.known.labels) > 0.9


def test_with_few_folds_a_tenth_of_the_people_are_strangers_of_each() -> None:
    folds = assign_folds(np.repeat(np.arange(100), 3), folds=2, seed=0)
    np.testing.assert_array_equal(folds.strangers.sum(axis=1), 30)


def test_the_left_out_are_recognised_and_strangers_are_less_sure() -> None:
    embeddings, labels = crowd(20, 4)
    validated = cross_validate(embeddings, labels, classes=20, recipe=RECIPE)
    assert np.mean(validated.known.logits.argmax(axis=1) == validated.known.labels) > 0.95
    assert np.median(validated.known.logits.max(axis=1)) > np.median(validated.strangers.logits.max(axis=1)) + 2


def test_a_stranger_is_never_given_a_name_that_the_fold_does_not_know() -> None:
    embeddings, labels = crowd(20, 4)
    validated = cross_validate(embeddings, labels, classes=20, recipe=RECIPE)
    np.testing.assert_array_equal((validated.strangers.logits <= ABSENT_LOGIT / 2).sum(axis=1), 2)


def test_the_gain_of_one_more_photo_is_that_of_a_mean_and_vanishes_with_many() -> None:
    """Two photos of mutual cosine s, from the centre, against one: a factor of sqrt(2 / (1 + s))."""
    embeddings, labels = crowd(40, 2)
    from_centre = embeddings - embeddings.mean(axis=0)
    units = from_centre / np.linalg.norm(from_centre, axis=1, keepdims=True)
    cosines = np.sum(units[::2] * units[1::2], axis=1)
    validated = cross_validate(embeddings, labels, classes=40, recipe=RECIPE)
    np.testing.assert_allclose(validated.gain, np.sqrt(2 / (1 + cosines.mean())), rtol=1e-4)
    many = cross_validate(*crowd(5, 40), classes=5, recipe=RECIPE)
    assert 1 <= many.gain.max() < 1.001


def test_the_correction_lifts_the_right_class_only() -> None:
    embeddings, labels = crowd(10, 2)
    validated = cross_validate(embeddings, labels, classes=10, recipe=RECIPE)
    changed = np.argwhere(validated.corrected().logits != validated.known.logits)
    assert set(map(tuple, changed.tolist())) <= set(enumerate(validated.known.labels.tolist()))


def test_a_sample_of_weight_zero_is_in_no_part_of_any_fold() -> None:
    embeddings, labels = crowd(20, 4)
    weights = np.ones(80, np.float32)
    weights[:4], labels[:4] = 0, -1
    validated = cross_validate(embeddings, labels, classes=20, weights=weights, recipe=RECIPE)
    assert len(validated.known.labels) == len(validated.strangers.labels) == 76
    assert validated.known.labels.min() == 1


def test_near_duplicates_are_left_out_together_and_count_as_one_photo() -> None:
    """Of a burst of eight frames seven trained: 100 % was promised and 3 % came, and no other recipe was tried."""
    embeddings, labels = crowd(20, 1)
    frames, names = np.repeat(embeddings, 8, axis=0), np.repeat(labels, 8)
    bursts = np.repeat(np.arange(20), 8)
    validated = cross_validate(frames, names, classes=20, moments=bursts, recipe=RECIPE)
    assert len(validated.known.labels) == 0
    twice = cross_validate(
        np.concatenate([frames, embeddings]),
        np.concatenate([names, labels]),
        classes=20,
        moments=np.concatenate([bursts, 20 + labels]),
        recipe=RECIPE,
    )
    assert np.bincount(twice.known.labels).tolist() == [9] * 20
    for fold in assign_folds(names, folds=10, seed=0, moments=bursts // 2).left_out:
        assert fold.reshape(20, 8).all(axis=1).sum() * 8 == fold.sum()


def test_with_many_samples_some_of_every_label_are_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 8,631 labels and half a million samples all would have been 7 GB of logits."""
    chance = np.random.default_rng(0)
    labels = np.repeat(np.arange(12), 40)
    embeddings = chance.normal(size=(480, 16)).astype(np.float32)
    monkeypatch.setattr(folds_module, "MOST_SCORED", 240 * 12)
    found = cross_validate(embeddings, labels, classes=12, recipe=Recipe(epochs=0))
    for scored in (found.known, found.strangers):
        assert len(scored.labels) <= 240
        assert len(np.unique(scored.labels)) == 12
    assert len(found.gain) == len(found.known.labels)


def test_only_labels_that_are_vouched_for_stand_for_strangers() -> None:
    """Five invented names, each near a known person, raised everybody's threshold: 99 % said became 86."""
    embeddings, labels = crowd(30, 4)
    for names in (FEWEST_VOUCHED, FEWEST_VOUCHED - 1):
        found = cross_validate(embeddings, labels, classes=30, recipe=Recipe(epochs=0), vouched=labels < names)
        of = np.unique(found.strangers.labels)
        assert len(of) == (names if names == FEWEST_VOUCHED else 30)
        assert len(np.unique(found.known.labels)) == 30


def test_no_stranger_is_taken_for_a_label_that_nobody_vouches_for() -> None:
    """Ten names near known people answered these people's photos where they were left out: 99 % said became 94."""
    embeddings, labels = crowd(30, 4)
    for names in (FEWEST_VOUCHED, FEWEST_VOUCHED - 1):
        found = cross_validate(embeddings, labels, classes=30, recipe=Recipe(epochs=0), vouched=labels < names)
        hidden = (found.strangers.logits == ABSENT_LOGIT).all(axis=0)
        assert hidden.tolist() == ([False] * names + [True] * (30 - names) if names == FEWEST_VOUCHED else [False] * 30)
        assert (found.known.logits.max(axis=0) > ABSENT_LOGIT).all()


def test_of_a_label_that_others_vouch_for_only_their_samples_stand_for_strangers() -> None:
    """Features between two people, under the names of thirty, cost everybody a third of what was said."""
    embeddings, labels = crowd(6, 4)
    vouched = (np.arange(24) % 4 == 0) & (labels < 3)  # one of four, of three people; the other three have none
    found = cross_validate(embeddings, labels, classes=6, recipe=Recipe(epochs=0), vouched=vouched)
    counts = np.bincount(found.strangers.labels, minlength=6)
    assert counts.tolist() == [1, 1, 1, 4, 4, 4]
    assert np.bincount(found.known.labels, minlength=6).min() >= 4
