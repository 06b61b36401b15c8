"""What the demo reads of a device's answers: faces by photo, and that a photo has none."""

from pathlib import Path
from typing import Any

from demo.drawing.scenes import Spot
from demo.running.devices import read_answers
from demo.shots import Shot, Sitter

TWO, NOBODY = Path("photos/Ada/two.jpg"), Path("photos/Bo/garden.jpg")
SCENE = Shot(TWO, (Sitter("Ada", Spot(0, 0, 100)), Sitter("Bo", Spot(200, 0, 100))))
NO_FACE: dict[str, Any] = {
    "photo": str(NOBODY),
    "id": None,
    "label": None,
    "unknown": False,
    "results": [],
    "box": None,
}


def line(number: int, label: str, left: int, *, subject: bool) -> dict[str, Any]:
    results = [{"label": label, "probability": 0.75}, {"label": "Ed", "probability": 0.1}]
    box = [left, 30, left + 40, 70]
    known = {"photo": str(TWO), "label": label, "unknown": False, "head": 2}
    return {**known, "id": number, "results": results, "box": box, "subject": subject}


def test_each_who_counts_gets_the_answer_on_their_own_face_and_a_photo_of_nobody_costs_nothing_else() -> None:
    lines = [NO_FACE, line(7, "Ada", 230, subject=True), line(8, "Ada", 30, subject=False)]
    nobody, two = read_answers([Shot.of_one(NOBODY), SCENE], lines)
    assert nobody.faces == ()
    assert [(answer.truth, answer.is_found) for answer in nobody.answers] == [("Bo", False)]
    assert [(sitter.name, face and face.inference) for sitter, face in two.found] == [("Ada", 8), ("Bo", 7)]
    assert [answer.is_right for answer in two.answers] == [True, False]
    assert {face.head for face in two.faces} == {2}


def test_without_boxes_the_answer_is_on_the_whole_tensor() -> None:
    whole = {
        "tensor": "voices/Ada/1.npy",
        "id": 3,
        "unknown": True,
        "head": 0,
        "results": [{"label": "Bo", "probability": 0.2}],
    }
    [one] = read_answers([Shot.of_one(Path("voices/Ada/1.npy"))], [whole])
    [answer] = one.answers
    assert (answer.truth, answer.best, answer.unknown, answer.is_found) == ("Ada", "Bo", True, True)
