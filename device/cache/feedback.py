"""Keeps the feedback on inferences, and finds what of it is in no upload yet."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from contract.arrays import FLOAT32_BYTES
from device.cache.database import Database, placeholders
from device.errors import FeedbackError

_ADD = """
    INSERT INTO feedback (label, is_right, origin, given_ms, inference)
    SELECT ?, ?, ?, ?, id FROM inferences WHERE id = ?
"""
_KEEP_FACE = "UPDATE faces SET is_labelled = 1 WHERE sample_id = (SELECT sample_id FROM inferences WHERE id = ?)"
_UNSEALED = """
    SELECT f.revision, i.sample_id, i.space, i.setup FROM feedback f JOIN inferences i ON i.id = f.inference
    JOIN setups s ON s.id = i.setup
    WHERE f.upload IS NULL AND f.origin IN ('', ?) AND s.cosine_ppm >= s.least_cosine_ppm ORDER BY f.revision
"""
_SPACE = """
    SELECT s.space, s.shape FROM feedback f JOIN inferences i ON i.id = f.inference JOIN spaces s ON s.id = i.space
    WHERE f.revision = ?
"""
_SAMPLES = """
    SELECT f.revision, i.id, i.sample_id, f.label, i.feature, i.setup
    FROM feedback f JOIN inferences i ON i.id = f.inference WHERE f.revision IN {revisions} ORDER BY f.revision
"""


@dataclass(frozen=True, slots=True)
class NewFeedback:
    """Feedback on one inference, as it is added."""

    inference: int
    label: str
    is_right: bool
    """The user agreed with the answer; otherwise the user gave the label."""
    origin: str
    """The group that the device belongs to (`Identity.origin`); empty before enrolment."""
    given_ms: int
    """Unix milliseconds."""


@dataclass(frozen=True, slots=True)
class UnsealedFeedback:
    """Feedback that is in no upload yet."""

    revision: int
    sample_id: bytes
    space_key: int
    setup_key: int
    """Of what computed it."""

    @property
    def sample(self) -> tuple[int, int, bytes]:
        """The sample that it is on: feedback of a higher revision replaces what is lower on the same one."""
        return self.space_key, self.setup_key, self.sample_id


@dataclass(frozen=True, slots=True)
class FeatureSpace:
    """The feature space that some feedback is in."""

    id: str
    """64 hex digits."""
    feature_shape: tuple[int, ...]

    @property
    def feature_bytes(self) -> int:
        """The size of one feature as float32."""
        return math.prod(self.feature_shape) * FLOAT32_BYTES


@dataclass(frozen=True, slots=True)
class LabelledSample:
    """A sample with the label that some feedback gave it."""

    revision: int
    inference: int
    sample_id: bytes
    label: str
    feature: bytes
    """Float32, little-endian, C order."""
    setup_key: int
    """Of what computed it."""


class FeedbackTable:
    """The feedback of one cache."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewFeedback) -> int:
        """Keep feedback; return its revision, which is higher than any before.

        Raises:
            FeedbackError: the cache does not have the inference.
        """
        row = (new.label, new.is_right, new.origin, new.given_ms, new.inference)
        with self._database.transaction() as connection:
            added = connection.execute(_ADD, row)
            if added.rowcount != 1 or added.lastrowid is None:
                raise FeedbackError(f"inference {new.inference}: expected one that is in the cache, got none")
            connection.execute("UPDATE inferences SET waiting = 1 WHERE id = ?", (new.inference,))
            connection.execute(_KEEP_FACE, (new.inference,))
        return added.lastrowid

    def unsealed(self, *, origin: str) -> list[UnsealedFeedback]:
        """List what was given in the group `origin`, or before enrolment, in the order of revisions.

        Samples that were computed by what has not passed its self-test are not among them.
        """
        return [UnsealedFeedback(*row) for row in self._database.read(_UNSEALED, (origin,))]

    def space_of(self, revision: int) -> FeatureSpace | None:
        """Return the space of one revision's sample; None if the sample is gone."""
        rows = self._database.read(_SPACE, (revision,))
        return FeatureSpace(rows[0][0], tuple(json.loads(rows[0][1]))) if rows else None

    def samples(self, revisions: Sequence[int]) -> list[LabelledSample]:
        """Read the samples of some revisions that are still here, in the order of revisions."""
        rows = self._database.read(_SAMPLES.format(revisions=placeholders(revisions)), revisions)
        return [LabelledSample(*row) for row in rows]
