"""Folders of photos, one folder a person."""

from pathlib import Path

import pytest

from demo.drawing.people import write_people
from demo.errors import DemoError
from demo.folders import count_passed_over, lay_out_base, list_photos
from demo.roles import assign_roles


def test_photos_are_listed_by_person_and_name(tmp_path: Path) -> None:
    write_people(tmp_path, people=2, photos=2, seed=0)
    (tmp_path / "Ada Alder" / "notes.txt").write_text("not a photo")
    assert [path.name for path in list_photos(tmp_path)["Ada Alder"]] == ["01.png", "02.png"]


def test_a_folder_without_people_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="expected one folder a person, got none"):
        list_photos(tmp_path)
    with pytest.raises(DemoError, match="got nothing of that name"):
        list_photos(tmp_path / "nowhere")


def test_the_base_folder_holds_two_photos_of_everyone_who_is_known(tmp_path: Path) -> None:
    write_people(tmp_path / "faces", people=4, photos=10, seed=0)
    people = assign_roles(list_photos(tmp_path / "faces"), seed=0)
    lay_out_base(people, tmp_path / "base")
    assert {name: len(photos) for name, photos in list_photos(tmp_path / "base").items()} == {
        person.name: 2 for person in people if not person.is_new
    }


def test_what_systems_leave_beside_photos_is_passed_over_and_counted(tmp_path: Path) -> None:
    """`@eaDir` was a person with too few photos, and a thumbnail's remains a photo that could not be read."""
    write_people(tmp_path, people=2, photos=2, seed=0)
    people = list_photos(tmp_path)
    for name in (
        "@eaDir/1.png",
        "$RECYCLE.BIN/1.png",
        "Ada Alder/._01.png",
        "Ada Alder/Thumbs.db",
        "Ada Alder/notes.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"anything")
    assert list_photos(tmp_path) == people
    assert count_passed_over(tmp_path) == 5


def test_folders_that_cannot_be_used_are_told_at_once(tmp_path: Path) -> None:
    write_people(tmp_path, people=2, photos=2, seed=0)
    for name in ("Empty", "unknown", "x" * 65):
        (tmp_path / name).mkdir()
    for name in ("Ada Alder/empty.jpg", "unknown/damaged.png"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DemoError) as caught:
        list_photos(tmp_path)
    told = str(caught.value)
    assert all(name in told for name in ("/Empty: ", "/unknown: ", "x" * 65, "empty.jpg: ", "damaged.png: "))
