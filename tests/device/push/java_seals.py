"""Writes a cache for the Android library's tests to seal, and compares what they sealed with what this device seals.

    python -m tests.device.push.java_seals write DIR
    python -m tests.device.push.java_seals check DIR

    DIR/cache.sqlite3      inferences with feedback, as the Python device writes them, in tables that are not STRICT
    DIR/CODEC.upload       what the Python device seals of it with each codec
    DIR/java-CODEC.upload  what the Android library does (its test `SealedAsPythonTest`)

`check` opens the uploads of Java as the service does, and says how large both sides' are.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.codecs import Codec
from contract.self_test import Setup
from contract.upload import decode_upload, open_upload
from device.answers import Ranked
from device.cache.cache import Cache
from device.cache.feedback import NewFeedback
from device.cache.inferences import NewInference
from device.cache.setups import BundleSetup
from device.push.outbox import Outbox
from tests.device.cache.java_exchange import make_plain

SPACE, SHAPE = "a" * 64, (4, 4, 32)
ORIGIN, DEVICE = "family@0123456789abcdef", "d" * 16
PHOTOS = 120
LABELS = ("Ada Lovelace", "Zoë", "李小龙", "Ben", "O'Neill 2")
MOST_OFF = 0.01
"""By how much the sizes of two deflated uploads may differ: they are of two zlib streams."""


def write(folder: Path) -> None:
    """Write the cache, and what is sealed of it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make_plain(folder / "cache.sqlite3")
    fill(folder / "cache.sqlite3")
    for codec in Codec:
        (folder / f"{codec.value}.upload").write_bytes(seal(folder / "cache.sqlite3", codec))


def fill(path: Path) -> None:
    """Give a label to each photo, and to every fifth another one first."""
    draw = np.random.default_rng(7)
    used = BundleSetup(Setup("fedex 1", "tflite-runtime 2.14.0", "cpu, 1 thread", "Linux 6.1"), "b" * 64, 990_000)
    with Cache.open(path, max_unfed=1000) as cache:
        space = cache.inferences.space_key(SPACE, SHAPE)
        for number in range(PHOTOS):
            new = NewInference(
                number.to_bytes(16, "big"), None, feature(draw), [Ranked("Ada", 1.0)], False, 0, used, number
            )
            id_ = cache.inferences.add(new, space_key=space)
            labels = ("Ben", "Ada Lovelace") if number % 5 == 0 else (LABELS[number % len(LABELS)],)
            for label in labels:
                cache.feedback.add(NewFeedback(id_, label, False, ORIGIN, number))
        cache.setups.keep(1, cosine_ppm=999_987)


def feature(draw: np.random.Generator) -> NDArray[np.float32]:
    """Draw what a layer with ReLU gives: half of it zeros, channels of their own scale."""
    scale = np.geomspace(0.05, 20, SHAPE[-1])
    return np.maximum(draw.normal(size=SHAPE) * scale, 0).astype(np.float32)


def seal(cache_path: Path, codec: Codec) -> bytes:
    """Seal all of it in one upload, in a copy of the cache."""
    with tempfile.TemporaryDirectory() as place:
        copy = shutil.copy(cache_path, place)
        with Cache.open(Path(copy), max_unfed=1000) as cache:
            outbox = Outbox(cache, origin=ORIGIN, device=DEVICE, codec=codec, max_samples=256, now_ms=lambda: 0)
            sealed = outbox.seal()
    assert sealed is not None
    assert sealed.samples == PHOTOS
    return sealed.body


def check(folder: Path) -> None:
    """Open what Java sealed; it holds what this side's holds."""
    plain = PHOTOS * int(np.prod(SHAPE)) * 4
    for codec in Codec:
        own, javas = ((folder / f"{name}{codec.value}.upload").read_bytes() for name in ("", "java-"))
        open_upload(javas, space=SPACE, feature_shape=SHAPE)
        ours, theirs = decode_upload(own), decode_upload(javas)
        assert np.array_equal(ours.features, theirs.features), codec
        assert np.array_equal(ours.sample_ids, theirs.sample_ids), codec
        assert np.array_equal(ours.revisions, theirs.revisions), codec
        assert (ours.labels, ours.self_test) == (theirs.labels, theirs.self_test), codec
        assert abs(len(own) - len(javas)) <= MOST_OFF * len(own), (codec, len(own), len(javas))
        same = "the same bytes" if own == javas else f"{len(own)} bytes here, zlib's streams differ"
        print(f"{codec.value}: {len(javas)} bytes of Java, {same}; {len(javas) / plain:.3f} of the float32 numbers")


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](Path(sys.argv[2]))
