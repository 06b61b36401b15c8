"""The only home of a training cycle's folder on the worker's disk, through which its processes share arrays.

::

    <state>/cycles/<cycle>/
        features.npy       float32 (n, *shape): rows that train, then held-out ones
        rows.npz           labels int64 (n,), trained (): how many train; classes ()
        golden.npy         float32 (*shape): the space's golden sample
        best.tensors       best's weights (cloud.training.weights); absent while best is the bundle's head
        embeddings.npy     float32 (n, d): features through best's body, by the workshop
        start.npz          best's kernel and bias, by the workshop
        best_answers.npy   int64 (n,): best's most probable class, by the workshop
        <trial>/           one for each trial
            weights.tensors
            answers.npz    held_out int64 (h,); left_out int64 (m,) rows and left_out_said int64 (m,) classes
        heads/             the challenger's files, by the workshop
            <precision>.tflite
            logits.npz     for each precision, its file's logits (classes,) on the golden sample

It is deleted when the cycle ends; what a killed worker left is deleted when the next one starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cloud.training.weights import HeadWeights, decode_weights, encode_weights
from contract.manifest import Precision

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
FLOAT32 = np.dtype("<f4")


@dataclass(frozen=True, slots=True)
class Rows:
    """What is known of each row besides its feature."""

    labels: Integers
    trained: int
    classes: int


@dataclass(frozen=True, slots=True)
class TrialAnswers:
    """What a trial's head answered to photos it was not trained on, as classes."""

    held_out: Integers
    """(h,): to every held-out row, in order."""
    left_out: Integers
    """(m,): training rows that cross-validation left out."""
    left_out_said: Integers
    """(m,): what it answered to them."""


@dataclass(frozen=True, slots=True)
class CycleFolder:
    """The folder of one cycle."""

    path: Path

    @property
    def features_file(self) -> Path:
        """Where features lie."""
        return self.path / "features.npy"

    @property
    def embeddings_file(self) -> Path:
        """Where embeddings lie."""
        return self.path / "embeddings.npy"

    @property
    def heads(self) -> Path:
        """Where the challenger's files lie."""
        return self.path / "heads"

    def trial(self, name: str) -> Path:
        """Where a trial's results lie."""
        return self.path / name

    def write_features(self, chunks: Iterable[Floats], *, shape: tuple[int, ...]) -> None:
        """Write all features, float32 `shape` (n, ...), a chunk at a time."""
        write_array(self.features_file, chunks, shape=shape)

    def features(self) -> Floats:
        """All features (n, *shape), mapped."""
        return map_array(self.features_file)

    def embeddings(self) -> Floats:
        """All embeddings (n, d), mapped."""
        return map_array(self.embeddings_file)

    def write_rows(self, rows: Rows, *, golden: Floats) -> None:
        """Write labels and the golden sample."""
        np.savez(self.path / "rows.npz", labels=rows.labels, trained=rows.trained, classes=rows.classes)
        np.save(self.path / "golden.npy", golden)

    def rows(self) -> Rows:
        """What `write_rows` wrote."""
        with np.load(self.path / "rows.npz") as file:
            return Rows(file["labels"], int(file["trained"]), int(file["classes"]))

    def golden(self) -> Floats:
        """The golden sample (*shape)."""
        golden: Floats = np.load(self.path / "golden.npy")
        return golden

    def write_best(self, weights: bytes) -> None:
        """Keep best's weights."""
        (self.path / "best.tensors").write_bytes(weights)

    def best(self) -> HeadWeights | None:
        """Best's weights; None while best is the bundle's head."""
        file = self.path / "best.tensors"
        return decode_weights(file.read_bytes()) if file.is_file() else None

    def write_start(self, kernel: Floats, bias: Floats) -> None:
        """Keep best's classifier, from which trials start."""
        np.savez(self.path / "start.npz", kernel=kernel, bias=bias)

    def start(self) -> tuple[Floats, Floats]:
        """Best's kernel (d, classes) and bias (classes,)."""
        with np.load(self.path / "start.npz") as file:
            return file["kernel"], file["bias"]

    def write_best_answers(self, answers: Integers) -> None:
        """Keep what best answers to every row."""
        np.save(self.path / "best_answers.npy", answers)

    def best_answers(self) -> Integers:
        """What best answers to every row (n,)."""
        answers: Integers = np.load(self.path / "best_answers.npy")
        return answers

    def write_trial(self, name: str, weights: HeadWeights, answers: TrialAnswers) -> None:
        """Keep what a trial made."""
        self.trial(name).mkdir(exist_ok=True)
        (self.trial(name) / "weights.tensors").write_bytes(encode_weights(weights))
        np.savez(
            self.trial(name) / "answers.npz",
            held_out=answers.held_out,
            left_out=answers.left_out,
            left_out_said=answers.left_out_said,
        )

    def head_file(self, precision: Precision) -> Path:
        """Where one of the challenger's files lies."""
        return self.heads / f"{precision}.tflite"

    def write_golden_logits(self, logits: Mapping[str, Floats]) -> None:
        """Keep what the challenger's files answer to the golden sample."""
        np.savez(self.heads / "logits.npz", **logits)

    def golden_logits(self) -> dict[Precision, Floats]:
        """For each file of the challenger, its logits (classes,) on the golden sample."""
        with np.load(self.heads / "logits.npz") as file:
            return {Precision(name): file[name] for name in file.files}

    def trial_weights(self, name: str) -> bytes:
        """A trial's weights, as ``cloud.training.weights`` writes them."""
        return (self.trial(name) / "weights.tensors").read_bytes()

    def trial_answers(self, name: str) -> TrialAnswers:
        """A trial's answers."""
        with np.load(self.trial(name) / "answers.npz") as file:
            return TrialAnswers(file["held_out"], file["left_out"], file["left_out_said"])


def write_array(path: Path, chunks: Iterable[Floats], *, shape: tuple[int, ...]) -> None:
    """A new `.npy` file of float32 `shape` (n, ...), some rows at a time; it may be larger than memory.

    By ordinary writes: where the disk is full they raise an OSError, and writing to a mapped file kills (SIGBUS).
    """
    header = {"descr": FLOAT32.str, "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]  # numpy leaves it untyped
        for chunk in chunks:
            file.write(np.ascontiguousarray(chunk, FLOAT32).data)


def map_array(path: Path) -> Floats:
    """What `write_array` wrote, read as it is used."""
    mapped: Floats = np.load(path, mmap_mode="r")
    return mapped
