"""How many training cycles an hour a worker makes of small groups, beside one that starts its processes for each.

Groups of ten people, drawn as faces at freeze6 lie about, with five photos of each waiting; a space without people of
its own, as a household product has one. Both workers are the real command on stores of the same content. The first
cycle of the warm one, which starts its processes, is told apart.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np

from bench.isolated import in_fresh_process
from bench.learning.people import draw_people
from bench.row import BenchRow, at_least
from cloud.admin.bundles import register
from cloud.dataset import inbox
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.store import open_store
from cloud.store.keys import InboxUpload, Pool
from contract.bundle import BaseSamples, BundleFacts, TrainingBundleParts, write_training_bundle
from contract.codecs import Codec
from contract.inputs import PhotoInput
from contract.self_test import PPM, SelfTest, Setup
from contract.upload import Upload, encode_upload, upload_id
from demo.errors import TooSlow
from demo.running.process_guard import guarded
from export.quiet import import_quietly

GROUPS_COLD, GROUPS_WARM = 6, 200
PEOPLE, PHOTOS, WIDTH = 10, 5, 512
TIMES_COLD = 8.0
PATIENCE_S = 900.0
LOOK_EVERY_S = 0.1
SPACE = "6" * 64
PUBLISHED, STARTED = "cycle: published", "cycle: processes started"


def measure(work: Path) -> list[BenchRow]:
    """Return cycles an hour, warm over cold, and the seconds of the first warm one."""
    folder = work / "cycles"
    in_fresh_process(make_bundle, folder / "bundle")
    cold = published_at(folder / "cold", folder / "bundle" / "training", groups=GROUPS_COLD, warm_s=0)
    warm = published_at(folder / "warm", folder / "bundle" / "training", groups=GROUPS_WARM, warm_s=300)
    return rows_of(warm, cold)


def rows_of(warm: Sequence[float], cold: Sequence[float]) -> list[BenchRow]:
    """Return the rows, given when each cycle of both workers published, in seconds from the first one's start."""
    per_hour = [3600 * (len(at) - 1) / (at[-1] - at[0]) for at in (warm, cold)]
    name = f"cycles an hour, groups of {PEOPLE} people, freeze6"
    return [
        BenchRow(f"{name}, warm over cold", per_hour[0], "1/h", reference=per_hour[1], goal=at_least(TIMES_COLD)),
        BenchRow(f"{name}, the first one of a worker", warm[0], "seconds", reference=cold[0]),
    ]


def make_bundle(folder: Path) -> None:
    """Write the training bundle of a space that knows one nobody. It loads Keras."""
    import_quietly("keras")
    import keras

    from export.network.inception_resnet_v1 import ScaleToLength

    folder.mkdir(parents=True, exist_ok=True)
    feature = keras.Input((WIDTH,), name="feature")
    embedding = ScaleToLength(16.0, name="Embedding")(feature)
    keras.Model(feature, keras.layers.Dense(1, name="Logits")(embedding)).save(folder / "head.keras")
    nobody = np.zeros(0, np.uint8)
    facts = BundleFacts(
        SPACE,
        "freeze6",
        "cut",
        PhotoInput(160, 160),
        (WIDTH,),
        temperature=1.0,
        threshold=0.5,
        least_cosine_ppm=990_000,
    )
    base = BaseSamples(np.zeros((0, WIDTH), np.float32), nobody.astype(np.uint32), nobody.reshape(0, 16), nobody)
    golden = np.ones(WIDTH, np.float32)
    parts = TrainingBundleParts(facts, (folder / "head.keras").read_bytes(), ("nobody",), golden, base)
    write_training_bundle(folder / "training", parts)


def fill_store(address: str, bundle: Path, *, groups: int) -> None:
    """Register a bundle, and let an upload wait for each group."""
    store = open_store(address)
    store.prepare()
    register(store, bundle)
    for number in range(groups):
        device, group = f"{number:032x}", f"group-{number}"
        devices.add(store, EnrolledDevice(device, group, 0, "0" * 64, 0))
        body = _upload(number)
        inbox.add(store, InboxUpload(Pool(group, SPACE), device, 0, upload_id(body)), body)


def _upload(number: int) -> bytes:
    people = draw_people(PEOPLE, photos=PHOTOS, seed=number)
    labels = tuple(f"person {owner}" for owner in people.owners)
    names = [f"{number} {place}".encode() for place in range(len(labels))]
    ids = np.stack([np.frombuffer(hashlib.sha256(name).digest()[:16], np.uint8) for name in names])
    test = SelfTest(Setup("bench", "none", "cpu, 1 thread", "this machine"), PPM)
    upload = Upload(SPACE, test, people.embeddings, labels, ids, np.zeros(len(labels), np.uint32))
    return encode_upload(upload, codec=Codec.FLOAT32)


def published_at(folder: Path, bundle: Path, *, groups: int, warm_s: int) -> list[float]:
    """Run a worker on a new store until every group has its head; return the seconds from the first start to each.

    Raises:
        DemoError: that takes too long.
    """
    store = f"dir:{folder / 'store'}"
    fill_store(store, bundle, groups=groups)
    settings = {"FEDEX_STORE": store, "FEDEX_STATE": str(folder / "state"), "FEDEX_WARM_S": str(warm_s)}
    with _worker(settings, folder / "worker.log") as log:
        give_up = time.monotonic() + PATIENCE_S
        while len(_times(log, PUBLISHED)) < groups:
            if time.monotonic() > give_up:
                raise TooSlow(f"{groups} cycles: expected an end within {PATIENCE_S:g} s")
            time.sleep(LOOK_EVERY_S)
    began = _times(log, STARTED)[0]
    return [at - began for at in _times(log, PUBLISHED)]


@contextmanager
def _worker(settings: dict[str, str], log: Path) -> Iterator[Path]:
    command = guarded([sys.executable, "-m", "cloud.cli", "worker"])
    with log.open("wb") as lines:
        process = subprocess.Popen(command, env={**os.environ, **settings}, stderr=lines, stdin=subprocess.DEVNULL)
    try:
        yield log
    finally:
        process.terminate()
        process.wait()


def _times(log: Path, message: str) -> list[float]:
    """Return when the worker said something, in Unix seconds."""
    whole, _, _ = log.read_text().rpartition("\n")
    lines = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
    return [datetime.fromisoformat(line["time"]).timestamp() for line in lines if line["message"] == message]
