"""Several devices at once, and several commands of one device in one process."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo.errors import DemoError
from demo.running.parallel import run_in_parallel
from demo.running.processes import running


def test_results_come_in_the_order_of_the_items(tmp_path: Path) -> None:
    def slow_first(item: int) -> int:
        time.sleep(0.05 * (2 - item))
        return item

    with running(tmp_path) as processes:
        assert run_in_parallel(slow_first, [0, 1, 2], processes=processes) == [0, 1, 2]


def test_when_one_fails_the_others_do_not_go_on(tmp_path: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    fail = [sys.executable, "-c", "raise SystemExit(7)"]
    started = time.monotonic()
    with running(tmp_path) as processes, pytest.raises(DemoError, match="got exit status 7"):
        run_in_parallel(
            lambda command: processes.call("one", command, environment={}, timeout_s=60),
            [sleep, fail],
            processes=processes,
        )
    assert time.monotonic() - started < 30


def test_a_session_ends_with_the_first_command_that_fails(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo.running.session"],
        input='["--help"]\n["feedback", "1", "--right"]\n["--help"]\n',
        env={"FEDEX_HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stdout.count("Usage:") == 1
    assert "expected" in done.stderr
