"""The exhibit "on-device": a head that trains on the phone itself, in TFLite, and what it then knows."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from bench.evidence.errors import CannotMeasure
from bench.evidence.exhibit import Exhibit, Run
from bench.evidence.plots import INK, looks, new_figure
from bench.evidence.row import EvidenceRow, figure_of
from bench.measure.trainable_head import convert_head
from bench.measure.training_session import RUNTIMES, Asked, Trained, train_head
from bench.peers.heads import Head, class_means
from bench.peers.networks import best_setting
from bench.peers.task import Cast, Floats, Task, invent, score
from contract.cuts import TABLE_1_CLASSES

STEPS, RATE = (20, 300), 0.1
LARGE_STEPS = 20
WHOLE_PROCESSES = 5
NOBODY, TOGETHER = "no training", "class means of everybody's photos, for comparison"
OWN, OWN_NEW, ALL, NEW = "own photos right", "own, new people", "everybody's right", "the new people's right"
SESSION, WHOLE, SIZE = "processor, a session", "processor, as a program", "model"
MS = 1000.0


@dataclass(frozen=True, slots=True)
class Shares:
    """Of one head of each person's device: percent of tested photos that are answered rightly."""

    own: float
    own_new: float
    everybody: float
    new: float


def measure(run: Run) -> list[EvidenceRow]:
    """Train every person's head on both runtimes, and ask what each knows."""
    (task, people), model = _gather(run), run.work / "head.tflite"
    convert_head(model, dimensions=task.tests.shape[1], classes=len(task.people))
    rows = [replace(row, note=f"of {people}") for row in (*_rows_without_training(task), *_rows_together(task))]
    for runtime in RUNTIMES:
        for steps in STEPS:
            run.say(f"train {len(task.people)} heads on {runtime}, {steps} steps each")
            rows += _rows_of(run, task, model, runtime=runtime, steps=steps)
    return [*rows, *([] if run.is_toy else _large_rows(run, task))]


def _gather(run: Run) -> tuple[Task, str]:
    """Return the people, and who they are."""
    if run.is_toy:
        return invent(people=6, casts=2), "numbers drawn from a seed"
    setting = best_setting(run)
    run.say(f"export and embed: {setting.name}")
    return setting.gather(), setting.name


def line_of(runtime: str, steps: int) -> str:
    """Return the name of a line."""
    return f"{runtime}, {steps} steps"


def shares(kernels: Floats, biases: Floats, task: Task, cast: Cast) -> Shares:
    """Return what the heads (people, d, classes) know, the head of each person's device at their own place."""
    answers = [Head(*head).answer(task.tests) for head in zip(kernels, biases, strict=True)]
    right = np.stack(answers) == task.owners
    own = right[task.owners, np.arange(len(task.owners))]
    of_new = task.is_of_new(cast)
    return Shares(*(100 * float(part.mean()) for part in (own, own[of_new], right, right[:, of_new])))


def _rows_of(run: Run, task: Task, model: Path, *, runtime: str, steps: int) -> list[EvidenceRow]:
    line = line_of(runtime, steps)
    asked = [
        Asked(model, runtime, head.kernel, head.bias, task.uploads, np.arange(len(task.people)), steps, RATE)
        for head in (Head.in_use(task, cast) for cast in task.casts)
    ]
    trained = [_train(one, run) for one in asked]
    alone = replace(asked[0], embeddings=task.uploads[:1], labels=np.zeros(1, np.int64))
    whole = [_train(alone, run).whole_s for _ in range(1 if run.is_toy else WHOLE_PROCESSES)]
    seconds = [second for one in trained for second in one.processor_s]
    known = [shares(one.kernels, one.biases, task, cast) for one, cast in zip(trained, task.casts, strict=True)]
    return [
        *_share_rows(line, known),
        EvidenceRow.of(line, SESSION, [MS * one for one in seconds], "ms"),
        EvidenceRow.of(line, WHOLE, [MS * one for one in whole], "ms"),
        EvidenceRow(line, SIZE, model.stat().st_size / 1000, "kB"),
    ]


def _rows_without_training(task: Task) -> list[EvidenceRow]:
    return _share_rows(NOBODY, [_shares_of_one(Head.in_use(task, cast), task, cast) for cast in task.casts])


def _rows_together(task: Task) -> list[EvidenceRow]:
    return _share_rows(TOGETHER, [_shares_of_one(class_means(task, cast), task, cast) for cast in task.casts])


def _shares_of_one(head: Head, task: Task, cast: Cast) -> Shares:
    """Return what a head knows that all devices have."""
    accuracy = score(head.answer(task.tests), task, cast)
    return Shares(accuracy.everybody, accuracy.new, accuracy.everybody, accuracy.new)


def _share_rows(line: str, known: Iterable[Shares]) -> list[EvidenceRow]:
    kept = list(known)
    columns = {OWN: "own", OWN_NEW: "own_new", ALL: "everybody", NEW: "new"}
    return [EvidenceRow.of(line, column, [getattr(one, name) for one in kept], "%") for column, name in columns.items()]


def _large_rows(run: Run, task: Task) -> list[EvidenceRow]:
    """Train one head of the paper's number of classes, for its time alone."""
    dimensions, model = task.tests.shape[1], run.work / "large.tflite"
    run.say(f"train a head for {TABLE_1_CLASSES:,} classes")
    convert_head(model, dimensions=dimensions, classes=TABLE_1_CLASSES)
    nothing = np.zeros((dimensions, TABLE_1_CLASSES), np.float32), np.zeros(TABLE_1_CLASSES, np.float32)
    rows = []
    for runtime in RUNTIMES:
        asked = Asked(model, runtime, *nothing, task.uploads[:5], np.arange(5), LARGE_STEPS, RATE)
        seconds = _train(asked, run).processor_s
        line = f"{line_of(runtime, LARGE_STEPS)}, {TABLE_1_CLASSES:,} classes"
        rows.append(EvidenceRow.of(line, SESSION, [MS * one for one in seconds], "ms"))
        rows.append(EvidenceRow(line, SIZE, model.stat().st_size / 1000, "kB"))
    return rows


def _train(asked: Asked, run: Run) -> Trained:
    try:
        return train_head(asked, run.work)
    except RuntimeError as error:
        raise CannotMeasure(f"{error}: both TFLite runtimes are wanted, as `make install` brings them") from error


def findings(rows: Sequence[EvidenceRow]) -> list[str]:
    """Say what such a head is worth."""
    figure = partial(figure_of, rows)
    lines = [line_of(runtime, steps) for runtime in RUNTIMES for steps in STEPS]

    def spread(column: str, unit: str) -> str:
        values = sorted(value for line in lines if (value := figure(line, column)) is not None)
        least, most = f"{values[0]:.3g}", f"{values[-1]:.3g}"
        return f"{least} {unit}" if least == most else f"{least} to {most} {unit}"

    everybody = statistics.median(figure(line, ALL) or 0.0 for line in lines)
    gain = everybody - (figure(NOBODY, ALL) or 0.0)
    return [
        f"It works, with builtin operators alone, on both runtimes: a session takes {spread(SESSION, 'ms')} of "
        f"processor in a program that runs anyway, {spread(WHOLE, 'ms')} as a program of its own, no byte of traffic "
        "and no wake-up of the radio. The paper's guess that on-device training would take minutes does not hold for "
        "a head on this machine; no phone was measured.",
        f"The head then answers its own person's other photos rightly in {spread(OWN, '%')}, and everybody's in "
        f"{spread(ALL, '%')}, {abs(gain):.2g} points {'more' if gain >= 0 else 'less'} than without any training: what "
        "other people's devices learnt stays with them "
        f"(learnt together, on the same photos, class means reach {figure(TOGETHER, ALL):.3g} %). Who only ever meets "
        "the owner of one phone should train on the phone.",
    ]


def draw(rows: Sequence[EvidenceRow]) -> Figure:
    """Draw what each head knows of its own person and of everybody."""
    figure, (panel,) = new_figure("photos answered rightly, %")
    lines = [NOBODY, *(line_of(runtime, steps) for runtime in RUNTIMES for steps in STEPS)]
    columns = (OWN, ALL, NEW)
    height = 0.8 / len(columns)
    for place, (column, look) in enumerate(zip(columns, looks(len(columns)), strict=True)):
        values = [figure_of(rows, line, column) or 0.0 for line in lines]
        panel.barh(np.arange(len(lines)) + place * height, values, height, label=column, **look.of_bar)
    panel.set_yticks(np.arange(len(lines)) + height, lines)
    panel.invert_yaxis()
    panel.set_xlim(0, 100)
    panel.grid(visible=False, axis="y")
    figure.legend(loc="outside lower center", labelcolor=INK, frameon=False)
    return figure


EXHIBIT = Exhibit(
    "on-device",
    "On-device training of the head",
    f"""\
One device a person, each with a copy of the head in use and three photos of its person. Each trains that head by
softmax and SGD (rate {RATE}) in TFLite, on `ai-edge-litert` and on `tflite-runtime`, one thread, with builtin operators
alone. Then every head is asked about everybody's odd photos, which nobody learnt from: its own person's, all people's,
and those of the people who are new to the head in use. Real people (65 of Labeled Faces in the Wild, 15 of them new,
FaceNet at freeze6 with the published weights) where `FEDEX_DATA` names them, drawn people elsewhere; medians over five
casts of who is new, and of processor time over all sessions. A session opens the model, restores the head in use, takes
its steps, and saves the head to a file; "as a program" adds Python, numpy and the runtime. The prefix, which has made
the feature when the photo was recognised, is not counted, here as for all others.""",
    """\
The paper trained MobileNetV2 for four labels and showed its power alone, without accuracy: another network and another
task than FEDEx's. Here it is the same head on the same photos. Only the last layer trains: TFLite's converter has no
builtin operators for the gradients of convolutions (`Conv2DBackpropFilter`, `ReluGrad`), and the runtimes have no
others. Rate and steps were chosen on the tested photos, in favour of on-device training.""",
    measure,
    findings,
    draw,
)
