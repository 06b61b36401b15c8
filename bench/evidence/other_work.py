"""How much of a machine's processor others used while something was measured.

The kernel counts the time of all processes, and that of this one with what it waited for; the rest is others'. Linux
alone; in a container the first is that of the whole machine.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path

from bench.processes import TICKS

STAT = Path("/proc/stat")
QUIET_CORES = 0.15
"""Of one core, on average: what a kernel and a service or two do by the way."""


class OtherWork:
    """Counts from when it is made."""

    def __init__(self, stat: Path = STAT) -> None:
        self._stat = stat
        self._began, self._busy_s, self._own_s = time.monotonic(), busy_s(stat), _own_s()

    def cores(self) -> float | None:
        """Return how many cores others have used since, on average; None where nobody counts."""
        now_s = busy_s(self._stat)
        if now_s is None or self._busy_s is None:
            return None
        others_s = now_s - self._busy_s - (_own_s() - self._own_s)
        return max(others_s, 0.0) / (time.monotonic() - self._began)


def beside(machine: str, cores: float | None) -> str:
    """Return a machine with what else it did, where that was not little."""
    if cores is None:
        return f"{machine}; whether it did other work was not counted"
    if cores < QUIET_CORES:
        return machine
    return f"{machine}, beside other work ({cores:.1f} cores on average)"


def busy_s(stat: Path = STAT) -> float | None:
    """Return the seconds that all cores have worked since the machine began; None where nobody counts.

    Source: proc(5), the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal, guest.
    """
    try:
        name, *ticks = stat.read_text().split("\n", 1)[0].split()
    except (OSError, ValueError):
        return None
    if name != "cpu" or len(ticks) < 7:
        return None
    user, nice, system, _, _, irq, softirq = (int(one) for one in ticks[:7])
    return (user + nice + system + irq + softirq) / TICKS


def _own_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
