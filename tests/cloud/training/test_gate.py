"""The gate: which challenger becomes best."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.training.gate import Evidence, PairedAnswers, Verdict, judge_challenger

BASE, BEST, CLASSES = 2, 3, 4
"""Labels 0 and 1 are of the bundle, 2 is old, 3 is new."""

Row = tuple[int, int, int, int]
"""A label, best's answer, the challenger's answer, and how often."""


def answered(*rows: Row) -> PairedAnswers:
    table: NDArray[np.int64] = np.array([row[:3] for row in rows for _ in range(row[3])], np.int64).reshape(-1, 3)
    return PairedAnswers(table[:, 0], table[:, 1], table[:, 2])


def verdict(*held_out: Row, left_out: tuple[Row, ...] = (), seen: bool = False) -> Verdict:
    left = answered(*left_out)
    return judge_challenger(
        Evidence(answered(*held_out), left, np.full(len(left.labels), not seen), BASE, BEST, CLASSES)
    )


def test_a_challenger_that_is_better_on_known_labels_passes() -> None:
    found = verdict((0, 0, 0, 20), (1, 0, 1, 5))
    assert (found.passes, found.reason) == (True, "better on labels that best knows")


def test_a_challenger_that_is_the_same_and_knows_nothing_new_does_not() -> None:
    same, none = answered((0, 0, 0, 20)), answered()
    found = judge_challenger(Evidence(same, none, np.zeros(0, bool), BASE, BEST, BEST))
    assert (found.passes, found.reason) == (False, "no better")


def test_new_labels_answered_on_held_out_photos_pass() -> None:
    found = verdict((0, 0, 0, 20), (3, 0, 3, 3), (3, 0, 1, 1))
    assert (found.passes, found.reason) == (True, "answers labels that best does not know")
    assert (found.new.held_out, found.new.held_out_right) == (4, 3)


def test_new_labels_without_held_out_photos_are_judged_by_cross_validation() -> None:
    assert verdict((0, 0, 0, 20), left_out=((3, 0, 3, 2), (3, 0, 1, 1))).passes
    assert not verdict((0, 0, 0, 20), left_out=((3, 0, 3, 1), (3, 0, 1, 2))).passes


def test_of_a_new_label_with_held_out_photos_those_alone_count() -> None:
    found = verdict((3, 0, 1, 4), left_out=((3, 0, 3, 3),))
    assert (found.passes, found.new.cross_validated) == (False, 0)


def test_new_labels_that_nobody_answered_are_reported_and_do_not_pass() -> None:
    found = verdict((0, 0, 0, 20))
    assert (found.passes, found.new.unvalidated) == (False, 1)


def test_without_any_held_out_sample_new_labels_decide() -> None:
    found = verdict(left_out=((3, 0, 3, 3),))
    assert (found.passes, found.known.held_out, found.unvalidated) == (True, 0, 3)


def test_of_few_samples_a_net_loss_fails() -> None:
    found = verdict((0, 0, 1, 2), (1, 0, 1, 1), (0, 0, 0, 10), left_out=((3, 0, 3, 3),))
    assert (found.passes, found.reason) == (False, "worse on labels that best knows")


def test_of_few_samples_as_many_won_as_lost_is_not_worse() -> None:
    assert verdict((0, 0, 1, 1), (0, 1, 0, 1), (0, 0, 0, 10), left_out=((3, 0, 3, 3),)).passes


def test_where_few_are_held_out_photos_that_best_never_saw_are_added() -> None:
    """Eleven held-out photos of synthetic people lost one by chance, while seventy others had won ten."""
    found = verdict((0, 0, 0, 10), (0, 0, 1, 1), left_out=((0, 0, 0, 60), (0, 1, 0, 10)))
    assert (found.passes, found.known.held_out, found.known.cross_validated) == (True, 11, 70)


def test_photos_that_best_was_trained_on_say_nothing_about_it() -> None:
    found = verdict((0, 0, 0, 10), (0, 0, 1, 1), left_out=((0, 0, 0, 60), (0, 1, 0, 10)), seen=True)
    assert (found.passes, found.known.cross_validated) == (False, 0)


def test_where_many_are_held_out_they_alone_decide() -> None:
    found = verdict((0, 0, 0, 90), (0, 0, 1, 10), left_out=((0, 1, 0, 500),))
    assert (found.passes, found.known.cross_validated) == (False, 0)


def test_of_many_samples_a_loss_within_the_margin_passes() -> None:
    assert verdict((0, 0, 0, 499), (0, 0, 1, 1), left_out=((3, 0, 3, 3),)).passes


def test_of_many_samples_a_loss_that_may_be_beyond_the_margin_fails() -> None:
    found = verdict((0, 0, 0, 97), (0, 0, 1, 3), left_out=((3, 0, 3, 3),))
    assert not found.passes
    assert found.known.bound < -0.02


def test_wrong_labels_that_lift_the_whole_but_harm_the_bundles_labels_fail() -> None:
    """Thirty per cent wrong labels once raised accuracy over all labels while that of the old ones fell."""
    found = verdict((0, 0, 0, 80), (0, 0, 2, 8), (2, 0, 2, 40))
    assert (found.passes, found.reason) == (False, "worse on the bundle's labels")
    assert found.known.holds


def test_a_label_that_collapses_fails_however_well_the_others_do() -> None:
    found = verdict((0, 1, 0, 50), (1, 1, 1, 40), (2, 2, 0, 8), (2, 2, 2, 4))
    assert (found.passes, found.worse) == (False, (2,))


def test_a_label_with_fewer_than_ten_photos_is_not_judged_by_itself() -> None:
    assert verdict((0, 1, 0, 50), (2, 2, 0, 9)).passes


def test_the_report_counts_base_old_and_new_labels() -> None:
    report = json.loads(json.dumps(verdict((0, 0, 0, 6), (2, 2, 2, 3), (3, 0, 3, 2)).document()))
    counts = [report[part]["held_out"] for part in ("known", "base", "old", "new")]
    assert counts == [9, 6, 3, 2]


@pytest.mark.parametrize(
    ("samples", "won", "lost"), [(29, 2, 1), (30, 2, 1), (60, 5, 2), (100, 1, 1), (100, 4, 2), (150, 6, 3)]
)
def test_a_head_that_wins_no_less_than_it_loses_passes_where_the_bound_cannot_tell(
    samples: int, won: int, lost: int
) -> None:
    """From thirty samples on the bound alone used to decide, and called better heads worse for their few changes."""
    held_out = ((0, 1, 0, won), (0, 0, 1, lost), (0, 0, 0, samples - won - lost))
    assert verdict(*held_out, left_out=((3, 0, 3, 3),)).known.holds
