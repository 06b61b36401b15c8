"""Uploads on their way: sealed once, sent until acknowledged, and sealed anew to be smaller or when they are old.

Sealing turns feedback that is in no upload yet into bytes, and keeps the bytes and the marks of that feedback in one
transaction. From then on these bytes, and so their id, stay the same, whatever is killed; the service counts an id
once, and a sample once in whichever upload it comes. Encoding happens before that transaction takes the write lock, so
that inferences never wait for it; if another process sealed meanwhile, nothing is marked and the choice is made anew.
As it is kept, nobody becomes another device, which would leave it behind. A sample that no upload can carry is left
out, and keeps waiting. Features stay until their upload is acknowledged: one that is refused as too large or for the
fault of some of its samples, that is cut off, or that is old is taken apart, and its feedback sealed again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum

from contract.callbacks import ignore
from contract.codecs import Codec
from contract.errors import TooLarge
from contract.upload import LIMITS, decode_upload
from device.cache.cache import Cache
from device.cache.feedback import UnsealedFeedback
from device.cache.uploads import SealedUpload
from device.errors import SamplesLeftOut, Unsendable
from device.push.choice import Choice, choose
from device.push.sealing import Sealer, fewer

SEALED_FOR_S = 7 * 86_400
"""The age at which an upload that waits is sealed anew."""


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


AtPushStep = Callable[[SyncStep], None]
"""Called at each step; does nothing but in tests."""


class Outbox:
    """The uploads of one device, in its cache. Every operation raises `Storage` where that cannot be read or written.

    Args:
        cache: the open cache.
        origin: group and key of the service (`Identity.origin`); feedback that was given in another group stays here.
        device: id at the service. It counts samples by device, so what was sealed as one is never sent as another's.
        codec: how features are stored.
        max_samples: the most in one upload; halved where the service takes fewer, or the line does not last.
        max_bytes: the most of one upload, but for a single sample.
        now_ms: Unix milliseconds, for people who look.
        at: called at each named step.
        staying: lets nobody become another device for a block; raises `EnrolmentError` or `TryLater` where this is
            another one already.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        origin: str,
        device: str,
        codec: Codec,
        max_samples: int,
        max_bytes: int = LIMITS.max_bytes,
        now_ms: Callable[[], int],
        at: AtPushStep = ignore,
        staying: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._cache = cache
        self._origin = origin
        self._device = device
        self._sealer = Sealer(cache, codec=codec)
        self._max_samples = max_samples
        self._max_bytes = max_bytes
        self._now_ms = now_ms
        self._at = at
        self._staying = staying
        self.left_out: dict[int, Unsendable] = {}
        """Why samples were left out, by the revision of their feedback. The next outbox looks at them anew."""

    def seal(self) -> SealedUpload | None:
        """Seal the next upload; None if no feedback waits.

        Raises:
            EnrolmentError, TryLater: this is another device by now; nothing is sealed.
        """
        most = self._max_samples
        while choice := choose(self._unsealed(), max_samples=most):
            likely = self._sealer.likely_samples(choice, max_bytes=self._max_bytes)
            if likely < len(choice.revisions):
                most = likely
                continue
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
            if len(sealed.body) > self._max_bytes and sealed.samples > 1:
                most = fewer(sealed, max_bytes=self._max_bytes)
                continue
            self._at(SyncStep.CHOSEN)
            if self._keep(sealed, choice):
                self._at(SyncStep.SEALED)
                return sealed
        return None

    def split(self, sealed: SealedUpload) -> bool:
        """Take apart an upload that was too large, or was cut off; the next have at most half its samples.

        The service may have it all the same: a sample counts once, in however many uploads it comes.

        Returns:
            False, and nothing has changed, for a single sample, for an upload that another process has finished, and
            where its feedback is not all here.
        """
        if sealed.samples == 1 or not self._cache.uploads.take_apart(sealed.id, samples=sealed.samples):
            return False
        self._max_samples = min(self._max_samples, sealed.samples // 2)
        return True

    def take_old_apart(self) -> None:
        """Take apart what was sealed long ago and never acknowledged, so that it is sealed as it is done by now.

        What is not all here stays as it is.
        """
        oldest_ms = self._now_ms() - 1000 * SEALED_FOR_S
        for upload, samples in self._cache.uploads.sealed_before(oldest_ms, origin=self._origin, device=self._device):
            self._cache.uploads.take_apart(upload, samples=samples)

    def set_samples_aside(self, sealed: SealedUpload, samples: Sequence[int], *, problem: str) -> bool:
        """Take a refused upload apart, and set the samples aside that are at fault; the others are sealed anew.

        Feedback that was given on such a sample since is sealed with the others: it may be what puts it right.

        Args:
            sealed: the upload.
            samples: their places in it, as the service counts them.
            problem: what it says of them.

        Returns:
            False, and nothing has changed, where no other sample is left, or not all of its feedback is here.

        Raises:
            EnrolmentError, TryLater: this is another device by now; the upload is taken apart.
        """
        upload = decode_upload(sealed.body)
        at_fault = {int(upload.revisions[place]) for place in samples if place < upload.count}
        if not 0 < len(at_fault) < upload.count:
            return False
        if not self._cache.uploads.take_apart(sealed.id, samples=sealed.samples):
            return False
        self._seal_aside(at_fault, problem=problem)
        return True

    def unsent(self) -> dict[str, str]:
        """List the ids of the uploads that wait to be sent, in the order of their sealing, each with its space."""
        return self._cache.uploads.unsent(origin=self._origin, device=self._device)

    def is_empty(self) -> bool:
        """Tell whether nothing waits to be sent, or sealed."""
        return not self.unsent() and not self._unsealed()

    def find(self, upload: str) -> SealedUpload | None:
        """Read one upload that waits; None if another process has finished it."""
        return self._cache.uploads.find_waiting(upload)

    def acknowledge(self, upload: str) -> None:
        """Keep that the service has the upload, drop the body, and let its features go when room is needed."""
        self._at(SyncStep.SENT)
        self._cache.uploads.acknowledge(upload)
        self._at(SyncStep.ACKNOWLEDGED)

    def set_aside(self, upload: str, *, problem: str) -> None:
        """Keep that the service refuses the upload for good; the others go on."""
        self._cache.uploads.set_aside(upload, problem=problem)

    def note(self, upload: str, *, problem: str) -> None:
        """Keep why the upload still waits."""
        self._cache.uploads.note(upload, problem=problem)

    def retry_refused(self) -> None:
        """Make refused uploads wait again, as after the service was put right."""
        self._cache.uploads.retry_refused(origin=self._origin, device=self._device)

    def _seal_aside(self, at_fault: set[int], *, problem: str) -> None:
        """Seal the feedback of these revisions, and what they replace, in an upload that is set aside."""
        chosen = choose(self._unsealed(), max_samples=LIMITS.max_samples, only=at_fault)
        try:
            sealed = self._sealer.seal(chosen) if chosen else None
        except SamplesLeftOut as left:
            self.left_out |= left.reasons
            return
        if chosen and sealed and self._keep(sealed, chosen):
            self.set_aside(sealed.id, problem=problem)

    def _unsealed(self) -> list[UnsealedFeedback]:
        unsealed = self._cache.feedback.unsealed(origin=self._origin)
        left_out = {one.sample for one in unsealed if one.revision in self.left_out}
        return [one for one in unsealed if one.sample not in left_out]

    def _keep(self, sealed: SealedUpload, choice: Choice) -> bool:
        """Keep the upload and mark its feedback; False, and nothing is kept, if another process was first."""
        with self._staying():
            return self._cache.uploads.add(
                sealed, revisions=choice.taken, origin=self._origin, device=self._device, sealed_ms=self._now_ms()
            )
