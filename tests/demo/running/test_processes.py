"""Nothing that the demo starts outlives it, however it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from demo.errors import DemoError, DiedEarly, TooSlow
from demo.running import process_guard
from demo.running.processes import running

SLEEPER = (
    "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; print({mark!r}); time.sleep(60)'])"
)
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)
DEMO = """
import pathlib, sys, time
from demo.running.processes import running
with running(pathlib.Path(sys.argv[1])) as processes:
    process = processes.start("sleeper", [sys.executable, "-c", sys.argv[2]], environment={})
    print(process.group.pid, flush=True)
    time.sleep(60)
"""


def group_is_alive(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pid: int) -> None:
    give_up = time.monotonic() + 20
    while group_is_alive(pid) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not group_is_alive(pid)


def wait_until_ended(pid: int) -> None:
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_processes_and_what_they_started(tmp_path: Path, ending: signal.Signals) -> None:
    command = [sys.executable, "-c", DEMO, str(tmp_path), SLEEPER.format(mark="grandchild")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as demo:
        assert demo.stdout is not None
        pid = int(demo.stdout.readline())
        assert group_is_alive(pid)
        demo.send_signal(ending)
        assert demo.wait(20) != 0
    assert not group_is_alive(pid)


def test_an_interrupt_while_a_process_starts_waits_until_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Ctrl-C between fork and book-keeping once left an export running on its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start_and_interrupt(*args: Any, **kwargs: Any) -> subprocess.Popen[bytes]:
        started.append(plain_popen(*args, **kwargs))
        signal.raise_signal(signal.SIGINT)
        return started[0]

    plain_popen = subprocess.Popen
    monkeypatch.setattr("demo.running.processes.subprocess.Popen", start_and_interrupt)
    with pytest.raises(KeyboardInterrupt), running(tmp_path) as processes:
        processes.start("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], environment={})
    assert not group_is_alive(started[0].pid)


def test_a_signal_at_the_very_end_does_not_disturb_the_stopping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing a terminal sends two signals; the second once came before the demo was deaf, and processes stayed."""

    def interrupt_and_set(*args: Any) -> object:
        signal.raise_signal(signal.SIGHUP)
        return plain_signal(*args)

    plain_signal = signal.signal
    with pytest.raises(KeyboardInterrupt), running(tmp_path) as processes:
        process = processes.start("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], environment={})
        monkeypatch.setattr("demo.running.processes.signal.signal", interrupt_and_set)
    assert process.group.returncode is not None


def test_an_interrupt_that_somebody_swallowed_comes_again_with_the_next_process(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), running(tmp_path) as processes:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        processes.call("next", [sys.executable, "-c", ""], environment={}, timeout_s=20)


def test_processes_end_when_the_demo_is_killed(tmp_path: Path) -> None:
    """SIGKILL of the demo once left service, worker and devices running for good."""
    sleep = "import time; time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", DEMO, str(tmp_path), sleep], stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        pid = int(demo.stdout.readline())
        demo.kill()
    wait_until_gone(pid)


def test_a_process_whose_demo_is_gone_before_it_starts_does_nothing() -> None:
    nobody = 1
    done = subprocess.run(
        [sys.executable, "-IS", process_guard.__file__, str(nobody), "echo", "here"], capture_output=True, text=True
    )
    assert done.stdout == ""


def test_a_failure_inside_stops_the_processes(tmp_path: Path) -> None:
    stack = contextlib.ExitStack()
    processes = stack.enter_context(running(tmp_path))
    process = processes.start("sleeper", [sys.executable, "-c", SLEEPER.format(mark="")], environment={})
    with pytest.raises(ZeroDivisionError), stack:
        raise ZeroDivisionError
    assert not group_is_alive(process.group.pid)


def test_a_process_that_was_ended_is_not_missed_and_the_others_go_on(tmp_path: Path) -> None:
    with running(tmp_path) as processes:
        one, other = (
            processes.start(name, [sys.executable, "-c", SLEEPER.format(mark="")], environment={})
            for name in ("one", "other")
        )
        processes.end("one")
        processes.check()
        assert not group_is_alive(one.group.pid)
        assert group_is_alive(other.group.pid)


def test_a_process_that_ignores_the_request_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.running.processes.STOP_TIMEOUT_S", 0.3)
    with running(tmp_path) as processes:
        process = processes.start("sleeper", [sys.executable, "-c", STUBBORN], environment={})
        processes.wait_until(lambda: "deaf" in process.log.read_text(), what="a deaf process", timeout_s=20)
    assert process.group.returncode == -signal.SIGKILL


def test_a_process_that_dies_is_reported_with_its_last_lines(tmp_path: Path) -> None:
    script = "print('no such store'); raise SystemExit(3)"
    with running(tmp_path) as processes:
        processes.start("worker", [sys.executable, "-c", script], environment={})
        with pytest.raises(DiedEarly, match=r"worker: .* got exit status 3[\s\S]*no such store"):
            processes.wait_until(lambda: False, what="never", timeout_s=20)


def test_a_call_that_fails_is_reported_with_its_last_lines(tmp_path: Path) -> None:
    script = "import sys; print('bad photo', file=sys.stderr); sys.exit(1)"
    with running(tmp_path) as processes, pytest.raises(DiedEarly, match="bad photo"):
        processes.call("infer", [sys.executable, "-c", script], environment={}, timeout_s=20)


def test_a_call_that_fails_because_another_process_died_names_that_one(tmp_path: Path) -> None:
    fail = [sys.executable, "-c", "raise SystemExit(1)"]
    with running(tmp_path) as processes:
        process = processes.start("serve", [sys.executable, "-c", "raise SystemExit('no port')"], environment={})
        wait_until_ended(process.group.pid)
        with pytest.raises(DiedEarly, match=r"serve: [\s\S]*no port"):
            processes.call("infer", fail, environment={}, timeout_s=20)


def test_a_call_returns_what_was_printed_and_sees_its_environment(tmp_path: Path) -> None:
    script = "import os; print(os.environ['WORD'])"
    with running(tmp_path) as processes:
        said = processes.call("echo", [sys.executable, "-c", script], environment={"WORD": "yes"}, timeout_s=20)
    assert said == "yes\n"


def test_a_call_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    started = time.monotonic()
    with running(tmp_path) as processes, pytest.raises(TooSlow, match="expected an end within 0 s"):
        processes.call("sleep", [sys.executable, "-c", "import time; time.sleep(60)"], environment={}, timeout_s=0.2)
    assert time.monotonic() - started < 20


def test_waiting_ends_with_what_was_waited_for(tmp_path: Path) -> None:
    with running(tmp_path) as processes, pytest.raises(TooSlow, match="expected a release within 0 s"):
        processes.wait_until(lambda: False, what="a release", timeout_s=0.1, every_s=0.05)


def test_nothing_starts_once_the_demo_is_stopping(tmp_path: Path) -> None:
    with running(tmp_path) as processes:
        processes.stop()
        with pytest.raises(DemoError, match="the demo is stopping"):
            processes.start("late", [sys.executable, "-c", ""], environment={})
