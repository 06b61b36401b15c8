"""The time that an answer's `Date` header tells: IMF-fixdate of RFC 9110, 5.6.7, and no other spelling."""

import datetime
import re

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FIXDATE = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?P<day>[0-9]{{2}}) (?P<month>{'|'.join(_MONTHS)}) (?P<year>[0-9]{{4}}) "
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2}) GMT"
)


def parse_http_date(text: str) -> int | None:
    """Return Unix seconds; None where the text is no such date. The name of the weekday is not compared."""
    match = _FIXDATE.fullmatch(text)
    if match is None:
        return None
    day, year, hour, minute, second = (int(match[name]) for name in ("day", "year", "hour", "minute", "second"))
    month = _MONTHS.index(match["month"]) + 1
    try:
        moment = datetime.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=datetime.UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) if second <= 60 else None
