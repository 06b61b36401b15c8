"""Decides, before a push, what is tested and what is kept back: nothing goes up that an untested setup computed.

A setup is tested as its first feature is kept, by the recognizer; the push makes up for what could not be tested then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contract.errors import ContractError
from contract.self_test import as_cosine
from device.cache.cache import Cache
from device.cache.setups import BundleSetup, KeptSetup, WaitingSamples
from device.errors import DeviceError, KeptBack, ModelRefused


@dataclass(frozen=True, slots=True)
class Tester:
    """What computes features on this device now, and runs its self-test."""

    used: BundleSetup
    run: Callable[[], int]
    """Returns the cosine in millionths."""


def settle_self_test(cache: Cache, *, origin: str, make_tester: Callable[[], Tester]) -> DeviceError | None:
    """Test what computes features here, if it was not tested yet and computed samples that wait.

    Args:
        cache: the open cache; the outcome is kept there, for good.
        origin: the group whose samples are looked at.
        make_tester: opens bundle and runtime; called only where a test may be due.

    Returns:
        What keeps samples back; None if all that wait can be uploaded.

    Raises:
        Storage: the cache cannot be read or written.
    """
    untested = {
        one.setup.used: one.setup for one in cache.setups.waiting(origin=origin) if one.setup.cosine_ppm is None
    }
    if untested:
        try:
            tester = make_tester()
            if tester.used in untested:
                cache.setups.keep(untested[tester.used].key, cosine_ppm=tester.run())
        except ContractError as error:
            return ModelRefused(f"self-test: {error}")
        except DeviceError as error:
            return error
    return kept_back(cache.setups.waiting(origin=origin))


def kept_back(waiting: Sequence[WaitingSamples]) -> KeptBack | None:
    """Say which samples a push does not send, once the test that is due was run; None where there are none. Pure."""
    failed = [one for one in waiting if not one.setup.has_passed and one.setup.cosine_ppm is not None]
    untested = [one for one in waiting if one.setup.cosine_ppm is None]
    reasons = [f"{_count(failed)} kept back: self-test {describe(failed[0].setup)}"] if failed else []
    if untested:
        names = untested[0].setup.used.setup
        reasons.append(f"{_count(untested)} kept back: computed by what is gone, untested ({names})")
    return KeptBack("; ".join(reasons), can_mend=bool(failed)) if reasons else None


def _count(kept: Sequence[WaitingSamples]) -> str:
    count = sum(one.samples for one in kept)
    return "1 sample is" if count == 1 else f"{count} samples are"


def describe(setup: KeptSetup) -> str:
    """Say how a self-test ended. Pure."""
    names, least = setup.used.setup, as_cosine(setup.used.least_cosine_ppm)
    if setup.cosine_ppm is None:
        return f"not run yet, comes with the next inference ({names})"
    if setup.has_passed:
        return f"passed: cosine {as_cosine(setup.cosine_ppm)}, at least {least} ({names})"
    return f"failed: expected a cosine of {least} at least, got {as_cosine(setup.cosine_ppm)} ({names})"
