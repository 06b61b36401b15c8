"""Makes this a device of a group, and keeps it the same one: with the service's key pinned, and a secret of its own.

::

    1  the service's keys        one of them must have the fingerprint that was given, or be the one that was pinned
    2  the secret is kept        (device.service.pending) before it is sent
    3  code and secret are sent  the answer's key must be one that step 1 leads to; the later one is pinned
    4  the identity is kept      with the secret, by one rename
    5  heads are forgotten       those of another group; if it is killed before that, the next push or pull does it

All the while nothing is sealed by anybody: a push for whom this device was finds out then that it is another one. From
step 3 on nothing is installed either: a pull for whom this device was would be too late to be forgotten.

Who asks with the same secret again is the same device, so neither an answer that was lost nor a token that no longer
counts makes another one. Without a fingerprint, the first enrolment trusts TLS and the first answer. One process asks
at a time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from contract.envelope import key_id
from contract.key_chain import KeyChain
from contract.routes import EnrolmentReply
from device.errors import DeviceError, EnrolmentError, TryLater, UnsentUploads
from device.heads.store import HeadStore
from device.service.client import Client
from device.service.identity import Identity, find_identity, holding_identity, keep_identity, require_identity
from device.service.keys import choose_key, keys_of_fingerprint, read_keys
from device.service.machine import is_copied, mark_machine
from device.service.pending import forget_pending, pending_secret

Connect = Callable[[str, Identity | None], Client]
"""Makes the client of an address, for a device or, to enrol, without one."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Who this device is now."""

    identity: Identity
    is_new: bool
    """Whether it has just become so; False for one that keeps its id."""
    has_new_token: bool
    """Whether it has just got a token, as one that is new has, and one whose token did not count any more."""


@dataclass(frozen=True, slots=True)
class Enroller:
    """Enrols one device."""

    home: Path
    heads: HeadStore
    connect: Connect
    has_unsent: Callable[[Identity], bool]
    """Tells whether uploads of an identity are on their way."""
    now: Callable[[], float]
    """Tells Unix seconds."""

    def enrol(self, url: str, *, code: str, fingerprint: str | None = None) -> Enrolment:
        """Make sure that this is a device of the service at `url`.

        At another address than that of its enrolment, the service has to prove that it is the same one; neither
        token nor code is sent before that. A device whose token counts keeps it, and only the new address is kept. One
        whose token no longer counts, or whose identity was copied from another machine, shows by its secret that it
        is the same one, and gets another token. With the fingerprint of a key that the pinned one leads to, that key is
        pinned.

        Args:
            url: where the service is.
            code: the operator's, which names the group.
            fingerprint: of a key of the service, 32 hex digits; nothing is sent to a service without it.

        Raises:
            AnotherService: the service at a new address does not prove that it is the same one; the identity stays.
            KeyRefused: none of the service's keys has the fingerprint, or they do not follow one from the other.
            EnrolmentError: enrolled with another service or group; the identity stays.
            Refused, TryLater, ProtocolViolation: as `Client.enrol`; or a head is being installed just now.
            Storage: the identity could not be kept.
        """
        with holding_identity(self.home):
            before = find_identity(self.home)
            if before is None:
                return self._start_anew(url, code=code, fingerprint=fingerprint)
            return self._renew(before, url, code=code, fingerprint=fingerprint)

    def enrol_again(self, url: str, *, code: str, fingerprint: str | None = None) -> Enrolment:
        """Become a device of the service at `url`, whatever this device was before.

        It stays the same one where it was enrolled at this very address, with the same service and group, and was not
        copied from another machine. Otherwise the identity is given up, and with it the heads of the old group;
        feedback that was given in another group is not sent to the new one. Of a copy, what was sealed is left to the
        first, which has it too; feedback that was not sealed yet is sent as the copy's, and counts twice if the first
        sends it as well.

        Raises:
            UnsentUploads: some can still be sent as the old device, and only as that; nothing has changed.
            KeyRefused, Refused, TryLater, ProtocolViolation: as `enrol`.
            Storage: the identity could not be kept.
        """
        with holding_identity(self.home):
            before = None
            with contextlib.suppress(EnrolmentError):  # a garbled identity is given up too
                before = find_identity(self.home)
            self._check_all_sent(before)
            return self._start_anew(url, code=code, fingerprint=fingerprint, before=before)

    def settled_identity(self) -> Identity:
        """Read who this device is, and forget another group's heads, if a killed enrolment left that to do.

        Raises:
            EnrolmentError, CopiedIdentity, Storage: as `require_identity`.
        """
        identity = require_identity(self.home)
        if not identity.forget_heads:
            return identity
        with holding_identity(self.home):
            return self._settle(require_identity(self.home))

    def _renew(self, before: Identity, url: str, *, code: str, fingerprint: str | None) -> Enrolment:
        client = self.connect(url, before)
        chain, trusted = None, tuple[bytes, ...]()
        if fingerprint is not None:
            chain = read_keys(client)
            trusted = keys_of_fingerprint(chain, fingerprint)
        is_known = client.is_known() and not is_copied(before.machine, device=before.device)
        if is_known and chain is None:
            return self._keep_known(replace(before, url=url))
        chain = chain or read_keys(client)
        if not _is_chain_of(before, chain):
            raise self._another(before, url, got=f"key {key_id(chain.newest)}")
        if is_known:
            key = before.key if before.key in trusted else trusted[0]
            return self._keep_known(replace(before, url=url, key=key, first_key=before.root))
        secret = before.secret or pending_secret(self.home, url=url)
        with self.heads.installing():
            reply = client.enrol(code, secret=secret)
            key = choose_key(reply.key, chain, trusted=trusted or chain.keys, pinned=before.key)
            new = self._identity(reply, url, key=key, secret=secret, chain=chain)
            if before.origin != new.origin:
                raise self._another(before, url, got=f"group {new.group}")
            return self._keep(new, before=before)

    def _start_anew(self, url: str, *, code: str, fingerprint: str | None, before: Identity | None = None) -> Enrolment:
        client = self.connect(url, None)
        chain = read_keys(client)
        trusted = chain.keys if fingerprint is None else keys_of_fingerprint(chain, fingerprint)
        same = before if before is not None and _is_same_device(before, url, chain) else None
        kept, pinned = (same.secret, same.key) if same is not None else (None, None)
        secret = kept or pending_secret(self.home, url=url)
        with self.heads.installing():
            reply = client.enrol(code, secret=secret)
            key = choose_key(reply.key, chain, trusted=trusted, pinned=pinned)
            new = self._identity(reply, url, key=key, secret=secret, chain=chain)
            return self._keep(new, before=before)

    def _identity(self, reply: EnrolmentReply, url: str, *, key: bytes, secret: bytes, chain: KeyChain) -> Identity:
        return Identity(
            url=url,
            device=reply.device,
            token=reply.token,
            group=reply.group,
            key=key,
            first_key=chain.keys[0],
            secret=secret,
            token_since=int(self.now()),
            machine=mark_machine(reply.device),
        )

    def _keep_known(self, identity: Identity) -> Enrolment:
        """Keep that a device whose token counts is somewhere else, or knows another key."""
        keep_identity(self.home, identity)
        forget_pending(self.home)
        return Enrolment(self._settle(identity), is_new=False, has_new_token=False)

    def _settle(self, identity: Identity) -> Identity:
        """Forget another group's heads, if that is left to do: not while a pull is at it, which installs nothing."""
        if identity.forget_heads:
            with contextlib.suppress(TryLater), self.heads.installing():
                return self._forget_heads(identity)
        return identity

    def _keep(self, identity: Identity, *, before: Identity | None) -> Enrolment:
        """Keep the identity, and then forget what was another group's: the old one never stands without its floors.

        The lock of the heads is held, or a pull for whom this device was would install its head afterwards.
        """
        is_new = before is None or before.device != identity.device
        has_new_token = before is None or before.token != identity.token
        must_forget = before is None or before.forget_heads or before.origin != identity.origin
        if before is not None and is_new:
            self.heads.forget_tags()
        keep_identity(self.home, replace(identity, forget_heads=must_forget))
        forget_pending(self.home)
        settled = self._forget_heads(identity) if must_forget else identity
        return Enrolment(settled, is_new=is_new, has_new_token=has_new_token)

    def _forget_heads(self, identity: Identity) -> Identity:
        self.heads.forget()
        settled = replace(identity, forget_heads=False)
        keep_identity(self.home, settled)
        return settled

    def _check_all_sent(self, before: Identity | None) -> None:
        if before is None or is_copied(before.machine, device=before.device):
            return  # what a copy has sealed, only the first one may send
        if self.has_unsent(before) and self._may_send(before):
            raise UnsentUploads(f"device {before.device}: expected no sealed uploads on their way, got some")

    def _may_send(self, identity: Identity) -> bool:
        try:
            return self.connect(identity.url, identity).is_known()
        except DeviceError:
            return False  # a service that cannot be asked cannot be sent anything either

    def _another(self, before: Identity, url: str, *, got: str) -> EnrolmentError:
        pinned = f"key {key_id(before.key)}, group {before.group}"
        return EnrolmentError(f"{url}: expected the pinned service ({pinned}), got {got}")


def _is_chain_of(before: Identity, chain: KeyChain) -> bool:
    return before.root == chain.keys[0] and before.key in chain.keys


def _is_same_device(before: Identity, url: str, chain: KeyChain) -> bool:
    """Tell whether this is still the device of an identity, and the service one that may be shown its secret."""
    is_its_service = url == before.url and _is_chain_of(before, chain)
    return is_its_service and not is_copied(before.machine, device=before.device)
