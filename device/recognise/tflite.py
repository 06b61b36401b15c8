"""Finds a TensorFlow Lite runtime that works, and runs models by named signature; no other module imports a runtime.

Two runtimes serve: `ai-edge-litert` (the successor, faster where both work) and `tflite-runtime` (what boards run
today). Which one works is found out by running a tiny model, not by importing: with numpy 2 tflite-runtime imports and
then fails. TensorFlow and a runtime do not live in one process.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import BadInstallation, Misuse, ModelRefused, RuntimeUnavailable

RUNTIME_MODULES = {
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
}
"""Distribution name -> module with the `Interpreter`, in the order of preference."""

FILE_IDENTIFIER = b"TFL3"
"""Bytes 4 to 8 of every TFLite file. tflite-runtime reads any bytes as a model and may crash; so this comes first."""

# y = x + x on float32 [1, 2], signature "probe": written by TensorFlow's converter, its metadata stripped.
_PROBE = base64.b64decode(
    b"HAAAAFRGTDMUABgAFAAQAAwAAAAIAAAAAAAEABQAAAAUAAAAhAAAAIwAAACAAQAAAwAAAAEAAAAQAAAAAAAKABAADAAIAAQACgAA"
    b"AAwAAAAUAAAANAAAAAUAAABwcm9iZQAAAAEAAAAMAAAACAAMAAgABAAIAAAAAQAAAAQAAAABAAAAeQAAAAEAAAAMAAAAAAAGAAgA"
    b"BAAGAAAABAAAAAEAAAB4AAAAAQAAAAQAAAD8/v//AQAAABQAAAAAAA4AGAAUABAADAAIAAQADgAAABQAAAAYAAAAWAAAAFwAAABg"
    b"AAAAAAAAAAAAAAABAAAAFAAAAAAADgAUAAAAEAAMAAsABAAOAAAAEAAAAAAAAAsMAAAAEAAAAGT///8BAAAAAQAAAAIAAAAAAAAA"
    b"AAAAAAEAAAABAAAAAQAAAAAAAAACAAAARAAAAAQAAADa////AAAAAQgAAAAMAAAAAAAAAAAAAAACAAAAAQAAAAIAAAAAABYAEAAM"
    b"AAAAAAAIAAAAAAAAAAAABwAWAAAAAAAAAQgAAAAMAAAAAAAAAAAAAAACAAAAAQAAAAIAAAABAAAACAAAAAQABAAEAAAA"
)


@dataclass(frozen=True, slots=True)
class TFLiteRuntime:
    """An installed runtime that ran the tiny model in this process; made by `open_runtime`."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Model:
    """One TFLite model with one input and one output, allocated and ready.

    Not thread-safe, and not usable after a fork: make one in each thread and process.

    Args:
        content: the file's bytes, or its path. Hashes are the caller's to check, and before this: a runtime may crash
            on a damaged file.
        signature: name of the signature to run.
        runtime: from `open_runtime`.
        threads: number of threads for one call; results do not depend on it.

    Raises:
        ModelRefused: not a TFLite file, no such signature, more than one input or output, or an operator that the
            runtime does not have.
    """

    def __init__(self, content: bytes | Path, *, signature: str, runtime: TFLiteRuntime, threads: int = 1) -> None:
        data = content.read_bytes() if isinstance(content, Path) else content
        _check_identifier(data)
        self._pid = os.getpid()
        self.signature = signature
        self._runner = _open_runner(data, signature=signature, runtime=runtime, threads=threads)
        self.input_name, self.input_shape, self.input_dtype = _only_tensor(self._runner.get_input_details(), "input")
        self.output_name, self.output_shape, self.output_dtype = _only_tensor(
            self._runner.get_output_details(), "output"
        )
        self._run_unchecked(np.zeros(self.input_shape, self.input_dtype))

    def run(self, array: NDArray[Any]) -> NDArray[np.float32]:
        """Run the model once; the result is a fresh array of `output_shape`.

        Raises:
            Misuse: the array has another shape or dtype than the input, or the process was forked since.
        """
        if array.shape != self.input_shape or array.dtype != self.input_dtype:
            raise Misuse(
                f"signature {self.signature!r}: expected {self.input_dtype} {self.input_shape}, "
                f"got {array.dtype} {array.shape}"
            )
        if os.getpid() != self._pid:
            raise Misuse("a TFLite model: expected the process that opened it, got a fork of it")
        return self._run_unchecked(array)

    def _run_unchecked(self, array: NDArray[Any]) -> NDArray[np.float32]:
        try:
            results: dict[str, NDArray[np.float32]] = self._runner(**{self.input_name: array})
        except (RuntimeError, ValueError) as error:
            raise ModelRefused(f"signature {self.signature!r} does not run: {_one_line(error)}") from error
        return results[self.output_name]


def open_runtime(name: str | None = None) -> TFLiteRuntime:
    """Return the named runtime, or the first that works, after it has run the tiny model.

    Raises:
        RuntimeUnavailable: with the reason for each runtime that was tried.
    """
    if name is not None and name not in RUNTIME_MODULES:
        raise RuntimeUnavailable(f"TFLite runtime: expected one of {', '.join(RUNTIME_MODULES)}, got {name!r}")
    reasons = []
    for candidate in [name] if name else RUNTIME_MODULES:
        try:
            return _prove(candidate)
        except (ImportError, AttributeError, SystemError, BadInstallation) as error:
            reasons.append(f"{candidate}: {_one_line(error)}")
    raise RuntimeUnavailable("no TFLite runtime works here: " + "; ".join(reasons))


def _prove(name: str) -> TFLiteRuntime:
    try:
        runtime = TFLiteRuntime(name, metadata.version(name))
    except metadata.PackageNotFoundError as error:
        raise RuntimeUnavailable("not installed") from error
    with _quiet():
        doubled = Model(_PROBE, signature="probe", runtime=runtime).run(np.array([[1, 2]], np.float32))
    if doubled.tolist() != [[2.0, 4.0]]:
        raise RuntimeUnavailable(f"expected [[2, 4]] from the tiny model, got {doubled.tolist()}")
    return runtime


def _check_identifier(data: bytes) -> None:
    found = bytes(data[4:8])
    if found != FILE_IDENTIFIER:
        raise ModelRefused(f"TFLite file: expected {FILE_IDENTIFIER!r} at bytes 4 to 8, got {found!r}")


def _open_runner(data: bytes, *, signature: str, runtime: TFLiteRuntime, threads: int) -> Any:
    module = importlib.import_module(RUNTIME_MODULES[runtime.name])
    try:
        interpreter = module.Interpreter(model_content=data, num_threads=threads)
        known = sorted(interpreter.get_signature_list())
        if signature not in known:
            raise ModelRefused(f"TFLite file: expected signature {signature!r}, got {known}")
        interpreter.allocate_tensors()  # without it tflite-runtime leaves XNNPACK out: float32 takes 2.7 times as long
        return interpreter.get_signature_runner(signature)
    except (RuntimeError, ValueError) as error:
        raise ModelRefused(f"TFLite file: {runtime} cannot open it: {_one_line(error)}") from error


def _only_tensor(details: dict[str, Any], role: str) -> tuple[str, tuple[int, ...], np.dtype[Any]]:
    if len(details) != 1:
        raise ModelRefused(f"TFLite signature: expected one {role}, got {sorted(details)}")
    [(name, detail)] = details.items()
    return name, tuple(int(size) for size in detail["shape"]), np.dtype(detail["dtype"])


def _one_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the runtime's once-a-process greeting, and numpy's long complaint about old extensions, off stderr."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # a program without a terminal may have none, closed
        sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:  # closed: nobody sees what is written there
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(null)
        os.close(saved)
