"""The table and the JSON at the demo's end."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from demo.figures import Figures, format_scores, write_figures
from demo.scoring import Score
from demo.words import PEOPLE, TENSORS

NAN = float("nan")


@pytest.fixture
def figures() -> Figures:
    return Figures(
        words=PEOPLE,
        people=65,
        new_people=15,
        devices=3,
        synthetic=False,
        backbone="facenet_vggface2.npz",
        store="directory",
        cut="freeze6",
        photos_base=100,
        photos_uploaded=195,
        photos_tested=571,
        faces_tested=571,
        finds_faces=False,
        bytes_per_sample=281.4,
        bytes_per_input=76_800,
        prefix_ms=6.04,
        runtime="ai-edge-litert 2.3.0",
        seconds=101.7,
        seconds_of={"export": 20.2, "recognise": 31.0},
        seconds_to_new_head=14.26,
        serial=1,
        before=Score(1.0, 0.768, 0.0, 0.962, 0.981),
        after=Score(1.0, 0.997, 0.993, 0.01, 0.99),
        cosine=Score(1.0, 0.998, 0.995, NAN, NAN),
    )


def test_the_json_has_the_figures_that_others_read(figures: Figures, tmp_path: Path) -> None:
    write_figures(figures, tmp_path / "demo.json")
    read = json.loads((tmp_path / "demo.json").read_text())
    assert (read["accuracy_before"], read["accuracy_after"], read["accuracy_cosine"]) == (0.768, 0.997, 0.998)
    assert (read["unknown_before"], read["accepted_before"], read["serial"]) == (0.962, 0.981, 1)
    assert (read["bytes_per_sample"], read["seconds"]) == (281.4, 101.7)


def test_a_share_over_nothing_is_null_in_the_json(figures: Figures, tmp_path: Path) -> None:
    assert Figures.to_json(figures)["accuracy_after"] is not None
    without_new = Score(1.0, 0.9, NAN, NAN, 1.0)
    write_figures(replace(figures, before=without_new), tmp_path / "demo.json")
    assert json.loads((tmp_path / "demo.json").read_text())["accuracy_new_before"] is None


def test_the_table_is_narrow_and_says_what_accuracy_means(figures: Figures) -> None:
    table = format_scores(figures)
    assert "right, the new people 0.0 % 99.3 % 99.5 %" in re.sub(" +", " ", table)
    assert "Accuracy: the best label is the right one" in table
    assert max(len(line) for line in table.splitlines()) <= 120


def test_where_faces_are_found_their_share_is_told_and_what_is_not_found_counts(figures: Figures) -> None:
    found = replace(figures, finds_faces=True, photos_tested=200, before=replace(figures.before, found=0.985))
    table = re.sub(" +", " ", format_scores(found))
    assert "571 faces in 200 photos never uploaded before after cosine\n found 98.5 % 100.0 % 100.0 %\n" in table
    assert "A face that is not found\nis not right either." in table
    assert found.to_json()["found_before"] == 0.985
    assert "found" not in format_scores(figures)


def test_what_is_no_person_is_not_called_one(figures: Figures) -> None:
    table = format_scores(replace(figures, words=TENSORS, bytes_per_input=1392))
    assert "people" not in table
    assert "photo" not in table
    assert "a tensor is 1,392" in table
    assert format_scores(figures).count("a prepared photo is 76,800") == 1
