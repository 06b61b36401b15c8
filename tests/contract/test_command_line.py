"""A command line begins with open streams and ends quietly; each case is a process of its own."""

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

STREAMS = ("0<&-", "1>&-", "2>&-")
CLOSED = [" ".join(some) for count in (1, 2, 3) for some in itertools.combinations(STREAMS, count)]
PROGRAM = """
import os, subprocess, sys
from contract.command_line import run

def main():
    print("to nobody", file=sys.stdout, flush=True)
    print("to nobody", file=sys.stderr, flush=True)
    assert sys.stdin is not None
    with open(sys.argv[1], "wb", buffering=0) as file:
        assert file.fileno() > 2, file.fileno()
        os.write(1, b"from C")
        os.write(2, b"from C")
        subprocess.run([sys.executable, "-c", "print('a child')"], check=True)
        file.write(b"kept")
    return 7

run(main)
"""


def python(
    program: str, *arguments: object, redirect: str = "", **options: object
) -> "subprocess.CompletedProcess[str]":
    command = ["sh", "-c", f'exec "$@" {redirect}', "sh", sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("closed", CLOSED)
def test_closed_streams_are_open_and_no_file_takes_their_place(tmp_path: Path, closed: str) -> None:
    """The next file that was opened, as the cache, became standard error, and greetings were written into it."""
    done = python(PROGRAM, tmp_path / "file", redirect=closed)
    assert done.returncode == 7, done.stderr
    assert (tmp_path / "file").read_bytes() == b"kept"


def test_open_streams_stay_what_they_are(tmp_path: Path) -> None:
    done = python(PROGRAM, tmp_path / "file")
    assert (done.stdout, done.stderr) == ("to nobody\nfrom Ca child\n", "to nobody\nfrom C")


INTERRUPTED = "import os, signal, sys\nos.kill(os.getpid(), signal.SIGINT)\n"
SWALLOWS = (
    "try:\n    import interrupted\nexcept BaseException:\n    raise ImportError('a library that cannot be loaded')\n"
)


@pytest.mark.parametrize("text", [INTERRUPTED, SWALLOWS], ids=["at once", "in a library that swallows it"])
def test_ctrl_c_while_modules_load_is_quiet(tmp_path: Path, text: str) -> None:
    (tmp_path / "interrupted.py").write_text(INTERRUPTED)
    (tmp_path / "heavy.py").write_text(f"{text}\ndef main():\n    print('ran on')\n")
    done = python(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nfrom contract.command_line import start\nstart('heavy')"
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_ctrl_c_while_it_works_is_quiet() -> None:
    program = f"from contract.command_line import run\ndef main():\n    exec({INTERRUPTED!r})\nrun(main)"
    done = python(program)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_ctrl_c_while_it_ends_is_quiet() -> None:
    """The interpreter waits for threads and calls what was registered, and showed the traceback of each."""
    late = f"import atexit\natexit.register(lambda: exec({INTERRUPTED!r}))"
    program = f"{late}\nfrom contract.command_line import run\nrun(int)"
    done = python(program)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_what_ignores_ctrl_c_goes_on_ignoring_it() -> None:
    """A shell starts what runs in its background so."""
    program = f"from contract.command_line import run\ndef main():\n    exec({INTERRUPTED!r})\n    return 5\nrun(main)"
    ignore = "import signal, os, sys; signal.signal(signal.SIGINT, signal.SIG_IGN)"
    ignoring = f"{ignore}; os.execv(sys.executable, [sys.executable, '-c', {program!r}])"
    assert python(ignoring).returncode == 5


def test_a_process_that_starts_while_interrupts_wait_does_not_hear_them() -> None:
    program = """
import os, signal, subprocess, sys
from contract.command_line import interrupts_wait
with interrupts_wait():
    interrupted = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('deaf')"
    child = subprocess.Popen([sys.executable, "-c", interrupted])
assert child.wait() == 0
os.kill(os.getpid(), signal.SIGINT)
"""
    done = python(program)
    assert done.stdout == "deaf\n"
    assert done.stderr.splitlines()[-1] == "KeyboardInterrupt"


def test_an_interpreter_of_this_test_hears_ctrl_c() -> None:
    """Or the tests above would prove nothing."""
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN, os.getpid()
