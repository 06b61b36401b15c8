"""How long a device waits between two rounds: drawn anew each time, evenly over all of a span ("full jitter"). Pure.

Devices that came back together after an outage are apart after one wait, whatever brought them together. Source:
M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

LONGEST_SPAN_S = 4 * 3600.0
"""Of a device whose rounds fail, unless its interval is longer."""


def wait_s(*, interval_s: float, failures: int, retry_after_s: float, draw: float) -> float:
    """Return the seconds to the next round.

    Args:
        interval_s: what lies between two rounds on average, while they do not fail.
        failures: how many rounds failed in a row, this one included: no answer, or one that says "later".
        retry_after_s: the longest that an answer of this round asked for; 0 where none did.
        draw: a random number from 0 to 1, without 1.
    """
    shortest = 2 * interval_s
    span = min(shortest * 2.0 ** min(failures, 64), max(shortest, LONGEST_SPAN_S))
    return retry_after_s + draw * span
