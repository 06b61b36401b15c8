"""The evidence for and against the challenger: which trial's cross-validation the gate is shown."""

import numpy as np
import pytest

from cloud.errors import CycleFailed
from cloud.training.challenger import Selection
from cloud.training.examples import TrainingClasses, TrainingExamples
from cloud.training.executors.executor import TaskEnding, TaskOutcome
from cloud.training.gate import Evidence
from cloud.training.trials import TrialResult
from cloud.training.values import TrialAnswers, TrialOutcome
from cloud.training.weights import HeadWeights
from export.heads.calibration import Calibration

TRAINED, HELD_OUT = 4, 10
LABELS = np.arange(TRAINED + HELD_OUT) % 3
BEST = np.zeros(TRAINED + HELD_OUT, np.int64)
NOWHERE = np.full(TRAINED + HELD_OUT, -1)
EXAMPLES = TrainingExamples(
    TrainingClasses(("Ada", "Ben", "Cleo"), base=1, best=2), LABELS, LABELS == 1, TRAINED, NOWHERE, NOWHERE
)


def trial(name: str, *, right: int, fine_tuned: bool, left_out: tuple[int, ...], answer: int) -> TaskOutcome:
    """Return a trial that gives the same answer everywhere."""
    result = TrialResult(name, fine_tuned, HELD_OUT, right, 0.5, Calibration(1.0, 0.5), seconds=1.0)
    answers = TrialAnswers(np.full(HELD_OUT, answer), np.array(left_out), np.full(len(left_out), answer))
    weights = HeadWeights(np.ones((2, 3), np.float32), np.zeros(3, np.float32), np.zeros(0, np.float32))
    return TaskOutcome(name, TaskEnding.DONE, 1.0, TrialOutcome(result, weights, answers).pack())


def evidence(*trials: TaskOutcome) -> Evidence:
    return Selection.of(trials).evidence(EXAMPLES, BEST)


def test_a_challenger_whose_body_was_not_trained_shows_its_own_cross_validation() -> None:
    worse = trial("a", right=5, fine_tuned=False, left_out=(0, 1), answer=1)
    better = trial("b", right=9, fine_tuned=False, left_out=(2, 3), answer=2)
    shown = evidence(worse, better)
    assert shown.held_out.challenger.tolist() == [2] * HELD_OUT
    assert shown.left_out.challenger.tolist() == [2, 2]
    assert shown.left_out.labels.tolist() == LABELS[[2, 3]].tolist()
    assert shown.unseen.tolist() == [False, False]


def test_a_fine_tuned_challenger_shows_that_of_the_first_trial_that_was_not() -> None:
    """Its own body was trained on what cross-validation left out."""
    tuned = trial("a", right=9, fine_tuned=True, left_out=(2, 3), answer=2)
    first = trial("b", right=5, fine_tuned=False, left_out=(0, 1), answer=1)
    second = trial("c", right=6, fine_tuned=False, left_out=(3,), answer=0)
    shown = evidence(tuned, first, second)
    assert shown.held_out.challenger.tolist() == [2] * HELD_OUT
    assert shown.left_out.challenger.tolist() == [1, 1]
    assert shown.left_out.labels.tolist() == LABELS[[0, 1]].tolist()
    assert shown.unseen.tolist() == [False, True]


def test_where_every_trial_was_fine_tuned_held_out_samples_alone_are_shown() -> None:
    shown = evidence(trial("a", right=9, fine_tuned=True, left_out=(2, 3), answer=2))
    assert shown.held_out.challenger.tolist() == [2] * HELD_OUT
    assert (len(shown.left_out.labels), len(shown.left_out.challenger), len(shown.unseen)) == (0, 0, 0)


def test_without_a_trial_that_succeeded_there_is_no_challenger() -> None:
    with pytest.raises(CycleFailed, match="no trial succeeded: a died: signal 9"):
        Selection.of([TaskOutcome("a", TaskEnding.DIED, 1.0, cause="signal 9")])
