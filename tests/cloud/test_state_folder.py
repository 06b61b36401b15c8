"""The worker's state folder: nobody else reads it, it is no part of the store, and a killed worker leaves nothing."""

import logging
from pathlib import Path

import pytest

from cloud import state_folder
from cloud.errors import SettingError
from cloud.settings import Settings
from cloud.store import folder_of
from cloud.worker.lock import claimed
from cloud.worker.start import run_worker


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o777])
def test_a_folder_that_others_could_read_is_its_owners_alone_from_then_on(
    tmp_path: Path, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    """One that was made before, by hand or by an older version, left features readable by everybody."""
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(mode)
    with caplog.at_level(logging.WARNING), claimed(state):
        assert mode_of(state) == 0o700
    assert [f"had mode {mode:03o}" in one for one in caplog.messages] == [True]


def test_a_folder_that_is_its_owners_alone_is_no_news(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        with caplog.at_level(logging.WARNING), claimed(tmp_path / "state"):
            assert mode_of(tmp_path / "state") == 0o700
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("state", "store"),
    [("one", "one"), ("one/state", "one"), ("one", "one/store"), ("link", "one"), ("one/../one", "one")],
)
def test_a_worker_whose_state_folder_is_not_apart_from_its_store_does_not_start(
    tmp_path: Path, state: str, store: str
) -> None:
    """Its signing key was an object of the store."""
    (tmp_path / "one").mkdir()
    (tmp_path / "link").symlink_to("one")
    settings = Settings(store=f"dir:{tmp_path / store}", state=tmp_path / state)
    with pytest.raises(SettingError, match=r"FEDEX_STATE: expected a folder apart from that of FEDEX_STORE, got "):
        run_worker(settings)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["link", "one"]


@pytest.mark.parametrize("store", ["dir:{}/store", "dir:{}/state-2", "s3://bucket?endpoint=http://127.0.0.1:9"])
def test_folders_beside_each_other_and_a_bucket_are_apart(tmp_path: Path, store: str) -> None:
    state_folder.check_apart(tmp_path / "state", folder_of(store.format(tmp_path)))


def test_a_link_in_the_place_of_the_scratch_folder_is_said_for_what_it_is(tmp_path: Path) -> None:
    """A link that led nowhere was told as a lack of room, in every cycle, for ever."""
    (tmp_path / "cycles").symlink_to("nowhere")
    with pytest.raises(SettingError, match=r"expected \S+/cycles to be a folder, got a link: link \S+ itself"):
        claimed(tmp_path).__enter__()


def test_a_state_folder_may_be_a_link_itself(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "state").symlink_to("disk")
    with claimed(tmp_path / "state"):
        assert mode_of(tmp_path / "disk") == 0o700


def test_what_a_killed_worker_was_writing_is_swept_and_nothing_else(tmp_path: Path) -> None:
    space = tmp_path / "spaces" / ("5" * 64)
    space.mkdir(parents=True)
    kept = [tmp_path / "signing.pem", tmp_path / ".kept", tmp_path / ".kept.00", space / "bundle.json"]
    left = [tmp_path / ".chain.json.0123456789abcdef", space / ".base.tensors.0123456789abcdef"]
    for path in (*kept, *left):
        path.touch()
    with claimed(tmp_path):
        assert all(path.exists() for path in kept)
        assert not any(path.exists() for path in left)
