"""How long each act takes over one line: measured, or computed where that would take too long."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

from bench.evidence.exhibit import Run
from bench.evidence.line import PROFILES, LineProfile
from bench.evidence.row import EvidenceRow
from bench.paper.acts import Act, Ends, getting, putting

TRAFFIC, PROCESSOR = "traffic", "device's processor"
LONGEST_S, TOY_LONGEST_S = 8.0, 0.3
"""What is likely to take longer is computed."""
SHORT_S, REPEATS = 3.0, 3
"""What is likely to take less is repeated."""
PROBE_S = (0.5, 3.0)
"""How long the two transfers take, about, from which others are computed."""
COMPUTED = "Computed from the start and the rate of two transfers over the same line."


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer that was measured."""

    seconds: float
    size: int
    """Payload bytes, both ways."""
    processor_s: float
    """Of the thread that acts for the device."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What a line was seen to do: a start, and a rate, in each direction."""

    start_s: float
    bytes_per_s: float

    @classmethod
    def of(cls, small: Transfer, large: Transfer) -> Probed:
        """Return the line through two transfers."""
        rate = (large.size - small.size) / (large.seconds - small.seconds)
        return cls(max(0.0, small.seconds - small.size / rate), rate)

    def seconds_of(self, size: int) -> float:
        """Return how long so many bytes take."""
        return self.start_s + size / self.bytes_per_s


def measure_line(
    run: Run, profile: LineProfile, ends: Ends, acts: Sequence[Act], sizes: dict[str, int]
) -> Iterator[EvidenceRow]:
    """Yield the rows of every act over a line; `sizes` are the bytes of those that were measured before.

    Once all are taken, the transfers are in the run's raw results, in a file named as the line.
    """
    longest_s = TOY_LONGEST_S if run.is_toy else LONGEST_S
    up, down = (_probe(ends, profile, is_up=is_up, share=longest_s / LONGEST_S) for is_up in (True, False))
    measured: dict[str, list[dict[str, float]]] = {}
    for act in acts:
        probed, size = (up if act.is_up else down), sizes.get(act.name, act.size)
        likely_s = probed.seconds_of(size) if size is not None else 0.0
        run.say(f"{profile.name}: {act.name}, some {likely_s:.1f} s")
        if likely_s > longest_s and size is not None:
            transfers = [Transfer(likely_s, size, 0.0)]
            yield replace(_seconds_row(act, profile, transfers), note=COMPUTED)
        else:
            repeats = REPEATS if likely_s < SHORT_S and not run.is_toy else 1
            transfers = [_take(ends, act) for _ in range(repeats)]
            measured[act.name] = [asdict(one) for one in transfers]
            yield _seconds_row(act, profile, transfers)
            if act.is_ours and act.name not in sizes:
                milliseconds = [1000 * one.processor_s for one in transfers]
                yield EvidenceRow.of(act.name, PROCESSOR, milliseconds, "ms")
        if act.name not in sizes:
            sizes[act.name] = transfers[0].size
            yield EvidenceRow(act.name, TRAFFIC, transfers[0].size / 1000, "kB", note=act.note)
    lines = {"up": asdict(up), "down": asdict(down)}
    (run.raw / f"{profile.name}.json").write_text(json.dumps({"line": lines, "transfers": measured}))


def _seconds_row(act: Act, profile: LineProfile, transfers: Sequence[Transfer]) -> EvidenceRow:
    """Return how long it took; the paper's figure stands beside the fastest line, as nobody knows which it had."""
    paper_s = act.paper_s if profile.name == PROFILES[-1].name else None
    return EvidenceRow.of(act.name, profile.name, [one.seconds for one in transfers], "s", paper=paper_s)


def _take(ends: Ends, act: Act) -> Transfer:
    timed = act.prepare(ends)
    for opened in (ends.to_service, ends.to_sink):
        opened.reset()
    began_s, worked_s = time.monotonic(), time.thread_time()
    timed()
    took_s, worked_s = time.monotonic() - began_s, time.thread_time() - worked_s
    size = sum(opened.up_bytes + opened.down_bytes for opened in (ends.to_service, ends.to_sink))
    return Transfer(took_s, size, worked_s)


def _probe(ends: Ends, profile: LineProfile, *, is_up: bool, share: float) -> Probed:
    """Measure two transfers to or from the sink."""
    bps, ask = (profile.up_bps, putting) if is_up else (profile.down_bps, getting)
    sizes = [int(bps / 8 * seconds * share) for seconds in PROBE_S]
    return Probed.of(*(_take(ends, Act("probe", is_up, size, partial(ask, size))) for size in sizes))
