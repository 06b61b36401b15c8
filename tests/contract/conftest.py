"""What the contract's tests start from: uploads, bundles and manifests that are right, the same on every machine."""

import hashlib
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from contract.files import FileRef
from contract.manifest import Channel, HeadFile, Manifest, Precision
from contract.self_test import SelfTest, Setup
from contract.upload import Upload

SPACE = "5b" * 32
SELF_TEST = SelfTest(Setup("fedex 1.0.0", "ai-edge-litert 2.3.0", "cpu, 1 thread", "Linux 6.1.0 x86_64"), 999_987)
MakeUpload = Callable[..., Upload]
MakeManifest = Callable[..., Manifest]


def noise(size: int, *, seed: str) -> NDArray[np.uint8]:
    """`size` bytes that look random and never change: SHA-256 of the seed and a counter."""
    blocks = (hashlib.sha256(f"{seed} {counter}".encode()).digest() for counter in range(size // 32 + 1))
    return np.frombuffer(b"".join(blocks), np.uint8)[:size]


def gaussian(shape: tuple[int, ...], *, seed: str) -> NDArray[np.float32]:
    """Values like a feature's, about normal: the sum of four bytes of noise and a fraction; exact in float32."""
    raw = noise(4 * int(np.prod(shape)), seed=seed).reshape(-1, 4).astype(np.int64)
    fractions = (raw @ [1, 7, 31, 127]) % 4096 / 4096
    values: NDArray[np.float32] = ((raw.sum(axis=1) - 510 + fractions) / 128).astype(np.float32)
    return values.reshape(shape)


@pytest.fixture(scope="session")
def make_upload() -> MakeUpload:
    """Make an upload of `count` samples with features of `shape`; any field can be replaced."""

    def make(count: int = 3, shape: tuple[int, ...] = (2, 2, 3), **fields: object) -> Upload:
        values: dict[str, object] = {
            "space": SPACE,
            "self_test": SELF_TEST,
            "features": gaussian((count, *shape), seed="features"),
            "labels": tuple(("Ada Lovelace", "Βελισάριος", "明子")[index % 3] for index in range(count)),
            "sample_ids": noise(16 * count, seed="sample ids").reshape(count, 16),
            "revisions": np.arange(count, dtype=np.uint32) + np.uint32(1),
        }
        return Upload(**{**values, **fields})  # type: ignore[arg-type]  # fields are replaced by wrong ones on purpose

    return make


@pytest.fixture(scope="session")
def make_manifest() -> MakeManifest:
    """Make a manifest of two classes and two precisions; any field can be replaced."""

    def make(**fields: object) -> Manifest:
        logits = np.array([1.5, -0.25], np.float32)
        values: dict[str, object] = {
            "group": "home",
            "space": SPACE,
            "channel": Channel.BEST,
            "serial": 7,
            "issued": 1_760_000_000,
            "expires": 1_762_592_000,
            "cut": "freeze6",
            "feature_shape": (512,),
            "labels": FileRef("1a" * 32, 13),
            "label_count": 2,
            "heads": {
                Precision.FLOAT32: HeadFile.of(FileRef("2b" * 32, 4_104), logits),
                Precision.DYNAMIC: HeadFile.of(FileRef("3c" * 32, 1_032), logits + np.float32(0.125)),
            },
            "golden_sample_sha256": "4d" * 32,
            "temperature": 1.25,
            "threshold": 0.5,
            "validation_accuracy": 0.9944,
            "validation_samples": 181,
            "parent": "6e" * 32,
        }
        return Manifest(**{**values, **fields})  # type: ignore[arg-type]  # fields are replaced by wrong ones on purpose

    return make
