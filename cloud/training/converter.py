"""The workshop: the only home of what a cycle does to heads besides training them, in a process that has TensorFlow.

Before the trials it opens best, puts all features through its body, and answers them. Meanwhile it makes itself ready
for the conversion. After the trials it turns the challenger into TFLite files and compares them with Keras on real
features; TFLite runs in yet another process.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from cloud.training.cycle_folder import CycleFolder
from cloud.training.executors.process_main import Tell, serve
from cloud.training.heads import embed, has_weights, open_head
from cloud.training.weights import decode_weights
from contract.cuts import HEAD_SIGNATURE
from contract.files import atomic_write
from contract.manifest import Precision
from export.classifier import put_together
from export.convert import convert_head
from export.errors import ParityError
from export.parity import check_head, head_parity
from export.tflite_process import TFLiteProcess

PRECISIONS = (Precision.FLOAT32, Precision.DYNAMIC)
PARITY_FEATURES = 32
ANSWERED_AT_ONCE = 4096

Floats = NDArray[np.float32]


def main() -> None:
    """Do what the worker asks for."""
    converter = Converter()
    serve({"open": _open_command, "convert": converter.convert}, meanwhile=converter.get_ready)


def open_best(folder: CycleFolder, *, head_file: Path, tell: Tell) -> bool:
    """Embed all features with best, keep what it answers to them and its classifier; tell whether its body can thaw."""
    parts = open_head(head_file, folder.best())
    embeddings = embed(parts.body, folder.features(), into=folder.embeddings_file, tell=tell)
    folder.write_start(parts.kernel, parts.bias)
    folder.write_best_answers(_answers(embeddings, parts.kernel, parts.bias))
    return has_weights(parts.body)


class Converter:
    """Makes TFLite files."""

    def __init__(self) -> None:
        self._tflite: TFLiteProcess | None = None

    def get_ready(self) -> TFLiteProcess:
        """Start TFLite, and convert a head of nothing: the first conversion loads what TensorFlow loads late."""
        if self._tflite is None:
            self._tflite = TFLiteProcess().__enter__()  # for as long as this process lives; it ends with it
            feature = keras.Input((2,))
            convert_head(keras.Model(feature, keras.layers.Dense(2)(feature)), precision=Precision.DYNAMIC)
        return self._tflite

    def convert(self, arguments: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
        """The files of a trial's head, their logits on the golden sample, and how far they are from Keras.

        A quantised file beyond its tolerance is left out, and the report says so.

        Raises:
            ParityError: the float32 file is beyond its tolerance.
        """
        folder = CycleFolder(Path(arguments["folder"]))
        weights = decode_weights(folder.trial_weights(arguments["trial"]))
        parts = open_head(Path(arguments["head"]), weights)
        head = put_together(parts.body, parts.kernel, parts.bias)
        folder.heads.mkdir(exist_ok=True)
        logits: dict[str, Floats] = {}
        report: dict[str, Any] = {}
        for place, precision in enumerate(PRECISIONS):
            tell(place, len(PRECISIONS))
            try:
                report[precision], logits[precision] = self._make(folder, head, precision)
            except ParityError as error:
                if precision is Precision.FLOAT32:
                    raise
                report[precision] = {"left_out": str(error)}
        folder.write_golden_logits(logits)
        return report

    def _make(self, folder: CycleFolder, head: keras.Model, precision: Precision) -> tuple[dict[str, Any], Floats]:
        tflite, content = self.get_ready(), convert_head(head, precision=precision)
        parity = head_parity(head, content, _spread(folder.features()), tflite)
        check_head(parity, precision)
        [logits] = tflite.run(content, signature=HEAD_SIGNATURE, inputs=folder.golden()[np.newaxis])
        atomic_write(folder.head_file(precision), content)
        return dict(parity.document()), logits


def _answers(embeddings: Floats, kernel: Floats, bias: Floats) -> NDArray[np.int64]:
    """The most probable class of each row, a bounded number of rows at a time."""
    pieces = range(0, len(embeddings), ANSWERED_AT_ONCE)
    answers = [(embeddings[at : at + ANSWERED_AT_ONCE] @ kernel + bias).argmax(axis=1) for at in pieces]
    return np.concatenate([np.zeros(0, np.int64), *answers])


def _spread(features: Floats) -> Floats:
    """At most 32 real features, from all over."""
    rows = np.unique(np.linspace(0, len(features) - 1, PARITY_FEATURES).astype(int))
    return np.asarray(features[rows])


def _open_command(arguments: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    folder = CycleFolder(Path(arguments["folder"]))
    return {"thaws": open_best(folder, head_file=Path(arguments["head"]), tell=tell)}
