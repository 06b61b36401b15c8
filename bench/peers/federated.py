"""The exhibit "federated": FEDEx, federated averaging, class means and on-device training on the same people."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from bench.evidence.exhibit import Exhibit, Run
from bench.evidence.row import EvidenceRow
from bench.measure.trainable_head import convert_head
from bench.measure.training_session import Asked, train_head
from bench.peers.averaging_runs import averaging_rows
from bench.peers.cycle_alone import Cycle, play_cycles
from bench.peers.deployed import DIMENSIONS, PEOPLE, write_devices, write_start
from bench.peers.deployment import Deployed, deploy
from bench.peers.federated_plot import draw
from bench.peers.federated_rows import (
    DIFFERENCE,
    REFUSED,
    accuracy_rows,
    alone_rows,
    fedex_rows,
    means_rows,
    standing_rows,
)
from bench.peers.federated_words import findings
from bench.peers.flower_environment import flower_command
from bench.peers.heads import Head, as_int8, class_means, int8_kb, unit_mean
from bench.peers.networks import Setting, all_settings
from bench.peers.real_system import Played, play
from bench.peers.systems import System, line_of
from bench.peers.task import Accuracy, Task, invent, score

NODES, DEPLOYED_ROUNDS = 2, 2
ON_DEVICE_STEPS, ON_DEVICE_RATE, WHOLE_PROCESSES = 20, 0.1, 3
REPEATS = 200


def measure(run: Run) -> list[EvidenceRow]:
    """Measure everything on real people, where they are, and on drawn ones."""
    flower_command("python")  # before an export that takes a minute
    deployed = None if run.is_toy else _deploy(run)
    return [row for setting in all_settings(run) for row in _measure_task(run, setting, deployed)]


def _measure_task(run: Run, setting: Setting, deployed: Deployed | None) -> list[EvidenceRow]:
    run.say(f"{setting.name}: export and embed")
    task = setting.gather()
    played = play(setting.data, setting.work, say=lambda line: run.say(f"{setting.name}: {line}"))
    run.say(f"{setting.name}: the training cycle alone, for every cast")
    cycles = play_cycles(setting.work / "task.npz")
    real = score(played.answers, task, task.casts[0])
    refused = [bool(played.refusal), *(bool(cycle.refusal) for cycle in cycles[1:])]
    fedex = [cycles[0].accuracy if refused[0] else real, *(cycle.accuracy for cycle in cycles[1:])]
    goals, alone = _goals(task, fedex, refused), cycles[0].latest
    (run.raw / f"{setting.work.name}-fedex.json").write_text(json.dumps(_raw(played, real, cycles), indent=1))
    difference = max(abs(real.everybody - alone.everybody), abs(real.new - alone.new))
    cycles_s = [cycle.processor_s for cycle in cycles]
    rows = fedex_rows(line_of(task, System.FEDEX), played, fedex, goals, refused=refused, cycles_s=cycles_s)
    rows.append(EvidenceRow(line_of(task, System.FEDEX), REFUSED, float(sum(refused)), note=f"of {len(refused)}"))
    rows += averaging_rows(run, setting, task, goals, deployed)
    rows += _means_rows(task, goals)
    rows += [] if run.is_toy else _alone_rows(run, setting, task)
    known = [score(Head.in_use(task, cast).answer(task.tests), task, cast) for cast in task.casts]
    rows += accuracy_rows(line_of(task, System.NOTHING), known)
    rows += standing_rows(line_of(task, System.FEDEX_IDLE), line_of(task, System.FEDEX_ENROLMENT), played)
    return [*rows, EvidenceRow(line_of(task, System.CHECK_FEDEX), DIFFERENCE, difference, "points")]


def _goals(task: Task, fedex: Sequence[Accuracy], refused: Sequence[bool]) -> list[Accuracy]:
    """Return what averaging is measured against: where FEDEx's gate refused its head, class means."""
    means = [score(class_means(task, cast).answer(task.tests), task, cast) for cast in task.casts]
    return [mean if no else own for own, mean, no in zip(fedex, means, refused, strict=True)]


def _means_rows(task: Task, goals: Sequence[Accuracy]) -> list[EvidenceRow]:
    heads = [as_int8(class_means(task, cast)) for cast in task.casts]
    known = [score(head.answer(task.tests), task, cast) for head, cast in zip(heads, task.casts, strict=True)]
    began = time.thread_time()
    for _ in range(REPEATS):
        unit_mean(task.uploads[0])
    live_ms = 1000 * (time.thread_time() - began) / REPEATS
    one, everybody = (int8_kb(task.tests.shape[1], classes) for classes in (1, len(task.people)))
    return means_rows(line_of(task, System.MEANS), known, goals, up_kb=one, down_kb=everybody, live_ms=live_ms)


def _alone_rows(run: Run, setting: Setting, task: Task) -> list[EvidenceRow]:
    """Return what everybody's own head knows of everybody, once each has trained it alone."""
    run.say(f"{setting.name}: train on the devices alone")
    model, people = setting.work / "head.tflite", np.arange(len(task.people))
    convert_head(model, dimensions=task.tests.shape[1], classes=len(task.people))
    known, live_s = [], list[float]()
    for cast in task.casts:
        head = Head.in_use(task, cast)
        asked = Asked(
            model, "ai-edge-litert", head.kernel, head.bias, task.uploads, people, ON_DEVICE_STEPS, ON_DEVICE_RATE
        )
        trained = train_head(asked, setting.work)
        heads = map(Head, trained.kernels, trained.biases)
        each = [score(one.answer(task.tests), task, cast) for one in heads]
        known.append(
            Accuracy(statistics.fmean(one.everybody for one in each), statistics.fmean(one.new for one in each))
        )
        live_s += trained.processor_s
    one = replace(asked, embeddings=task.uploads[:1], labels=people[:1])
    whole_s = [train_head(one, setting.work).whole_s for _ in range(WHOLE_PROCESSES)]
    return alone_rows(line_of(task, System.ALONE), known, live_s=live_s, whole_s=whole_s)


def _deploy(run: Run) -> Deployed:
    """Deploy Flower with as many people and numbers as both tasks have; which they are costs nothing."""
    run.say(f"deploy Flower: {NODES} SuperNodes, {DEPLOYED_ROUNDS} rounds")
    task, work = invent(people=PEOPLE, casts=1, dimensions=DIMENSIONS), run.work / "deployed"
    work.mkdir()
    data, start = work / "devices.npz", work / "start.npz"
    write_devices(task, data)
    write_start(Head.nothing(task), start)
    deployed = deploy(work, data=data, start=start, nodes=NODES, rounds=DEPLOYED_ROUNDS, rate=0.1, idle_s=0.0)
    (run.raw / "deployed.json").write_text(json.dumps(asdict(deployed), indent=1))
    return deployed


def _raw(played: Played, real: Accuracy, cycles: Sequence[Cycle]) -> dict[str, object]:
    kept = asdict(replace(played, answers=np.zeros(0, np.int64)))
    return {**kept, "answers": played.answers.tolist(), "real": asdict(real), "alone": [asdict(one) for one in cycles]}


EXHIBIT = Exhibit(
    "federated",
    "FEDEx beside federated averaging, class means and on-device training",
    """\
One device a person, three photos each that may be learnt from; 50 of 65 people are known to the head in use by two
other photos each, 15 are new. Tested are everybody's odd photos, which nobody learns from. Twice: 65 people of Labeled
Faces in the Wild with the published VGGFace2 weights (577 tested photos), where `FEDEX_DATA` names them; and 65 drawn
people with a seeded network (325), which every machine can repeat. FaceNet at freeze6; all train the last layer on the
same embeddings. Figures are medians over five casts of who is new, or over devices.

- **FEDEx**: the real service under gunicorn, the real worker, 65 enrolled devices, through a line that counts payload
  bytes. Processor time in one live process, and as three commands a device. Its defaults, but the channel: devices
  follow `latest`, so that a pull is measured also where the gate refuses a head; accuracy is that of `best`.
- **FedAvg**: full-batch SGD on each device, then the mean, by Flower 1.42's strategies and ClientApps; sweeps in
  numpy, which gives the same. "From nothing" is a head of zeros, its best case: one averaged step of it is nearly the
  class means. "From the head in use" is what a deployed system would have. Traffic and whole processes a round are
  from a small real deployment of this exhibit's own (two rounds, in the way of `deployed`), times rounds. "Tuned" is
  the quickest of 24 settings (12 with momentum, 8 with ten devices a round) in the same 200 rounds, on the tested
  photos. Secure aggregation is Flower's SecAgg+, in one process.
- **Class means**: each device sends the mean direction of its embeddings once, the server adds its base photos.
- **On-device training**: `on-device`, asked about everybody.

Rounds are counted until accuracy is there and stays there to the last of 200: who is there at once and dips below it
later, by a photo, is told as late.

What all have in common is left out: the prefix, which ran when a photo was recognised.""",
    """\
The paper compared one push of all gradients of a network of 27.9 million weights, simulated and without training, to
one push of ten features, and never compared accuracy. Here averaging trains what FEDEx trains, the last layer, with its
settings chosen in its favour; the whole network's traffic stands under `deployed`. Wall time is of one machine with all
parties on it. Left out: differential privacy, which Flower offers too, and FEDEx does not.""",
    measure,
    findings,
    draw,
    needs="Flower's environment, `make peers-install`",
)
