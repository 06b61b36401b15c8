"""Pushes: what was sealed before is sent first, then what waits is sealed and sent, one upload after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from contract.problems import Problem
from contract.upload import upload_id
from device.cache.uploads import SealedUpload
from device.errors import CutOff, DeviceError, EnrolmentError, Refused, SpaceRetired, Storage, TryLater, Untrusted
from device.push.outbox import Outbox
from device.push.reactions import Reaction, react
from device.service.client import Client


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push did."""

    uploads: int = 0
    """Uploads that the service acknowledged."""
    samples: int = 0
    """The samples in these."""
    size: int = 0
    """The bytes of these."""
    refused: int = 0
    """Uploads that were set aside and are kept."""
    left_out: int = 0
    """Samples that no upload can carry."""
    problem: DeviceError | None = None
    """The first thing that went wrong."""
    has_met_retirement: bool = False
    """Whether the service refused an upload as its space is retired, which it may be alone to say."""

    def with_problem(self, problem: DeviceError, *, refused: int = 0) -> PushReport:
        """Add one upload that was not acknowledged."""
        is_retired = isinstance(problem, Refused) and problem.problem is Problem.RETIRED_SPACE
        return replace(
            self,
            problem=self.problem or problem,
            refused=self.refused + refused,
            has_met_retirement=self.has_met_retirement or is_retired,
        )

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


def push(outbox: Outbox, client: Client, *, retired: Collection[str] = ()) -> PushReport:
    """Send all feedback that is not acknowledged yet, but that of spaces that are `retired`, which waits.

    May be killed at any instant and run again: the same bytes are sent again, and the service counts them once. What is
    done about an upload that the service does not acknowledge, `device.push.reactions` decides; a sample that no upload
    can carry keeps no other from being sent. Where this has become another device meanwhile, what is not sealed waits
    for a push as that.

    Raises:
        Storage: the cache cannot be read or written.
    """
    report = PushReport()
    try:
        for sealed in _uploads(outbox):
            problem = _retired(sealed) if sealed.space in retired else _send(sealed, client)
            report, reaction = _settle(outbox, sealed, problem, report)
            if reaction is Reaction.NOTE_AND_STOP:
                break
    except (EnrolmentError, TryLater) as error:  # nothing is sealed any more as whom this device was
        report = report.with_problem(error)
    return report.with_left_out(list(outbox.left_out.values()))


def _settle(
    outbox: Outbox, sealed: SealedUpload, problem: DeviceError | None, report: PushReport
) -> tuple[PushReport, Reaction | None]:
    """Keep what became of one upload; return the report with it, and what was done where it met a problem."""
    if problem is None:
        outbox.acknowledge(sealed.id)
        return report.with_acknowledged(sealed), None
    reaction = _carry_out(outbox, sealed, problem)
    if reaction is Reaction.SPLIT:
        return report, reaction
    set_aside = reaction in (Reaction.SET_ASIDE, Reaction.SET_SAMPLES_ASIDE)
    return report.with_problem(problem, refused=int(set_aside)), reaction


def _uploads(outbox: Outbox) -> Iterator[SealedUpload]:
    """Yield what was sealed before, then what is sealed now."""
    outbox.take_old_apart()
    for upload in outbox.unsent():
        sealed = outbox.find(upload)
        if sealed is not None:
            yield sealed
    while (sealed := outbox.seal()) is not None:
        yield sealed


def _retired(sealed: SealedUpload) -> DeviceError:
    return SpaceRetired(f"upload {sealed.id}: expected a space that is current, got {sealed.space}, which is retired")


def _send(sealed: SealedUpload, client: Client) -> DeviceError | None:
    """Send one upload; return why it is not acknowledged, or None."""
    try:
        _check_body(sealed)
        client.upload(sealed.body, space=sealed.space, upload=sealed.id)
    except CutOff as error:
        return _ask(sealed, client, error)
    except (Refused, Storage, TryLater, Untrusted) as error:
        return error
    return None


def _ask(sealed: SealedUpload, client: Client, cut_off: CutOff) -> DeviceError | None:
    """Ask whether an upload arrived before its connection broke; return what stands against it, or None if it did."""
    try:
        return None if client.has_upload(space=sealed.space, upload=sealed.id) else cut_off
    except (Refused, TryLater, Untrusted) as error:
        return error


def _check_body(sealed: SealedUpload) -> None:
    """Refuse bytes that were damaged in the cache; the service would ask for them again and again."""
    if upload_id(sealed.body) != sealed.id:
        raise Storage(f"upload {sealed.id}: expected the bytes that were sealed, got others")


def _carry_out(outbox: Outbox, sealed: SealedUpload, problem: DeviceError) -> Reaction:
    """Do what the policy decides, and return what that was."""
    reaction = react(problem, can_split=True)
    if not _take_apart(outbox, sealed, problem, reaction):
        reaction = react(problem, can_split=False)
    match reaction:
        case Reaction.SET_ASIDE:
            outbox.set_aside(sealed.id, problem=str(problem))
        case Reaction.NOTE_AND_GO_ON | Reaction.NOTE_AND_STOP:
            outbox.note(sealed.id, problem=str(problem))
    return reaction


def _take_apart(outbox: Outbox, sealed: SealedUpload, problem: DeviceError, reaction: Reaction) -> bool:
    """Do so if that is the reaction; return False where it cannot be done."""
    match reaction, problem:
        case Reaction.SPLIT, _:
            return outbox.split(sealed)
        case Reaction.SET_SAMPLES_ASIDE, Refused(samples=samples):
            return outbox.set_samples_aside(sealed, samples, problem=str(problem))
    return True
