"""Inferences and feedback to put into a cache."""

import numpy as np

from contract.self_test import Setup
from device.answers import Ranked
from device.cache.feedback import NewFeedback
from device.cache.inferences import NewInference
from device.cache.setups import BundleSetup

SPACE = "a" * 64
COMPUTED_BY = BundleSetup(Setup("fedex 1", "tflite-runtime 2.14.0", "cpu, 1 thread", "Linux 6.1"), "b" * 64, 990_000)


def inference(number: int = 0, *, unknown: bool = False) -> NewInference:
    """Make an inference of a photo of its own, for each number."""
    return NewInference(
        photo=number.to_bytes(16, "big"),
        box=None,
        feature=np.full(4, number, np.float32),
        results=(Ranked("Ada", 0.75), Ranked("Ben", 0.25)),
        unknown=unknown,
        head_serial=3,
        computed_by=COMPUTED_BY,
        taken_ms=1000 + number,
    )


def feedback(id_: int, label: str = "Ada", *, origin: str = "") -> NewFeedback:
    """Make feedback that gives the right label of an inference."""
    return NewFeedback(id_, label, is_right=False, origin=origin, given_ms=5)
