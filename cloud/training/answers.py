"""What a classifier answers to embeddings. Pure, without Keras.

With thousands of classes the logits of all rows are billions: each is computed, looked at a few times while it is near
the processor, and forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cloud.training.executors.arrays import Flags, Floats, Integers
from cloud.training.threads import side_by_side
from cloud.training.values import Answers, join
from contract.callbacks import Progress, ignore
from export.heads.class_means import Classifier

LOGITS_AT_ONCE = 1 << 22
MOST_ROWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class RowsOf:
    """Some rows of an array, which may be mapped: copied into memory as they are sliced."""

    array: Floats
    places: Integers

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, part: slice) -> Floats:
        rows: Floats = self.array[self.places[part]]
        return rows


def answer_rows(
    embeddings: Floats | RowsOf, classifier: Classifier, *, temperature: float, progress: Progress = ignore
) -> Answers:
    """Answer embeddings (n, d), which may be mapped, a bounded number of rows at a time; `progress` hears of each time.

    Where all are answered at once, it hears nothing.
    """
    kernel, bias = classifier
    size = min(max(LOGITS_AT_ONCE // max(len(bias), 1), 1), MOST_ROWS_AT_ONCE)

    def answer(begin: int) -> Answers:
        logits: Floats = embeddings[begin : begin + size] @ kernel
        logits += bias
        return _answer(logits, temperature)

    begins, answered = range(0, len(embeddings), size), list[Answers]()
    for part in side_by_side(answer, begins):
        answered.append(part)
        if len(begins) > 1:
            progress(len(answered), len(begins))
    return join(answered)


def answer_some(
    embeddings: Floats, rows: Flags, classifier: Classifier, *, temperature: float, progress: Progress = ignore
) -> Answers:
    """Answer some of the rows (n,); of the others it says class -1 with probability 0."""
    if rows.all():
        return answer_rows(embeddings, classifier, temperature=temperature, progress=progress)
    places = np.flatnonzero(rows)
    some = answer_rows(RowsOf(embeddings, places), classifier, temperature=temperature, progress=progress)
    classes, runners_up = (np.full(len(rows), -1) for _ in range(2))
    probabilities = np.zeros(len(rows), np.float32)
    classes[places], runners_up[places], probabilities[places] = some.classes, some.runners_up, some.probabilities
    return Answers(classes, runners_up, probabilities)


def _answer(logits: Floats, temperature: float) -> Answers:
    """Answer by logits (n, classes), whose memory is used."""
    rows, classes = np.arange(len(logits)), logits.argmax(axis=1)
    highest = logits[rows, classes].copy()
    logits[rows, classes] = -np.inf
    runners_up = logits.argmax(axis=1) if logits.shape[1] > 1 else classes
    logits -= highest[:, np.newaxis]
    logits *= np.float32(1 / temperature)
    np.exp(logits, out=logits)
    probabilities = 1 / (1 + logits.sum(axis=1, dtype=np.float64))
    return Answers(classes, runners_up, probabilities.astype(np.float32))
