"""What others did while something was measured: told from what was measured itself, which the load is not."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.evidence.other_work import OtherWork, beside, busy_s
from bench.processes import TICKS

WORK = "import time\nwhile time.process_time() < 0.5: pass"


def test_what_others_did_is_told_and_little_is_not() -> None:
    """Seconds of a loaded machine once stood on the page as those of a machine."""
    assert beside("2 cores", 0.1) == "2 cores"
    assert beside("2 cores", 1.26) == "2 cores, beside other work (1.3 cores on average)"
    assert beside("2 cores", None) == "2 cores; whether it did other work was not counted"


def test_cores_are_those_that_nobody_here_used(tmp_path: Path) -> None:
    """The load before a measurement was that of the measurement before, and was told as other work."""
    stat = tmp_path / "stat"

    def write(seconds: float) -> None:
        ticks = round(seconds * TICKS)
        stat.write_text(f"cpu  {ticks} 0 0 7 7 0 0 7 0 0\ncpu0 1 1\n")

    write(100.0)
    others, began = OtherWork(stat), time.monotonic()
    own_s = time.process_time()
    subprocess.run([sys.executable, "-c", WORK], check=True)
    own_s = time.process_time() - own_s + 0.5
    wall_s = time.monotonic() - began
    write(100.0 + own_s)
    assert others.cores() == pytest.approx(0, abs=0.3)
    write(100.0 + own_s + 3 * wall_s)
    assert others.cores() == pytest.approx(3, abs=0.5)


def test_where_nobody_counts_nothing_is_said(tmp_path: Path) -> None:
    assert busy_s(tmp_path / "none") is None
    (tmp_path / "stat").write_text("intr 1 2 3\n")
    assert busy_s(tmp_path / "stat") is None
    assert OtherWork(tmp_path / "stat").cores() is None
