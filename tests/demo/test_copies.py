"""A photo that is there twice: ignored within one person, refused between two."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from demo.copies import without_copies
from demo.drawing.people import write_people
from demo.errors import DemoError
from demo.folders import list_photos


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Two people with three photos each."""
    write_people(tmp_path, people=2, photos=3, seed=0)
    return tmp_path


def save_again(photo: Path, path: Path) -> Path:
    """The same pixels in a file of other bytes."""
    with Image.open(photo) as image:
        image.save(path, compress_level=0)
    return path


def test_photos_that_differ_all_stay(faces: Path) -> None:
    distinct = without_copies(list_photos(faces))
    assert (distinct.photos, distinct.copies) == (list_photos(faces), [])


def test_what_a_person_has_twice_counts_once(faces: Path) -> None:
    """The demo once counted both, and waited until its time-out for a sample that never came."""
    copy = shutil.copyfile(faces / "Ada Alder" / "02.png", faces / "Ada Alder" / "again.png")
    distinct = without_copies(list_photos(faces))
    assert [photo.name for photo in distinct.photos["Ada Alder"]] == ["01.png", "02.png", "03.png"]
    assert distinct.copies == [copy]


def test_a_photo_of_two_people_is_refused_with_both_places(faces: Path) -> None:
    copy = shutil.copyfile(faces / "Ada Alder" / "02.png", faces / "Bo Birch" / "again.png")
    with pytest.raises(DemoError, match="expected a photo of one person") as refused:
        without_copies(list_photos(faces))
    assert str(copy) in str(refused.value)
    assert str(faces / "Ada Alder" / "02.png") in str(refused.value)


def test_the_same_pixels_in_files_that_differ_are_a_copy(faces: Path) -> None:
    """Only bytes were compared: the demo went through export and uploads before it missed a sample, or never did."""
    saved_again = save_again(faces / "Ada Alder" / "02.png", faces / "Ada Alder" / "again.png")
    assert without_copies(list_photos(faces)).copies == [saved_again]


def test_the_same_pixels_in_files_of_two_people_are_refused(faces: Path) -> None:
    """Bytes that differ once hid it: on one device the second person's feedback replaced the first's."""
    saved_again = save_again(faces / "Ada Alder" / "02.png", faces / "Bo Birch" / "again.png")
    with pytest.raises(DemoError, match="expected a photo of one person") as refused:
        without_copies(list_photos(faces))
    assert str(saved_again) in str(refused.value)


def test_a_file_that_is_no_photo_is_refused_before_anything_is_started(faces: Path) -> None:
    (faces / "Ada Alder" / "04.jpg").write_bytes(b"no photo")
    with pytest.raises(DemoError, match=r"04\.jpg: expected a photo"):
        without_copies(list_photos(faces))


def test_a_folder_named_like_a_photo_is_refused(faces: Path) -> None:
    (faces / "Ada Alder" / "holiday.jpg").mkdir()
    with pytest.raises(DemoError, match=r"holiday\.jpg: expected a file, got a folder"):
        without_copies(list_photos(faces))


def test_everything_that_cannot_be_used_is_told_at_once(faces: Path) -> None:
    (faces / "Ada Alder" / "04.jpg").write_bytes(b"no photo")
    (faces / "Bo Birch" / "05.jpg").write_bytes(b"")
    save_again(faces / "Ada Alder" / "02.png", faces / "Bo Birch" / "again.png")
    with pytest.raises(
        DemoError, match=r"04\.jpg: .*; .*05\.jpg: .*an empty file.*; .*again\.png: expected a photo of one"
    ):
        without_copies(list_photos(faces))
