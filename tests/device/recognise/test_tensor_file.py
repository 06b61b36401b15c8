"""Files of tensors: what `numpy.save` writes is read, everything else is one line that says what to do."""

import contextlib
import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.lib import format as npy
from numpy.typing import NDArray
from PIL import Image

from contract.inputs import PhotoInput, TensorInput, TensorType
from device.advice import with_advice
from device.errors import PhotoError, TensorError
from device.recognise.example_file import load_example
from device.recognise.image import Photo
from device.recognise.tensor_file import load_tensor

SENSOR = TensorInput(TensorType.FLOAT32, (6, 4))
TENSOR = np.arange(24, dtype=np.float32).reshape(6, 4) / 7


def saved(array: NDArray[Any], **options: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def archived(**arrays: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def pictured() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "JPEG")
    return out.getvalue()


def claiming(header: str, *, version: bytes = b"\x01\x00", values: bytes = TENSOR.tobytes()) -> bytes:
    """A file with any header."""
    text = header.encode("latin1")
    return npy.MAGIC_PREFIX + version + len(text).to_bytes(2, "little") + text + values


def versioned(version: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    npy.write_array(out, TENSOR, version=version)  # type: ignore[no-untyped-call]  # numpy's stubs
    return out.getvalue()


RIGHT = "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 4), }"


@pytest.mark.parametrize(
    "data",
    [
        saved(TENSOR),
        saved(TENSOR.astype(">f4")),
        saved(np.asfortranarray(TENSOR)),
        saved(np.asfortranarray(TENSOR.astype(">f4"))),
        versioned((1, 0)),
        versioned((2, 0)),
        claiming(RIGHT),
        claiming(RIGHT.replace("(6, 4)", "(6L, 4L)")),
    ],
    ids=["native", "big-endian", "fortran", "both", "1.0", "2.0", "bare", "python-2"],
)
def test_a_tensor_is_read_as_it_was_saved(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(data)
    tensor = load_tensor(str(path), SENSOR)
    assert np.array_equal(tensor, TENSOR)
    assert (tensor.dtype, tensor.flags.c_contiguous) == (np.dtype("=f4"), True)


@pytest.mark.parametrize(
    ("data", "complaint", "advice"),
    [
        (b"", "got an empty file", "numpy.save"),
        (b"1.0,2.0,3.0\n", "got something else", "numpy.save"),
        (pictured(), "got a photo", "this bundle takes tensors"),
        (b"RIFF1234WAVEfmt ", "got a sound", "this bundle takes tensors"),
        (pickle.dumps([1.0]), "got a pickle of Python objects", "numpy.save"),
        (archived(x=TENSOR), "got a .npz archive", "numpy.load(archive)[name]"),
        (b"PK\3\4" + bytes(60), "got an archive", "numpy.save"),
        (saved(np.array([None]), allow_pickle=True), "got objects (1,)", ".astype(numpy.float32)"),
        (saved(TENSOR.astype(np.float64)), "got float64 (6, 4)", "convert it with .astype(numpy.float32)"),
        (saved(TENSOR.astype(">f8")), "got float64 (6, 4)", "convert it with .astype(numpy.float32)"),
        (saved(TENSOR.astype(np.int8)), "got int8 (6, 4)", "scale its numbers"),
        (saved(np.zeros((6, 4), [("x", "<f4")])), "got void32 (6, 4)", ""),
        (saved(TENSOR[np.newaxis]), "got float32 (1, 6, 4)", "give x[0]"),
        (saved(TENSOR.T), "got float32 (4, 6)", "give x.T"),
        (saved(TENSOR.ravel()), "got float32 (24,)", ".reshape(6, 4)"),
        (saved(np.array(3, np.float32)), "got float32 ()", "cut or pad"),
        (saved(TENSOR[:0]), "got float32 (0, 4)", "cut or pad"),
        (saved(np.where(TENSOR == 0, np.float32("nan"), TENSOR)), "expected finite numbers", "isfinite"),
        (saved(TENSOR)[:-1], "expected 96 bytes of values, got 95", "write it again"),
        (saved(TENSOR) + b"?", "expected 96 bytes of values, got 97", "one array a file"),
        (saved(TENSOR) * 2, "expected 96 bytes of values, got 320", "one array a file"),
        (saved(TENSOR)[:20], "damaged header", "write it again"),
        (npy.MAGIC_PREFIX, "damaged header", "write it again"),
        (claiming(RIGHT, version=b"\x03\x00"), "damaged header", "write it again"),
        (claiming(RIGHT, version=b"\x09\x00"), "damaged header", "write it again"),
        (claiming("{" * 5000), "damaged header", "write it again"),
        (claiming("[" * 60_000), "damaged header", "write it again"),
        (claiming("-" * 9_000 + "1"), "damaged header", "write it again"),
        (claiming("__import__('os').abort()"), "damaged header", "write it again"),
        (claiming(RIGHT.replace("<f4", "<f99")), "damaged header", "write it again"),
        (claiming(RIGHT.replace("(6, 4)", "(-6, 4)")), "got float32 (-6, 4)", ""),
        (claiming(RIGHT.replace("(6, 4)", "(10**9, 4)")), "damaged header", ""),
        (claiming(RIGHT.replace("(6, 4)", "(1000000000000, 4)")), "got float32 (1000000000000, 4)", "cut or pad"),
        (claiming(RIGHT.replace("(6, 4)", f"({'9' * 5000},)")), "damaged header", ""),
    ],
)
def test_what_is_no_tensor_of_the_bundle_is_one_line_with_what_to_do(
    tmp_path: Path, data: bytes, complaint: str, advice: str
) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(data)
    with pytest.raises(TensorError) as caught:
        load_tensor(path, SENSOR)
    told = with_advice(caught.value)
    assert told.startswith(f"{path}: expected ")
    assert complaint in told
    assert advice in told
    assert "\n" not in told
    assert len(told) < 500 + len(str(path))


@pytest.mark.parametrize("name", ["missing.npy", "missing/x.npy", "x" * 300])
def test_a_tensor_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TensorError, match="cannot be read"):
        load_tensor(tmp_path / name, SENSOR)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_refused_before_it_is_opened(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "x.npy")
    with pytest.raises(TensorError, match="something that is no file"):
        load_tensor(tmp_path / "x.npy", SENSOR)


def test_a_file_of_terabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(saved(TENSOR))
    os.truncate(path, 1 << 42)
    with pytest.raises(TensorError, match="expected 96 bytes of values, got 4398"):
        load_tensor(path, SENSOR)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 127), st.integers(0, 255))
def test_a_file_with_any_byte_of_its_header_changed_is_a_tensor_or_refused(tmp_path: Path, at: int, byte: int) -> None:
    data = bytearray(saved(TENSOR))
    data[at] = byte
    (tmp_path / "x.npy").write_bytes(data)
    with contextlib.suppress(TensorError):
        assert load_tensor(tmp_path / "x.npy", SENSOR).shape == SENSOR.shape


def test_a_file_is_loaded_as_what_the_bundle_takes(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(saved(TENSOR))
    (tmp_path / "photo.jpg").write_bytes(pictured())
    assert isinstance(load_example(tmp_path / "x.npy", SENSOR), np.ndarray)
    assert isinstance(load_example(tmp_path / "photo.jpg", PhotoInput(9, 9)), Photo)
    with pytest.raises(TensorError, match="got a photo"):
        load_example(tmp_path / "photo.jpg", SENSOR)
    with pytest.raises(PhotoError, match=r"got a tensor \(\.npy\); save its pixels as PNG"):
        load_example(tmp_path / "x.npy", PhotoInput(9, 9))
