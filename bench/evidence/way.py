"""One direction of a line: when what is sent arrives, by rate, delay and loss. Pure: times and chances are passed in.

A segment that is lost takes the line once more and comes a round trip late, as after TCP's fast retransmit (RFC 5681);
what was sent behind it goes on, and waits for it at the receiver, since TCP delivers in order. Windows are not
modelled: `fills_from_the_start` and `is_held_back_by_loss` say for which lines that is right.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

SEGMENT_BYTES = 1448
"""The payload of a full segment on Ethernet, with timestamps."""
INITIAL_SEGMENTS = 10
"""How many a sender sends before it has heard anything (RFC 6928)."""


@dataclass(frozen=True, slots=True)
class Passage:
    """How one piece went."""

    sent_at: float
    """When its last bit left the sender: the line is free for the next piece."""
    arrives_at: float
    """When the receiver has all of it; others of its connection may still hold it up."""


@dataclass(slots=True)
class Way:
    """One direction, on which the pieces of all connections queue."""

    bps: float
    delay_s: float
    loss: float
    """The share of segments that are lost."""
    round_trip_s: float
    chances: random.Random
    free_at: float = -math.inf

    def send(self, size: int, *, at: float) -> Passage:
        """Send so many bytes, not before a time in seconds."""
        segments = -(-size // SEGMENT_BYTES)
        sendings = [self._sendings() for _ in range(segments)]
        again = sum(sendings) - segments
        self.free_at = max(at, self.free_at) + 8 * (size + again * min(size, SEGMENT_BYTES)) / self.bps
        late_s = (max(sendings, default=1) - 1) * self.round_trip_s
        return Passage(self.free_at, self.free_at + self.delay_s + late_s)

    def _sendings(self) -> int:
        """Draw how often one segment has to be sent."""
        count = 1
        while self.chances.random() < self.loss:
            count += 1
        return count


def fills_from_the_start(bps: float, *, round_trip_s: float) -> bool:
    """Return whether the first window fills the line, so that slow start costs nothing."""
    return bps / 8 * round_trip_s <= INITIAL_SEGMENTS * SEGMENT_BYTES


def is_held_back_by_loss(bps: float, *, round_trip_s: float, loss: float) -> bool:
    """Return whether loss keeps TCP's window below what the line takes.

    Mathis et al., "The macroscopic behavior of the TCP congestion avoidance algorithm" (1997), equation 3.
    """
    return loss > 0 and 8 * SEGMENT_BYTES / round_trip_s * math.sqrt(1.5 / loss) < bps
