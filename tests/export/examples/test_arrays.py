"""Examples from files of arrays: what is read, and one line for whatever is wrong with one."""

import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.inputs import PhotoInput, TensorInput, TensorType
from contract.samples import frame_sample_id, tensor_sample_id
from export.errors import ExamplesError
from export.examples.labelled import BASE_SECRET, LabelledExamples
from export.examples.reading import are_photos, read_given, read_samples

TENSORS = TensorInput(TensorType.FLOAT32, (4, 2))
PHOTOS = PhotoInput(8, 8)
GREY = PhotoInput(6, 5, 1)
VALUES = np.arange(48, dtype=np.float32).reshape(6, 4, 2)
LABELS = np.array([1, 0, 1, 0, 0, 1])


def write(path: Path, **arrays: Any) -> Path:
    np.savez(path / "samples.npz", **arrays)
    return path / "samples.npz"


def read(path: Path, model_input: PhotoInput | TensorInput = TENSORS) -> LabelledExamples:
    return read_samples(path, model_input=model_input)


def test_tensors_are_read_label_by_label_with_their_ids(tmp_path: Path) -> None:
    samples = read(write(tmp_path, inputs=VALUES, labels=np.array(["Up", "Down", "Up", "Down", "Down", "Up"])))
    assert samples.names == ("Down", "Up")
    assert samples.labels.tolist() == [0, 0, 0, 1, 1, 1]
    np.testing.assert_array_equal(samples.inputs, VALUES[[1, 3, 4, 0, 2, 5]])
    assert samples.sample_ids[0].tobytes() == tensor_sample_id(BASE_SECRET, VALUES[1])


def test_numbers_are_called_by_themselves_or_by_their_names(tmp_path: Path) -> None:
    assert read(write(tmp_path, inputs=VALUES, labels=LABELS * 10)).names == ("0", "10")
    named = write(tmp_path, inputs=VALUES, labels=LABELS, names=np.array(["still", "walk", "run"]))
    assert read(named).names == ("still", "walk")
    assert read(named).labels.tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_pixels_are_photos(tmp_path: Path, channels: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 9, 7, *channels)).astype(np.uint8)
    samples = read(write(tmp_path, inputs=pixels, labels=LABELS), PHOTOS)
    coloured = np.broadcast_to(pixels.reshape(6, 9, 7, -1), (6, 9, 7, 3))
    assert samples.inputs.shape == (6, 8, 8, 3)
    assert samples.sample_ids[0].tobytes() == frame_sample_id(BASE_SECRET, coloured[1])


def test_grey_pixels_of_the_right_size_arrive_as_they_are(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 6, 5)).astype(np.uint8)
    samples = read(write(tmp_path, inputs=pixels, labels=np.arange(6)), GREY)
    np.testing.assert_array_equal(samples.inputs[..., 0], pixels)


def test_what_one_label_has_twice_counts_once(tmp_path: Path) -> None:
    twice = np.concatenate([VALUES, VALUES[:2]])
    assert len(read(write(tmp_path, inputs=twice, labels=np.append(LABELS, LABELS[:2]))).inputs) == 6


def test_what_two_labels_have_is_refused(tmp_path: Path) -> None:
    twice = np.concatenate([VALUES, VALUES[:1]])
    with pytest.raises(ExamplesError, match=r"inputs\[0\]: expected a tensor of one label, got one that another has"):
        read(write(tmp_path, inputs=twice, labels=np.append(LABELS, 0)))


def test_another_byte_and_axis_order_is_the_same_tensor(tmp_path: Path) -> None:
    samples = read(write(tmp_path, inputs=np.asfortranarray(VALUES.astype(">f4")), labels=LABELS))
    np.testing.assert_array_equal(samples.inputs, VALUES[[1, 3, 4, 0, 2, 5]])
    assert samples.inputs.dtype.isnative


WRONG = {
    "no inputs": ({"labels": LABELS}, "expected an array called inputs, got labels"),
    "no labels": ({"inputs": VALUES}, "expected an array called labels, got inputs"),
    "another dtype": (
        {"inputs": VALUES.astype(np.float64), "labels": LABELS},
        r"inputs: expected float32 \(n, 4, 2\), as the network takes them, got float64 \(6, 4, 2\)",
    ),
    "another shape": ({"inputs": VALUES[:, :3], "labels": LABELS}, r"got float32 \(6, 3, 2\)"),
    "no rows": ({"inputs": VALUES[:0], "labels": LABELS[:0]}, "expected at least one input"),
    "nan": (
        {"inputs": np.where(VALUES == 17, np.nan, VALUES), "labels": LABELS},
        "NaN or infinity in 1 of 6, .* number 2",
    ),
    "fewer labels": (
        {"inputs": VALUES, "labels": LABELS[:5]},
        r"labels: expected 6, one for each input, got shape \(5,\)",
    ),
    "labels of two axes": ({"inputs": VALUES, "labels": np.eye(6, dtype=int)}, r"got shape \(6, 6\)"),
    "labels that are fractions": ({"inputs": VALUES, "labels": LABELS / 2}, "strings or integers, got float64"),
    "labels below 0": ({"inputs": VALUES, "labels": LABELS - 1}, "integers of 0 and more, got -1"),
    "objects": (
        {"inputs": VALUES, "labels": np.array(["a"] * 6, object)},
        "got Python objects, which are never opened",
    ),
    "one label": ({"inputs": VALUES, "labels": LABELS * 0}, "inputs with labels, of at least 2 labels, got 1"),
    "bad labels": (
        {"inputs": VALUES, "labels": np.array(["", "unknown", "a", "a", "b", "x" * 65])},
        "got 3 things that cannot be used: .*at least one code point.*another name than unknown.*at most 64",
    ),
    "two spellings": (
        {"inputs": VALUES, "labels": np.array(["Ann", "ann", "a", "a", "b", "c"])},
        "labels that differ, got 'Ann' and 'ann'",
    ),
    "too few names": ({"inputs": VALUES, "labels": LABELS, "names": np.array(["a"])}, "a name for each label up to 1"),
    "a name twice": ({"inputs": VALUES, "labels": LABELS, "names": np.array(["a", "a"])}, "names that differ, got 'a'"),
    "names of numbers": (
        {"inputs": VALUES, "labels": LABELS, "names": LABELS},
        r"expected strings \(classes,\), got int64",
    ),
    "names and strings": (
        {"inputs": VALUES, "labels": np.array(list("aabbcc")), "names": np.array(["a", "b"])},
        "expected integers as labels beside it, got strings",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_file_is_told_in_one_line(tmp_path: Path, case: str) -> None:
    arrays, message = WRONG[case]
    arrays = {
        name: values.astype(np.float32) if case == "nan" and name == "inputs" else values
        for name, values in arrays.items()
    }
    with pytest.raises(ExamplesError, match=message) as caught:
        read(write(tmp_path, **arrays))
    assert "samples.npz" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_floats_are_no_photos(tmp_path: Path) -> None:
    path = write(tmp_path, inputs=np.zeros((6, 8, 8, 3), np.float32), labels=LABELS)
    with pytest.raises(ExamplesError, match=r"expected pixels of photos, uint8 .*--input tensor.* got float32"):
        read(path, PHOTOS)


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_a_damaged_file_is_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "samples.npz").write_bytes(data)
    with pytest.raises(
        ExamplesError, match=r"samples\.npz: expected a file of arrays, as numpy\.savez writes it, got "
    ):
        read(tmp_path / "samples.npz")


def test_an_array_that_is_cut_short_is_one_line(tmp_path: Path) -> None:
    whole = write(tmp_path, inputs=VALUES, labels=LABELS)
    with zipfile.ZipFile(whole) as archive:
        inputs, labels = archive.read("inputs.npy"), archive.read("labels.npy")
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("inputs.npy", inputs[:-40])
        archive.writestr("labels.npy", labels)
    with pytest.raises(ExamplesError, match="expected a file of arrays"):
        read(whole)


def test_a_header_that_claims_too_much_is_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    header = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999, 4, 2), }"
    with zipfile.ZipFile(tmp_path / "samples.npz", "w") as archive:
        archive.writestr("inputs.npy", header + text.ljust(117) + b"\n")
    with pytest.raises(ExamplesError, match=r"inputs: expected at most \d+ bytes, got shape \(999999999999, 4, 2\)"):
        read(tmp_path / "samples.npz")


def test_a_path_that_is_neither_says_what_may_be_given(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    for name, got in (("nowhere", "none"), ("notes.txt", "another file"), ("nowhere.npz", "none")):
        with pytest.raises(ExamplesError, match=f"{name}: expected a folder of photos, or a .npz file .*, got {got}"):
            read(tmp_path / name)
    with pytest.raises(ExamplesError, match="got a folder; the network takes tensors, not photos"):
        read(tmp_path)


def test_what_is_given_can_be_told_apart_without_reading_it(tmp_path: Path) -> None:
    assert are_photos(tmp_path)
    assert are_photos(write(tmp_path, inputs=np.zeros((2, 28, 28), np.uint8)))
    assert not are_photos(write(tmp_path, inputs=np.zeros((2, 28, 28, 1), np.float32)))
    assert not are_photos(write(tmp_path, inputs=np.zeros((2, 28), np.uint8)))


def test_inputs_to_compare_on_are_taken_from_all_over_with_their_labels(tmp_path: Path) -> None:
    given = read_given(write(tmp_path, inputs=VALUES, labels=LABELS), model_input=TENSORS, count=2)
    np.testing.assert_array_equal(given.inputs, VALUES[[0, 5]])
    assert (given.labels.tolist() if given.labels is not None else None, given.names) == ([1, 1], None)
    named = write(tmp_path, inputs=VALUES, labels=LABELS, names=np.array(["b", "a", "never"]))
    given = read_given(named, model_input=TENSORS, count=9)
    assert (given.labels.tolist() if given.labels is not None else None, given.names) == (
        LABELS.tolist(),
        ("b", "a", "never"),
    )


def test_inputs_alone_may_be_one_array(tmp_path: Path) -> None:
    np.save(tmp_path / "inputs.npy", VALUES)
    given = read_given(tmp_path / "inputs.npy", model_input=TENSORS, count=64)
    np.testing.assert_array_equal(given.inputs, VALUES)
    assert given.labels is None
    with pytest.raises(ExamplesError, match="expected an array called labels, got inputs"):
        read(tmp_path / "inputs.npy")


def test_a_label_beyond_64_bits_with_a_sign_is_refused(tmp_path: Path) -> None:
    labels = np.array([0, 1, 2**63, 0, 1, 2], np.uint64)
    path = write(tmp_path, inputs=VALUES, labels=labels)
    for reading in (read, lambda path: read_given(path, model_input=TENSORS, count=6)):
        with pytest.raises(ExamplesError, match="labels: expected integers up to 9223372036854775807, got 9223372036"):
            reading(path)
    assert read(write(tmp_path, inputs=VALUES, labels=LABELS.astype(np.uint64))).names == ("0", "1")


def headed(path: Path, header: str) -> Path:
    """Write an array of inputs with any header."""
    text = header.encode("latin1")
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + VALUES.tobytes())
    return path


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 4, 2",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6L, 4, 2)",
        "(" * 9_000,
        "'''",
        "{'descr': 7, 'fortran_order': False, 'shape': (6, 4, 2)}",
        "\0",
    ],
)
def test_a_damaged_header_is_one_line(tmp_path: Path, header: str) -> None:
    with pytest.raises(ExamplesError, match=r"expected a file of arrays, as numpy\.savez writes it, got a damaged"):
        read_given(headed(tmp_path / "inputs.npy", header), model_input=TENSORS, count=6)


def test_an_array_that_python_2_wrote_is_read_without_a_word(tmp_path: Path) -> None:
    path = headed(tmp_path / "inputs.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (6L, 4L, 2L)}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(read_given(path, model_input=TENSORS, count=6).inputs, VALUES)
