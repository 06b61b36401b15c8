"""The only home of what the routes of one process share: its store, who is asking, whose turn it is, its spaces."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import current_app, g, request

from cloud.errors import NotFound
from cloud.identity.devices import EnrolledDevice
from cloud.identity.limits import ConcurrencyLimit
from cloud.identity.tokens import Authenticator
from cloud.spaces import bundles
from cloud.store.store import ObjectStore
from cloud.web.readiness import Readiness
from contract.bundle_files import BundleFacts
from contract.patterns import HEX64_PATTERN
from contract.routes import AUTHORIZATION

EXTENSION = "fedex"


@dataclass(slots=True)
class Service:
    """One process's way to the store. What it remembers can be read again, so any number of processes serve alike."""

    store: ObjectStore
    enrolment: Mapping[str, str] = field(repr=False)
    authenticator: Authenticator
    readiness: Readiness
    turns: ConcurrencyLimit = field(default_factory=ConcurrencyLimit)
    _facts: dict[str, BundleFacts] = field(default_factory=dict)

    def facts(self, space: str) -> BundleFacts | None:
        """What is known of a space, or None where it is not registered. A space never changes once it is."""
        if space not in self._facts and HEX64_PATTERN.fullmatch(space):
            try:
                self._facts[space] = bundles.read_facts(self.store, space)
            except NotFound:
                return None
        return self._facts.get(space)


def open_service(store: ObjectStore, *, enrolment: Mapping[str, str]) -> Service:
    """The service over a store."""
    clock = time.monotonic
    return Service(store, enrolment, Authenticator(store, clock=clock), Readiness(store, clock=clock))


def current_service() -> Service:
    """The service of the app that answers this request."""
    service: Service = current_app.extensions[EXTENSION]
    return service


def asking_device() -> EnrolledDevice:
    """The device that sent this request.

    Raises:
        Unauthenticated: nobody knows who did.
    """
    device = current_service().authenticator.authenticate(request.headers.get(AUTHORIZATION, ""))
    g.device = device.id
    return device
