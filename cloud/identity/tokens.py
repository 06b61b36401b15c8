"""Tokens: which device a request comes from, and the proof that this service keeps one.

A token is "<device id>.<secret>". Kept are the id and the token's sha256, never the token: whoever reads the store
cannot pose as a device. What is kept is also the key of proofs (`contract.proof`), so whoever reads the store can pose
as this service to a device that was given another address. Everything secret is compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from cloud.errors import NotFound, RequestRefused, Unauthenticated
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.store.store import ObjectStore
from contract.errors import shown
from contract.patterns import DEVICE_PATTERN, TOKEN_PATTERN
from contract.problems import Problem
from contract.proof import ProofKey, ProofReply, ProofRequest
from contract.routes import BEARER

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
        self._remembered: dict[str, tuple[EnrolledDevice, float]] = {}

    def authenticate(self, authorization: str) -> EnrolledDevice:
        """Return the device whose token an Authorization header carries.

        Raises:
            Unauthenticated: it carries no token, or one that this service did not give out.
        """
        device_id, token = _parse_token(authorization)
        try:
            device = self._find(device_id)
        except NotFound:
            raise Unauthenticated(expected="a token of a device that is enrolled", got="another one") from None
        if not hmac.compare_digest(hash_secret(token), device.token_sha256):
            raise Unauthenticated(expected="a token that this service gave out", got="another one")
        return device

    def prove(self, device_id: str, request: ProofRequest) -> ProofReply:
        """Prove that this service keeps the token of a device. Anybody may ask: the proof tells nothing of the token.

        Raises:
            RequestRefused: no device has this id. Ids are random: nobody finds devices by asking.
        """
        try:
            device = self._find(device_id)
        except NotFound:
            expected = "a device that is enrolled here"
            raise RequestRefused(Problem.NOT_FOUND, "path.device", expected=expected, got=shown(device_id)) from None
        return ProofKey(device.id, bytes.fromhex(device.token_sha256)).prove(request)

    def _find(self, device_id: str) -> EnrolledDevice:
        return self._recall(device_id) or self._read(device_id)

    def _recall(self, device_id: str) -> EnrolledDevice | None:
        device, until = self._remembered.get(device_id, (None, 0.0))
        return device if self._clock() < until else None

    def _read(self, device_id: str) -> EnrolledDevice:
        device = devices.read(self._store, device_id)
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[device_id] = (device, self._clock() + self._remembered_s)
        return device


def _parse_token(authorization: str) -> tuple[str, str]:
    scheme, _, token = authorization.partition(" ")
    device_id, dot, _ = token.strip().partition(".")
    if scheme.lower() != BEARER.strip().lower() or not dot:
        raise Unauthenticated(expected="a bearer token", got="none")
    if not (TOKEN_PATTERN.fullmatch(token.strip()) and DEVICE_PATTERN.fullmatch(device_id)):
        raise Unauthenticated(expected="a bearer token of this service", got="something else")
    return device_id, token.strip()


def hash_secret(secret: str) -> str:
    """Return the sha256 of a secret, which is all that is kept of it."""
    return hashlib.sha256(secret.encode()).hexdigest()
