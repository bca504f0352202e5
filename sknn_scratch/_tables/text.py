"""Numbers, dates, durations and booleans that are written as text.

A style is one way to write them. Its ``read`` converts a text, or gives None if the text is not written so.
"""

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

# What stands for a missing value among numbers or dates, in lower case.
MISSING_WORDS = {"?", "-", "--", ".", "..", "...", "*", "na", "n/a", "#n/a", "n.a.", "nan", "nat", "<na>"}
MISSING_WORDS |= {"null", "nil", "none", "missing", "unknown", "not available"}
BOOLEAN_WORDS = {"true": 1.0, "false": 0.0}


def is_missing_word(text):
    """Whether a text says that there is no value."""
    return text.strip().lower() in MISSING_WORDS


def read_texts(texts, style, most_odd):
    """Read different texts: a dict with None for odd ones, or empty if more than ``most_odd`` are odd."""
    values, n_odd = {}, 0
    for text in texts:
        values[text] = style.read(text)
        n_odd += values[text] is None
        if n_odd > most_odd:
            return {}
    return values


# --- Numbers ---

SIGN = "[+-]?"
# What stands between thousands, by the decimal separator; \u2019 is a curly apostrophe.
THOUSANDS = {".": r"[,'\u2019\s]", ",": r"[.'\u2019\s]"}
MARKS = {decimal: re.compile(marks) for decimal, marks in THOUSANDS.items()}
INDIAN = r"[1-9]\d?(?:,\d\d)+,\d{3}"  # 12,34,567
DIGITS = {
    ".": rf"(?:\d+|[1-9]\d{{0,2}}(?:{THOUSANDS['.']}\d{{3}})+|{INDIAN}|(?=\.\d))(?:\.\d*)?",
    ",": rf"(?:\d+|[1-9]\d{{0,2}}(?:{THOUSANDS[',']}\d{{3}})+|(?=,\d))(?:,\d*)?",
}
NUMBERS = {decimal: re.compile(rf"{SIGN}{digits}(?:[eE]{SIGN}\d+)?") for decimal, digits in DIGITS.items()}
# A currency before the number, or any unit after it.
CURRENCY = r"[A-Z]{0,2}[$€£¥₹]|CHF|EUR|GBP|USD|Rs\.?"
WITH_UNIT = re.compile(rf"({SIGN})({CURRENCY}|)\s?({SIGN}[\d.,'\u2019\s]*\d\.?)\s?([^\d\s.,'\u2019+-]\D*)?")
CURRENCIES_WITH_POINT = {"$", "£", "¥", "₹"}
# A point that is no decimal point, as in 1.234.567 and 1.234,50; and a number whose points may all be none.
POINT_OF_THOUSANDS = re.compile(r"\.\d{3}[.,]")
MAY_BE_THOUSANDS = re.compile(rf"{SIGN}\d{{1,3}}(?:\.\d{{3}})*")
# What multiplies a number, as an exponent: 24.3M, 950k.
MULTIPLES = {"k": "e3", "m": "e6", "b": "e9"}
# So many different numbers, some with a mark before three digits and some without it, have thousands. Of
# numbers with three decimals, either all have these, or a tenth of them end earlier, and hardly one is whole.
SURELY_THOUSANDS = 50


class NumberStyle(NamedTuple):
    """Numbers with this decimal separator, and all with the same unit, such as "%", "$" or "$ /kg"."""

    decimal: str = "."
    unit: str = ""
    has_multiples: bool = False

    def read(self, text):
        """Convert a text to a float."""
        text = with_minus(text)
        if self.unit or self.has_multiples:
            sign, before, text, after = parts_of_number(text)
            exponent = MULTIPLES.get(after.lower(), "") if self.has_multiples else ""
            if unit_of(before, "" if exponent else after) != self.unit:
                return None
            text = sign + text + exponent
        if not NUMBERS[self.decimal].fullmatch(text):
            return None
        return float(MARKS[self.decimal].sub("", text).replace(",", "."))


def with_minus(text):
    """Strip a text, and write a minus sign as a program does: also for (12), as accountants write -12."""
    text = text.strip().replace("\u2212", "-")
    return f"-{text[1:-1]}" if text[:1] == "(" and text[-1:] == ")" else text


def parts_of_number(text):
    """Cut a text into the sign, what stands before the number, the number, and what stands after it."""
    match = WITH_UNIT.fullmatch(with_minus(text))
    return match.groups("") if match else ("",) * 4


def unit_of(before, after):
    """Make a unit of what stands before a number and after it, in either order: "€ 12" and "12 €"."""
    return " ".join(sorted(filter(None, (before, after))))


def number_styles(texts):
    """List the styles that texts may have: with their most frequent unit, and a decimal point or comma."""
    parts = [one for one in map(parts_of_number, texts) if one[2]]
    has_multiples = are_multiples(parts)
    units = Counter(unit_of(before, "" if has_multiples else after) for _, before, _, after in parts)
    unit = max(sorted(units), key=units.get, default="")
    numbers = [number for _, _, number, _ in parts]
    if have_thousands(numbers, ","):
        decimals = "."
    elif have_thousands(numbers, "."):
        decimals = ","
    else:
        decimals = ".," if may_have_decimal_comma(texts, numbers, unit) else "."
    return [NumberStyle(decimal, unit, has_multiples) for decimal in decimals]


def are_multiples(parts):
    """Whether the parts of numbers have thousands, millions and so on; m alone may be metres."""
    units = {after.lower() for *_, after in parts}
    may_be = units <= {"", *MULTIPLES} and len(units) > 1 and ("k" in units or {"m", "b"} <= units)
    return may_be and not any(map(are_surely_metres, parts))


def are_surely_metres(parts):
    """Whether the parts of a number are those of 1500m: as millions, and no money, it would be 1.5b."""
    _, before, number, after = parts
    return not before and after.lower() == "m" and (NumberStyle().read(number) or 0) >= 1000


def have_thousands(numbers, mark):
    """Whether numbers surely have this mark between thousands."""
    style = re.compile(rf"{SIGN}(?:\d{{1,3}}|[1-9]\d{{0,2}}(?:\{mark}\d{{3}})+)")
    n_marked = sum(mark in number for number in numbers)
    has_both = 0 < n_marked < len(numbers)
    return has_both and len(numbers) >= SURELY_THOUSANDS and all(map(style.fullmatch, numbers))


def may_have_decimal_comma(texts, numbers, unit):
    """Whether a comma may be the decimal separator of texts, with these numbers and this unit.

    It may in 1.250 beside 950. If all numbers have a point, a program has written three decimals, but not of
    euros.
    """
    if any(map(POINT_OF_THOUSANDS.search, numbers)):
        return True
    if any("," in text for text in texts):
        return CURRENCIES_WITH_POINT.isdisjoint(unit.split())
    have_point = ["." in number for number in numbers]
    may_be = any(have_point) and ("€" in unit or not all(have_point))
    return may_be and all(map(MAY_BE_THOUSANDS.fullmatch, numbers))


class BooleanStyle(NamedTuple):
    """True and false in any case, 1 and 0, and the other numbers that a later table may have."""

    def read(self, text):
        """Convert a text to a float."""
        return BOOLEAN_WORDS.get(text.strip().lower(), NumberStyle().read(text))


# --- Dates ---

YEAR_AT_END = r"(?P<year>\d{4}|\d\d)"
YEAR, MONTH, DAY = r"(?P<year>\d{4})", r"(?P<month>\d{1,2}|[A-Za-z]{3,9})", r"(?P<day>\d{1,2})"
BETWEEN = r"(?:[-/. ]|, ?)"
WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?"
CLOCK = r"(?P<hour>\d{1,2})(?P<minutes>:\d\d(?::\d\d(?:\.\d+)?)?)"
CLOCK += r"\s?(?P<half>[AP]M)?"
TIME = rf"(?:[T\s]{CLOCK}\s?(?P<zone>Z|UTC|[+-]\d\d(?::?\d\d)?)?)?"
# A month alone has a year of our time, or a name: others may be codes.
YEAR_OF_MONTH, NAME_OF_MONTH = r"(?P<year>(?:19|20)\d\d)", r"(?P<month>[A-Za-z]{3,9})"
TIME_OF_DAY = "time of day"
ORDERS = {
    "year first": BETWEEN.join((YEAR, MONTH, DAY)) + TIME,
    "year and month": BETWEEN.join((YEAR_OF_MONTH, MONTH)),
    "day first": WEEKDAY + BETWEEN.join((DAY, MONTH, YEAR_AT_END)) + TIME,
    "month first": WEEKDAY + BETWEEN.join((MONTH, DAY, YEAR_AT_END)) + TIME,
    "short year first": BETWEEN.join((r"(?P<year>\d\d)", r"(?P<month>\d{1,2})", DAY)) + TIME,
    "digits": r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)",
    "month and year": BETWEEN.join((NAME_OF_MONTH, YEAR_OF_MONTH)),
    TIME_OF_DAY: CLOCK,
}
ORDERS = {order: re.compile(pattern, re.IGNORECASE) for order, pattern in ORDERS.items()}
ORDERS_WITH_YEAR_FIRST = ["year first", "year and month", "digits"]
# Years of two digits may be those of the hundred years from here on: as Python and pandas read them, or all
# of the last century.
FIRST_YEARS = (1969, 1900)
# If all of the last century were before this year, they are of this century.
TOO_EARLY = 1940
# At most so many years and at least so many days of the month tell which of two numbers is the year.
FEW_YEARS, MANY_DAYS = 10, 20
SHORT_YEAR = re.compile(r"\s*\w+\W+\w+\W+\d\d\b")  # in a date whose year is at its end
# What a date without these parts has.
NO_DATE = {"year": "1970", "month": "1", "day": "1", "hour": None, "half": None, "zone": None}
MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october"]
MONTHS += ["november", "december"]


class DateStyle(NamedTuple):
    """Dates, and maybe times, in one order of ORDERS. Any date may have the year first, as in ISO 8601."""

    order: str = "year first"
    has_zone: bool = False
    first_year: int = FIRST_YEARS[0]

    def read(self, text):
        """Convert a text to a datetime."""
        text = text.strip()
        match = ORDERS[self.order].fullmatch(text)
        if match is None and self.order != TIME_OF_DAY:
            match = ORDERS["year first"].fullmatch(text)
        if match is None:
            return None
        parts = NO_DATE | match.groupdict()
        if (parts["zone"] is not None) != self.has_zone:
            return None
        month = parts["month"].lower()
        month = month if month.isdecimal() else number_of_month(month)
        time = f"T{hour_of(parts):02}{parts['minutes']}" if parts["hour"] else ""
        zone = (parts["zone"] or "").upper().replace("UTC", "Z")
        try:
            day = f"{self.year_of(parts):04}-{month:0>2}-{parts['day']:0>2}"
            return datetime.fromisoformat(day + time + zone)
        except ValueError:  # no such day or hour
            return None

    def year_of(self, parts):
        """Get the year of a date, also if it has two digits."""
        year, first = int(parts["year"]), self.first_year
        return year if len(parts["year"]) > 2 else first + (year - first) % 100


def likely_styles(dates):
    """Choose the likely ones of styles that give each other dates, from the dates of each (n_texts,).

    Several leave a doubt.
    """
    likely = [
        style
        for style, found in dates.items()
        if style.first_year == FIRST_YEARS[0] or max(found).year >= TOO_EARLY
    ]
    clear = [style for style in likely if have_few_years(dates[style])]
    return clear if len(clear) == 1 else likely


def have_few_years(dates):
    """Whether dates have few years and many days of the month."""
    n_years, n_days = (len({getattr(one, part) for one in dates}) for part in ("year", "day"))
    return n_years <= FEW_YEARS and n_days >= MANY_DAYS


def count_dates_of_digits(texts, most_odd):
    """Count the dates such as 20200131 among different texts; none if more than this share is odd."""
    dates = read_texts(texts, DateStyle("digits"), most_odd * len(texts))
    return sum(date is not None for date in dates.values())


def date_styles(texts, *, has_zone):
    """List the styles that texts may have: orders and, for years of two digits, centuries."""
    if all(text.strip()[:4].isdecimal() for text in texts):
        orders, first_years = ORDERS_WITH_YEAR_FIRST, FIRST_YEARS[:1]
    else:
        orders, first_years = ORDERS, FIRST_YEARS if any(map(SHORT_YEAR.match, texts)) else FIRST_YEARS[:1]
    return [DateStyle(order, has_zone, first_year) for first_year in first_years for order in orders]


def number_of_month(name):
    """Get the number of a month from the beginning of its English name, in lower case; 0 if it is none."""
    return next((number for number, month in enumerate(MONTHS, 1) if month.startswith(name)), 0)


def hour_of(parts):
    """Compute the hour of a time, from 0 to 23."""
    hour = int(parts["hour"])
    return hour % 12 + 12 * (parts["half"].lower() == "pm") if parts["half"] else hour


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

    def read(self, text):
        """Convert a text to a timedelta."""
        matches = filter(None, (pattern.fullmatch(text.strip()) for pattern in DURATIONS.values()))
        parts = next((match.groupdict() for match in matches), {})
        given = {unit: float(number) for unit, number in parts.items() if number is not None}
        return timedelta(**given) if given else None


def is_time_of_day(text):
    """Whether a text is a time of day."""
    return DateStyle(TIME_OF_DAY).read(text) is not None
