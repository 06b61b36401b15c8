"""What a classifier answers: the same however many rows are looked at together, and as its logits say."""

import numpy as np
import pytest

from cloud.training import answers
from cloud.training.answers import answer_rows
from export.heads.calibrate import confidences


def test_rows_are_answered_as_their_logits_say_however_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(0)
    embeddings = chance.normal(size=(57, 16)).astype(np.float32)
    kernel, bias = (chance.normal(size=shape).astype(np.float32) for shape in ((16, 9), (9,)))
    logits = embeddings @ kernel + bias
    order = np.argsort(-logits, axis=1)
    for at_once in (1 << 22, 5 * 9):
        monkeypatch.setattr(answers, "LOGITS_AT_ONCE", at_once)
        found = answer_rows(embeddings, (kernel, bias), temperature=1.5)
        np.testing.assert_array_equal(found.classes, order[:, 0])
        np.testing.assert_array_equal(found.runners_up, order[:, 1])
        np.testing.assert_allclose(found.probabilities, confidences(logits, 1.5), rtol=1e-5)


def test_a_long_answer_is_told_as_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial of a large pool answers for minutes, and one that says nothing for ten is taken to hang."""
    told: list[tuple[int, int]] = []
    three = np.ones((2, 3), np.float32), np.zeros(3, np.float32)
    monkeypatch.setattr(answers, "LOGITS_AT_ONCE", 4 * 3)
    for rows in (4, 9):
        embeddings = np.zeros((rows, 2), np.float32)
        answer_rows(embeddings, three, temperature=1, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_of_one_class_the_runner_up_is_the_same() -> None:
    one = np.ones((2, 1), np.float32), np.zeros(1, np.float32)
    found = answer_rows(np.ones((3, 2), np.float32), one, temperature=1)
    assert (found.classes.tolist(), found.runners_up.tolist()) == ([0, 0, 0], [0, 0, 0])
    assert found.probabilities.tolist() == [1, 1, 1]


def test_no_row_has_no_answer() -> None:
    three = np.ones((2, 3), np.float32), np.zeros(3, np.float32)
    found = answer_rows(np.zeros((0, 2), np.float32), three, temperature=1)
    assert len(found.classes) == len(found.probabilities) == 0
