"""Vectors of what a client decides by itself: which time it is, and when it asks again."""

from contract.cadence import wait_s
from contract.documents import Json
from contract.http_date import parse_http_date
from contract.validity import GRACE_S, judge_validity

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
