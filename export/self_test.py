"""The least cosine of a bundle's self-test: measured on the golden input as it should be prepared and as it should not.

    1 - least = sqrt(near x far)        cosines of what clients may do rightly are above, of what they get wrong below

`near` is the largest distance (1 - cosine) of a right preparation, and at least what runtimes differ by; `far` the
smallest of a wrong one that can be told from these: whose distance is `TELLABLE` times that, or more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from contract.documents import Json
from contract.self_test import PPM
from export.errors import NetworkError
from export.tflite.quantize import Quantize

TELLABLE = 3.0
"""So that a right preparation may be nearly twice as far, and a wrong one nearly half as far, as was measured."""

# Measured at freeze4 and freeze6, with trained and with drawn weights, on golden photos that are cropped and whose face
# is cut out: tflite-runtime 2.14 is from ai-edge-litert 2.3 at most 1e-6, 1e-6, 0.0003 and 0.0012, mode by mode. Other
# delegates, as those that compute in half precision, were not measured, and get some room.
RUNTIMES = {Quantize.NONE: 0.001, Quantize.FLOAT16: 0.001, Quantize.DYNAMIC: 0.001, Quantize.INT8: 0.003}
"""The distance that another runtime may be at, whatever is measured."""


@dataclass(frozen=True, slots=True)
class LeastCosine:
    """What a device must reach, and what it was measured on."""

    ppm: int
    """In millionths."""
    near: Mapping[str, float]
    """Cosines of right preparations."""
    wrong: Mapping[str, float]
    """Cosines of wrong ones."""

    @property
    def missed(self) -> dict[str, float]:
        """The mistakes that pass all the same, as this network does not tell them from what is right."""
        return {what: cosine for what, cosine in self.wrong.items() if round(cosine * PPM) >= self.ppm}

    def warning(self) -> str | None:
        """Say which mistakes the self-test cannot see; None if it sees all that were tried."""
        if not self.missed and self.wrong:
            return None
        if not self.wrong:
            return "warning: the self-test proves that the prefix runs, and nothing of how its input is made"
        named = ", ".join(f"{what} (cosine {cosine:.5f})" for what, cosine in self.missed.items())
        return f"warning: the self-test cannot tell from what is right: {named}"

    def document(self) -> dict[str, Json]:
        """Return it as parity.json keeps it."""
        return {"least_cosine": self.ppm / PPM, "right": dict(self.near), "wrong": dict(self.wrong)}


def choose_least_cosine(*, near: Mapping[str, float], wrong: Mapping[str, float], quantize: Quantize) -> LeastCosine:
    """Choose what accepts all that is near, and refuses what is wrong as far as it can be told from that. Pure.

    Raises:
        NetworkError: what is near is so far off that all features would be accepted.
    """
    nearest = max([RUNTIMES[quantize], *(1 - cosine for cosine in near.values())])
    told = [1 - cosine for cosine in wrong.values() if 1 - cosine >= TELLABLE * nearest]
    distance = math.sqrt(nearest * min(told)) if told else math.sqrt(TELLABLE) * nearest
    ppm = math.floor((1 - distance) * PPM)
    if ppm <= 0:
        expected = "features that stay alike when the input is prepared rightly in another way"
        what, cosine = min(near.items(), key=lambda one: one[1])
        raise NetworkError("self-test", expected=expected, got=f"cosine {cosine:.5f} ({what})")
    return LeastCosine(ppm, near, wrong)
