"""Self-tests: how a device shows that it computes the features that its bundle means, and what its uploads say of that.

    {"cosine_ppm": 999987, "app": "fedex 0.1.0", "runtime": "ai-edge-litert 2.3.0", "delegate": "cpu, 1 thread",
     "system": "Linux 6.1.0 x86_64"}

The device runs the bundle's golden input as it runs any photo or tensor, and compares the feature with the bundle's
golden feature. Cosines are whole millionths, so that every client writes and compares the same numbers.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from contract.documents import Fields, Json
from contract.errors import Impossible, SelfTestFailed
from contract.patterns import NAME_PATTERN, check_name

PPM = 1_000_000
"""Millionths in 1, the cosine of features that point the same way."""

SETUP_FIELDS = ("app", "runtime", "delegate", "system")
"""Of `Setup`, in its order, and of an upload's header."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What computes features on a device: where one of these is another, the features may be. Each is a name.

    Raises:
        Malformed: one is not 1 to 128 characters of printable ASCII.
    """

    app: str
    """What decodes and prepares photos, with its version."""
    runtime: str
    """What runs the models, with its version."""
    delegate: str
    """What of the machine it runs them on, and how."""
    system: str
    """The operating system with its version, and the machine."""

    def __post_init__(self) -> None:
        for name in SETUP_FIELDS:
            check_name(getattr(self, name), NAME_PATTERN, where=f"self_test.{name}")

    def __str__(self) -> str:
        return f"{self.app}, {self.runtime}, {self.delegate}, {self.system}"


@dataclass(frozen=True, slots=True)
class SelfTest:
    """The outcome of one self-test.

    Raises:
        Impossible: no cosine.
    """

    setup: Setup
    cosine_ppm: int
    """Of the feature to the golden feature, in millionths."""

    def __post_init__(self) -> None:
        if not -PPM <= self.cosine_ppm <= PPM:
            raise Impossible("self_test.cosine_ppm", expected=f"-{PPM} to {PPM}", got=str(self.cosine_ppm))

    @classmethod
    def parse(cls, fields: Fields) -> "SelfTest":
        """Read the outcome from an upload's header. Raises a `ContractError`."""
        names = {name: fields.name(name, NAME_PATTERN) for name in SETUP_FIELDS}
        return cls(Setup(**names), fields.integer("cosine_ppm", low=-PPM, high=PPM))

    def document(self) -> dict[str, Json]:
        """Write the outcome as part of an upload's header."""
        return {"cosine_ppm": self.cosine_ppm, **asdict(self.setup)}


def cosine_ppm(expected: NDArray[np.float32], got: NDArray[np.float32]) -> int:
    """Compare two features of one shape: their cosine in double precision, to the nearest millionth.

    0 where one of them is all zeros, or has a NaN or an infinity: it is like nothing.
    """
    ours, theirs = (feature.ravel().astype(np.float64) for feature in (expected, got))
    lengths = math.sqrt(float(ours @ ours)) * math.sqrt(float(theirs @ theirs))
    cosine = float(ours @ theirs) / lengths if lengths and math.isfinite(lengths) else 0.0
    return max(-PPM, min(PPM, round(cosine * PPM)))


def as_cosine(ppm: int) -> str:
    """Write millionths as people read a cosine."""
    return f"{ppm / PPM:.6f}"


def check_self_test(outcome: SelfTest, *, least_cosine_ppm: int, where: str) -> None:
    """Refuse features of a device whose self-test is below what its bundle asks for.

    Raises:
        SelfTestFailed: with both cosines.
    """
    if outcome.cosine_ppm < least_cosine_ppm:
        expected = f"a self-test at cosine {as_cosine(least_cosine_ppm)} at least"
        raise SelfTestFailed(where, expected=expected, got=f"{as_cosine(outcome.cosine_ppm)} ({outcome.setup})")
