"""Whether something signed is still news: three clocks are asked, and none of them is trusted alone. Pure.

The device's own clock may be anything. What was signed and installed was issued at a time that has passed by now. The
service's `Date`, over TLS, tells where both are behind: a board without a battery starts in 1970. A later time can only
refuse, never make stale news look fresh, so the latest of the three counts; and none but the signed one is kept, so
that one wrong answer refuses nothing for ever.
"""

from enum import StrEnum

GRACE_S = 86_400
"""Clocks are a little fast."""


class Validity(StrEnum):
    """What becomes of something signed that was never installed."""

    VALID = "valid"
    EXPIRED = "expired"
    CLOCK_AHEAD = "own clock ahead"
    """Expired by the device's own clock alone, while the service tells another time: the clock is to be set."""


def judge_validity(expires: int, *, own: float, issued: int, date: int | None) -> Validity:
    """Tell whether something that expires at `expires` is still news.

    All times are Unix seconds.

    Args:
        expires: as signed.
        own: the device's clock.
        issued: the newest time of issue that the device has installed of its group; 0 where it has none.
        date: `Date` of the answer that brought it; None where it came not over TLS, or without such a header.
    """
    last = expires + GRACE_S
    if max(issued, date or 0) > last:
        return Validity.EXPIRED
    if own <= last:
        return Validity.VALID
    return Validity.EXPIRED if date is None else Validity.CLOCK_AHEAD
