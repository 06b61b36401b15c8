"""Speaks HTTP with the service: the routes of the contract, with every answer bounded and judged by its form.

A slow line is not a dead one, and a server that drips is not a slow line: `pace` tells them apart. Nothing is tried
again here: whoever calls knows what may be repeated. Each request has a name of its own, which the service's log has
and an error tells. No redirect is followed, as the token belongs to one service; a service at another address than the
one that the device enrolled at must prove first that it keeps the token. The contents of an answer are checked for form
only; whether they may be believed, `device.pull.trust` decides.
"""

from __future__ import annotations

import io
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from contract import routes
from contract.documents import MAX_TEXT_CHARACTERS
from contract.envelope import ENVELOPE_MEDIA_TYPE, MAX_ENVELOPE_BYTES
from contract.errors import ContractError
from contract.files import FileRef
from contract.formats import FORMATS, encode_formats
from contract.http_date import parse_http_date
from contract.key_chain import MAX_KEY_CHAIN_BYTES, KeyChain
from contract.loopback import is_loopback_url
from contract.manifest import MANIFEST_FORMAT
from contract.problems import Problem
from contract.proof import MAX_PROOF_DOCUMENT_BYTES, NONCE_BYTES, ProofKey, ProofReply, ProofRequest
from contract.space_list import MAX_SPACES_BYTES, SPACES_FORMAT
from contract.upload import UPLOAD_MEDIA_TYPE
from device.errors import AnotherService, CutOff, ProtocolViolation, Refused, SettingError, Unreachable
from device.service.pace import Pace, paced_pools
from device.service.replies import Reply, name_in_log, reason, was_connected

READ_FORMATS = encode_formats((("manifest", MANIFEST_FORMAT), ("spaces", SPACES_FORMAT)))
"""What every request says that this client reads."""
NO_OBJECT = "0" * 64
"""A sha256 that no object has."""
MAX_URL_CHARACTERS = MAX_TEXT_CHARACTERS
"""Of an address: one that is longer could be kept, and not be read again."""
REQUEST_NAME_BYTES = 8
"""Of a request's name in the service's log, random and new each time, so that it ties nothing together."""

SEND_BUFFER_BYTES = 8 << 10
"""What may wait in the kernel, which makes twice of it (Linux) and asks for more when a third of that is sent. At
`MIN_BYTES_PER_S` that, and a block, must not take longer than a time-out."""
SEND_BLOCK_BYTES = 4 << 10
"""What is handed over at once, within one time-out."""

_UNPROVEN = {
    Problem.NOT_FOUND: "one that does not know this device",
    Problem.UNKNOWN_PATH: "one that has no proofs at this path, as a service of an older version",
}
"""What a service is that refuses to prove itself, by the problem that it gives."""

Document = TypeVar("Document")


@dataclass(frozen=True, slots=True)
class ReleaseAnswer:
    """Something signed, a release or a list of spaces, as it came, not judged yet."""

    envelope: bytes
    etag: str
    """The tag to ask with next time; empty where the service gave none."""
    date: int | None = None
    """What the service's clock said, Unix seconds; None where it did not say so over TLS."""


@dataclass(frozen=True, slots=True)
class ObjectStream:
    """An object on its way."""

    begin: int
    """The first byte that comes; 0 where the server began anew."""
    chunks: Iterator[bytes]
    """From that byte to the end."""
    close: Callable[[], None]
    """Lets go of the connection, also of one that nothing was read from."""


@dataclass(frozen=True, slots=True)
class _Token(requests.auth.AuthBase):
    """Puts the token on each request. That there is one keeps requests from asking ~/.netrc for a password."""

    token: str | None = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token is not None:
            request.headers[routes.AUTHORIZATION] = routes.BEARER + self.token
        return request


_NO_TOKEN = _Token(None)


class _Adapter(HTTPAdapter):
    """Keeps little in the kernel's buffer, so that progress of an upload is progress on the line; reads at a pace."""

    def __init__(self, pace: Pace) -> None:
        self._pools = paced_pools(pace)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        small = (socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        super().init_poolmanager(
            *args, **kwargs, socket_options=[*HTTPConnection.default_socket_options, small], blocksize=SEND_BLOCK_BYTES
        )
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


class Client:
    """One service, as one device sees it. Not thread-safe.

    Every call raises `Unreachable` or `TryLater` where a later call may succeed, `Refused` where it will not, and
    `ProtocolViolation` for an answer outside the contract.

    Args:
        url: where the service is; https, or http on this machine.
        token: of the enrolled device; None only to enrol.
        proof_key: of the enrolled device, where this is not the address that it enrolled at. The service there must
            prove, once, that it keeps the device's token; before that it is sent neither the token nor features, and
            none of its answers counts. Each call raises `AnotherService` where it does not. What a proof does not
            prove is in docs/adr/0009-proof.md.
        timeout_s: seconds without progress, or for the headers of an answer, after which the service is unreachable.
        ca_file: certificates (PEM) to trust instead of the usual ones.
        plain_http: allow http to other machines.

    Raises:
        SettingError: an address that is too long, plain http to another machine, or no such file of certificates.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        proof_key: ProofKey | None = None,
        timeout_s: float = 20.0,
        ca_file: Path | None = None,
        plain_http: bool = False,
    ) -> None:
        is_local = is_loopback_url(url)
        _check_transport(url, allowed=is_local or plain_http)
        if ca_file is not None and not ca_file.is_file():
            raise SettingError(f"FEDEX_CA_FILE: expected a file of certificates, got {ca_file}")
        self._url = url.rstrip("/")
        self._auth = _Token(token)
        self._unproven = proof_key
        self._timeout_s = timeout_s
        self._pace = Pace(timeout_s)
        self._session = requests.Session()
        self._session.mount("https://", _Adapter(self._pace))
        self._session.mount("http://", _Adapter(self._pace))
        self._session.verify = str(ca_file) if ca_file else True
        self._session.trust_env = not is_local  # proxies are for the way to other machines
        self._session.headers.update({"User-Agent": "fedex-device", "Accept-Encoding": "identity"})
        self._session.headers[FORMATS] = READ_FORMATS

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def enrol(self, code: str, *, secret: bytes | None = None) -> routes.EnrolmentReply:
        """Become a device of the group that `code` names: the same one for the same secret, another one without any."""
        body = routes.EnrolmentRequest(code, secret).encode()
        headers = {"Content-Type": routes.JSON_MEDIA_TYPE}
        reply = self._send("POST", routes.DEVICES, headers=headers, body=body, auth=_NO_TOKEN).expect(200, 201)
        return _parsed(reply, routes.EnrolmentReply.parse, max_bytes=routes.MAX_ENROLMENT_BYTES)

    def keys(self) -> KeyChain:
        """Ask for the chain of verification keys, of which no signature is looked at here."""
        self._check_service()
        reply = self._send("GET", routes.KEYS, headers={}, auth=_NO_TOKEN).expect(200)
        reply.check_json(expected="the keys of the service")
        return _parsed(reply, KeyChain.parse, max_bytes=MAX_KEY_CHAIN_BYTES)

    def new_token(self) -> str:
        """Ask for another token, which takes the place of this client's once it is used."""
        reply = self._ask("POST", routes.TOKEN, headers={}, body=b"", expected=(200,))
        reply.check_json(expected="a token")
        return _parsed(reply, routes.TokenReply.parse, max_bytes=routes.MAX_TOKEN_REPLY_BYTES).token

    def erase_samples(self) -> str:
        """Ask that all which this device ever uploaded be erased; return the name of the erasure. May be repeated."""
        reply = self._ask("DELETE", routes.SAMPLES, headers={}, expected=(202,))
        reply.check_json(expected="an erasure")
        return _parsed(reply, routes.ErasureReply.parse, max_bytes=routes.MAX_ERASURE_REPLY_BYTES).erasure

    def is_known(self) -> bool:
        """Tell whether the token still counts, by asking for an object that nobody has."""
        self._check_service()
        refusal = self._send("GET", routes.object_path(NO_OBJECT), headers={}, auth=self._auth).refusal()
        if isinstance(refusal, Refused) and refusal.problem in (Problem.UNAUTHENTICATED, Problem.NOT_FOUND):
            return refusal.problem is Problem.NOT_FOUND
        raise refusal

    def upload(self, body: bytes, *, space: str, upload: str) -> None:
        """Send a sealed upload; returning is the acknowledgement. May be repeated at any time.

        Only a document that names this very upload acknowledges it: a captive portal answers 200 to everything.
        """
        path = routes.upload_path(space, upload)
        headers = {"Content-Type": UPLOAD_MEDIA_TYPE}
        reply = self._ask("PUT", path, headers=headers, body=body, expected=(200, 201))
        expected = "the acknowledgement of the upload"
        reply.check_json(expected=expected)
        answer = _parsed(reply, routes.Acknowledgement.parse, max_bytes=routes.MAX_ACKNOWLEDGEMENT_BYTES)
        reply.check(answer.upload == upload, expected=expected, got=f"that of {answer.upload}")

    def has_upload(self, *, space: str, upload: str) -> bool:
        """Ask whether an upload has arrived, as after a connection that broke off in the middle of it.

        Only an answer that names this very upload says yes, and only 404 says no.
        """
        self._check_service()
        reply = self._send("HEAD", routes.upload_path(space, upload), headers={}, auth=self._auth)
        with reply.response:
            if reply.status == 404:
                return False
            if reply.status != 200:
                raise reply.refusal()
            tag = reply.header(routes.ETAG)
            reply.check(tag == f'"{upload}"', expected=f"the tag of {upload}", got=tag or "none")
        return True

    def release(self, *, space: str, channel: str, etag: str) -> ReleaseAnswer | None:
        """Ask for the newest release of a channel; None if it still is the one of `etag` ("" to ask anyway)."""
        return self._signed(routes.release_path(space, channel), etag=etag, max_bytes=MAX_ENVELOPE_BYTES)

    def spaces(self, *, etag: str) -> ReleaseAnswer | None:
        """Ask for the list of the group's spaces; None if it still is the one of `etag` ("" to ask anyway)."""
        return self._signed(routes.SPACES, etag=etag, max_bytes=MAX_SPACES_BYTES)

    def _signed(self, path: str, *, etag: str, max_bytes: int) -> ReleaseAnswer | None:
        headers = {routes.IF_NONE_MATCH: etag} if etag else {}
        reply = self._ask("GET", path, headers=headers, expected=(200, 304))
        if reply.status == 304:
            reply.check(bool(etag), expected="a release, as no tag was sent", got="304 Not Modified")
            reply.read(0)
            return None
        reply.check(reply.media_type == ENVELOPE_MEDIA_TYPE, expected=ENVELOPE_MEDIA_TYPE, got=reply.media_type)
        tag = reply.header(routes.ETAG)
        kept = tag if len(tag) <= routes.MAX_ETAG_CHARACTERS and tag.isascii() and tag.isprintable() else ""
        return ReleaseAnswer(reply.read(max_bytes), kept, self._date(reply))

    def object(self, reference: FileRef, *, begin: int) -> ObjectStream:
        """Ask for an object from byte `begin` on; the stream never brings more than the object's size.

        The connection is in use until the stream ends or is closed.
        """
        headers = {"Range": f"bytes={begin}-"} if begin else {}
        reply = self._ask("GET", routes.object_path(reference.sha256), headers=headers, expected=(200, 206))
        if reply.status == 200:
            return ObjectStream(0, reply.chunks(reference.size), reply.response.close)
        wanted = f"bytes {begin}-{reference.size - 1}/{reference.size}"
        got = reply.header("Content-Range")
        reply.check(bool(begin) and got == wanted, expected=f"Content-Range {wanted}", got=got or "nothing")
        return ObjectStream(begin, reply.chunks(reference.size - begin), reply.response.close)

    def _date(self, reply: Reply) -> int | None:
        """Return the time that an answer tells; over plain http anybody in between may tell one."""
        return parse_http_date(reply.header("Date")) if self._url.startswith("https://") else None

    def _check_service(self) -> None:
        """Have a service at a new address prove, once, that it is the one that this device enrolled with."""
        if self._unproven is None:
            return
        expected = f"{self._url}: expected the service that this device enrolled with"
        try:
            is_proven = self._proves_itself(self._unproven)
        except Refused as refused:
            raise AnotherService(f"{expected}, got {_UNPROVEN.get(refused.problem, str(refused))}") from refused
        except ProtocolViolation as error:
            raise AnotherService(f"{expected}, got {error}") from error
        if not is_proven:
            raise AnotherService(f"{expected}, got one that cannot prove that it knows its token")
        self._unproven = None

    def _proves_itself(self, key: ProofKey) -> bool:
        """Ask with a new number each time, or whoever heard one proof could show it again."""
        asked = ProofRequest(secrets.token_bytes(NONCE_BYTES))
        headers = {"Content-Type": routes.JSON_MEDIA_TYPE}
        path = routes.proof_path(key.device)
        reply = self._send("POST", path, headers=headers, body=asked.encode(), auth=_NO_TOKEN).expect(200)
        reply.check_json(expected="a proof")
        return key.accepts(_parsed(reply, ProofReply.parse, max_bytes=MAX_PROOF_DOCUMENT_BYTES), request=asked)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        expected: tuple[int, ...],
        body: bytes | None = None,
    ) -> Reply:
        """Ask as the device, a service that has proven itself where it must."""
        self._check_service()
        return self._send(method, path, headers=headers, body=body, auth=self._auth).expect(*expected)

    def _send(
        self, method: str, path: str, *, headers: Mapping[str, str], auth: _Token, body: bytes | None = None
    ) -> Reply:
        self._pace.begin_request(min(len(body or b""), 2 * SEND_BUFFER_BYTES))
        name = secrets.token_hex(REQUEST_NAME_BYTES)
        try:
            response = self._session.request(
                method,
                self._url + path,
                headers={**headers, routes.REQUEST_ID: name},
                data=None if body is None else io.BytesIO(body),  # sent in blocks, each with a time-out of its own
                auth=auth,
                verify=self._session.verify,  # repeated here, or REQUESTS_CA_BUNDLE would win over a file of ours
                timeout=self._timeout_s,
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            is_connected = was_connected(error)
            kind = CutOff if body is not None and is_connected else Unreachable
            where = f"{self._url} (request {name})" if is_connected else self._url
            raise kind(f"{where}: {reason(error)}") from error
        where = f"{method} {path} (request {name_in_log(response, asked=name)})"
        return Reply(response, where=where, pace=self._pace)


def _parsed(reply: Reply, parse: Callable[[bytes], Document], *, max_bytes: int) -> Document:
    try:
        return parse(reply.read(max_bytes))
    except ContractError as error:
        raise ProtocolViolation(f"{reply.where}: {error}") from error


def _check_transport(url: str, *, allowed: bool) -> None:
    if len(url) > MAX_URL_CHARACTERS:
        raise SettingError(f"FEDEX_URL: expected at most {MAX_URL_CHARACTERS} characters, got {len(url)}")
    if urlsplit(url).scheme != "https" and not allowed:
        raise SettingError(f"FEDEX_URL: expected https, as features and token are private, got {url}")
