"""Labelled photos from folders: what is read, in which order, and what is refused."""

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from contract.holdout import Split, assign_split
from contract.samples import photo_sample_id
from device.errors import PhotoError
from export.errors import ExamplesError
from export.examples.labelled import BASE_SECRET
from export.examples.photo_folders import find_photos
from export.examples.photos import read_given_photos, read_labelled_photos
from export.network.inception_resnet_v1 import INPUT


def write_photo(path: Path, *, shade: int, size: tuple[int, int] = (40, 30)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (shade, 255 - shade, 128)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ann has three photos and Bo two."""
    for index, name in enumerate(["Bo/b.png", "Ann/2.png", "Ann/10.png", "Bo/a.png", "Ann/1.png"]):
        write_photo(tmp_path / name, shade=40 * index)
    return tmp_path


def test_people_and_their_photos_are_sorted_by_name(folder: Path) -> None:
    people = read_labelled_photos(folder, photo_input=INPUT)
    assert people.names == ("Ann", "Bo")
    assert people.labels.tolist() == [0, 0, 0, 1, 1]
    assert people.inputs.shape == (5, 160, 160, 3)
    assert people.inputs[:, 0, 0, 0].tolist() == [160, 80, 40, 120, 0]


def test_a_sample_id_is_of_the_photos_file_under_a_fixed_secret(folder: Path) -> None:
    digest = hashlib.sha256((folder / "Ann" / "1.png").read_bytes()).digest()
    assert read_labelled_photos(folder, photo_input=INPUT).sample_ids[0].tobytes() == photo_sample_id(
        BASE_SECRET, digest
    )


def test_the_fixed_secret_is_that_of_the_contracts_hmac_padded() -> None:
    assert BASE_SECRET.rstrip(b"\0") == b"fedex-base"


def test_the_split_is_the_contracts(tmp_path: Path) -> None:
    for shade in range(30):
        write_photo(tmp_path / "Ann" / f"{shade:02d}.png", shade=shade)
    write_photo(tmp_path / "Bo" / "1.png", shade=99)
    people = read_labelled_photos(tmp_path, photo_input=INPUT)
    ids = [photo_id.tobytes() for photo_id in people.sample_ids[:30]]
    assert people.held_out()[:30].tolist() == [
        assign_split(photo_id, before) is Split.HELD_OUT for before, photo_id in enumerate(ids)
    ]
    assert not people.held_out()[[0, 1, 2, 30]].any()
    assert people.held_out().any()


def test_a_photo_that_one_person_has_twice_is_one_sample(folder: Path) -> None:
    (folder / "Ann" / "copy.png").write_bytes((folder / "Ann" / "1.png").read_bytes())
    assert len(read_labelled_photos(folder, photo_input=INPUT).inputs) == 5


def test_hidden_files_and_files_beside_the_folders_are_not_looked_at(folder: Path) -> None:
    (folder / "SHA256SUMS").write_text("")
    (folder / ".git").mkdir()
    (folder / "Ann" / ".DS_Store").write_bytes(b"\0")
    assert len(read_labelled_photos(folder, photo_input=INPUT).inputs) == 5


def test_progress_is_told_of_each_photo(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    read_labelled_photos(folder, photo_input=INPUT, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExamplesError, match="nowhere: expected a folder, got none"):
        read_labelled_photos(tmp_path / "nowhere", photo_input=INPUT)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "faces").write_text("")
    with pytest.raises(ExamplesError, match="faces: expected a folder, got a file"):
        read_labelled_photos(tmp_path / "faces", photo_input=INPUT)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExamplesError, match="expected photos, one folder a label, of at least 2 labels, got 0"):
        read_labelled_photos(tmp_path, photo_input=INPUT)


def test_one_person_alone_is_refused(tmp_path: Path) -> None:
    write_photo(tmp_path / "Ann" / "1.png", shade=1)
    with pytest.raises(ExamplesError, match=r"one folder a label, of at least 2 labels, got 1$"):
        read_labelled_photos(tmp_path, photo_input=INPUT)


def test_a_person_without_photos_is_refused(folder: Path) -> None:
    (folder / "Cy").mkdir()
    with pytest.raises(ExamplesError, match="Cy: expected at least one photo, got an empty folder"):
        read_labelled_photos(folder, photo_input=INPUT)


def test_a_file_that_is_no_photo_is_refused_by_name(folder: Path) -> None:
    (folder / "Ann" / "notes.txt").write_text("not a photo")
    with pytest.raises(PhotoError, match=r"notes\.txt"):
        read_labelled_photos(folder, photo_input=INPUT)


def test_two_spellings_of_one_name_are_refused(folder: Path) -> None:
    write_photo(folder / "ANN" / "1.png", shade=3)
    with pytest.raises(ExamplesError, match="Ann: expected a name of its own, got the name of ANN"):
        read_labelled_photos(folder, photo_input=INPUT)


def test_a_folder_name_that_is_no_label_is_refused(folder: Path) -> None:
    write_photo(folder / ("x" * 65) / "1.png", shade=3)
    with pytest.raises(ExamplesError, match="expected a name that can be a label: at most 64 code points, got 65"):
        read_labelled_photos(folder, photo_input=INPUT)


def test_one_photo_of_two_people_is_refused(folder: Path) -> None:
    (folder / "Bo" / "c.png").write_bytes((folder / "Ann" / "1.png").read_bytes())
    with pytest.raises(ExamplesError, match=r"c\.png: expected a photo of one label, got one that another has too"):
        read_labelled_photos(folder, photo_input=INPUT)


def test_photos_without_people_are_taken_from_all_over_a_folder(folder: Path) -> None:
    assert len(read_given_photos(folder, photo_input=INPUT, count=64).inputs) == 5
    assert read_given_photos(folder, photo_input=INPUT, count=2).inputs[:, 0, 0, 0].tolist() == [160, 0]


def test_an_empty_folder_of_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExamplesError, match="expected at least one photo, got an empty folder"):
        read_given_photos(tmp_path, photo_input=INPUT, count=3)


LITTER = [
    *("Thumbs.db", "THUMBS.DB", ".DS_Store", "desktop.ini", "Desktop.ini", "._1.png", ".picasa.ini", "Picasa.ini"),
    *(
        "1.xmp",
        "1.png.xmp",
        "IMG_1.AAE",
        "MVI_1.THM",
        "GOPR1.LRV",
        "1.png.part",
        "1.png.crdownload",
        "~$1.png",
        "1.png~",
    ),
    *(".1.png.swp", "1.png.json", "1.jpg.supplemental-metadata.json", "metadata.json", "1.lnk", "Icon\r", ".nomedia"),
    *(
        "1.png.download",
        "1.jpeg.filepart",
        "1.tmp",
        "ZbThumbnail.info",
        "digikam4.db",
        "Thumbs.db:encryptable",
        "1.srt",
    ),
]
CLOSED = [
    *(".Trashes", "$RECYCLE.BIN", "System Volume Information", "@eaDir", "#recycle", "lost+found", "__MACOSX"),
    *(
        ".thumbnails",
        ".Trash-1000",
        "@Recycle",
        "RECYCLER",
        "FOUND.000",
        ".AppleDouble",
        "#snapshot",
        "Previews.lrdata",
        "2.png.download",
    ),
]


@pytest.mark.parametrize("name", LITTER)
def test_the_litter_of_systems_cameras_and_downloads_is_passed_over_and_counted(folder: Path, name: str) -> None:
    (folder / "Ann" / name).write_bytes(b"anything")
    people = read_labelled_photos(folder, photo_input=INPUT)
    assert (len(people.inputs), people.passed_over) == (5, 1)
    assert len(read_given_photos(folder, photo_input=INPUT, count=64).inputs) == 5


@pytest.mark.parametrize("name", CLOSED)
def test_folders_of_the_system_are_never_entered(folder: Path, name: str) -> None:
    """`@eaDir` of a Synology holds a folder with thumbnails for each photo, and became a person."""
    for place in (folder / name, folder / "Ann" / name):
        write_photo(place / "1.png", shade=7)
        (place / "damaged.png").write_bytes(b"")
    people = read_labelled_photos(folder, photo_input=INPUT)
    assert (people.names, len(people.inputs), people.passed_over) == (("Ann", "Bo"), 5, 2)
    assert len(read_given_photos(folder, photo_input=INPUT, count=64).inputs) == 5


def test_names_that_only_look_like_litter_are_people_and_photos(folder: Path) -> None:
    names = ["@nick/1.png", "Part/part.png", "~Zoe/1.png", "#1 fan/thm.png", "Recycle/$1.png"]
    for shade, name in enumerate(names):
        write_photo(folder / name, shade=shade + 1)
    assert len(read_labelled_photos(folder, photo_input=INPUT).names) == 7


def test_everything_that_cannot_be_used_is_told_at_once(folder: Path) -> None:
    """One was told at each run, which read all photos before it."""
    (folder / "Ann" / "empty.jpg").write_bytes(b"")
    (folder / "Ann" / "notes.txt").write_text("not a photo")
    (folder / "Ann" / "more").mkdir()
    (folder / "Bo" / "c.png").write_bytes((folder / "Ann" / "1.png").read_bytes())
    (folder / "Cy").mkdir()
    write_photo(folder / "BO" / "1.png", shade=3)
    write_photo(folder / "unknown" / "1.png", shade=4)
    with pytest.raises(ExamplesError) as caught:
        read_labelled_photos(folder, photo_input=INPUT)
    told = str(caught.value)
    assert f"{folder}: expected photos, one folder a label, got 7 things that cannot be used: " in told
    for part in (
        "empty.jpg: expected a photo (JPEG, PNG, WEBP, BMP, GIF, PPM), got an empty file; copy it again",
        "notes.txt: expected a photo (JPEG, PNG, WEBP, BMP, GIF, PPM), got something else",
        "more: expected a file, got a folder",
        "c.png: expected a photo of one label",
        "Cy: expected at least one photo, got an empty folder",
        "Bo: expected a name of its own, got the name of BO",
        "unknown: expected a name that can be a label",
    ):
        assert part in told


def test_a_list_of_problems_ends_somewhere(folder: Path) -> None:
    for number in range(150):
        (folder / "Ann" / f"{number}.jpg").write_bytes(b"")
    with pytest.raises(ExamplesError, match=r"got 150 things that cannot be used: .*; and 50 more$"):
        read_labelled_photos(folder, photo_input=INPUT)
    with pytest.raises(ExamplesError, match=r"photos .*: expected photos, got 61 things"):
        read_given_photos(folder, photo_input=INPUT, count=64)


def test_a_person_with_nothing_but_litter_has_no_photos(folder: Path) -> None:
    (folder / "Cy").mkdir()
    (folder / "Cy" / "Thumbs.db").write_bytes(b"")
    with pytest.raises(
        ExamplesError, match="Cy: expected at least one photo, got nothing but files of systems and programs"
    ):
        read_labelled_photos(folder, photo_input=INPUT)


def test_marks_around_a_folders_name_are_no_part_of_the_label(folder: Path) -> None:
    (folder / "Ann").rename(folder / "\u200eAnn\u200b")
    assert set(read_labelled_photos(folder, photo_input=INPUT).names) == {"Ann", "Bo"}


def test_a_link_that_leads_back_is_not_followed(folder: Path) -> None:
    (folder / "Ann" / "back").symlink_to(folder)
    assert len(read_given_photos(folder, photo_input=INPUT, count=64).inputs) == 5


def test_folders_that_are_linked_are_read_alike_as_samples_and_as_photos(folder: Path, tmp_path: Path) -> None:
    linked = tmp_path.parent / f"{tmp_path.name}-links"
    linked.mkdir()
    for name in ("Ann", "Bo"):
        (linked / name).symlink_to(folder / name)
    given = read_given_photos(linked, photo_input=INPUT, count=64, most_labelled=64)
    assert given.names == read_labelled_photos(linked, photo_input=INPUT).names == ("Ann", "Bo")
    assert len(given.inputs) == 5


def test_a_link_to_where_it_stands_is_not_followed(folder: Path) -> None:
    (folder / "around").symlink_to(folder.parent)
    (folder / "again").symlink_to(folder / "Ann")
    assert len(find_photos(folder)) == 5
