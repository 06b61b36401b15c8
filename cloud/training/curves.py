"""Learning curves: how a trial's loss fell as it trained, and how it did on the held-out samples meanwhile. Pure.

A curve goes with a trial's outcome as an array, and is kept in the trial's record, where operators see it; no release's
report has it, as devices may ask for those.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cloud.training.executors.arrays import Array, Floats, Integers
from cloud.training.executors.task_data import TaskData
from contract.documents import Json

ARRAY = "curve"
MOST_LOGITS = 1 << 22
"""That are computed at one point: with many classes not every held-out sample is looked at."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """How far a trial was at one time."""

    epochs: float
    """That it had trained; those of the body follow those of the last layer."""
    loss: float
    """The mean cross-entropy of the samples that it trained on since the point before."""
    right: float | None = None
    """The share of held-out samples whose most probable class is theirs; None where nobody looked."""

    def document(self) -> dict[str, Json]:
        """Write it as part of a trial's record."""
        right = None if self.right is None else round(self.right, 6)
        return {"epochs": round(self.epochs, 3), "loss": round(self.loss, 6), "right": right}


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """What a trial went through, in order; empty where it was made in one step."""

    points: tuple[CurvePoint, ...] = ()

    def document(self) -> list[Json]:
        """Write it as part of a trial's record; a point that is no number is left out."""
        return [point.document() for point in self.points if math.isfinite(point.loss)]

    def arrays(self) -> dict[str, Array]:
        """Return the array for a task's data: (points, 3)."""
        rows = [(one.epochs, one.loss, math.nan if one.right is None else one.right) for one in self.points]
        return {ARRAY: np.array(rows, np.float32).reshape(-1, 3)}

    @classmethod
    def unpack(cls, data: TaskData) -> LearningCurve:
        """Read what `arrays` returned."""
        rows = data.floats(ARRAY).tolist()
        return cls(tuple(CurvePoint(at, loss, None if math.isnan(right) else right) for at, loss, right in rows))


class CurveNotes:
    """Notes a curve while a trial trains its last layer, and then its body.

    Args:
        embeddings: (n, d) of all rows.
        labels: (n,) of these.
        held_out: which rows (n,) are held out.
        classes: how many there are; with many, the last layer is tried on some of the rows.
    """

    def __init__(self, embeddings: Floats, labels: Integers, held_out: NDArray[np.bool_], *, classes: int) -> None:
        rows = np.flatnonzero(held_out)
        looked_at = min(len(rows), max(MOST_LOGITS // max(classes, 1), 1))
        chosen = rows[np.linspace(0, len(rows) - 1, looked_at).astype(np.intp)] if len(rows) else rows
        self._embeddings, self._labels = np.asarray(embeddings[chosen]), labels[chosen]
        self._points: list[CurvePoint] = []
        self._before = 0.0
        """Epochs of the last layer, when the body trains."""

    def last_layer(self, epochs: float, loss: float, classifier: tuple[Floats, Floats]) -> None:
        """Note how far the last layer is."""
        self._points.append(CurvePoint(epochs, loss, self._right(classifier)))
        self._before = epochs

    def body(self, epochs: float, loss: float) -> None:
        """Note how far the body is, of which trying the held-out samples would take as long as training."""
        self._points.append(CurvePoint(self._before + epochs, loss))

    def curve(self, *, right: float | None) -> LearningCurve:
        """Return what was noted, given what the trial says of all held-out samples in the end."""
        last = [replace(one, right=right) for one in self._points[-1:]]
        return LearningCurve((*self._points[:-1], *last))

    def _right(self, classifier: tuple[Floats, Floats]) -> float | None:
        if not len(self._labels):
            return None
        kernel, bias = classifier
        return float(np.mean((self._embeddings @ kernel + bias).argmax(axis=1) == self._labels))
