"""Conversion: what goes into the operation that makes the files of a head, and what comes out of it. No Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cloud.training.executors.arrays import Array, Bytes, Floats
from cloud.training.executors.task_data import TaskData
from cloud.training.values import unpack_weights
from cloud.training.weights import HeadWeights
from contract.documents import Json
from contract.manifest import Precision


@dataclass(frozen=True, slots=True, eq=False)
class ConversionInputs:
    """A head to convert, and features to compare it with its files on."""

    head_file: Bytes
    weights: HeadWeights
    samples: Floats
    """(k, *shape): real features."""
    golden: Floats
    """(*shape): the space's golden sample."""

    def pack(self) -> TaskData:
        """Return it as task data."""
        arrays: dict[str, Array] = {"head_file": self.head_file, "samples": self.samples, "golden": self.golden}
        return TaskData({}, arrays | self.weights.arrays())

    @classmethod
    def unpack(cls, data: TaskData) -> ConversionInputs:
        """Read what `pack` returned."""
        return cls(
            head_file=data.binary("head_file"),
            weights=unpack_weights(data),
            samples=data.floats("samples"),
            golden=data.floats("golden"),
        )


@dataclass(frozen=True, slots=True, eq=False)
class ConversionOutcome:
    """A head's files that are within their tolerance of Keras."""

    files: Mapping[Precision, bytes]
    logits: Mapping[Precision, Floats]
    """(classes,): what each file answers to the golden sample."""
    parity: Mapping[str, Json]
    """By precision: how far a file is from Keras, or why it is left out."""

    def pack(self) -> TaskData:
        """Return it as task data."""
        files = {f"{precision}.tflite": np.frombuffer(content, np.uint8) for precision, content in self.files.items()}
        logits = {f"{precision}.logits": logits for precision, logits in self.logits.items()}
        return TaskData(self.parity, {**files, **logits})

    @classmethod
    def unpack(cls, data: TaskData) -> ConversionOutcome:
        """Read what `pack` returned."""
        made = [precision for precision in Precision if f"{precision}.tflite" in data.arrays]
        return cls(
            files={precision: data.binary(f"{precision}.tflite").tobytes() for precision in made},
            logits={precision: data.floats(f"{precision}.logits") for precision in made},
            parity=data.document,
        )
