"""Which trials are run, and which of them is the challenger."""

import json

import pytest

from cloud.training.trials import LAST_LAYER, Spec, TrialResult, choose, plan


def result(name: str, *, right: int, loss: float, held_out: int = 20) -> TrialResult:
    return TrialResult(name, False, held_out, right, loss, {"temperature": 1.0, "threshold": 0.5}, seconds=1.0)


def test_the_last_layer_alone_is_always_the_first_trial() -> None:
    assert [plan(count)[0].name for count in (1, 2, 5)] == [LAST_LAYER] * 3
    assert plan(5)[0].thaw is None


@pytest.mark.parametrize(("asked", "planned"), [(1, 2), (2, 2), (6, 6)])
def test_there_are_two_trials_at_least(asked: int, planned: int) -> None:
    assert len(plan(asked)) == planned


def test_no_two_trials_are_alike_even_where_nothing_thaws() -> None:
    recipes = {(spec.learning_rate, spec.weight_decay, spec.seed) for spec in plan(8)}
    assert len(recipes) == 8
    assert len({spec.name for spec in plan(8)}) == 8


def test_thawed_layers_are_trained_gently() -> None:
    thaws = [(spec.thaw.optimizer, spec.thaw.learning_rate) for spec in plan(4) if spec.thaw]
    assert thaws == [("adam", 1e-5), ("sgd", 1e-3)]


@pytest.mark.parametrize("spec", plan(4))
def test_a_trial_comes_back_from_json(spec: Spec) -> None:
    assert Spec.parse(json.loads(json.dumps(spec.document()))) == spec


def test_a_result_comes_back_from_json() -> None:
    one = result("a", right=3, loss=0.5)
    assert TrialResult.parse(json.loads(json.dumps(one.document()))) == one


def test_the_most_right_wins_and_then_the_smallest_loss() -> None:
    assert choose([result("a", right=18, loss=0.1), result("b", right=19, loss=0.9)]).name == "b"
    assert choose([result("a", right=19, loss=0.2), result("b", right=19, loss=0.1)]).name == "b"


def test_where_few_samples_are_held_out_the_first_trial_wins() -> None:
    results = [result("a", right=1, loss=9.0, held_out=9), result("b", right=9, loss=0.1, held_out=9)]
    assert choose(results).name == "a"


def test_accuracy_is_unknown_without_held_out_samples() -> None:
    assert result("a", right=0, loss=0.0, held_out=0).accuracy is None
    assert result("a", right=5, loss=0.0, held_out=20).accuracy == 0.25
