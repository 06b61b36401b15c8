"""The challenger among trials, and the evidence for and against it."""

from dataclasses import replace

import numpy as np
import pytest

from cloud.errors import CycleFailed
from cloud.training.challenger import Selection
from cloud.training.examples import TrainingClasses, TrainingExamples
from cloud.training.executors.executor import TaskEnding, TaskOutcome
from cloud.training.trials import TrialResult
from cloud.training.values import Answers, EmbeddingOutcome, Thresholds, TrialOutcome
from cloud.training.weights import HeadWeights
from contract.unknown import Strictness, UnknownPoint
from export.heads.calibration import Calibration

ROWS, TRAINED = 8, 4
LABELS = np.array([0, 1, 2, 0, 0, 1, 2, 0])
NOWHERE = np.full(ROWS, -1)
EXAMPLES = TrainingExamples(
    TrainingClasses(("Ada", "Ben", "Cleo"), base=1, best=2),
    LABELS,
    np.zeros(ROWS, bool),
    TRAINED,
    np.ones(ROWS, np.float32),
    np.arange(ROWS),
    np.zeros(ROWS, np.int64),
    np.arange(ROWS),
    NOWHERE,
    NOWHERE,
)


def answers(classes: list[int], probability: float) -> Answers:
    return Answers(np.array(classes), np.array(classes), np.full(ROWS, probability, np.float32))


def trial(name: str, *, said: float, answer: int = 0) -> TaskOutcome:
    """Return a trial that gives the same answer everywhere."""
    points = {point: UnknownPoint(0.5, said, 0.025) for point in Strictness}
    result = TrialResult(name, False, ROWS - TRAINED, 1, 0.5, Calibration(1.0, 0.5, points, right=said), seconds=1.0)
    weights = HeadWeights(np.ones((2, 3), np.float32), np.zeros(3, np.float32), np.zeros(0, np.float32))
    return TaskOutcome(name, TaskEnding.DONE, 1.0, TrialOutcome(result, weights, answers([answer] * ROWS, 0.6)).pack())


def test_each_head_is_heard_at_its_own_threshold() -> None:
    selection = Selection.of([trial("a", said=0.5, answer=1), trial("b", said=0.9, answer=0)])
    nothing = np.zeros((ROWS, 2), np.float32)
    outcome = EmbeddingOutcome(
        nothing, answers(LABELS.tolist(), 0.7), answers(LABELS.tolist(), 0.4), nothing, nothing[:, 0], False
    )
    shown = selection.evidence(EXAMPLES, outcome, Thresholds(first=0.65, best=0.45))
    assert selection.challenger.result.name == "b"
    assert shown.labels.tolist() == [0, 1, 0, 0, 1, 0]
    assert shown.unseen.tolist() == [False, False, False, True, True, True]
    assert shown.first.said.all()
    assert not shown.best.said.any()
    assert shown.challenger.said.tolist() == [True, False, True, True, False, True]
    assert shown.promised == 0.9


def test_photos_of_one_moment_judge_once() -> None:
    selection = Selection.of([trial("a", said=0.5)])
    nothing = np.zeros((ROWS, 2), np.float32)
    known = answers(LABELS.tolist(), 0.7)
    outcome = EmbeddingOutcome(nothing, known, known, nothing, nothing[:, 0], False)
    burst = replace(EXAMPLES, moments=np.array([0, 1, 2, 0, 4, 5, 6, 4]))
    shown = selection.evidence(burst, outcome, Thresholds(first=0.5, best=0.5))
    assert shown.labels.tolist() == [0, 1, 0, 1]


def test_without_a_trial_that_succeeded_there_is_no_challenger() -> None:
    with pytest.raises(CycleFailed, match="no trial succeeded: a died: signal 9"):
        Selection.of([TaskOutcome("a", TaskEnding.DIED, 1.0, cause="signal 9")])
