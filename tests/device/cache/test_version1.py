"""A cache that the first version of this program wrote is opened, pushed and added to by the present one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from contract.codecs import Codec
from contract.upload import decode_upload, upload_id
from device.answers import Ranked
from device.cache.cache import Cache
from device.cache.uploads import UploadState
from device.push.outbox import Outbox
from tests.device.cache.entries import feedback, inference

DUMP = Path(__file__).with_name("version1.sql")
ORIGIN, DEVICE = "family@0123456789abcdef", "d" * 16


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The cache, as a file."""
    path = tmp_path / "cache.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text("utf-8"))
    return path


def test_it_holds_what_was_put_into_it(old: Path) -> None:
    with Cache.open(old, max_unfed=100) as cache:
        assert cache.secret == bytes(range(32))
        assert cache.inferences.count() == 6
        fourth = cache.inferences.get(4)
        assert (fourth.unknown, fourth.head_serial, fourth.taken_ms) == (True, 3, 1004)
        assert fourth.results == (Ranked("Ada", 0.75), Ranked("Zo\u00eb", 0.25))
        assert cache.uploads.count_acknowledged_samples() == 1
        refused, waiting = cache.uploads.unfinished()
    assert (refused.state, refused.problem) == (UploadState.REFUSED, "PUT here: 422 expected this, got that")
    assert (waiting.state, waiting.problem) == (UploadState.WAITING, "PUT here: 503")


def test_its_uploads_are_sent_as_they_were_sealed_and_what_waits_is_sealed(old: Path) -> None:
    with Cache.open(old, max_unfed=100) as cache:
        outbox = Outbox(cache, origin=ORIGIN, device=DEVICE, codec=Codec.FLOAT32, max_samples=9, now_ms=lambda: 6_000)
        [unsent] = outbox.unsent()
        sealed = outbox.find(unsent)
        assert sealed is not None
        assert upload_id(sealed.body) == sealed.id == unsent
        outbox.acknowledge(unsent)
        new = outbox.seal()
        assert new is not None
        upload = decode_upload(new.body)
        assert (upload.labels, upload.revisions.tolist()) == (("Zo\u00eb",), [5])
        assert np.array_equal(upload.features, np.arange(4, dtype=np.float32).reshape(1, 2, 2) * 4)
        outbox.retry_refused()
        assert len(outbox.unsent()) == 2


def test_ids_and_revisions_go_on_rising(old: Path) -> None:
    with Cache.open(old, max_unfed=100) as cache:
        key = cache.inferences.space_key("a" * 64, (2, 2))
        assert (key, cache.inferences.add(inference(), space_key=key)) == (1, 7)
        assert cache.feedback.add(feedback(7)) == 7
