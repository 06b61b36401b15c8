"""A training cycle's folder on the worker's disk.

::

    <state>/cycles/<cycle>/
        features             float32 (k, *shape): of the rows that are new to a body
        all-features         float32 (n, *shape), once a trial fine-tunes: rows that train, then held-out ones
        best/                best's weights, while best is not the bundle's head
            kernel           float32 (d, classes)
            bias             float32 (classes,)
            body             float32 (k,): all of the body in one row; empty if it is the bundle's
        temporary/           of libraries in the cycle's processes (TMPDIR)
        converter/           of the executor with the converter's process (`cloud.training.executors.local`)
        trainer/             of the executor with the trainers' processes

It is deleted when the cycle ends; what a killed worker left is deleted when the next one starts. Arrays that are mapped
from it stay readable for as long as they are in use.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cloud.training.executors.arrays import FLOAT32, Floats, read_array, write_array
from cloud.training.weights import HeadWeights


@dataclass(frozen=True, slots=True)
class CycleFolder:
    """The folder of one cycle."""

    path: Path

    @property
    def temporary(self) -> Path:
        """The folder for files without a name of ours; a process that is killed leaves them here."""
        return self.path / "temporary"

    def executor(self, module: str) -> Path:
        """Return the folder of the executor that runs a module."""
        return self.path / module.rpartition(".")[2]

    def write_features(self, chunks: Iterable[Floats], *, shape: tuple[int, ...]) -> Floats:
        """Write the features of new rows, float32 `shape` (k, ...), a chunk at a time; return them, mapped.

        Raises:
            OSError: the disk has no room for them.
        """
        return self._write_features("features", chunks, shape)

    def all_features(self, chunks: Iterable[Floats], *, shape: tuple[int, ...]) -> Floats:
        """Write the features of all rows, `shape` (n, ...), unless they are there. As `write_features` else."""
        return self._write_features("all-features", chunks, shape)

    def write_best(self, weights: HeadWeights) -> HeadWeights:
        """Write best's weights, once for all operations of the cycle; return them, mapped where they are large.

        Raises:
            OSError: the disk has no room for them.
        """
        folder = self.path / "best"
        folder.mkdir()
        return HeadWeights(
            kernel=_write(folder / "kernel", weights.kernel),
            bias=_write(folder / "bias", weights.bias),
            body=_write(folder / "body", weights.body),
        )

    def _write_features(self, name: str, chunks: Iterable[Floats], shape: tuple[int, ...]) -> Floats:
        if not (self.path / name).exists():
            write_array(self.path / name, chunks)
        features: Floats = read_array(self.path / name, dtype=FLOAT32, shape=shape)
        return features


def _write(path: Path, array: Floats) -> Floats:
    write_array(path, [array])
    written: Floats = read_array(path, dtype=FLOAT32, shape=array.shape)
    return written
