"""The selection of the challenger among trials, the evidence for and against it, and the head to be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cloud.errors import CycleFailed
from cloud.releases.publish import TrainedHead
from cloud.training import gate
from cloud.training.conversion import ConversionInputs, ConversionOutcome
from cloud.training.cycle_rows import CycleRows
from cloud.training.examples import TrainingExamples
from cloud.training.executors.arrays import Flags, Floats, Integers
from cloud.training.executors.executor import TaskOutcome
from cloud.training.gate import Evidence, may_judge
from cloud.training.inputs import CycleInputs
from cloud.training.judges import choose_judges
from cloud.training.trials import TrialResult, choose_challenger
from cloud.training.values import Answers, EmbeddingOutcome, Thresholds, TrialOutcome
from cloud.training.weights import encode_weights
from contract.documents import Json

PARITY_FEATURES = 32
"""So many features, from all over the rows, are enough to compare a file with Keras."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The best of the trials."""

    challenger: TrialOutcome

    @classmethod
    def of(cls, outcomes: Sequence[TaskOutcome]) -> Selection:
        """Select the challenger among all trials, which are in the order of their plan.

        Raises:
            CycleFailed: no trial succeeded.
        """
        trials = {one.name: TrialOutcome.unpack(one.result) for one in outcomes if one.result is not None}
        if not trials:
            reasons = "; ".join(f"{one.name} {one.summary}" for one in outcomes)
            raise CycleFailed(f"no trial succeeded: {reasons}")
        best = choose_challenger([trial.result for trial in trials.values()])
        return cls(trials[best.name])

    def evidence(self, examples: TrainingExamples, others: EmbeddingOutcome, thresholds: Thresholds) -> Evidence:
        """Return what the gate is to judge, given what the bundle's head and best answer to all examples."""
        classes, labels = examples.classes, examples.labels
        judges = (labels < classes.best) & may_judge(
            labels, examples.sources, counting=examples.counting, trained=examples.trained, unseen=examples.unseen
        )
        judges &= choose_judges(
            labels, counting=examples.counting, trained=examples.trained, classes=len(classes.labels)
        )
        judges = _one_of_each(examples.moments, judges)
        calibration = self.challenger.result.calibration
        return Evidence(
            labels=labels[judges],
            unseen=(np.arange(len(examples)) >= examples.trained)[judges],
            first=_said(others.first, labels, thresholds.first, judges),
            best=_said(others.best, labels, thresholds.best, judges),
            challenger=_said(self.challenger.answers, labels, calibration.threshold, judges),
            promised=gate.promised(calibration, classes=len(classes.labels)),
            base_classes=classes.base,
            best_classes=classes.best,
            classes=len(classes.labels),
        )

    def for_conversion(self, rows: CycleRows, *, golden: Floats) -> ConversionInputs:
        """Return what the conversion of the challenger takes: its files are compared on a few of the rows."""
        chosen = np.unique(np.linspace(0, len(rows) - 1, PARITY_FEATURES).astype(np.int64))
        return ConversionInputs(rows.to_embed.head_file, self.challenger.weights, rows.features(chosen), golden)

    def trained_head(
        self,
        conversion: ConversionOutcome,
        inputs: CycleInputs,
        examples: TrainingExamples,
        *,
        report: Mapping[str, Json],
    ) -> TrainedHead:
        """Return what is to be published, once the challenger is converted; it was trained on these examples."""
        result = self.challenger.result
        return TrainedHead(
            labels=examples.classes.labels,
            weights=encode_weights(self.challenger.weights),
            heads=conversion.files,
            logits=conversion.logits,
            temperature=result.calibration.temperature,
            threshold=result.calibration.threshold,
            accuracy=result.accuracy,
            held_out=result.held_out,
            rows=inputs.rows,
            left_out=tuple(examples.left_out.tolist()),
            report=report,
            points=result.calibration.points,
        )


def trial_result(outcome: TaskOutcome) -> TrialResult | None:
    """Return what a trial says of its head; None where it failed."""
    return None if outcome.result is None else TrialOutcome.unpack(outcome.result).result


def _one_of_each(moments: Integers, rows: Flags) -> Flags:
    """Choose one row (n,) of each moment."""
    _, first = np.unique(moments[rows], return_index=True)
    chosen = np.zeros_like(rows)
    chosen[np.flatnonzero(rows)[first]] = True
    return chosen


def _said(answers: Answers, labels: Integers, threshold: float | None, rows: Flags) -> gate.Answers:
    said = answers.said(labels, threshold=threshold or 0.0)
    return gate.Answers(
        answers.classes[rows], answers.runners_up[rows], said[rows], is_calibrated=threshold is not None
    )
