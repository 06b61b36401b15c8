"""What acts cost a device: processor, bytes and wake-ups of push, pull, inference and on-device training, as rows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.data import find_data
from bench.evidence.cost import Cost, command_s, cost_of, thread_s
from bench.evidence.exhibit import Run
from bench.evidence.line import Line, line
from bench.evidence.row import EvidenceRow
from bench.isolated import in_fresh_process
from bench.measure.bundles import export_bundle
from bench.measure.trainable_head import convert_head
from bench.measure.training_session import Asked, train_head
from bench.paper.energy import POWERCAP, Coefficients, Packages
from bench.paper.household import CUT, Household, pull, push
from contract.bundle import read_device_bundle
from contract.cuts import CUTS
from demo.folders import list_photos
from device.assembly import Device
from device.pull.updater import PullOutcome
from device.recognise.image import load_photo
from device.settings import Settings

PHOTOS, TRAINED_PHOTOS = 10, 3
REPEATS, TOY_REPEATS = 15, 2
PROCESSES, TOY_PROCESSES = 5, 1
INFERENCES, WARM_UP = 60, 5
STEPS, RATE = (20, 300), 0.1
PROCESSOR, PROGRAM, UP, DOWN, WAKE_UPS = "processor", "processor, as a program", "up", "down", "wake-ups"
INDEX, JOULES = "index", "joules of this machine"
PUSH, PULL, NOTHING_NEW = f"push, {PHOTOS} features", "pull, a new head", "pull, nothing is new"
FEEDBACK, INFERENCE = "feedback on one answer", "inference, one photo"
NO_RAPL = "Not measured: this machine offers no RAPL (/sys/class/powercap)."
WITH_SERVICE = "By RAPL, of all packages of this machine, with what the service took; less the idle machine."
ALONE = "By RAPL, of all packages of this machine, less the idle machine."
AS_PROGRAM = "By RAPL, of all packages of this machine, as a program; less the idle machine."
NO_EXPORT = "Not measured at toy size: it needs an export."
MS = 1000.0


Floats = NDArray[np.float32]
ACTS: dict[str, tuple[Callable[[Device], object], str]] = {
    PUSH: (push, "push"),
    PULL: (partial(pull, expected=PullOutcome.INSTALLED), "pull"),
    NOTHING_NEW: (partial(pull, expected=PullOutcome.UNCHANGED), "pull"),
}
"""What each is in a live process, and as a command of `fedex-device`."""


def exchange_rows(run: Run, home: Household, classes: int, coefficients: Coefficients) -> list[EvidenceRow]:
    """Have devices push, pull and pull again: some in this process, others as a program each time."""
    repeats, processes = (TOY_REPEATS, TOY_PROCESSES) if run.is_toy else (REPEATS, PROCESSES)
    features = np.random.default_rng(0).standard_normal((PHOTOS, *CUTS[CUT].feature_shape)).astype(np.float32)
    rows: list[EvidenceRow] = []
    with line(home.port) as opened:
        home.publish(classes)
        live, counted, programs = (
            [_filled(home, opened, features) for _ in range(count)] for count in (repeats, repeats, processes)
        )
        for name, (act, command) in ACTS.items():
            costs = [cost_of(opened, partial(act, device))[0] for device in live]
            seconds = [command_s(device.settings, command) for device in programs]
            _keep(run, name, {"live": [asdict(one) for one in costs], "as a program, s": seconds})
            rows += _cost_rows(name, costs, coefficients)
            rows.append(EvidenceRow.of(name, PROGRAM, [MS * one for one in seconds], "ms"))
            rows.append(joules_row(name, [partial(act, device) for device in counted], note=WITH_SERVICE))
        rows += _feedback_rows(run, home, live, counted, features[:1])
    return rows


def _keep(run: Run, name: str, raw: object) -> None:
    (run.raw / f"{name}.json").write_text(json.dumps(raw))


def _filled(home: Household, opened: Line, features: Floats) -> Device:
    device = home.device(opened.port)
    home.fill(device, CUT, features)
    return device


def _cost_rows(name: str, costs: Sequence[Cost], coefficients: Coefficients) -> Iterator[EvidenceRow]:
    yield EvidenceRow.of(name, PROCESSOR, [MS * one.processor_s for one in costs], "ms")
    yield EvidenceRow.of(name, UP, [one.up_bytes / 1000 for one in costs], "kB")
    yield EvidenceRow.of(name, DOWN, [one.down_bytes / 1000 for one in costs], "kB")
    yield EvidenceRow.of(name, WAKE_UPS, [float(one.connections) for one in costs], "")
    joules = [
        coefficients.joules(
            processor_s=one.processor_s, up_bytes=one.up_bytes, down_bytes=one.down_bytes, wake_ups=one.connections
        )
        for one in costs
    ]
    yield EvidenceRow.of(name, INDEX, joules, "J", note=f"By {coefficients.figures()}.")


def joules_row(name: str, acts: Sequence[Callable[[], object]], *, note: str, powercap: Path = POWERCAP) -> EvidenceRow:
    """Count joules over some acts, where this machine can: those of one of them."""
    packages = Packages.find(powercap)
    if packages is None:
        return EvidenceRow(name, JOULES, None, "J", note=NO_RAPL)
    joules = packages.joules_of(lambda: [act() for act in acts])
    return EvidenceRow(name, JOULES, joules / len(acts), "J", note=note)


def _feedback_rows(
    run: Run, home: Household, live: Sequence[Device], counted: Sequence[Device], feature: Floats
) -> list[EvidenceRow]:
    """Give one label on each device."""

    def giving(device: Device) -> Callable[[], object]:
        return partial(device.give_feedback, home.keep(device, CUT, feature)[0], label="person 0")

    seconds = [thread_s(giving(device))[0] for device in live]
    _keep(run, FEEDBACK, {"live, s": seconds})
    return [
        EvidenceRow.of(FEEDBACK, PROCESSOR, [MS * one for one in seconds], "ms"),
        joules_row(FEEDBACK, [giving(device) for device in counted], note=ALONE),
    ]


def inference_rows(run: Run) -> list[EvidenceRow]:
    """Have a device answer photos, by a bundle as it is exported."""
    if run.is_toy:
        return [
            EvidenceRow(INFERENCE, column, None, unit, note=NO_EXPORT)
            for column, unit in ((PROCESSOR, "ms"), (JOULES, "J"))
        ]
    bundle, data = export_bundle(run.work) / "device", find_data(work=run.work)
    seconds, joules = in_fresh_process(_infer, bundle, data.faces, run.work / "infer")
    _keep(run, INFERENCE, {"live, s": seconds})
    return [EvidenceRow.of(INFERENCE, PROCESSOR, [MS * one for one in seconds], "ms", note=f"Of {data.name}."), joules]


def _infer(bundle: Path, faces: Path, home: Path) -> tuple[list[float], EvidenceRow]:
    """Return the processor seconds and joules of answers on photos: prepared, through prefix and head, and kept."""
    photos = [
        load_photo(path) for _, own in sorted(list_photos(faces).items())[:INFERENCES] for path in sorted(own)[:1]
    ]
    seconds = []
    with Device(Settings(home=home, bundle=bundle)).recognizer(read_device_bundle(bundle)) as recognizer:
        for photo in [*photos[:WARM_UP], *photos]:
            began = time.process_time()
            recognizer.infer(photo)
            seconds.append(time.process_time() - began)
        joules = joules_row(INFERENCE, [partial(recognizer.infer, photo) for photo in photos], note=ALONE)
    return seconds[WARM_UP:], joules


def training_rows(run: Run, classes: int, runtime: str, coefficients: Coefficients) -> Iterator[EvidenceRow]:
    """Train a head as the exhibit "on-device" does; what it then knows stands there."""
    dimensions, model = CUTS[CUT].feature_shape[0], run.work / "trainable.tflite"
    if not model.is_file():
        convert_head(model, dimensions=dimensions, classes=classes)
    sessions = TOY_REPEATS if run.is_toy else REPEATS
    random = np.random.default_rng(0)
    embeddings = random.standard_normal((sessions, TRAINED_PHOTOS, dimensions)).astype(np.float32)
    nothing = np.zeros((dimensions, classes), np.float32), np.zeros(classes, np.float32)
    labels = np.arange(sessions) % classes
    repeats = TOY_PROCESSES if run.is_toy else PROCESSES
    for steps in STEPS:
        name = training_name(runtime, steps)
        asked = partial(Asked, model, runtime, *nothing, steps=steps, rate=RATE)
        session = partial(train_head, asked(embeddings=embeddings[:1], labels=labels[:1]), run.work)
        sessions_s = train_head(asked(embeddings=embeddings, labels=labels), run.work).processor_s
        alone_s = [session().whole_s for _ in range(repeats)]
        _keep(run, name, {"live, s": sessions_s, "as a program, s": alone_s})
        yield from _cost_rows(name, [Cost(one) for one in sessions_s], coefficients)
        yield EvidenceRow.of(name, PROGRAM, [MS * one for one in alone_s], "ms")
        yield joules_row(name, [session] * repeats, note=AS_PROGRAM)


def training_name(runtime: str, steps: int) -> str:
    """Return the name of a session of training."""
    return f"on-device training, {steps} steps, {runtime}"
