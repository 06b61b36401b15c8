"""Bare `make` says what it can do."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = {"install", "export", "demo", "serve", "worker", "minio", "test", "test-all", "check", "bench", "clean"}


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")
def test_bare_make_prints_every_target_with_a_line_of_help() -> None:
    printed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    helped = dict(re.findall(r"^  make (\S+) +(\S.*)$", printed.stdout, re.MULTILINE))
    assert set(helped) >= TARGETS
    assert all(helped.values())
