import numpy as np
import pytest

from device.recognise.ranking import rank


def logits(*values: float) -> np.ndarray:  # type: ignore[type-arg]  # float32 (n,)
    return np.array(values, np.float32)


def test_labels_come_best_first_with_softmax_of_logits_over_temperature() -> None:
    ranking = rank(logits(0, 2, 1), labels="abc", temperature=2.0, threshold=0.0, top=2)
    weights = np.exp([1.0, 0.5, 0.0])
    assert [one.label for one in ranking.results] == ["b", "c"]
    assert [one.probability for one in ranking.results] == pytest.approx(list(weights[:2] / weights.sum()))


def test_the_threshold_itself_is_known_and_below_it_is_unknown() -> None:
    assert not rank(logits(0, 0), labels="ab", temperature=1.0, threshold=0.5, top=1).unknown
    assert rank(logits(0, 0), labels="ab", temperature=1.0, threshold=0.51, top=1).unknown


def test_ties_go_to_the_lower_class() -> None:
    ranking = rank(logits(1, 3, 3, 3), labels="abcd", temperature=1.0, threshold=0.0, top=2)
    assert [one.label for one in ranking.results] == ["b", "c"]


def test_fewer_classes_than_asked_for_are_all_shown() -> None:
    assert len(rank(logits(7), labels="a", temperature=1.0, threshold=0.0, top=5).results) == 1


def test_huge_logits_do_not_overflow() -> None:
    ranking = rank(logits(3e38, -3e38), labels="ab", temperature=0.001, threshold=0.5, top=1)
    assert ranking.results[0].probability == 1.0
