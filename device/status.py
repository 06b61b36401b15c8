"""Reads how a device stands, for people who look; a part that is broken is reported and skipped.

Which head answers is found by opening what an inference opens, so that looking and recognising never disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from contract.bundle import DeviceBundle
from contract.errors import ContractError
from contract.inputs import ModelInput
from contract.self_test import Setup
from device.assembly import Device
from device.availability.policy import Availability, Conditions, check_availability
from device.cache.cache import Cache
from device.cache.setups import BundleSetup, KeptSetup
from device.cache.uploads import UploadState, UploadStatus
from device.errors import DeviceError, KeptBack, storage_errors
from device.recognise.strictness import UnknownStatus
from device.self_test import describe
from device.service.identity import Identity, check_not_copied, find_identity

Part = TypeVar("Part")
Problem = DeviceError | ContractError


@dataclass(frozen=True, slots=True)
class SelfTestStatus:
    """How the self-test of what computes features now ended."""

    setup: Setup
    """What computes them."""
    least_cosine_ppm: int
    """What the bundle asks for, in millionths."""
    cosine_ppm: int | None
    """What was reached; None: it was not run yet."""
    has_passed: bool | None
    text: str
    """The same for people, in one line."""


@dataclass(frozen=True, slots=True)
class CacheStatus:
    """What the cache holds."""

    inferences: int
    waiting: int
    """Samples that the next push sends."""
    kept_back: int
    """Samples that none sends, as what computed them failed its self-test, or is gone without one."""
    retired: int
    """Samples in sealed uploads that wait, as their space is retired, as far as is known."""
    self_test: SelfTestStatus | None
    """Of what computes features now; None where nothing was inferred by it yet."""
    acknowledged: int
    """Samples that the service has."""
    unfinished: tuple[UploadStatus, ...]
    """Uploads that are not acknowledged."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a device stands. A part that is missing or broken is None."""

    device: str | None
    """Its id; None if it is not enrolled."""
    group: str | None
    space: str | None
    cut: str | None
    input: ModelInput | None
    """What the bundle takes."""
    head_serial: int | None
    """The serial of the head that answers; 0 is the bundle's."""
    unknown: UnknownStatus | None
    """When that head answers "unknown"."""
    cache: CacheStatus | None
    conditions: Conditions
    availability: Availability
    warnings: tuple[str, ...]
    """What was stepped over for the head that answers."""
    problems: tuple[Problem, ...]
    """Which parts are broken, and why."""


@dataclass(frozen=True, slots=True)
class _Serving:
    """The head that answers, what was stepped over for it, and what computes features."""

    serial: int
    unknown: UnknownStatus
    warnings: tuple[str, ...]
    computed_by: BundleSetup


def read_status(device: Device) -> Status:
    """Look at every part of a device; no network is used."""
    problems: list[Problem] = []
    identity = _attempt(lambda: find_identity(device.settings.home), problems)
    if identity is not None:
        _attempt(lambda: check_not_copied(device.settings.home, identity), problems)
    bundle = _attempt(device.bundle, problems)
    serving = _attempt(lambda: _look_at_head(device, bundle), problems) if bundle else None
    used = serving.computed_by if serving else None
    retired = (_attempt(lambda: device.space_watch(identity).known().retired, problems) if identity else None) or ()
    cache = _attempt(lambda: _look_at_cache(device, identity, used, retired_spaces=retired), problems)
    if cache and cache.self_test and cache.self_test.has_passed is False:
        problems.append(
            KeptBack(f"what is computed here is kept back: self-test {cache.self_test.text}", can_mend=True)
        )
    conditions = device.conditions.read()
    return Status(
        device=identity.device if identity else None,
        group=identity.group if identity else None,
        space=bundle.space if bundle else None,
        cut=bundle.cut if bundle else None,
        input=bundle.input if bundle else None,
        head_serial=serving.serial if serving else None,
        unknown=serving.unknown if serving else None,
        cache=cache,
        conditions=conditions,
        availability=check_availability(device.policy, conditions),
        warnings=serving.warnings if serving else (),
        problems=tuple(problems),
    )


def _look_at_head(device: Device, bundle: DeviceBundle) -> _Serving:
    with storage_errors(bundle.directory), device.recognizer(bundle) as recognizer:
        unknown, warnings = recognizer.unknown_status, recognizer.warnings
        return _Serving(recognizer.head_serial, unknown, warnings, recognizer.computed_by)


def _look_at_cache(
    device: Device, identity: Identity | None, used: BundleSetup | None, *, retired_spaces: Collection[str]
) -> CacheStatus:
    with device.open_cache() as cache:
        unfinished = tuple(cache.uploads.unfinished())
        next_sent = [one for one in unfinished if _is_sent_next(one, identity)]
        retired = sum(one.samples for one in next_sent if one.space in retired_spaces)
        unsealed = cache.setups.waiting(origin=identity.origin if identity else "")
        sent = [one.samples for one in unsealed if _may_be_sent(one.setup, used)]
        return CacheStatus(
            inferences=cache.inferences.count(),
            waiting=sum(sent) + sum(one.samples for one in next_sent) - retired,
            kept_back=sum(one.samples for one in unsealed) - sum(sent),
            retired=retired,
            self_test=_look_at_self_test(cache, used) if used else None,
            acknowledged=cache.uploads.count_acknowledged_samples(),
            unfinished=unfinished,
        )


def _look_at_self_test(cache: Cache, used: BundleSetup) -> SelfTestStatus | None:
    kept = cache.setups.find(used)
    if kept is None:
        return None
    has_passed = None if kept.cosine_ppm is None else kept.has_passed
    return SelfTestStatus(used.setup, used.least_cosine_ppm, kept.cosine_ppm, has_passed, describe(kept))


def _may_be_sent(setup: KeptSetup, used: BundleSetup | None) -> bool:
    """Tell whether what a setup computed can be uploaded, as far as is known: the one in use may still be tested."""
    return setup.has_passed or (setup.cosine_ppm is None and used in (None, setup.used))


def _is_sent_next(upload: UploadStatus, identity: Identity | None) -> bool:
    return upload.state is UploadState.WAITING and identity is not None and upload.device == identity.device


def _attempt(look: Callable[[], Part], problems: list[Problem]) -> Part | None:
    try:
        return look()
    except (DeviceError, ContractError) as error:
        problems.append(error)
        return None
