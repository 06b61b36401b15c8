"""What goes into each operation of a cycle, and what comes out: values, which travel as `TaskData`.

::

    operation   inputs                                               outcome
    embed       features, head file, best's weights                  embeddings, best's answers and classifier
    train       embeddings, labels, best's weights; where deeper     weights, answers, result
                layers train also features and head file
    convert     head file, weights, real features, golden sample     TFLite files, their golden logits, parity

The worker reads inputs before an operation and uses its outcome after it; in between it is a function of arrays, on
this machine or another. Arrays may be mapped from files, and larger than memory. No Keras here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from cloud.training.executors.arrays import Array, Bytes, Floats, Integers
from cloud.training.executors.task_data import TaskData
from cloud.training.trials import TrialResult
from cloud.training.weights import HeadWeights
from contract.documents import Json
from contract.manifest import Precision

EMBED, TRAIN, CONVERT = "embed", "train", "convert"
"""The names of the operations."""


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingInputs:
    """What best is to embed and answer."""

    features: Floats
    """(n, *shape)."""
    head_file: Bytes
    """The space's `.keras` file."""
    best: HeadWeights | None
    """None while best is the bundle's head."""

    def pack(self) -> TaskData:
        """Return it as task data."""
        arrays: dict[str, Array] = {"features": self.features, "head_file": self.head_file}
        return TaskData({}, arrays | (self.best.arrays() if self.best else {}))

    @classmethod
    def unpack(cls, data: TaskData) -> EmbeddingInputs:
        """Read what `pack` returned."""
        best = _unpack_weights(data) if "kernel" in data.arrays else None
        return cls(data.floats("features"), data.binary("head_file"), best)


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingOutcome:
    """What best makes of all rows."""

    embeddings: Floats
    """(n, d): features through best's body."""
    answers: Integers
    """(n,): best's most probable classes."""
    kernel: Floats
    """(d, classes) of best's classifier."""
    bias: Floats
    can_fine_tune: bool
    """Whether its body has weights to train."""

    def pack(self) -> TaskData:
        """Return it as task data."""
        arrays: dict[str, Array] = {"embeddings": self.embeddings, "answers": self.answers}
        arrays |= {"kernel": self.kernel, "bias": self.bias}
        return TaskData({"can_fine_tune": self.can_fine_tune}, arrays)

    @classmethod
    def unpack(cls, data: TaskData) -> EmbeddingOutcome:
        """Read what `pack` returned."""
        return cls(
            embeddings=data.floats("embeddings"),
            answers=data.integers("answers"),
            kernel=data.floats("kernel"),
            bias=data.floats("bias"),
            can_fine_tune=data.fields.boolean("can_fine_tune"),
        )


@dataclass(frozen=True, slots=True, eq=False)
class DeeperLayers:
    """What a trial needs as well, to train the body."""

    head_file: Bytes
    features: Floats
    """(n, *shape)."""


@dataclass(frozen=True, slots=True, eq=False)
class TrialInputs:
    """What a trial learns from, and what it starts from. Rows (n,): first those that train, then those held out."""

    embeddings: Floats
    """(n, d): features through best's body."""
    labels: Integers
    """(n,): class indices."""
    trained: int
    """How many rows train."""
    classes: int
    best: HeadWeights
    """Best's classifier, from which trials start; its body is empty while it is the bundle's."""
    deeper: DeeperLayers | None = None
    """None where the body has no weights to train."""

    @property
    def training(self) -> slice:
        """The rows that train."""
        return slice(0, self.trained)

    @property
    def held_out(self) -> slice:
        """The rows that judge."""
        return slice(self.trained, None)

    def pack(self) -> TaskData:
        """Return it as task data."""
        arrays: dict[str, Array] = {"embeddings": self.embeddings, "labels": self.labels}
        if self.deeper is not None:
            arrays |= {"head_file": self.deeper.head_file, "features": self.deeper.features}
        return TaskData({"trained": self.trained, "classes": self.classes}, arrays | self.best.arrays())

    @classmethod
    def unpack(cls, data: TaskData) -> TrialInputs:
        """Read what `pack` returned."""
        has_deeper = "features" in data.arrays
        return cls(
            embeddings=data.floats("embeddings"),
            labels=data.integers("labels"),
            trained=data.fields.integer("trained"),
            classes=data.fields.integer("classes"),
            best=_unpack_weights(data),
            deeper=DeeperLayers(data.binary("head_file"), data.floats("features")) if has_deeper else None,
        )


@dataclass(frozen=True, slots=True, eq=False)
class TrialAnswers:
    """What a trial's head answered to photos it was not trained on, as classes."""

    held_out: Integers
    """(h,): to every held-out row, in order."""
    left_out: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    """(m,): training rows that cross-validation left out."""
    left_out_answers: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    """(m,): what it answered to them."""


@dataclass(frozen=True, slots=True, eq=False)
class TrialOutcome:
    """What a trial made. Its document is the result alone, which is recorded."""

    result: TrialResult
    weights: HeadWeights
    answers: TrialAnswers

    def pack(self) -> TaskData:
        """Return it as task data."""
        answers: dict[str, Array] = {
            "held_out": self.answers.held_out,
            "left_out": self.answers.left_out,
            "left_out_answers": self.answers.left_out_answers,
        }
        return TaskData(self.result.document(), self.weights.arrays() | answers)

    @classmethod
    def unpack(cls, data: TaskData) -> TrialOutcome:
        """Read what `pack` returned."""
        answers = (data.integers(name) for name in ("held_out", "left_out", "left_out_answers"))
        return cls(TrialResult.parse(data.document), _unpack_weights(data), TrialAnswers(*answers))


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
            weights=_unpack_weights(data),
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


def _unpack_weights(data: TaskData) -> HeadWeights:
    return HeadWeights(data.floats("kernel"), data.floats("bias"), data.floats("body"))
