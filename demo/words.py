"""What the demo calls labels and examples: people and photos, unless they are something else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one run."""

    labels: str
    """Several of them."""
    examples: str
    """Several of them."""
    all: str
    """Whoever or whatever is tested."""


PEOPLE = Words("people", "photos", "everybody")
PHOTOS = Words("labels", "photos", "all labels")
TENSORS = Words("labels", "tensors", "all labels")
