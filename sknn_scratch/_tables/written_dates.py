"""Dates, times and durations that are written as text, in their styles."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

YEAR_AT_END = r"(?P<year>\d{4}|\d\d)"
YEAR, MONTH, DAY = r"(?P<year>\d{4})", r"(?P<month>\d{1,2}|[A-Za-z]{3,9})", r"(?P<day>\d{1,2})"
BETWEEN = r"(?:[-/ ]|[.,] ?)"
WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?"
CLOCK = r"(?P<hour>\d{1,2})(?P<minutes>:\d\d(?::\d\d(?:\.\d+)?)?|(?=\s?[AP]M))"
CLOCK += r"\s?(?P<half>[AP]M)?"
ZONE = r"(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)"
TIME = rf"(?:[T\s:]{CLOCK}\s?{ZONE}?)?"
# A month alone has a year of our time, or a name: others may be codes.
YEAR_OF_MONTH, NAME_OF_MONTH = r"(?P<year>(?:19|20)\d\d)", r"(?P<month>[A-Za-z]{3,9})"
TIME_OF_DAY = "time of day"
ORDERS = {
    "year first": BETWEEN.join((YEAR, MONTH, DAY)) + TIME,
    "year and month": BETWEEN.join((YEAR_OF_MONTH, MONTH)),
    "day first": WEEKDAY + BETWEEN.join((DAY, MONTH, YEAR_AT_END)) + TIME,
    "month first": WEEKDAY + BETWEEN.join((MONTH, DAY, YEAR_AT_END)) + TIME,
    "short year first": BETWEEN.join((r"(?P<year>\d\d)", r"(?P<month>\d{1,2})", DAY)) + TIME,
    "year last": rf"{WEEKDAY}{NAME_OF_MONTH} +{DAY} {CLOCK} ?{ZONE}? {YEAR}",
    "digits": r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)",
    "month and year": BETWEEN.join((NAME_OF_MONTH, YEAR_OF_MONTH)),
    TIME_OF_DAY: CLOCK,
}
ORDERS = {order: re.compile(pattern, re.IGNORECASE) for order, pattern in ORDERS.items()}
ORDERS_WITH_YEAR_FIRST = ["year first", "year and month", "digits"]
# Years of two digits are those of a hundred years, as Python and pandas read them. But nobody knows the
# century of the last of these.
FIRST_YEAR, FIRST_DOUBTED = 1969, 2040
# At most so many years and at least so many days of the month tell which of two numbers is the year.
FEW_YEARS, MANY_DAYS = 10, 20
# What a date without these parts has.
NO_DATE = {"year": "1970", "month": "1", "day": "1", "hour": None, "half": None, "zone": None}
MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october"]
MONTHS += ["november", "december"]


class DateStyle(NamedTuple):
    """Dates, and maybe times, in one order of ORDERS. Any date may have the year first, as in ISO 8601."""

    order: str = "year first"
    has_zone: bool = False

    @property
    def in_words(self):
        return self.order

    def read(self, text):
        text = text.strip()
        match = ORDERS[self.order].fullmatch(text)
        if match is None and self.order != TIME_OF_DAY:
            match = ORDERS["year first"].fullmatch(text)
        if match is None:
            return None
        parts = NO_DATE | match.groupdict()
        year = year_of(parts["year"])
        if year is None or (parts["zone"] is not None) != self.has_zone:
            return None
        month = parts["month"].lower()
        month = month if month.isdecimal() else number_of_month(month)
        hour = int(parts["hour"] or 0)
        if parts["half"]:
            hour = hour % 12 + 12 * (parts["half"].lower() == "pm")
        time = f"T{hour:02}{parts['minutes']}" if parts["hour"] else ""
        zone = (parts["zone"] or "").upper().replace("UTC", "Z").replace("GMT", "Z")
        try:
            day = f"{year:04}-{month:0>2}-{parts['day']:0>2}"
            return datetime.fromisoformat(day + time + zone)
        except ValueError:  # no such day or hour
            return None


def year_of(digits):
    """Read a year; None if it has two digits, and may be of either century."""
    year = int(digits) if len(digits) > 2 else FIRST_YEAR + (int(digits) - FIRST_YEAR) % 100
    return None if len(digits) == 2 and year >= FIRST_DOUBTED else year


def have_few_years(dates):
    years, days = zip(*((date.year, date.day) for date in dates), strict=True)
    return len(set(years)) <= FEW_YEARS and len(set(days)) >= MANY_DAYS


def number_of_month(name):
    """Get the number of a month from the beginning of its English name, in lower case; 0 if it is none."""
    return next((number for number, month in enumerate(MONTHS, 1) if month.startswith(name)), 0)


# --- Durations ---

NUMBER = r"\d{1,8}(?:\.\d+)?"
UNITS = {
    "days": "days?|d",
    "hours": "hours?|hrs?|h",
    "minutes": "minutes?|mins?|m",
    "seconds": "seconds?|secs?|s",
}
DURATIONS = {
    "1h 20m": "".join(rf"(?:(?P<{unit}>{NUMBER})\s?(?:{names}),?\s?)?" for unit, names in UNITS.items()),
    "2 days, 3:04:05": r"(?:(?P<days>\d{1,8})\sdays?,?\s)?(?P<hours>\d{1,8})(?::(?P<minutes>[0-5]\d))"
    r"(?::(?P<seconds>[0-5]\d(?:\.\d+)?))?",
    "P1DT2H3M": rf"P(?:(?P<days>{NUMBER})D)?"
    rf"(?:T(?:(?P<hours>{NUMBER})H)?(?:(?P<minutes>{NUMBER})M)?(?:(?P<seconds>{NUMBER})S)?)?",
}
DURATIONS = {example: re.compile(pattern) for example, pattern in DURATIONS.items()}


class DurationStyle(NamedTuple):
    """Durations in any of the spellings of DURATIONS."""

    in_words = ""

    def read(self, text):
        matches = filter(None, (pattern.fullmatch(text.strip()) for pattern in DURATIONS.values()))
        parts = next((match.groupdict() for match in matches), {})
        given = {unit: float(number) for unit, number in parts.items() if number is not None}
        return timedelta(**given) if given else None
