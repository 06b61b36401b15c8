"""Tasks on a Ray cluster of several nodes on this machine: the answers and endings of `local`, on lost nodes too."""

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from cloud.admin.findings import Level
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.merge import merge_once
from cloud.errors import Stopped
from cloud.settings import Backend, ExecutorKind, Settings
from cloud.training.context import TRAINER
from cloud.training.cycle import run_cycle
from cloud.training.cycle_folder import CycleFolder
from cloud.training.executors.executor import Executor, Limits, Task, TaskEnding, TaskOutcome
from cloud.training.executors.local import LocalExecutor
from cloud.training.executors.ray_cluster import RayExecutor
from cloud.training.executors.task_data import TaskData
from cloud.training.trials import LAST_LAYER, FineTuning, Optimizer, Spec
from cloud.training.values import TRAIN, TrialOutcome
from cloud.worker.cluster_trial import look_at_cluster
from contract.bundle import TrainingBundle
from demo.running.ports import free_port
from demo.running.ray_machines import RayMachines, has_ray, ray_machines
from export.keras_environment import keras_environment
from tests.cloud.training.conftest import BASE_PEOPLE, SyntheticRows, TrainingSite, convolutional_head
from tests.conftest import missing

OPERATIONS = """
import os, signal, sys, time
from pathlib import Path
from cloud.training.executors.executor import Operations
from cloud.training.executors.task_data import TaskData

def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])

def variables_of(pid):
    return Path(f"/proc/{pid}/environ").read_bytes().decode().split("\\0")

def where(inputs, arguments, *, progress, collect):
    # The node is known by Ray's daemon, which is the parent of the parent.
    document = {"pid": os.getpid(), "node": parent_of(os.getppid()), "parent": os.getppid()}
    document["environment"] = {name: os.environ.get(name) for name in arguments.get("names", [])}
    document["variables"] = variables_of(os.getpid()) + variables_of(os.getppid())
    return TaskData(document, {})

def double(inputs, arguments, *, progress, collect):
    rows = inputs.floats("rows")
    doubled = collect((rows[begin : begin + 1000] * 2 for begin in range(0, len(rows), 1000)), rows.shape)
    mapped = [line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()]
    opened = [os.readlink(one) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    return TaskData({"files": sorted({*mapped, *opened})}, {"doubled": doubled, "sum": rows.sum(axis=0)})

def fail(inputs, arguments, *, progress, collect):
    raise ValueError("no such\\nthing")

def die(inputs, arguments, *, progress, collect):
    with Path(arguments["diary"]).open("a") as diary:
        diary.write("ran\\n")
    print("last line", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

def quit(inputs, arguments, *, progress, collect):
    sys.exit(7)

def hang(inputs, arguments, *, progress, collect):
    progress(3, 10)
    time.sleep(600)

def beat(inputs, arguments, *, progress, collect):
    with Path(arguments["diary"]).open("a") as diary:
        diary.write(f"{os.getpid()} {parent_of(os.getppid())}\\n")
    while "runs" not in arguments or len(Path(arguments["diary"]).read_text().splitlines()) < arguments["runs"]:
        progress(1, 10)
        time.sleep(0.01)
    return TaskData({"node": parent_of(os.getppid())}, {"rows": inputs.floats("rows")})

def operations():
    all_of_them = (where, double, fail, die, quit, hang, beat)
    return Operations({operation.__name__: operation for operation in all_of_them})
"""

MakeExecutor = Callable[..., RayExecutor]
NOTHING = TaskData({}, {})
PATIENT = Limits(deadline_s=600.0, silence_s=600.0)
PATIENCE_S = 120.0
"""Far more than anything here takes, for a machine that has much else to do."""
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayMachines]:
    """Yield a cluster of the worker's machine and two nodes of one core each."""
    if not has_ray():
        missing("ray (install the extra `ray`)")
    modules = tmp_path_factory.mktemp("modules")
    (modules / "simple.py").write_text(OPERATIONS)
    path = os.pathsep.join([str(modules), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path, "SECRET_OF_THE_NODE": "a-secret"}
    with ray_machines(environment, nodes=2) as cluster:
        yield cluster


@pytest.fixture
def make_executor(machines: RayMachines, tmp_path: Path) -> Iterator[MakeExecutor]:
    """Return what makes executors on the cluster; they are closed after the test."""
    made: list[RayExecutor] = []

    def make(
        module: str = "simple",
        *,
        limits: Limits = PATIENT,
        address: str = machines.address,
        backend: Backend = Backend.TENSORFLOW,
        placement_s: float = PATIENCE_S,
    ) -> RayExecutor:
        folder = tmp_path / f"executor-{len(made)}"
        made.append(RayExecutor(module, folder, limits, threading.Event(), address, backend, placement_s))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


def where(name: str, *names: str) -> Task:
    return Task(name, "where", {"names": names})


def answer(outcome: TaskOutcome) -> Any:
    """Return the document of a task that succeeded."""
    assert outcome.result is not None, outcome.summary
    return outcome.result.document


def wait_for(condition: Callable[[], bool], *, within_s: float = PATIENCE_S) -> None:
    give_up = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < give_up, "it never came to pass"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_two_tasks_run_at_once_on_two_nodes(
    make_executor: MakeExecutor, machines: RayMachines, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    diary = tmp_path / "diary"
    tasks = [Task(name, "beat", {"diary": str(diary), "runs": 2}) for name in ("a", "b")]
    outcomes = make_executor().run(tasks, TaskData({}, {"rows": np.ones((1, 1), np.float32)}))
    assert {answer(outcome)["node"] for outcome in outcomes} == {*machines.nodes}
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("rows", [0, 3, 300_000])
def test_arrays_travel_by_value_and_no_file_of_the_worker_is_open_on_a_node(
    make_executor: MakeExecutor, tmp_path: Path, rows: int
) -> None:
    executor = make_executor()
    array = np.random.default_rng(0).normal(size=(rows, 2)).astype(np.float32)
    features = CycleFolder(tmp_path).write_features([array], shape=array.shape)
    [outcome] = executor.run([Task("a", "double", {})], TaskData({}, {"rows": features}))
    assert not [name for name in answer(outcome)["files"] if name.startswith(str(tmp_path))]
    assert outcome.result is not None
    np.testing.assert_array_equal(outcome.result.floats("doubled"), array * 2)
    np.testing.assert_array_equal(outcome.result.floats("sum"), array.sum(axis=0))


def test_a_task_that_ends_its_own_process_costs_itself_and_is_not_run_again(
    make_executor: MakeExecutor, tmp_path: Path
) -> None:
    diary = tmp_path / "diary"
    bad = [Task("raises", "fail", {}), Task("dies", "die", {"diary": str(diary)}), Task("quits", "quit", {})]
    *outcomes, good = make_executor().run([*bad, Task("unknown", "sing", {}), where("good")], NOTHING)
    assert [(one.ending, one.cause) for one in outcomes] == [
        (TaskEnding.FAILED, "ValueError"),
        (TaskEnding.DIED, "signal 9"),
        (TaskEnding.DIED, "exit status 7"),
        (TaskEnding.FAILED, "LookupError"),
    ]
    assert [one.reason for one in outcomes[:3]] == ["no such", "last line", ""]
    assert good.ending is TaskEnding.DONE
    assert lines_of(diary) == ["ran"]


def test_late_and_silent_tasks_are_ended_and_the_last_heartbeat_kept(
    make_executor: MakeExecutor, tmp_path: Path
) -> None:
    executor = make_executor(limits=Limits(deadline_s=9.0, silence_s=5.0))
    executor.run([where("a"), where("b")], NOTHING)
    busy, silent = executor.run(
        [Task("busy", "beat", {"diary": str(tmp_path / "diary")}), Task("silent", "hang", {})], NOTHING
    )
    assert (busy.ending, busy.reason, busy.progress) == (TaskEnding.LATE, "not done after 9 s", (1, 10))
    assert (silent.ending, silent.reason, silent.progress) == (TaskEnding.SILENT, "no heartbeat for 5 s", (3, 10))
    assert not [pid for pid in (int(line.split()[0]) for line in lines_of(tmp_path / "diary")) if is_alive(pid)]


def test_a_task_whose_node_is_lost_in_the_middle_runs_again_on_another(
    make_executor: MakeExecutor, machines: RayMachines, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    diary = tmp_path / "diary"
    rows = np.random.default_rng(0).normal(size=(100_000, 2)).astype(np.float32)

    def lose_its_node() -> None:
        wait_for(lambda: len(lines_of(diary)) == 1)
        machines.remove(int(lines_of(diary)[0].split()[1]))

    losing = threading.Thread(target=lose_its_node)
    losing.start()
    [outcome] = make_executor().run([Task("a", "beat", {"diary": str(diary), "runs": 2})], TaskData({}, {"rows": rows}))
    losing.join()
    first, second = (int(line.split()[1]) for line in lines_of(diary))
    assert first != second
    assert answer(outcome) == {"node": second}
    assert outcome.result is not None
    np.testing.assert_array_equal(outcome.result.floats("rows"), rows)
    assert capfd.readouterr() == ("", "")
    machines.add()


@pytest.mark.slow
def test_where_every_node_is_lost_tasks_fail_after_a_while_with_the_reason(
    make_executor: MakeExecutor, machines: RayMachines, tmp_path: Path
) -> None:
    diary = tmp_path / "diary"

    def lose_all() -> None:
        wait_for(lambda: len(lines_of(diary)) == 1)
        for node in [*machines.nodes]:
            machines.remove(node)

    losing = threading.Thread(target=lose_all)
    losing.start()
    [outcome] = make_executor(placement_s=20.0).run([Task("a", "beat", {"diary": str(diary)})], NOTHING)
    losing.join()
    assert (outcome.ending, outcome.cause) == (TaskEnding.FAILED, "NoNode")
    assert outcome.reason == "expected a node with a core or an accelerator within 20 s, got none"
    assert [one.level for one in look_at_cluster(on_cluster(machines))] == [Level.WRONG]
    machines.add()
    machines.add()


@pytest.mark.slow
def test_each_task_has_an_accelerator_of_its_own_where_nodes_have_any(
    make_executor: MakeExecutor, machines: RayMachines
) -> None:
    names = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")
    on_cores = answer(make_executor().run([where("a", *names)], NOTHING)[0])
    assert on_cores["environment"] == {"CUDA_VISIBLE_DEVICES": "-1", "OMP_NUM_THREADS": "1"}
    node = machines.add({"num_cpus": 4, "num_gpus": 2})
    outcomes = make_executor().run([where(name, *names) for name in "abc"], NOTHING)
    machines.remove(node)
    assert {answer(outcome)["node"] for outcome in outcomes} == {node}
    seen = [answer(outcome)["environment"] for outcome in outcomes]
    assert {one["CUDA_VISIBLE_DEVICES"] for one in seen} <= {"0", "1"}
    assert {one["OMP_NUM_THREADS"] for one in seen} == {"2"}


def test_no_variable_of_the_workers_reaches_a_node(
    make_executor: MakeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FEDEX_ENROLMENT", "AWS_SECRET_ACCESS_KEY", "RAY_AUTH_TOKEN_OF_NOTHING", "SOMETHING"):
        monkeypatch.setenv(name, "only-the-worker-knows")
    monkeypatch.setenv("HTTPS_PROXY", "http://only-the-worker-knows@localhost:9")
    [outcome] = make_executor().run([where("a")], NOTHING)
    variables = answer(outcome)["variables"]
    assert any(one.startswith("PATH=") for one in variables)
    assert not [one for one in variables if "only-the-worker-knows" in one]


def test_a_nodes_own_secrets_do_not_reach_trials(make_executor: MakeExecutor) -> None:
    """Nor does what leads back to the cluster: a trial runs what a training bundle holds."""
    [outcome] = make_executor().run([where("a", "SECRET_OF_THE_NODE", "RAY_JOB_ID", "PATH")], NOTHING)
    seen = answer(outcome)["environment"]
    assert seen.pop("PATH")
    assert {*seen.values()} == {None}
    assert "SECRET_OF_THE_NODE=a-secret" in answer(outcome)["variables"], "Ray's own process has it"


def test_asked_to_stop_it_ends_every_task_within_seconds(
    make_executor: MakeExecutor, machines: RayMachines, tmp_path: Path
) -> None:
    executor, diary = make_executor(), tmp_path / "diary"

    def stop() -> None:
        wait_for(lambda: len(lines_of(diary)) == 2)
        executor.stop.set()

    threading.Thread(target=stop).start()
    with pytest.raises(Stopped):
        executor.run([Task(name, "beat", {"diary": str(diary)}) for name in "ab"], NOTHING)
    pids = [int(line.split()[0]) for line in lines_of(diary)]
    wait_for(lambda: not any(is_alive(pid) for pid in pids), within_s=30.0)
    wait_for(lambda: machines.folders == [])


def test_closing_leaves_no_process_and_no_file_on_any_node(make_executor: MakeExecutor, machines: RayMachines) -> None:
    executor = make_executor()
    outcomes = executor.run([where("a"), where("b")], NOTHING)
    assert len(machines.folders) >= 1
    executor.close()
    assert machines.folders == []
    pids = {answer(outcome)[which] for outcome in outcomes for which in ("pid", "parent")}
    wait_for(lambda: not any(is_alive(pid) for pid in pids))


def test_nothing_is_left_on_nodes_of_a_worker_that_is_killed(machines: RayMachines, tmp_path: Path) -> None:
    """What trials learn from is people's features: they stay on no node's disk."""
    diary = tmp_path / "diary"
    script = f"""
import threading
from pathlib import Path
from cloud.training.executors.executor import Limits, Task
from cloud.training.executors.ray_cluster import RayExecutor
from cloud.training.executors.task_data import TaskData
limits = Limits(600, 600)
executor = RayExecutor(
    "simple", Path({str(tmp_path / "killed")!r}), limits, threading.Event(), {machines.address!r}, "tensorflow"
)
executor.run([Task("a", "beat", {{"diary": {str(diary)!r}}})], TaskData({{}}, {{}}))
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    with subprocess.Popen([sys.executable, "-c", script], env=environment) as worker:
        wait_for(lambda: len(lines_of(diary)) == 1)
        [task] = [int(line.split()[0]) for line in lines_of(diary)]
        assert len(machines.folders) == 1
        worker.send_signal(signal.SIGKILL)
        wait_for(lambda: not is_alive(task) and machines.folders == [])


def test_what_a_power_failure_left_on_a_node_is_swept(make_executor: MakeExecutor, machines: RayMachines) -> None:
    left = machines.temporary / f"fedex-{os.getuid()}" / "left"
    (left / "executor").mkdir(parents=True)
    (left / "lock").touch()
    first, second = make_executor(), make_executor()
    first.run([where("a")], NOTHING)
    assert not left.exists()
    [held] = machines.folders
    second.run([where("b")], NOTHING)
    assert held in machines.folders


def test_a_driver_that_dies_costs_the_tasks_of_one_run(make_executor: MakeExecutor) -> None:
    """Ray ends the process that it is loaded in, where the cluster is lost."""
    executor = make_executor()
    executor.warm_up(1)
    assert executor._driver is not None
    os.kill(executor._driver.pid, signal.SIGKILL)
    [outcome] = executor.run([where("a")], NOTHING)
    assert (outcome.ending, outcome.cause) == (TaskEnding.DIED, "cluster lost")
    assert executor.run([where("a")], NOTHING)[0].ending is TaskEnding.DONE


def test_where_there_is_no_cluster_tasks_fail_with_the_reason(make_executor: MakeExecutor) -> None:
    address = f"127.0.0.1:{free_port()}"
    [outcome] = make_executor(address=address).run([where("a")], NOTHING)
    assert (outcome.ending, outcome.cause) == (TaskEnding.FAILED, "ConnectionError")
    assert outcome.reason.startswith(f"{address}: expected the head of a Ray cluster, got ")


def test_a_check_says_what_a_cluster_offers_or_that_it_is_not_there(machines: RayMachines) -> None:
    [well] = look_at_cluster(on_cluster(machines))
    assert str(well) == "well   cluster: nodes: 3; trials at once: 2, each on cores: 1"
    address = f"127.0.0.1:{free_port()}"
    [wrong] = look_at_cluster(replace(on_cluster(machines), ray_address=address))
    assert wrong.level is Level.WRONG
    assert wrong.said.startswith(f"FEDEX_RAY_ADDRESS: {address}: ConnectionError: ")
    assert [*look_at_cluster(Settings(store="dir:store"))] == []


def on_cluster(machines: RayMachines) -> Settings:
    return Settings(store="dir:store", executor=ExecutorKind.RAY, ray_address=machines.address)


@pytest.mark.parametrize("backend", [Backend.TENSORFLOW, pytest.param(Backend.JAX, marks=pytest.mark.slow)])
def test_trials_on_nodes_give_what_local_ones_give_bit_for_bit(
    make_executor: MakeExecutor, make_rows: Callable[..., SyntheticRows], tmp_path: Path, backend: Backend
) -> None:
    if importlib.util.find_spec(backend) is None:
        missing("jax (install the extra `jax`)")
    keras.utils.set_random_seed(0)
    inputs = make_rows(convolutional_head(BASE_PEOPLE)).for_trials().pack()
    environment = keras_environment(os.environ, backend=backend)
    folder, stop = tmp_path / "local", threading.Event()
    with contextlib.closing(LocalExecutor(TRAINER, folder, PATIENT, (), 1, stop, environment=environment)) as local:
        here = train(local, inputs)
    there = train(make_executor(TRAINER, backend=backend), inputs)
    for one, other in zip(here, there, strict=True):
        ours, theirs = one.pack().arrays, other.pack().arrays
        assert [name for name in ours if ours[name].tobytes() != theirs[name].tobytes()] == []
        assert replace(one.result, seconds=0.0) == replace(other.result, seconds=0.0)


def train(executor: Executor, inputs: TaskData) -> list[TrialOutcome]:
    """Train the last layer, and all of a head."""
    specs = (Spec(LAST_LAYER, epochs=20), Spec("fine-tuned", epochs=20, fine_tuning=FineTuning(Optimizer.SGD, 1e-3)))
    outcomes = executor.run([Task(spec.name, TRAIN, spec.document()) for spec in specs], inputs)
    assert [outcome.summary for outcome in outcomes] == ["done", "done"]
    return [TrialOutcome.unpack(outcome.result) for outcome in outcomes if outcome.result]


def test_a_whole_cycle_trains_on_the_cluster(
    make_site: Callable[[TrainingBundle], TrainingSite], vector_bundle: TrainingBundle, machines: RayMachines
) -> None:
    site = make_site(vector_bundle)
    site.send(("Gus", 8), ("Hal", 8))
    merge_once(site.store, site.pool)
    dataset, _ = dataset_pointer.read(site.store, site.pool)
    settings = replace(site.settings, executor=ExecutorKind.RAY, ray_address=machines.address)
    done = run_cycle(site.context(settings), site.pool, dataset=dataset, cycle="c")
    assert done.verdict is not None
    assert done.verdict.passes, done.verdict
    wait_for(lambda: machines.folders == [])
