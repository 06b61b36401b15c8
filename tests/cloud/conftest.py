"""Stores, spaces and uploads for the tests of the service."""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from cloud import devices, spaces
from cloud.devices import Device
from cloud.keys import Arrival, Pool
from cloud.objects import ObjectStore, open_store
from contract.bundle import BaseSamples, TrainingBundle, write_training_bundle
from contract.codecs import Codec
from contract.upload import Upload, encode_upload, upload_id
from demo.minio import Minio

SPACE = "5" * 64
SHAPE = (4,)
DEVICE = "d" * 32
TOKEN_SECRET = "s" * 43

MakeUpload = Callable[..., bytes]


_numbers = itertools.count()


@pytest.fixture(scope="session")
def bucket_address(minio: Minio) -> Iterator[Callable[[], str]]:
    """Makes FEDEX_STORE of a new bucket; credentials are in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in minio.environment.items():
            patch.setenv(name, value)
        yield lambda: minio.store_url(f"t-{next(_numbers)}")


@pytest.fixture(params=["directory", "minio"])
def store_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """FEDEX_STORE of an empty store."""
    if request.param == "directory":
        return f"dir:{tmp_path / 'store'}"
    return str(request.getfixturevalue("bucket_address")())


@pytest.fixture
def store(store_address: str) -> ObjectStore:
    """An empty store, ready to use."""
    opened = open_store(store_address)
    opened.prepare()
    return opened


@pytest.fixture
def directory_store(tmp_path: Path) -> ObjectStore:
    """An empty directory store, for what does not depend on the kind of store."""
    opened = open_store(f"dir:{tmp_path / 'directory-store'}")
    opened.prepare()
    return opened


@pytest.fixture
def pool() -> Pool:
    """The pool of group `home` in the space of `training_bundle`."""
    return Pool("home", SPACE)


@pytest.fixture(scope="session")
def training_bundle(tmp_path_factory: pytest.TempPathFactory) -> TrainingBundle:
    """A bundle with features of four numbers, two people, and two photos of each."""
    random = np.random.default_rng(0)
    return write_training_bundle(
        tmp_path_factory.mktemp("bundle") / "training",
        space=SPACE,
        cut="freeze6",
        layer="Bottleneck_BatchNorm",
        feature_shape=SHAPE,
        head=b"the web side never opens it",
        labels=("Ada", "Ben"),
        golden=np.zeros(SHAPE, np.float32),
        base=BaseSamples(
            features=random.normal(size=(4, *SHAPE)).astype(np.float32),
            labels=np.array([0, 0, 1, 1], np.uint32),
            sample_ids=random.integers(0, 256, (4, 16), np.uint8),
            splits=np.zeros(4, np.uint8),
        ),
        temperature=1.0,
        threshold=0.5,
    )


@pytest.fixture
def space(store: ObjectStore, training_bundle: TrainingBundle) -> str:
    """The space of `training_bundle`, registered in `store`, and device `DEVICE` of group `home` enrolled there."""
    assert training_bundle.directory is not None
    spaces.register(store, training_bundle.directory)
    devices.add(store, Device(DEVICE, "home", 0, hashlib.sha256(TOKEN_SECRET.encode()).hexdigest(), 0))
    return training_bundle.space


@pytest.fixture
def make_upload() -> MakeUpload:
    """Seals an upload of one sample for each label; names decide the sample ids."""

    def make(
        labels: list[str],
        *,
        names: list[str] | None = None,
        revision: int = 0,
        space: str = SPACE,
        shape: tuple[int, ...] = SHAPE,
    ) -> bytes:
        names = names or [f"{label}-{place}" for place, label in enumerate(labels)]
        ids = [hashlib.sha256(name.encode()).digest()[:16] for name in names]
        features = [np.full(shape, int.from_bytes(one[:2], "big") + revision, np.float32) for one in ids]
        upload = Upload(
            space=space,
            runtime="test 1.0",
            features=np.stack(features),
            labels=tuple(labels),
            sample_ids=np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16),
            revisions=np.full(len(labels), revision, np.uint32),
        )
        return encode_upload(upload, codec=Codec.FLOAT32)

    return make


@pytest.fixture
def arrive(pool: Pool) -> Callable[[bytes], Arrival]:
    """Where an upload of `DEVICE` waits."""
    return lambda body: Arrival(pool, DEVICE, 0, upload_id(body))
