"""Processes that outlive a cycle: who takes them over, what they let go of, and when they end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cloud.training.executors import idle as idle_module
from cloud.training.executors.executor import Task, TaskEnding
from cloud.training.executors.idle import IdleProcesses
from cloud.training.executors.local import LocalExecutor
from cloud.training.executors.task_data import TaskData
from tests.cloud.training.executors.conftest import (
    NOTHING,
    MakeExecutor,
    answer,
    is_alive,
    open_files,
    say,
    wait_until_gone,
)

ROWS = TaskData({}, {"rows": np.ones((300_000, 2), np.float32)})
"""Large enough to be mapped."""


@pytest.fixture
def idle() -> Iterator[IdleProcesses]:
    """Yield what keeps processes of several executors."""
    processes = IdleProcesses(warm_s=600)
    yield processes
    processes.close()


def pid_of_cycle(executor: LocalExecutor, *tasks: Task) -> int:
    """Run tasks, one by default, as a cycle does; return the process of the first one."""
    outcomes = executor.run(tasks or [say("a")], NOTHING)
    executor.close()
    pid: int = answer(outcomes[0])["pid"]
    return pid


def test_the_next_cycle_takes_the_process_over_with_what_it_has_imported(
    make_executor: MakeExecutor, idle: IdleProcesses
) -> None:
    assert pid_of_cycle(make_executor(idle=idle)) == pid_of_cycle(make_executor(idle=idle))


def test_without_a_time_to_wait_processes_end_with_their_cycle(make_executor: MakeExecutor) -> None:
    idle = IdleProcesses(warm_s=0)
    pid = pid_of_cycle(make_executor(idle=idle))
    assert not is_alive(pid)
    assert pid_of_cycle(make_executor(idle=idle)) != pid


def test_a_process_between_cycles_holds_no_file_of_the_one_before(
    make_executor: MakeExecutor, idle: IdleProcesses, tmp_path: Path
) -> None:
    """What is deleted stays on the disk while somebody has it open or mapped: the log, inputs, temporary files."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    executor = make_executor(idle=idle, temporary=temporary)
    [outcome] = executor.run([Task("a", "leave_files", {"say": "Zoe was here"})], ROWS)
    pid = answer(outcome)["pid"]
    assert any("inputs/rows" in name for name in open_files(pid))
    log = (executor.folder / "1.log").open("rb")
    assert log.read() == b"Zoe was here\n"
    executor.close()
    assert [name for name in open_files(pid) if str(tmp_path) in name] == []
    assert os.fstat(log.fileno()).st_size == 0
    log.close()
    assert is_alive(pid)


def test_each_cycle_has_its_own_log_and_place_for_temporary_files(
    make_executor: MakeExecutor, idle: IdleProcesses, tmp_path: Path
) -> None:
    said = []
    for cycle in ("one", "two"):
        temporary = tmp_path / cycle
        temporary.mkdir()
        executor = make_executor(idle=idle, temporary=temporary)
        [outcome] = executor.run([Task("a", "leave_files", {"say": cycle})], ROWS)
        said.append((executor.folder / "1.log").read_text())
        assert answer(outcome)["folder"] == answer(outcome)["variable"] == str(temporary)
        assert (temporary / "left").exists()
        executor.close()
    assert said == ["one\n", "two\n"]


def test_processes_of_other_settings_are_not_taken_over(
    make_executor: MakeExecutor, idle: IdleProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_processor = pid_of_cycle(make_executor(idle=idle))
    on_accelerator = pid_of_cycle(make_executor(idle=idle, accelerators=("0",)))
    of_fewer_threads = pid_of_cycle(make_executor(idle=idle, cores=1))
    monkeypatch.setenv("KERAS_BACKEND", "another")
    on_another_backend = pid_of_cycle(make_executor(idle=idle))
    assert len({on_processor, on_accelerator, of_fewer_threads, on_another_backend}) == 4


def test_two_accelerators_keep_their_processes(make_executor: MakeExecutor, idle: IdleProcesses) -> None:
    name = "CUDA_VISIBLE_DEVICES"
    seen: list[set[tuple[int, str]]] = []
    for _ in range(2):
        executor = make_executor(idle=idle, accelerators=("0", "1"))
        outcomes = executor.run([say("a", name), say("b", name)], NOTHING)
        executor.close()
        seen.append({(answer(one)["pid"], answer(one)["environment"][name]) for one in outcomes})
    assert len(seen[0]) == 2
    assert seen[0] == seen[1]


@pytest.mark.parametrize("operation", ["die", "fail", "quit"])
def test_a_task_that_fails_costs_itself_and_its_process_is_replaced(
    make_executor: MakeExecutor, idle: IdleProcesses, operation: str
) -> None:
    pid = pid_of_cycle(make_executor(idle=idle, cores=1))
    executor = make_executor(idle=idle, cores=1)
    bad, good = executor.run([Task("bad", operation, {}), say("good")], NOTHING)
    executor.close()
    assert (bad.ending is TaskEnding.DONE, good.ending) == (False, TaskEnding.DONE)
    assert pid_of_cycle(make_executor(idle=idle, cores=1)) != pid


def test_a_process_that_died_while_it_was_idle_costs_no_task(make_executor: MakeExecutor, idle: IdleProcesses) -> None:
    pid = pid_of_cycle(make_executor(idle=idle))
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # all of its threads: until then its pipe is open
    assert pid_of_cycle(make_executor(idle=idle)) != pid


def test_a_process_that_was_idle_for_too_long_is_not_taken_over(make_executor: MakeExecutor) -> None:
    now = [0.0]
    idle = IdleProcesses(warm_s=60, clock=lambda: now[0])
    pid = pid_of_cycle(make_executor(idle=idle))
    now[0] = 61
    assert pid_of_cycle(make_executor(idle=idle)) != pid
    assert not is_alive(pid)


def test_an_idle_process_ends_by_itself_while_the_worker_does_something_else(
    make_executor: MakeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle_module, "MARGIN_S", 0.0)
    pid = pid_of_cycle(make_executor(idle=IdleProcesses(warm_s=1)))
    assert wait_until_gone(pid)


def test_a_process_is_renewed_after_so_many_cycles(
    make_executor: MakeExecutor, idle: IdleProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle_module, "MOST_CYCLES", 3)
    pids = [pid_of_cycle(make_executor(idle=idle)) for _ in range(4)]
    assert pids[0] == pids[1] == pids[2] != pids[3]
    assert not is_alive(pids[0])


def test_a_process_whose_memory_has_grown_is_renewed(make_executor: MakeExecutor, idle: IdleProcesses) -> None:
    first = pid_of_cycle(make_executor(idle=idle), Task("a", "grow", {"mib": 0}))
    grown = pid_of_cycle(make_executor(idle=idle), Task("a", "grow", {"mib": 1100}))
    assert first == grown
    assert not is_alive(grown)
    assert pid_of_cycle(make_executor(idle=idle)) != first


def test_a_process_that_does_not_leave_its_cycle_is_ended(
    make_executor: MakeExecutor, idle: IdleProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REST_FAILS", "1")
    assert not is_alive(pid_of_cycle(make_executor(idle=idle)))


def test_a_process_that_was_never_used_is_not_waited_for(
    make_executor: MakeExecutor, idle: IdleProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = make_executor(idle=idle)
    executor.warm_up(1)
    with monkeypatch.context() as patch:
        patch.setattr(idle_module, "LEAVE_WITHIN_S", -1.0)  # nothing that is waited for would be kept
        executor.close()
    [process] = [one.process for one in idle._waiting]
    assert pid_of_cycle(make_executor(idle=idle)) == process.pid


def test_a_worker_that_is_to_stop_keeps_no_process(make_executor: MakeExecutor, idle: IdleProcesses) -> None:
    """It would wait until each of them has left, which may be seconds."""
    executor = make_executor(idle=idle)
    [outcome] = executor.run([say("a")], NOTHING)
    executor.stop.set()
    executor.close()
    assert not is_alive(answer(outcome)["pid"])


def test_closing_ends_idle_processes(make_executor: MakeExecutor, idle: IdleProcesses) -> None:
    pid = pid_of_cycle(make_executor(idle=idle))
    idle.close()
    assert not is_alive(pid)


def test_an_idle_process_ends_with_its_worker_however_that_dies(make_executor: MakeExecutor, tmp_path: Path) -> None:
    script = f"""
import os, signal, threading
from pathlib import Path
from cloud.training.executors.executor import Limits, Task
from cloud.training.executors.idle import IdleProcesses
from cloud.training.executors.local import LocalExecutor
from cloud.training.executors.task_data import TaskData
idle = IdleProcesses(600)
executor = LocalExecutor("simple", Path({str(tmp_path)!r}), Limits(60, 60), (), 2, threading.Event(), idle=idle)
[outcome] = executor.run([Task("a", "say", {{"names": []}})], TaskData({{}}, {{}}))
executor.close()
print(outcome.result.document["pid"], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    make_executor()
    died = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=False)
    assert died.returncode == -9
    assert wait_until_gone(int(died.stdout))
