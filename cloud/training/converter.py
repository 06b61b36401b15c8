"""What a cycle does to heads besides training them, in a process that has TensorFlow: embedding and conversion.

Before the trials it puts all features through best's body, and answers them. Meanwhile it makes itself ready for the
conversion. After the trials it turns the challenger into TFLite files and compares them with Keras on real features;
TFLite runs in yet another process.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from cloud.training.executors.arrays import Collect, Floats, collect_in_memory
from cloud.training.executors.executor import Operations
from cloud.training.executors.task_data import TaskData
from cloud.training.heads import answer_features, answer_rows, embed_features, has_weights, load_head
from cloud.training.values import (
    CONVERT,
    EMBED,
    ConversionInputs,
    ConversionOutcome,
    EmbeddingInputs,
    EmbeddingOutcome,
)
from contract.callbacks import Progress, ignore
from contract.cuts import HEAD_SIGNATURE
from contract.documents import Json
from contract.manifest import Precision
from export.errors import ParityError
from export.network.classifier import put_together
from export.tflite.convert import convert_head
from export.tflite.parity import check_head, head_parity
from export.tflite.process import TFLiteProcess

PRECISIONS = (Precision.FLOAT32, Precision.DYNAMIC)


def operations() -> Operations:
    """Return what the converter's process can do."""
    converter = Converter()
    return Operations(
        {EMBED: _embed_operation, CONVERT: converter.operate}, prepare=converter.prepare, rest=keras.utils.clear_session
    )


def embed_with_best(
    inputs: EmbeddingInputs, *, progress: Progress = ignore, collect: Collect = collect_in_memory
) -> EmbeddingOutcome:
    """Put all features through best, body and classifier."""
    best = load_head(inputs.head_file, inputs.best)
    embeddings = embed_features(best.body, inputs.features, progress=progress, collect=collect)
    answers = answer_rows(embeddings, (best.kernel, best.bias), temperature=inputs.temperatures.best)
    return EmbeddingOutcome(
        embeddings=embeddings,
        first=answers if inputs.best is None else answer_features(inputs, progress=progress),
        best=answers,
        kernel=best.kernel,
        bias=best.bias,
        can_fine_tune=has_weights(best.body),
    )


class Converter:
    """Makes TFLite files of heads."""

    def __init__(self) -> None:
        self._tflite: TFLiteProcess | None = None

    def prepare(self) -> TFLiteProcess:
        """Start TFLite, and convert a tiny head: the first conversion loads what TensorFlow loads late."""
        if self._tflite is None:
            tflite = TFLiteProcess()
            tflite.start()
            self._tflite = tflite
            feature = keras.Input((2,))
            convert_head(keras.Model(feature, keras.layers.Dense(2)(feature)), precision=Precision.DYNAMIC)
        return self._tflite

    def convert(self, inputs: ConversionInputs, *, progress: Progress = ignore) -> ConversionOutcome:
        """Make the files of a head, their logits on the golden sample, and how far they are from Keras.

        A quantised file beyond its tolerance is left out, and the outcome says so.

        Raises:
            ParityError: the float32 file is beyond its tolerance.
        """
        parts = load_head(inputs.head_file, inputs.weights)
        head = put_together(parts.body, parts.kernel, parts.bias)
        files: dict[Precision, bytes] = {}
        logits: dict[Precision, Floats] = {}
        parity: dict[str, Json] = {}
        for done, precision in enumerate(PRECISIONS):
            progress(done, len(PRECISIONS))
            content = convert_head(head, precision=precision)
            try:
                parity[precision] = self._check(head, content, inputs.samples, precision)
            except ParityError as error:
                if precision is Precision.FLOAT32:
                    raise
                parity[precision] = {"left_out": str(error)}
            else:
                files[precision], logits[precision] = content, self._answer(content, inputs.golden)
        return ConversionOutcome(files, logits, parity)

    def operate(
        self, inputs: TaskData, arguments: Mapping[str, Json], *, progress: Progress, collect: Collect
    ) -> TaskData:
        """Convert: see `cloud.training.executors.executor.Operation`."""
        return self.convert(ConversionInputs.unpack(inputs), progress=progress).pack()

    def _check(self, head: keras.Model, content: bytes, samples: Floats, precision: Precision) -> dict[str, Json]:
        report = head_parity(head, content, samples, self.prepare())
        check_head(report, precision)
        return report.document()

    def _answer(self, content: bytes, feature: Floats) -> Floats:
        logits: Floats = self.prepare().run(content, signature=HEAD_SIGNATURE, inputs=feature[np.newaxis])[0]
        return logits


def _embed_operation(
    inputs: TaskData, arguments: Mapping[str, Json], *, progress: Progress, collect: Collect
) -> TaskData:
    return embed_with_best(EmbeddingInputs.unpack(inputs), progress=progress, collect=collect).pack()
