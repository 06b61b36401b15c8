"""How often a network is right, and what an export makes of that: the wrong scale shows here, and so does a lost label.

Pure: answers come in as arrays. A photo counts as right where the most probable class is its own, whether or not a
device would be sure enough to say it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.documents import Json
from export.errors import ParityError, RequestError
from export.network.standardization import Standardization
from export.tflite.parity import TOLERANCES
from export.tflite.quantize import Quantize

CLEARLY_BETTER = 0.1
"""The share of photos by which another scale has to be better before it is believed: neighbours like `facenet` and
`symmetric` differ by less."""
FEWEST_BETTER = 3
"""Of few photos, so many: one or two may be chance."""
BEYOND_ONE_ANSWER = 0.5
"""Of the photos that one answer for all would get wrong, the share that the right scale gets right at least."""
SURE = 0.2
"""Between the two most probable classes: where a network is less sure, a rounding may turn its answer."""
EXACT = 0.01
"""Of the standard deviation of log probabilities."""
FLOAT_NOISE = 2e-5
LEAST_PROBABILITY = 1e-5
"""Below it a sigmoid's other side, 1 - p in float32, is noise."""

Floats = NDArray[np.float32]
Classes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The share of samples that each of the two gets right."""

    samples: int
    keras: float
    tflite: float
    one_answer: float
    """What the same answer for all would get right, the best one."""

    @property
    def is_chance(self) -> bool:
        """Whether Keras is right no more often than one answer for all."""
        return self.keras <= self.one_answer

    def document(self) -> dict[str, Json]:
        """Return it as parity.json keeps it."""
        return {"samples": self.samples, "keras": self.keras, "tflite": self.tflite}


@dataclass(frozen=True, slots=True)
class SameLabels:
    """How many samples get the same label from the user's whole network and from what devices run."""

    samples: int
    same: int
    sure: int
    """Of those where the whole network is sure."""
    sure_same: int

    @property
    def label_agreement(self) -> float:
        """The share of all samples."""
        return self.same / self.samples

    def document(self) -> dict[str, Json]:
        """Return it as parity.json keeps it."""
        return {
            "samples": self.samples,
            "label_agreement": self.label_agreement,
            "sure_samples": self.sure,
            "sure_label_agreement": self.sure_same / self.sure if self.sure else None,
        }


def right(answers: Floats, classes: Classes) -> int:
    """Count the answers, probabilities or logits (n, classes), whose best class is the one of `classes` (n,)."""
    return int((answers.argmax(axis=1) == classes).sum())


def right_by_one_answer(classes: Classes) -> int:
    """Count what is right where the most frequent of the classes (n,) is the answer to all."""
    return int(np.unique(classes, return_counts=True)[1].max())


def measure(classes: Classes, *, by_keras: Floats, by_tflite: Floats) -> Accuracy:
    """Compare both answers (n, classes) with the true classes (n,); `n` is at least 1."""
    count = len(classes)
    return Accuracy(
        count, right(by_keras, classes) / count, right(by_tflite, classes) / count, right_by_one_answer(classes) / count
    )


def compare_labels(probabilities: Floats, by_tflite: Floats) -> SameLabels:
    """Compare the whole network's probabilities (n, classes) with the logits of what devices run."""
    same = probabilities.argmax(axis=1) == by_tflite.argmax(axis=1)
    sure = _margins(probabilities) > SURE
    return SameLabels(len(same), int(same.sum()), int(sure.sum()), int((same & sure).sum()))


def check_labels(labels: SameLabels, quantize: Quantize) -> None:
    """Refuse a conversion that turns more answers than its mode may, of those that the whole network is sure of.

    Raises:
        ParityError: with their number.
    """
    allowed, other = _allowed(labels.sure, quantize), labels.sure - labels.sure_same
    if other > allowed:
        expected = f"the whole network's label on all but {allowed} of the {labels.sure} inputs that it is sure of"
        raise ParityError(f"parity of the {quantize} bundle", expected=expected, got=f"another one on {other}")


def check_accuracy(accuracy: Accuracy, quantize: Quantize) -> None:
    """Refuse a conversion that gets more of the labelled inputs wrong than its mode may.

    Raises:
        ParityError: with both shares.
    """
    lost = round((accuracy.keras - accuracy.tflite) * accuracy.samples)
    if lost > _allowed(accuracy.samples, quantize):
        expected = f"about {accuracy.keras:.1%} right of {accuracy.samples} labelled inputs, as Keras is"
        raise ParityError(f"accuracy of the {quantize} bundle", expected=expected, got=f"{accuracy.tflite:.1%}")


def enough_better(samples: int) -> int:
    """Return by how many of the samples another scale has to be better to be the right one."""
    return max(FEWEST_BETTER, math.ceil(samples * CLEARLY_BETTER))


def check_scale(rights: Mapping[Standardization, int], chosen: Standardization, classes: Classes) -> None:
    """Refuse a scale under which the network is clearly less often right than under another one.

    `rights` are the counts of right answers under each scale that was tried, on photos of these classes (n,). The other
    scale must do clearly better than one answer for all photos, too: an untrained network is right by chance.

    Raises:
        RequestError: naming both scales.
    """
    samples = len(classes)
    best = max(rights, key=lambda mode: (rights[mode], mode is chosen))
    by_one_answer = right_by_one_answer(classes)
    better = rights[best] - rights[chosen] >= enough_better(samples)
    if better and rights[best] > by_one_answer + BEYOND_ONE_ANSWER * (samples - by_one_answer):
        raise RequestError(
            f"--standardize {chosen}",
            expected=f"{best}, under which {_share(rights[best], samples)} of {samples} labelled photos are right",
            got=f"{_share(rights[chosen], samples)} right under {chosen}",
        )


def check_same_answers(whole: Floats, parts: Floats, *, where: str) -> None:
    """Refuse parts, prefix and head in a row in Keras, whose probabilities (n, classes) are not the whole network's.

    They are compared as logarithms, so that small probabilities count too; both compute in float32 with the same
    weights, and what they may differ by is a hundredth of how far answers lie apart.

    Raises:
        ParityError: naming the difference.
    """
    ours, theirs = (np.log(np.maximum(values.astype(np.float64), LEAST_PROBABILITY)) for values in (whole, parts))
    error, most = float(np.abs(ours - theirs).mean()), EXACT * float(ours.std()) + FLOAT_NOISE
    if not error <= most:  # NaN is beyond any tolerance
        expected = f"the answers of the whole network, log probabilities within {most:.2g}"
        raise ParityError(where, expected=expected, got=f"a mean difference of {error:.2g}")


def _margins(probabilities: Floats) -> Floats:
    """Return by how much the best class is ahead of the second (n,)."""
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities), np.float32)
    best = np.partition(probabilities, -2, axis=1)
    margins: Floats = best[:, -1] - best[:, -2]
    return margins


def _allowed(samples: int, quantize: Quantize) -> int:
    """Tell how many of the samples may have another label: of few, one, which may lie right between two."""
    return max(1, int((1 - TOLERANCES[quantize].label_agreement) * samples))


def _share(count: int, samples: int) -> str:
    return f"{count / samples:.1%}"
