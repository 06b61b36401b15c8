"""The selection of the challenger among trials, the evidence for and against it, and the head to be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cloud.errors import CycleFailed
from cloud.releases.publish import TrainedHead
from cloud.training.examples import TrainingExamples
from cloud.training.executors.arrays import Floats, Integers
from cloud.training.executors.executor import TaskOutcome
from cloud.training.gate import Evidence, PairedAnswers
from cloud.training.inputs import CycleInputs
from cloud.training.trials import choose_challenger
from cloud.training.values import (
    ConversionInputs,
    ConversionOutcome,
    EmbeddingInputs,
    TrialAnswers,
    TrialOutcome,
)
from cloud.training.weights import encode_weights
from contract.documents import Json

PARITY_FEATURES = 32
"""So many features, from all over the rows, are enough to compare a file with Keras."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The trials that succeeded, and the best of them."""

    trials: tuple[TrialOutcome, ...]
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
        return cls(tuple(trials.values()), trials[best.name])

    def evidence(self, examples: TrainingExamples, best: Integers) -> Evidence:
        """Return what the gate is to judge, given best's answers (n,) to all examples."""
        held_out = slice(examples.trained, None)
        validation = self._cross_validation()
        left_out = validation.left_out
        return Evidence(
            held_out=PairedAnswers(examples.labels[held_out], best[held_out], self.challenger.answers.held_out),
            left_out=PairedAnswers(examples.labels[left_out], best[left_out], validation.left_out_answers),
            unseen=examples.unseen[left_out],
            base_classes=examples.classes.base,
            best_classes=examples.classes.best,
            classes=len(examples.classes.labels),
        )

    def for_conversion(self, rows: EmbeddingInputs, *, golden: Floats) -> ConversionInputs:
        """Return what the conversion of the challenger takes: its files are compared on a few of the rows."""
        chosen = np.unique(np.linspace(0, len(rows.features) - 1, PARITY_FEATURES).astype(int))
        return ConversionInputs(rows.head_file, self.challenger.weights, rows.features[chosen], golden)

    def trained_head(
        self, conversion: ConversionOutcome, inputs: CycleInputs, *, report: Mapping[str, Json]
    ) -> TrainedHead:
        """Return what is to be published, once the challenger is converted."""
        result = self.challenger.result
        return TrainedHead(
            labels=inputs.examples.classes.labels,
            weights=encode_weights(self.challenger.weights),
            heads=conversion.files,
            logits=conversion.logits,
            temperature=result.calibration.temperature,
            threshold=result.calibration.threshold,
            accuracy=result.accuracy,
            held_out=result.held_out,
            sample_count=len(inputs.dataset),
            report=report,
        )

    def _cross_validation(self) -> TrialAnswers:
        """Return answers to what cross-validation left out, by a trial whose body was not trained on that."""
        for trial in (self.challenger, *self.trials):
            if not trial.result.fine_tuned:
                return trial.answers
        return TrialAnswers(self.challenger.answers.held_out)
