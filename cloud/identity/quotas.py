"""Quotas: how much one device, one enrolment code and one address may do in a day, and how much may be guessed.

What is to be done takes its share beforehand and gives it back where it does not come about, so that no crowd of
requests at the same time gets past a quota. A window begins with what is counted first in it. All web processes of one
machine count together (`cloud.identity.counters`), machines each by themselves, and a restart forgets.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from cloud.errors import Forbidden, RequestRefused, Unauthenticated
from cloud.identity.counters import Counters, CounterTable
from cloud.identity.secret_hash import hash_secret
from contract.labels import label_key
from contract.problems import Problem
from contract.routes import RETRY_AFTER

GUESSING_WINDOW_MINUTES = 10
WRONG_TOKENS = f"wrong tokens in {GUESSING_WINDOW_MINUTES} minutes"
MAX_RETRY_AFTER_S = 3600
"""So that a device that may upload nothing until tomorrow still asks for releases today."""


@dataclass(frozen=True, slots=True)
class DailyLimits:
    """What an operator allows, in a day where nothing else is said."""

    device_requests: int
    device_mib: int
    """Of features as they are decoded, in float32."""
    device_samples: int
    device_labels: int
    """Different ones."""
    device_erasures: int
    device_tokens: int
    """In place of others."""
    code_enrolments: int
    address_enrolments: int
    address_guesses: int
    """Wrong codes in `GUESSING_WINDOW_MINUTES`, and as many wrong tokens."""


@dataclass(frozen=True, slots=True)
class UploadSize:
    """What an upload costs its device."""

    decoded_bytes: int
    samples: int
    labels: Collection[str]


class Quotas:
    """What is left to each, in one process. Safe to use from several threads."""

    def __init__(
        self, limits: DailyLimits, table: CounterTable | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._counters = Counters(table or CounterTable(), clock=clock)
        self._clock = clock
        self._requests = RateLimitItemPerDay(limits.device_requests, namespace="requests")
        self._uploads = _UploadItems(
            bytes=RateLimitItemPerDay(limits.device_mib << 20, namespace="bytes"),
            samples=RateLimitItemPerDay(limits.device_samples, namespace="samples"),
            labels=RateLimitItemPerDay(limits.device_labels, namespace="labels"),
        )
        self._erasures = RateLimitItemPerDay(limits.device_erasures, namespace="erasures")
        self._new_tokens = RateLimitItemPerDay(limits.device_tokens, namespace="new tokens")
        self._codes = RateLimitItemPerDay(limits.code_enrolments, namespace="code")
        self._addresses = RateLimitItemPerDay(limits.address_enrolments, namespace="address")
        self._guesses = RateLimitItemPerMinute(limits.address_guesses, GUESSING_WINDOW_MINUTES, namespace="guesses")
        self._wrong_tokens = RateLimitItemPerMinute(limits.address_guesses, GUESSING_WINDOW_MINUTES, namespace="tokens")

    def take_request(self, device: str) -> None:
        """Count a request of a device.

        Raises:
            RequestRefused: it has had as many as it may.
        """
        self._shares().take(self._requests, device, what="requests of a device a day")

    @contextmanager
    def upload(self, device: str) -> Iterator[UploadShares]:
        """Begin an upload, whose shares are taken in the block, and given back after it unless they are kept there."""
        shares = self._shares()
        try:
            yield UploadShares(shares, self._uploads, device)
        finally:
            shares.give_back()

    @contextmanager
    def token(self, whose: str) -> Iterator[None]:
        """Count the token that is judged in the block; one that raises `Unauthenticated` was wrong.

        Its share is taken before, so that no more are judged at once than may be wrong.

        Args:
            whose: the address that pays for it.

        Raises:
            RequestRefused: there were as many wrong ones as there may be.
        """
        guess = self._shares()
        try:
            guess.take(self._wrong_tokens, whose, what=WRONG_TOKENS)
            yield
        except Unauthenticated:
            guess.keep()
            raise
        finally:
            guess.give_back()

    @contextmanager
    def sealed_token(self, token_sha256: str) -> Iterator[None]:
        """Count the token that is judged in the block, where it was given out here: it pays for itself.

        Nobody guesses one, so none waits for another that is judged at the same time.

        Raises:
            RequestRefused: it was shown as often as may be after it had ended.
        """
        shares = self._shares()
        shares.check(self._wrong_tokens, token_sha256, what=WRONG_TOKENS)
        try:
            yield
        except Unauthenticated:
            shares.count(self._wrong_tokens, token_sha256)
            raise

    def erasure(self, device: str) -> AbstractContextManager[None]:
        """Count the erasure that a device asks for in the block, unless it raises. Raises as `take_request`."""
        return self._one(self._erasures, device, what="erasures of a device a day")

    def new_token(self, device: str) -> AbstractContextManager[None]:
        """Count the token that a device gets in the block, unless it raises. Raises as `take_request`."""
        return self._one(self._new_tokens, device, what="new tokens of a device a day")

    @contextmanager
    def enrolment(self, *, address: str, code: str) -> Iterator[None]:
        """Count the enrolment that is made in the block; one that raises `Forbidden` was a guess.

        Raises:
            RequestRefused: the code or the address has had as many as it may, or too much was guessed from there.
        """
        guess, shares = self._shares(), self._shares()
        try:
            window = f"{GUESSING_WINDOW_MINUTES} minutes"
            guess.take(self._guesses, address, what=f"wrong codes of an address in {window}")
            shares.take(self._addresses, address, what="enrolments of an address a day")
            shares.take(self._codes, hash_secret(code), what="enrolments by a code a day")
            yield
            shares.keep()
        except Forbidden:
            guess.keep()
            raise
        finally:
            guess.give_back()
            shares.give_back()

    @contextmanager
    def _one(self, item: RateLimitItem, key: str, *, what: str) -> Iterator[None]:
        shares = self._shares()
        shares.take(item, key, what=what)
        try:
            yield
            shares.keep()
        finally:
            shares.give_back()

    def _shares(self) -> Shares:
        return Shares(self._counters, self._clock)


@dataclass(frozen=True, slots=True)
class _UploadItems:
    """What is counted of uploads."""

    bytes: RateLimitItem
    samples: RateLimitItem
    labels: RateLimitItem
    label: RateLimitItem = field(default_factory=lambda: RateLimitItemPerDay(1, namespace="label"))
    """One label of one device, which costs nothing when it comes again."""


@dataclass(slots=True)
class Shares:
    """What one request has taken of quotas."""

    _counters: Counters
    _clock: Callable[[], float]
    _taken: list[tuple[RateLimitItem, str, int]] = field(default_factory=list)

    def take(self, item: RateLimitItem, key: str, *, what: str, cost: int = 1) -> None:
        """Take a share of a quota.

        Raises:
            RequestRefused: that much is not left; nothing is taken, and when to come again is said.
        """
        limiter = FixedWindowRateLimiter(self._counters)
        is_within = limiter.hit(item, key, cost=cost)
        self._taken.append((item, key, cost))
        if is_within:
            return
        self.give_back()
        self._refuse(item, key, what)

    def check(self, item: RateLimitItem, key: str, *, what: str) -> None:
        """Look whether a share of a quota is left, and take none. Raises as `take`."""
        if not FixedWindowRateLimiter(self._counters).test(item, key):
            self._refuse(item, key, what)

    def _refuse(self, item: RateLimitItem, key: str, what: str) -> NoReturn:
        ends, _ = FixedWindowRateLimiter(self._counters).get_window_stats(item, key)
        wait_s = min(max(1, math.ceil(ends - self._clock())), MAX_RETRY_AFTER_S)
        expected, headers = f"at most {item.amount} {what}", {RETRY_AFTER: str(wait_s)}
        raise RequestRefused(Problem.TOO_MANY_REQUESTS, "quota", expected=expected, got="more", headers=headers)

    def is_counted(self, item: RateLimitItem, key: str) -> bool:
        """Tell whether something was counted under a key."""
        return self._counters.get(item.key_for(key)) > 0

    def count(self, item: RateLimitItem, key: str) -> None:
        """Count what cannot be refused any more."""
        self._counters.incr(item.key_for(key), item.get_expiry())

    def keep(self) -> None:
        """Let what was taken be taken."""
        self._taken.clear()

    def keep_of(self, item: RateLimitItem) -> None:
        """Let what was taken of one quota be taken."""
        self._taken[:] = [taken for taken in self._taken if taken[0] is not item]

    def give_back(self) -> None:
        """Give back what was taken and is not kept."""
        for item, key, cost in self._taken:
            self._counters.incr(item.key_for(key), item.get_expiry(), -cost)
        self._taken.clear()


@dataclass(slots=True)
class UploadShares:
    """What one upload has taken of its device's quotas."""

    _shares: Shares
    _items: _UploadItems
    _device: str
    _new_labels: list[str] = field(default_factory=list)

    def take(self, size: UploadSize) -> None:
        """Take what an upload of this size costs.

        Raises:
            RequestRefused: that much is not left to the device.
        """
        items, device, shares = self._items, self._device, self._shares
        labels = {f"{device}/{label_key(label)}" for label in size.labels}
        self._new_labels = [label for label in labels if not shares.is_counted(items.label, label)]
        shares.take(items.bytes, device, cost=size.decoded_bytes, what="bytes of features, decoded, of a device a day")
        shares.take(items.samples, device, cost=size.samples, what="samples of a device a day")
        if self._new_labels:
            cost = len(self._new_labels)
            shares.take(items.labels, device, cost=cost, what="different labels of a device a day")

    def keep(self) -> None:
        """Let what was taken be taken, as the upload is kept."""
        self._shares.keep()
        for label in self._new_labels:
            self._shares.count(self._items.label, label)

    def keep_bytes(self) -> None:
        """Let its bytes be taken, as the upload was decoded and is not right: that costs the service no less."""
        self._shares.keep_of(self._items.bytes)
