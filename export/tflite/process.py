"""TFLite beside TensorFlow: a process that runs TFLite files while this one holds TensorFlow.

Both in one process have failed (`vector::reserve`), so the runtime lives in a spawned one. It reads from a pipe whose
other end only this process holds, and so ends with it.

    asked                                        answered
    None: open the runtime                       its name and version
    (content, signature): open this file         None
    an array (n, *shape): run it on each         an array (n, *shape)
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from contract.command_line import interrupts_wait
from device.errors import DeviceError
from device.recognise.tflite import Model, TFLiteRuntime, open_runtime
from export.errors import ConversionError
from export.quiet import STDERR, STDOUT, silence

CHUNK = 16
"""Inputs sent at once: progress moves, and the pipe never holds much."""
JOIN_TIMEOUT_S = 10.0


class TFLiteProcess:
    """A process with one runtime, for as long as it is entered; once started, for as long as this process lives.

    `runtime` is a name that `device.recognise.tflite` knows; None takes the best that works. One thread at a time.

    Raises:
        RuntimeUnavailable: on entering or starting, when no such runtime works here.
    """

    def __init__(self, runtime: str | None = None) -> None:
        self.runtime = runtime or ""

    def __enter__(self) -> TFLiteProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._process.join(JOIN_TIMEOUT_S)
        self._process.kill()

    def start(self) -> None:
        """Start it without an end of its own: it ends when this process does."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self.runtime or None), daemon=True)
        with interrupts_wait(), silence():  # what is started keeps no output of this process open
            self._process.start()
        theirs.close()
        self.runtime = self._ask(None)

    def run(
        self, content: bytes, *, signature: str, inputs: NDArray[Any], progress: Progress = ignore
    ) -> NDArray[np.float32]:
        """Return what the file answers, float32 (n, *shape), to inputs (n, *shape), each run alone as a device does.

        Raises:
            ModelRefused: no such file, signature or operator.
            ConversionError: the runtime died of the file.
        """
        self.open(content, signature=signature)
        outputs = []
        for start in range(0, len(inputs), CHUNK):
            outputs.append(self._ask(inputs[start : start + CHUNK]))
            progress(min(start + CHUNK, len(inputs)), len(inputs))
        return np.concatenate(outputs)

    def open(self, content: bytes, *, signature: str) -> None:
        """Open a file, which `run_opened` runs. Raises as `run`."""
        self._ask((content, signature))

    def run_opened(self, inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Return what the open file answers to a few inputs, as `run`; for files that are asked again and again."""
        answers: NDArray[np.float32] = self._ask(inputs)
        return answers

    def _ask(self, question: object) -> Any:
        try:
            self._connection.send(question)
            answer = self._connection.recv()
        except (EOFError, OSError) as error:
            self._process.join(JOIN_TIMEOUT_S)
            got = f"its process ended with {self._process.exitcode}"
            raise ConversionError("TFLite", expected="a file that the runtime can run", got=got) from error
        if isinstance(answer, DeviceError):
            raise answer
        return answer


def _serve(connection: Connection, runtime_name: str | None) -> None:
    """Answer questions until the other end is closed. Nobody sees what the runtime writes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the other end's, which then closes the pipe
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (STDOUT, STDERR):
        os.dup2(nowhere, descriptor)
    state = _State(runtime_name)
    with contextlib.suppress(EOFError, OSError):
        while True:
            question = connection.recv()
            try:
                answer = state.answer(question)
            except DeviceError as error:
                connection.send(error)
            else:
                connection.send(answer)


class _State:
    """The runtime and the file that it has open."""

    def __init__(self, runtime_name: str | None) -> None:
        self._runtime_name = runtime_name
        self._runtime: TFLiteRuntime | None = None
        self._model: Model | None = None

    def answer(self, question: Any) -> Any:
        """Answer one question of the table above."""
        if question is None:
            self._runtime = open_runtime(self._runtime_name)
            return str(self._runtime)
        if isinstance(question, tuple) and self._runtime is not None:
            content, signature = question
            self._model = Model(content, signature=signature, runtime=self._runtime)
            return None
        assert self._model is not None
        return np.concatenate([self._model.run(one[np.newaxis]) for one in question])
