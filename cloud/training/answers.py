"""What a classifier answers to embeddings. Pure, without Keras."""

from __future__ import annotations

import numpy as np

from cloud.training.executors.arrays import Floats
from cloud.training.values import Answers, join
from export.heads.calibrate import confidences
from export.heads.class_means import Classifier

ANSWERED_AT_ONCE = 4096


def answer_rows(embeddings: Floats, classifier: Classifier, *, temperature: float) -> Answers:
    """Answer embeddings (n, d), which may be mapped, a bounded number of rows at a time."""
    kernel, bias = classifier
    begins = range(0, len(embeddings), ANSWERED_AT_ONCE)
    return join(_answer(embeddings[begin : begin + ANSWERED_AT_ONCE] @ kernel + bias, temperature) for begin in begins)


def _answer(logits: Floats, temperature: float) -> Answers:
    classes, probabilities = logits.argmax(axis=1), confidences(logits, temperature).astype(np.float32)
    if logits.shape[1] == 1:
        return Answers(classes, classes, probabilities)
    others = logits.copy()
    others[np.arange(len(others)), classes] = -np.inf
    return Answers(classes, others.argmax(axis=1), probabilities)
