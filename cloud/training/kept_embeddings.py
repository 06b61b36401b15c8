"""Kept embeddings: what a worker's disk keeps of all pools and spaces, so that a cycle embeds only what is new.

::

    <state>/embeddings/
        pools/<group>/<space>/<body>/    rows of a pool (`cloud.training.kept_rows`) through the bundle's body, and
                                         through best's own, if it has one, those of the base too
        spaces/<space>/<body>/           the rows of a space's base through the bundle's body, for all of its pools

A body is named by all that decides what it computes: the bundle's head, and its own weights. Rows of a pool are kept
under its last erasure, those of a base under its file; after another erasure, all that is kept of the pool goes.

It is a cache, of at most `MOST_KEPT_BYTES`, and of no more than it leaves free on the disk; pools and spaces that were
trained longest ago go first. It may be deleted while no worker runs.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cloud.dataset.row_names import NAME_BYTES, Names
from cloud.store.keys import Pool
from cloud.training.executors.arrays import FLOAT32, Flags, Floats, Integers
from cloud.training.kept_rows import KeptRows, read_stamp, sweep
from cloud.training.known_rows import KnownRows, in_parts
from contract.bundle import TrainingBundle
from contract.patterns import HEX64_PATTERN

MOST_KEPT_BYTES = 8 << 30
"""Of all pools; four million rows of 512 numbers."""
NEVER = ""
"""The stamp of a pool that has had no erasure."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptBody:
    """What is kept of the rows of one pool, and of its base, through one body."""

    pool: KeptRows
    base: KeptRows | None
    """None where the body is the pool's own: the rows of the base lie with the others then."""

    def known(self, names: Names) -> KnownRows:
        """Tell what is known of rows (n,)."""
        places = self.pool.find(names)
        if self.base is None:
            return KnownRows(places, self.pool.embeddings)
        of_base = self.base.find(names)
        places = np.where(of_base >= 0, len(self.pool.names) + of_base, places)
        return KnownRows(places, (*self.pool.embeddings, *self.base.embeddings))

    @property
    def folders(self) -> set[Path]:
        """Where these rows lie."""
        return {kept.folder for kept in (self.pool, self.base) if kept is not None}


@dataclass(frozen=True, slots=True, eq=False)
class NewRows:
    """Rows (k,) that a body has embedded for the first time."""

    body: KeptBody
    names: Names
    of_base: Flags
    width: int
    """Numbers of an embedding."""
    embeddings: Callable[[Integers], Floats]
    """Returns those of some of the rows."""

    @property
    def size(self) -> int:
        """How many bytes they take."""
        return len(self.names) * (self.width * FLOAT32.itemsize + NAME_BYTES)

    def write(self) -> None:
        """Add them to what is kept. Raises `OSError`: the disk has no room for them."""
        base = self.body.base
        apart = np.zeros_like(self.of_base) if base is None else self.of_base
        for kept, rows in ((self.body.pool, np.flatnonzero(~apart)), (base, np.flatnonzero(apart))):
            if kept is not None:
                kept.add(self.names[rows], map(self.embeddings, in_parts(rows)))


@dataclass(slots=True)
class KeptEmbeddings:
    """What one worker's disk keeps. Not thread-safe."""

    most_bytes: int = MOST_KEPT_BYTES
    _sizes: dict[Path, dict[Path, int]] = field(default_factory=dict)
    """By state folder: bytes by the folder of each pool and space; the one used last is at the end."""

    def read(
        self, state: Path, pool: Pool, bundle: TrainingBundle, *, weights: Floats, erasure: str | None
    ) -> KeptBody:
        """Read what is kept through the bundle's body, or one of these weights (k,), since a pool's last erasure.

        Raises:
            OSError: the disk failed.
        """
        body = name_body(bundle, weights)
        rows = KeptRows.read(_of_pool(state, pool) / body, stamp=erasure or NEVER)
        if len(weights):
            return KeptBody(rows, None)
        return KeptBody(rows, KeptRows.read(_of_space(state, pool.space) / body, stamp=bundle.base_file.sha256))

    def keep(self, state: Path, pool: Pool, news: Sequence[NewRows]) -> None:
        """Keep new rows, of each body that is in use, unless there are too many.

        What is kept of the pool and its space through other bodies goes first, and last what was used longest ago.

        Raises:
            OSError: the disk has no room for them.
        """
        sizes, folders = self._known_sizes(state), (_of_pool(state, pool), _of_space(state, pool.space))
        for folder in folders:
            _drop_bodies(folder, set().union(*(rows.body.folders for rows in news)))
            sizes.pop(folder, None)
        own, total = sum(map(_size_of, folders)), sum(sizes.values())
        most = min(self.most_bytes, (shutil.disk_usage(state).free + own + total) // 2)
        if own + sum(rows.size for rows in news) <= most:
            for rows in news:
                rows.write()
        for folder in folders:
            if folder.is_dir():
                os.utime(folder)
                sizes[folder] = _size_of(folder)
        while sum(sizes.values()) > most:
            oldest = next(iter(sizes))
            del sizes[oldest]
            _drop_bodies(oldest, set())

    def forget_erased(self, state: Path, pool: Pool, *, erasure: str | None) -> None:
        """Drop what is kept of a pool from before what is its last erasure. Raises `OSError`: the disk failed."""
        folder = _of_pool(state, pool)
        bodies = _bodies_in(folder)
        stay = {body for body in bodies if read_stamp(body) == (erasure or NEVER)}
        if len(stay) < len(bodies):
            _drop_bodies(folder, stay)
            self._sizes.pop(state, None)

    def _known_sizes(self, state: Path) -> dict[Path, int]:
        if state not in self._sizes:
            folders = (path for kind in ("pools/*/*", "spaces/*") for path in _root(state).glob(kind) if path.is_dir())
            by_age = sorted(folders, key=lambda folder: folder.stat().st_mtime)
            self._sizes[state] = {folder: _size_of(folder) for folder in by_age}
        return self._sizes[state]


def name_body(bundle: TrainingBundle, weights: Floats) -> str:
    """Return what names a body: the bundle's, where there are no weights (k,), or one of its own."""
    digest = hashlib.sha256(bundle.head.sha256.encode())
    digest.update(np.ascontiguousarray(weights).data)
    return digest.hexdigest()


def pools_kept(state: Path) -> list[Pool]:
    """List the pools of which embeddings are kept."""
    folders = (path for path in _root(state).glob("pools/*/*") if path.is_dir())
    return sorted(Pool(path.parent.name, path.name) for path in folders)


def _root(state: Path) -> Path:
    return state / "embeddings"


def _of_pool(state: Path, pool: Pool) -> Path:
    return _root(state) / "pools" / pool.group / pool.space


def _of_space(state: Path, space: str) -> Path:
    return _root(state) / "spaces" / space


def _bodies_in(folder: Path) -> list[Path]:
    found = folder.iterdir() if folder.is_dir() else ()
    return [path for path in found if HEX64_PATTERN.fullmatch(path.name) and path.is_dir()]


def _drop_bodies(folder: Path, stay: Set[Path]) -> None:
    """Delete what is kept through all bodies but some, and folders that are empty then."""
    for body in _bodies_in(folder):
        if body not in stay:
            sweep(body)
            with contextlib.suppress(OSError):  # something that is not ours lies there
                body.rmdir()
    with contextlib.suppress(OSError):
        folder.rmdir()


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for body in _bodies_in(folder) for path in body.iterdir())
