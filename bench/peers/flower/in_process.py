"""Flower's real strategies and ClientApps in this process, without Ray and without a network: one Python runs it all.

    python in_process.py ASKED.json DONE.npz

ASKED has `devices`, a file as the client reads it, and `runs`, each with `strategy`, `start` (a file of `kernel` and
`bias`), `rounds`, `epochs` and `rate`. DONE has, for run number i, `kernels-i` (rounds, d, classes) and `biases-i`
after each round, `device-s-i` (rounds, devices), processor seconds of each call of the ClientApp, and `server-s-i`
(rounds,), those of the rest of a round.
"""

import importlib
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Context, RecordDict
from flwr.common.constant import SUPERLINK_NODE_ID
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg, FedAvgM
from flwr.supercore.task_identity import TaskIdentity

APP = Path(__file__).parent / "app"
RUN_ID = 1
MOMENTUM = 0.9
STRATEGIES: dict[str, Any] = {
    "FedAvg": lambda: FedAvg(fraction_evaluate=0.0),
    "FedAvgM": lambda: FedAvgM(fraction_evaluate=0.0, server_momentum=MOMENTUM),
}


class InProcessGrid(Grid):  # type: ignore[misc]  # Flower is not in the environment that checks types
    """A grid of nodes that are called one after another."""

    def __init__(self, app: Any, devices: str, count: int) -> None:
        self.app = app
        self.contexts = {
            node + 1: Context(RUN_ID, node + 1, {"data": devices, "partition-id": node}, RecordDict(), {})
            for node in range(count)
        }
        self.device_s: list[list[float]] = []

    def set_run(self, run: Any) -> None:
        """Take the run, which nobody asks for here."""

    @property
    def run(self) -> Any:
        """There is none."""
        raise NotImplementedError

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
            began = time.process_time()
            replies.append(self.app(message, self.contexts[message.metadata.dst_node_id]))
            seconds.append(time.process_time() - began)
        if seconds:
            self.device_s.append(seconds)
        return replies


def main(asked: Path, done: Path) -> None:
    """Carry out every run."""
    TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, RUN_ID, SUPERLINK_NODE_ID
    sys.path.insert(0, str(APP))
    client_app = importlib.import_module("fedavg_head.client").app
    question = json.loads(asked.read_text())
    answers: dict[str, Any] = {}
    for number, run in enumerate(question["runs"]):
        answers |= {
            f"{name}-{number}": value for name, value in carry_out(client_app, run, question["devices"]).items()
        }
    np.savez(done, **answers)


def carry_out(client_app: Any, run: dict[str, Any], devices: str) -> dict[str, Any]:
    """Carry out one run."""
    with np.load(devices) as arrays:
        count = len(arrays["labels"])
    with np.load(run["start"]) as start:
        first = ArrayRecord([start["kernel"], start["bias"]])
    grid, layers, clock = InProcessGrid(client_app, devices, count), list[Any](), [time.process_time()]

    def keep(server_round: int, arrays: Any) -> None:
        layers.append(arrays.to_numpy_ndarrays())
        clock.append(time.process_time())

    STRATEGIES[run["strategy"]]().start(
        grid=grid,
        initial_arrays=first,
        num_rounds=run["rounds"],
        train_config=ConfigRecord({"epochs": run["epochs"], "rate": run["rate"]}),
        evaluate_fn=keep,
    )
    device_s = np.array(grid.device_s)
    return {
        "kernels": np.stack([kernel for kernel, _ in layers[1:]]),
        "biases": np.stack([bias for _, bias in layers[1:]]),
        "device-s": device_s,
        "server-s": np.diff(clock[1:]) - device_s.sum(axis=1),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
