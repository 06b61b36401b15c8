"""Which trials are run, and which of them is the challenger."""

import json
from dataclasses import replace
from typing import Any

import pytest

from cloud.training.trials import (
    LAST_LAYER,
    FineTuning,
    Optimizer,
    Spec,
    TrialResult,
    choose_challenger,
    plan,
)
from contract.errors import ContractError
from export.heads.calibration import Calibration, FittedOn

CALIBRATION = Calibration(1.5, 0.5, known=3, strangers=2, strangers_refused=0.5, fitted_on=FittedOn.BOTH)
SPECS = [*plan(4), Spec("careful", fine_tuning=FineTuning(Optimizer.SGD, 1e-4, epochs=3, batch_size=8))]


def result(name: str, *, right: int, loss: float, held_out: int = 20) -> TrialResult:
    return TrialResult(name, False, held_out, right, loss, CALIBRATION, seconds=1.0)


def as_json(document: Any) -> Any:
    return json.loads(json.dumps(document))


def with_extra_keys(document: Any) -> Any:
    """The document as a later version may write it: with another key in every object."""
    if not isinstance(document, dict):
        return document
    return {key: with_extra_keys(value) for key, value in document.items()} | {"added_later": {"a": [1, None]}}


def test_the_last_layer_alone_is_always_the_first_trial() -> None:
    assert [plan(count)[0].name for count in (1, 2, 5)] == [LAST_LAYER] * 3
    assert plan(5)[0].fine_tuning is None


@pytest.mark.parametrize(("asked", "planned"), [(1, 2), (2, 2), (6, 6)])
def test_there_are_two_trials_at_least(asked: int, planned: int) -> None:
    assert len(plan(asked)) == planned


def test_no_two_trials_are_alike_even_where_nothing_is_fine_tuned() -> None:
    recipes = {(spec.learning_rate, spec.weight_decay, spec.seed) for spec in plan(8)}
    assert len(recipes) == 8
    assert len({spec.name for spec in plan(8)}) == 8


def test_deeper_layers_are_trained_gently() -> None:
    fine_tunings = [spec.fine_tuning for spec in plan(4) if spec.fine_tuning]
    assert [(one.optimizer, one.learning_rate) for one in fine_tunings] == [("adam", 1e-5), ("sgd", 1e-3)]


@pytest.mark.parametrize("spec", SPECS)
def test_a_trial_comes_back_from_json(spec: Spec) -> None:
    assert Spec.parse(as_json(spec.document())) == spec


@pytest.mark.parametrize("spec", SPECS)
def test_a_trial_of_a_later_version_with_further_keys_is_read(spec: Spec) -> None:
    """A key that a later version added was an unexpected keyword, and no trial of that version could be read."""
    assert Spec.parse(with_extra_keys(as_json(spec.document()))) == spec


def test_a_result_comes_back_from_json_with_further_keys_or_without() -> None:
    one = result("a", right=3, loss=0.5)
    assert TrialResult.parse(as_json(one.document())) == one
    assert TrialResult.parse(with_extra_keys(as_json(one.document()))) == one


def test_stored_documents_keep_their_keys() -> None:
    """Records and releases that are in stores say "thaw" and "thawed"."""
    [spec] = [spec for spec in plan(2) if spec.fine_tuning]
    assert as_json(spec.document()) == {
        "name": "trial-2",
        "learning_rate": 3e-4,
        "epochs": 50,
        "weight_decay": 0.0,
        "seed": 1,
        "thaw": {"optimizer": "adam", "learning_rate": 1e-5, "epochs": 2, "batch_size": 16},
    }
    assert as_json(replace(result("a", right=1, loss=0.5), fine_tuned=True).document()) == {
        "name": "a",
        "thawed": True,
        "held_out": 20,
        "right": 1,
        "loss": 0.5,
        "calibration": {
            "temperature": 1.5,
            "threshold": 0.5,
            "known": 3,
            "known_accepted": 1.0,
            "strangers": 2,
            "strangers_refused": 0.5,
            "fitted_on": "both",
        },
        "seconds": 1.0,
    }


@pytest.mark.parametrize(("strangers", "fitted_on"), [(2, FittedOn.BOTH), (0, FittedOn.DEFAULT)])
def test_a_calibration_from_before_it_said_what_it_was_fitted_on_is_read(strangers: int, fitted_on: FittedOn) -> None:
    document = as_json(result("a", right=3, loss=0.5).document())
    del document["calibration"]["fitted_on"]
    document["calibration"]["strangers"] = strangers
    assert TrialResult.parse(document).calibration.fitted_on is fitted_on


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("thawed", 1, "result.thawed: expected true or false, got 1"),
        ("loss", -1.0, "result.loss: expected a number from 0.0 to inf, got -1.0"),
        ("calibration", {}, "result.calibration.temperature: expected a number, got nothing"),
    ],
)
def test_a_result_with_another_kind_of_value_is_refused_by_name(key: str, value: Any, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        TrialResult.parse({**as_json(result("a", right=1, loss=0.5).document()), key: value})


def test_the_most_right_wins_and_then_the_smallest_loss() -> None:
    assert choose_challenger([result("a", right=18, loss=0.1), result("b", right=19, loss=0.9)]).name == "b"
    assert choose_challenger([result("a", right=19, loss=0.2), result("b", right=19, loss=0.1)]).name == "b"


def test_where_few_samples_are_held_out_the_first_trial_wins() -> None:
    results = [result("a", right=1, loss=9.0, held_out=9), result("b", right=9, loss=0.1, held_out=9)]
    assert choose_challenger(results).name == "a"


def test_accuracy_is_unknown_without_held_out_samples() -> None:
    assert result("a", right=0, loss=0.0, held_out=0).accuracy is None
    assert result("a", right=5, loss=0.0, held_out=20).accuracy == 0.25
