"""Rows that are kept on the disk: found again as they were, or not at all."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from cloud.dataset.row_names import Names, base_names
from cloud.training import kept_rows
from cloud.training.executors.arrays import Floats
from cloud.training.kept_rows import INDEX, MUCH_SMALLER, KeptRows
from cloud.training.known_rows import KnownRows

WIDTH = 8
NAMES = base_names("0f" * 32, 5000)
EMBEDDINGS = np.random.default_rng(0).normal(size=(len(NAMES), WIDTH)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where rows of a body are kept."""
    return tmp_path / "body"


def keep(folder: Path, begin: int, end: int, *, stamp: str = "s") -> None:
    """Add some rows, two at a time."""
    KeptRows.read(folder, stamp=stamp).add(
        NAMES[begin:end], (EMBEDDINGS[at : min(at + 2, end)] for at in range(begin, end, 2))
    )


def found(folder: Path, names: Names = NAMES, *, stamp: str = "s") -> Floats:
    """Return the embeddings of those of some rows that are kept."""
    kept = KeptRows.read(folder, stamp=stamp)
    places = kept.find(names)
    rows = KnownRows(places[places >= 0], kept.embeddings)
    return np.concatenate([np.zeros((0, WIDTH), np.float32), *rows.gather(np.zeros((0, WIDTH), np.float32))])


def test_rows_are_found_as_they_were_added_in_any_order(folder: Path) -> None:
    for begin, end in ((0, 100), (100, 101), (101, 120), (120, 700)):
        keep(folder, begin, end)
    order = np.random.default_rng(1).permutation(700)
    np.testing.assert_array_equal(found(folder, NAMES[order]), EMBEDDINGS[order])
    assert len(found(folder, NAMES[700:])) == 0


def test_there_are_few_pieces_however_often_rows_came_one_by_one(folder: Path) -> None:
    most, at = 0, 0
    for number in range(150):
        rows = number % 3
        keep(folder, at, at + rows)
        at += rows
        pieces = [piece.rows for piece in KeptRows.read(folder, stamp="s").pieces]
        assert all(large >= MUCH_SMALLER * small for large, small in pairwise(pieces))
        most = max(most, len(pieces))
        assert len(list(folder.glob("*"))) == (len(pieces) + 1 if pieces else 0)
    assert most <= 4
    np.testing.assert_array_equal(found(folder), EMBEDDINGS[:at])


def test_large_pieces_are_mapped_and_stay_readable_when_others_take_their_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.training.executors.arrays.MAPPED_FROM_BYTES", 1000)
    keep(folder, 0, 1000)
    before = KeptRows.read(folder, stamp="s")
    assert isinstance(before.embeddings[0], np.memmap)
    keep(folder, 1000, 2000)
    assert [piece.rows for piece in KeptRows.read(folder, stamp="s").pieces] == [2000]
    np.testing.assert_array_equal(before.embeddings[0], EMBEDDINGS[:1000])


def flip(path: Path, place: int) -> None:
    """Change one byte of a file."""
    body = bytearray(path.read_bytes())
    body[place] ^= 1
    path.write_bytes(body)


def piece_of(folder: Path) -> Path:
    """Return the file of the only piece."""
    [piece] = [path for path in folder.iterdir() if path.name != INDEX]
    return piece


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a byte of a piece": lambda folder: flip(piece_of(folder), 77),
    "a piece that is shorter": lambda folder: piece_of(folder).write_bytes(piece_of(folder).read_bytes()[:-4]),
    "a piece that is longer": lambda folder: piece_of(folder).write_bytes(piece_of(folder).read_bytes() + bytes(4)),
    "no piece": lambda folder: piece_of(folder).unlink(),
    "no index": lambda folder: (folder / INDEX).unlink(),
    "a byte of a name": lambda folder: flip(folder / INDEX, -5),
    "half an index": lambda folder: (folder / INDEX).write_bytes((folder / INDEX).read_bytes()[:99]),
    "an empty index": lambda folder: (folder / INDEX).write_bytes(b""),
    "something else for an index": lambda folder: (folder / INDEX).write_bytes(b"something else" * 9),
    "another format": lambda folder: (folder / INDEX).write_bytes(
        (folder / INDEX).read_bytes().replace(b'"format":1', b'"format":2')
    ),
    "the index of another body": lambda folder: (folder / INDEX).write_bytes(
        (folder / INDEX).read_bytes().replace(b'"body":"body"', b'"body":"yodb"')
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_or_foreign_is_as_good_as_nothing_and_is_replaced(folder: Path, damage: str) -> None:
    keep(folder, 0, 50)
    before = [path.read_bytes() for path in sorted(folder.iterdir())]
    DAMAGES[damage](folder)
    assert [path.read_bytes() for path in sorted(folder.iterdir())] != before
    assert len(found(folder)) == 0
    assert list(folder.iterdir()) == []
    keep(folder, 20, 60)
    np.testing.assert_array_equal(found(folder), EMBEDDINGS[20:60])


def test_under_another_stamp_nothing_is_left(folder: Path) -> None:
    keep(folder, 0, 50, stamp="before")
    assert len(found(folder, stamp="after")) == 0
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("fatal", [0, 1])
def test_whoever_is_killed_in_the_middle_leaves_what_was_kept_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch, fatal: int
) -> None:
    """Before the new piece has its name, or before the new index has."""
    keep(folder, 0, 50)
    replace, left = Path.replace, [fatal]

    def die(self: Path, target: Path) -> Path:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return replace(self, target)

    monkeypatch.setattr(Path, "unlink", lambda self, missing_ok=False: None)  # the dead tidy nothing up
    monkeypatch.setattr(Path, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        keep(folder, 50, 60)
    monkeypatch.undo()
    assert len(list(folder.iterdir())) > 2
    np.testing.assert_array_equal(found(folder), EMBEDDINGS[:50])
    assert len(list(folder.iterdir())) == 2
    keep(folder, 50, 60)
    np.testing.assert_array_equal(found(folder), EMBEDDINGS[:60])


def test_a_disk_without_room_is_an_error_and_what_was_kept_before_is_there(small_disk: Path) -> None:
    folder = small_disk / "body"
    keep(folder, 0, 200)
    names = base_names("1e" * 32, 200_000)
    with pytest.raises(OSError, match="No space left on device"):
        KeptRows.read(folder, stamp="s").add(names, (np.ones((1000, WIDTH), np.float32) for _ in range(200)))
    np.testing.assert_array_equal(found(folder), EMBEDDINGS[:200])
    assert len(list(folder.iterdir())) == 2


def test_files_of_other_names_stay(folder: Path) -> None:
    keep(folder, 0, 5)
    (folder / "notes.txt").write_text("not ours")
    assert len(found(folder, stamp="another")) == 0
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_the_stamp_is_read_without_the_rows(folder: Path) -> None:
    assert kept_rows.read_stamp(folder) is None
    keep(folder, 0, 5, stamp="an erasure")
    assert kept_rows.read_stamp(folder) == "an erasure"
    flip(folder / INDEX, 9)
    assert kept_rows.read_stamp(folder) is None
