"""The only home of a push: what was sealed before is sent first, then what waits is sealed and sent, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from contract.problems import Problem
from contract.upload import upload_id
from device.cache.uploads import SealedUpload
from device.errors import DeviceError, Refused, Storage, TryLater, Unexplained, Untrusted
from device.push.outbox import Outbox
from device.service.client import Client

UPLOADS_FAULT = frozenset(
    {Problem.MALFORMED, Problem.UNSUPPORTED_VERSION, Problem.TOO_LARGE, Problem.IMPOSSIBLE, Problem.WRONG_SPACE}
)
"""Refusals of one upload's bytes. Others (who asks and how, an unknown space) say nothing against them."""


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push did. ``size``: bytes acknowledged; ``problem``: the first thing that went wrong.

    ``refused``: uploads that were set aside and are kept; ``left_out``: samples that can be in no upload.
    """

    uploads: int = 0
    samples: int = 0
    size: int = 0
    refused: int = 0
    left_out: int = 0
    problem: DeviceError | None = None

    def with_problem(self, problem: DeviceError, *, refused: int = 0) -> PushReport:
        """Add one upload that was not acknowledged."""
        return replace(self, problem=self.problem or problem, refused=self.refused + refused)

    def with_acknowledged(self, sealed: SealedUpload) -> PushReport:
        """Add one upload that was."""
        return replace(
            self,
            uploads=self.uploads + 1,
            samples=self.samples + sealed.samples,
            size=self.size + len(sealed.body),
        )

    def with_left_out(self, left_out: Sequence[DeviceError]) -> PushReport:
        """Add the samples that the sealing left out."""
        return replace(self, problem=self.problem or next(iter(left_out), None), left_out=len(left_out))


def push(outbox: Outbox, client: Client) -> PushReport:
    """Send everything that was said and is not acknowledged yet.

    May be killed at any instant and run again: the same bytes are sent again, and the service counts them once. An
    upload that is too large for the service is split. One that the service refuses for what it is is set aside and
    blocks no other, and neither does a sample that can be in no upload; anything else stops the push and leaves what is
    not acknowledged for the next one.

    Raises:
        Storage: the cache cannot be read or written.
    """
    report = _send_all(outbox, client)
    return report.with_left_out(list(outbox.left_out.values()))


def _send_all(outbox: Outbox, client: Client) -> PushReport:
    report = PushReport()
    for upload in outbox.unsent():
        sealed = outbox.find(upload)
        if sealed is not None:
            report, goes_on = _send(sealed, outbox, client, report)
            if not goes_on:
                return report
    while (sealed := outbox.seal()) is not None:
        report, goes_on = _send(sealed, outbox, client, report)
        if not goes_on:
            return report
    return report


def _send(sealed: SealedUpload, outbox: Outbox, client: Client, report: PushReport) -> tuple[PushReport, bool]:
    """Send one upload; also tells whether to go on with the next."""
    try:
        _check_body(sealed)
        client.upload(sealed.body, space=sealed.space, upload=sealed.id)
    except Refused as refused:
        if refused.problem is Problem.TOO_LARGE and outbox.split(sealed):
            return report, True
        if refused.problem in UPLOADS_FAULT:
            return _set_aside(sealed, outbox, report, problem=refused)
        outbox.note(sealed.id, problem=str(refused))
        return report.with_problem(refused), refused.problem is Problem.UNKNOWN_SPACE
    except Unexplained as error:
        if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and outbox.split(sealed):
            return report, True  # a proxy's bound; smaller uploads lose nothing, whoever said so
        outbox.note(sealed.id, problem=str(error))
        return report.with_problem(error), False
    except Storage as damaged:
        return _set_aside(sealed, outbox, report, problem=damaged)
    except (TryLater, Untrusted) as error:
        outbox.note(sealed.id, problem=str(error))
        return report.with_problem(error), False
    outbox.acknowledge(sealed.id)
    return report.with_acknowledged(sealed), True


def _check_body(sealed: SealedUpload) -> None:
    """Refuse bytes that were damaged where they lay; the service would ask for them again and again."""
    if upload_id(sealed.body) != sealed.id:
        raise Storage(f"upload {sealed.id}: expected the bytes that were sealed, got others")


def _set_aside(
    sealed: SealedUpload, outbox: Outbox, report: PushReport, *, problem: DeviceError
) -> tuple[PushReport, bool]:
    outbox.set_aside(sealed.id, problem=str(problem))
    return report.with_problem(problem, refused=1), True
