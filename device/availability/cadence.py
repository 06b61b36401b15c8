"""Says when the next round is due: what the contract's cadence makes of how the last ones went."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from contract.cadence import wait_s
from device.availability.rounds import Round


@dataclass(slots=True)
class Cadence:
    """The waits of one device between its rounds."""

    interval_s: float
    random: Random
    """Seeded by the caller: by nothing on a device, so that no two draw alike."""
    failures: int = 0
    """How many rounds failed in a row."""

    def wait_s(self, done: Round) -> float:
        """Return the seconds from the end of a round to the next one."""
        self.failures = self.failures + 1 if done.is_put_off else 0
        return wait_s(
            interval_s=self.interval_s,
            failures=self.failures,
            retry_after_s=done.retry_after_s,
            draw=self.random.random(),
        )
