"""Tasks in real processes: in parallel, within limits, and none of them outliving its worker."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from cloud.errors import Stopped
from cloud.training.executors import local
from cloud.training.executors.executor import Limits, Task, TaskEnding, TaskOutcome
from cloud.training.executors.process import Placement, WorkerProcess
from cloud.training.executors.task_data import TaskData
from tests.cloud.training.executors.conftest import NOTHING, MakeExecutor, answer, is_alive, say, wait_until_gone


class Clock:
    """Goes on by so many seconds whenever it is looked at, once something has happened."""

    def __init__(self, *, step_s: float, once: Callable[[], bool] = lambda: True) -> None:
        self._now, self._step_s, self._once = 0.0, step_s, once

    def __call__(self) -> float:
        self._now += self._step_s if self._once() else 0.0
        return self._now


def test_two_tasks_run_at_once_in_processes_of_their_own(make_executor: MakeExecutor, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    tasks = [Task(name, "meet", {"place": str(place), "name": name}) for name in ("a", "b")]
    outcomes = make_executor().run(tasks, NOTHING)
    assert [outcome.ending for outcome in outcomes] == [TaskEnding.DONE, TaskEnding.DONE]
    assert len({answer(outcome)["pid"] for outcome in outcomes} | {os.getpid()}) == 3


@pytest.mark.parametrize(("rows", "mapped"), [(0, False), (3, False), (300_000, True)])
def test_arrays_go_in_and_come_out_whatever_their_size(make_executor: MakeExecutor, rows: int, mapped: bool) -> None:
    array = np.random.default_rng(0).normal(size=(rows, 2)).astype(np.float32)
    [outcome] = make_executor().run([Task("a", "double", {})], TaskData({}, {"rows": array}))
    assert answer(outcome) == {"mapped": mapped}
    assert outcome.result is not None
    doubled = outcome.result.floats("doubled")
    assert isinstance(doubled, np.memmap) == mapped
    np.testing.assert_array_equal(doubled, array * 2)
    np.testing.assert_array_equal(outcome.result.floats("sum"), array.sum(axis=0))


def test_large_arrays_are_linked_from_task_to_task_and_never_copied(make_executor: MakeExecutor) -> None:
    executor = make_executor()
    array = np.ones((300_000, 2), np.float32)
    [first] = executor.run([Task("a", "double", {})], TaskData({}, {"rows": array}))
    assert first.result is not None
    [second] = executor.run([Task("b", "double", {})], TaskData({}, {"rows": first.result.floats("doubled")}))
    assert second.result is not None
    same = [path for path in executor.folder.rglob("*") if path.is_file() and is_file_of(first, "doubled", path)]
    assert sorted(str(path.relative_to(executor.folder)) for path in same) == [
        "1/a/collected-1",
        "1/a/doubled",
        "2/b/same",
        "2/inputs/rows",
    ]


def is_file_of(outcome: TaskOutcome, name: str, path: Path) -> bool:
    assert outcome.result is not None
    array = outcome.result.arrays[name]
    assert isinstance(array, np.memmap)
    return path.samefile(str(array.filename))


def test_a_result_is_readable_after_the_executor_and_its_folder_are_gone(make_executor: MakeExecutor) -> None:
    executor = make_executor()
    array = np.ones((300_000, 2), np.float32)
    [outcome] = executor.run([Task("a", "double", {})], TaskData({}, {"rows": array}))
    executor.close()
    shutil.rmtree(executor.folder)
    assert outcome.result is not None
    np.testing.assert_array_equal(outcome.result.floats("doubled"), array * 2)


@pytest.mark.parametrize(
    ("operation", "ending", "cause", "reason"),
    [
        ("fail", TaskEnding.FAILED, "ValueError", "no such"),
        ("die", TaskEnding.DIED, "signal 9", "last line"),
        ("quit", TaskEnding.DIED, "exit status 7", ""),
    ],
)
def test_a_task_that_dies_costs_only_itself(
    make_executor: MakeExecutor, operation: str, ending: TaskEnding, cause: str, reason: str
) -> None:
    first, second = make_executor().run([Task("bad", operation, {}), say("good")], NOTHING)
    assert (first.ending, first.cause, first.reason, first.result) == (ending, cause, reason, None)
    assert second.ending is TaskEnding.DONE


def test_what_others_may_read_of_a_failure_is_its_kind_and_not_its_message(make_executor: MakeExecutor) -> None:
    """A release's report, which devices read, once held the last line of a trial's output, files and all."""
    [outcome] = make_executor().run([Task("large", "run_out_of_memory", {"place": "/home/ann/state/cycles"})], NOTHING)
    record = outcome.document()
    assert (record["ending"], record["cause"]) == ("failed", "MemoryError")
    assert "ann" not in str(record)
    assert outcome.summary == "failed: MemoryError: /home/ann/state/cycles"


def test_an_operation_that_the_module_has_not_fails_its_task(make_executor: MakeExecutor) -> None:
    first, second = make_executor().run([Task("bad", "sing", {}), say("good")], NOTHING)
    assert (first.ending, first.cause) == (TaskEnding.FAILED, "LookupError")
    assert first.reason.startswith("operation: expected meet or say or ")
    assert first.reason.endswith(", got sing")
    assert second.ending is TaskEnding.DONE


def test_a_preparation_that_fails_is_in_the_log_and_later_tasks_run(
    make_executor: MakeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREPARATION_FAILS", "1")
    executor = make_executor()
    [first], [second] = executor.run([say("a")], NOTHING), executor.run([say("b")], NOTHING)
    assert answer(first)["pid"] == answer(second)["pid"]
    printed = (executor.folder / "1.log").read_text()
    assert printed.startswith("Traceback")
    assert "RuntimeError: cannot be prepared" in printed


def test_a_task_that_falls_silent_is_ended_and_its_last_heartbeat_kept(
    make_executor: MakeExecutor, tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    clock = Clock(step_s=70.0, once=touched.exists)
    executor = make_executor(limits=Limits(deadline_s=1e9, silence_s=60.0), clock=clock)
    [outcome] = executor.run([Task("hanging", "hang", {"touched": str(touched)})], NOTHING)
    assert (outcome.ending, outcome.progress) == (TaskEnding.SILENT, (3, 10))
    assert outcome.reason == "no heartbeat for 60 s"


def test_a_task_that_is_late_is_ended_however_busy_it_is(make_executor: MakeExecutor) -> None:
    executor = make_executor(limits=Limits(deadline_s=60.0, silence_s=1e9), clock=Clock(step_s=20.0))
    [outcome] = executor.run([Task("busy", "beat", {})], NOTHING)
    assert (outcome.ending, outcome.reason) == (TaskEnding.LATE, "not done after 60 s")


def test_each_accelerator_has_one_task_at_a_time(make_executor: MakeExecutor) -> None:
    executor = make_executor(accelerators=("0", "1"))
    outcomes = executor.run([say(name, "CUDA_VISIBLE_DEVICES") for name in "abcd"], NOTHING)
    seen = [answer(outcome)["environment"]["CUDA_VISIBLE_DEVICES"] for outcome in outcomes]
    assert sorted(seen[:2]) == ["0", "1"]
    assert set(seen) == {"0", "1"}


def test_no_accelerator_is_given_out_twice_after_a_failure(make_executor: MakeExecutor) -> None:
    """The process that failed was replaced by a second one on the survivor's accelerator, and its own lay idle."""
    executor = make_executor(accelerators=("0", "1"))
    executor.run([Task("bad", "fail", {}), say("good")], NOTHING)
    outcomes = executor.run([say(name, "CUDA_VISIBLE_DEVICES") for name in "ab"], NOTHING)
    seen = [answer(outcome)["environment"]["CUDA_VISIBLE_DEVICES"] for outcome in outcomes]
    assert sorted(seen) == ["0", "1"]


def test_on_the_processor_tasks_share_its_cores_and_see_no_accelerator(make_executor: MakeExecutor) -> None:
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "CUDA_VISIBLE_DEVICES")
    [first, _] = make_executor(cores=8).run([say("a", *names), say("b", *names)], NOTHING)
    assert answer(first)["environment"] == dict(zip(names, ("4", "4", "-1"), strict=True))


def test_a_process_that_was_warmed_up_is_the_one_that_works(make_executor: MakeExecutor) -> None:
    executor = make_executor()
    executor.warm_up(1)
    [first] = executor.run([say("a")], NOTHING)
    [second] = executor.run([say("b")], NOTHING)
    assert answer(first) == answer(second)


def test_asked_to_stop_it_ends_every_task(make_executor: MakeExecutor) -> None:
    executor = make_executor()
    [outcome] = executor.run([say("a")], NOTHING)
    threading.Timer(0.5, executor.stop.set).start()
    with pytest.raises(Stopped):
        executor.run([Task("endless", "beat", {}), Task("another", "hang", {})], NOTHING)
    assert wait_until_gone(answer(outcome)["pid"])


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), OSError("too many files")])
def test_whatever_goes_wrong_beside_the_tasks_no_process_is_left(
    make_executor: MakeExecutor, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Tasks under way were known to the interrupted call alone, so that closing the executor did not end them."""
    executor = make_executor()
    outcomes = executor.run([say("a"), say("b")], NOTHING)
    pids = [answer(outcome)["pid"] for outcome in outcomes]

    def fail(processes: object, *, until: float) -> None:
        raise error

    monkeypatch.setattr(local, "wait_for_any", fail)
    with pytest.raises(type(error)):
        executor.run([Task("busy", "beat", {}), Task("hanging", "hang", {})], NOTHING)
    assert [wait_until_gone(pid) for pid in pids] == [True, True]


def test_a_process_that_cannot_be_started_leaves_those_that_were_to_be_ended(
    make_executor: MakeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of two was forgotten when the second could not be started."""
    executor, started = make_executor(), list[WorkerProcess]()

    def start_one(module: str, *, placement: Placement, log: Path, environment: Mapping[str, str]) -> WorkerProcess:
        if started:
            raise OSError("no more processes")
        started.append(WorkerProcess(module, placement=placement, log=log, environment=environment))
        return started[0]

    monkeypatch.setattr(local, "WorkerProcess", start_one)
    with pytest.raises(OSError, match="no more processes"):
        executor.warm_up(2)
    executor.close()
    assert wait_until_gone(started[0].pid)


def test_closing_ends_processes_that_wait(make_executor: MakeExecutor) -> None:
    executor = make_executor()
    [outcome] = executor.run([say("a")], NOTHING)
    executor.close()
    assert wait_until_gone(answer(outcome)["pid"])


def test_a_process_ends_with_its_worker_however_that_dies(make_executor: MakeExecutor, tmp_path: Path) -> None:
    """The worker is killed while its process works; nobody is left who could end it."""
    script = f"""
import threading
from pathlib import Path
from cloud.training.executors.executor import Limits, Task
from cloud.training.executors.local import LocalExecutor
from cloud.training.executors.task_data import TaskData
executor = LocalExecutor("simple", Path({str(tmp_path)!r}), Limits(60, 60), (), 2, threading.Event())
[outcome] = executor.run([Task("a", "say", {{"names": []}})], TaskData({{}}, {{}}))
print(outcome.result.document["pid"], flush=True)
executor.run([Task("b", "beat", {{}})], TaskData({{}}, {{}}))
"""
    make_executor()
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        process = int(worker.stdout.readline())
        assert is_alive(process)
        worker.send_signal(signal.SIGKILL)
        assert wait_until_gone(process)
