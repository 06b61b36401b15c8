"""A space of large features, as of the cut freeze4, and uploads to it."""

import dataclasses
import hashlib

import numpy as np
import pytest

from contract.bundle import BaseSamples, TrainingBundle, TrainingBundleParts, write_training_bundle
from contract.codecs import Codec
from contract.upload import Upload, encode_upload
from tests.cloud.conftest import SELF_TEST

LARGE_SPACE = "7" * 64
LARGE_SHAPE = (8, 8, 896)


@pytest.fixture(scope="session")
def large_bundle(training_bundle: TrainingBundle, tmp_path_factory: pytest.TempPathFactory) -> TrainingBundle:
    """A bundle of that space."""
    folder = training_bundle.directory
    assert folder is not None
    facts = dataclasses.replace(training_bundle.facts, space=LARGE_SPACE, feature_shape=LARGE_SHAPE)
    parts = TrainingBundleParts(
        facts=facts,
        head=(folder / "head.keras").read_bytes(),
        labels=("Ada", "Ben"),
        golden=np.zeros(LARGE_SHAPE, np.float32),
        base=BaseSamples(
            features=np.zeros((2, *LARGE_SHAPE), np.float32),
            labels=np.array([0, 1], np.uint32),
            sample_ids=np.arange(32, dtype=np.uint8).reshape(2, 16),
            splits=np.zeros(2, np.uint8),
        ),
    )
    return write_training_bundle(tmp_path_factory.mktemp("large") / "training", parts)


def large_upload(name: str, *, samples: int, codec: Codec, repeat_last: bool = False) -> bytes:
    """An upload of features that are 0 everywhere; the name decides the sample ids, and the last may come twice."""
    ids = [hashlib.sha256(f"{name} {place}".encode()).digest()[:16] for place in range(samples)]
    upload = Upload(
        space=LARGE_SPACE,
        self_test=SELF_TEST,
        features=np.zeros((samples, *LARGE_SHAPE), np.float32),
        labels=("Ada",) * samples,
        sample_ids=np.frombuffer(bytearray(b"".join(ids)), np.uint8).reshape(-1, 16),
        revisions=np.zeros(samples, np.uint32),
    )
    if repeat_last:
        upload.sample_ids[-1] = upload.sample_ids[-2]
    return encode_upload(upload, codec=codec)
