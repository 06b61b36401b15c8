"""How soon a better head is in use after an upload is acknowledged: the first time, and by processes that are warm.

Service and worker are the real commands with their settings as they come, over a store in a folder; the device is the
package, in a process of its own that stays, as a program that embeds it has. The space knows everybody by two photos.
Three more of each go up at once; then, again and again, one of each of some, so that each upload makes one cycle. From
the acknowledgement on, the device asks for a better head five times a second.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench.data import find_data
from bench.isolated import in_fresh_process
from bench.measure.bundles import export_bundle
from bench.row import BenchRow, at_most
from cloud.training.cycle import CycleStep
from demo.errors import DemoError
from demo.folders import list_photos
from demo.roles import Person, Shares, assign_roles
from demo.running.cycle_log import read_steps
from demo.running.processes import Processes
from demo.running.service import start_service
from device import Device, load_photo
from device.settings import Settings

ROUNDS, PEOPLE_A_ROUND = 5, 20
GOAL_S = 4.0
PATIENCE_S, ASK_EVERY_S = 300.0, 0.2
PARTS = {
    CycleStep.EMBEDDED: "inputs read, new rows embedded",
    CycleStep.TRAINED: "samples vetted, trials",
    CycleStep.CONVERTED: "gate, files, parity",
    CycleStep.PUBLISHED: "signed and published",
}
AROUND = "the worker's look at its inbox and merge, the device's polls and pull"


@dataclass(frozen=True, slots=True)
class Round:
    """One upload, and the head that came of it."""

    seconds: float
    seconds_to: Mapping[str, float]
    """From the start of the training cycle to each of its steps."""


def measure(work: Path) -> list[BenchRow]:
    """Return the median of the warm rounds with its parts, and the first round's beside it."""
    export_bundle(work)
    rounds = in_fresh_process(_rounds, work)
    return rows_of(rounds, people=len(list_photos(find_data(work=work).faces)))


def rows_of(rounds: Sequence[Round], *, people: int) -> list[BenchRow]:
    """Return the rows of some rounds, of which the first one began cold."""
    cold, *warm = rounds
    run = sorted(warm, key=lambda round: round.seconds)[(len(warm) - 1) // 2]
    name = f"acknowledged upload to better head in use, warm, freeze6, {people} people"
    spread = f"{len(warm)} rounds, {min(one.seconds for one in warm):.1f} to {max(one.seconds for one in warm):.1f}"
    passed = [0.0, *(run.seconds_to[step] for step in PARTS)]
    parts = [end - begin for begin, end in pairwise(passed)]
    inside = dict(zip(PARTS.values(), parts, strict=True)) | {AROUND: run.seconds - passed[-1]}
    return [
        BenchRow(f"{name} ({spread})", run.seconds, "seconds", goal=at_most(GOAL_S)),
        BenchRow(f"{name}, over the first", run.seconds, "seconds", reference=cold.seconds),
        *(BenchRow(f"{name}: {what}", value, "seconds", reference=run.seconds) for what, value in inside.items()),
    ]


def _rounds(work: Path) -> list[Round]:
    """Run a service, and upload again and again; the first round starts the worker's processes."""
    folder, bundle = work / "latency", export_bundle(work)
    people = assign_roles(list_photos(find_data(work=work).faces), shares=Shares(new=0), seed=0)
    folder.mkdir(parents=True)
    (folder / "logs").mkdir()
    processes = Processes(folder / "logs")
    try:
        store = {"FEDEX_STORE": f"dir:{folder / 'store'}"}
        service = start_service(processes, store=store, work=folder, training=bundle / "training")
        device = Device(
            Settings(bundle=bundle / "device", home=folder / "device", url=service.url, enrolment_code=service.code)
        )
        device.enrol()
        log = processes.log_of("worker")
        return [_round(device, shots, log) for shots in _uploads(people)]
    finally:
        processes.stop()


def _uploads(people: tuple[Person, ...]) -> list[list[tuple[Path, str]]]:
    """Return what each round uploads, photos with their names: everybody's, then some people's that are tested else."""
    first = [(photo, person.name) for person in people for photo in person.uploads]
    later = []
    for number in range(ROUNDS):
        some = [people[(number * PEOPLE_A_ROUND + place) % len(people)] for place in range(PEOPLE_A_ROUND)]
        later.append([(person.tests[number], person.name) for person in some])
    return [first, *later]


def _round(device: Device, shots: list[tuple[Path, str]], log: Path) -> Round:
    recognizer = device.recognizer()
    for photo, name in shots:
        for inference in recognizer.infer(load_photo(photo)):
            if inference.id is not None:
                device.give_feedback(inference.id, label=name)
    serial = device.pull().serial
    device.push()
    acknowledged = time.monotonic()
    while device.pull().serial <= serial:
        if time.monotonic() - acknowledged > PATIENCE_S:
            raise DemoError(f"a better head than {serial}: expected one within {PATIENCE_S:g} s, got none")
        time.sleep(ASK_EVERY_S)
    seconds = time.monotonic() - acknowledged
    return Round(seconds, {step: float(line["seconds"]) for step, line in read_steps(log).items()})
