"""Requests of any kind: every route, with ids, headers and bodies that are right, nearly right, or nothing of the sort.

Whatever comes, the answer is a refusal or an answer, at worst 503; nothing is a bug of the service, and what a request
costs in memory is given back.
"""

import base64
import contextlib
import http.client
import json
import math
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest
import requests

from cloud.admin.bundles import register as register_bundle
from cloud.identity import operators
from cloud.releases import objects
from cloud.settings import Settings
from cloud.store import keys, open_store
from cloud.store.keys import Pool
from contract import routes
from contract.bundle import TrainingBundle
from contract.environment import setting_rows
from contract.files import sha256_hex
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id
from tests.cloud.conftest import SPACE
from tests.cloud.web.crowds import wait_until

REQUESTS, IN_THE_LONG_RUN = 2000, 100_000
MAX_GROWTH_BYTES = 64 << 20
"""Of one web process: one upload inflated, of which nothing but fragments may stay."""
PROCESSES = 2
PAGES = ("/", "/login", "/pools/home/{space}", "/dashboard.css")
OBJECT = bytes(100_000)
QUOTAS = [row.variable for row in setting_rows(Settings) if re.match("FEDEX_(DEVICE|CODE|ADDRESS)_", row.variable)]

StartService = Callable[..., AbstractContextManager[str]]
MakeUpload = Callable[..., bytes]


@dataclass(frozen=True)
class Request:
    """One request, framed as HTTP is; whatever else it says."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    chunk_bytes: int
    """Of which its body's chunks are; 0: the body has a length."""

    def encode(self) -> bytes:
        lines = [
            f"{self.method} {self.target} HTTP/1.1",
            "Host: x",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        if not self.chunk_bytes:
            head = "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""])
            return head.encode("latin-1") + self.body
        pieces = [self.body[at : at + self.chunk_bytes] for at in range(0, len(self.body), self.chunk_bytes)]
        head = "\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""])
        return head.encode("latin-1") + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


@dataclass(frozen=True)
class Target:
    """A service, and what requests that get far have to say."""

    url: str
    log: Path
    token: str
    operator: str
    """The token of one who may do everything."""
    uploads: tuple[bytes, ...]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", int(self.url.rpartition(":")[2])), timeout=60)

    def processes(self) -> list[psutil.Process]:
        port = f"127.0.0.1:{self.url.rpartition(':')[2]}"
        [master] = [one for one in psutil.Process().children() if port in one.cmdline()]
        return master.children()


@pytest.fixture(scope="module")
def target(
    start_service: StartService,
    training_bundle: TrainingBundle,
    make_upload: MakeUpload,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("fuzzed")
    store = open_store(f"dir:{folder / 'store'}")
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    objects.put(store, Pool("home", SPACE), OBJECT, publication="0" * 16)
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    uploads = tuple(make_upload(["Ada", "Ben"], names=[f"{number} a", f"{number} b"]) for number in range(4))
    _, operator = operators.add(store, "somebody", group=None, now=0)
    unbounded = dict.fromkeys(QUOTAS, "999999999") | {"FEDEX_WEB_PROCESSES": f"{PROCESSES}"}
    with start_service(folder, FEDEX_STORE=f"dir:{folder / 'store'}", **unbounded) as url:
        answer = requests.post(f"{url}/v1/devices", json={"code": "a-code-for-home"}, timeout=10)
        yield Target(url, folder / "log", str(answer.json()["token"]), operator, uploads)


@dataclass(frozen=True)
class Fuzz:
    """Makes requests by a seed: most of what they say is right, so that the rest is what they are judged by."""

    target: Target
    random: Random

    def request(self) -> Request:
        method, route, media_type, body = self._call()
        is_operators = route in (routes.PROMOTION, routes.PIN, routes.REQUEST, routes.METRICS, *PAGES)
        bearer = f"Bearer {self.target.operator if is_operators else self.target.token}"
        headers = {
            "Authorization": self._mostly(bearer, self._text, f"{bearer}x", f"Bearer {self.target.token}"),
            "Content-Type": self._mostly(media_type, self._text, "application/json", UPLOAD_MEDIA_TYPE, "text/html"),
        }
        share = 0.4 if route == routes.OBJECT else 0.1
        for name, values in self._optional().items():
            if self.random.random() < share:
                headers[name] = self._one_of(*values)
        if self.random.random() < 0.05:
            del headers["Authorization"]
        query = self._mostly(
            "?group=home&why=x" if is_operators else "",
            lambda: f"?limit={self._text()}",
            "?limit=3",
            "?limit=101",
            "?",
            "?%zz",
        )
        return Request(
            self._mostly(method, "GET", "PUT", "POST", "HEAD", "DELETE", "OPTIONS", "PATCH", "QUERY"),
            self._path(route, body) + query.replace(" ", "+"),
            tuple(headers.items()),
            body,
            self._one_of(0, 0, 0, 1, 7, 1000),
        )

    def _call(self) -> tuple[str, str, str, bytes]:
        """Return a method, a route, and a body of some media type that mostly go together."""
        upload = self._damaged(self._one_of(*self.target.uploads))
        document = json.dumps(self._document()).encode()
        form = self._mostly(f"token={self.target.operator}", self._text, "token=x&token=y", "=", "a&b&c&d&e&f").encode(
            "latin-1"
        )
        calls = (
            ("PUT", routes.UPLOAD, UPLOAD_MEDIA_TYPE, upload),
            ("PUT", routes.UPLOAD, UPLOAD_MEDIA_TYPE, upload),
            ("PUT", routes.UPLOAD, UPLOAD_MEDIA_TYPE, self.random.randbytes(self.random.randrange(300))),
            ("HEAD", routes.UPLOAD, UPLOAD_MEDIA_TYPE, b""),
            ("POST", routes.DEVICES, routes.JSON_MEDIA_TYPE, self._damaged(document)),
            ("POST", routes.DEVICES, routes.JSON_MEDIA_TYPE, document),
            ("POST", routes.DEVICES, routes.JSON_MEDIA_TYPE, b'{"code": "a-code-of-nobody"}'),
            ("POST", routes.PROOF, routes.JSON_MEDIA_TYPE, document),
            ("GET", self._one_of(routes.KEYS, routes.SPACES, routes.RELEASE, routes.RELEASES), "", b""),
            ("GET", routes.OBJECT, "", b""),
            ("GET", routes.OBJECT, "", b""),
            ("DELETE", routes.SAMPLES, "", b""),
            ("GET", self._one_of(routes.METRICS, *PAGES), "", b""),
            ("POST", self._one_of("/login", "/logout"), "application/x-www-form-urlencoded", form),
            ("POST", routes.PROMOTION, routes.JSON_MEDIA_TYPE, document),
            ("PUT", routes.PIN, routes.JSON_MEDIA_TYPE, document),
            (self._one_of("GET", "DELETE"), self._one_of(routes.PIN, routes.REQUEST), "", b""),
            ("GET", self._one_of(routes.HEALTHZ, routes.READYZ, "/", f"/{self._text()}"), "", document),
        )
        return self.random.choice(calls)

    def _path(self, route: str, body: bytes) -> str:
        ids = (lambda: self.random.randbytes(32).hex(), "0" * 63, "F" * 64, "..", self._text)
        names = {
            "{space}": self._mostly(SPACE, *ids),
            "{upload}": self._mostly(upload_id(body), *ids),
            "{sha256}": self._mostly(sha256_hex(OBJECT), *ids),
            "{device}": self._mostly(self.target.token.partition(".")[0], *ids),
            "{serial}": self._mostly("1", "0", "-1", "99999999999999999999", self._text),
            "{request}": self._mostly("0" * 32, *ids),
            "{channel}": self._mostly("best", "latest", "BEST", self._text),
        }
        for name, value in names.items():
            route = route.replace(name, value)
        return "".join(character if "!" <= character <= "~" else "+" for character in route)

    def _optional(self) -> dict[str, tuple[str | Callable[[], str], ...]]:
        etag = f'"{sha256_hex(OBJECT)}"'
        number = self.random.randrange(200_000)
        return {
            "Fedex-Formats": ("manifest=1,spaces=1", "manifest=2", "spaces=9", self._text),
            "Range": (
                "bytes=5-",
                "bytes=7-8",
                "bytes=-0",
                f"bytes={number}-{number + 7}",
                "bytes=7-5",
                "bytes=0-1,3-4",
                self._text,
            ),
            "If-None-Match": (etag, "*", self._text),
            "If-Range": (etag, self._text),
            "X-Request-Id": ("a-name", self._text),
            "X-Forwarded-For": ("192.0.2.1, ::1", self._text),
            "Accept-Encoding": ("gzip", self._text),
            "Cookie": (self._text,),
            "X-Anything": (self._text, "a" * 4000),
        }

    def _document(self, levels: int = 3) -> object:
        """Return what an enrolment or a proof says, or something in its place."""
        value = partial(self._value, levels)
        secret = base64.b64encode(self.random.randbytes(32)).decode()
        document: dict[str, Any] = {"code": "a-code-for-home", "secret": secret, "nonce": secret}
        document |= {"channel": "latest", "why": "because", "group": "home", "serial": 1, "pin": False}
        for name in document:
            if self.random.random() < 0.15:
                document[name] = value()
        for name in list(document):
            if self.random.random() < 0.05:
                del document[name]
        return document if self.random.random() < 0.9 else value()

    def _value(self, levels: int) -> Any:
        plain = (None, True, 0, -1, 1 << 70, 1.5, math.nan, "", "a-code-for-home", "\ud800", "x" * 5000, self._text)
        if not levels or self.random.random() < 0.7:
            return self._one_of(*plain)
        inner = [self._value(levels - 1) for _ in range(self.random.randrange(4))]
        return self._one_of(inner, {str(place): value for place, value in enumerate(inner)})

    def _damaged(self, body: bytes) -> bytes:
        """Return a body as it is, cut, or with other bytes in some places."""
        damaged = bytearray(body)
        for _ in range(self._one_of(0, 0, 1, 2, 8)):
            damaged[self.random.randrange(len(damaged))] = self.random.randrange(256)
        return bytes(damaged[: self._one_of(len(body), len(body), len(body), self.random.randrange(len(body)))])

    def _text(self) -> str:
        """Return a few characters that a header may hold, and some that it should not."""
        letters = "abcXYZ019 ,;=\"'*-_./\\%?&#[]{}()<>@:~\x7f\xe9\xff\t"
        return "".join(self.random.choices(letters, k=self.random.randrange(40))).strip()

    def _mostly(self, right: str, *others: str | Callable[[], str]) -> str:
        return right if self.random.random() < 0.85 else self._one_of(*others)

    def _one_of(self, *choices: Any) -> Any:
        choice = self.random.choice(choices)
        return choice() if callable(choice) else choice


class Talk:
    """One connection for request after request, and another one where the service closed it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection = target.connect()

    def status_of(self, request: Request) -> int:
        try:
            return self._ask(request)
        except (ConnectionError, http.client.BadStatusLine):  # it was kept alive for long enough, or refused before
            self.close()
            self._connection = self._target.connect()
            return self._ask(request)

    def close(self) -> None:
        self._connection.close()

    def _ask(self, request: Request) -> int:
        self._connection.sendall(request.encode())
        answer = http.client.HTTPResponse(self._connection, method=request.method)
        answer.begin()
        answer.read()
        if answer.will_close:
            self.close()
            self._connection = self._target.connect()
        return answer.status


def fuzz(target: Target, count: int) -> None:
    fuzz, statuses = Fuzz(target, Random(count)), set()
    wait_until(lambda: len(target.processes()) == PROCESSES)
    before = [process.memory_info().rss for process in target.processes()]
    with contextlib.closing(Talk(target)) as talk:
        for _ in range(count):
            request = fuzz.request()
            status = talk.status_of(request)
            statuses.add(status)
            assert 200 <= status < 500 or status == 503, request
    after = [process.memory_info().rss for process in target.processes()]
    assert statuses >= {
        200,
        201,
        206,
        304,
        400,
        401,
        403,
        404,
        405,
        413,
        415,
        416,
        422,
    }  # they got as far as they should
    assert all(now - then < MAX_GROWTH_BYTES for then, now in zip(before, after, strict=True))
    log = target.log.read_text()
    assert "raceback" not in log
    assert '"message": "bug' not in log


def test_none_of_two_thousand_requests_is_too_much_for_the_service(target: Target) -> None:
    fuzz(target, REQUESTS)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_none_of_a_hundred_thousand_requests_is_too_much_for_the_service(target: Target) -> None:
    fuzz(target, IN_THE_LONG_RUN)
