"""Every command line as it is started: with its standard streams closed, and interrupted while its modules load."""

import os
import pty
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INTERRUPTED = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n"
ENTRIES = ("device", "export", "cloud")
LOADING = {
    "device status": "click",
    "device enrol": "requests",
    "export cuts": "click",
    "export bundle --classes 2": "keras",
    "cloud status": "click",
    "cloud worker": "cryptography",
    "cloud serve": "gunicorn",
    "demo.run": "numpy",
    "bench upload": "click",
}
"""A library that each command loads, at its start or when it comes to its work."""


def run(command: str, *, redirect: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FEDEX_")}
    shell = ["sh", "-c", f'exec "$@" {redirect}', "sh", sys.executable, "-m", *command.split()]
    environment = {**inherited, **environment}
    return subprocess.run(shell, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("command", LOADING)
def test_ctrl_c_is_quiet_while_a_command_loads_its_libraries(tmp_path: Path, command: str) -> None:
    """It showed a traceback of forty lines, of whichever import it met."""
    (tmp_path / f"{LOADING[command]}.py").write_text(INTERRUPTED)
    settings = {"FEDEX_STORE": f"dir:{tmp_path / 'store'}", "FEDEX_ENROLMENT": "a-secret-code=home"}
    device = {"FEDEX_BUNDLE": str(tmp_path), "FEDEX_URL": "http://127.0.0.1:1", "FEDEX_BIND": "127.0.0.1:0"}
    done = run(command, PYTHONPATH=str(tmp_path), FEDEX_HOME=str(tmp_path / "home"), **settings, **device)
    told = [line for line in done.stderr.splitlines() if line != "loading Keras" and not line.startswith("{")]
    assert (done.returncode, done.stdout, told) == (130, "", [])


def test_ctrl_c_while_keras_loads_gives_the_terminal_its_cursor_back(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text(INTERRUPTED)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "export", "bundle", "--classes", "2"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "TERM": "xterm"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stderr=theirs, timeout=60, check=False)
    os.close(theirs)
    shown = os.read(ours, 1 << 16)
    os.close(ours)
    assert done.returncode == 130
    assert shown.count(b"\x1b[?25l") == shown.count(b"\x1b[?25h") == 1
    assert b"Traceback" not in shown


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("command", "status"), [("device --help", 0), ("cloud --help", 0), ("export --help", 0), ("bench nothing", 2)]
)
def test_a_command_ends_the_same_with_its_streams_closed(command: str, status: int, closed: str) -> None:
    assert run(command, redirect=closed).returncode == status


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_the_demo_refuses_the_same_with_its_streams_closed(closed: str) -> None:
    done = run("demo.run", redirect=closed, STORE="floppy")
    assert done.returncode == 1
    assert ("floppy" in done.stderr) is ("2>&-" not in closed)


def test_installed_commands_begin_where_nothing_heavy_is_loaded() -> None:
    """An entry point loads its package before it calls anything of it."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    entries = re.findall(r"= (\S+):main", setup["options.entry_points"]["console_scripts"])
    assert sorted(entries) == sorted(f"{name}.__main__" for name in ENTRIES)
    imports = f"import sys, {', '.join(entries)}, demo.run; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", imports], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"numpy", "click", "PIL", "keras"} & set(loaded.stdout.split())
