"""Where scenarios are played, with and without real photos."""

from pathlib import Path

from bench.learning.worlds import available, people_of


def test_without_photos_synthetic_people_stand_in_once() -> None:
    assert available(("lfw65", "orl"), real=()) == ("synthetic65",)
    assert available(("synthetic200",), real=()) == ("synthetic200",)


def test_with_photos_only_what_is_there_is_played() -> None:
    assert available(("lfw65", "orl"), real=("orl",)) == ("orl",)


def test_synthetic_people_are_others_for_each_seed(tmp_path: Path) -> None:
    first, second = (people_of("synthetic65", work=tmp_path, seed=seed) for seed in (0, 1))
    assert first.count == second.count == 65
    assert (first.embeddings != second.embeddings).any()
