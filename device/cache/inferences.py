"""Keeps the inferences, each with its feature, and the feature spaces that they were made in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.answers import Ranked
from device.cache.database import Database
from device.errors import FeedbackError

_ADD_SPACE = "INSERT INTO spaces (space, shape) VALUES (?, ?) ON CONFLICT DO NOTHING"
_ADD = """
    INSERT INTO inferences (sample_id, space, results, unknown, head_serial, runtime, taken_ms, feature)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_OLDEST_KEPT = "SELECT id FROM inferences WHERE waiting = 0 ORDER BY id DESC LIMIT 1 OFFSET ?"
_PRUNE = "DELETE FROM inferences WHERE waiting = 0 AND id <= ?"
_GET = "SELECT id, results, unknown, head_serial, taken_ms FROM inferences WHERE id = ?"


@dataclass(frozen=True, slots=True, eq=False)
class NewInference:
    """What one inference adds."""

    sample_id: bytes
    """16 bytes: the same photo, the same sample."""
    feature: NDArray[np.float32]
    """In C order."""
    results: Sequence[Ranked]
    """The best labels, best first."""
    unknown: bool
    head_serial: int
    runtime: str
    taken_ms: int
    """Unix milliseconds."""


@dataclass(frozen=True, slots=True)
class StoredInference:
    """One inference of the cache, without its feature."""

    id: int
    results: tuple[Ranked, ...]
    unknown: bool
    head_serial: int
    taken_ms: int


class InferenceTable:
    """The inferences of one cache."""

    def __init__(self, database: Database, *, max_unfed: int) -> None:
        self._database = database
        self._max_unfed = max_unfed
        self._space_keys: dict[str, int] = {}

    def space_key(self, space: str, feature_shape: tuple[int, ...]) -> int:
        """Return the key of a feature space, which is added where it is new."""
        if space not in self._space_keys:
            self._database.write(_ADD_SPACE, (space, json.dumps(feature_shape)))
            [(self._space_keys[space],)] = self._database.read("SELECT id FROM spaces WHERE space = ?", (space,))
        return self._space_keys[space]

    def add(self, new: NewInference, *, space_key: int) -> int:
        """Keep one inference and let the oldest beyond the bound go, in one transaction; return its id."""
        results = json.dumps([(one.label, one.probability) for one in new.results], ensure_ascii=False)
        feature = new.feature.astype("<f4", order="C", copy=False).data
        row = (new.sample_id, space_key, results, new.unknown, new.head_serial, new.runtime, new.taken_ms, feature)
        with self._database.transaction() as connection:
            added = connection.execute(_ADD, row).lastrowid
            oldest = connection.execute(_OLDEST_KEPT, (self._max_unfed,)).fetchone()
            if oldest is not None:
                connection.execute(_PRUNE, oldest)
        assert added is not None  # an INSERT that did not raise has one
        return added

    def get(self, inference: int) -> StoredInference:
        """Return one inference.

        Raises:
            FeedbackError: the cache does not have it, or no longer.
        """
        rows = self._database.read(_GET, (inference,))
        if not rows:
            raise FeedbackError(f"inference {inference}: expected one that is in the cache, got none")
        [(id_, results, unknown, head_serial, taken_ms)] = rows
        ranked = tuple(Ranked(label, probability) for label, probability in json.loads(results))
        return StoredInference(id_, ranked, bool(unknown), head_serial, taken_ms)

    def count(self) -> int:
        """Count the inferences."""
        [(inferences,)] = self._database.read("SELECT count(*) FROM inferences")
        return int(inferences)
