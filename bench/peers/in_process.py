"""Flower's real strategies and ClientApp, run in one process by Flower's Python: accuracy, and what a round costs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.peers.averaging import Averaging
from bench.peers.flower_environment import run_flower
from bench.peers.heads import Head
from bench.peers.task import Task

SECURE = "SecAgg+"


@dataclass(frozen=True, slots=True, eq=False)
class FlowerRun:
    """What one run came to."""

    heads: tuple[Head, ...]
    """The server's, after each round."""
    device_s: tuple[float, ...]
    """Processor seconds of each device in each round."""
    server_s: tuple[float, ...]
    """Of the rest of each round, in which messages become bytes and are read again."""
    messages: float
    """To a device, in a round."""
    up_kb: float
    """Of a device's messages in a round, without any transport."""
    down_kb: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """One run that is asked for."""

    averaging: Averaging
    start: Head
    rounds: int
    is_secure: bool = False
    """By SecAgg+: the server learns nothing but the sum."""


def run_in_process(wanted: Sequence[Wanted], task: Task, work: Path) -> list[FlowerRun]:
    """Run each setting from its head, with a device for every person.

    Raises:
        CannotMeasure: Flower's environment is not there.
    """
    work.mkdir(parents=True)
    np.savez(work / "devices.npz", embeddings=task.uploads, labels=np.arange(len(task.people)))
    runs = []
    for number, one in enumerate(wanted):
        np.savez(work / f"start-{number}.npz", kernel=one.start.kernel, bias=one.start.bias)
        runs.append(
            {
                "strategy": SECURE if one.is_secure else one.averaging.strategy,
                "start": str(work / f"start-{number}.npz"),
                "rounds": one.rounds,
                "epochs": one.averaging.epochs,
                "rate": one.averaging.rate,
            }
        )
    question = {"devices": str(work / "devices.npz"), "runs": runs}
    (work / "asked.json").write_text(json.dumps(question))
    run_flower("in_process.py", [str(work / "asked.json"), str(work / "done.npz")], home=work / "flwr")
    with np.load(work / "done.npz") as done:
        return [
            FlowerRun(
                tuple(map(Head, done[f"kernels-{number}"], done[f"biases-{number}"])),
                tuple(done[f"device-s-{number}"].ravel().tolist()),
                tuple(done[f"server-s-{number}"].tolist()),
                *(float(done[f"{name}-{number}"]) for name in ("messages", "up-kb", "down-kb")),
            )
            for number in range(len(wanted))
        ]
