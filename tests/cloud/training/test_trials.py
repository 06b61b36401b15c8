"""Which trials are run, and which of them is the challenger."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from cloud.training.trials import (
    CLASS_MEANS,
    FINE_TUNED,
    LAST_LAYER,
    LAST_LAYER_FOR_LONG,
    FineTuning,
    Optimizer,
    Spec,
    TrialResult,
    choose_challenger,
    has_enough_to_fine_tune,
    plan,
    run_in_turn,
)
from contract.errors import ContractError
from contract.unknown import Strictness, UnknownPoint
from export.heads.calibration import Calibration, FittedOn

POINTS = {
    Strictness.STRICT: UnknownPoint(0.75, 0.875, 0.0),
    Strictness.BALANCED: UnknownPoint(0.5, 0.9375, 0.015625),
    Strictness.FRIENDLY: UnknownPoint(0.25, None, 0.03125),
}
CALIBRATION = Calibration(1.5, 0.5, POINTS, known=3, strangers=2, right=0.875, fitted_on=FittedOn.BOTH)
SPECS = [*plan(5, fine_tune=True), Spec("careful", fine_tuning=FineTuning(Optimizer.SGD, 1e-4, epochs=3, batch_size=8))]


def result(name: str, *, right: int, loss: float, held_out: int = 20, said: float | None = 0.9375) -> TrialResult:
    points = {**POINTS, Strictness.BALANCED: UnknownPoint(0.5, said, 0.015625)}
    return TrialResult(name, False, held_out, right, loss, replace(CALIBRATION, points=points), seconds=1.0)


def as_json(document: Any) -> Any:
    return json.loads(json.dumps(document))


def with_extra_keys(document: Any) -> Any:
    """The document as a later version may write it: with another key in every object."""
    if not isinstance(document, dict):
        return document
    return {key: with_extra_keys(value) for key, value in document.items()} | {"added_later": {"a": [1, None]}}


def test_the_class_means_are_always_the_first_trial_and_longer_training_follows() -> None:
    assert [(spec.name, spec.epochs) for spec in plan(3)] == [
        (CLASS_MEANS, 0),
        (LAST_LAYER, 10),
        (LAST_LAYER_FOR_LONG, 50),
    ]


@pytest.mark.parametrize(("asked", "names"), [(2, []), (3, []), (5, ["trial-4", "trial-5"])])
def test_of_very_many_samples_the_last_layer_is_not_trained_for_a_short_while(asked: int, names: list[str]) -> None:
    assert plan(asked, samples=65_536) == plan(asked)
    assert [spec.name for spec in plan(asked, samples=65_537)] == [CLASS_MEANS, LAST_LAYER_FOR_LONG, *names]
    [*_, last] = plan(asked, samples=65_537, fine_tune=True)
    assert last.name == FINE_TUNED


@pytest.mark.parametrize(("asked", "planned"), [(1, 2), (2, 2), (6, 6)])
def test_there_are_two_trials_at_least(asked: int, planned: int) -> None:
    assert len(plan(asked)) == planned
    assert len(plan(asked, fine_tune=True)) == planned + 1


def test_no_two_trials_are_alike() -> None:
    recipes = {(spec.learning_rate, spec.epochs, spec.weight_decay, spec.seed) for spec in plan(8)}
    assert len(recipes) == 8
    assert len({spec.name for spec in plan(8)}) == 8


@pytest.mark.parametrize(
    ("photos", "enough"),
    [
        ([], False),
        ([300] * 9, False),  # of three labels a body had nothing to be calibrated on, and of five two classes
        ([10] * 10, True),
        ([9] * 10, False),
        ([2] * 6 + [300] * 5, False),
        ([2] * 5 + [10] * 6, True),
    ],
)
def test_a_body_is_fine_tuned_where_half_of_ten_labels_have_ten_photos(photos: list[int], enough: bool) -> None:
    assert has_enough_to_fine_tune(photos) is enough


@pytest.mark.parametrize(
    ("first", "run"),
    [
        (None, ["a", "b", "c"]),
        (result("a", right=1, loss=0.5, said=0.5), ["a", "b", "c"]),
        (result("a", right=1, loss=0.5, said=0.996), ["a"]),
        (result("a", right=1, loss=0.5, said=None), ["a"]),
    ],
)
def test_trials_that_cannot_win_are_not_run(first: TrialResult | None, run: list[str]) -> None:
    specs = [Spec("a"), Spec("b"), Spec("c")]
    assert run_in_turn(specs, lambda some: [spec.name for spec in some], result=lambda name: first) == run


def test_after_the_first_trial_what_takes_longest_begins_first_and_outcomes_keep_their_order() -> None:
    begun: list[str] = []

    def run(some: Sequence[Spec]) -> list[str]:
        begun.extend(spec.name for spec in some)
        return [spec.name for spec in some]

    first = result("a", right=1, loss=0.5, said=0.5)
    names = [spec.name for spec in plan(3, fine_tune=True)]
    assert run_in_turn(plan(3, fine_tune=True), run, result=lambda _: first) == names
    assert begun == [CLASS_MEANS, FINE_TUNED, LAST_LAYER_FOR_LONG, LAST_LAYER]


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
    [spec] = [spec for spec in plan(2, fine_tune=True) if spec.fine_tuning]
    assert as_json(spec.document()) == {
        "name": "fine-tuned",
        "learning_rate": 1e-3,
        "epochs": 10,
        "weight_decay": 0.0,
        "seed": 0,
        "thaw": {"optimizer": "adam", "learning_rate": 1e-4, "epochs": 2, "batch_size": 16},
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
            "points": {
                "strict": {"threshold": 0.75, "known_ppm": 875_000, "strangers_ppm": 0},
                "balanced": {"threshold": 0.5, "known_ppm": 937_500, "strangers_ppm": 15_625},
                "friendly": {"threshold": 0.25, "known_ppm": None, "strangers_ppm": 31_250},
            },
            "known": 3,
            "strangers": 2,
            "right": 0.875,
            "fitted_on": "both",
        },
        "seconds": 1.0,
    }


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


def test_the_trial_that_says_most_wins_whatever_its_top_answers_are() -> None:
    results = [result("a", right=20, loss=0.1, said=0.8), result("b", right=19, loss=0.9, said=0.9)]
    assert choose_challenger(results).name == "b"


def test_the_trial_that_took_less_time_wins_against_one_that_says_hardly_more() -> None:
    results = [result("a", right=18, loss=0.9, said=0.9), result("b", right=19, loss=0.1, said=0.904)]
    assert choose_challenger(results).name == "a"


def test_where_nothing_tells_the_first_trial_wins() -> None:
    results = [result("a", right=1, loss=9.0, said=None), result("b", right=9, loss=0.1, said=None)]
    assert choose_challenger(results).name == "a"


def test_accuracy_is_unknown_without_held_out_samples() -> None:
    assert result("a", right=0, loss=0.0, held_out=0).accuracy is None
    assert result("a", right=5, loss=0.0, held_out=20).accuracy == 0.25
