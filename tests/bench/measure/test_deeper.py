"""Deeper training on a few people who are points in space: who trains, who is tested, and what the rows say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.isolated import in_fresh_process
from bench.measure.deeper import Comparison, Tried, compare, measure, summarise
from bench.measure.photo_kinds import Examples, choose_photos, cover, make_small
from bench.row import NotMeasured

PEOPLE, TRAINING, TESTS = 18, 5, 2
SHAPE = (4, 4, 8)
KNOWN = np.arange(12)
"""With fewer a fine-tuned head has too few strangers to be calibrated by."""


def compare_each(sets: list[Examples], folder: Path) -> list[Comparison]:
    """Compare on some sets of examples, by a head with a convolution in its body; for a process of its own."""
    from export.quiet import import_quietly

    keras = import_quietly("keras")
    from export.network.inception_resnet_v1 import ScaleToLength

    keras.utils.set_random_seed(0)
    feature = keras.Input(SHAPE, name="feature")
    net = keras.layers.Conv2D(16, 3, use_bias=False)(feature)
    net = keras.layers.BatchNormalization()(net)
    net = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(net))
    keras.Model(feature, keras.layers.Dense(2)(ScaleToLength(16.0)(net))).save(folder / "head.keras")
    return [compare(examples, KNOWN, folder / "head.keras") for examples in sets]


@pytest.fixture(scope="module")
def examples() -> Examples:
    random = np.random.default_rng(0)
    owners = np.arange(PEOPLE).repeat(TRAINING + TESTS)
    features = random.normal(size=(PEOPLE, *SHAPE))[owners] + 0.1 * random.normal(size=(len(owners), *SHAPE))
    tests = np.tile(np.arange(TRAINING + TESTS) >= TRAINING, PEOPLE)
    return Examples(features.astype(np.float32), owners, tests, random.integers(0, 256, (len(owners), 16), np.uint8))


def test_both_heads_are_asked_about_tests_that_neither_was_trained_or_calibrated_on(
    examples: Examples, tmp_path: Path
) -> None:
    """Tests that are of somebody else are all wrong, and what was promised without them stays."""
    known = examples.tests & np.isin(examples.owners, KNOWN)
    swapped = np.where(known, (examples.owners + 1) % len(KNOWN), examples.owners)
    true, false = in_fresh_process(compare_each, [examples, replace(examples, owners=swapped)], tmp_path)
    for right, wrong in ((true.last_layer, false.last_layer), (true.fine_tuned, false.fine_tuned)):
        assert (len(right.said), len(right.let_in)) == (12, 6)
        assert right.right.mean() > 0.9
        assert wrong.right.mean() < 0.1
        assert right.promised == pytest.approx(wrong.promised, abs=0.02)
        assert right.promised > 0.1
        assert right.seconds > 0
    assert true.bytes_here > true.bytes_freeze6


def test_a_third_of_a_persons_photos_are_tested_and_ten_others_train() -> None:
    photos = [Path(f"{number:02d}.jpg") for number in range(40)]
    for has, train, tested in ((40, 10, 13), (10, 7, 3)):
        chosen = choose_photos(photos[:has])
        assert sum(not is_test for _, is_test in chosen) == train
        assert sum(is_test for _, is_test in chosen) == tested
        assert len({photo for photo, _ in chosen}) == len(chosen)


def test_a_small_face_has_its_old_size_and_no_detail() -> None:
    stripes = np.zeros((160, 160, 3), np.uint8)
    stripes[:, ::2] = 255
    halves = np.zeros((160, 160, 3), np.uint8)
    halves[:80] = 255
    assert make_small(stripes).shape == (160, 160, 3)
    assert make_small(stripes)[:, 20:140].std() < 20
    assert make_small(halves).std() > 100


def test_a_covered_face_has_its_eyes_and_no_mouth() -> None:
    face = np.random.default_rng(0).integers(0, 256, (160, 160, 3), np.uint8)
    covered = cover(face)
    assert (covered[:80] == face[:80]).all()
    assert covered[110:140, 50:110].std(axis=(0, 1)).max() == 0
    assert face[110:140, 50:110].std() > 50


def test_each_person_counts_once_and_fine_tuning_stands_over_the_last_layer() -> None:
    half, whole = np.array([0.5, 1.0]), np.array([1.0, 1.0])
    last = Tried(half, half, half, let_in=np.array([0.0]), promised=0.75, seconds=2)
    deep = Tried(whole, whole, whole, let_in=np.array([0.5]), promised=0.5, seconds=40)
    rows = {row.name: row for row in summarise("small", Comparison(last, deep, 7000, 300))}
    said = rows["small: said, fine-tuned over the last layer alone"]
    assert (said.value, said.reference) == (100, 75)
    assert rows["small: said, gained by fine-tuning"].value == 25
    assert rows["small: strangers let in, fine-tuned over the last layer alone"].value == 50
    promise = rows["small: said over what calibration promised, fine-tuned"]
    assert (promise.value, promise.reference) == (100, 50)
    assert rows["small: processor, fine-tuned over the last layer alone"].ratio == 20


def test_without_real_faces_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEDEX_DATA", raising=False)
    monkeypatch.setattr("demo.real_data.BESIDE", tmp_path)
    [row] = measure(tmp_path)
    assert isinstance(row, NotMeasured)
    assert row.name == "deeper"
