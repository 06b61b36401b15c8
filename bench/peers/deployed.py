"""The exhibit "deployed": what a round of Flower's federated averaging costs a device, as Flower ships it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from bench.evidence.exhibit import Exhibit, Run
from bench.evidence.row import EvidenceRow, figure_of
from bench.peers.deployment import Deployed, NodeUse, deploy
from bench.peers.heads import Head
from bench.peers.task import Task, invent

PEOPLE, DIMENSIONS = 65, 512
NODES, ROUNDS, RATE = 2, 3, 0.1
NETWORK_PARAMETERS = 23_512_224
"""Of InceptionResNet-V1 before its last layer, as `get_weights` has them: with the statistics of batches."""
HEAD, NETWORK = "last layer, a round", "whole network, a round"
ARRAYS, START, IDLE = "the last layer itself", "start of a node", "a node without work, an hour"
UP, DOWN, DEVICE = "up", "down", "processor seconds of a device"
SERVER, SECONDS = "processor seconds of the server, a device", "duration"
HOUR_S = 3600.0
COMPUTED_ARRAYS = "computed: float32, without any protocol"
COMPUTED_HOUR = "computed from some seconds"


def measure(run: Run) -> list[EvidenceRow]:
    """Deploy twice: with the last layer alone, and once around with as much as the whole network."""
    task = invent(people=4, casts=1) if run.is_toy else invent(people=PEOPLE, casts=1, dimensions=DIMENSIONS)
    rounds, idle_s = (1, 1.0) if run.is_toy else (ROUNDS, 20.0)
    run.say(f"deploy Flower: {NODES} SuperNodes, {rounds} rounds of the last layer")
    head = _deploy(run, "head", task, nodes=NODES, rounds=rounds, idle_s=idle_s)
    rows = [_arrays_row(task, UP), _arrays_row(task, DOWN), *round_rows(HEAD, head), *standing_rows(head)]
    if run.is_toy:
        return rows
    run.say("deploy Flower: one SuperNode, one round of as much as the whole network, which takes minutes")
    network = _deploy(run, "network", task, nodes=1, rounds=1, idle_s=1.0, others=NETWORK_PARAMETERS)
    return [*rows, *round_rows(NETWORK, network)]


def write_devices(task: Task, path: Path) -> None:
    """Write what the app's clients read: every person's uploads."""
    np.savez(path, embeddings=task.uploads, labels=np.arange(len(task.people)))


def write_start(head: Head, path: Path, *, others: int = 0) -> None:
    """Write the layers that averaging begins with, and so many other parameters beside them."""
    more = {"others": np.random.default_rng(0).standard_normal(others, np.float32)} if others else {}
    np.savez(path, kernel=head.kernel, bias=head.bias, **more)


def round_rows(line: str, deployed: Deployed) -> list[EvidenceRow]:
    """Return what one round costs a device and the server."""

    def of_nodes(column: str, unit: str, get: Callable[[NodeUse], float]) -> EvidenceRow:
        return EvidenceRow.of(line, column, [get(node) / deployed.rounds for node in deployed.ran], unit)

    return [
        of_nodes(UP, "kB", lambda node: node.up_bytes / 1000),
        of_nodes(DOWN, "kB", lambda node: node.down_bytes / 1000),
        of_nodes(DEVICE, "s", lambda node: node.processor_s),
        EvidenceRow(line, SERVER, deployed.server_s / deployed.rounds / len(deployed.ran), "s"),
        EvidenceRow(line, SECONDS, deployed.seconds / deployed.rounds, "s"),
    ]


def standing_rows(deployed: Deployed) -> list[EvidenceRow]:
    """Return what a node costs without any work."""
    hours = deployed.idle_s / HOUR_S
    rows = []
    for line, nodes, share, note in (
        (START, deployed.started, 1.0, ""),
        (IDLE, deployed.idle, hours, COMPUTED_HOUR),
    ):
        rows += [
            EvidenceRow.of(line, UP, [node.up_bytes / 1000 / share for node in nodes], "kB", note=note),
            EvidenceRow.of(line, DOWN, [node.down_bytes / 1000 / share for node in nodes], "kB", note=note),
            EvidenceRow.of(line, DEVICE, [node.processor_s / share for node in nodes], "s", note=note),
        ]
    return rows


def _deploy(run: Run, name: str, task: Task, *, nodes: int, rounds: int, idle_s: float, others: int = 0) -> Deployed:
    work = run.work / name
    work.mkdir()
    write_devices(task, work / "devices.npz")
    write_start(Head.nothing(task), work / "start.npz", others=others)
    deployed = deploy(
        work,
        data=work / "devices.npz",
        start=work / "start.npz",
        nodes=nodes,
        rounds=rounds,
        rate=RATE,
        idle_s=idle_s,
    )
    (run.raw / f"{name}.json").write_text(json.dumps(asdict(deployed), indent=1))
    return deployed


def _arrays_row(task: Task, column: str) -> EvidenceRow:
    numbers = (task.tests.shape[1] + 1) * len(task.people)
    return EvidenceRow(ARRAYS, column, 4 * numbers / 1000, "kB", note=COMPUTED_ARRAYS)


def findings(rows: Sequence[EvidenceRow]) -> list[str]:
    """Say what a round costs beside what it carries."""
    figure = partial(figure_of, rows)
    up, down, arrays = (figure(HEAD, UP) or 0.0, figure(HEAD, DOWN) or 0.0, figure(ARRAYS, UP) or 0.0)
    sentences = [
        f"A round of the last layer moves {up:.0f} kB up and {down:.0f} kB down a device, of which {arrays:.0f} kB "
        f"each way are the layer: {100 * (up + down - 2 * arrays) / (up + down):.0f} % of the traffic are protocol and "
        "polling.",
        f"It takes a device {figure(HEAD, DEVICE):.2g} s of processor, with a Python process for every message; "
        "`federated` has the training alone. A client of one's own could do without; the figure says what one gets by "
        "following Flower's documentation.",
        f"A node that has nothing to do asks every few seconds: {figure(IDLE, UP):,.0f} kB up and "
        f"{figure(IDLE, DOWN):,.0f} kB down an hour, {figure(IDLE, DEVICE):.3g} s of processor. It wants to be there "
        "when a round begins; FEDEx's devices come when they like.",
    ]
    if any(row.line == NETWORK for row in rows):
        sentences.append(
            f"Were the whole network averaged, a round would be {(figure(NETWORK, UP) or 0.0) / 1000:.0f} MB up and "
            f"{(figure(NETWORK, DOWN) or 0.0) / 1000:.0f} MB down, and {figure(NETWORK, DEVICE):.2g} s of a device's "
            "processor before any training."
        )
    return sentences


EXHIBIT = Exhibit(
    "deployed",
    "Flower deployed: what a round costs",
    f"""\
Flower 1.42 as its documentation deploys it, on one machine: a SuperLink, {NODES} SuperNodes and an app of ours with
Flower's own FedAvg, {ROUNDS} rounds, the last layer for {PEOPLE} people of {DIMENSIONS} dimensions in float32. Every
SuperNode speaks through a counting line of its own: payload bytes, both ways. Processor time is of the whole tree of a
node's processes. Figures are for one device and one round. The whole network's line is one round of one node with as
many more float32 as InceptionResNet-V1 has weights, which are changed but not trained: traffic and Flower's work
alone.""",
    """\
The paper did not run federated averaging: it pushed all gradients once, and simulated the rest. Encryption is off, for
both sides of every comparison here. A round's duration is mostly the nodes' polling and the start of processes; with
two nodes on one machine it says nothing about phones.""",
    measure,
    findings,
    needs="Flower's environment, `make peers-install`",
)
