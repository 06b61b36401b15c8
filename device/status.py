"""The only home of gathering how a device stands, for people who look; a part that is broken is told and skipped.

Which head answers is found by opening what an inference opens, so that looking and recognising never disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from contract.bundle import DeviceBundle
from contract.errors import ContractError
from device.assembly import Device
from device.availability.policy import Availability, Conditions, check_availability
from device.cache.uploads import UploadState, UploadStatus
from device.errors import DeviceError, storage_errors
from device.service.identity import Identity, find_identity

Part = TypeVar("Part")
Problem = DeviceError | ContractError


@dataclass(frozen=True, slots=True)
class Stored:
    """What the cache holds. ``waiting``: samples that the next push sends; ``acknowledged``: that the service has."""

    inferences: int
    waiting: int
    acknowledged: int
    unfinished: tuple[UploadStatus, ...]


@dataclass(frozen=True, slots=True)
class _Serving:
    """The head that answers, and what was stepped over for it."""

    serial: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """How a device stands. None where a part is missing or broken; ``problems`` says which and why.

    ``head_serial``: of the head that answers; 0 is the bundle's. ``warnings``: what was stepped over for it.
    """

    device: str | None
    group: str | None
    space: str | None
    cut: str | None
    head_serial: int | None
    stored: Stored | None
    conditions: Conditions
    availability: Availability
    warnings: tuple[str, ...]
    problems: tuple[Problem, ...]


def gather(device: Device) -> Status:
    """Look at every part of a device; no network is used."""
    problems: list[Problem] = []
    identity = _attempt(lambda: find_identity(device.settings.home), problems)
    bundle = _attempt(device.bundle, problems)
    serving = _attempt(lambda: _look_at_head(device, bundle), problems) if bundle else None
    conditions = device.conditions.read()
    return Status(
        device=identity.device if identity else None,
        group=identity.group if identity else None,
        space=bundle.space if bundle else None,
        cut=bundle.cut if bundle else None,
        head_serial=serving.serial if serving else None,
        stored=_attempt(lambda: _look_at_cache(device, identity), problems),
        conditions=conditions,
        availability=check_availability(device.policy, conditions),
        warnings=serving.warnings if serving else (),
        problems=tuple(problems),
    )


def _look_at_head(device: Device, bundle: DeviceBundle) -> _Serving:
    with storage_errors(bundle.directory), device.recognizer(bundle) as recognizer:
        return _Serving(recognizer.head_serial, recognizer.warnings)


def _look_at_cache(device: Device, identity: Identity | None) -> Stored:
    with device.open_cache() as cache:
        unfinished = tuple(cache.uploads.unfinished())
        unsealed = cache.feedback.count_unsealed_samples(origin=identity.origin if identity else "")
        return Stored(
            inferences=cache.inferences.count(),
            waiting=unsealed + sum(one.samples for one in unfinished if _is_sent_next(one, identity)),
            acknowledged=cache.uploads.count_acknowledged_samples(),
            unfinished=unfinished,
        )


def _is_sent_next(upload: UploadStatus, identity: Identity | None) -> bool:
    return upload.state is UploadState.WAITING and identity is not None and upload.device == identity.device


def _attempt(look: Callable[[], Part], problems: list[Problem]) -> Part | None:
    try:
        return look()
    except (DeviceError, ContractError) as error:
        problems.append(error)
        return None
