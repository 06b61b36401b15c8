"""What is forgotten is in no byte of the cache's files, and no number is given out again."""

from pathlib import Path

import numpy as np
import pytest

from device.cache.cache import Cache
from device.cache.uploads import SealedUpload
from device.errors import Storage
from tests.device.cache.entries import SPACE, feedback, inference
from tests.device.tables import change, pass_self_tests, rows

NUMBERS = range(8_000_017, 16_000_017, 400_000)
LABEL = "Zoe of the forgotten"


def fill(path: Path) -> Cache:
    """Open a cache of samples with feedback, one of which is sealed and one acknowledged."""
    cache = Cache.open(path, max_unfed=100)
    key = cache.inferences.space_key(SPACE, (4,))
    for number in NUMBERS:
        cache.feedback.add(feedback(cache.inferences.add(inference(number), space_key=key), LABEL))
    pass_self_tests(path)
    for revision, name in ((1, "a"), (2, "b")):
        sealed = SealedUpload(name * 64, SPACE, 1, b"a sealed body")
        assert cache.uploads.add(sealed, revisions=(revision,), origin="o", device="d" * 16, sealed_ms=1)
    cache.uploads.acknowledge("a" * 64)
    return cache


def found(path: Path) -> set[bytes]:
    """What of it all is in the files of a cache."""
    held = b"".join(file.read_bytes() for file in path.parent.iterdir())
    needles = [np.full(4, number, np.float32).tobytes() for number in NUMBERS]
    needles += [number.to_bytes(16, "big") for number in NUMBERS]
    return {needle for needle in (*needles, LABEL.encode(), b"a sealed body") if needle in held}


def test_nothing_is_left_in_the_files(path: Path) -> None:
    with fill(path) as cache:
        assert len(found(path)) == 2 * len(NUMBERS) + 2
        cache.forget()
        assert found(path) == set()
        assert cache.uploads.unfinished() == []
        assert cache.uploads.count_acknowledged_samples() == 0
        assert cache.feedback.unsealed(origin="") == []


def test_numbers_and_the_secret_go_on(path: Path) -> None:
    """A revision that came twice would be taken for an old one by the service."""
    with fill(path) as cache:
        secret = cache.secret
        cache.forget()
        key = cache.inferences.space_key(SPACE, (4,))
        assert cache.inferences.add(inference(1), space_key=key) == len(NUMBERS) + 1
        assert cache.feedback.add(feedback(len(NUMBERS) + 1)) == len(NUMBERS) + 1
    with Cache.open(path, max_unfed=100) as cache:
        assert cache.secret == secret


def test_what_cannot_be_forgotten_is_all_there_still(path: Path) -> None:
    with fill(path) as cache:
        change(path, "CREATE TRIGGER broken BEFORE DELETE ON faces BEGIN SELECT raise(ABORT, 'no'); END")
        change(path, f"INSERT INTO faces VALUES (x'{'0' * 32}', x'{'1' * 32}', '[0,0,1,1]', 1)")
        with pytest.raises(Storage, match="no"):
            cache.forget()
    assert rows(path, "SELECT count(*) FROM feedback") == [(len(NUMBERS),)]
