"""Table 1 of the paper: how fast heads train, cut by cut, and what there is to train."""

from __future__ import annotations

import importlib.util
import json
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import ParamSpec, TypeVar

from matplotlib.figure import Figure

from bench.evidence.exhibit import Exhibit, Run
from bench.evidence.plots import looks, new_figure
from bench.evidence.row import EvidenceRow, figure_of
from bench.isolated import in_fresh_process
from bench.measure.torch_python import TORCH, NoTorch
from bench.paper.other_training import fit_as_fedex, fit_each_with_keras, train_with_torch
from bench.paper.training_steps import Amount, Rates, Steps, find_device, is_processor, measure_each
from contract.cuts import CUTS, TABLE_1_CLASSES
from export.keras_environment import JAX, TENSORFLOW

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A line of the paper's Table 1; its feature shapes are those of `contract.cuts`."""

    images_a_second: float
    """On one TITAN Xp."""
    parameters_m: float
    """Those that train, in millions."""


PAPER: Mapping[str, PaperRow] = {
    "full": PaperRow(487.56, 27.91),
    "freeze1": PaperRow(573.36, 27.88),
    "freeze2": PaperRow(699.13, 27.29),
    "freeze3": PaperRow(963.26, 26.9),
    "freeze4": PaperRow(2963.88, 18.3),
    "freeze5": PaperRow(28078.46, 5.35),
    "freeze6": PaperRow(41869.68, 4.43),
}
"""Paper (HotMobile 2020), Table 1: batches of 90, 8,631 classes, no load time."""
ROUNDED_M = 0.01
"""By how much the paper's millions differ at most from what they were rounded from."""
GOAL = 20
"""So many times the TITAN Xp's images a second are hoped for on an H100 or a later GPU."""
GOAL_GPUS = ("H100", "H200", "GH200", "B100", "B200", "GB200", "B300", "GB300")
"""What is in the names of those."""

RATE, OVER, PROCESSOR = "images a second", "times the first line's", "images a processor second"
SHARE, TRAINED, ALL, VALUES = (
    "of matrix products, %",
    "parameters that train, M",
    "parameters, M",
    "values of a feature",
)
TRIAL = "a trial's last layer"
GPU, TIMES, PRODUCTS = "a GPU", "times the TITAN Xp", "this machine's matrix products"
FLAT = ("freeze5", "freeze6")
"""Cuts behind which there is no convolution, where others train the same."""

FULL = Amount(classes=TABLE_1_CLASSES, batch=90, repeats=3, least_s=2.0, repeats_of_long_steps=2, product_side=2048)
TOY = Amount(classes=20, batch=2, repeats=1, least_s=0.0, repeats_of_long_steps=1, product_side=64)


def measure(run: Run) -> Sequence[EvidenceRow]:
    """Return the rows of Table 1."""
    amount, cuts = (TOY, FLAT) if run.is_toy else (FULL, tuple(PAPER))
    steps = {TENSORFLOW: _measure(run, cuts, TENSORFLOW, amount)}
    steps[JAX] = _measure(run, _cuts_for_jax(run, cuts), JAX, amount)
    return [*rows_of(steps[TENSORFLOW]), *_of_jax(steps[JAX]), *_by_others(run, amount), *rows_of_machine(steps)]


def _measure(run: Run, cuts: Sequence[str], backend: str, amount: Amount) -> dict[str, Steps]:
    """Measure each cut with convolutions in a process of its own, and the others, which train in ms, in one."""
    measured: dict[str, Steps] = {}
    flat = [cut for cut in cuts if cut in FLAT]
    for group in [*([cut] for cut in cuts if cut not in FLAT), *([flat] if flat else [])]:
        if backend == JAX:
            taken = in_fresh_process(measure_each, group, backend, amount)
        else:
            taken = _apart(run, measure_each, group, backend, amount)
        for cut, steps in zip(group, taken, strict=True):
            _keep(run, f"{cut}, {backend}", steps.rates, asdict(steps))
            measured[cut] = steps
    return measured


def _cuts_for_jax(run: Run, cuts: Sequence[str]) -> Sequence[str]:
    """Choose all where it has a GPU; without one it would compile convolutions for minutes."""
    if importlib.util.find_spec(JAX) is None:
        return ()
    if run.is_toy:
        return FLAT[-1:]
    return FLAT if is_processor(in_fresh_process(find_device, JAX)) else cuts


def _apart(
    run: Run, function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call in a process of its own; a toy here, for TensorFlow loads longer than a toy trains."""
    return function(*args, **kwargs) if run.is_toy else in_fresh_process(function, *args, **kwargs)


def rows_of(steps: Mapping[str, Steps]) -> list[EvidenceRow]:
    """Return the lines of the cuts; ratios are to the first, which is the whole network but for a toy."""
    first = next(iter(steps))
    return [row for cut, measured in steps.items() for row in _rows_of_cut(cut, measured, first, steps[first])]


def _rows_of_cut(cut: str, steps: Steps, first: str, of_first: Steps) -> Iterator[EvidenceRow]:
    paper, rates = PAPER[cut], steps.rates.images_a_second
    whole = statistics.median(of_first.rates.images_a_second)
    over = paper.images_a_second / PAPER[first].images_a_second
    shares = [
        100 * steps.operations * rate / products for rate, products in zip(rates, steps.products_a_second, strict=True)
    ]
    yield EvidenceRow.of(cut, RATE, rates, RATE, paper=paper.images_a_second)
    yield EvidenceRow.of(cut, OVER, [rate / whole for rate in rates], "", paper=over)
    yield EvidenceRow.of(cut, PROCESSOR, steps.rates.images_a_processor_second, PROCESSOR)
    yield EvidenceRow.of(cut, SHARE, shares, "%")
    yield EvidenceRow(cut, TRAINED, steps.trained_parameters / 1e6, "M", paper=paper.parameters_m)
    yield EvidenceRow(cut, ALL, steps.parameters / 1e6, "M")
    shape = steps.feature_shape
    by = " x ".join(map(str, shape))
    yield EvidenceRow(
        cut, VALUES, math.prod(shape), "values", paper=math.prod(CUTS[cut].feature_shape), note=f"features are {by}"
    )


def _of_jax(steps: Mapping[str, Steps]) -> Iterator[EvidenceRow]:
    for cut, measured in steps.items():
        line, rates, note = f"{cut}, JAX", measured.rates, f"the same steps by JAX, on {measured.device_name}"
        yield EvidenceRow.of(line, RATE, rates.images_a_second, RATE, note=note)
        yield EvidenceRow.of(line, PROCESSOR, rates.images_a_processor_second, PROCESSOR)


def _by_others(run: Run, amount: Amount) -> Iterator[EvidenceRow]:
    fitted = _apart(run, fit_each_with_keras, FLAT, TENSORFLOW, amount)
    for cut, rates in zip(FLAT, fitted, strict=True):
        yield _of_line(run, f"{cut}, plain Keras fit", rates)
        line = f"{cut}, PyTorch"
        try:
            rates = train_with_torch(cut, amount)
            yield _of_line(run, line, rates, f"by PyTorch, on {rates.device_name}")
        except NoTorch as error:
            yield EvidenceRow(line, RATE, None, RATE, note=f"not measured: {error}")
    for name, batch in ((f"batches of {amount.batch}", amount.batch), ("its own batches", None)):
        rates = _apart(run, fit_as_fedex, TENSORFLOW, amount, batch=batch)
        yield _of_line(run, f"freeze6, {TRIAL}, {name}", rates, "the body runs once, before")


def _of_line(run: Run, line: str, rates: Rates, note: str = "") -> EvidenceRow:
    _keep(run, line, rates, asdict(rates))
    return EvidenceRow.of(line, RATE, rates.images_a_second, RATE, note=note)


def _keep(run: Run, name: str, rates: Rates, raw: Mapping[str, object]) -> None:
    run.say(f"{name}: {statistics.median(rates.images_a_second):.0f} images a second")
    (run.raw / f"{name}.json").write_text(json.dumps(raw))


def rows_of_machine(steps: Mapping[str, Mapping[str, Steps]]) -> Iterator[EvidenceRow]:
    """Yield the machine's rate in matrix products, and how a GPU compares, given the steps by backend and cut."""
    products = [rate / 1e9 for measured in steps[TENSORFLOW].values() for rate in measured.products_a_second]
    yield EvidenceRow.of(PRODUCTS, "GFLOP/s", products, "GFLOP/s")
    times: dict[str, float] = {}
    gpus = {one.device_name for measured in steps.values() for one in measured.values() if not is_processor(one.device)}
    for cut, measured in (one for by_cut in steps.values() for one in by_cut.items()):
        if not is_processor(measured.device):
            rate = statistics.median(measured.rates.images_a_second) / PAPER[cut].images_a_second
            times[cut] = max(rate, times.get(cut, 0.0))
    if times:
        each = ", ".join(f"{cut} {rate:.1f}" for cut, rate in times.items())
        line = f"{GPU}, {' and '.join(sorted(gpus))}"
        yield EvidenceRow(
            line, TIMES, min(times.values()), "", note=f"the least of {each}; the faster of both backends"
        )
    else:
        yield EvidenceRow(GPU, TIMES, None, "", note=f"not measured: Keras found no GPU here; the goal is {GOAL}")


def findings(rows: Sequence[EvidenceRow]) -> Sequence[str]:
    """Say what the rows bear out."""
    cuts = [cut for cut in PAPER if any(row.line == cut for row in rows)]
    return [_what_trains(rows, cuts), _ratios(rows, cuts), *_rivals(rows), _share(rows, cuts), _gpu(rows)]


def _what_trains(rows: Sequence[EvidenceRow], cuts: Sequence[str]) -> str:
    others = [
        f"{row.line} ({row.column}: {row.value:g} for {row.paper:g})"
        for row in rows
        if row.line in cuts and row.paper is not None and row.value is not None
        if (row.column == TRAINED and abs(row.value - row.paper) > ROUNDED_M)
        or (row.column == VALUES and row.value != row.paper)
    ]
    if others:
        return f"**Not what the paper has:** {', '.join(others)}."
    return (
        f"Features have the paper's shapes at all {len(cuts)} places, and as many parameters train as the paper says, "
        "to the digits that it gives."
    )


def _ratios(rows: Sequence[EvidenceRow], cuts: Sequence[str]) -> str:
    rates = [_value(rows, cut, RATE) for cut in cuts]
    order = "each deeper cut trains faster" if rates == sorted(rates) else "**not every deeper cut trains faster**"
    said = ", ".join(
        f"{row.line} {row.value:.3g} ({row.paper:.3g})"
        for row in reversed(rows)
        if row.line in cuts[1:] and row.column == OVER and row.value is not None
    )
    return f"Of the paper's order: {order}. Times as many images a second as {cuts[0]}'s (paper's): {said}."


def _rivals(rows: Sequence[EvidenceRow]) -> Iterator[str]:
    """Rank what does the same work, and tell apart what a trial does, which is less."""
    measured = {row.line: row.value for row in rows if row.column == RATE and row.value is not None}
    for cut in FLAT:
        same = {line: rate for line, rate in measured.items() if line.startswith(cut) and TRIAL not in line}
        if len(same) > 1:
            said = _said(sorted(same.items(), key=lambda one: -one[1]))
            yield f"Images a second of the same steps behind {cut}, the fastest first: {said}."
    trials = [(line, rate) for line, rate in measured.items() if TRIAL in line]
    if trials:
        behind_last = {line: rate for line, rate in measured.items() if line.startswith(FLAT[-1])}
        yield (
            "Other work, which has no place in that order: a trial of FEDEx's cycle fits the last layer alone, the "
            f"body run once before, and in larger batches where it may choose. Its images a second: {_said(trials)}."
            f"{_what_is_faster(trials[0], behind_last)}"
        )


def _what_is_faster(trial: tuple[str, float], others: Mapping[str, float]) -> str:
    """Say what trains faster than a trial behind the last cut, where hardly anything but the last layer is left."""
    line, own = trial
    faster = [(other, rate) for other, rate in others.items() if TRIAL not in other and rate > own]
    if not faster:
        return ""
    said = _said(sorted(faster, key=lambda one: -one[1]))
    return f" Behind {FLAT[-1]} it is nearly the same work, and {line}, is **slower** than {said}."


def _said(rates: Sequence[tuple[str, float]]) -> str:
    return "; ".join(f"{line} {rate:,.0f}" for line, rate in rates)


def _share(rows: Sequence[EvidenceRow], cuts: Sequence[str]) -> str:
    said = ", ".join(f"{cut} {_value(rows, cut, SHARE):.0f} %" for cut in cuts)
    return (
        f"Of the machine's rate in products of large float32 matrices ({_value(rows, PRODUCTS, 'GFLOP/s'):,.0f} "
        f"GFLOP/s) a step comes to: {said}. Operations are counted as two a multiplication with an addition, forward "
        "and for each gradient that is needed; Adam, normalisation and activations count as none, and where batches "
        "are small Adam is much of a step: it goes over every parameter whatever the batch."
    )


def _gpu(rows: Sequence[EvidenceRow]) -> str:
    row = next(row for row in rows if row.column == TIMES)
    if row.value is None:
        return f"No GPU was at hand: whether an H100 comes to {GOAL} times the TITAN Xp's figures is not known."
    name = row.line.removeprefix(f"{GPU}, ")
    met = "is met" if row.value >= GOAL else "is **missed**"
    judged = met if any(gpu in name for gpu in GOAL_GPUS) else "is for an H100 or a later one, and is not judged by it"
    return (
        f"On the GPU ({name}) it is {row.value:.1f} times the TITAN Xp's images a second at least; the goal of {GOAL} "
        f"{judged}."
    )


def _value(rows: Sequence[EvidenceRow], line: str, column: str) -> float:
    value = figure_of(rows, line, column)
    assert value is not None, (line, column)
    return value


def draw(rows: Sequence[EvidenceRow]) -> Figure:
    """Draw images a second of each cut, and how many times the whole network's they are."""
    cuts = [cut for cut in PAPER if any(row.line == cut for row in rows)]
    figure, panels = new_figure("Images a second", "Times the whole network's")
    here, paper = looks(2)
    for panel, column in zip(panels, (RATE, OVER), strict=True):
        chosen = [row for cut in cuts for row in rows if (row.line, row.column) == (cut, column)]
        panel.plot(cuts, [row.paper or math.nan for row in chosen], label="paper, one TITAN Xp", **paper.of_line)
        panel.plot(cuts, [row.value or math.nan for row in chosen], label="here", **here.of_line)
        panel.set_yscale("log")
        panel.tick_params(axis="x", labelrotation=45)
    panels[0].legend()
    return figure


EXHIBIT = Exhibit(
    "table-1",
    "Table 1: training throughput by cut",
    about=f"""\
Everything behind a cut trains, by Adam, in batches of {FULL.batch} with {TABLE_1_CLASSES:,} classes, on random
features of the cut's shape that lie in memory: no load time. One batch is trained on again and again, for
{FULL.least_s:g} s, {FULL.repeats} times; where a step takes that long, one step, at least
{FULL.repeats_of_long_steps} times. Each cut is in a process of its own, but for freeze5 and freeze6, which share one;
on all cores (TensorFlow; JAX beside it). Behind freeze5 and freeze6, where no convolution is left, also by plain
Keras `fit` and by PyTorch (set `{TORCH}` to a Python that has it); and the last layer alone as a trial of FEDEx's
training cycle fits it, which never trains the rest unless it fine-tunes: at every cut the body is run once, and then
this is all.""",
    differs="""\
The paper measured one TITAN Xp, and its optimizer is not known. Where Keras finds a GPU, the same command measures that
(with `tensorflow[and-cuda]` or `jax[cuda12]` instead of what `make install` brings; this path was never run). PyTorch
trains no convolutions here: that would need the network written anew for it. Plain Keras `fit` is left out from full to
freeze4 for the time that it would take: behind these cuts a step is seconds of convolutions, whoever calls them.""",
    measure=measure,
    findings=findings,
    draw=draw,
    needs=f"nothing else; `{TORCH}` for the lines of PyTorch",
)
