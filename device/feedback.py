"""The only home of what a user may say of an inference: that it was right, or the right label."""

from __future__ import annotations

from dataclasses import dataclass

from contract.labels import parse_label
from device.cache.database import Cache, Feedback, StoredInference
from device.errors import FeedbackError


@dataclass(frozen=True, slots=True)
class Given:
    """Feedback that was kept: of two on one sample, the one with the higher revision counts."""

    inference: int
    label: str
    revision: int


def give_feedback(cache: Cache, inference: int, *, label: str | None, origin: str, now_ms: int) -> Given:
    """Keep the right label of an inference; None says that the answer was right.

    ``origin`` is the group in which the name was given (`Identity.origin`), "" before enrolment.

    Raises:
        FeedbackError: no such inference, or "right" said of "unknown".
        ContractError: the text is no label.
        Storage: it could not be kept.
    """
    said = meant_label(cache.inference(inference), label=label)
    feedback = Feedback(inference, said, is_right=label is None, origin=origin, given_ms=now_ms)
    return Given(inference, said, cache.add_feedback(feedback))


def meant_label(inference: StoredInference, *, label: str | None) -> str:
    """Tell which label was meant. Pure; raises as `give_feedback`."""
    if label is not None:
        return parse_label(label)
    if inference.unknown:
        raise FeedbackError(f"inference {inference.id}: expected a label, as the answer was unknown, got right")
    return inference.results[0].label
