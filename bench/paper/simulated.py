"""Devices as the service sees them: requests over kept connections, from a few threads, without a device's own work.

Each enrols and sends one upload of a person's photos; some ask for the newest head. Bodies are sealed by the contract's
own code, and any answer but the expected one is an error.
"""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from bench.evidence.line import LOCALHOST
from bench.learning.people import draw_people
from bench.measure.service import CODE
from bench.paper.household import CUT, Floats, space_of
from contract import routes
from contract.manifest import Manifest, Precision
from contract.self_test import PPM, SelfTest, Setup
from contract.upload import UPLOAD_MEDIA_TYPE, Upload, encode_upload, upload_id

THREADS = 8
PHOTOS = 3
"""Of one person, in one upload."""
TIMEOUT_S = 120.0
SELF_TEST = SelfTest(Setup("bench", "none", "cpu, 1 thread", "this machine"), PPM)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """So many devices; each is of one of the people, who are met again by others."""

    features: Floats
    """(devices, PHOTOS, d)."""
    people: int

    @classmethod
    def draw(cls, devices: int, *, people: int) -> Crowd:
        """Draw photos as freeze6 lies about them."""
        photos_a_person = PHOTOS * -(-devices // people)
        drawn = draw_people(people, photos=photos_a_person, seed=0).embeddings
        of_devices = drawn.reshape(people, -1, PHOTOS, drawn.shape[1]).swapaxes(0, 1)
        return cls(of_devices.reshape(-1, PHOTOS, drawn.shape[1])[:devices], people)

    def label(self, device: int) -> str:
        """Return whose photos a device has."""
        return f"person {device % self.people}"

    def seal(self, device: int) -> bytes:
        """Return the upload of one device."""
        ids = [hashlib.sha256(b"%d %d" % (device, place)).digest()[:16] for place in range(PHOTOS)]
        upload = Upload(
            space_of(CUT),
            SELF_TEST,
            self.features[device],
            (self.label(device),) * PHOTOS,
            np.frombuffer(b"".join(ids), np.uint8).reshape(PHOTOS, 16),
            np.ones(PHOTOS, np.uint32),
        )
        return encode_upload(upload)


def enrol(port: int, count: int) -> list[str]:
    """Enrol so many devices; return their tokens."""
    body = routes.EnrolmentRequest(CODE).encode()
    headers = {"Content-Type": routes.JSON_MEDIA_TYPE}

    def one(connection: http.client.HTTPConnection, _: int) -> str:
        answer = _ask(connection, "POST", routes.DEVICES, body=body, headers=headers, expected=201)
        return routes.EnrolmentReply.parse(answer).token

    return _in_threads(port, range(count), one)


def send(port: int, crowd: Crowd, tokens: Sequence[str]) -> None:
    """Have the first devices of a crowd send their uploads."""

    def one(connection: http.client.HTTPConnection, device: int) -> None:
        body = crowd.seal(device)
        headers = {**_authorization(tokens[device]), "Content-Type": UPLOAD_MEDIA_TYPE}
        path = routes.upload_path(space_of(CUT), upload_id(body))
        _ask(connection, "PUT", path, body=body, headers=headers, expected=201)

    _in_threads(port, range(len(tokens)), one)


def fetch(port: int, manifest: Manifest, tokens: Sequence[str]) -> None:
    """Have devices fetch a release, with its head and labels."""
    files = (manifest.labels, manifest.heads[Precision.DYNAMIC].file)
    paths = [routes.release_path(space_of(CUT), manifest.channel), *(routes.object_path(one.sha256) for one in files)]

    def one(connection: http.client.HTTPConnection, device: int) -> None:
        for path in paths:
            _ask(connection, "GET", path, headers=_authorization(tokens[device]), expected=200)

    _in_threads(port, range(len(tokens)), one)


def _authorization(token: str) -> dict[str, str]:
    return {routes.AUTHORIZATION: routes.BEARER + token}


def _in_threads(port: int, devices: range, act: Callable[[http.client.HTTPConnection, int], Result]) -> list[Result]:
    """Act for every device, each thread over a connection of its own; return the results in order."""

    def some(own: range) -> list[tuple[int, Result]]:
        with closing(http.client.HTTPConnection(LOCALHOST, port, timeout=TIMEOUT_S)) as connection:
            return [(device, act(connection, device)) for device in own]

    with ThreadPoolExecutor(THREADS) as threads:
        parts = threads.map(some, [devices[place::THREADS] for place in range(THREADS)])
        return [result for _, result in sorted((pair for part in parts for pair in part), key=lambda pair: pair[0])]


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    *,
    expected: int,
    headers: dict[str, str],
    body: bytes | None = None,
) -> bytes:
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != expected:
        raise RuntimeError(f"{method} {path}: expected {expected}, got {answer.status}: {content[:200]!r}")
    return content
