"""The commands that copy a store, bring it back, and look whether it holds together."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cloud.cli import commands
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.pointer import PoolErasure
from cloud.releases import registry
from cloud.store import keys, open_store
from cloud.worker.lock import claimed
from tests.cloud.admin.conftest import place as place
from tests.cloud.admin.conftest import released_pool as released_pool
from tests.cloud.admin.places import BEST, Place


def run(place: Place, *arguments: str, store: str | None = None) -> Result:
    environment = {"FEDEX_STORE": store or repr(place.store), "FEDEX_STATE": str(place.state)}
    return CliRunner().invoke(commands, arguments, env=environment)


@pytest.fixture
def released(place: Place) -> Place:
    """A place whose release was trained on what is there."""
    dataset = dataset_pointer.swap(place.store, place.pool, dataset_pointer.EMPTY, previous=None)
    place.publish(1)
    current = registry.read(place.store, place.pool)
    registry.forget_trained(place.store, place.pool, previous=current)
    assert dataset.rows == 0
    return place


def test_a_store_is_copied_and_brought_back_with_higher_serials(released: Place, tmp_path: Path) -> None:
    backed_up = run(released, "backup", f"dir:{tmp_path / 'copy'}")
    assert (backed_up.exit_code, backed_up.stdout.endswith(" bytes\n")) == (0, True)
    lost = released.publish(2)
    restored = run(released, "restore", f"dir:{tmp_path / 'copy'}", store=f"dir:{tmp_path / 'new'}")
    assert restored.exit_code == 0
    lines = restored.stdout.splitlines()
    assert ", as they were at 20" in lines[0]
    assert lines[1].startswith(f"pool {released.pool.path}: best goes on as ")
    standing = registry.read(open_store(f"dir:{tmp_path / 'new'}"), released.pool).channels[BEST].manifest
    assert standing.serial > lost.serial
    assert run(released, "fsck", store=f"dir:{tmp_path / 'new'}").exit_code == 0


def test_a_stray_object_in_an_inbox_keeps_no_store_from_being_restored(released: Place, tmp_path: Path) -> None:
    stray = f"{keys.pool_inbox(released.pool)}README"
    released.store.put(stray, b"")
    assert run(released, "backup", f"dir:{tmp_path / 'copy'}").exit_code == 0
    restored = run(released, "restore", f"dir:{tmp_path / 'copy'}", store=f"dir:{tmp_path / 'new'}")
    assert restored.exit_code == 0
    assert f"pool {released.pool.path}: best goes on as " in restored.stdout
    assert f"{stray}: expected " in restored.stdout


def test_a_restore_carries_out_an_erasure_that_the_back_up_met(released: Place, tmp_path: Path) -> None:
    assert run(released, "backup", f"dir:{tmp_path / 'copy'}").exit_code == 0
    copy = open_store(f"dir:{tmp_path / 'copy'}")
    dataset, pointer = dataset_pointer.read(copy, released.pool)
    dataset_pointer.swap(copy, released.pool, replace(dataset, erasure=PoolErasure("e" * 32, {})), previous=pointer)
    restored = run(released, "restore", f"dir:{tmp_path / 'copy'}", store=f"dir:{tmp_path / 'new'}")
    assert restored.exit_code == 0
    assert registry.read(open_store(f"dir:{tmp_path / 'new'}"), released.pool).erasure == "e" * 32


def test_a_store_is_restored_only_while_no_worker_uses_the_state_folder(released: Place, tmp_path: Path) -> None:
    run(released, "backup", f"dir:{tmp_path / 'copy'}")
    with claimed(released.state):
        refused = run(released, "restore", f"dir:{tmp_path / 'copy'}", store=f"dir:{tmp_path / 'new'}")
        assert "which a worker is using: stop that first" in str(refused.exception)
        assert "which a worker is using: stop that first" in str(run(released, "fsck", "--mend").exception)


def test_looking_says_faults_ends_with_1_and_writes_nothing(released: Place) -> None:
    released.store.put(f"receipts/{released.pool.path}/{'d' * 32}.0/{'a' * 64}", b"")
    released.store.delete(keys.dataset_pointer(released.pool))
    before = released.store.list("")
    ended = run(released, "fsck")
    assert f"{keys.dataset_pointer(released.pool)}: expected the pointer of a dataset, got none" in ended.stdout
    assert str(ended.exception) == f"{released.store!r}: 1 fault; --mend mends what can be"
    assert released.store.list("") == before


def test_what_is_mended_is_said_and_no_fault_any_more(released: Place) -> None:
    released.publish(2)  # trained on two rows, of none
    assert run(released, "fsck").exit_code == 1
    mended = run(released, "fsck", "--mend")
    assert (mended.exit_code, mended.stdout.endswith(" (mended)\nthe store holds together\n")) == (0, True)
    assert run(released, "fsck").stdout == "the store holds together\n"


def test_a_store_that_was_restored_by_other_means_raises_its_serials(released: Place) -> None:
    before = registry.read(released.store, released.pool).channels[BEST].manifest.serial
    ended = run(released, "fsck", "--restored")
    assert ended.exit_code == 0
    assert registry.read(released.store, released.pool).channels[BEST].manifest.serial > before + 1_000_000
