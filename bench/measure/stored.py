"""How many bytes a pool keeps of what was uploaded, and how fast its features are read, for each cut and codec.

Everybody's real features are sealed in uploads, merged as a worker merges them, and read from a local file in the order
in which a training cycle reads them, once each. Beside it the same rows as float32 are copied out of a mapped file, as
they were kept before: from the disk, as of a pool larger than memory, and as far as memory holds it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.measure.features import Features, read_features
from bench.row import BenchRow, at_most
from bench.timing import compare
from cloud.dataset.ledger import Ledger, LedgerDraft
from cloud.dataset.shard_draft import ShardDraft
from cloud.dataset.shards import encode_shard, read_file
from cloud.store.keys import InboxUpload, Pool
from contract.callbacks import ignore
from contract.codecs import DEFAULT_CODEC, Codec
from contract.self_test import PPM, SelfTest, Setup
from contract.upload import Upload, encode_upload, open_encoded, upload_id

CUTS = ("freeze4", "freeze5", "freeze6")
SAMPLES_AN_UPLOAD = (1, 10)
MOST_STORED, MOST_READING = 1.3, 1.0
MAP_SAMPLES, VECTOR_SAMPLES = 100, 900
READ_ROUNDS = 15
POOL = Pool("bench", "5" * 64)

Rows = NDArray[np.int64]


def measure(work: Path) -> list[BenchRow]:
    """Return the bytes kept of each cut and codec, and how long reading takes."""
    return [row for cut in CUTS for row in _measure_cut(work, cut)]


def _measure_cut(work: Path, cut: str) -> Iterator[BenchRow]:
    features = read_features(work, cut=cut)
    count = MAP_SAMPLES if features.features.ndim > 2 else VECTOR_SAMPLES
    for codec in Codec:
        for each in SAMPLES_AN_UPLOAD:
            uploads = _seal(features, count, codec, each=each)
            shard = _merge(uploads, features.features.shape[1:])
            name = f"bytes kept over uploaded, {cut}, {codec}, {each} an upload"
            came = sum(map(len, uploads))
            yield BenchRow(name, len(shard) / count, "bytes", reference=came / count, goal=at_most(MOST_STORED))
        yield from _read(work, shard, cut, codec, features.features[:count])


def _seal(features: Features, count: int, codec: Codec, *, each: int) -> list[bytes]:
    places = (np.arange(begin, min(begin + each, count)) for begin in range(0, count, each))
    return [encode_upload(_upload(features, rows), codec=codec) for rows in places]


def _upload(features: Features, rows: Rows) -> Upload:
    return Upload(
        space=POOL.space,
        self_test=SelfTest(Setup("bench", features.runtime, "cpu, 1 thread", "this machine"), PPM),
        features=features.features[rows],
        labels=tuple(f"person {row // 10}" for row in rows.tolist()),
        sample_ids=features.sample_ids[rows],
        revisions=np.zeros(len(rows), np.uint32),
    )


def _merge(uploads: list[bytes], shape: tuple[int, ...]) -> bytes:
    draft = ShardDraft(shape, LedgerDraft(Ledger()), 0)
    for body in uploads:
        content, encoded = open_encoded(body, space=POOL.space, feature_shape=shape)
        draft.add(InboxUpload(POOL, "d" * 32, 0, upload_id(body)), content, encoded)
    return encode_shard(*draft.build())


def _read(work: Path, shard: bytes, cut: str, codec: Codec, features: NDArray[np.float32]) -> Iterator[BenchRow]:
    stored, plain = work / "stored-shard", work / "stored-float32"
    stored.write_bytes(shard)
    plain.write_bytes(features.tobytes())
    rows = np.arange(len(features))
    _, kept = read_file(stored)

    def read_mapped() -> NDArray[np.float32]:
        mapped = np.memmap(plain, np.dtype("<f4"), mode="r", shape=features.shape)
        return np.asarray(mapped[rows], np.float32)

    for state, forget in (("from the disk", _forget), ("in memory", ignore)):
        times = compare(
            lambda forget=forget: (forget(stored), kept.read(rows)),  # type: ignore[misc]  # mypy knows no such default
            lambda forget=forget: (forget(plain), read_mapped()),  # type: ignore[misc]  # as above
            rounds=READ_ROUNDS,
        )
        yield BenchRow(
            f"reading features over mapped float32, {state}, {cut}, {codec}",
            1e6 * times.measured_s / len(rows),
            "us a sample",
            reference=1e6 * times.reference_s / len(rows),
            goal=at_most(MOST_READING) if codec is DEFAULT_CODEC and forget is _forget else None,
        )


def _forget(path: Path) -> None:
    """Let the system forget what it holds of a file in memory, as it does of pools that are larger."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
