"""Nine men who say two vowels, from sktime's wheel (JapaneseVowels, UCI): twelve cepstral coefficients a frame.

The data's own halves are kept apart: its test half is the demo's, its training half trains networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sktime.datasets import load_japanese_vowels

FRAMES, COEFFICIENTS = 29, 12
"""Shorter utterances end in silence: zeros."""
LABELS = tuple(f"speaker {number}" for number in range(1, 10))
UTTERANCES = 24
"""Of each speaker, for the demo."""

Utterances = NDArray[np.float32]


def write_voices(directory: Path) -> int:
    """Write the demo's utterances, one folder a speaker, `.npy` of float32 (29, 12), and return how many."""
    utterances, owners = _load("TEST")
    for speaker, label in enumerate(LABELS):
        (directory / label).mkdir(parents=True, exist_ok=True)
        for number, utterance in enumerate(utterances[owners == speaker][:UTTERANCES]):
            np.save(directory / label / f"{number:02d}.npy", utterance)
    return UTTERANCES * len(LABELS)


def training_voices(labels: Sequence[str]) -> tuple[Utterances, NDArray[np.int64]]:
    """Return utterances, float32 (n, 29, 12), of some speakers, and the index of each one's label."""
    utterances, owners = _load("TRAIN")
    speakers = [LABELS.index(label) for label in labels]
    chosen = [utterances[owners == speaker] for speaker in speakers]
    return np.concatenate(chosen), np.repeat(np.arange(len(speakers)), [len(some) for some in chosen])


def _load(half: str) -> tuple[Utterances, NDArray[np.int64]]:
    tables, numbers = load_japanese_vowels(split=half, return_X_y=True, return_type="df-list")
    utterances = np.zeros((len(tables), FRAMES, COEFFICIENTS), np.float32)
    for utterance, table in zip(utterances, tables, strict=True):
        utterance[: len(table)] = table.to_numpy()
    return utterances, np.array([int(number) - 1 for number in numbers])
