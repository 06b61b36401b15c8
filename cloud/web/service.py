"""What the routes of one process share: its store, the codes that enrol, who sent a request, and what is remembered."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from flask import current_app, g, request

from cloud.errors import NotFound
from cloud.identity.counters import CounterTable
from cloud.identity.devices import EnrolledDevice
from cloud.identity.limits import ConcurrencyLimit
from cloud.identity.operators import Operator, OperatorAuthenticator
from cloud.identity.quotas import DailyLimits, Quotas
from cloud.identity.tokens import Authenticator
from cloud.proxies import Proxies, household_of
from cloud.releases import space_lists
from cloud.settings import Settings
from cloud.spaces import bundles
from cloud.store.store import ObjectStore
from cloud.web.readiness import Readiness
from cloud.web.release_memory import ReleaseMemory
from contract.bundle_files import BundleFacts
from contract.routes import AUTHORIZATION

EXTENSION = "fedex"
BELIEVED_S = 30.0
"""For how long what was read of the store is believed, so that an upload stays one PUT."""


@dataclass(slots=True)
class ServiceContext:
    """One process's store and what it remembers of it; all of that can be read again, so processes agree."""

    store: ObjectStore
    enrolment: Mapping[str, str] = field(repr=False)
    authenticator: Authenticator
    operators: OperatorAuthenticator
    readiness: Readiness
    stall_s: float
    """How long a client may stand still."""
    limit: ConcurrencyLimit
    quotas: Quotas
    proxies: Proxies
    releases: ReleaseMemory = field(default_factory=ReleaseMemory, repr=False)
    clock: Callable[[], float] = time.monotonic
    _facts: dict[str, tuple[BundleFacts, float]] = field(default_factory=dict)
    _retired: dict[str, tuple[frozenset[str], float]] = field(default_factory=dict)

    def facts(self, space: str) -> BundleFacts | None:
        """Return what is known of a space, as it was at most `BELIEVED_S` ago, or None where it is not registered."""
        if space in self._facts:
            facts, until = self._facts[space]
            if self.clock() < until:
                return facts
        try:
            facts = bundles.read_facts(self.store, space)
        except NotFound:
            return None
        self._facts[space] = (facts, self.clock() + BELIEVED_S)
        return facts

    def retired_spaces(self, group: str) -> frozenset[str]:
        """Return the spaces that are retired for a group, as they were at most `BELIEVED_S` ago."""
        retired, until = self._retired.get(group, (frozenset[str](), 0.0))
        if self.clock() < until:
            return retired
        signed = space_lists.read(self.store, group)
        retired = signed.spaces.retired if signed else frozenset()
        self._retired[group] = (retired, self.clock() + BELIEVED_S)
        return retired


def open_context(
    store: ObjectStore, settings: Settings, *, limit: ConcurrencyLimit, counters: CounterTable | None = None
) -> ServiceContext:
    """Return the context of a service over a store, with counters of its own unless processes share some."""
    clock = time.monotonic
    return ServiceContext(
        store=store,
        enrolment=settings.enrolment,
        authenticator=Authenticator(store, clock=clock),
        operators=OperatorAuthenticator(store, clock=clock),
        readiness=Readiness(store, clock=clock),
        stall_s=settings.stall_s,
        limit=limit,
        quotas=Quotas(_limits_of(settings), counters),
        proxies=settings.proxies,
    )


def _limits_of(settings: Settings) -> DailyLimits:
    return DailyLimits(
        device_requests=settings.device_requests,
        device_mib=settings.device_mib,
        device_samples=settings.device_samples,
        device_labels=settings.device_labels,
        device_erasures=settings.device_erasures,
        device_tokens=settings.device_tokens,
        code_enrolments=settings.code_enrolments,
        address_enrolments=settings.address_enrolments,
        address_guesses=settings.address_guesses,
    )


def current_context() -> ServiceContext:
    """Return the context of the app that answers this request."""
    context: ServiceContext = current_app.extensions[EXTENSION]
    return context


def requesting_device() -> EnrolledDevice:
    """Return the device that sent this request.

    Raises:
        Unauthenticated: it has no token that counts.
        RequestRefused: it has asked as often as it may in a day, or there were too many wrong tokens.
    """
    context, authorization = current_context(), request.headers.get(AUTHORIZATION, "")
    device = context.authenticator.recall(authorization)
    if device is None:
        with guessing(authorization):
            device = context.authenticator.authenticate(authorization)
    g.device = device.id
    context.quotas.take_request(device.id)
    return device


def requesting_operator() -> Operator:
    """Return the operator that sent this request.

    Raises:
        Unauthenticated: it has no operator's token that counts; a device's is none.
        RequestRefused: there were too many wrong tokens.
    """
    authorization = request.headers.get(AUTHORIZATION, "")
    with guessing(authorization):
        operator = current_context().operators.authenticate(authorization)
    g.operator = operator.id
    return operator


def guessing(authorization: str) -> AbstractContextManager[None]:
    """Return a block in which a token is judged, of which there may be few that are wrong.

    A token that was given out here pays for itself, all others for the address that they come from: there may be many
    devices behind it, and none is kept out by what another one makes up.

    Raises:
        RequestRefused: in the block, where there were too many.
        StoreError: what tells such tokens from others cannot be read.
    """
    context = current_context()
    sealed = context.authenticator.find_sealed(authorization)
    return context.quotas.sealed_token(sealed) if sealed else context.quotas.token(household_of(g.address))
