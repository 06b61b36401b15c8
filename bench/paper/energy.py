"""Energy without a phone: the coefficients of an index, each with its source, and joules where a machine counts them.

An index is a sum, never a product: processor seconds, bytes and wake-ups of the radio each cost something by
themselves. What a radio spends after a transfer, its tail, is why wake-ups count.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
PREFIX = "EVIDENCE_"
S7_MAH_A_MINUTE, S7_VOLTS = 7.9, 3.85
"""The paper's Galaxy S7 at work, the whole phone; the voltage of its battery is ours to assume."""
IDLE_W, SLOW_W, FAST_W = 0.010, 0.401, 0.570
SLOW_S, FAST_S = 6.0, 4.0
"""A 3G radio without a channel, on a shared and on a channel of its own, and how long it stays on each: its tail."""
UP_BPS, DOWN_BPS = 250e3, 750e3
"""Of the 3G line of `bench.evidence.line`."""
POWERTUTOR = (
    "the constants of [libpowertutor](https://github.com/brettdh/libpowertutor) for the HTC Dream on 3G, after Zhang "
    "et al., *Accurate Online Power Estimation ...* (CODES+ISSS 2010)"
)
PAPER = "the paper's Galaxy S7, 7.9 mAh a minute at 3.85 V (assumed), the whole phone"


@dataclass(frozen=True, slots=True)
class Coefficients:
    """What each thing costs. `EVIDENCE_` and a name in capitals is the variable that sets another value."""

    processor_w: float = 3600 * S7_MAH_A_MINUTE / 1000 * S7_VOLTS / 60
    """Of a second of processor."""
    up_uj: float = 1e6 * (FAST_W - IDLE_W) * 8 / UP_BPS
    """Of a byte that goes up, in millionths of a joule."""
    down_uj: float = 1e6 * (FAST_W - IDLE_W) * 8 / DOWN_BPS
    wake_up_j: float = (FAST_W - IDLE_W) * FAST_S + (SLOW_W - IDLE_W) * SLOW_S
    """Of a radio that is woken, and stays awake for a while."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Coefficients:
        """Read what is set.

        Raises:
            ValueError: one is no number from 0 on.
        """
        variables = {name: f"{PREFIX}{name.upper()}" for name in cls.__slots__}
        found = {name: (one, text) for name, one in variables.items() if (text := environment.get(one))}
        return cls(**{name: _cost(variable, text) for name, (variable, text) in found.items()})

    def joules(self, *, processor_s: float, up_bytes: float, down_bytes: float, wake_ups: float) -> float:
        """Return the index."""
        radio_j = (self.up_uj * up_bytes + self.down_uj * down_bytes) / 1e6 + self.wake_up_j * wake_ups
        return self.processor_w * processor_s + radio_j

    def figures(self) -> str:
        """Say what they are, without where they are from."""
        return (
            f"{self.processor_w:.3g} W of processor, {self.up_uj:.3g} and {self.down_uj:.3g} µJ a byte up and down, "
            f"{self.wake_up_j:.3g} J a wake-up"
        )

    def describe(self) -> str:
        """Say what they are and where they are from, as Markdown."""
        return (
            f"{self.processor_w:.3g} W while the processor works ({PAPER}), {self.up_uj:.3g} and {self.down_uj:.3g} µJ "
            f"a byte up and down, and {self.wake_up_j:.3g} J a wake-up ({POWERTUTOR}: {1000 * FAST_W:g} mW for "
            f"{FAST_S:g} s and {1000 * SLOW_W:g} mW for {SLOW_S:g} s, less {1000 * IDLE_W:g} mW)"
        )


@dataclass(frozen=True, slots=True)
class Packages:
    """The processor packages whose energy this machine counts (RAPL)."""

    folders: tuple[Path, ...]

    @classmethod
    def find(cls, powercap: Path = POWERCAP) -> Packages | None:
        """Return them, or None where there are none, or nobody may read them."""
        folders = tuple(sorted(powercap.glob("intel-rapl:?")))
        try:
            for folder in folders:
                _read(folder, "energy_uj")
        except OSError:
            return None
        return cls(folders) if folders else None

    def joules_of(self, act: Callable[[], object], *, idle_s: float = 1.0) -> float:
        """Return what an act took beyond what the idle machine takes in its time, all of the machine."""
        idle_w = self._joules(lambda: time.sleep(idle_s)) / idle_s
        began = time.monotonic()
        joules = self._joules(act)
        return joules - idle_w * (time.monotonic() - began)

    def _joules(self, act: Callable[[], object]) -> float:
        before = [_read(folder, "energy_uj") for folder in self.folders]
        act()
        after = [_read(folder, "energy_uj") for folder in self.folders]
        spans = [_read(folder, "max_energy_range_uj") for folder in self.folders]
        return sum((end - begin) % (span + 1) for begin, end, span in zip(before, after, spans, strict=True)) / 1e6


def _cost(variable: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ValueError(f"{variable}: expected a number from 0 on, got {text!r}")
    return value


def _read(folder: Path, name: str) -> int:
    return int((folder / name).read_text())
