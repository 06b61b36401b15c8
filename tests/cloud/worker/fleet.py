"""A simulated fleet: devices of several groups, each with a token of its own, that send photos for a while.

A few threads are the phones, turn by turn. A device notes what was acknowledged; whatever was not, it sends again, as
one does.
"""

import base64
import contextlib
import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import requests

from contract.codecs import Codec
from contract.upload import UPLOAD_MEDIA_TYPE, Upload, encode_upload, upload_id
from tests.cloud.conftest import SELF_TEST
from tests.cloud.training.conftest import NAMES, photos_of

ANSWER_WITHIN_S = 60.0
PHOTOS = 3
"""Of one person in one upload."""
SHAPE = (16,)

Sample = tuple[str, bytes]
"""Device and sample id."""


@dataclass
class FleetDevice:
    """One device, and what it knows of its samples."""

    url: str
    space: str
    group: str
    number: int
    code: str
    first: int
    """Who is on its first upload, as a place in the names; each further upload is of the next one."""
    id: str = ""
    token: str = field(default="", repr=False)
    sent: int = 0
    """Uploads that were acknowledged."""
    acknowledged: list[bytes] = field(default_factory=list)
    """Sample ids."""
    answers: "Counter[int]" = field(default_factory=Counter)
    unanswered: int = 0
    _waiting: "tuple[bytes, list[bytes]] | None" = None

    def take_turn(self, session: requests.Session) -> bool:
        """Enrol, or send one upload; tell whether that was acknowledged."""
        try:
            return self._send(session) if self.token else self._enrol(session)
        except requests.RequestException:
            self.unanswered += 1
            return False

    def _enrol(self, session: requests.Session) -> bool:
        secret = hashlib.sha256(f"{self.group} {self.number}".encode()).digest()
        asked = {"code": self.code, "secret": base64.b64encode(secret).decode()}
        answer = session.post(f"{self.url}/v1/devices", json=asked, timeout=ANSWER_WITHIN_S)
        self.answers[answer.status_code] += 1
        if answer.status_code != 201:
            return False
        said = answer.json()
        self.id, self.token = said["device"], said["token"]
        return True

    def _send(self, session: requests.Session) -> bool:
        self._waiting = self._waiting or self._make()
        body, ids = self._waiting
        answer = session.put(
            f"{self.url}/v1/spaces/{self.space}/uploads/{upload_id(body)}",
            data=body,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": UPLOAD_MEDIA_TYPE},
            timeout=ANSWER_WITHIN_S,
        )
        self.answers[answer.status_code] += 1
        if answer.status_code not in (200, 201):
            return False
        self.acknowledged += ids
        self.sent += 1
        self._waiting = None
        return True

    def _make(self) -> tuple[bytes, list[bytes]]:
        """Make an upload of photos of one person, another one each time."""
        person = (self.first + self.sent) % len(NAMES)
        names = [f"{self.group} {self.number} {self.sent} {place}" for place in range(PHOTOS)]
        ids = [hashlib.sha256(name.encode()).digest()[:16] for name in names]
        upload = Upload(
            self.space,
            SELF_TEST,
            photos_of(person, PHOTOS, seed=self.number * 1000 + self.sent, shape=SHAPE),
            (NAMES[person],) * PHOTOS,
            np.stack([np.frombuffer(one, np.uint8) for one in ids]),
            np.zeros(PHOTOS, np.uint32),
        )
        return encode_upload(upload, codec=Codec.FLOAT32), ids


@dataclass
class Fleet:
    """All devices, and the threads that are their phones."""

    devices: Sequence[FleetDevice]
    rest_s: float
    """Between two turns of one thread."""
    threads: int = 16

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """They take turns until the block ends; then each has an answer to what it sent last."""
        stop = threading.Event()
        phones = [
            threading.Thread(target=self._take_turns, args=(self.devices[place :: self.threads], stop))
            for place in range(self.threads)
        ]
        for phone in phones:
            phone.start()
        try:
            yield
        finally:
            stop.set()
            for phone in phones:
                phone.join()

    def finish(self, *, within_s: float) -> None:
        """Let every device have its last upload acknowledged, the service being whole again."""
        give_up = time.monotonic() + within_s
        left = [one for one in self.devices if not one.sent or one._waiting]
        with requests.Session() as session:
            while left:
                assert time.monotonic() < give_up, f"{len(left)} devices could not send: {left[0].answers}"
                left = [one for one in left if not (one.take_turn(session) and one.sent)]

    def acknowledged(self, group: str) -> list[Sample]:
        """Every sample of a group that was acknowledged."""
        return [(one.id, sample) for one in self.devices if one.group == group for sample in one.acknowledged]

    @property
    def answers(self) -> "Counter[int]":
        return sum((one.answers for one in self.devices), Counter())

    def _take_turns(self, devices: Sequence[FleetDevice], stop: threading.Event) -> None:
        with requests.Session() as session:
            while not stop.is_set():
                for device in devices:
                    device.take_turn(session)
                    if stop.wait(self.rest_s):
                        return
