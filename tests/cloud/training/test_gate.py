"""The gate: which challenger becomes best, and what it says of one that does not."""

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.training.gate import (
    FLOOR,
    MARGIN,
    Answers,
    Comparison,
    Counted,
    Evidence,
    Verdict,
    judge_challenger,
    may_judge,
    promised,
)
from contract.unknown import Strictness, UnknownPoint
from export.heads.calibration import Calibration

BASE, BEST = 30, 40
"""Labels below 30 are of the bundle, below 40 best knows them."""

Said = tuple[int, int, bool, bool]
"""A label, how many samples, and whether best and the challenger say them."""


def answers(classes: NDArray[np.int64], said: NDArray[np.bool_]) -> Answers:
    """The label after each one comes next."""
    return Answers(classes, classes + 1, said)


def evidence(
    *samples: Said,
    promised: float | None = None,
    classes: int = BEST,
    unseen: bool = True,
    taken_by: int = BEST - 1,
) -> Evidence:
    """What is not said is answered with the label `taken_by`; the first head says what best says."""
    rows = [(label, best, challenger) for label, count, best, challenger in samples for _ in range(count)]
    labels = np.array([label for label, _, _ in rows], np.int64)
    heads = [np.array([row[place] for row in rows], bool) for place in (1, 2)]
    best, challenger = (answers(np.where(said, labels, taken_by), said) for said in heads)
    flags = np.full(len(labels), unseen)
    return Evidence(labels, flags, best, best, challenger, promised, BASE, BEST, classes)


def verdict(*samples: Said, promised: float | None = None, classes: int = BEST) -> Verdict:
    return judge_challenger(evidence(*samples, promised=promised, classes=classes))


def everybody(*, but: int = 0, of: int = BEST) -> list[Said]:
    """Two samples of each label that both heads say, but for the first labels, of which the challenger says one."""
    lost = [(label, 1, True, said) for label in range(but) for said in (True, False)]
    return [*lost, *((label, 2, True, True) for label in range(but, of))]


def test_newer_data_wins_where_nothing_is_lost() -> None:
    """Nothing new was "no better": a swap of two names that was corrected stayed wrong in best."""
    found = verdict(*everybody())
    assert (found.passes, found.reason) == (True, "accepted among known went from 100 to 100 %")


def test_a_head_that_says_less_of_everybody_fails_and_says_how_much() -> None:
    """Top-1 was the same: a head that said 78 % won against one that said 95."""
    found = verdict(*everybody(but=8))
    assert (found.passes, found.reason) == (False, "accepted among known fell from 100 to 90 %")


def test_one_lost_answer_is_chance() -> None:
    """One of fewer than 132 answers refused right growth in 4 of 21 worlds."""
    assert verdict(*everybody(but=1)).passes


@pytest.mark.parametrize(("halved", "passes"), [(2, True), (3, False)])
def test_a_loss_is_one_that_chance_hardly_makes_of_so_many_labels(halved: int, passes: bool) -> None:
    """Three of forty labels that lose half are found beside 37 that lose nothing, in one comparison of twenty."""
    assert verdict(*everybody(but=halved)).passes is passes


def test_a_label_with_many_samples_has_one_vote() -> None:
    found = verdict(*everybody(but=8, of=BEST - 1), (BEST - 1, 500, False, True))
    assert (found.passes, found.known.labels) == (False, BEST)
    assert found.known.after - found.known.before == pytest.approx((1 - 8 / 2) / BEST)


def test_a_loss_of_the_bundles_labels_is_not_made_up_for_by_others() -> None:
    won = [(label, 2, False, True) for label in range(BASE, BEST)]
    found = verdict(*everybody(but=6, of=BASE), *won)
    assert (found.passes, found.reason) == (False, "accepted among the bundle's labels fell from 100 to 90 %")
    assert not found.known.is_loss


def test_small_losses_do_not_add_up_from_the_first_head_on() -> None:
    shown = evidence(*everybody())
    labels = shown.labels
    said = ~np.isin(np.arange(len(labels)), 2 * np.arange(8))
    weaker = answers(np.where(said, labels, 39), said)
    found = judge_challenger(replace(shown, best=weaker, challenger=weaker))
    assert (found.passes, found.known.is_loss) == (False, False)
    assert found.reason.startswith("accepted among the bundle's labels, from the first head on, fell from 100 to ")


def test_a_label_that_lost_most_is_in_doubt_with_the_label_that_took_its_samples() -> None:
    shown = evidence((0, 2, True, True), (0, 4, True, False), *everybody()[1:], taken_by=37)
    found = judge_challenger(shown)
    assert (found.passes, found.reason) == (False, "1 label lost most of what was accepted")
    assert (found.lost, found.in_doubt) == ((0,), (0, 37))


def test_where_its_samples_are_only_less_sure_now_the_label_that_comes_next_is_in_doubt() -> None:
    """Two names of one person share its samples: neither is sure any more."""
    shown = evidence((0, 6, True, False), *everybody()[1:], taken_by=0, classes=BEST + 1)
    next_is_new = replace(shown.challenger, runners_up=np.full(len(shown.labels), BEST))
    assert judge_challenger(replace(shown, challenger=next_is_new)).in_doubt == (0, BEST)
    assert judge_challenger(shown).in_doubt == (0,)


def test_of_few_labels_what_is_right_and_unsure_puts_no_new_label_in_doubt() -> None:
    """Its threshold is chance: only the label that took its other samples is in doubt."""
    shown = evidence((0, 2, True, True), (0, 4, True, False), (1, 20, True, True), taken_by=1)
    few = replace(shown, classes=5, best_classes=4, base_classes=4)
    unsure = Answers(shown.challenger.classes, np.full(len(shown.labels), 4), np.zeros(len(shown.labels), bool))
    found = judge_challenger(replace(few, challenger=unsure))
    assert (found.lost, found.in_doubt) == ((0,), (0, 1))


@pytest.mark.parametrize(("kept", "lost", "won"), [(0, 2, 0), (4, 3, 0), (3, 3, 0), (0, 3, 1), (1, 5, 2)])
def test_a_label_that_lost_little_is_not(kept: int, lost: int, won: int) -> None:
    found = verdict((0, kept, True, True), (0, lost, True, False), (0, won, False, True), *everybody()[1:])
    assert found.lost == ()


@pytest.mark.parametrize("never", [0, 4])
def test_three_samples_of_a_label_are_enough_to_be_lost_whatever_was_never_said(never: int) -> None:
    assert verdict((0, 3, True, False), (0, never, False, False), *everybody()[1:]).lost == (0,)


def test_what_is_still_said_and_what_other_labels_lose_puts_no_label_in_doubt() -> None:
    shown = evidence((0, 2, True, True), (0, 4, True, False), (5, 1, True, False), *everybody()[1:], classes=BEST + 2)
    taken = np.where(shown.labels == 5, 33, shown.challenger.classes)
    new = np.where(shown.challenger.said, BEST, 0)
    found = judge_challenger(replace(shown, challenger=Answers(taken, new, shown.challenger.said)))
    assert (found.lost, found.in_doubt) == ((0,), (0, BEST - 1))


@pytest.mark.parametrize(("promised", "passes"), [(FLOOR - 0.01, False), (FLOOR, True)])
def test_a_head_that_says_nearly_nothing_never_passes_whatever_it_is_compared_with(
    promised: float, passes: bool
) -> None:
    """Fourteen of fifteen heads at chance, on photos in which faces were small, were published."""
    found = verdict(promised=promised)
    assert found.passes is passes
    assert passes or found.reason == "accepted among known is 19 %, and 20 % are asked for"


def test_of_few_labels_the_floor_is_of_right_answers() -> None:
    """Nine speakers: nine in ten answers were right, 3 % of them above a threshold that six strangers gave."""
    shy = Calibration(1.0, 0.9, {Strictness.BALANCED: UnknownPoint(0.9, 0.03, 0.0)}, right=0.9)
    assert promised(shy, classes=9) == 0.9
    assert promised(shy, classes=10) == 0.03
    assert promised(Calibration(1.0, 0.9), classes=9) is None
    few = replace(evidence(promised=0.1), classes=9, best_classes=8, base_classes=3)
    assert judge_challenger(few).reason == "right among known is 10 %, and 20 % are asked for"
    assert judge_challenger(replace(few, classes=10)).reason == "accepted among known is 10 %, and 20 % are asked for"


def few(before: float, after: float) -> Evidence:
    """Twenty samples of each of five labels, all answered rightly, of which heads say a share."""
    labels = np.repeat(np.arange(5), 20)
    place = np.arange(100) % 20
    best, challenger = (answers(labels, place < 20 * share) for share in (before, after))
    return Evidence(labels, np.full(100, True), best, best, challenger, 0.9, base_classes=5, best_classes=5, classes=5)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (1.0, 0.0, "accepted among known fell from 100 to 0 %"),
        (1.0, 0.3, "right among known went from 100 to 100 %"),  # between thresholds that are chance that is none
        (0.1, 0.0, "right among known went from 100 to 100 %"),
    ],
)
def test_of_few_labels_a_head_that_says_hardly_anything_takes_no_place_of_one_that_does(
    before: float, after: float, reason: str
) -> None:
    found = judge_challenger(few(before, after))
    assert (found.reason, found.passes) == (reason, "fell" not in reason)


def test_without_cross_validation_held_out_samples_ask_for_the_floor() -> None:
    assert not verdict(*[(label, 5, False, False) for label in range(20)]).passes


def test_where_few_labels_vote_samples_are_counted() -> None:
    """One of two labels with one sample each is half of all votes, and chance."""
    assert verdict((0, 1, True, True), (1, 1, True, False)).passes
    found = verdict((0, 40, True, True), (1, 2, True, False), (2, 20, True, True), (2, 5, True, False))
    assert (found.passes, found.known.is_loss) == (False, True)
    assert verdict((0, 40, True, True), (2, 20, True, True), (2, 3, True, False), (2, 2, False, True)).passes


@pytest.mark.parametrize(("lost", "won", "is_loss"), [(5, 0, True), (4, 0, False), (7, 1, True), (6, 1, False)])
def test_of_few_labels_five_lost_samples_tell_and_each_that_was_won_takes_two_away(
    lost: int, won: int, is_loss: bool
) -> None:
    found = verdict((0, 40, True, True), (0, lost, True, False), (1, 40, True, True), (1, won, False, True))
    assert found.known.is_loss is is_loss


def test_of_few_labels_what_no_head_ever_said_is_neither_lost_nor_won() -> None:
    never = (0, 40, False, False)
    assert not verdict(never, (1, 19, True, True), (1, 1, True, False)).known.is_loss
    assert verdict(never, (1, 20, True, True), (1, 5, True, False)).known.is_loss


@pytest.mark.parametrize(("labels", "is_loss"), [(9, False), (10, True)])
def test_ten_labels_are_enough_for_their_votes_to_tell(labels: int, is_loss: bool) -> None:
    """Each loses half: of nine labels, four of those that won make up for it sample by sample."""
    halved = [(label, 1, True, said) for label in range(4, labels) for said in (True, False)]
    kept = [(label, 2, True, True) for label in range(3)]
    found = verdict(*halved, *kept, (3, 1, False, True), (3, 9, True, True))
    assert found.known.labels == labels
    assert found.known.is_loss is is_loss


def test_a_loss_within_the_margin_is_none() -> None:
    found = verdict(*((label, 300, True, True) for label in range(BEST)), *((n, 1, True, False) for n in range(BEST)))
    assert found.known.bound < 0
    assert found.known.before - found.known.after < MARGIN
    assert found.passes


def test_samples_that_no_head_was_trained_on_speak_before_those_that_all_were() -> None:
    trained, held_out = evidence((0, 50, True, True), unseen=False), evidence((0, 1, True, False))
    both = evidence((0, 50, True, True), (0, 1, True, False))
    shown = judge_challenger(replace(both, unseen=np.concatenate([trained.unseen, held_out.unseen])))
    assert (shown.known.samples, shown.known.after) == (1, 0.0)
    other = evidence((0, 50, True, True), (0, 1, True, False), (1, 3, True, True))
    shown = judge_challenger(replace(other, unseen=np.arange(len(other.labels)) == 50))
    assert (shown.known.samples, shown.known.labels, shown.unjudged) == (4, 2, BEST - 2)


def test_without_anything_to_judge_newer_data_wins_and_says_so() -> None:
    found = verdict(promised=0.9, classes=BEST + 3)
    assert (found.passes, found.reason) == (True, "no sample judges it, and 3 labels are new")
    assert (found.unjudged, found.new) == (BEST, 3)
    assert found.known == Comparison(
        labels=0, samples=0, counted=Counted.ACCEPTED, before=0.0, after=0.0, bound=0.0, is_loss=False
    )


def test_a_head_whose_threshold_nobody_fitted_is_compared_by_its_answers_alone() -> None:
    """A network's own head accepted everybody and every stranger; none that refuses strangers could follow it."""
    shown = evidence(*everybody())
    refusing = answers(shown.labels, np.arange(len(shown.labels)) % 2 == 0)
    everything = replace(shown.best, is_calibrated=False)
    assert judge_challenger(replace(shown, first=everything, best=everything, challenger=refusing)).passes
    assert not judge_challenger(replace(shown, challenger=refusing)).passes
    wrong = answers(np.full(len(shown.labels), 39), np.zeros(len(shown.labels), bool))
    assert not judge_challenger(replace(shown, first=everything, best=everything, challenger=wrong)).passes


def test_a_label_of_the_bundle_that_dies_slowly_is_found_beside_the_first_head() -> None:
    """Of ten samples 5, 3, 2 and 1 were said in four cycles, none of which lost most of what the one before said."""
    shown = evidence((0, 5, True, True), (0, 3, True, False), (0, 2, False, False), *everybody()[1:])
    first = answers(shown.labels, np.ones(len(shown.labels), bool))
    assert judge_challenger(shown).lost == ()
    found = judge_challenger(replace(shown, first=replace(first, said=np.where(shown.labels == 0, True, first.said))))
    assert found.lost == ()
    worse = evidence((0, 3, True, True), (0, 1, True, False), (0, 6, False, False), *everybody()[1:])
    first = answers(worse.labels, np.ones(len(worse.labels), bool))
    assert judge_challenger(replace(worse, first=first)).lost == (0,)


def test_the_floor_is_of_what_is_said_whatever_the_other_head_is() -> None:
    shown = evidence(*everybody())
    silent = answers(shown.labels, np.zeros(len(shown.labels), bool))
    everything = replace(shown.best, is_calibrated=False)
    found = judge_challenger(replace(shown, first=everything, best=everything, challenger=silent))
    assert (found.passes, found.reason) == (False, "accepted among known is 0 %, and 20 % are asked for")


def test_where_nothing_was_fitted_and_nothing_judges_the_bundles_labels_best_stays() -> None:
    """A network's own head of 500 classes, without samples: two new labels took what it said from 100 to 1 %."""
    found = verdict(promised=None, classes=BEST + 2)
    assert (found.passes, found.reason) == (False, "nothing tells what it makes of the bundle's labels")


def test_heads_of_few_labels_are_compared_by_their_answers_for_their_thresholds_are_chance() -> None:
    """Of three fruits and a new one, a threshold that four labels gave kept the new one out."""
    shown = replace(evidence(*everybody(of=4)), classes=5, best_classes=4, base_classes=4)
    unsure = answers(shown.labels, np.arange(len(shown.labels)) % 4 == 0)
    assert judge_challenger(replace(shown, challenger=unsure)).passes
    assert judge_challenger(replace(shown, challenger=unsure, classes=9)).passes
    assert not judge_challenger(replace(shown, challenger=unsure, classes=10)).passes


def test_the_report_names_no_label() -> None:
    shown = evidence((7, 2, True, True), (7, 4, True, False), taken_by=37)
    report = json.loads(json.dumps(judge_challenger(shown).document()))
    assert (report["lost"], report["in_doubt"], report["floor"]) == (1, 2, FLOOR)
    assert (report["passes"], report["reason"]) == (False, "1 label lost most of what was accepted")


def judges(*rows: tuple[int, int, bool, bool]) -> list[bool]:
    """Of rows of a label, a source, whether it trains, and whether best has not seen it."""
    ordered = sorted(rows, key=lambda row: not row[2])
    labels, sources, trains, unseen = (np.array(column) for column in zip(*ordered, strict=True))
    found = may_judge(
        labels, sources, counting=np.ones(len(labels), bool), trained=int(trains.sum()), unseen=unseen.astype(bool)
    )
    return [bool(found[ordered.index(row)]) for row in rows]


def test_no_device_judges_with_samples_of_a_label_that_it_has_just_sent() -> None:
    """A fifth of any upload judged its own head: 25 wrong samples of one device were accepted three times of three."""
    assert judges((0, 1, True, True), (0, 1, False, True), (0, 1, False, False), (0, 1, True, False)) == [False] * 4


def test_its_samples_of_other_labels_and_those_of_others_judge() -> None:
    assert judges((0, 1, True, True), (1, 1, False, False), (0, 2, False, False), (0, 0, False, False)) == [
        *(False, True, True, True)
    ]


def test_a_device_judges_where_best_was_trained_on_all_that_it_sent_to_train() -> None:
    assert judges((0, 1, True, False), (0, 1, False, True), (0, 1, False, False)) == [True] * 3


def test_what_only_one_head_was_trained_on_judges_neither() -> None:
    assert judges((0, 0, True, False), (1, 1, True, True)) == [True, False]


def test_two_devices_and_two_labels_are_told_apart() -> None:
    rows = (1, 0, True, False), (0, 2, True, True), (0, 1, True, False), (1, 2, True, False), (1, 1, True, False)
    assert judges(*rows) == [True, False, True, True, True]


def test_what_does_not_count_does_not_judge_and_is_no_news() -> None:
    labels, sources = np.array([0, 0]), np.array([1, 1])
    counting = np.array([False, True])
    found = may_judge(labels, sources, counting=counting, trained=1, unseen=np.array([True, False]))
    assert found.tolist() == [False, True]
