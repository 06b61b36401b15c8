"""A Ray cluster on this machine, for tests and the bench: a head that runs no tasks, and nodes that come and go.

It is a process of its own, for Ray takes over the process that it is loaded in. Run as a script, it does what it reads,
line by line, and answers with a line of JSON::

    add             {"raylet": <process id>}       one more node, of one core
    remove <pid>    {}                             kill all processes of a node, as when its machine is lost
"""

import contextlib
import functools
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MEMORY = 80 << 20
"""Bytes of each node's object store; Ray takes no fewer than 75 MB."""
STARTS = 3
HEALTH = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 5000,
    "health_check_failure_threshold": 3,
}


def has_ray() -> bool:
    """Tell whether Ray is installed."""
    return importlib.util.find_spec("ray") is not None


@dataclass(frozen=True, eq=False)
class RayMachines:
    """A cluster that runs."""

    process: "subprocess.Popen[str]"
    address: str
    temporary: Path
    """The temporary folder of all its nodes."""
    nodes: list[int] = field(default_factory=list)
    """Process ids of Ray's daemons on the nodes."""

    def add(self, resources: Mapping[str, int] | None = None) -> int:
        """Add a node of one core, or of other resources; return its id."""
        self.nodes.append(_ask(self.process, "add", json.dumps(resources or {"num_cpus": 1}))["raylet"])
        return self.nodes[-1]

    def remove(self, node: int) -> None:
        """Lose a node."""
        _ask(self.process, "remove", str(node))
        self.nodes.remove(node)

    @property
    def folders(self) -> list[Path]:
        """What executors have made on the nodes."""
        return [path for path in self.temporary.glob(f"fedex-{os.getuid()}/*") if path.is_dir()]


@contextlib.contextmanager
def ray_machines(environment: Mapping[str, str], *, nodes: int) -> Iterator[RayMachines]:
    """Run a cluster for as long as the block."""
    temporary = Path(tempfile.mkdtemp(prefix="ray-"))  # short, for Ray's sockets lie in it
    ours = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_gcs_server_port_wait_time_s": "120", "TMPDIR": str(temporary)}
    with (temporary / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, __file__],
            env={**environment, **ours},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        try:
            machines = RayMachines(process, _answer(process)["address"], temporary)
            for _ in range(nodes):
                machines.add()
            yield machines
        finally:
            process.communicate(timeout=120)
            shutil.rmtree(temporary, ignore_errors=True)


def _ask(process: "subprocess.Popen[str]", *words: str) -> Any:
    assert process.stdin is not None
    process.stdin.write(" ".join(words) + "\n")
    process.stdin.flush()
    return _answer(process)


def _answer(process: "subprocess.Popen[str]") -> Any:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the cluster ended with {process.wait()}"
    return json.loads(line)


def _persist(start: Callable[[], Any]) -> Any:
    """Start something, again where Ray gave up: on a busy machine half a minute is too short for it."""
    for _ in range(STARTS - 1):
        with contextlib.suppress(Exception):  # Ray raises a bare one
            return start()
    return start()


def _serve() -> None:
    from ray.cluster_utils import Cluster

    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what Ray prints must not get between
    temporary = os.environ["TMPDIR"]
    head: dict[str, Any] = {"num_cpus": 0, "num_gpus": 0, "object_store_memory": MEMORY, "include_dashboard": False}
    head |= {"_system_config": HEALTH, "temp_dir": f"{temporary}/ray"}
    cluster = _persist(lambda: Cluster(initialize_head=True, head_node_args=dict(head)))
    nodes: dict[str, Any] = {}
    print(json.dumps({"address": cluster.address}), file=answers)
    for line in sys.stdin:
        words = line.split(maxsplit=1)
        if words[0] == "add":
            resources = {"num_gpus": 0, "object_store_memory": MEMORY, **json.loads(words[1])}
            node = _persist(functools.partial(cluster.add_node, **resources))
            raylet = node.all_processes["raylet"][0].process.pid
            nodes[str(raylet)] = node
            print(json.dumps({"raylet": raylet}), file=answers)
        else:
            cluster.remove_node(nodes.pop(words[1].strip()), allow_graceful=False)
            print("{}", file=answers)
    cluster.shutdown()


if __name__ == "__main__":
    _serve()
