"""Vectors of what a client decides by itself: which time it is, when it asks again, whether a head works, or may."""

import math

import numpy as np

from contract.cadence import wait_s
from contract.documents import Fields, Json
from contract.errors import ContractError
from contract.formats import FIRST_FORMAT, parse_formats
from contract.http_date import parse_http_date
from contract.manifest import Precision
from contract.rollout import PARTS, Rollout, device_place
from contract.trial import compare_logits
from contract.unknown import Strictness, parse_points, threshold_at
from contract.validity import GRACE_S, judge_validity
from contract.withdrawals import Withdrawals

DATES = (
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Tue, 29 Feb 2028 23:59:59 GMT",
    "Sat, 31 Dec 2016 23:59:60 GMT",
    "Mon, 06 Nov 1994 08:49:37 GMT",
    "Sun, 30 Feb 2025 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    " Sun, 06 Nov 1994 08:49:37 GMT",
    "",
)
EXPIRES = 1_762_592_000
LAST = EXPIRES + GRACE_S
CLOCKS = (
    ("all agree", EXPIRES - 10, EXPIRES - 900, EXPIRES - 11),
    ("a day of grace", LAST, 0, LAST),
    ("just over", LAST + 1, 0, LAST + 1),
    ("no battery, nothing installed, plain http", 0, 0, None),
    ("no battery, but the service tells the time", 0, 0, LAST + 1),
    ("no battery, but a later release was installed", 0, LAST + 1, None),
    ("ahead, and the service says so", LAST + 1, 0, EXPIRES),
    ("ahead by a century, and the service says so", EXPIRES + 100 * 31_557_600, EXPIRES, EXPIRES),
    ("ahead, and nobody says so", LAST + 1, EXPIRES, None),
    ("an installed release counts, whatever the service says", EXPIRES, LAST + 1, EXPIRES),
    ("a service whose clock is slow", EXPIRES, EXPIRES - 900, 0),
)
WAITS = (
    (60, 0, 0, 0.0),
    (60, 0, 0, 0.25),
    (60, 0, 0, 1 - 2**-10),
    (60, 0, 5, 0.5),
    (60, 1, 0, 0.5),
    (60, 3, 90, 0.5),
    (60, 7, 0, 0.5),
    (60, 1000, 0, 0.5),
    (900, 2, 0, 0.125),
    (86_400, 4, 0, 0.75),
)


TRIALS: tuple[tuple[str, Precision, float, list[float], list[float]], ...] = (
    ("as expected", Precision.FLOAT32, 1.0, [4.5, -1.5, 0.5], [4.5, -1.5, 0.5]),
    ("within a thousandth of the range", Precision.FLOAT32, 1.0, [4.5, -1.5, 0.5], [4.505, -1.505, 0.5]),
    ("beyond it", Precision.FLOAT16, 1.0, [4.5, -1.5, 0.5], [4.5625, -1.5, 0.5]),
    ("within two hundredths", Precision.DYNAMIC, 1.0, [4.5, -1.5, 0.5], [4.5625, -1.5, 0.5]),
    ("what all share does not count", Precision.FLOAT32, 1.0, [4.5, -1.5, 0.5], [104.5, 98.5, 100.5]),
    ("another class is the best by far", Precision.DYNAMIC, 1.0, [4.5, -1.5, 0.5], [4.5, -1.5, 5.5]),
    ("another class is the best, of two as good", Precision.FLOAT32, 1.0, [4.5, 4.5, 0.5], [4.5, 4.50048828125, 0.5]),
    ("one class", Precision.FLOAT32, 1.0, [3.0], [-12.5]),
    ("one class, not finite", Precision.FLOAT32, 1.0, [3.0], [float("nan")]),
    ("equal logits", Precision.FLOAT32, 1.0, [0.25, 0.25], [0.25048828125, 0.25]),
    ("equal logits, told apart", Precision.FLOAT32, 1.0, [0.25, 0.25], [0.5, 0.25]),
    ("a high temperature", Precision.FLOAT32, 8.0, [0.25, 0.25], [0.2578125, 0.25]),
    ("a low temperature", Precision.FLOAT32, 0.001, [0.25, 0.25], [0.25048828125, 0.25]),
    ("large and equal", Precision.FLOAT32, 1.0, [65536.0, 65536.0], [65536.0625, 65536.0]),
    ("an infinity", Precision.DYNAMIC, 1.0, [4.5, -1.5], [float("inf"), -1.5]),
)


ROLLOUT_IDS = ("7f" * 32, "00" * 32, "0123456789abcdef" * 4)
DEVICES = ("d-0123456789", "0f" * 16, "f0" * 16, "a" * 8)


WITHDRAWALS: tuple[tuple[tuple[tuple[int, int], ...], list[int]], ...] = (
    ((), [5, 3]),
    (((5, 5),), [5, 3]),
    (((5, 5),), [6, 5]),
    (((3, 5),), [5, 3]),
    (((3, 5),), [6, 2]),
    (((1, 1), (3, 4), (9, 12)), [9, 2]),
    (((1, 1), (3, 4), (9, 12)), [12, 4]),
    (((1, 1), (3, 4), (9, 12)), [8, 5]),
    (((1, 1), (3, 4), (9, 12)), []),
)


POINTS: dict[str, Json] = {
    "strict": {"threshold": 0.75, "known_ppm": 893_000, "strangers_ppm": 10_000},
    "balanced": {"threshold": 0.5, "known_ppm": 957_000, "strangers_ppm": 25_000},
    "friendly": {"threshold": 0.375, "known_ppm": None, "strangers_ppm": 49_500},
}
UNKNOWN: tuple[tuple[str, float, Json], ...] = (
    ("the operator chose balanced", 0.5, POINTS),
    ("the operator chose strict", 0.75, POINTS),
    ("nothing was fitted", 0.5, None),
    ("a later point beside the three", 0.375, {**POINTS, "private": {"threshold": 0.9}}),
)


HEADERS = (
    "",
    "manifest=1, spaces=1",
    "manifest=2",
    "manifest=1,manifest=2\t, spaces=3",
    "colour=7",
    "manifest=01",
    "manifest=0",
    "manifest=1;spaces=1",
    "manifest=1,",
    "a" * 257,
    *("manifest=9999", "manifest=10000", "manifest=", "manifest", "manifest=-1", "manifest=1.0", "manifest=\uff11"),
    *("manifest=2,manifest=3,manifest=2", " \t", "\tmanifest=2 ,\t spaces=2 ", "manifest=2\u00a0", "manifest = 2"),
    *("Manifest=2", "manifest=2 spaces=2", ",manifest=2", "-=2", "a-=2", "m2=2", "*"),
    *(f"{'a' * 32}=2,manifest=3", f"{'a' * 33}=2,manifest=3"),
    *("manifest=2".ljust(256), "manifest=2".ljust(257), ",".join(["manifest=2"] * 23) + ",aa"),
)


def formats() -> Json:
    return [header(text) for text in HEADERS]


def header(text: str) -> Json:
    try:
        parsed = parse_formats(text)
    except ContractError as error:
        return {"header": text, "refused": type(error).__name__}
    said = {name: parsed.get(name, {FIRST_FORMAT}) for name in ("manifest", "spaces")}
    return {"header": text, **{name: sorted(versions) for name, versions in said.items()}}


def unknown() -> Json:
    """What a head says, what the app or its user chose, and the threshold in use."""
    return [
        {
            "what": what,
            "threshold": threshold,
            "points": points,
            "choice": choice,
            "uses": _uses(threshold, points, choice),
        }
        for what, threshold, points in UNKNOWN
        for choice in (None, *Strictness)
    ]


def _uses(threshold: float, points: Json, choice: Strictness | None) -> float:
    parsed = parse_points(Fields({"threshold": threshold, "points": points}, where="head"))
    return threshold_at(choice, threshold=threshold, points=parsed)


def shares() -> Json:
    return [place(rollout, device) for rollout in ROLLOUT_IDS for device in DEVICES]


def withdrawals() -> Json:
    """The serials of installed heads, newest first, and of those that are kept."""
    return [
        {
            "withdraws": Withdrawals(ranges).document() or None,
            "installed": list[Json](installed),
            "kept": [serial for serial in installed if serial not in Withdrawals(ranges)],
        }
        for ranges, installed in WITHDRAWALS
    ]


def place(rollout: str, device: str) -> Json:
    """A device's place, and the least share that is for it."""
    least = next(share for share in range(PARTS + 1) if Rollout(rollout, share).includes(device))
    return {"rollout": rollout, "device": device, "place": device_place(rollout, device), "least_share": least}


def head_trials() -> Json:
    return [trial(*values) for values in TRIALS]


def trial(what: str, precision: Precision, temperature: float, expected: list[float], got: list[float]) -> Json:
    sides = [np.array(values, np.float32) for values in (got, expected)]
    found = compare_logits(*sides, precision=precision, temperature=temperature)
    return {
        "what": what,
        "precision": precision.value,
        "temperature": temperature,
        "expected": expected,
        "got": [value if math.isfinite(value) else str(value) for value in got],
        "off": found.off if math.isfinite(found.off) else None,
        "allowed": found.allowed,
        "passes": found.passes,
    }


def clocks() -> Json:
    return {
        "dates": [{"date": text, "seconds": parse_http_date(text)} for text in DATES],
        "verdicts": [
            {
                "what": what,
                "expires": EXPIRES,
                "own": own,
                "issued": issued,
                "date": date,
                "verdict": judge_validity(EXPIRES, own=own, issued=issued, date=date).value,
            }
            for what, own, issued, date in CLOCKS
        ],
    }


def cadence() -> Json:
    return [
        {
            "interval_s": interval,
            "failures": failures,
            "retry_after_s": asked,
            "draw": draw,
            "wait_s": wait_s(interval_s=interval, failures=failures, retry_after_s=asked, draw=draw),
        }
        for interval, failures, asked, draw in WAITS
    ]
