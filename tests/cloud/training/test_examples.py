"""What a cycle learns from: classes, rows, and features in their order."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cloud.dataset.blocks import BlockFeatures, in_memory
from cloud.dataset.reader import Dataset, StoredFeatures
from cloud.label_limit import LabelLimit
from cloud.releases.stored import Release
from cloud.training import examples
from cloud.training.examples import KnownLabels, TrainingClasses, choose_classes, choose_examples
from cloud.training.inputs import has_learned
from contract.bundle import BaseSamples
from contract.labels import encode_labels
from tests.cloud.dataset.shard_making import blocks_of, encoded

BUNDLE = ("Ada", "Ben")
LABELS = ("Ada", "Ben", "Cleo", "Dan", "Eve")
BASE = BaseSamples(
    features=np.arange(8, dtype=np.float32).reshape(4, 2),
    labels=np.array([0, 0, 1, 1], np.uint32),
    sample_ids=np.zeros((4, 16), np.uint8),
    splits=np.array([0, 1, 0, 0], np.uint8),
)
NO_BASE = BaseSamples(BASE.features[:0], BASE.labels[:0], BASE.sample_ids[:0], BASE.splits[:0])

MakeDataset = Callable[..., Dataset]


@pytest.fixture
def dataset() -> MakeDataset:
    """Makes a dataset of rows of label and split (1 is held out); the feature of row i is (100 + i, 100 + i)."""

    def make(*rows: tuple[str, int]) -> Dataset:
        features = np.repeat(np.arange(100, 100 + len(rows), dtype="<f4")[:, None], 2, axis=1)
        places = np.arange(len(rows))
        index, blocks = blocks_of(encoded(features)).finish()
        stored = BlockFeatures(index, (2,), in_memory(blocks), "blocks")
        return Dataset(
            commit="c",
            labels=LABELS,
            label_index=np.array([LABELS.index(label) for label, _ in rows], np.int64),
            splits=np.array([split for _, split in rows], np.uint8),
            sample_ids=np.zeros((len(rows), 16), np.uint8),
            devices=np.arange(len(rows)) % 2,
            came=places,
            since=places,
            features=StoredFeatures((stored,), np.zeros(len(rows), np.int64), places, (2,)),
        )

    return make


def classes(data: Dataset, *, newest: tuple[str, ...] = BUNDLE, best: tuple[str, ...] = BUNDLE) -> TrainingClasses:
    return choose_classes(data, KnownLabels(BUNDLE, best, newest))


def test_a_label_becomes_a_class_with_its_second_training_photo(dataset: MakeDataset) -> None:
    chosen = classes(dataset(("Cleo", 0), ("Dan", 0), ("Cleo", 0), ("Eve", 1), ("Eve", 1)))
    assert chosen == TrainingClasses(("Ada", "Ben", "Cleo"), base=2, best=2, waiting=1, published=2)


def test_new_classes_come_in_the_order_in_which_the_dataset_met_them(dataset: MakeDataset) -> None:
    data = dataset(("Eve", 0), ("Dan", 0), ("Eve", 0), ("Dan", 0))
    assert classes(data).labels == ("Ada", "Ben", "Dan", "Eve")


def test_a_class_of_the_newest_release_keeps_its_place_even_without_photos(dataset: MakeDataset) -> None:
    data = dataset(("Cleo", 0), ("Cleo", 0))
    assert classes(data, newest=("Ada", "Ben", "Eve")).labels == ("Ada", "Ben", "Eve", "Cleo")


def test_an_excluded_sample_makes_no_class_is_no_row_and_is_remembered_as_left_out(dataset: MakeDataset) -> None:
    data = dataset(("Cleo", 0), ("Dan", 0), ("Cleo", 0), ("Dan", 0), ("Dan", 0), ("Ada", 1))
    chosen = choose_classes(data, KnownLabels(BUNDLE, BUNDLE, BUNDLE), excluded=[0, 5])
    assert (chosen.labels, chosen.waiting) == (("Ada", "Ben", "Dan"), 1)
    rows = choose_examples(data, NO_BASE, chosen, seen=0, excluded=[0, 5])
    assert rows.labels.tolist() == [2, 2, 2]
    assert rows.left_out.tolist() == [0, 2, 5]  # Cleo's other photo waits for a second one
    assert rows.weighted(np.array([1, 0, 1], np.float32)).left_out.tolist() == [0, 2, 3, 5]
    assert data.splits.tolist() == [0, 0, 0, 0, 0, 1]


def test_a_label_that_one_device_brings_alone_waits_and_its_rows_were_learned_by_nobody(dataset: MakeDataset) -> None:
    """Rows are of two devices in turn: the first one's Cleo and Dan come alone, the bundle has Ada."""
    data = dataset(("Cleo", 0), ("Ada", 0), ("Cleo", 0), ("Ada", 0), ("Dan", 0), ("Ada", 1), ("Dan", 0))
    known = KnownLabels(BUNDLE, BUNDLE, BUNDLE)
    chosen = choose_classes(data, known, limit=LabelLimit(1, 0))
    assert (chosen.labels, chosen.alone, chosen.waiting) == (("Ada", "Ben", "Cleo"), 1, 0)
    rows = choose_examples(data, NO_BASE, chosen, seen=0)
    assert rows.left_out.tolist() == [4, 6]
    allowed = choose_classes(data, known, limit=LabelLimit(1, 0), allows={"Dan"}.__contains__)
    assert (allowed.labels, allowed.alone) == (("Ada", "Ben", "Cleo", "Dan"), 0)
    back = choose_examples(data, NO_BASE, allowed, seen=7, left_out=[4, 6])
    assert back.unseen[back.labels == 3].tolist() == [True, True]


def test_whose_devices_are_excluded_stand_for_no_label(dataset: MakeDataset) -> None:
    """The second device has one sample of Dan, which is excluded: the first one's are alone again."""
    data = dataset(("Cleo", 0), ("Ada", 0), ("Cleo", 0), ("Dan", 0), ("Dan", 0), ("Ada", 0), ("Dan", 0))
    known = KnownLabels(BUNDLE, BUNDLE, BUNDLE)
    assert choose_classes(data, known, limit=LabelLimit(1, 0)).alone == 0
    assert choose_classes(data, known, limit=LabelLimit(1, 0), excluded=[3]).alone == 1


def test_what_was_left_out_as_excluded_is_unseen_when_it_comes_back(dataset: MakeDataset) -> None:
    data = dataset(("Dan", 0), ("Dan", 0), ("Dan", 0))
    rows = choose_examples(data, NO_BASE, classes(data), seen=3, left_out=[1])
    assert rows.unseen.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("samples", "learned"),
    [([0], True), ([1], False), ([1, 2], True), ([3], False), ([], False)],
    ids=["trained on", "left out", "one left out, one not", "came later", "none"],
)
def test_what_a_release_learned_from_is_told_by_when_a_sample_came(
    dataset: MakeDataset, samples: list[int], learned: bool
) -> None:
    """Not by when it had its label: who corrects a sample does not take back what a head learned from it."""
    data = replace(dataset(*[("Cleo", 0)] * 4), since=np.array([7, 7, 7, 7]))
    assert has_learned(Release(b"", None, {}, None, rows=3, left_out=(1,)), data, samples) is learned


def test_a_spelling_of_a_known_label_is_no_new_class(dataset: MakeDataset) -> None:
    data = dataset(("Cleo", 0), ("Cleo", 0))
    assert classes(data, newest=("Ada", "Ben", "CLEO")).labels == ("Ada", "Ben", "CLEO")
    assert choose_examples(data, BASE, classes(data, newest=("Ada", "Ben", "CLEO")), seen=0).labels[-3:].tolist() == [
        2,
        2,
        0,
    ]


def test_rows_that_train_come_before_those_held_out(dataset: MakeDataset) -> None:
    data = dataset(("Cleo", 0), ("Cleo", 1), ("Cleo", 0))
    chosen = choose_examples(data, BASE, classes(data), seen=0)
    assert (chosen.labels.tolist(), chosen.trained) == ([0, 1, 1, 2, 2, 0, 2], 5)


def test_rows_say_who_sent_them_and_in_which_order_they_came(dataset: MakeDataset) -> None:
    """Training rows come first, whatever their place in time; the bundle's base is before every device."""
    data = dataset(("Cleo", 0), ("Cleo", 1), ("Cleo", 0), ("Ada", 0))
    chosen = choose_examples(data, BASE, classes(data), seen=0)
    assert chosen.sources.tolist() == [0, 0, 0, 1, 1, 2, 0, 2]
    assert chosen.chronology.tolist() == [0, 2, 3, 4, 6, 7, 1, 5]


def test_rows_of_a_waiting_label_are_left_out(dataset: MakeDataset) -> None:
    data = dataset(("Dan", 0), ("Ada", 0))
    chosen = choose_examples(data, BASE, classes(data), seen=0)
    assert (chosen.labels.tolist(), chosen.trained) == ([0, 1, 1, 0, 0], 4)


def test_what_best_was_trained_on_is_not_unseen(dataset: MakeDataset) -> None:
    data = dataset(("Ada", 0), ("Ben", 0), ("Ada", 1))
    chosen = choose_examples(data, BASE, classes(data), seen=1)
    assert chosen.unseen.tolist() == [False, False, False, False, True, False, True]


@pytest.mark.parametrize("chunk_bytes", [1, 8, 24, 1 << 20])
def test_features_follow_the_rows_in_pieces_of_any_size(
    dataset: MakeDataset, monkeypatch: pytest.MonkeyPatch, chunk_bytes: int
) -> None:
    monkeypatch.setattr(examples, "CHUNK_BYTES", chunk_bytes)
    data = dataset(("Cleo", 0), ("Cleo", 1), ("Cleo", 0))
    chosen = choose_examples(data, BASE, classes(data), seen=0)
    features = np.concatenate(list(chosen.features(BASE, data)))
    assert features[:, 0].tolist() == [0, 4, 6, 100, 102, 2, 101]


def test_a_bundle_without_base_samples_trains_on_uploads_alone(dataset: MakeDataset) -> None:
    data = dataset(("Cleo", 0), ("Cleo", 0))
    assert choose_examples(data, NO_BASE, classes(data), seen=0).labels.tolist() == [2, 2]


@pytest.mark.parametrize(("bound", "kept"), [("MAX_LABELS", 3), ("MAX_LABELS_BYTES", len(b'["Ada","Ben","Cleo"]'))])
def test_labels_for_which_a_list_has_no_room_are_left_out_and_stop_nobody(
    dataset: MakeDataset, monkeypatch: pytest.MonkeyPatch, bound: str, kept: int
) -> None:
    """One label more than a list may hold, and no head of that pool could be published any more."""
    monkeypatch.setattr(examples, bound, kept)
    data = dataset(("Cleo", 0), ("Cleo", 0), ("Dan", 0), ("Dan", 0), ("Dan", 1), ("Eve", 0), ("Eve", 0), ("Ada", 0))
    chosen = classes(data)
    assert (chosen.labels, chosen.left_out) == (("Ada", "Ben", "Cleo"), 2)
    rows = choose_examples(data, BASE, chosen, seen=0)
    assert rows.labels.tolist() == [0, 1, 1, 2, 2, 0, 0]


def test_as_many_labels_stay_as_a_list_holds_to_the_byte(dataset: MakeDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    full = len(encode_labels(LABELS))
    data = dataset(*((label, 0) for label in ("Cleo", "Dan", "Eve") for _ in range(2)))
    monkeypatch.setattr(examples, "MAX_LABELS_BYTES", full)
    assert classes(data).labels == LABELS
    monkeypatch.setattr(examples, "MAX_LABELS_BYTES", full - 1)
    assert classes(data).labels == LABELS[:4]


def test_a_label_that_a_release_has_is_never_left_out(dataset: MakeDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "MAX_LABELS", 1)
    chosen = classes(dataset(("Dan", 0), ("Dan", 0)), newest=("Ada", "Ben", "Cleo"))
    assert (chosen.labels, chosen.left_out) == (("Ada", "Ben", "Cleo"), 1)


def test_rows_know_their_sources_and_when_they_came(dataset: MakeDataset) -> None:
    data = dataset(("Cleo", 1), ("Cleo", 0), ("Cleo", 0))
    chosen = choose_examples(data, BASE, classes(data), seen=0)
    assert chosen.sources.tolist() == [0, 0, 0, 2, 1, 0, 1]
    assert chosen.chronology.tolist() == [0, 2, 3, 5, 6, 1, 4]


def test_a_correction_is_news_and_as_old_as_itself(dataset: MakeDataset) -> None:
    """A device that corrected an old sample to a new name had founded it; and the sample judged its own correction."""
    data = replace(dataset(("Ada", 0), ("Ben", 0), ("Ada", 1)), since=np.array([3, 1, 2]))
    chosen = choose_examples(data, BASE, classes(data), seen=3)
    assert chosen.chronology.tolist() == [0, 2, 3, 7, 5, 1, 6]
    assert chosen.unseen.tolist() == [False, False, False, True, False, False, False]


def test_held_out_rows_of_a_label_without_training_rows_judge_nothing(dataset: MakeDataset) -> None:
    """A label that is never the answer moved the temperature of all others."""
    data = dataset(("Cleo", 0), ("Cleo", 0), ("Cleo", 1))
    before = choose_examples(data, BASE, classes(data, newest=("Ada", "Ben", "Cleo")), seen=0)
    shares = (~before.trains | (before.labels != 2)).astype(np.float32)
    assert before.weighted(shares).counting[before.labels == 2].tolist() == [False, False, False]


def test_what_was_left_out_of_best_is_unseen(dataset: MakeDataset) -> None:
    data = dataset(("Ada", 0), ("Ben", 0), ("Ada", 0))
    chosen = choose_examples(data, BASE, classes(data), seen=3, left_out=[1])
    assert chosen.unseen[chosen.trained - 3 : chosen.trained].tolist() == [False, True, False]


def test_labels_count_alike_however_many_rows_they_have(dataset: MakeDataset) -> None:
    data = dataset(*[("Cleo", 0)] * 8, ("Cleo", 1))
    chosen = choose_examples(data, BASE, classes(data), seen=0).weighted(np.ones(13, np.float32))
    totals = np.bincount(chosen.labels[chosen.trains], chosen.weights[chosen.trains])
    np.testing.assert_allclose(totals, 1)
    assert chosen.counting.all()
    assert chosen.weights[chosen.labels == 2].tolist() == [0.125] * 9


def test_a_new_label_whose_rows_do_not_count_is_no_class_and_those_behind_it_move_up(dataset: MakeDataset) -> None:
    data = dataset(("Cleo", 0), ("Cleo", 0), ("Dan", 0), ("Dan", 0))
    before = choose_examples(data, BASE, classes(data), seen=0)
    shares = (before.labels != 2).astype(np.float32)
    chosen = before.weighted(shares)
    assert (chosen.classes.labels, chosen.classes.waiting) == (("Ada", "Ben", "Dan"), 1)
    assert chosen.labels[chosen.counting].tolist() == [0, 1, 1, 2, 2, 0]
    assert chosen.left_out.tolist() == [0, 1]
    assert chosen.photos.tolist() == [1, 2, 2]


def test_a_new_label_with_one_photo_to_train_on_and_others_to_judge_is_no_class(dataset: MakeDataset) -> None:
    """Its photo that counts must not count for the label before it in the list."""
    data = dataset(("Dan", 0), ("Cleo", 0), ("Cleo", 0), ("Dan", 0), ("Dan", 1), ("Dan", 1))
    before = choose_examples(data, NO_BASE, classes(data), seen=0)
    chosen = before.weighted(np.array([1, 1, 1, 0, 1, 1], np.float32))
    assert chosen.classes.labels == ("Ada", "Ben", "Cleo")
    assert chosen.labels[chosen.counting].tolist() == [2, 2]
    assert chosen.weights.tolist() == [0, 0.5, 0.5, 0, 0, 0]
    assert chosen.labels.min() == 0
    assert chosen.left_out.tolist() == [0, 3, 4, 5]


def test_what_was_left_out_is_told_in_the_order_of_the_dataset_without_the_base(dataset: MakeDataset) -> None:
    data = dataset(("Ada", 1), ("Ada", 0), ("Ben", 0))
    shares = np.array([0, 1, 1, 0, 1, 1, 0], np.float32)
    chosen = choose_examples(data, BASE, classes(data), seen=0).weighted(shares)
    assert chosen.left_out.tolist() == [0, 1]


def test_a_label_that_a_release_has_stays_whatever_counts(dataset: MakeDataset) -> None:
    data = dataset(("Cleo", 0), ("Cleo", 0))
    before = choose_examples(data, BASE, classes(data, newest=("Ada", "Ben", "Cleo")), seen=0)
    chosen = before.weighted((before.labels != 2).astype(np.float32))
    assert chosen.classes.labels == ("Ada", "Ben", "Cleo")
    assert chosen.photos.tolist() == [1, 2, 0]


def test_what_is_new_of_labels_in_doubt_is_left_out_with_what_its_device_held_out(dataset: MakeDataset) -> None:
    """What the device sent of other labels stays, and what another one held out of this one."""
    rows = [("Ada", 0), ("Ben", 0), ("Ada", 0), ("Ada", 1), ("Ada", 1), ("Cleo", 0), ("Ben", 0), ("Cleo", 0)]
    data = dataset(*rows)
    before = choose_examples(data, BASE, classes(data), seen=1).weighted(np.ones(12, np.float32))
    chosen = before.without_news([0])
    assert chosen is not None
    assert chosen.left_out.tolist() == [2, 4]
    assert chosen.classes.labels == ("Ada", "Ben", "Cleo")


def test_news_of_another_device_and_another_label_stay(dataset: MakeDataset) -> None:
    data = dataset(("Ben", 0), ("Ada", 0))
    before = choose_examples(data, BASE, classes(data), seen=0).weighted(np.ones(6, np.float32))
    chosen = before.without_news([0])
    assert chosen is not None
    assert chosen.left_out.tolist() == [1]


def test_where_labels_in_doubt_have_no_news_nothing_is_left_out(dataset: MakeDataset) -> None:
    """Not what best was trained on, nor what is held out alone."""
    data = dataset(("Ada", 0), ("Ben", 0), ("Ada", 0), ("Ada", 1), ("Cleo", 0), ("Cleo", 0))
    before = choose_examples(data, BASE, classes(data), seen=3).weighted(np.ones(10, np.float32))
    assert before.without_news([0, 1]) is None


def test_of_a_label_of_the_base_no_device_vouches_for_a_sample(dataset: MakeDataset) -> None:
    data = dataset(("Ada", 0), ("Ada", 0), ("Ben", 1))
    chosen = choose_examples(data, BASE, classes(data), seen=0)
    assert (chosen.vouched == (chosen.sources == 0)).all()
    assert chosen.vouched.sum() == 4


def test_the_base_vouches_for_labels_and_so_do_two_devices(dataset: MakeDataset) -> None:
    data = dataset(("Cleo", 0), ("Dan", 0), ("Cleo", 0), ("Dan", 0), ("Eve", 0), ("Eve", 0))
    chosen = choose_examples(replace(data, devices=np.array([0, 0, 0, 1, 1, 1])), BASE, classes(data), seen=0)
    vouched = {
        chosen.classes.labels[label]: bool(vouched)
        for label, vouched in zip(chosen.labels, chosen.vouched, strict=True)
    }
    assert vouched == {"Ada": True, "Ben": True, "Cleo": False, "Dan": True, "Eve": False}
    of_ada = chosen.labels == 0
    assert chosen.vouched[of_ada].tolist() == [True, True]
    only_one = replace(chosen, weights=np.where(chosen.sources == 2, 0, chosen.weights).astype(np.float32))
    assert not only_one.vouched[only_one.labels == chosen.classes.labels.index("Dan")].any()
