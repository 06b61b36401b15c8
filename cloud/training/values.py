"""What goes into each operation of a cycle, and what comes out: values, which travel as `TaskData`.

::

    operation   inputs                                               outcome
    embed       features, head file, best's weights                  embeddings, best's classifier, what best and the
                                                                     bundle's own head answer
    train       embeddings, labels, sample weights, best's           weights, answers, result, learning curve
                weights; to fine-tune also features and head file
    convert     head file, weights, real features, golden sample     TFLite files, their golden logits, parity

The worker reads inputs before an operation and uses its outcome after it; in between it is a function of arrays, on
this machine or another. Arrays may be mapped from files, and larger than memory. No Keras here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.training.curves import LearningCurve
from cloud.training.executors.arrays import Array, Bytes, Floats, Integers
from cloud.training.executors.task_data import TaskData
from cloud.training.trials import TrialResult
from cloud.training.weights import HeadWeights
from contract.documents import Json
from contract.manifest import Precision

EMBED, TRAIN, CONVERT = "embed", "train", "convert"
"""The names of the operations."""

Flags = NDArray[np.bool_]
Classifier = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a head answers to rows."""

    classes: Integers
    """(n,): its most probable classes."""
    runners_up: Integers
    """(n,): those that are next; the same where there is one class."""
    probabilities: Floats
    """(n,): of those, at its temperature."""

    def said(self, labels: Integers, *, threshold: float) -> Flags:
        """Tell which rows (n,) it answers with their own label and not as unknown."""
        said: Flags = (self.classes == labels) & (self.probabilities >= threshold)
        return said

    def __getitem__(self, rows: Flags) -> Answers:
        return Answers(self.classes[rows], self.runners_up[rows], self.probabilities[rows])

    def arrays(self, name: str) -> dict[str, Array]:
        """Return the arrays for a task's data."""
        return {
            f"{name}_classes": self.classes,
            f"{name}_runners_up": self.runners_up,
            f"{name}_probabilities": self.probabilities,
        }

    @classmethod
    def unpack(cls, data: TaskData, name: str) -> Answers:
        """Read what `arrays` returned."""
        classes, runners_up = (data.integers(f"{name}_{each}") for each in ("classes", "runners_up"))
        return cls(classes, runners_up, data.floats(f"{name}_probabilities"))


@dataclass(frozen=True, slots=True)
class HeadNumbers:
    """A number of each of the heads that a challenger is compared with."""

    first: float
    """Of the bundle's own head."""
    best: float
    """The same while best is that head."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Balanced thresholds of the heads that a challenger is compared with; None where nothing was fitted."""

    first: float | None
    best: float | None


def join(parts: Iterable[Answers]) -> Answers:
    """Return the answers to rows one after another."""
    listed = list(parts)
    return Answers(
        np.concatenate([np.zeros(0, np.int64), *(one.classes for one in listed)]),
        np.concatenate([np.zeros(0, np.int64), *(one.runners_up for one in listed)]),
        np.concatenate([np.zeros(0, np.float32), *(one.probabilities for one in listed)]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingInputs:
    """What best is to embed, and what it and the bundle's own head are to answer."""

    features: Floats
    """(n, *shape)."""
    head_file: Bytes
    """The space's `.keras` file."""
    best: HeadWeights | None
    """None while best is the bundle's head."""
    temperatures: HeadNumbers

    def pack(self) -> TaskData:
        """Return it as task data."""
        arrays: dict[str, Array] = {"features": self.features, "head_file": self.head_file}
        document: dict[str, Json] = {"first": self.temperatures.first, "best": self.temperatures.best}
        return TaskData(document, arrays | (self.best.arrays() if self.best else {}))

    @classmethod
    def unpack(cls, data: TaskData) -> EmbeddingInputs:
        """Read what `pack` returned."""
        best = _unpack_weights(data) if "kernel" in data.arrays else None
        first, of_best = (data.fields.number(name, low=0.0, high=math.inf) for name in ("first", "best"))
        return cls(data.floats("features"), data.binary("head_file"), best, HeadNumbers(first, of_best))


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingOutcome:
    """What best makes of all rows."""

    embeddings: Floats
    """(n, d): features through best's body."""
    first: Answers
    """Of the bundle's own head."""
    best: Answers
    kernel: Floats
    """(d, classes) of best's classifier."""
    bias: Floats
    can_fine_tune: bool
    """Whether its body has weights to train."""

    def pack(self) -> TaskData:
        """Return it as task data."""
        arrays: dict[str, Array] = {"embeddings": self.embeddings, "kernel": self.kernel, "bias": self.bias}
        arrays |= self.first.arrays("first") | self.best.arrays("best")
        return TaskData({"can_fine_tune": self.can_fine_tune}, arrays)

    @classmethod
    def unpack(cls, data: TaskData) -> EmbeddingOutcome:
        """Read what `pack` returned."""
        return cls(
            embeddings=data.floats("embeddings"),
            first=Answers.unpack(data, "first"),
            best=Answers.unpack(data, "best"),
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
    weights: Floats
    """(n,): what each row counts for; one of 0 for nothing, whatever its label."""
    trained: int
    """How many rows train."""
    moments: Integers
    """(n,): rows with one number are of one moment."""
    vouched: Flags
    """(n,): the base's rows, and of labels without base those that two devices use."""
    classes: int
    base_classes: int
    """Classes below this are of the bundle: without rows, they keep what best knows of them, and others do not."""
    best: HeadWeights
    """Best's head, from which trials start; its body is empty while it is the bundle's."""
    deeper: DeeperLayers | None = None
    """None where the body has no weights to train."""

    @property
    def earlier(self) -> Classifier:
        """What best knows of the bundle's classes, kernel (d, k) and bias (k,)."""
        return self.best.kernel[:, : self.base_classes], self.best.bias[: self.base_classes]

    @property
    def training(self) -> Flags:
        """The rows (n,) that train."""
        flags: Flags = (self.weights > 0) & (np.arange(len(self.labels)) < self.trained)
        return flags

    @property
    def held_out(self) -> Flags:
        """The rows (n,) that are held out to judge."""
        flags: Flags = (self.weights > 0) & (np.arange(len(self.labels)) >= self.trained)
        return flags

    def pack(self) -> TaskData:
        """Return it as task data."""
        arrays: dict[str, Array] = {"embeddings": self.embeddings, "labels": self.labels, "weights": self.weights}
        arrays |= {"moments": self.moments, "vouched": self.vouched.astype(np.int64)}
        if self.deeper is not None:
            arrays |= {"head_file": self.deeper.head_file, "features": self.deeper.features}
        document: dict[str, Json] = {
            "trained": self.trained,
            "classes": self.classes,
            "base_classes": self.base_classes,
        }
        return TaskData(document, arrays | self.best.arrays())

    @classmethod
    def unpack(cls, data: TaskData) -> TrialInputs:
        """Read what `pack` returned."""
        has_deeper = "features" in data.arrays
        return cls(
            embeddings=data.floats("embeddings"),
            labels=data.integers("labels"),
            weights=data.floats("weights"),
            trained=data.fields.integer("trained"),
            moments=data.integers("moments"),
            vouched=data.integers("vouched") > 0,
            classes=data.fields.integer("classes"),
            base_classes=data.fields.integer("base_classes"),
            best=_unpack_weights(data),
            deeper=DeeperLayers(data.binary("head_file"), data.floats("features")) if has_deeper else None,
        )


@dataclass(frozen=True, slots=True, eq=False)
class TrialOutcome:
    """What a trial made. Its document is the result alone, which is recorded."""

    result: TrialResult
    weights: HeadWeights
    answers: Answers
    """To every row, those that train, too; of a large pool to those that judge (`cloud.training.judges`)."""
    curve: LearningCurve = LearningCurve()  # noqa: RUF009  # it is frozen

    def pack(self) -> TaskData:
        """Return it as task data."""
        arrays = self.weights.arrays() | self.answers.arrays("trial") | self.curve.arrays()
        return TaskData(self.result.document(), arrays)

    @classmethod
    def unpack(cls, data: TaskData) -> TrialOutcome:
        """Read what `pack` returned."""
        result, answers = TrialResult.parse(data.document), Answers.unpack(data, "trial")
        return cls(result, _unpack_weights(data), answers, LearningCurve.unpack(data))


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
