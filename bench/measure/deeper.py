"""When a body that is fine-tuned at freeze4 says more than the last layer alone, and what it costs; on real faces.

The photos are lfw65's as they are, small, or covered, those that train and those that are tested alike
(`bench.measure.photo_kinds`). Half of the people are known, the others strangers. Training photos come out of sealed
uploads, as a service has them; a feature at freeze6 is what the body makes of one at freeze4.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.measure.bundles import export_bundle
from bench.measure.photo_kinds import CUT, KINDS, Examples, Flags, Floats, Integers, read_examples, seal
from bench.row import BenchRow, NotMeasured
from contract.callbacks import ignore
from contract.training_bundle import KERAS_HEAD_FILE
from contract.unknown import STRANGERS_LET_IN, Strictness
from demo.real_data import find_real_data
from export.quiet import import_quietly

if TYPE_CHECKING:
    from cloud.training.executors.arrays import Bytes
    from cloud.training.trials import Spec
    from cloud.training.values import TrialInputs, TrialOutcome
    from cloud.training.weights import HeadWeights

NAME = "deeper"
TRIALS = 3
"""As a service runs, before the one that fine-tunes."""

Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What a head does on test photos, as shares of each person's; each person counts once."""

    said: Shares
    """(people,), of the known: answered with their own label at the balanced threshold."""
    said_at_rate: Shares
    """The same at the threshold that lets in the balanced share of these very strangers."""
    right: Shares
    """The same without a threshold."""
    let_in: Shares
    """(strangers,): answered with any label at the balanced threshold."""
    promised: float
    """What its calibration says that `said` is."""
    seconds: float
    """Of processor, in training."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Both ways of training for the same people, and bytes of a sample."""

    last_layer: Tried
    """The one that a service would choose of its trials without fine-tuning; seconds are those of all of them."""
    fine_tuned: Tried
    bytes_here: float
    """Of a sample in uploads at freeze4."""
    bytes_freeze6: float


def measure(work: Path) -> list[BenchRow | NotMeasured]:
    """Return the rows of each kind of photos."""
    real = find_real_data()
    if real is None:
        return [NotMeasured(NAME, "FEDEX_DATA: expected real faces and weights, got none")]
    import_quietly("keras")
    head = export_bundle(work, cut=CUT) / "training" / KERAS_HEAD_FILE
    rows: list[BenchRow | NotMeasured] = []
    for kind in KINDS:
        examples = read_examples(work, kind, faces=real.faces)
        rows += summarise(kind, compare(examples, examples.half_of_the_people(), head))
    return rows


def compare(examples: Examples, known: Integers, head: Path) -> Comparison:
    """Train for some people, and test them, and the others as strangers; `head` is the file of the whole network."""
    from cloud.training.trials import plan

    trained, tests = examples[np.isin(examples.owners, known) & ~examples.tests], examples[examples.tests]
    features, bytes_here = seal(trained.features, trained)
    head_file = np.frombuffer(head.read_bytes(), np.uint8)
    inputs = _inputs(features, np.searchsorted(known, trained.owners), head_file)

    def try_best_of(specs: Sequence[Spec]) -> Tried:
        began = time.process_time()
        outcome = _best_of(inputs, specs)
        seconds = time.process_time() - began
        return _test(outcome, _embed(head_file, outcome.weights, tests.features), tests, known, seconds=seconds)

    *last, deep = plan(TRIALS, fine_tune=True)
    return Comparison(try_best_of(last), try_best_of([deep]), bytes_here, seal(inputs.embeddings, trained)[1])


def summarise(kind: str, comparison: Comparison) -> list[BenchRow]:
    """Return the rows of one kind of photos; what fine-tuning reaches stands over what the last layer alone does."""
    last, deep = comparison.last_layer, comparison.fine_tuned
    gained = 100 * (deep.said - last.said)
    margin = 1.96 * float(gained.std(ddof=1)) / len(gained) ** 0.5
    rate = STRANGERS_LET_IN[Strictness.BALANCED]

    def row(what: str, value: Any, unit: str, reference: Any = None) -> BenchRow:
        return BenchRow(f"{kind}: {what}", float(value), unit, None if reference is None else float(reference))

    def percent(what: str, value: Any, reference: Any) -> BenchRow:
        return row(what, 100 * np.mean(value), "%", 100 * np.mean(reference))

    both = "fine-tuned over the last layer alone"
    return [
        percent(f"said, {both}", deep.said, last.said),
        row("said, gained by fine-tuning", gained.mean(), "points"),
        row("the same, margin (95 %, by person)", margin, "points"),
        percent(f"said at {rate:.1%} of strangers let in, {both}", deep.said_at_rate, last.said_at_rate),
        percent(f"strangers let in, {both}", deep.let_in, last.let_in),
        percent(f"top-1, {both}", deep.right, last.right),
        percent("said over what calibration promised, last layer alone", last.said, last.promised),
        percent("said over what calibration promised, fine-tuned", deep.said, deep.promised),
        row(f"processor, {both}", deep.seconds, "s", last.seconds),
        row(f"bytes a sample, {CUT} over freeze6", comparison.bytes_here, "bytes", comparison.bytes_freeze6),
    ]


def _inputs(features: Floats, labels: Integers, head_file: Bytes) -> TrialInputs:
    """Return what trials of the first cycle of a pool take, in which all rows train and every label counts once."""
    from cloud.training.values import DeeperLayers, TrialInputs
    from cloud.training.weights import HeadWeights

    embeddings = _embed(head_file, None, features)
    return TrialInputs(
        embeddings=embeddings,
        labels=labels,
        weights=(1 / np.bincount(labels)[labels]).astype(np.float32),
        trained=len(labels),
        moments=np.arange(len(labels)),
        vouched=np.ones(len(labels), np.bool_),
        classes=int(labels.max()) + 1,
        base_classes=0,
        best=HeadWeights(np.zeros((embeddings.shape[1], 0), np.float32), np.zeros(0, np.float32)),
        deeper=DeeperLayers(head_file, features),
    )


def _best_of(inputs: TrialInputs, specs: Sequence[Spec]) -> TrialOutcome:
    """Run trials as a cycle does, and return the challenger."""
    from cloud.training.trainer import train
    from cloud.training.trials import choose_challenger, run_in_turn

    outcomes = run_in_turn(specs, lambda some: [train(inputs, spec) for spec in some], result=lambda one: one.result)
    chosen = choose_challenger([outcome.result for outcome in outcomes])
    return next(outcome for outcome in outcomes if outcome.result is chosen)


def _embed(head_file: Bytes, weights: HeadWeights | None, features: Floats) -> Floats:
    """Return the embeddings (n, d) of features (n, *shape) through a head's body, the file's own without `weights`."""
    from cloud.training.executors.arrays import collect_in_memory
    from cloud.training.heads import embed_features, load_head

    return embed_features(load_head(head_file, weights).body, features, progress=ignore, collect=collect_in_memory)


def _test(outcome: TrialOutcome, embeddings: Floats, tests: Examples, known: Integers, *, seconds: float) -> Tried:
    """Ask a head about the embeddings (n, d) of tests through its own body."""
    from cloud.training.answers import answer_rows

    calibration, weights = outcome.result.calibration, outcome.weights
    answers = answer_rows(embeddings, (weights.kernel, weights.bias), temperature=calibration.temperature)
    is_known = np.isin(tests.owners, known)
    right = is_known & (known[answers.classes] == tests.owners)
    above = answers.probabilities >= calibration.threshold
    strangers = tests.owners[~is_known]
    at_rate = answers.probabilities >= _threshold_for(answers.probabilities[~is_known], strangers)
    return Tried(
        said=_by_person(right & above, tests.owners, is_known),
        said_at_rate=_by_person(right & at_rate, tests.owners, is_known),
        right=_by_person(right, tests.owners, is_known),
        let_in=_by_person(above, tests.owners, ~is_known),
        promised=np.nan if calibration.said is None else calibration.said,
        seconds=seconds,
    )


def _by_person(flags: Flags, owners: Integers, rows: Flags) -> Shares:
    """Return the share of flags among some rows of each person who is there, by person."""
    return np.array([flags[rows & (owners == person)].mean() for person in np.unique(owners[rows])])


def _threshold_for(probabilities: Floats, owners: Integers) -> float:
    """Return the least threshold that lets in no more strangers than balanced does; each counts once."""
    weights = 1 / np.bincount(owners)[owners] / len(np.unique(owners))
    order = np.argsort(-probabilities)
    over = np.cumsum(weights[order]) > STRANGERS_LET_IN[Strictness.BALANCED]
    return float(np.nextafter(probabilities[order][np.argmax(over)], np.float32(2)))
