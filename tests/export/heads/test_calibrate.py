"""Temperature and the threshold of "unknown"."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from contract.unknown import Strictness, UnknownPoint
from export.heads.calibrate import (
    MOST_ASKED,
    TEMPERATURE_OF_TWO,
    TEMPERATURES,
    _student,
    calibrate,
    calibrate_by,
    confidences,
    default_calibration,
    fit_temperature,
    fit_unknown,
    negative_log_likelihood,
    own_calibration,
)
from export.heads.calibration import Calibration, FittedOn, can_say_more, says_most
from export.heads.fit import fit_classifier
from export.heads.folds import CrossValidated, Scored
from export.heads.recipe import Recipe

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def crowd(photos: int, *, people: range = range(40), spread: float = 0.6, seed: int = 0) -> tuple[Floats, Integers]:
    """Embeddings of length 16 around one centre for each of 60 possible people."""
    chance = np.random.default_rng(seed)
    labels = np.repeat(np.array(people), photos)
    centres = np.random.default_rng(99).normal(size=(60, 64))
    points = centres[labels] + spread * chance.normal(size=(len(labels), 64))
    return (16 * points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), labels


def answers(logits: Floats, labels: Integers | None = None) -> Scored:
    """By default every answer is about the same person."""
    labels = np.zeros(len(logits), np.int64) if labels is None else labels
    return Scored(logits, labels, np.ones(len(logits), np.float32))


def strangers_of(logits: Floats) -> Scored:
    """Every answer is about another person."""
    return answers(logits, np.arange(len(logits)))


def drawn_logits(labels: Integers, *, classes: int, temperature: float) -> Floats:
    """Logits whose labels were drawn from softmax(logits / temperature)."""
    chance = np.random.default_rng(5)
    sharp = chance.normal(size=(len(labels), classes)) * 2
    probabilities = np.exp(sharp) / np.exp(sharp).sum(axis=1, keepdims=True)
    drawn = np.array([chance.choice(classes, p=row) for row in probabilities])
    labels[:] = drawn
    return (sharp * temperature).astype(np.float32)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    labels = np.zeros(4_000, np.int64)
    logits = drawn_logits(labels, classes=6, temperature=temperature)
    assert fit_temperature(answers(logits, labels)) == pytest.approx(temperature, rel=0.1)


def test_strangers_make_the_head_less_sure_of_itself() -> None:
    labels = np.zeros(500, np.int64)
    logits = drawn_logits(labels, classes=6, temperature=1.0)
    assert fit_temperature(answers(logits, labels), strangers=answers(logits)) > fit_temperature(
        answers(logits, labels)
    )


def test_confidence_is_the_probability_of_the_best_class() -> None:
    logits = np.array([[0.0, 0.0], [np.log(9), 0.0]], np.float32)
    np.testing.assert_allclose(confidences(logits, 1.0), [0.5, 0.9], rtol=1e-6)
    np.testing.assert_allclose(confidences(2 * logits, 2.0), [0.5, 0.9], rtol=1e-6)


def test_cross_validation_alone_finds_a_threshold_that_holds_on_unseen_photos() -> None:
    """Two photos of each of forty people, none held out: what the first head of a small group is fitted on."""
    embeddings, labels = crowd(2)
    kernel, bias = fit_classifier(embeddings, labels, classes=40)
    found = calibrate(embeddings, labels, classes=40, recipe=Recipe())
    known, strangers = crowd(10, seed=1)[0], crowd(10, people=range(40, 60), seed=2)[0]
    assert np.mean(confidences(known @ kernel + bias, found.temperature) >= found.threshold) > 0.93
    assert np.mean(confidences(strangers @ kernel + bias, found.temperature) < found.threshold) > 0.93
    assert (found.known, found.strangers) == (80, 80)


def test_held_out_photos_are_added_to_the_left_out_ones() -> None:
    embeddings, labels = crowd(3)
    kernel, bias = fit_classifier(embeddings, labels, classes=40)
    held_out, names = crowd(1, seed=1)
    found = calibrate(
        embeddings, labels, classes=40, recipe=Recipe(), held_out=answers(held_out @ kernel + bias, names)
    )
    assert found.known == 160


@pytest.mark.parametrize("people", [3, 4, 10, 40])
def test_one_photo_a_label_gives_a_threshold_from_strangers_alone(people: int) -> None:
    """The threshold was 0.000, without a word: no photo was left out of anybody, and every stranger was named."""
    embeddings, labels = crowd(1, people=range(people))
    kernel, bias = fit_classifier(embeddings, labels, classes=people)
    found = calibrate(embeddings, labels, classes=people, recipe=Recipe())
    known, strangers = crowd(10, people=range(people), seed=1)[0], crowd(10, people=range(40, 60), seed=2)[0]
    assert np.mean(confidences(known @ kernel + bias, found.temperature) >= found.threshold) > 0.8
    assert np.mean(confidences(strangers @ kernel + bias, found.temperature) < found.threshold) > 0.8
    assert (found.fitted_on, found.known, found.strangers) == (FittedOn.STRANGERS, 0, people)


def test_a_second_photo_of_two_people_in_forty_does_not_decide_for_all() -> None:
    (once, names), (again, others) = crowd(1), crowd(1, people=range(2), seed=1)
    embeddings, labels = np.concatenate([once, again]), np.concatenate([names, others])
    found = calibrate(embeddings, labels, classes=40, recipe=Recipe())
    assert (found.fitted_on, found.known, found.strangers) == (FittedOn.STRANGERS, 4, 42)


@pytest.mark.parametrize("people", [1, 2])
def test_one_or_two_labels_get_the_stated_default(people: int) -> None:
    embeddings, labels = crowd(5, people=range(people))
    found = calibrate(embeddings, labels, classes=people, recipe=Recipe())
    assert found == Calibration(TEMPERATURE_OF_TWO, MOST_ASKED)
    assert found.fitted_on is FittedOn.DEFAULT


def test_the_default_of_two_labels_names_the_known_and_refuses_most_strangers() -> None:
    embeddings, labels = crowd(1, people=range(2))
    kernel, bias = fit_classifier(embeddings, labels, classes=2, recipe=Recipe(epochs=0))
    found = default_calibration(2)
    known, strangers = crowd(50, people=range(2), seed=1)[0], crowd(10, people=range(40, 60), seed=2)[0]
    assert np.mean(confidences(known @ kernel + bias, found.temperature) >= found.threshold) > 0.95
    assert np.mean(confidences(strangers @ kernel + bias, found.temperature) < found.threshold) > 0.9


@pytest.mark.parametrize(("classes", "threshold"), [(1, 0.9), (2, 0.75), (10, 0.55), (1000, 0.5005)])
def test_a_head_that_came_with_its_network_must_be_half_sure(classes: int, threshold: float) -> None:
    found = own_calibration(classes)
    assert (found.temperature, found.fitted_on) == (1.0, FittedOn.DEFAULT)
    assert found.threshold == pytest.approx(threshold)


@pytest.mark.parametrize(("point", "share"), [("strict", 0.01), ("balanced", 0.025), ("friendly", 0.05)])
def test_each_point_lets_in_its_share_of_strangers_however_many_of_the_known_that_costs(
    point: Strictness, share: float
) -> None:
    """Where it cost more than 15 % of the known, two of three strangers were let in, without a word."""
    chance = np.random.default_rng(0)
    known, strangers = chance.normal(size=(2, 2_000, 8)).astype(np.float32)
    for gap in (1.0, 9.0):
        known[:, 0] += gap
        found = fit_unknown(answers(known), strangers_of(strangers))
        assert found.points[point].strangers_accepted == pytest.approx(share, abs=0.006)
    assert found.points[point].known_accepted == pytest.approx(1, abs=0.03)
    assert found.threshold == found.points[Strictness.BALANCED].threshold


def test_a_person_with_many_photos_counts_once() -> None:
    """One stranger in forty, with 500 photos that look like somebody known, took the others to 18 %."""
    chance = np.random.default_rng(0)
    known, strangers = chance.normal(size=(2, 400, 8)).astype(np.float32)
    known[:, 0] += 6
    star = np.repeat(strangers[:1], 500, axis=0)
    star[:, 0] += 12
    names = np.arange(400) // 10
    alone = fit_unknown(answers(known), answers(strangers, names))
    found = fit_unknown(answers(known), answers(np.concatenate([strangers, star]), np.append(names, np.full(500, 40))))
    assert alone.said is not None
    friendly = found.points[Strictness.FRIENDLY].known_accepted
    assert friendly is not None
    assert friendly > alone.said - 0.2


def test_what_is_accepted_under_another_name_is_not_said() -> None:
    known = np.zeros((40, 4), np.float32)
    known[:, 1] = 9
    strangers = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    assert fit_unknown(answers(known), strangers_of(strangers)).said == 0.0


@pytest.mark.parametrize("scale", [0.01, 1, 30])
@pytest.mark.parametrize("with_strangers", [True, False])
def test_the_temperature_is_the_one_of_the_lowest_loss(scale: float, *, with_strangers: bool) -> None:
    """Every temperature was tried: a minute for 20,000 photos of 500 labels."""
    chance = np.random.default_rng(3)
    labels = np.repeat(np.arange(8), 10)
    logits = (scale * (chance.normal(size=(80, 8)) + 2 * np.eye(8)[labels])).astype(np.float32)
    known, strangers = answers(logits, labels), strangers_of((scale * chance.normal(size=(30, 8))).astype(np.float32))
    found = fit_temperature(known, strangers=strangers if with_strangers else None)
    losses = [
        negative_log_likelihood(logits, labels, temperature)
        + (negative_log_likelihood_of_all(strangers.logits, temperature) if with_strangers else 0)
        for temperature in TEMPERATURES
    ]
    assert found == TEMPERATURES[int(np.argmin(losses))]


def negative_log_likelihood_of_all(logits: Floats, temperature: float) -> float:
    """Return the mean over all classes, and all answers."""
    each = [negative_log_likelihood(logits, np.full(len(logits), place), temperature) for place in range(8)]
    return float(np.mean(each))


def test_held_out_photos_of_one_label_speak_for_that_label_alone() -> None:
    """A hundred of one star's stood for everybody: 51 % said became 100."""
    chance = np.random.default_rng(0)
    labels = np.repeat(np.arange(20), 4)
    known = answers((chance.normal(size=(80, 20)) + 1.5 * np.eye(20)[labels]).astype(np.float32), labels)
    strangers = strangers_of(chance.normal(size=(40, 20)).astype(np.float32))
    folds = CrossValidated(known, np.ones(80, np.float32), strangers)
    star = answers(np.tile(9 * np.eye(20, dtype=np.float32)[0], (500, 1)), np.zeros(500, np.int64))
    alone, with_star = calibrate_by(folds), calibrate_by(folds, held_out=star)
    assert alone.said is not None
    assert with_star.said == pytest.approx(alone.said, abs=0.06)
    assert with_star.right == pytest.approx(alone.right, abs=0.06)


def test_without_strangers_there_is_a_default() -> None:
    known = np.zeros((50, 3), np.float32)
    assert fit_unknown(answers(known), answers(known[:0])) == default_calibration(3)


def test_a_head_that_answers_everything_alike_gets_a_default_that_refuses_everything() -> None:
    """The temperature was the smallest and the threshold 1/3, which rounding alone let everybody pass or no one."""
    same = np.full((50, 3), 0.7, np.float32)
    for known in (same, same[:0]):
        found = fit_unknown(answers(known), strangers_of(same))
        assert (found.fitted_on, found.strangers, found.points) == (FittedOn.DEFAULT, 50, {})
        assert found.threshold == default_calibration(3).threshold


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_logits_that_are_no_numbers_are_passed_over(value: float) -> None:
    chance = np.random.default_rng(0)
    known, strangers = chance.normal(size=(2, 20, 8)).astype(np.float32)
    labels, damaged = np.zeros(21, np.int64), np.full((1, 8), 1, np.float32)
    damaged[0, 3] = value
    known_and, strangers_and = (np.concatenate([logits, damaged]) for logits in (known, strangers))
    found = fit_unknown(answers(known_and, labels), strangers_of(strangers_and))
    assert found == fit_unknown(answers(known), strangers_of(strangers))


def test_logits_of_which_none_is_a_number_give_a_default() -> None:
    nothing = np.full((50, 3), np.nan, np.float32)
    assert fit_unknown(answers(nothing), answers(nothing)) == default_calibration(3)


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_strangers_however_they_differ_ask_for_no_more_than_the_most(size: float) -> None:
    """One of three that is taken for somebody would otherwise have everybody refused."""
    strangers = np.zeros((3, 3), np.float32)
    strangers[0, 0] = 100 * size
    found = fit_unknown(answers(strangers[:0]), strangers_of(strangers))
    assert 1 / 3 <= found.threshold <= MOST_ASKED


@pytest.mark.parametrize(
    ("calibration", "labels", "line"),
    [
        (Calibration(2.0, 0.4125, known=80, strangers=80, fitted_on=FittedOn.BOTH), 40, '"unknown" below 0.412'),
        (
            Calibration(3.0, 0.7, strangers=3, fitted_on=FittedOn.STRANGERS),
            3,
            '"unknown" below 0.700: fitted on strangers alone, as too few labels have a second sample',
        ),
        (
            Calibration(1.0, 0.5),
            1000,
            '"unknown" below 0.500: a default, as there are no samples of three labels or more to fit it on',
        ),
        (
            Calibration(3.0, 0.6, strangers=9),
            5,
            '"unknown" below 0.600: a default, as the head answers everything alike',
        ),
        (Calibration(1.0, 0.9), 1, '"unknown" never: the one label is the answer to everything'),
    ],
)
def test_what_is_missing_for_a_good_threshold_is_said_in_one_line(
    calibration: Calibration, labels: int, line: str
) -> None:
    assert calibration.statement(labels=labels) == line


def told(said: float | None) -> Calibration:
    return Calibration(1.0, 0.5, {Strictness.BALANCED: UnknownPoint(0.5, said, 0.025)})


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ((0.9, 0.9, 0.904), 0),
        ((0.9, 0.91, 0.912), 1),
        ((0.7, 0.8, 0.9), 2),
        ((None, 0.2), 1),
        ((0.2, None), 0),
        ((None, None), 0),
    ],
)
def test_a_recipe_that_takes_longer_must_say_more(said: tuple[float | None, ...], chosen: int) -> None:
    assert says_most([told(one) for one in said]) == chosen


@pytest.mark.parametrize(
    ("share", "freedom", "quantile"), [(0.975, 2, 4.303), (0.975, 5, 2.571), (0.95, 2, 2.920), (0.99, 10, 2.764)]
)
def test_the_quantile_of_student_is_near_enough(share: float, freedom: int, quantile: float) -> None:
    assert _student(share, freedom) == pytest.approx(quantile, rel=0.04)


def test_of_few_strangers_the_threshold_is_higher_for_their_quantile_is_chance() -> None:
    """Five people accepted up to 38 % of strangers."""
    chance = np.random.default_rng(1)
    spread = chance.normal(size=(400, 8)).astype(np.float32)
    known = answers(spread + np.eye(8, dtype=np.float32)[0] * 9)
    many = fit_unknown(known, strangers_of(spread))
    few = [fit_unknown(known, strangers_of(spread[begin : begin + 5])) for begin in range(0, 400, 5)]
    let_in = [
        np.mean(confidences(spread, one.temperature) >= one.threshold) for one in few if one.fitted_on is FittedOn.BOTH
    ]
    assert np.mean(let_in) < 0.05
    assert np.mean([one.threshold for one in few]) > many.threshold


@pytest.mark.parametrize(("said", "more"), [(0.994, True), (0.996, False), (None, False)])
def test_nothing_is_tried_after_a_recipe_that_no_other_could_beat(said: float | None, more: bool) -> None:
    assert can_say_more(told(said)) is more


@pytest.mark.parametrize("people", [5, 21, 39, 40, 41, 200])
def test_thresholds_never_rise_towards_the_friendlier_point(people: int) -> None:
    """A pair of lookalikes among strangers put friendly above balanced, and no trial could be read."""
    chance = np.random.default_rng(people)
    logits = chance.normal(size=(people, 8)).astype(np.float32)
    logits[:2, 0] += 30
    known = answers(chance.normal(size=(60, 8)).astype(np.float32) + np.eye(8, dtype=np.float32)[0] * 9)
    found = [point.threshold for point in fit_unknown(known, strangers_of(logits)).points.values()]
    assert found == sorted(found, reverse=True)


def test_of_recipes_that_say_as_much_the_one_that_is_clearly_more_often_right_wins() -> None:
    """Of three fruits nothing was said by any recipe, and class means that mixed two of them up were chosen."""
    little, more = replace(told(0.1), right=0.7), replace(told(0.1), right=0.95)
    assert says_most([little, more]) == 1
    assert says_most([little, replace(more, right=0.71)]) == 0
    assert says_most([replace(told(0.2), right=0.7), more]) == 0
