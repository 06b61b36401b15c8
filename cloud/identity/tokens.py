"""Tokens: which device a request comes from, another one in place of one, and the proof that this service keeps one.

A token is "<device id>.<secret>", under a seal (`token_seal`). Kept are the id and the token's sha256, never the token:
whoever reads the store cannot pose as a device. What is kept is also the key of proofs (`contract.proof`), so whoever
reads the store can pose as this service to a device that was given another address. Everything secret is compared in
constant time.

A token is given out in place of another one; the first request that carries it ends the other, at once where that
request was answered, and within `REMEMBERED_S` in every other process. Only the token that counts in the store gets
another one: who has one that ended is not let in for longer by asking a process that does not know that yet.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from cloud.errors import Forbidden, NotFound, RequestRefused, Unauthenticated
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.identity.secret_hash import hash_secret
from cloud.identity.token_seal import TokenSeal
from cloud.store.store import ObjectStore
from contract.errors import shown
from contract.patterns import DEVICE_PATTERN, TOKEN_PATTERN
from contract.problems import Problem
from contract.proof import ProofKey, ProofReply, ProofRequest
from contract.routes import BEARER, TokenReply

REMEMBERED_S = 30.0
MAX_REMEMBERED = 10_000


class Authenticator:
    """A check of tokens that remembers devices for a while, so that an upload stays one PUT.

    Safe to use from several threads.
    """

    def __init__(self, store: ObjectStore, *, clock: Callable[[], float], remembered_s: float = REMEMBERED_S) -> None:
        self._store = store
        self._clock = clock
        self._remembered_s = remembered_s
        self._seal = TokenSeal(store)
        self._remembered: dict[str, tuple[EnrolledDevice, float]] = {}

    def recall(self, authorization: str) -> EnrolledDevice | None:
        """Return the device whose token a header carries, where that was found out a moment ago; else None.

        It asks nobody, so it costs nothing, and whoever is known is let in whatever others do.
        """
        try:
            device_id, token = parse_token(authorization)
        except Unauthenticated:
            return None
        device = self._recall(device_id)
        is_right = device is not None and not device.revoked and _is_same(hash_secret(token), device.token_sha256)
        return device if is_right else None

    def find_sealed(self, authorization: str) -> str | None:
        """Return the hash of a header's token that was given out here, whether or not it counts; else None.

        Raises:
            StoreError: the key of the seal cannot be read.
        """
        try:
            _, token = parse_token(authorization)
        except Unauthenticated:
            return None
        return hash_secret(token) if self._seal.is_on(token) else None

    def authenticate(self, authorization: str) -> EnrolledDevice:
        """Return the device whose token an Authorization header carries.

        Raises:
            Unauthenticated: it carries no token, or one that this service did not give out.
        """
        recalled = self.recall(authorization)
        if recalled is not None:
            return recalled
        device_id, token = parse_token(authorization)
        hashed = hash_secret(token)
        try:
            device = self._read(device_id)
            if any(_is_same(hashed, following) for following in device.next_tokens_sha256):
                device = self._remember(devices.accept_token(self._store, device_id, token_sha256=hashed))
        except NotFound:
            raise Unauthenticated(expected="a token of a device that is enrolled", got="another one") from None
        if not _is_same(hashed, device.token_sha256):
            raise Unauthenticated(expected="a token that this service gave out", got="another one")
        if device.revoked:
            raise Unauthenticated(expected="a token of a device that is not revoked", got="one of one that is")
        return device

    def renew_token(self, device: EnrolledDevice) -> TokenReply:
        """Give a device another token. The one that it has counts until it uses the new one.

        Args:
            device: as `authenticate` returned it.

        Raises:
            Unauthenticated: another token has taken the place of the one that it came with.
            StoreError: as `devices.offer_token`.
        """
        token = self._seal.make_token(device.id)
        hashed, by = hash_secret(token), device.token_sha256
        try:
            self._remember(devices.offer_token(self._store, device.id, token_sha256=hashed, by=by))
        except (NotFound, Unauthenticated, Forbidden):
            self._remembered.pop(device.id, None)
            raise Unauthenticated(expected="a token that counts", got="one that counts no more") from None
        return TokenReply(token)

    def prove(self, device_id: str, request: ProofRequest) -> ProofReply:
        """Prove that this service keeps the token of a device. Anybody may ask: the proof tells nothing of the token.

        Of a device that was given other tokens, the proofs by all of them. The store is read each time: what this
        process remembers may be from before the device was given another one by another process.

        Raises:
            RequestRefused: no device has this id. Ids are random: nobody finds devices by asking.
        """
        try:
            device = self._read(device_id)
        except NotFound:
            expected = "a device that is enrolled here"
            raise RequestRefused(Problem.NOT_FOUND, "path.device", expected=expected, got=shown(device_id)) from None
        return ProofReply(
            _prove(device.id, device.token_sha256, request),
            next=tuple(_prove(device.id, following, request) for following in device.next_tokens_sha256),
        )

    def forget(self, device_id: str) -> None:
        """Read a device anew when it asks next, as something about it has changed; in this process alone."""
        self._remembered.pop(device_id, None)

    def _recall(self, device_id: str) -> EnrolledDevice | None:
        device, until = self._remembered.get(device_id, (None, 0.0))
        return device if self._clock() < until else None

    def _read(self, device_id: str) -> EnrolledDevice:
        return self._remember(devices.read(self._store, device_id))

    def _remember(self, device: EnrolledDevice) -> EnrolledDevice:
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[device.id] = (device, self._clock() + self._remembered_s)
        return device


def parse_token(authorization: str) -> tuple[str, str]:
    """Return the id that a token begins with, and the token, of an Authorization header.

    Raises:
        Unauthenticated: it carries none.
    """
    scheme, _, token = authorization.partition(" ")
    device_id, dot, _ = token.strip().partition(".")
    if scheme.lower() != BEARER.strip().lower() or not dot:
        raise Unauthenticated(expected="a bearer token", got="none")
    if not (TOKEN_PATTERN.fullmatch(token.strip()) and DEVICE_PATTERN.fullmatch(device_id)):
        raise Unauthenticated(expected="a bearer token of this service", got="something else")
    return device_id, token.strip()


def _is_same(hashed: str, kept: str) -> bool:
    return hmac.compare_digest(hashed, kept)


def _prove(device_id: str, token_sha256: str, request: ProofRequest) -> bytes:
    return ProofKey(device_id, bytes.fromhex(token_sha256)).prove(request).proof
