"""Folders of photos, one folder a person."""

from pathlib import Path

import pytest

from demo.drawing.people import write_people
from demo.errors import DemoError
from demo.folders import lay_out_base, list_photos
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
