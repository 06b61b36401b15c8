import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from device.errors import Misuse, ModelRefused, RuntimeUnavailable
from device.recognise import tflite
from device.recognise.tflite import RUNTIME_MODULES, Model, TFLiteRuntime, open_runtime
from tests.device.runtimes import runtime_or_skip


def test_each_runtime_proves_itself_and_says_its_version(runtime: TFLiteRuntime) -> None:
    assert runtime.name in RUNTIME_MODULES
    assert runtime.version[0].isdigit()
    assert str(runtime) == f"{runtime.name} {runtime.version}"


def test_without_a_name_the_faster_one_is_taken() -> None:
    assert open_runtime().name == "ai-edge-litert"


def test_an_unknown_runtime_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RuntimeUnavailable, match="expected one of ai-edge-litert, tflite-runtime, got 'torch'"):
        open_runtime("torch")


def test_a_runtime_that_imports_and_then_fails_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """tflite-runtime with numpy 2: the import succeeds, the first Interpreter does not."""
    runtime_or_skip("tflite-runtime")
    monkeypatch.setitem(RUNTIME_MODULES, "ai-edge-litert", "json")
    assert open_runtime().name == "tflite-runtime"
    monkeypatch.setitem(RUNTIME_MODULES, "tflite-runtime", "no_such_module")
    with pytest.raises(RuntimeUnavailable, match=r"ai-edge-litert: .*Interpreter.*; tflite-runtime: No module"):
        open_runtime()


def test_opening_a_runtime_prints_nothing(runtime: TFLiteRuntime) -> None:
    program = f"from device.recognise.tflite import open_runtime; open_runtime({runtime.name!r})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("name", RUNTIME_MODULES)
def test_a_model_runs_on_xnnpack(name: str) -> None:
    """tflite-runtime takes its fast kernels only when the interpreter allocates, not the signature; it says so once.

    Float32 once took 106 ms a photo instead of 40.
    """
    runtime_or_skip(name)
    program = (
        "from device.recognise.tflite import _PROBE, Model, TFLiteRuntime; "
        f"Model(_PROBE, signature='probe', runtime=TFLiteRuntime({name!r}, 'here'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "XNNPACK delegate" in done.stderr


def test_a_model_runs_by_signature_and_shows_its_tensors(runtime: TFLiteRuntime, tmp_path: Path) -> None:
    path = tmp_path / "probe.tflite"
    path.write_bytes(tflite._PROBE)
    model = Model(path, signature="probe", runtime=runtime)
    assert (model.input_name, model.input_shape, model.input_dtype) == ("x", (1, 2), np.dtype(np.float32))
    assert (model.output_name, model.output_shape, model.output_dtype) == ("y", (1, 2), np.dtype(np.float32))
    assert model.run(np.array([[3, 4]], np.float32)).tolist() == [[6, 8]]


def test_a_result_is_not_overwritten_by_the_next_call(runtime: TFLiteRuntime) -> None:
    model = Model(tflite._PROBE, signature="probe", runtime=runtime)
    first = model.run(np.array([[1, 1]], np.float32))
    model.run(np.array([[5, 5]], np.float32))
    assert first.tolist() == [[2, 2]]


def test_another_signature_is_refused_with_those_of_the_file(runtime: TFLiteRuntime) -> None:
    with pytest.raises(ModelRefused, match=r"expected signature 'prefix', got \['probe'\]"):
        Model(tflite._PROBE, signature="prefix", runtime=runtime)


@pytest.mark.parametrize("content", [b"", b"x" * 1000, b"\x1c\0\0\0TFL"], ids=["empty", "text", "short"])
def test_bytes_that_are_no_model_are_refused_before_the_runtime_sees_them(
    runtime: TFLiteRuntime, content: bytes
) -> None:
    with pytest.raises(ModelRefused, match="TFL3"):
        Model(content, signature="prefix", runtime=runtime)


@pytest.mark.parametrize("array", [np.ones((1, 3), np.float32), np.ones((1, 2), np.uint8), np.ones(2, np.float32)])
def test_an_array_of_another_shape_or_type_is_a_misuse(runtime: TFLiteRuntime, array: NDArray[Any]) -> None:
    model = Model(tflite._PROBE, signature="probe", runtime=runtime)
    with pytest.raises(Misuse, match=r"expected float32 \(1, 2\)"):
        model.run(array)


def test_a_model_does_not_cross_a_fork() -> None:
    """An Interpreter in a forked child may hang; the child is told instead."""
    program = """
import multiprocessing, numpy
from device.recognise import tflite
model = tflite.Model(tflite._PROBE, signature="probe", runtime=tflite.open_runtime())
def child():
    try:
        model.run(numpy.ones((1, 2), numpy.float32))
    except tflite.Misuse as error:
        raise SystemExit(7)
process = multiprocessing.get_context("fork").Process(target=child)
process.start()
process.join()
raise SystemExit(process.exitcode)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 7


def test_a_program_without_standard_error_finds_its_runtime() -> None:
    """A program without a terminal embeds a device too: there the stream is None, and its descriptor may be closed."""
    without = "import os, sys; os.close(2); sys.stderr = None"
    program = f"{without}\nfrom device.recognise.tflite import open_runtime\nprint(open_runtime())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
