"""Tasks in real processes: in parallel, within limits, and none of them outliving its worker."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloud.errors import Stopped
from cloud.training.executors import local
from cloud.training.executors.executor import Ending, Limits, Task
from cloud.training.executors.local import LocalExecutor
from cloud.training.executors.process import Child, Place

CHORES = '''
import os, signal, sys, time
from pathlib import Path
from cloud.training.executors.process_main import serve

def meet(arguments, tell):
    """Ends when another one has come to the same place: only if both run at once."""
    place = Path(arguments["place"])
    (place / arguments["name"]).touch()
    while len(list(place.iterdir())) < 2:
        tell(1, 2)
        time.sleep(0.01)
    return {"pid": os.getpid()}

def say(arguments, tell):
    return {"pid": os.getpid(), "environment": {name: os.environ.get(name) for name in arguments["names"]}}

def fail(arguments, tell):
    raise ValueError("no such\\nthing")

def die(arguments, tell):
    print("last words", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

def quit(arguments, tell):
    sys.exit(7)

def hang(arguments, tell):
    tell(3, 10)
    if "told" in arguments:
        Path(arguments["told"]).touch()
    time.sleep(600)

def starve(arguments, tell):
    raise MemoryError(arguments["place"])

def beat(arguments, tell):
    while True:
        tell(1, 10)
        time.sleep(0.01)

def main():
    serve({chore.__name__: chore for chore in (meet, say, fail, starve, die, quit, hang, beat)})
'''

MakeExecutor = Callable[..., LocalExecutor]
PATIENT = Limits(deadline_s=600.0, silence_s=600.0)


@pytest.fixture
def make_executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeExecutor]:
    """Executors of a module with chores, ended after the test."""
    (tmp_path / "chores.py").write_text(CHORES)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]))
    made: list[LocalExecutor] = []

    def make(
        *,
        cores: int = 2,
        accelerators: tuple[str, ...] = (),
        limits: Limits = PATIENT,
        clock: Callable[[], float] = time.monotonic,
    ) -> LocalExecutor:
        made.append(LocalExecutor("chores", tmp_path, limits, accelerators, cores, threading.Event(), clock))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


class Clock:
    """Goes on by so many seconds whenever it is looked at, once something has happened."""

    def __init__(self, *, step_s: float, once: Callable[[], bool] = lambda: True) -> None:
        self._now, self._step_s, self._once = 0.0, step_s, once

    def __call__(self) -> float:
        self._now += self._step_s if self._once() else 0.0
        return self._now


def say(name: str, *names: str) -> Task:
    return Task(name, "say", {"names": names})


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(pid: int) -> bool:
    give_up = time.monotonic() + 60
    while is_alive(pid) and time.monotonic() < give_up:
        time.sleep(0.02)
    return not is_alive(pid)


def test_two_tasks_run_at_once_in_processes_of_their_own(make_executor: MakeExecutor, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    tasks = [Task(name, "meet", {"place": str(place), "name": name}) for name in ("a", "b")]
    outcomes = make_executor().run(tasks)
    assert [outcome.ending for outcome in outcomes] == [Ending.DONE, Ending.DONE]
    assert len({outcome.result["pid"] for outcome in outcomes if outcome.result} | {os.getpid()}) == 3


@pytest.mark.parametrize(
    ("chore", "ending", "cause", "reason"),
    [
        ("fail", Ending.FAILED, "ValueError", "no such"),
        ("die", Ending.DIED, "signal 9", "last words"),
        ("quit", Ending.DIED, "exit status 7", ""),
    ],
)
def test_a_task_that_dies_costs_only_itself(
    make_executor: MakeExecutor, chore: str, ending: Ending, cause: str, reason: str
) -> None:
    first, second = make_executor().run([Task("bad", chore, {}), say("good")])
    assert (first.ending, first.cause, first.reason, first.result) == (ending, cause, reason, None)
    assert second.ending is Ending.DONE


def test_what_others_may_read_of_a_failure_is_its_kind_and_not_what_the_task_said(make_executor: MakeExecutor) -> None:
    """A release's report, which devices read, once held the last line of a trial's output, files and all."""
    [outcome] = make_executor().run([Task("starving", "starve", {"place": "/home/ann/state/cycles"})])
    told = outcome.document()
    assert (told["ending"], told["cause"]) == ("failed", "MemoryError")
    assert "ann" not in str(told)
    assert outcome.story == "failed: MemoryError: /home/ann/state/cycles"


def test_a_task_that_falls_silent_is_ended_and_its_last_heartbeat_kept(
    make_executor: MakeExecutor, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    clock = Clock(step_s=70.0, once=told.exists)
    executor = make_executor(limits=Limits(deadline_s=1e9, silence_s=60.0), clock=clock)
    [outcome] = executor.run([Task("hanging", "hang", {"told": str(told)})])
    assert (outcome.ending, outcome.progress) == (Ending.SILENT, (3, 10))
    assert outcome.reason == "not heard of for 60 s"


def test_a_task_that_is_late_is_ended_however_busy_it_is(make_executor: MakeExecutor) -> None:
    executor = make_executor(limits=Limits(deadline_s=60.0, silence_s=1e9), clock=Clock(step_s=20.0))
    [outcome] = executor.run([Task("busy", "beat", {})])
    assert (outcome.ending, outcome.reason) == (Ending.LATE, "not done after 60 s")


def test_each_accelerator_has_one_task_at_a_time(make_executor: MakeExecutor) -> None:
    executor = make_executor(accelerators=("0", "1"))
    outcomes = executor.run([say(name, "CUDA_VISIBLE_DEVICES") for name in "abcd"])
    seen = [outcome.result["environment"]["CUDA_VISIBLE_DEVICES"] for outcome in outcomes if outcome.result]
    assert sorted(seen[:2]) == ["0", "1"]
    assert set(seen) == {"0", "1"}


def test_no_accelerator_is_given_out_twice_after_a_failure(make_executor: MakeExecutor) -> None:
    """The process that failed was replaced by a second one on the survivor's accelerator, and its own lay idle."""
    executor = make_executor(accelerators=("0", "1"))
    executor.run([Task("bad", "fail", {}), say("good")])
    outcomes = executor.run([say(name, "CUDA_VISIBLE_DEVICES") for name in "ab"])
    seen = [outcome.result["environment"]["CUDA_VISIBLE_DEVICES"] for outcome in outcomes if outcome.result]
    assert sorted(seen) == ["0", "1"]


def test_on_the_processor_tasks_share_its_cores_and_see_no_accelerator(make_executor: MakeExecutor) -> None:
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "CUDA_VISIBLE_DEVICES")
    [first, _] = make_executor(cores=8).run([say("a", *names), say("b", *names)])
    assert first.result is not None
    assert first.result["environment"] == dict(zip(names, ("4", "4", "-1"), strict=True))


def test_a_process_that_was_warmed_up_is_the_one_that_works(make_executor: MakeExecutor) -> None:
    executor = make_executor()
    executor.warm_up(1)
    [first] = executor.run([say("a")])
    [second] = executor.run([say("b")])
    assert first.result is not None
    assert first.result == second.result


def test_asked_to_stop_it_ends_every_task(make_executor: MakeExecutor) -> None:
    executor = make_executor()
    [said] = executor.run([say("a")])
    assert said.result is not None
    threading.Timer(0.5, executor.stop.set).start()
    with pytest.raises(Stopped):
        executor.run([Task("endless", "beat", {}), Task("another", "hang", {})])
    assert wait_until_gone(said.result["pid"])


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), OSError("too many files")])
def test_whatever_goes_wrong_beside_the_tasks_no_process_is_left(
    make_executor: MakeExecutor, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Tasks under way were known to the interrupted call alone, so that closing the executor did not end them."""
    executor = make_executor()
    said = executor.run([say("a"), say("b")])
    pids = [one.result["pid"] for one in said if one.result]

    def fail(children: object, *, until: float) -> None:
        raise error

    monkeypatch.setattr(local, "wait_for_any", fail)
    with pytest.raises(type(error)):
        executor.run([Task("busy", "beat", {}), Task("hanging", "hang", {})])
    assert [wait_until_gone(pid) for pid in pids] == [True, True]


def test_a_process_that_cannot_be_started_leaves_those_that_were_to_be_ended(
    make_executor: MakeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of two was forgotten when the second could not be started."""
    executor, started = make_executor(), list[Child]()

    def start_one(module: str, *, place: Place, log: Path) -> Child:
        if started:
            raise OSError("no more processes")
        started.append(Child(module, place=place, log=log))
        return started[0]

    monkeypatch.setattr(local, "Child", start_one)
    with pytest.raises(OSError, match="no more processes"):
        executor.warm_up(2)
    executor.close()
    assert wait_until_gone(started[0].pid)


def test_closing_ends_processes_that_wait(make_executor: MakeExecutor) -> None:
    executor = make_executor()
    [said] = executor.run([say("a")])
    executor.close()
    assert said.result is not None
    assert wait_until_gone(said.result["pid"])


def test_a_child_ends_with_its_worker_however_that_dies(make_executor: MakeExecutor, tmp_path: Path) -> None:
    """The worker is killed while its child works; nobody is left who could end it."""
    script = f"""
import threading
from pathlib import Path
from cloud.training.executors.executor import Limits, Task
from cloud.training.executors.local import LocalExecutor
executor = LocalExecutor("chores", Path({str(tmp_path)!r}), Limits(60, 60), (), 2, threading.Event())
[said] = executor.run([Task("a", "say", {{"names": []}})])
print(said.result["pid"], flush=True)
executor.run([Task("b", "beat", {{}})])
"""
    make_executor()
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        child = int(worker.stdout.readline())
        assert is_alive(child)
        worker.send_signal(signal.SIGKILL)
        assert wait_until_gone(child)
