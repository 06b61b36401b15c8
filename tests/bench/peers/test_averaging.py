"""Averaging in numpy: what a round is, that Flower's is the same, and how soon a setting is as good as another."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.peers.averaging import Averaging, answers, average
from bench.peers.curves import Curve, averaged, curves_of, is_at_edge, quickest, rounds_to, slowness
from bench.peers.flower.app.fedavg_head.training import descend
from bench.peers.heads import Head, as_int8, class_means
from bench.peers.in_process import Wanted, run_in_process
from bench.peers.task import Accuracy, Task, invent

SETTINGS = [Averaging(1, 0.1), Averaging(5, 0.03), Averaging(2, 0.05, momentum=0.9)]


@pytest.fixture
def task() -> Task:
    return invent(people=6, casts=2)


@pytest.mark.parametrize("averaging", SETTINGS[:2])
def test_a_round_is_the_mean_of_what_every_device_trains(task: Task, averaging: Averaging) -> None:
    start = Head.in_use(task, task.casts[0])
    [head] = average(averaging, task, start, rounds=1)
    trained = [
        descend(start.kernel, start.bias, own, np.full(3, person), epochs=averaging.epochs, rate=averaging.rate)
        for person, own in enumerate(task.uploads)
    ]
    assert head.kernel == pytest.approx(np.mean([kernel for kernel, _ in trained], axis=0), abs=1e-5)
    assert head.bias == pytest.approx(np.mean([bias for _, bias in trained], axis=0), abs=1e-5)


@pytest.mark.parametrize("averaging", [*SETTINGS, Averaging(1, 0.1, a_round=2), Averaging(1, 0.1, int8=True)])
def test_answers_are_those_of_the_heads(task: Task, averaging: Averaging) -> None:
    start = Head.in_use(task, task.casts[0])
    heads = average(averaging, task, start, rounds=5, seed=3)
    by_heads = [head.answer(task.tests) for head in heads]
    assert np.array_equal(by_heads, list(answers(averaging, task, start, rounds=5, seed=3)))


def test_flowers_own_strategies_and_clients_give_the_same_heads(flower: str, task: Task, tmp_path: Path) -> None:
    start = Head.in_use(task, task.casts[0])
    runs = run_in_process([Wanted(one, start, 4) for one in SETTINGS], task, tmp_path / "flower")
    for averaging, run in zip(SETTINGS, runs, strict=True):
        heads = list(average(averaging, task, start, rounds=4))
        assert len(run.heads) == 4
        for ours, theirs in zip(heads, run.heads, strict=True):
            assert ours.kernel == pytest.approx(theirs.kernel, abs=1e-4)
            assert ours.bias == pytest.approx(theirs.bias, abs=1e-4)
        assert len(run.device_s) == 4 * len(task.people)
        assert min(run.server_s) > 0
        assert run.messages == 1
        assert min(run.up_kb, run.down_kb) > 4 * start.kernel.size / 1000


def test_secure_aggregation_gives_nearly_the_same_head_for_four_messages(
    flower: str, task: Task, tmp_path: Path
) -> None:
    wanted = Wanted(Averaging(1, 0.1), Head.nothing(task), 1, is_secure=True)
    [run] = run_in_process([wanted], task, tmp_path / "flower")
    [head] = average(wanted.averaging, task, wanted.start, rounds=1)
    assert run.heads[0].kernel == pytest.approx(head.kernel, abs=1e-4)
    assert run.messages == 4


def test_one_step_from_nothing_answers_nearly_as_class_means_do(task: Task) -> None:
    [cast, _] = task.casts
    [head] = average(Averaging(1, 0.1), task, Head.nothing(task), rounds=1)
    agreed = head.answer(task.tests) == class_means(task, cast).answer(task.tests)
    assert agreed.mean() > 0.9


def test_a_round_of_one_device_moves_its_persons_class_more_than_the_others(task: Task) -> None:
    start = Head.nothing(task)
    [head] = average(Averaging(1, 0.1, a_round=1), task, start, rounds=1)
    [again] = average(Averaging(1, 0.1, a_round=1), task, start, rounds=1)
    assert np.array_equal(head.kernel, again.kernel)
    changed = np.linalg.norm(head.kernel, axis=0)
    *others, own = np.sort(changed)
    assert changed.argmax() == np.random.default_rng(0).permutation(6)[0]
    assert max(others) < own / 4
    assert not np.array_equal(head.kernel, next(average(Averaging(1, 0.1), task, start, rounds=1)).kernel)


def test_int8_rounds_a_class_by_its_largest_number(task: Task) -> None:
    head = Head.in_use(task, task.casts[0])
    steps = np.abs(head.kernel).max(axis=0) / 127
    assert (np.abs(as_int8(head).kernel - head.kernel) <= steps / 2 + 1e-6).all()
    assert np.array_equal(as_int8(Head.nothing(task)).kernel, Head.nothing(task).kernel)
    float32, int8 = (
        averaged(replace(SETTINGS[0], int8=is_small), task, task.casts[0], Head.nothing(task), rounds=3).end
        for is_small in (False, True)
    )
    assert int8.everybody == pytest.approx(float32.everybody, abs=5)


@pytest.mark.parametrize(
    ("values", "goal", "rounds"),
    [([1, 2, 3], 2, 2), ([2, 1, 3], 2, 3), ([2, 2], 2, 1), ([3, 1], 2, None), ([], 2, None)],
)
def test_a_goal_is_reached_once_no_later_round_is_below_it(
    values: list[float], goal: float, rounds: int | None
) -> None:
    assert rounds_to(values, goal) == rounds


def test_as_good_is_within_a_hundredth_of_the_other() -> None:
    curve = Curve((Accuracy(98, 0), Accuracy(99, 90)))
    assert curve.rounds_for_all(Accuracy(100, 100)) == 2
    assert curve.rounds_for_new(Accuracy(100, 100)) is None


def test_the_quickest_setting_reaches_everybodys_accuracy_first(task: Task) -> None:
    starts = [Head.in_use(task, cast) for cast in task.casts]
    goals = [Accuracy(95, 95)] * len(starts)
    candidates = [Averaging(1, 0.0001), Averaging(1, 0.3)]
    assert quickest(candidates, task, starts, goals, rounds=20) == candidates[1]


def test_the_quickest_of_hopeless_settings_is_the_one_that_gets_there_in_more_casts(task: Task) -> None:
    """A cast that never gets there counts as a number of rounds: one more must not make all settings alike."""
    starts = [Head.in_use(task, cast) for cast in task.casts]
    candidates = [Averaging(1, 0.0001), Averaging(1, 0.3)]
    unreachable = [Accuracy(95, 95), Accuracy(200, 200)]
    assert quickest(candidates, task, starts, unreachable, rounds=20) == candidates[1]


def test_a_setting_is_given_up_once_it_cannot_be_the_quickest(task: Task) -> None:
    starts, goals = [Head.in_use(task, cast) for cast in task.casts], [Accuracy(200, 200)] * 2
    assert slowness(Averaging(1, 0.1), task, starts, goals, rounds=3)[0] == 12
    assert slowness(Averaging(1, 0.1), task, starts, goals, rounds=3, enough=5)[0] == 6


@pytest.mark.parametrize("few", [None, 2])
def test_casts_that_begin_alike_have_the_curves_that_each_has_alone(task: Task, few: int | None) -> None:
    averaging, start = Averaging(1, 0.1, a_round=few), Head.nothing(task)
    together = list(curves_of(averaging, task, task.casts, [start, start], rounds=4))
    alone = [averaged(averaging, task, cast, start, rounds=4, seed=seed) for seed, cast in enumerate(task.casts)]
    assert together == alone


@pytest.mark.parametrize(
    ("epochs", "rate", "is_edge"), [(1, 0.1, False), (5, 0.1, False), (20, 0.1, True), (1, 0.01, True), (5, 1.0, True)]
)
def test_the_edge_of_a_search_is_where_a_further_setting_was_not_tried(epochs: int, rate: float, is_edge: bool) -> None:
    tried = [Averaging(some, one) for some in (1, 5, 20) for one in (0.01, 0.1, 1.0)]
    assert is_at_edge(Averaging(epochs, rate), tried) == is_edge
    assert not is_at_edge(Averaging(1, 0.1), [Averaging(1, one) for one in (0.01, 0.1, 1.0)])
