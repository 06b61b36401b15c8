"""A store and a worker's disk that hold samples wherever there is a place for them, and a search of every byte."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cloud.admin.bundles import register as register_bundle
from cloud.dataset import admission, inbox, reader, shards
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.memory import MergeMemory
from cloud.dataset.merge import merge_once
from cloud.dataset.reader import Dataset
from cloud.errors import Damaged
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.releases import objects, registry
from cloud.releases.publish import Publisher, TrainedHead
from cloud.releases.registry import TrainedDataset
from cloud.releases.signing import load_or_create
from cloud.settings import Settings
from cloud.store import ObjectStore, keys, open_store
from cloud.store.keys import InboxUpload, Pool
from cloud.store.listing import keys_under
from cloud.training.context import TrainingContext
from cloud.training.inputs import shard_cache
from cloud.training.kept_embeddings import KeptEmbeddings, NewRows
from cloud.worker.erasing import Eraser
from contract.bundle import TrainingBundle
from contract.errors import ContractError
from contract.labels import encode_labels
from contract.manifest import Channel, Precision
from contract.upload import decode_upload, upload_id
from tests.cloud.dataset.shard_making import blocks_of, encoded

NOW = 1_800_000_000
ZOE = "Zoe of the erased"
"""A label of the first device alone."""
FIRST, SECOND = "a" * 32, "b" * 32
"""The devices, of one group."""

MakeUpload = Callable[..., bytes]


class Killed(BaseException):
    """The worker died just before a write."""


class DyingStore:
    """Passes everything on to a store, and dies instead of its write number `fatal`, counted from 1."""

    def __init__(self, store: ObjectStore, *, fatal: int) -> None:
        self._store, self._left = store, fatal
        self._lock = threading.Lock()

    def __getattr__(self, operation: str) -> Any:
        def ask(*given: object, **named: object) -> object:
            if operation not in ("get", "list", "stat"):
                with self._lock:
                    self._left -= 1
                    if self._left <= 0:
                        raise Killed
            return getattr(self._store, operation)(*given, **named)

        return ask


@dataclass(frozen=True)
class Place:
    """A store and the state folder of its worker."""

    settings: Settings
    pool: Pool
    bundle: TrainingBundle

    @property
    def store(self) -> ObjectStore:
        return open_store(self.settings.store)

    def context(self, *, fatal: int | None = None) -> TrainingContext:
        store: Any = self.store if fatal is None else DyingStore(self.store, fatal=fatal)
        key = load_or_create(self.settings.state, self.store)
        return TrainingContext(store, self.settings, key, threading.Event(), now=lambda: NOW)

    def eraser(self, *, fatal: int | None = None) -> Eraser:
        return Eraser(self.context(fatal=fatal), MergeMemory())

    def dataset(self) -> Dataset:
        return reader.load(self.store, self.pool, cache=shard_cache(self.settings.state, self.pool))

    def samples(self) -> set[tuple[str, bytes, bytes]]:
        """Return label, id and feature of every sample of the dataset."""
        data = self.dataset()
        features = data.features[:]
        return {
            (data.labels[label], data.sample_ids[place].tobytes(), features[place].tobytes())
            for place, label in enumerate(data.label_index.tolist())
        }

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Yield every object, every file of the store and of the worker's disk: name and bytes; the name counts too.

        What is deflated is yielded as it comes out, too.
        """
        for name, body in self._stored():
            yield name, body
            yield name, come_out(body)

    def _stored(self) -> Iterator[tuple[str, bytes]]:
        store = self.store
        for key in keys_under(store, ""):
            yield key, store.get(key).body
        kind, _, path = self.settings.store.partition(":")
        for root in [self.settings.state, *([Path(path)] if kind == "dir" else [])]:
            for file in sorted(path for path in root.rglob("*") if path.is_file()):
                yield str(file), file.read_bytes()

    def find(self, needle: bytes) -> list[str]:
        """Name every object and file that holds some bytes, in it or in its name."""
        return names_with(needle, self.everything())


def names_with(needle: bytes, held: Iterable[tuple[str, bytes]]) -> list[str]:
    """Name what holds some bytes, in it or in its name."""
    return [name for name, body in held if needle in body or needle in name.encode()]


def come_out(body: bytes) -> bytes:
    """Return what is in a shard or an upload; nothing of what is neither."""
    with contextlib.suppress(Damaged, ContractError):
        columns, features = shards.parse_shard(body, where="shard")
        every = features.read(np.arange(len(columns)))
        return b"\n".join([every.tobytes(), columns.sample_ids.tobytes(), *map(str.encode, columns.labels)])
    with contextlib.suppress(ContractError):
        upload = decode_upload(body)
        return b"\n".join([upload.features.tobytes(), upload.sample_ids.tobytes(), *map(str.encode, upload.labels)])
    return b""


def traces_of(body: bytes) -> list[bytes]:
    """Return what nobody may find of an upload: ids, as bytes and in hexadecimal, and features."""
    content = decode_upload(body)
    ids = [one.tobytes() for one in content.sample_ids]
    return [*ids, *(one.hex().encode() for one in ids), *(one.tobytes() for one in content.features)]


def fill(place: Place, make_upload: MakeUpload) -> tuple[list[bytes], list[bytes]]:
    """Put samples of both devices wherever they can be; return what each has sent."""
    store, memory = place.store, MergeMemory()
    store.prepare()
    assert place.bundle.directory is not None
    register_bundle(store, place.bundle.directory)
    for label in (ZOE, "Cleo"):
        admission.allow(store, place.pool.group, label)
    for device in (FIRST, SECOND):
        devices.add(store, EnrolledDevice(device, place.pool.group, 0, "0" * 64, 0))
    first = [
        make_upload([ZOE, "Ada"], names=["z1", "a1"]),
        make_upload([ZOE, "Cleo"], names=["z2", "a1"], revision=1),
        make_upload([ZOE], names=["z waits"]),
    ]
    second = [
        make_upload(["Ada", "Cleo", "Cleo"], names=["s1", "s2", "s3"]),
        make_upload(["Ben", "Cleo"], names=["s4", "s2"], revision=2),
    ]
    for number in (0, 1):  # a shard of both, and one more of each
        for device, body in ((FIRST, first[number]), (SECOND, second[number])):
            inbox.add(store, _arrival(place, device, body), body)
        merge_once(store, place.pool, memory=memory, now=NOW - 100 + number)
    for waits in (first[2], make_upload(["Cleo"], names=["s waits"])):
        device = FIRST if waits is first[2] else SECOND
        inbox.add(store, _arrival(place, device, waits), waits)
    second.append(waits)
    _set_aside(place, _arrival(place, FIRST, first[0]), first[0])
    _leave_behind(place)
    _release(place, first)
    _keep_embeddings(place)
    scratch = place.settings.state / "cycles" / "c1"
    scratch.mkdir(parents=True)
    (scratch / "features").write_bytes(decode_upload(first[0]).features.tobytes())
    return first, second


def _arrival(place: Place, device: str, body: bytes) -> InboxUpload:
    return InboxUpload(place.pool, device, 0, upload_id(body))


def _set_aside(place: Place, upload: InboxUpload, body: bytes) -> None:
    place.store.put(keys.rejected_upload(upload), body)
    place.store.put(keys.rejected_reason(upload), b'{"at":1799999000,"reason":"labels: %s"}' % ZOE.encode())


def _leave_behind(place: Place) -> None:
    """Leave what workers that died leave: a shard and a label list that nothing names."""
    dataset, _ = dataset_pointer.read(place.store, place.pool)
    columns, blocks = shards.read_whole(place.store, place.pool, dataset.shards[0])
    features = blocks.read(np.arange(len(columns)))
    for other in (features + 1, np.concatenate([features[1:], features[:1]])):
        shards.write(place.store, place.pool, columns, blocks_of(encoded(other)))
    orphan = encode_labels(["Ada", ZOE])
    objects.put(place.store, place.pool, orphan, publication="0" * 16)


def release(place: Place, learned: bytes, *, labels: tuple[str, ...]) -> None:
    """Release a head on both channels, whose files hold some bytes, as if they had been learned by heart."""
    store = place.store
    head = TrainedHead(
        labels=labels,
        weights=b"weights" + learned,
        heads={Precision.DYNAMIC: b"head" + learned},
        logits={Precision.DYNAMIC: np.zeros(len(labels), np.float32)},
        temperature=1.0,
        threshold=0.5,
        accuracy=None,
        held_out=0,
        rows=6,
        report={"trial": "last-layer"},
    )
    Publisher(store, load_or_create(place.settings.state, store), 1e6).publish(
        place.pool,
        head,
        bundle=place.bundle,
        previous=registry.read(store, place.pool),
        channels=(Channel.LATEST, Channel.BEST),
        trained=TrainedDataset("c", 6, "a cycle"),
        now=NOW - 50,
    )


def _keep_embeddings(place: Place) -> None:
    """Keep rows through a body that changes nothing, on the worker's disk."""
    data, kept, nothing = place.dataset(), KeptEmbeddings(), np.zeros(0, np.float32)
    body = kept.read(place.settings.state, place.pool, place.bundle, weights=nothing, erasure=None)
    embeddings = data.features[:]
    rows = NewRows(body, data.names, np.zeros(len(data), np.bool_), embeddings.shape[1], lambda some: embeddings[some])
    kept.keep(place.settings.state, place.pool, [rows])


def _release(place: Place, sent: list[bytes]) -> None:
    for number, body in enumerate(sent[:2]):
        release(place, decode_upload(body).features.tobytes(), labels=("Ada", "Ben", ZOE, f"Cleo {number}"))
        place.store.put(keys.trial(place.pool, f"c{number}", "last-layer"), f"cannot learn {ZOE}".encode())
