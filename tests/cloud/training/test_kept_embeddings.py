"""What a worker's disk keeps of all pools and spaces: found by pool and body, bounded, and gone after an erasure."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cloud.dataset.row_names import Names, base_names
from cloud.store.keys import Pool
from cloud.training.executors.arrays import Floats
from cloud.training.kept_embeddings import KeptBody, KeptEmbeddings, NewRows, pools_kept
from contract.bundle import TrainingBundle
from contract.files import FileRef

WIDTH, ROWS = 256, 10
HOME, AWAY = Pool("home", "6" * 64), Pool("away", "6" * 64)
NO_WEIGHTS, WEIGHTS = np.zeros(0, np.float32), np.ones(5, np.float32)


def names_of(pool: Pool, number: int = 0) -> Names:
    """Return names of ten rows of a pool."""
    return base_names(f"{number:02x}" + pool.group.encode().hex().rjust(62, "0"), ROWS)


def rows_of(body: KeptBody, names: Names, *, of_base: bool = False) -> NewRows:
    """Return new rows of a body; each has a number that its name decides."""
    embeddings = embeddings_of(names)
    return NewRows(body, names, np.full(len(names), of_base), WIDTH, lambda rows: embeddings[rows])


def embeddings_of(names: Names) -> Floats:
    numbers = np.array([sum(name) % 97 for name in names.tolist()], np.float32)
    return np.repeat(numbers[:, np.newaxis], WIDTH, axis=1)


def known(body: KeptBody, names: Names) -> int:
    """Count how many of some rows are known, and look at their embeddings."""
    rows = body.known(names)
    gathered = np.concatenate(list(rows.gather(np.zeros((len(names), WIDTH), np.float32))))
    np.testing.assert_array_equal(gathered[~rows.new], embeddings_of(names)[~rows.new])
    return int((~rows.new).sum())


@pytest.fixture
def read(tmp_path: Path, vector_bundle: TrainingBundle) -> Callable[..., KeptBody]:
    """Return what reads a body of a pool as a worker that has just begun."""

    def of(pool: Pool = HOME, weights: Floats = NO_WEIGHTS, *, erasure: str | None = None) -> KeptBody:
        return KeptEmbeddings().read(tmp_path, pool, vector_bundle, weights=weights, erasure=erasure)

    return of


def test_what_was_kept_of_a_pool_is_known_to_it_alone(tmp_path: Path, read: Callable[..., KeptBody]) -> None:
    names = names_of(HOME)
    KeptEmbeddings().keep(tmp_path, HOME, [rows_of(read(), names)])
    assert known(read(), names) == ROWS
    assert known(read(), names_of(HOME, 1)) == 0
    assert known(read(AWAY), names) == 0
    assert pools_kept(tmp_path) == [HOME]


def test_rows_of_the_base_are_kept_once_for_all_pools_of_a_space(tmp_path: Path, read: Callable[..., KeptBody]) -> None:
    base, ours = base_names("ba" * 32, ROWS), names_of(HOME)
    both = replace(rows_of(read(), np.concatenate([base, ours])), of_base=np.arange(2 * ROWS) < ROWS)
    KeptEmbeddings().keep(tmp_path, HOME, [both])
    assert known(read(), np.concatenate([ours, base])) == 2 * ROWS
    assert known(read(AWAY), np.concatenate([ours, base])) == ROWS


def test_rows_of_the_base_through_a_body_of_its_own_are_the_pools(
    tmp_path: Path, read: Callable[..., KeptBody]
) -> None:
    base = base_names("ba" * 32, ROWS)
    KeptEmbeddings().keep(tmp_path, HOME, [rows_of(read(HOME, WEIGHTS), base, of_base=True)])
    assert known(read(HOME, WEIGHTS), base) == ROWS
    assert known(read(HOME), base) == known(read(AWAY, WEIGHTS), base) == 0


def test_the_base_of_another_bundle_is_embedded_anew(
    tmp_path: Path, read: Callable[..., KeptBody], vector_bundle: TrainingBundle
) -> None:
    base = base_names("ba" * 32, ROWS)
    KeptEmbeddings().keep(tmp_path, HOME, [rows_of(read(), base, of_base=True)])
    replaced = replace(vector_bundle, base_file=FileRef.of(b"another"))
    body = KeptEmbeddings().read(tmp_path, HOME, replaced, weights=NO_WEIGHTS, erasure=None)
    assert known(body, base) == 0


def test_what_no_body_in_use_has_computed_goes(tmp_path: Path, read: Callable[..., KeptBody]) -> None:
    names, kept = names_of(HOME), KeptEmbeddings()
    kept.keep(tmp_path, HOME, [rows_of(read(), names)])
    kept.keep(tmp_path, HOME, [rows_of(read(HOME, WEIGHTS), names), rows_of(read(), names[:0])])
    assert known(read(HOME, WEIGHTS), names) == known(read(), names) == ROWS
    kept.keep(tmp_path, HOME, [rows_of(read(HOME, 2 * WEIGHTS), names), rows_of(read(), names[:0])])
    assert known(read(HOME, 2 * WEIGHTS), names) == known(read(), names) == ROWS
    assert known(read(HOME, WEIGHTS), names) == 0
    assert len(list((tmp_path / "embeddings" / "pools" / "home" / HOME.space).iterdir())) == 2


def pools_of(*numbers: int) -> list[Pool]:
    return [Pool(f"group-{number}", HOME.space) for number in numbers]


def size_of(state: Path) -> int:
    return sum(path.stat().st_size for path in (state / "embeddings").rglob("*") if path.is_file())


@pytest.fixture
def bytes_of_one(tmp_path: Path, read: Callable[..., KeptBody]) -> int:
    """Return what the disk keeps of one pool, the number 0."""
    [pool] = pools_of(0)
    KeptEmbeddings().keep(tmp_path, pool, [rows_of(read(pool), names_of(pool))])
    return size_of(tmp_path)


def test_pools_that_were_trained_longest_ago_go_first_also_after_a_restart(
    tmp_path: Path, read: Callable[..., KeptBody], bytes_of_one: int
) -> None:
    kept = KeptEmbeddings(most_bytes=int(3.5 * bytes_of_one))
    for pool in pools_of(1, 2):
        kept.keep(tmp_path, pool, [rows_of(read(pool), names_of(pool))])
    for age, pool in enumerate(pools_of(1, 0, 2)):  # the clock of files may be too coarse
        os.utime(tmp_path / "embeddings" / "pools" / pool.group / pool.space, (1000 + age, 1000 + age))
    later = KeptEmbeddings(most_bytes=int(3.5 * bytes_of_one))
    for pool in pools_of(3, 4):
        later.keep(tmp_path, pool, [rows_of(read(pool), names_of(pool))])
    assert pools_kept(tmp_path) == pools_of(2, 3, 4)
    assert size_of(tmp_path) <= 3.5 * bytes_of_one
    [second] = pools_of(2)
    later.keep(tmp_path, second, [rows_of(read(second), names_of(second)[:0])])  # a cycle without new rows
    for pool in pools_of(5):
        later.keep(tmp_path, pool, [rows_of(read(pool), names_of(pool))])
    assert pools_kept(tmp_path) == pools_of(2, 4, 5)


def test_a_pool_that_is_too_large_is_not_written_at_all(
    tmp_path: Path, read: Callable[..., KeptBody], bytes_of_one: int
) -> None:
    [pool] = pools_of(1)
    body = read(pool)
    unread = replace(rows_of(body, names_of(pool)), embeddings=lambda rows: pytest.fail("it was written"))
    KeptEmbeddings(most_bytes=bytes_of_one // 2).keep(tmp_path, pool, [unread])
    assert pools_kept(tmp_path) == []


def test_no_more_is_kept_than_is_left_free(
    tmp_path: Path, read: Callable[..., KeptBody], bytes_of_one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=int(1.5 * bytes_of_one)))
    [pool] = pools_of(1)
    KeptEmbeddings().keep(tmp_path, pool, [rows_of(read(pool), names_of(pool))])
    assert pools_kept(tmp_path) == [pool]


def test_an_erasure_takes_all_that_is_kept_of_its_pool(tmp_path: Path, read: Callable[..., KeptBody]) -> None:
    kept = KeptEmbeddings()
    for pool in (HOME, AWAY):
        bodies = [read(pool), read(pool, WEIGHTS)]
        kept.keep(tmp_path, pool, [rows_of(body, names_of(pool)) for body in bodies])
    kept.forget_erased(tmp_path, HOME, erasure=None)
    assert pools_kept(tmp_path) == [AWAY, HOME]
    kept.forget_erased(tmp_path, HOME, erasure="one")
    assert pools_kept(tmp_path) == [AWAY]
    assert known(read(AWAY), names_of(AWAY)) == ROWS
    kept.keep(tmp_path, HOME, [rows_of(read(erasure="one"), names_of(HOME))])
    kept.forget_erased(tmp_path, HOME, erasure="one")
    assert known(read(erasure="one"), names_of(HOME)) == ROWS
    assert known(read(erasure="two"), names_of(HOME)) == 0


def test_what_was_kept_without_an_index_goes_with_an_erasure_too(tmp_path: Path, read: Callable[..., KeptBody]) -> None:
    """Its worker was killed before it could say of when it is."""
    KeptEmbeddings().keep(tmp_path, HOME, [rows_of(read(), names_of(HOME))])
    [index] = (tmp_path / "embeddings" / "pools").rglob("index")
    index.unlink()
    KeptEmbeddings().forget_erased(tmp_path, HOME, erasure="one")
    assert [path for path in (tmp_path / "embeddings").rglob("*") if path.is_file()] == []
