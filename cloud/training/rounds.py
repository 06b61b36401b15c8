"""The rounds of a cycle: training and judging, and once more without what is in doubt. Pure, given what trains.

Where the gate refuses a challenger because single labels lost what was known of them, what is new under those labels is
left out, and the rest is trained and judged again: nobody's doubtful photos keep the newcomers of a day out of best.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cloud.training.challenger import Selection
from cloud.training.examples import TrainingExamples
from cloud.training.executors.arrays import Floats
from cloud.training.executors.executor import TaskOutcome
from cloud.training.gate import Verdict, judge_challenger
from cloud.training.moments import find_moments
from cloud.training.values import EmbeddingOutcome, Thresholds
from cloud.training.vetting import Vetted, vet

WITHOUT_DOUBT = "-without-doubt"
"""Ends the names of trials that are run once more."""

RunTrials = Callable[[TrainingExamples, str], Sequence[TaskOutcome]]
"""Runs all trials on some examples; their names end with the second argument."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a cycle made, and what the gate says of it."""

    examples: TrainingExamples
    outcomes: Sequence[TaskOutcome]
    selection: Selection
    verdict: Verdict
    doubted: Verdict | None = None
    """The verdict on the challenger before, whose samples in doubt were left out of this one."""
    refused_again: Verdict | None = None
    """The verdict on the challenger after, without the samples in doubt, if it was refused as well."""


def count_examples(examples: TrainingExamples, embeddings: Floats) -> tuple[TrainingExamples, Vetted]:
    """Return what each example counts for, and why some count for nothing, given the embeddings (n, d) of all."""
    chosen = embeddings, examples.labels, examples.sources
    vetted = vet(*chosen, chronology=examples.chronology, classes=len(examples.classes.labels))
    moments = find_moments(*chosen, chronology=examples.chronology)
    counted = examples.weighted(moments.split_shares(vetted.counting, trained=examples.trained))
    return replace(counted, moments=moments.moments), vetted


def train_in_rounds(
    examples: TrainingExamples, run: RunTrials, embedding: EmbeddingOutcome, thresholds: Thresholds
) -> Round:
    """Train and judge; where single labels are in doubt, once more without their news.

    Raises:
        CycleFailed: no trial of a round succeeded.
    """

    def train(examples: TrainingExamples, suffix: str = "") -> Round:
        outcomes = run(examples, suffix)
        selection = Selection.of(outcomes)
        verdict = judge_challenger(selection.evidence(examples, embedding, thresholds))
        return Round(examples, outcomes, selection, verdict)

    first = train(examples)
    if first.verdict.passes or not first.verdict.in_doubt:
        return first
    remaining = examples.without_news(first.verdict.in_doubt)
    if remaining is None:
        return first
    again = train(remaining, WITHOUT_DOUBT)
    if again.verdict.passes:
        return replace(again, doubted=first.verdict)
    return replace(first, refused_again=again.verdict)
