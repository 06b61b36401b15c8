"""The only home of gathering how a device stands, for people who look; a part that is broken is told and skipped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from device.assembly import Device
from device.availability import Conditions, Decision, decide
from device.cache import Counts
from device.errors import DeviceError
from device.identity import find_identity
from device.models import BUNDLED_SERIAL
from device.outbox import UploadStatus, acknowledged_samples, unfinished_uploads

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Stored:
    """What the cache holds. ``acknowledged``: samples that the service has."""

    counts: Counts
    acknowledged: int
    unfinished: tuple[UploadStatus, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """How a device stands. None where a part is missing or broken; ``problems`` says which and why."""

    device: str | None
    group: str | None
    space: str | None
    cut: str | None
    head_serial: int | None
    stored: Stored | None
    conditions: Conditions
    decision: Decision
    problems: tuple[DeviceError, ...]


def gather(device: Device) -> Status:
    """Look at every part of a device; no model is loaded and no network is used."""
    problems: list[DeviceError] = []
    identity = _attempt(lambda: find_identity(device.settings.home), problems)
    bundle = _attempt(device.bundle, problems)
    conditions = device.conditions.read()
    return Status(
        device=identity.device if identity else None,
        group=identity.group if identity else None,
        space=bundle.space if bundle else None,
        cut=bundle.cut if bundle else None,
        head_serial=_attempt(lambda: _head_serial(device, bundle.space), problems) if bundle else None,
        stored=_attempt(lambda: _look_at_cache(device), problems),
        conditions=conditions,
        decision=decide(device.policy, conditions),
        problems=tuple(problems),
    )


def _head_serial(device: Device, space: str) -> int:
    manifests = [device.heads.manifest(entry) for entry in device.heads.entries()]
    return next((one.serial for one in manifests if one.space == space), BUNDLED_SERIAL)


def _look_at_cache(device: Device) -> Stored:
    with device.open_cache() as cache:
        return Stored(cache.counts(), acknowledged_samples(cache), tuple(unfinished_uploads(cache)))


def _attempt(look: Callable[[], Part], problems: list[DeviceError]) -> Part | None:
    try:
        return look()
    except DeviceError as error:
        problems.append(error)
        return None
