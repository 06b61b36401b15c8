"""Devices that send all the time, one upload after the other, and note whatever is no answer."""

import contextlib
import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import requests

from contract.problems import ProblemDocument
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id
from tests.cloud.conftest import HOME_CODE, SPACE
from tests.cloud.web.crowds import wait_until

MAX_ANSWER_S = 120

Bodies = Callable[[str], bytes]
"""Makes the upload of a name."""


@dataclass
class Sender:
    """One device, which keeps its connection for as long as the service does, or makes one for each upload."""

    url: str
    token: str
    name: str
    make: Bodies
    keeps: bool = True
    pieces: int = 1
    """In which a body is sent, with `pause_s` between them."""
    pause_s: float = 0.0
    rest_s: float = 0.01
    """From an acknowledgement to the next upload."""
    later_s: float = 0.1
    """From a refusal to the same upload."""
    answers: "Counter[int]" = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """What came in place of an answer."""
    refused: "Counter[str]" = field(default_factory=Counter)
    """What refusals were about."""
    hasty: list[int] = field(default_factory=list)
    """Refusals that do not say when to come again."""
    slowest_s: float = 0.0
    """From the end of a body to its answer."""

    def send_until(self, stop: threading.Event) -> None:
        """Send until told otherwise. What is refused, or not answered, is sent again, as a device does."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=MAX_ANSWER_S)
        bodies = (self.make(f"{self.name} {number}") for number in count())
        body = next(bodies)
        wait_s = 0.0
        while not stop.wait(wait_s):
            wait_s = self.later_s
            try:
                status = self._send(connection, body)
            except (OSError, http.client.HTTPException) as error:
                self.broken.append(f"{time.monotonic():.2f} {self.name}: {error!r}")
                connection.close()
                continue
            self.answers[status] += 1
            if status in (200, 201):
                self.acknowledged.append(upload_id(body))
                body, wait_s = next(bodies), self.rest_s
            if not self.keeps:
                connection.close()
        connection.close()

    def _send(self, connection: http.client.HTTPConnection, body: bytes) -> int:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": UPLOAD_MEDIA_TYPE,
            "Content-Length": str(len(body)),
        }
        path = f"/v1/spaces/{SPACE}/uploads/{upload_id(body)}"
        connection.request("PUT", path, body=self._in_pieces(body), headers=headers)
        began = time.monotonic()
        answer = connection.getresponse()
        said = answer.read()
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        if answer.status not in (200, 201):
            self.refused[ProblemDocument.parse(said).where] += 1
            if not int(answer.headers.get("Retry-After", "0")):
                self.hasty.append(answer.status)
        return answer.status

    def _in_pieces(self, body: bytes) -> Iterator[bytes]:
        size = -(-len(body) // self.pieces)
        for at in range(0, len(body), size):
            time.sleep(self.pause_s if at else 0)
            yield body[at : at + size]


@dataclass(frozen=True)
class Crowd:
    """All of them."""

    senders: Sequence[Sender]

    @property
    def answers(self) -> "Counter[int]":
        return sum((one.answers for one in self.senders), Counter())

    @property
    def refused(self) -> "Counter[str]":
        return sum((one.refused for one in self.senders), Counter())

    @property
    def acknowledged(self) -> set[str]:
        return {upload for one in self.senders for upload in one.acknowledged}

    @property
    def broken(self) -> list[str]:
        return [said for one in self.senders for said in one.broken]

    @property
    def hasty(self) -> list[int]:
        return [status for one in self.senders for status in one.hasty]

    def wait_for_more(self, *, within_s: float = 60) -> None:
        """Wait until each has had two more acknowledgements: one of them was asked for after this began."""
        before = [len(one.acknowledged) for one in self.senders]
        wait_until(
            lambda: all(len(one.acknowledged) >= n + 2 for one, n in zip(self.senders, before, strict=True)),
            within_s=within_s,
        )


def enrol(url: str) -> str:
    """The token of a new device."""
    return str(requests.post(f"{url}/v1/devices", json={"code": HOME_CODE}, timeout=20).json()["token"])


@contextlib.contextmanager
def sending(senders: Sequence[Sender]) -> Iterator[Crowd]:
    """They send until the block ends, and what is under way then is answered."""
    stop = threading.Event()
    threads = [threading.Thread(target=one.send_until, args=(stop,)) for one in senders]
    for thread in threads:
        thread.start()
    try:
        yield Crowd(senders)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
