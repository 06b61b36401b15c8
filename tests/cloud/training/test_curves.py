"""Learning curves: what is noted of a training, and what of it is kept."""

import numpy as np
import pytest

from cloud.training import curves
from cloud.training.curves import CurveNotes, CurvePoint, LearningCurve
from cloud.training.executors.task_data import TaskData

CURVE = LearningCurve((CurvePoint(1.0, 2.5, 0.25), CurvePoint(2.0, 1.5), CurvePoint(3.0, 0.5, 1.0)))
EMBEDDINGS = np.eye(4, dtype=np.float32)
LABELS = np.array([0, 1, 2, 3])
KNOWS_ALL = np.eye(4, dtype=np.float32), np.zeros(4, np.float32)
KNOWS_TWO = np.diag(np.array([1, 1, -1, -1], np.float32)), np.zeros(4, np.float32)


def notes(held_out: list[bool]) -> CurveNotes:
    return CurveNotes(EMBEDDINGS, LABELS, np.array(held_out), classes=4)


@pytest.mark.parametrize("curve", [CURVE, LearningCurve()])
def test_a_curve_travels_with_its_trial(curve: LearningCurve) -> None:
    assert LearningCurve.unpack(TaskData.decode(TaskData({}, curve.arrays()).encode())) == curve


def test_a_curve_is_kept_as_numbers_with_names() -> None:
    assert CURVE.document()[:2] == [
        {"epochs": 1.0, "loss": 2.5, "right": 0.25},
        {"epochs": 2.0, "loss": 1.5, "right": None},
    ]


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_point_whose_loss_is_no_number_is_not_kept(loss: float) -> None:
    """JSON has none of these, and a record that cannot be written would cost the cycle."""
    assert LearningCurve((CurvePoint(1.0, 2.0), CurvePoint(2.0, loss))).document() == [
        {"epochs": 1.0, "loss": 2.0, "right": None}
    ]


def test_the_last_layer_is_tried_on_the_held_out_samples_as_it_trains_and_the_body_goes_on_from_there() -> None:
    noted = notes([False, True, True, False])
    noted.last_layer(1.0, 2.0, KNOWS_TWO)
    noted.last_layer(2.0, 1.0, KNOWS_ALL)
    noted.body(1.0, 0.5)
    noted.body(2.0, 0.25)
    assert noted.curve(right=0.75).points == (
        CurvePoint(1.0, 2.0, 0.5),
        CurvePoint(2.0, 1.0, 1.0),
        CurvePoint(3.0, 0.5),
        CurvePoint(4.0, 0.25, 0.75),
    )


def test_without_held_out_samples_a_curve_is_of_losses_alone() -> None:
    noted = notes([False] * 4)
    noted.last_layer(1.0, 2.0, KNOWS_ALL)
    assert noted.curve(right=None).points == (CurvePoint(1.0, 2.0),)


def test_with_many_classes_some_of_the_held_out_samples_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "MOST_LOGITS", 8)
    noted = notes([True] * 4)
    noted.last_layer(1.0, 2.0, KNOWS_TWO)  # of the first and the last sample
    noted.last_layer(2.0, 2.0, KNOWS_TWO)
    assert noted.curve(right=0.75).points == (CurvePoint(1.0, 2.0, 0.5), CurvePoint(2.0, 2.0, 0.75))


def test_what_was_made_in_one_step_has_no_points() -> None:
    assert notes([True] * 4).curve(right=1.0) == LearningCurve()
