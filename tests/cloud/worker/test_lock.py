"""A state folder is one worker's: claimed for as long as it lives, and free once it is gone, however it went."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cloud.errors import SettingError
from cloud.worker.lock import claimed

CLAIM_AND_WAIT = """
import sys, time
from pathlib import Path
from cloud.worker.lock import claimed
with claimed(Path(sys.argv[1])):
    print("claimed", flush=True)
    time.sleep(600)
"""


def test_a_folder_that_another_worker_uses_is_refused_in_one_line_until_that_one_is_gone(tmp_path: Path) -> None:
    """Two workers with one state folder deleted each other's cycles."""
    with subprocess.Popen([sys.executable, "-c", CLAIM_AND_WAIT, tmp_path], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "claimed\n"
        with pytest.raises(SettingError, match=f"got {tmp_path}, which a worker is using: stop that first") as refused:
            claimed(tmp_path).__enter__()
        assert "\n" not in str(refused.value)
        other.send_signal(signal.SIGKILL)
        other.wait(timeout=60)
    with claimed(tmp_path):
        pass


def test_a_claim_can_be_made_again_and_again(tmp_path: Path) -> None:
    for _ in range(2):
        with claimed(tmp_path / "new" / "state"):
            assert (tmp_path / "new" / "state").stat().st_mode & 0o077 == 0


def test_a_process_that_the_worker_starts_does_not_hold_its_claim(tmp_path: Path) -> None:
    with claimed(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        with claimed(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()


def test_a_folder_that_cannot_be_made_is_a_setting_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingError, match="FEDEX_STATE: expected a folder that the worker may write to, got "):
        claimed(tmp_path / "file" / "state").__enter__()
