"""Keeps what a user says of an inference: that it was right, or the right label."""

from __future__ import annotations

from dataclasses import dataclass

from contract.labels import read_label
from device.cache.cache import Cache
from device.cache.feedback import NewFeedback
from device.cache.inferences import StoredInference
from device.errors import FeedbackError


@dataclass(frozen=True, slots=True)
class KeptFeedback:
    """Feedback that was kept."""

    inference: int
    label: str
    revision: int
    """Of two on one sample, the one with the higher revision counts."""


def give_feedback(cache: Cache, inference: int, *, label: str | None, origin: str, now_ms: int) -> KeptFeedback:
    """Keep the right label of an inference; None says that the answer was right.

    Args:
        cache: the open cache.
        inference: its id.
        label: the right label, known or new.
        origin: the group in which the label is given (`Identity.origin`), "" before enrolment.
        now_ms: Unix milliseconds.

    Raises:
        FeedbackError: the cache does not have the inference, or an "unknown" was called right.
        ContractError: the text is not a label.
        Storage: it could not be kept.
    """
    meant = meant_label(cache.inferences.get(inference), label=label)
    feedback = NewFeedback(inference, meant, is_right=label is None, origin=origin, given_ms=now_ms)
    return KeptFeedback(inference, meant, cache.feedback.add(feedback))


def meant_label(inference: StoredInference, *, label: str | None) -> str:
    """Tell which label was meant. Pure; raises as `give_feedback`."""
    if label is not None:
        return read_label(label)
    if inference.unknown:
        raise FeedbackError(f"inference {inference.id}: expected a label, as the answer was unknown, got right")
    return read_label(inference.results[0].label)  # a release of another version may have names that no upload may
