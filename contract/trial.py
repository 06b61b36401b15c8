"""Whether a head answers as its manifest says: both sides' logits of the golden sample, compared. Pure.

What an answer hangs on are differences of logits in units of the temperature; a head of one class answers the same
whatever its logit is. So what all logits share does not count, and what they may differ by has a floor where they are
nearly equal: the temperature, and what float32 can tell apart at their magnitude. Which class is the best is not
compared by itself: within the tolerance it can only be another one where both are as good.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.manifest import Precision

TOLERANCES = {Precision.FLOAT32: 1e-3, Precision.FLOAT16: 1e-3, Precision.DYNAMIC: 2e-2}
"""Shares of the scale of the expected logits."""
MAGNITUDE_SHARE = 2.0**-10
"""Of the largest magnitude: the least scale, a thousandth of which is some eight steps of float32."""


@dataclass(frozen=True, slots=True)
class LogitsTrial:
    """How far a head's logits are from those that were expected."""

    off: float
    """Half of the range of the differences; NaN where a logit is not finite."""
    allowed: float

    @property
    def passes(self) -> bool:
        """Whether the head answers as it should."""
        return self.off <= self.allowed


def compare_logits(
    got: NDArray[np.float32], expected: NDArray[np.float32], *, precision: Precision, temperature: float
) -> LogitsTrial:
    """Compare the logits (classes,) of a head on this runtime with those of its manifest, which are finite."""
    wanted = expected.astype(np.float64)
    scale = max(float(np.ptp(wanted)), temperature, MAGNITUDE_SHARE * float(np.abs(wanted).max()))
    off = float(np.ptp(got.astype(np.float64) - wanted)) / 2 if np.isfinite(got).all() else float("nan")
    return LogitsTrial(off, TOLERANCES[precision] * scale)
