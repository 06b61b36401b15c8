"""Flower's real strategies and ClientApps in this process, without Ray and without a network: one Python runs it all.

    python in_process.py ASKED.json DONE.npz

ASKED has `devices`, a file as the client reads it, and `runs`, each with `strategy`, `start` (a file of `kernel` and
`bias`), `rounds`, `epochs` and `rate`. DONE has, for run number i, `kernels-i` (rounds, d, classes) and `biases-i`
after each round, `device-s-i` (rounds, devices), processor seconds of a device's calls of the ClientApp, `server-s-i`
(rounds,), those of the rest of a round, and `messages-i`, `up-kb-i` and `down-kb-i`, how many messages a device
has in a round, and their size.
"""

import importlib
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Context, RecordDict
from flwr.common.constant import SUPERLINK_NODE_ID
from flwr.common.serde import message_from_proto, message_to_proto
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg, FedAvgM
from flwr.supercore.task_identity import TaskIdentity

APP = Path(__file__).parent / "app"
RUN_ID = 1
MOMENTUM = 0.9
SECURE = "SecAgg+"
STRATEGIES: dict[str, Any] = {
    "FedAvg": lambda: FedAvg(fraction_evaluate=0.0),
    "FedAvgM": lambda: FedAvgM(fraction_evaluate=0.0, server_momentum=MOMENTUM),
}


class InProcessGrid(Grid):  # type: ignore[misc]  # Flower is not in the environment that checks types
    """A grid of nodes that are called one after another; messages become bytes on the way, and are read again."""

    def __init__(self, app: Any, devices: str, count: int) -> None:
        self.app = app
        self.contexts = {
            node + 1: Context(RUN_ID, node + 1, {"data": devices, "partition-id": node}, RecordDict(), {})
            for node in range(count)
        }
        self.device_s: list[list[float]] = []
        """Of each device in each of the times that messages were sent."""
        self.up_bytes = self.down_bytes = 0

    def set_run(self, run: Any) -> None:
        """Take the run, which is this one."""

    @property
    def run(self) -> Any:
        """Return what is asked of a run: its id."""
        return SimpleNamespace(run_id=RUN_ID)

    def create_message(self, *args: Any, **kwargs: Any) -> Any:
        """Nobody asks for it: strategies make their messages themselves."""
        raise NotImplementedError

    def push_messages(self, messages: Iterable[Any]) -> Iterable[str]:
        """Nobody asks for it: strategies send and receive at once."""
        raise NotImplementedError

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Any]:
        """Nobody asks for it."""
        raise NotImplementedError

    def get_node_ids(self) -> Iterable[int]:
        """Return all nodes."""
        return list(self.contexts)

    def send_and_receive(self, messages: Iterable[Any], *, timeout: float | None = None) -> Iterable[Any]:
        """Have each node answer; a round without messages is none."""
        replies, seconds = [], []
        for number, message in enumerate(messages):
            message.metadata._message_id = str(number)  # as the SuperLink would
            down = message_to_proto(message)
            came, context = message_from_proto(down), self.contexts[message.metadata.dst_node_id]
            began = time.process_time()
            reply = self.app(came, context)
            seconds.append(time.process_time() - began)
            up = message_to_proto(reply)
            replies.append(message_from_proto(up))
            self.down_bytes += down.ByteSize()
            self.up_bytes += up.ByteSize()
        if seconds:
            self.device_s.append(seconds)
        return replies


def main(asked: Path, done: Path) -> None:
    """Carry out every run."""
    TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, RUN_ID, SUPERLINK_NODE_ID
    sys.path.insert(0, str(APP))
    apps = {name: importlib.import_module(f"fedavg_head.{name}") for name in ("client", "secure")}
    question = json.loads(asked.read_text())
    answers: dict[str, Any] = {}
    for number, run in enumerate(question["runs"]):
        answers |= {f"{name}-{number}": value for name, value in carry_out(apps, run, question["devices"]).items()}
    np.savez(done, **answers)


def carry_out(apps: dict[str, Any], run: dict[str, Any], devices: str) -> dict[str, Any]:
    """Carry out one run."""
    with np.load(devices) as arrays:
        count = len(arrays["labels"])
    with np.load(run["start"]) as start:
        first = [start["kernel"], start["bias"]]
    is_secure, rounds = run["strategy"] == SECURE, run["rounds"]
    grid = InProcessGrid(apps["secure" if is_secure else "client"].app, devices, count)
    layers, clock, config = list[Any](), list[float](), {"epochs": run["epochs"], "rate": run["rate"]}

    def keep(server_round: int, after: Any) -> None:
        """Take the layers after a round, and before the first one."""
        layers.append(after)
        clock.append(time.process_time())

    if is_secure:
        context = Context(RUN_ID, SUPERLINK_NODE_ID, {}, RecordDict(), {})
        apps["secure"].aggregate_securely(grid, context, first, rounds=rounds, config=config, keep=keep)
    else:
        STRATEGIES[run["strategy"]]().start(
            grid=grid,
            initial_arrays=ArrayRecord(first),
            num_rounds=rounds,
            train_config=ConfigRecord(config),
            evaluate_fn=lambda server_round, arrays: keep(server_round, arrays.to_numpy_ndarrays()),
        )
    device_s = np.array(grid.device_s).reshape(rounds, -1, count).sum(axis=1)
    return {
        "messages": len(grid.device_s) / rounds,
        "up-kb": grid.up_bytes / rounds / count / 1000,
        "down-kb": grid.down_bytes / rounds / count / 1000,
        "kernels": np.stack([kernel for kernel, _ in layers[1:]]),
        "biases": np.stack([bias for _, bias in layers[1:]]),
        "device-s": device_s,
        "server-s": np.diff(clock) - device_s.sum(axis=1),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
