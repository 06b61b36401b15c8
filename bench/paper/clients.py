"""The exhibit "clients": what a device and its service do as the devices of a group become many."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import psutil
from matplotlib.figure import Figure

from bench.evidence.cost import Cost, cost_of
from bench.evidence.errors import CannotMeasure
from bench.evidence.exhibit import Exhibit, Run
from bench.evidence.line import line
from bench.evidence.plots import looks, new_figure
from bench.evidence.row import EvidenceRow, figure_of
from bench.evidence.tables import shown, shown_range
from bench.paper.household import CUT, GROUP, HeadFile, Household, household, make_heads, pull, push, space_of
from bench.paper.simulated import PHOTOS, Crowd, enrol, fetch, send
from bench.processes import processor_of_tree
from cloud.releases import registry
from cloud.releases.registry import Registry
from cloud.store import open_store
from cloud.store.keys import Pool
from contract.manifest import Channel
from demo.running.process_guard import guarded
from device.assembly import Device
from device.pull.updater import PullOutcome

DEVICES, TOY_DEVICES = (1, 10, 100, 1_000, 10_000), (2,)
PEOPLE = 65
PROBES = 5
"""At most: devices that are real, among the others."""
FETCHING = 100
"""At most: devices that fetch the head."""
CHANNEL = Channel.LATEST
"""It has what was trained, however few samples the gate has seen to judge it by."""
EVEN = 1.3
"""A figure of which the largest is at most so many times the smallest counts as the same for any number of devices."""
PATIENCE_S, LOOK_EVERY_S = 900.0, 0.2
UNLIMITED = ("FEDEX_ADDRESS_ENROLMENTS", "FEDEX_CODE_ENROLMENTS")
UP, DOWN, OWN = "up, a device", "down, a device", "processor, a device"
WEB, WEB_PULL, WORKER, WORKER_ALL = "web, a device", "web, a pull", "worker, a device", "worker, in all"
STORED, HEAD_AFTER = "stored, a device", "head after the last upload"
MS = 1000.0


@dataclass(frozen=True, slots=True)
class Served:
    """What a service did for all of its devices."""

    web_s: float
    """Processor seconds: enrolments and uploads."""
    web_pull_s: float
    """Of one device that fetches the head."""
    worker_s: float
    stored_bytes: int
    head_after_s: float


def measure(run: Run) -> list[EvidenceRow]:
    """Serve each number of devices from an empty store."""
    os.environ.update(dict.fromkeys(UNLIMITED, "1000000"))  # this is a process of the measurement's own
    heads = make_heads(run.work, (PEOPLE,))
    rows: list[EvidenceRow] = []
    for devices in TOY_DEVICES if run.is_toy else DEVICES:
        run.say(f"{devices:,} devices")
        folder = run.work / f"{devices}"
        folder.mkdir()
        costs, served = _serve(folder, heads, devices)
        _keep(run, devices, costs, served)
        rows += _rows_of(devices, costs, served)
    return rows


def _keep(run: Run, devices: int, costs: Sequence[tuple[Cost, Cost]], served: Served) -> None:
    each = [{"push": asdict(push_cost), "pull": asdict(pull_cost)} for push_cost, pull_cost in costs]
    (run.raw / f"{devices}.json").write_text(json.dumps({"devices": each, "service": asdict(served)}))


def line_name(devices: int) -> str:
    """Return the name of a line."""
    return f"{devices:,} device" + "s" * (devices > 1)


def _rows_of(devices: int, costs: Sequence[tuple[Cost, Cost]], served: Served) -> Iterator[EvidenceRow]:
    name = line_name(devices)
    yield EvidenceRow.of(name, UP, [(one.up_bytes + other.up_bytes) / 1000 for one, other in costs], "kB")
    yield EvidenceRow.of(name, DOWN, [(one.down_bytes + other.down_bytes) / 1000 for one, other in costs], "kB")
    yield EvidenceRow.of(name, OWN, [MS * (one.processor_s + other.processor_s) for one, other in costs], "ms")
    yield EvidenceRow(name, WEB, MS * served.web_s / devices, "ms")
    yield EvidenceRow(name, WEB_PULL, MS * served.web_pull_s, "ms")
    yield EvidenceRow(name, WORKER, MS * served.worker_s / devices, "ms")
    yield EvidenceRow(name, WORKER_ALL, served.worker_s, "s")
    yield EvidenceRow(name, STORED, served.stored_bytes / devices / 1000, "kB")
    yield EvidenceRow(name, HEAD_AFTER, served.head_after_s, "s")


def _serve(folder: Path, heads: dict[int, HeadFile], devices: int) -> tuple[list[tuple[Cost, Cost]], Served]:
    """Have all devices enrol and send, the worker train, and some fetch what it released."""
    crowd, probes = Crowd.draw(devices, people=PEOPLE), min(PROBES, devices)
    with household(folder, heads, cuts=(CUT,)) as home, line(home.port) as opened:
        web, empty_bytes = _process("serve"), _size(folder / "store")
        real = [_following(home.device(opened.port)) for _ in range(probes)]
        for device, features in zip(real, crowd.features[devices - probes :], strict=True):
            home.fill(device, CUT, features)
        began_s = processor_of_tree(web.pid)
        tokens = enrol(home.port, devices - probes)
        send(home.port, crowd, tokens)
        pushes = [cost_of(opened, partial(push, device))[0] for device in real]
        web_s = processor_of_tree(web.pid) - began_s
        worker_s, head_after_s, released = _train(home, rows=devices * PHOTOS)
        stored_bytes = _size(folder / "store") - empty_bytes
        pulls = [cost_of(opened, partial(pull, device, expected=PullOutcome.INSTALLED))[0] for device in real]
        asking = tokens[:FETCHING] or [device.identity().token for device in real]
        began_s = processor_of_tree(web.pid)
        fetch(home.port, released.channels[CHANNEL].manifest, asking)
        web_pull_s = (processor_of_tree(web.pid) - began_s) / len(asking)
    costs = list(zip(pushes, pulls, strict=True))
    return costs, Served(web_s, web_pull_s, worker_s, stored_bytes, head_after_s)


def _following(device: Device) -> Device:
    return Device(replace(device.settings, channel=CHANNEL))


def _train(home: Household, *, rows: int) -> tuple[float, float, Registry]:
    """Run a worker until it has released a head from so many rows; return its processor and wall seconds.

    Raises:
        CannotMeasure: it does not come to that.
    """
    store, pool, log = open_store(home.store), Pool(GROUP, space_of(CUT)), home.folder / "worker.log"
    began = time.monotonic()
    with _worker(home, log) as process:
        while True:
            found = registry.read(store, pool)
            if found.trained is not None and found.trained.rows >= rows:
                return processor_of_tree(process.pid), time.monotonic() - began, found
            if time.monotonic() - began > PATIENCE_S or not process.is_running():
                raise CannotMeasure(f"{log}: expected a release from {rows} samples within {PATIENCE_S:g} s, got none")
            time.sleep(LOOK_EVERY_S)


@contextmanager
def _worker(home: Household, log: Path) -> Iterator[psutil.Process]:
    settings = {"FEDEX_STORE": home.store, "FEDEX_STATE": str(home.folder / "worker"), "FEDEX_WARM_S": "0"}
    command = guarded([sys.executable, "-m", "cloud.cli", "worker"])
    with log.open("wb") as lines:
        process = subprocess.Popen(command, env=os.environ | settings, stdout=lines, stderr=lines)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _process(command: str) -> psutil.Process:
    """Return the process that this one has started with a command of `fedex-cloud`."""
    return next(one for one in psutil.Process().children() if command in one.cmdline())


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def findings(rows: Sequence[EvidenceRow]) -> list[str]:
    """Say what stays as it is and what grows."""
    lines = list(dict.fromkeys(row.line for row in rows))

    def spread(column: str) -> str:
        return shown_range([figure_of(rows, name, column) or 0.0 for name in lines])

    least, most = lines[0], lines[-1]
    return [
        f"To push once and pull once, a device sends {spread(UP)} kB, receives {spread(DOWN)} kB and works for "
        f"{spread(OWN)} ms of processor, from {least} to {most}: {_part_of_others(rows, lines)}.",
        f"The service's share for one device is {spread(WEB)} ms of the web's processor to let it in and take its "
        f"upload, {spread(WEB_PULL)} ms to give it the head, and {spread(STORED)} kB of store, in which what the "
        f"training cycle keeps is counted too. The worker needs {shown(figure_of(rows, least, WORKER_ALL))} s of "
        f"processor in all with {least}, and {shown(figure_of(rows, most, WORKER_ALL))} s with {most}, which is "
        f"{shown(figure_of(rows, most, WORKER))} ms a device.",
    ]


def _part_of_others(rows: Sequence[EvidenceRow], lines: Sequence[str]) -> str:
    """Say whether what a device does hangs on the number of others."""
    columns = {column: [figure_of(rows, name, column) or 0.0 for name in lines] for column in (UP, DOWN, OWN)}
    uneven = {column: values for column, values in columns.items() if max(values) > EVEN * min(values)}
    if not uneven:
        return (
            f"no largest figure is more than {EVEN:g} times the smallest, so that the number of others has no part in "
            "what it does, which is the paper's O(1)"
        )
    grows = {column for column, values in uneven.items() if values[-1] > EVEN * values[0]}
    said = ", ".join(
        f"{column.partition(',')[0]} **{'grows' if column in grows else 'varies'}**, from "
        f"{shown(values[0])} to {shown(values[-1])}"
        for column, values in uneven.items()
    )
    if grows:
        return f"{said}, which is not the paper's O(1)"
    return (
        f"{said}, and nothing grows with the number of others, which is the paper's O(1). Of 1 device there is but one "
        "act of each kind, the first of its process, which takes longest"
    )


def draw(rows: Sequence[EvidenceRow]) -> Figure:
    """Draw what a device does, and what the service does for one, over the number of devices."""
    figure, panels = new_figure("a device: one push, one pull", "the service: processor for one device, ms")
    lines = list(dict.fromkeys(row.line for row in rows))
    counts = [int(name.split()[0].replace(",", "")) for name in lines]
    units = {UP: "kB", DOWN: "kB", OWN: "ms"}
    for panel, columns in zip(panels, ((UP, DOWN, OWN), (WEB, WEB_PULL, WORKER)), strict=True):
        for column, look in zip(columns, looks(len(columns)), strict=True):
            label = f"{column}, {units[column]}" if column in units else column
            panel.plot(counts, [figure_of(rows, name, column) or 0.0 for name in lines], label=label, **look.of_line)
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xlabel("devices")
        panel.legend(fontsize=8)
    return figure


EXHIBIT = Exhibit(
    "clients",
    "Many clients",
    f"""\
Devices of one group against one service under gunicorn and one worker, over a store in a folder, each number from an
empty store. Devices are simulated at the level of HTTP: each enrols and sends one upload of {PHOTOS} photos of one of
{PEOPLE} people, who lie about as real ones do at {CUT}; up to {PROBES} of them are real, and theirs are bytes and
processor of one push and one pull. When all have sent, the worker starts, merges, trains and releases a head (on the
channel "{CHANNEL}"); then up to {FETCHING} devices fetch it. Processor seconds are of all processes of the web and of
the worker.""",
    """\
The paper argues that a client's cost does not depend on training, and measures one client. All processes share this
machine, so that seconds on the clock are of all of them together; processor seconds are not. The head has as many
classes whatever the number of devices, and each device sends the same; a device with more to send sends more.
The devices' bundle has no prefix; a pull looks at a prefix's size alone. Real devices have enrolled before the web's
processor is counted.""",
    measure,
    findings,
    draw,
)
