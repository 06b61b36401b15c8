"""Makes this a device of a group: once, with the service's key pinned for good.

The service makes a device each time it is asked, so one process asks at a time, and only where no identity is kept. One
that is killed between the answer and keeping it leaves a device at the service that nobody is, and no half of one here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from contract.envelope import key_id
from device.errors import DeviceError, EnrolmentError, UnsentUploads
from device.heads.store import HeadStore
from device.service.client import Client
from device.service.identity import Identity, find_identity, holding_identity, keep_identity

Connect = Callable[[str, Identity | None], Client]
"""Makes the client of an address, for a device or, to enrol, without one."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Who this device is now."""

    identity: Identity
    is_new: bool
    """Whether it has just become so."""


@dataclass(frozen=True, slots=True)
class Enroller:
    """Enrols one device."""

    home: Path
    heads: HeadStore
    connect: Connect
    has_unsent: Callable[[Identity], bool]
    """Tells whether uploads of an identity are on their way."""

    def enrol(self, url: str, *, code: str) -> Enrolment:
        """Make sure that this is a device of the service at `url`.

        At another address than that of its enrolment, the service has to prove that it is the same one; neither the
        token nor the code is sent before that.

        A device whose token counts keeps its id, so that its samples stay its own, and only the new address is kept.
        One whose token no longer counts becomes another device of the same group; what was sealed for the old one is
        never sent as the new one's, since the service may have it already.

        Raises:
            AnotherService: the service at a new address does not prove that it is the same one; the identity stays.
            EnrolmentError: enrolled with another service or group; the identity stays.
            Refused, TryLater, ProtocolViolation: as `Client.enrol`.
            Storage: the identity could not be kept.
        """
        with holding_identity(self.home):
            before = find_identity(self.home)
            return self._start_anew(url, code=code) if before is None else self._renew(before, url, code=code)

    def _renew(self, before: Identity, url: str, *, code: str) -> Enrolment:
        if self.connect(url, before).is_known():
            return self._keep(replace(before, url=url), is_new=False)
        new = self._ask(url, code=code)
        if before.origin != new.origin:
            raise EnrolmentError(
                f"{url}: expected the pinned service (key {key_id(before.key)}, group {before.group}), "
                f"got key {key_id(new.key)}, group {new.group}"
            )
        return self._keep(new, is_new=True)

    def enrol_again(self, url: str, *, code: str) -> Enrolment:
        """Give up the identity, and with it the heads of the old group, even for another service.

        Feedback that was given in another group is not sent to the new one.

        Raises:
            UnsentUploads: some can still be sent as the old device, and only as that; nothing has changed.
            Refused, TryLater, ProtocolViolation: as `Client.enrol`.
            Storage: the identity could not be kept.
        """
        with holding_identity(self.home):
            self._check_all_sent()
            return self._start_anew(url, code=code)

    def _check_all_sent(self) -> None:
        with contextlib.suppress(EnrolmentError):  # a garbled identity is given up too
            before = find_identity(self.home)
            if before is not None and self.has_unsent(before) and self._may_send(before):
                raise UnsentUploads(f"device {before.device}: expected no sealed uploads on their way, got some")

    def _start_anew(self, url: str, *, code: str) -> Enrolment:
        new = self._ask(url, code=code)
        self.heads.forget()
        return self._keep(new, is_new=True)

    def _ask(self, url: str, *, code: str) -> Identity:
        return Identity.of(self.connect(url, None).enrol(code), url=url)

    def _keep(self, identity: Identity, *, is_new: bool) -> Enrolment:
        keep_identity(self.home, identity)
        return Enrolment(identity, is_new)

    def _may_send(self, identity: Identity) -> bool:
        try:
            return self.connect(identity.url, identity).is_known()
        except DeviceError:
            return False  # a service that cannot be asked cannot be sent anything either
