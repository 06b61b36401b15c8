"""Labelled arrays become files that devices are given, and files become arrays that an export is given."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.errors import DemoError
from demo.example_arrays import pack, unpack
from demo.folders import count_passed_over, lay_out_base, list_photos
from demo.roles import Person

TENSORS = np.arange(24, dtype=np.float32).reshape(4, 3, 2)


def test_tensors_become_a_file_each_and_files_an_array_again(tmp_path: Path) -> None:
    np.savez(tmp_path / "all.npz", inputs=TENSORS, labels=np.array(["walk", "run", "walk", "run"]))
    unpack(tmp_path / "all.npz", tmp_path / "files")
    files = list_photos(tmp_path / "files")
    assert {label: len(paths) for label, paths in files.items()} == {"run": 2, "walk": 2}
    pack([("run", path) for path in files["run"]], tmp_path / "again.npz")
    with np.load(tmp_path / "again.npz") as again:
        np.testing.assert_array_equal(again["inputs"], TENSORS[1::2])
        assert again["labels"].tolist() == ["run", "run"]


def test_integers_are_called_by_their_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "all.npz", inputs=TENSORS, labels=np.array([1, 0, 1, 0]), names=np.array(["run", "walk"]))
    unpack(tmp_path / "all.npz", tmp_path / "files")
    assert sorted(list_photos(tmp_path / "files")) == ["run", "walk"]


def test_pixels_become_photos_unless_they_are_to_be_tensors(tmp_path: Path) -> None:
    pixels = np.full((2, 5, 4, 3), 200, np.uint8)
    np.savez(tmp_path / "all.npz", inputs=pixels, labels=np.array(["a", "b"]))
    unpack(tmp_path / "all.npz", tmp_path / "photos")
    unpack(tmp_path / "all.npz", tmp_path / "tensors", as_tensors=True)
    with Image.open(tmp_path / "photos/a/000000.png") as photo:
        assert photo.size == (4, 5)
    assert np.load(tmp_path / "tensors/a/000000.npy").shape == (5, 4, 3)


LABELS = np.array(["a", "b", "a", "b"])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        pytest.param({"inputs": TENSORS}, "expected an array called labels", id="no labels"),
        pytest.param({"inputs": TENSORS, "labels": LABELS[:1]}, "expected 4, one for each", id="too few labels"),
        pytest.param({"labels": LABELS}, "expected an array called inputs", id="no inputs"),
        pytest.param({"inputs": TENSORS[:0], "labels": LABELS[:0]}, "at least one input", id="empty"),
        pytest.param({"inputs": np.float32(1), "labels": LABELS}, "at least one input", id="one number"),
        pytest.param({"inputs": LABELS, "labels": LABELS}, "expected numbers", id="texts"),
        pytest.param({"inputs": TENSORS * np.nan, "labels": LABELS}, "expected finite", id="NaN"),
        pytest.param(
            {"inputs": TENSORS, "labels": np.array([0, 1, 2, 9]), "names": np.array(["a"])},
            "a name for each label up to 9",
            id="no such name",
        ),
        pytest.param(
            {"inputs": TENSORS, "labels": np.array([0, -1, 0, -1]), "names": np.array(["a", "b"])},
            "expected integers of 0 and more, got -1",
            id="a negative number, which numpy counts from the end",
        ),
    ],
)
def test_arrays_without_labels_of_all_inputs_are_refused_by_their_file(
    tmp_path: Path, arrays: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]], message: str
) -> None:
    np.savez(tmp_path / "all.npz", **arrays)
    with pytest.raises(DemoError, match=rf"all\.npz.*{message}"):
        unpack(tmp_path / "all.npz", tmp_path / "files")


@pytest.mark.parametrize("label", ["../../esc", "a/b", "/etc", "..", ".hidden", "CVS", "a\\b", "\U0001f34e" * 64])
def test_a_label_that_names_no_folder_of_its_own_is_refused_before_anything_is_written(
    tmp_path: Path, label: str
) -> None:
    """`../../esc` was written outside the folder."""
    np.savez(tmp_path / "all.npz", inputs=TENSORS, labels=np.array(["a", "a", label, label]))
    with pytest.raises(DemoError, match=r"all\.npz: expected labels that can name a folder each"):
        unpack(tmp_path / "all.npz", tmp_path / "files")
    assert [path.name for path in tmp_path.iterdir()] == ["all.npz"]


def test_damage_inside_an_archive_is_told(tmp_path: Path) -> None:
    """It was a traceback of zlib's."""
    file = tmp_path / "all.npz"
    np.savez_compressed(file, inputs=TENSORS, labels=LABELS)
    damaged = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        at = archive.getinfo("inputs.npy").header_offset + 30 + len("inputs.npy") + 20
    damaged[at : at + 40] = b"\xff" * 40
    file.write_bytes(damaged)
    with pytest.raises(DemoError, match=r"all\.npz: expected a file of arrays"):
        unpack(file, tmp_path / "files")


@pytest.mark.parametrize("content", [b"", b"anything", b"\x93NUMPY\x01\x00v\x00{'descr"])
def test_a_tensor_that_cannot_be_read_is_told_by_its_file(tmp_path: Path, content: bytes) -> None:
    np.save(tmp_path / "1.npy", TENSORS[0])
    (tmp_path / "2.npy").write_bytes(content)
    with pytest.raises(DemoError, match=r"2\.npy: expected a \.npy file of numbers"):
        pack([("a", tmp_path / "1.npy"), ("b", tmp_path / "2.npy")], tmp_path / "all.npz")


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "all.npz").write_bytes(b"anything")
    with pytest.raises(DemoError, match=r"all\.npz: expected"):
        unpack(tmp_path / "all.npz", tmp_path / "files")


def test_tensors_of_two_shapes_are_refused_with_both(tmp_path: Path) -> None:
    np.save(tmp_path / "1.npy", TENSORS[0])
    np.save(tmp_path / "2.npy", TENSORS[0, :2])
    with pytest.raises(DemoError, match=r"2\.npy: expected float32 \(3, 2\), as .*1\.npy has, got float32 \(2, 2\)"):
        pack([("a", tmp_path / "1.npy"), ("b", tmp_path / "2.npy")], tmp_path / "all.npz")


def test_the_base_of_tensors_is_one_file(tmp_path: Path) -> None:
    np.save(tmp_path / "1.npy", TENSORS[0])
    person = Person("walk", is_new=False, base=(tmp_path / "1.npy",), uploads=(), tests=())
    assert lay_out_base([person], tmp_path / "base") == tmp_path / "base" / "base.npz"


def test_a_tensor_beside_photos_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "Ada").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "Ada" / "1.png")
    np.save(tmp_path / "Ada" / "embedding.npy", TENSORS[0])
    assert [path.name for path in list_photos(tmp_path)["Ada"]] == ["1.png"]
    assert count_passed_over(tmp_path) == 1
