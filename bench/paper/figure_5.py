"""The exhibit "figure-5": what push, pull, inference and on-device training cost a device, without a phone at hand."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from bench.evidence.errors import CannotMeasure
from bench.evidence.exhibit import Exhibit, Run
from bench.evidence.plots import looks, new_figure
from bench.evidence.row import EvidenceRow, figure_of
from bench.evidence.tables import shown_range
from bench.measure.training_session import RUNTIMES
from bench.paper.acts import FEW_CLASSES, TOY_CLASSES
from bench.paper.costs import (
    DOWN,
    MS,
    PHOTOS,
    PROCESSOR,
    PULL,
    PUSH,
    REPEATS,
    STEPS,
    TRAINED_PHOTOS,
    UP,
    WAKE_UPS,
    exchange_rows,
    inference_rows,
    training_name,
    training_rows,
)
from bench.paper.energy import Coefficients
from bench.paper.household import CUT, household, make_heads


def measure(run: Run) -> list[EvidenceRow]:
    """Measure each act several times, on devices of their own.

    Raises:
        CannotMeasure: a coefficient that is set is none.
    """
    try:
        coefficients = Coefficients.from_environment(os.environ)
    except ValueError as error:
        raise CannotMeasure(str(error)) from error
    classes = TOY_CLASSES[0] if run.is_toy else FEW_CLASSES
    run.say("a service, and devices that push and pull")
    heads = make_heads(run.work, (classes,))
    with household(run.work, heads, cuts=(CUT,)) as home:
        rows = exchange_rows(run, home, classes, coefficients)
    run.say("inference")
    rows += inference_rows(run)
    for runtime in RUNTIMES:
        run.say(f"on-device training on {runtime}")
        rows += training_rows(run, classes, runtime, coefficients)
    return rows


def findings(rows: Sequence[EvidenceRow]) -> list[str]:
    """Say which orders are certain, which hang on coefficients, and what nothing here can say."""
    exchange = _exchange(rows)
    trainings = [_cost_of(rows, training_name(runtime, steps)) for runtime in RUNTIMES for steps in STEPS]
    return [
        f"An exchange of FEDEx, a push and a pull, takes {exchange[PROCESSOR]:.3g} ms of processor in a program that "
        f"runs anyway, {exchange[UP]:.3g} kB up and {exchange[DOWN]:.3g} kB down, and wakes the radio "
        f"{exchange[WAKE_UPS]:.0f} times. Training the head on the device takes "
        f"{shown_range([one[PROCESSOR] for one in trainings])} ms, no byte and no wake-up. "
        f"{_order(exchange, trainings)}",
        _index_words(rows),
        "What this cannot say: a second of this processor is not one of a phone's; payload is not what a radio sends; "
        "and no screen, no charging and no idle power is in it. The paper's figure shows the whole phone, and its "
        "on-device baseline trained another network (MobileNetV2, four labels) whose end was not measured; it was "
        "assumed to last longer than four minutes. Here a head takes "
        f"{shown_range([one[PROCESSOR] / MS for one in trainings])} s.",
    ]


def _order(exchange: dict[str, float], trainings: Sequence[dict[str, float]]) -> str:
    """Say whether the order is certain without any coefficient: where all three columns are smaller."""
    cheaper = [
        one for one in trainings if all(one[column] <= exchange[column] for column in (PROCESSOR, UP, DOWN, WAKE_UPS))
    ]
    if len(cheaper) == len(trainings):
        return (
            "Every column is smaller: on-device training of a head takes less energy than an exchange, whatever a "
            "byte, a second and a wake-up cost. What speaks for FEDEx is what is learnt together, not energy."
        )
    return (
        f"In {len(cheaper)} of {len(trainings)} cases every column is smaller; in the others it hangs on what each "
        "costs."
    )


def _index_words(rows: Sequence[EvidenceRow]) -> str:
    """Say what the index comes to by default, whatever was set when it was measured."""
    coefficients, exchange = Coefficients(), _exchange(rows)
    exchange_j = _default_j(coefficients, exchange)
    trainings_j = [
        _default_j(coefficients, _cost_of(rows, training_name(runtime, steps)))
        for runtime in RUNTIMES
        for steps in STEPS
    ]
    awake = 100 * coefficients.wake_up_j * exchange[WAKE_UPS] / exchange_j
    return (
        f"Where one number is wanted: by the default coefficients, over 3G, an exchange comes to {exchange_j:.3g} J "
        f"and on-device training to {shown_range(trainings_j)} J. {awake:.0f} % of the exchange are its wake-ups: what "
        "counts is how often a device has to talk, more than what it says. FEDEx needs a push and a pull, against at "
        "least one wake-up in each round of federated averaging."
    )


def _default_j(coefficients: Coefficients, cost: dict[str, float]) -> float:
    return coefficients.joules(
        processor_s=cost[PROCESSOR] / MS,
        up_bytes=1000 * cost[UP],
        down_bytes=1000 * cost[DOWN],
        wake_ups=cost[WAKE_UPS],
    )


def _exchange(rows: Sequence[EvidenceRow]) -> dict[str, float]:
    both = [_cost_of(rows, name) for name in (PUSH, PULL)]
    return {column: sum(one[column] for one in both) for column in both[0]}


def _cost_of(rows: Sequence[EvidenceRow], name: str) -> dict[str, float]:
    return {column: figure_of(rows, name, column) or 0.0 for column in (PROCESSOR, UP, DOWN, WAKE_UPS)}


def draw(rows: Sequence[EvidenceRow]) -> Figure:
    """Draw the paper's three panels: what a push, a pull and training cost, each in units of its own."""
    figure, panels = new_figure(PUSH, PULL, "on-device training of the head")
    columns = (PROCESSOR, UP, DOWN, WAKE_UPS)
    trainings = [training_name(runtime, steps) for steps in STEPS for runtime in RUNTIMES]
    most = max(figure_of(rows, name, column) or 0.0 for name in (PUSH, PULL, *trainings) for column in columns)
    for panel, names in zip(panels, ((PUSH,), (PULL,), trainings), strict=True):
        height = 0.8 / len(names)
        for place, (name, look) in enumerate(zip(names, looks(len(names)), strict=True)):
            values = [figure_of(rows, name, column) or 0.0 for column in columns]
            at = np.arange(len(columns)) + (place - (len(names) - 1) / 2) * height
            bars = panel.barh(at, values, height, label=name.removeprefix("on-device training, "), **look.of_bar)
            panel.bar_label(
                bars, [f"{value:.3g}" if value or not place else "" for value in values], padding=3, fontsize=7
            )
        panel.set_xscale("symlog", linthresh=1)
        panel.set_xlim(0, 8 * most)
        panel.set_yticks(range(len(columns)), [f"{PROCESSOR}, ms", f"{UP}, kB", f"{DOWN}, kB", WAKE_UPS])
        panel.invert_yaxis()
        panel.grid(visible=False, axis="y")
    panels[-1].legend(fontsize=7)
    return figure


EXHIBIT = Exhibit(
    "figure-5",
    "Figure 5: energy of push, pull and on-device training",
    f"""\
No phone is at hand, so nothing here is a measured watt of one. Three things that a battery pays for stand side by side,
never multiplied: processor seconds of the device, payload bytes, and how often the radio is woken. A push sends
{PHOTOS} features of {CUT} by the default codec, a pull fetches a head of {FEW_CLASSES} classes, judges, tries and
installs it: the device's own code against the real service, {REPEATS} devices, in a process that runs anyway, and as
`fedex-device` started for it alone. Inference is a photo of a face prepared, through prefix and head, and kept, by the
exported bundle on one thread. On-device training is that of the exhibit "on-device" ({TRAINED_PHOTOS} photos, the last
layer, in TFLite). The index is joules by {Coefficients().describe()};
`EVIDENCE_PROCESSOR_W`, `EVIDENCE_UP_UJ`, `EVIDENCE_DOWN_UJ` and `EVIDENCE_WAKE_UP_J` set others. Where the machine
counts joules (RAPL) they are shown, for the whole machine, less what it takes when idle.""",
    """\
The paper read a whole Galaxy S7's power from Android Studio's profiler, a point each 0.2 s, in relative units. A
server's processor stands for the phone's here, and a radio is not there at all: its share is in bytes and wake-ups, or
in an index of a phone and a network of 2010. The paper compared with MobileNetV2 of four labels; here the same head is
trained. What is sent and trained on is drawn from a seed: its size decides the cost, not what it shows.
The bundle of the devices that push and pull has no prefix; a pull looks at a prefix's size alone.""",
    measure,
    findings,
    draw,
)
