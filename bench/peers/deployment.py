"""Flower deployed on this machine, as its documentation has it: a SuperLink, SuperNodes, and an app run on them.

Each SuperNode speaks through a line of its own, which counts its bytes. Processor time is that of a whole tree of
processes: a SuperNode starts one more for every message.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.evidence.line import Line, line
from bench.peers.flower_environment import APP, flower_command, quiet_environment
from bench.processes import processor_of_tree
from demo.running.ports import free_port
from demo.running.processes import Processes, running

FEDERATION = "loop"
START_TIMEOUT_S, RUN_TIMEOUT_S = 90.0, 600.0
SETTLE_S, IDLE_S = 5.0, 10.0


@dataclass(frozen=True, slots=True)
class NodeUse:
    """What one SuperNode used in some time."""

    up_bytes: int
    down_bytes: int
    processor_s: float


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment came to."""

    rounds: int
    started: tuple[NodeUse, ...]
    """Of each node, until it is ready."""
    idle: tuple[NodeUse, ...]
    """In `idle_s` seconds without anything to do."""
    idle_s: float
    ran: tuple[NodeUse, ...]
    """In all rounds together."""
    seconds: float
    """Of all rounds."""
    server_s: float
    """Processor seconds of the SuperLink, with the ServerApp that it started, in all rounds."""


@dataclass(slots=True)
class _Deployment:
    """Processes and lines of a deployment."""

    processes: Processes
    environment: Mapping[str, str]
    port: int
    lines: list[Line] = field(default_factory=list)

    def start_superlink(self) -> None:
        address = ["--host", "127.0.0.1", "--port", str(self.port)]
        options = ["--insecure", "--disable-runtime-dependency-installation", *address]
        self._start("superlink", "flower-superlink", options)
        self._wait_for_port(self.port, "a SuperLink that listens")

    def start_node(self, number: int, counted: Line, data: Path) -> None:
        """Start a SuperNode and wait until it has said something to the SuperLink."""
        self.lines.append(counted)
        own_port, config = free_port(), f'data="{data}" partition-id={number}'
        address = ["--superlink", f"127.0.0.1:{counted.port}", "--port", str(own_port)]
        self._start(self._name(number), "flower-supernode", ["--insecure", *address, "--node-config", config])
        self.processes.wait_until(
            lambda: counted.down_bytes > 0, what="a SuperNode that is known", timeout_s=START_TIMEOUT_S
        )

    def use(self) -> list[NodeUse]:
        """Return what each node has used so far."""
        return [
            NodeUse(one.up_bytes, one.down_bytes, processor_of_tree(self.processes.pid_of(self._name(number))))
            for number, one in enumerate(self.lines)
        ]

    def run(self, settings: Mapping[str, str | int | float]) -> None:
        """Run the app to its end."""
        values = " ".join(
            f'{name}="{one}"' if isinstance(one, str) else f"{name}={one}" for name, one in settings.items()
        )
        command = [flower_command("flwr"), "run", str(APP), FEDERATION, "--stream", "--run-config", values]
        self.processes.call("run", command, environment=self.environment, timeout_s=RUN_TIMEOUT_S)

    def _start(self, name: str, command: str, options: list[str]) -> None:
        self.processes.start(name, [flower_command(command), *options], environment=self.environment)

    def _wait_for_port(self, port: int, what: str) -> None:
        self.processes.wait_until(lambda: _listens(port), what=what, timeout_s=START_TIMEOUT_S)

    @staticmethod
    def _name(number: int) -> str:
        return f"supernode-{number}"


def deploy(
    work: Path, *, data: Path, start: Path, nodes: int, rounds: int, rate: float, idle_s: float = IDLE_S
) -> Deployed:
    """Deploy for so many rounds from the layers in `start`; everything that was started has ended when this returns.

    Raises:
        CannotMeasure: Flower's environment is not there.
        DemoError: a process did not come up or failed.
    """
    with _deployed(work, data, nodes) as deployment:
        time.sleep(SETTLE_S)
        started = deployment.use()
        time.sleep(idle_s)
        idle, server_s = deployment.use(), processor_of_tree(deployment.processes.pid_of("superlink"))
        began = time.monotonic()
        deployment.run(
            {"start": str(start), "out": str(work / "out.npz"), "rounds": rounds, "nodes": nodes, "rate": rate}
        )
        seconds, ran = time.monotonic() - began, deployment.use()
        server_s = processor_of_tree(deployment.processes.pid_of("superlink")) - server_s
    return Deployed(rounds, tuple(started), _less(idle, started), idle_s, _less(ran, idle), seconds, server_s)


@contextlib.contextmanager
def _deployed(work: Path, data: Path, nodes: int) -> Iterator[_Deployment]:
    port, home = free_port(), work / "flwr"
    home.mkdir(parents=True)
    where = f'address = "127.0.0.1:{port}"\ninsecure = true\n'
    (home / "config.toml").write_text(f'[superlink]\ndefault = "{FEDERATION}"\n[superlink.{FEDERATION}]\n{where}')
    with running(work / "logs") as processes, contextlib.ExitStack() as lines:
        deployment = _Deployment(processes, quiet_environment(home), port)
        deployment.start_superlink()
        for number in range(nodes):
            deployment.start_node(number, lines.enter_context(line(port)), data)
        yield deployment
        processes.stop()


def _less(after: list[NodeUse], before: list[NodeUse]) -> tuple[NodeUse, ...]:
    return tuple(
        NodeUse(one.up_bytes - other.up_bytes, one.down_bytes - other.down_bytes, one.processor_s - other.processor_s)
        for one, other in zip(after, before, strict=True)
    )


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
