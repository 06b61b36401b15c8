"""What goes into each operation of a cycle, and what comes out: values, which travel as `TaskData`.

::

    operation   inputs                                               outcome
    embed       embeddings that were kept, features of new rows,     embeddings of all rows, best's classifier, what
                head file, best's weights                            best and the bundle's own head answer
    train       embeddings, labels, sample weights, best's           weights, answers, result, learning curve
                weights; to fine-tune also features and head file
    convert     head file, weights, real features, golden sample     TFLite files, their golden logits, parity
                                                                     (`cloud.training.conversion`)

The worker reads inputs before an operation and uses its outcome after it; in between it is a function of arrays, on
this machine or another. Arrays may be mapped from files, and larger than memory. No Keras here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cloud.training.curves import LearningCurve
from cloud.training.executors.arrays import Array, Bytes, Flags, Floats, Integers
from cloud.training.executors.task_data import TaskData
from cloud.training.known_rows import KnownRows
from cloud.training.trials import TrialResult
from cloud.training.weights import HeadWeights
from contract.documents import Json

EMBED, TRAIN, CONVERT = "embed", "train", "convert"
"""The names of the operations."""

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
    """What best is to embed, and what it and the bundle's own head are to answer: n rows, some of which are new."""

    features: Floats
    """(k, *shape): of the rows that are new to best's body, or to the bundle's."""
    head_file: Bytes
    """The space's `.keras` file."""
    best: HeadWeights | None
    """None while best is the bundle's head."""
    temperatures: HeadNumbers
    known: KnownRows
    """Of all rows, through best's body."""
    known_to_first: KnownRows | None = None
    """Through the bundle's; None where that is best's."""

    @classmethod
    def of_new(
        cls, features: Floats, head_file: Bytes, *, best: HeadWeights | None, temperatures: HeadNumbers
    ) -> EmbeddingInputs:
        """Return what embeds rows of which nothing is known, given all of their features."""
        nothing = KnownRows.none_of(len(features))
        is_own = best is not None and len(best.body) > 0
        return cls(features, head_file, best, temperatures, nothing, nothing if is_own else None)

    @property
    def new(self) -> Integers:
        """The rows (k,) that have features, in order."""
        new = self.known.new if self.known_to_first is None else self.known.new | self.known_to_first.new
        return np.flatnonzero(new)

    def pack(self) -> TaskData:
        """Return it as task data."""
        arrays: dict[str, Array] = {"features": self.features, "head_file": self.head_file}
        arrays |= self.best.arrays() if self.best else {}
        arrays |= self.known.arrays("known")
        arrays |= self.known_to_first.arrays("first") if self.known_to_first else {}
        return TaskData({"first": self.temperatures.first, "best": self.temperatures.best}, arrays)

    @classmethod
    def unpack(cls, data: TaskData) -> EmbeddingInputs:
        """Read what `pack` returned."""
        first, of_best = (data.fields.number(name, low=0.0, high=math.inf) for name in ("first", "best"))
        return cls(
            features=data.floats("features"),
            head_file=data.binary("head_file"),
            best=unpack_weights(data) if "kernel" in data.arrays else None,
            temperatures=HeadNumbers(first, of_best),
            known=KnownRows.unpack(data, "known"),
            known_to_first=KnownRows.unpack(data, "first") if "first_places" in data.arrays else None,
        )


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
    new_to_first: Floats | None = None
    """(j, d): of the rows that are new to the bundle's body, through that; None where it is best's."""

    def pack(self) -> TaskData:
        """Return it as task data."""
        arrays: dict[str, Array] = {"embeddings": self.embeddings, "kernel": self.kernel, "bias": self.bias}
        arrays |= self.first.arrays("first") | self.best.arrays("best")
        arrays |= {} if self.new_to_first is None else {"new_to_first": self.new_to_first}
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
            new_to_first=data.floats("new_to_first") if "new_to_first" in data.arrays else None,
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
            best=unpack_weights(data),
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
        return cls(result, unpack_weights(data), answers, LearningCurve.unpack(data))


def unpack_weights(data: TaskData) -> HeadWeights:
    """Read what `HeadWeights.arrays` returned."""
    return HeadWeights(data.floats("kernel"), data.floats("bias"), data.floats("body"))
