"""The only home of uploads on their way: sealed once, sent until acknowledged, and made anew only to be smaller.

Sealing turns feedback that is in no upload yet into bytes, and keeps bytes and mark in one transaction. From then on
these bytes, and so their id, stay the same, whatever is killed; the service counts an id once. Encoding happens before
that transaction takes the write lock, so that inferences never wait for it; if another process sealed meanwhile,
nothing is marked and the choice is made anew. A sample that no upload can carry is left out, and keeps waiting.
Features stay until their upload is acknowledged: one that is refused as too large is taken apart, and its feedback
sealed again in smaller ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contract.callbacks import ignore
from contract.codecs import Codec
from contract.errors import TooLarge
from device.cache.database import Cache
from device.errors import SamplesLeftOut, Unsendable
from device.push.choice import Choice, Waiting, choose
from device.push.sealing import Sealed, Sealer, marks_for

_SETTLE = """
    UPDATE inferences SET waiting = 0
    WHERE id IN (SELECT inference FROM feedback WHERE upload = ?) AND NOT EXISTS (
        SELECT 1 FROM feedback f LEFT JOIN uploads u ON u.id = f.upload
        WHERE f.inference = inferences.id AND u.state IS NOT 'acknowledged'
    )
"""


class SyncStep(StrEnum):
    """The instants at which a push may be killed and must go on as if nothing had happened."""

    CHOSEN = "chosen"
    """Bytes exist, nothing is kept."""
    SEALED = "sealed"
    """The upload is kept, nothing is sent."""
    SENT = "sent"
    """The service has acknowledged, the device has not kept that."""
    ACKNOWLEDGED = "acknowledged"
    """The device has kept the acknowledgement and dropped the body."""


At = Callable[[SyncStep], None]
"""Called at each step; does nothing but in tests."""


class UploadState(StrEnum):
    """Where a sealed upload stands."""

    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class UploadStatus:
    """One upload for people who look.

    ``device``: the id that it was sealed as. ``problem``: what the service said last, if it was not yes.
    """

    id: str
    device: str
    samples: int
    size: int
    state: UploadState
    problem: str | None


class Outbox:
    """The uploads of one device, in its cache. Every operation raises `Storage` where that cannot be read or written.

    Args:
        cache: the open cache.
        origin: group and key of the service (`Identity.origin`); what was said in another group stays here.
        device: id at the service. It counts samples by device, so what was sealed as one is never sent as another's.
        codec: how features are stored.
        max_samples: the most in one upload; halved where the service takes fewer.
        now_ms: Unix milliseconds, for people who look.
        at: called at each named step.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        origin: str,
        device: str,
        codec: Codec,
        max_samples: int,
        now_ms: Callable[[], int],
        at: At = ignore,
    ) -> None:
        self._cache = cache
        self._origin = origin
        self._device = device
        self._sealer = Sealer(cache, codec=codec)
        self._max_samples = max_samples
        self._now_ms = now_ms
        self._at = at
        self.left_out: dict[int, Unsendable] = {}
        """What was found to be in no upload, by its revision, and why. It is looked at anew by the next outbox."""

    def seal(self) -> Sealed | None:
        """Seal the next upload; None if no feedback waits."""
        most = self._max_samples
        while choice := choose(self._waiting(), max_samples=most):
            try:
                sealed = self._sealer.seal(choice)
            except TooLarge:
                most = len(choice.revisions) // 2
                continue
            except SamplesLeftOut as left:
                self.left_out |= left.reasons
                continue
            if sealed is None:
                continue
            self._at(SyncStep.CHOSEN)
            if self._keep(sealed, choice):
                self._at(SyncStep.SEALED)
                return sealed
        return None

    def split(self, sealed: Sealed) -> bool:
        """Take apart an upload that was refused as too large; the next have at most half its samples.

        Only for a refusal: what the service may have is never sealed anew. False, and nothing has changed,
        for a single sample, for an upload that another process has finished, and where its feedback is not all here.
        """
        with self._cache.transaction() as connection:
            here = connection.execute(
                "SELECT count(DISTINCT i.sample_id) FROM uploads u JOIN feedback f ON f.upload = u.id"
                " JOIN inferences i ON i.id = f.inference WHERE u.id = ? AND u.state = 'waiting'",
                (sealed.id,),
            ).fetchone()
            if sealed.samples == 1 or here != (sealed.samples,):
                return False
            connection.execute("UPDATE feedback SET upload = NULL WHERE upload = ?", (sealed.id,))
            connection.execute("DELETE FROM uploads WHERE id = ?", (sealed.id,))
        self._max_samples = min(self._max_samples, sealed.samples // 2)
        return True

    def unsent(self) -> list[str]:
        """List the ids of the uploads that wait to be sent, in the order of their sealing."""
        query = "SELECT id FROM uploads WHERE state = 'waiting' AND origin = ? AND device = ? ORDER BY rowid"
        return [upload for (upload,) in self._cache.read(query, (self._origin, self._device))]

    def sealed(self, upload: str) -> Sealed | None:
        """Read one upload that waits; None if another process has finished it."""
        query = "SELECT id, space, samples, body FROM uploads WHERE id = ? AND state = 'waiting'"
        rows = self._cache.read(query, (upload,))
        return Sealed(*rows[0]) if rows else None

    def acknowledge(self, upload: str) -> None:
        """Keep that the service has the upload, drop the body, and let its features go when room is needed."""
        self._at(SyncStep.SENT)
        with self._cache.transaction() as connection:
            connection.execute(
                "UPDATE uploads SET state = 'acknowledged', body = NULL, problem = NULL WHERE id = ?", (upload,)
            )
            connection.execute(_SETTLE, (upload,))
        self._at(SyncStep.ACKNOWLEDGED)

    def set_aside(self, upload: str, *, problem: str) -> None:
        """Keep that the service refuses the upload for good; the others go on."""
        query = "UPDATE uploads SET state = 'refused', problem = ? WHERE id = ? AND state = 'waiting'"
        self._write(query, (problem, upload))

    def note(self, upload: str, *, problem: str) -> None:
        """Keep why the upload still waits."""
        self._write("UPDATE uploads SET problem = ? WHERE id = ? AND state = 'waiting'", (problem, upload))

    def retry_refused(self) -> None:
        """Make refused uploads wait again, as after the service was put right."""
        query = "UPDATE uploads SET state = 'waiting' WHERE state = 'refused' AND origin = ? AND device = ?"
        self._write(query, (self._origin, self._device))

    def _write(self, statement: str, parameters: Sequence[object]) -> None:
        with self._cache.transaction() as connection:
            connection.execute(statement, parameters)

    def _waiting(self) -> list[Waiting]:
        rows = self._cache.read(
            "SELECT f.revision, i.sample_id, i.space, i.runtime FROM feedback f JOIN inferences i ON i.id = f.inference"
            " WHERE f.upload IS NULL AND f.origin IN ('', ?) ORDER BY f.revision",
            (self._origin,),
        )
        waiting = [Waiting(*row) for row in rows]
        left_out = {one.sample for one in waiting if one.revision in self.left_out}
        return [one for one in waiting if one.sample not in left_out]

    def _keep(self, sealed: Sealed, choice: Choice) -> bool:
        """Keep the upload and mark its feedback; False, and nothing is kept, if another process was first."""
        taken, marks = choice.taken, marks_for(choice.taken)
        facts = (sealed.id, sealed.space, self._origin, self._device, sealed.samples, len(sealed.body))
        with self._cache.transaction(durable=True) as connection:
            free = connection.execute(
                f"SELECT count(*) FROM feedback WHERE upload IS NULL AND revision IN {marks}", taken
            ).fetchone()
            if free != (len(taken),):
                return False
            connection.execute(
                "INSERT INTO uploads (id, space, origin, device, samples, size, sealed_ms, body, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting')",
                (*facts, self._now_ms(), sealed.body),
            )
            connection.execute(f"UPDATE feedback SET upload = ? WHERE revision IN {marks}", (sealed.id, *taken))
        return True


def unfinished_uploads(cache: Cache) -> list[UploadStatus]:
    """List the uploads that are not acknowledged, in the order of their sealing."""
    query = "SELECT id, device, samples, size, state, problem FROM uploads WHERE state != 'acknowledged' ORDER BY rowid"
    return [
        UploadStatus(id_, device, samples, size, UploadState(state), problem)
        for id_, device, samples, size, state, problem in cache.read(query)
    ]


def unsealed_samples(cache: Cache, *, origin: str) -> int:
    """Count the samples that were spoken of in the group `origin`, or before enrolment, and are in no upload yet."""
    [(samples,)] = cache.read(
        "SELECT count(*) FROM (SELECT DISTINCT i.space, i.runtime, i.sample_id FROM feedback f"
        " JOIN inferences i ON i.id = f.inference WHERE f.upload IS NULL AND f.origin IN ('', ?))",
        (origin,),
    )
    return int(samples)


def acknowledged_samples(cache: Cache) -> int:
    """Count the samples that the service has."""
    [(samples,)] = cache.read("SELECT coalesce(sum(samples), 0) FROM uploads WHERE state = 'acknowledged'")
    return int(samples)
