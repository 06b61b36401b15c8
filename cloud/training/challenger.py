"""The only home of what becomes of trials: the challenger, the evidence for and against it, and the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.errors import CycleFailed
from cloud.releases.publish import TrainedHead
from cloud.training.cycle_folder import CycleFolder
from cloud.training.executors.executor import Outcome
from cloud.training.gate import Evidence, PairedAnswers
from cloud.training.inputs import Material
from cloud.training.trials import TrialResult, choose
from contract.documents import Json

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Selection:
    """The trials that ended well, and the best of them."""

    results: tuple[TrialResult, ...]
    challenger: TrialResult

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Selection:
        """The contest of trials, in the order of their plan.

        Raises:
            CycleFailed: none ended well.
        """
        results = tuple(TrialResult.parse(outcome.result) for outcome in outcomes if outcome.result is not None)
        if not results:
            reasons = "; ".join(f"{one.name} {one.story}" for one in outcomes)
            raise CycleFailed(f"no trial ended well: {reasons}")
        return cls(results, choose(results))

    def evidence(self, material: Material, folder: CycleFolder) -> Evidence:
        """What the gate is to judge. Cross-validation counts on a body that was not trained on what it left out."""
        examples, best = material.examples, folder.best_answers()
        held_out = slice(examples.trained, None)
        left_out, said = self._left_out(folder)
        return Evidence(
            held_out=PairedAnswers(
                examples.labels[held_out], best[held_out], folder.trial_answers(self.challenger.name).held_out
            ),
            left_out=PairedAnswers(examples.labels[left_out], best[left_out], said),
            unseen=examples.unseen[left_out],
            base_classes=examples.classes.base,
            best_classes=examples.classes.best,
            classes=len(examples.classes.labels),
        )

    def product(self, material: Material, folder: CycleFolder, report: Mapping[str, Json]) -> TrainedHead:
        """What is to be published, once the workshop has converted the challenger."""
        logits = folder.golden_logits()
        return TrainedHead(
            labels=material.examples.classes.labels,
            weights=folder.trial_weights(self.challenger.name),
            heads={precision: folder.head_file(precision).read_bytes() for precision in logits},
            logits=logits,
            temperature=self.challenger.calibration["temperature"],
            threshold=self.challenger.calibration["threshold"],
            accuracy=self.challenger.accuracy,
            held_out=self.challenger.held_out,
            samples=len(material.dataset),
            report=report,
        )

    def _left_out(self, folder: CycleFolder) -> tuple[Integers, Integers]:
        frozen = [result for result in (self.challenger, *self.results) if not result.thawed]
        if not frozen:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        answers = folder.trial_answers(frozen[0].name)
        return answers.left_out, answers.left_out_said
