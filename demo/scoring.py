"""How answers become figures: accuracy, the share answered "unknown", and cosine to class means."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PhotoAnswer:
    """What a device said of one person in a photo: the best label, and whether it was sure enough to say it."""

    photo: Path
    truth: str
    best: str | None
    """None where their face was not found."""
    probability: float
    unknown: bool

    @property
    def is_found(self) -> bool:
        """Whether there is an answer at all."""
        return self.best is not None

    @property
    def is_right(self) -> bool:
        """Whether the best label is the true one, "unknown" or not."""
        return self.best == self.truth

    @property
    def is_accepted(self) -> bool:
        """Whether a label was said."""
        return self.is_found and not self.unknown


@dataclass(frozen=True, slots=True)
class Score:
    """Shares, 0 to 1, over the people in the photos of one round; "others" are those whom the first head knows.

    Whose face is not found is neither right, nor unknown, nor accepted.
    """

    found: float
    accuracy: float
    accuracy_new: float
    unknown_new: float
    accepted_others: float


def score_answers(answers: Iterable[PhotoAnswer], *, new: Collection[str]) -> Score:
    """Return the figures of one round. A share over no photos is NaN."""
    given = tuple(answers)
    of_new = [answer for answer in given if answer.truth in new]
    of_others = [answer for answer in given if answer.truth not in new]
    return Score(
        found=_share([answer.is_found for answer in given]),
        accuracy=_share([answer.is_right for answer in given]),
        accuracy_new=_share([answer.is_right for answer in of_new]),
        unknown_new=_share([answer.unknown for answer in of_new]),
        accepted_others=_share([answer.is_accepted for answer in of_others]),
    )


def cosine_answers(train: NDArray[np.float32], labels: Sequence[str], tests: NDArray[np.float32]) -> tuple[str, ...]:
    """Return the label whose mean direction is nearest to each test feature, by cosine.

    `train` is (n, d), one label each; `tests` is (m, d). The mean is taken over the features scaled to unit length.
    """
    names = sorted(set(labels))
    directions, owners = _unit(train), np.asarray(labels)
    means = _unit(np.stack([directions[owners == name].mean(axis=0) for name in names]))
    return tuple(names[index] for index in (_unit(tests) @ means.T).argmax(axis=1))


def _share(outcomes: Sequence[bool]) -> float:
    return sum(outcomes) / len(outcomes) if outcomes else float("nan")


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    flat = vectors.reshape(len(vectors), -1)
    scaled: NDArray[np.float32] = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    return scaled
