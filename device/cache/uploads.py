"""Keeps sealed uploads, and moves them through the states that `schema.sql` draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from device.cache.database import Database, placeholders

_COUNT_FREE = "SELECT count(*) FROM feedback WHERE upload IS NULL AND revision IN {revisions}"
_ADD = """
    INSERT INTO uploads (id, space, origin, device, samples, size, sealed_ms, body, state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting')
"""
_MARK = "UPDATE feedback SET upload = ? WHERE revision IN {revisions}"
_COUNT_SAMPLES = """
    SELECT count(DISTINCT i.sample_id) FROM uploads u JOIN feedback f ON f.upload = u.id
    JOIN inferences i ON i.id = f.inference WHERE u.id = ? AND u.state = 'waiting'
"""
_UNSENT = "SELECT id, space FROM uploads WHERE state = 'waiting' AND origin = ? AND device = ? ORDER BY rowid"
_SEALED_BEFORE = """
    SELECT id, samples FROM uploads
    WHERE state = 'waiting' AND sealed_ms < ? AND origin = ? AND device = ? ORDER BY rowid
"""
_FIND_WAITING = "SELECT id, space, samples, body FROM uploads WHERE id = ? AND state = 'waiting'"
_ACKNOWLEDGE = "UPDATE uploads SET state = 'acknowledged', body = NULL, problem = NULL WHERE id = ?"
_SETTLE = """
    UPDATE inferences SET waiting = 0
    WHERE id IN (SELECT inference FROM feedback WHERE upload = ?) AND NOT EXISTS (
        SELECT 1 FROM feedback f LEFT JOIN uploads u ON u.id = f.upload
        WHERE f.inference = inferences.id AND u.state IS NOT 'acknowledged'
    )
"""
_SET_ASIDE = "UPDATE uploads SET state = 'refused', problem = ? WHERE id = ? AND state = 'waiting'"
_NOTE = "UPDATE uploads SET problem = ? WHERE id = ? AND state = 'waiting'"
_RETRY = "UPDATE uploads SET state = 'waiting' WHERE state = 'refused' AND origin = ? AND device = ?"
_UNFINISHED = """
    SELECT id, space, device, samples, size, state, problem FROM uploads WHERE state != 'acknowledged' ORDER BY rowid
"""
_COUNT_ACKNOWLEDGED = "SELECT coalesce(sum(samples), 0) FROM uploads WHERE state = 'acknowledged'"


class UploadState(StrEnum):
    """Where a sealed upload stands."""

    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SealedUpload:
    """An upload that waits to be sent."""

    id: str
    """The sha256 of its body."""
    space: str
    samples: int
    body: bytes


@dataclass(frozen=True, slots=True)
class UploadStatus:
    """One upload for people who look."""

    id: str
    space: str
    device: str
    """The id of the device that it was sealed as."""
    samples: int
    size: int
    """In bytes."""
    state: UploadState
    problem: str | None
    """What the service answered last, if it was not an acknowledgement."""


class UploadTable:
    """The sealed uploads of one cache."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, sealed: SealedUpload, *, revisions: Sequence[int], origin: str, device: str, sealed_ms: int) -> bool:
        """Keep an upload and mark the feedback that it settles, in one transaction that outlives a loss of power.

        Args:
            sealed: the upload.
            revisions: of the feedback that is in it, or replaced by what is.
            origin: the group that it is sealed for.
            device: the id of the device that it is sealed as.
            sealed_ms: Unix milliseconds.

        Returns:
            False, and nothing is kept, if some of the feedback is in another upload already, or gone.
        """
        facts = (sealed.id, sealed.space, origin, device, sealed.samples, len(sealed.body), sealed_ms, sealed.body)
        marks = placeholders(revisions)
        with self._database.transaction(durable=True) as connection:
            free = connection.execute(_COUNT_FREE.format(revisions=marks), revisions).fetchone()
            if free != (len(revisions),):
                return False
            connection.execute(_ADD, facts)
            connection.execute(_MARK.format(revisions=marks), (sealed.id, *revisions))
        return True

    def take_apart(self, upload: str, *, samples: int) -> bool:
        """Drop an upload that waits, and put its feedback in no upload again.

        Returns:
            False, and nothing has changed, for an upload that another process has finished, and where not all of its
            `samples` are still here.
        """
        with self._database.transaction() as connection:
            if connection.execute(_COUNT_SAMPLES, (upload,)).fetchone() != (samples,):
                return False
            connection.execute("UPDATE feedback SET upload = NULL WHERE upload = ?", (upload,))
            connection.execute("DELETE FROM uploads WHERE id = ?", (upload,))
        return True

    def unsent(self, *, origin: str, device: str) -> dict[str, str]:
        """List the ids of the uploads that wait, in the order of their sealing, each with its space."""
        return dict(self._database.read(_UNSENT, (origin, device)))

    def sealed_before(self, sealed_ms: int, *, origin: str, device: str) -> list[tuple[str, int]]:
        """List id and number of samples of the uploads that wait and were sealed before a time, oldest first."""
        return self._database.read(_SEALED_BEFORE, (sealed_ms, origin, device))

    def find_waiting(self, upload: str) -> SealedUpload | None:
        """Read one upload that waits; None if another process has finished it."""
        rows = self._database.read(_FIND_WAITING, (upload,))
        return SealedUpload(*rows[0]) if rows else None

    def acknowledge(self, upload: str) -> None:
        """Keep that the service has the upload, drop the body, and let its features go when room is needed."""
        with self._database.transaction() as connection:
            connection.execute(_ACKNOWLEDGE, (upload,))
            connection.execute(_SETTLE, (upload,))

    def set_aside(self, upload: str, *, problem: str) -> None:
        """Keep that the service refuses the upload for good."""
        self._database.write(_SET_ASIDE, (problem, upload))

    def note(self, upload: str, *, problem: str) -> None:
        """Keep why the upload still waits."""
        self._database.write(_NOTE, (problem, upload))

    def retry_refused(self, *, origin: str, device: str) -> None:
        """Make refused uploads wait again."""
        self._database.write(_RETRY, (origin, device))

    def unfinished(self) -> list[UploadStatus]:
        """List the uploads that are not acknowledged, in the order of their sealing."""
        return [
            UploadStatus(id_, space, device, samples, size, UploadState(state), problem)
            for id_, space, device, samples, size, state, problem in self._database.read(_UNFINISHED)
        ]

    def count_acknowledged_samples(self) -> int:
        """Count the samples that the service has."""
        [(samples,)] = self._database.read(_COUNT_ACKNOWLEDGED)
        return int(samples)
