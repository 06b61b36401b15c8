"""Keeps the inferences, each with its feature; the feature spaces they were made in; and the faces they are about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from contract.boxes import Box, match_boxes
from contract.samples import face_sample_id
from device.answers import Ranked
from device.cache.database import Connection, Database
from device.cache.setups import BundleSetup, add_setup
from device.errors import FeedbackError

MAX_RESULTS = 20
"""Of one answer: what every client can read in one piece."""

_ADD_SPACE = "INSERT INTO spaces (space, shape) VALUES (?, ?) ON CONFLICT DO NOTHING"
_ADD = """
    INSERT INTO inferences (sample_id, space, results, unknown, head_serial, setup, taken_ms, feature)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_OLDEST_KEPT = "SELECT id FROM inferences WHERE waiting = 0 ORDER BY id DESC LIMIT 1 OFFSET ?"
_PRUNE = "DELETE FROM inferences WHERE waiting = 0 AND id <= ? RETURNING sample_id"
_FACES = "SELECT box, sample_id FROM faces WHERE photo = ? ORDER BY box"
_ADD_FACE = "INSERT INTO faces (sample_id, photo, box) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_PRUNE_FACES = """
    DELETE FROM faces WHERE sample_id = ? AND is_labelled = 0
    AND NOT EXISTS (SELECT 1 FROM inferences i WHERE i.sample_id = faces.sample_id)
"""
_GET = "SELECT id, results, unknown, head_serial, taken_ms FROM inferences WHERE id = ?"


@dataclass(frozen=True, slots=True, eq=False)
class NewInference:
    """What one inference adds."""

    photo: bytes
    """16 bytes: the id of the photo, or of the tensor."""
    box: Box | None
    """Of a face in the photo; None: it is about the whole."""
    feature: NDArray[np.float32]
    """In C order."""
    results: Sequence[Ranked]
    """The best labels, best first; the first `MAX_RESULTS` are kept."""
    unknown: bool
    head_serial: int
    computed_by: BundleSetup
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

    def __init__(self, database: Database, *, max_unfed: int, secret: bytes) -> None:
        self._database = database
        self._secret = secret
        self._max_unfed = max_unfed
        self._space_keys: dict[str, int] = {}

    def space_key(self, space: str, feature_shape: tuple[int, ...]) -> int:
        """Return the key of a feature space, which is added where it is new."""
        if space not in self._space_keys:
            self._database.write(_ADD_SPACE, (space, json.dumps(feature_shape)))
            [(self._space_keys[space],)] = self._database.read("SELECT id FROM spaces WHERE space = ?", (space,))
        return self._space_keys[space]

    def add(self, new: NewInference, *, space_key: int) -> int:
        """Keep one inference, as `add_all` does; return its id."""
        [added] = self.add_all([new], space_key=space_key)
        return added

    def add_all(self, new: Sequence[NewInference], *, space_key: int) -> list[int]:
        """Keep the inferences on one photo, let the oldest beyond the bound go, in one transaction; return their ids.

        What each is a sample of is decided in the same transaction: two processes that see a photo at once agree.
        """
        with self._database.transaction() as connection:
            names = self._names(connection, new)
            setups = {used: add_setup(connection, used) for used in {one.computed_by for one in new}}
            added = [
                connection.execute(_ADD, _row(one, name, space_key, setups[one.computed_by])).lastrowid
                for one, name in zip(new, names, strict=True)
            ]
            oldest = connection.execute(_OLDEST_KEPT, (self._max_unfed,)).fetchone()
            if oldest is not None:
                connection.executemany(_PRUNE_FACES, connection.execute(_PRUNE, oldest).fetchall())
        return [one for one in added if one is not None]  # an INSERT that did not raise has one

    def _names(self, connection: Connection, new: Sequence[NewInference]) -> list[bytes]:
        """Return the sample id of each; faces of the photo are matched with those known before one is new."""
        if not new or new[0].box is None:
            return [one.photo for one in new]
        photo, boxes = new[0].photo, [one.box for one in new if one.box is not None]
        known = connection.execute(_FACES, (photo,)).fetchall()
        places = [cast("Box", tuple(json.loads(box))) for box, _ in known]
        names = []
        for box, match in zip(boxes, match_boxes(boxes, places), strict=True):
            names.append(known[match][1] if match is not None else face_sample_id(self._secret, photo, box))
            connection.execute(_ADD_FACE, (names[-1], photo, json.dumps(box)))
        return names

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


def _row(new: NewInference, sample_id: bytes, space_key: int, setup_key: int) -> tuple[object, ...]:
    results = json.dumps([(one.label, one.probability) for one in new.results[:MAX_RESULTS]], ensure_ascii=False)
    feature = new.feature.astype("<f4", order="C", copy=False).data
    return sample_id, space_key, results, new.unknown, new.head_serial, setup_key, new.taken_ms, feature
