"""The kinds of columns of dates, times and durations, and the numbers made of dates.

These are the time itself, the parts of the calendar, and cycles.
"""

from dataclasses import dataclass, field
from datetime import UTC

import numpy as np

from sknn_scratch._tables.columns import DATES, DATES_IN_ZONES, DURATIONS, NUMBERS
from sknn_scratch._tables.kind import Measured
from sknn_scratch._tables.kind_of_numbers import as_text, dates_of_digits
from sknn_scratch._tables.written_dates import (
    ORDERS,
    ORDERS_WITH_YEAR_FIRST,
    TIME_OF_DAY,
    DateStyle,
    DurationStyle,
    have_few_years,
)

EPOCH = np.datetime64(0, "s")  # the beginning of 1970-01-01, a Thursday
YEAR, MONTH, DAY, SECOND = (np.timedelta64(1, unit) for unit in "YMDs")
DAYS_OF_A_YEAR = 365.2425
# What a date says, and the parts that say it; the first is a coordinate. Waves say the place in a cycle.
ASPECTS = {
    "trend": ("time", "year"),
    "season": ("month", "year_sin", "year_cos"),
    "day": ("day",),
    "weekday": ("weekday", "week_sin", "week_cos"),
    "hour": ("hour", "day_sin", "day_cos"),
}
COORDINATES = {wave: one for one, *others in ASPECTS.values() for wave in others if "_" in wave}


class Durations(Measured):
    """Spans of time, as numbers of seconds; also as text: 1h 20m, 2 days 03:04:05, PT1H20M."""

    name = DURATIONS

    @staticmethod
    def styles(texts):
        return [DurationStyle()]

    @staticmethod
    def is_clear(texts, odd):
        others = [text for text in texts if DateStyle(TIME_OF_DAY).read(text) is None]
        have_units = any(character.isalpha() for text in others for character in text)
        n_long = sum(text.count(":") == 2 for text in others)
        return have_units or n_long > 1 or len(others) > len(texts) / 2

    def convert(self, values):
        unit = getattr(values, "dtype", "timedelta64[us]")  # nanoseconds stay
        return np.asarray(values, dtype=unit) / np.timedelta64(1, "s")

    def in_words(self, measure):
        return f"{measure:.6g} s"


@dataclass
class Dates(Measured):
    """Dates and times, also as text: 2020-01-31, 31/01/2020, Jan 31, 2020, Jan 2020, 10:30 PM, 20200131."""

    name = DATES

    means: dict[str, float] = field(default_factory=dict)  # of the parts that vary
    least_margin = 10 * DAYS_OF_A_YEAR * 86_400  # seconds: next year's dates are no slip

    @classmethod
    def readings(cls, column, most_odd):
        if column.type == NUMBERS:
            column = dates_of_digits(column, most_odd) or column
        return super().readings(column, most_odd)

    @classmethod
    def readings_of_text(cls, texts, most_odd):
        found = super().readings_of_text(texts, most_odd)
        if len(found) < 2:
            return found
        clear = [one for one in found if have_few_years(map(one.style.read, texts - one.odd))]
        return clear if len(clear) == 1 else found

    @classmethod
    def styles(cls, texts):
        have_year_first = all(text.strip()[:4].isdecimal() for text in texts)
        orders = ORDERS_WITH_YEAR_FIRST if have_year_first else ORDERS
        return [DateStyle(order, has_zone=cls.name == DATES_IN_ZONES) for order in orders]

    def as_written(self, column):
        """Make text of numbers such as 20200131."""
        return as_text(column) if column.type == NUMBERS and self.style.order == "digits" else column

    def prepare(self, values, table):
        super().prepare(values, table)
        self.means = fit_parts(values)

    def convert(self, values):
        """Convert to datetime64[us], those with a time zone in UTC."""
        if not isinstance(values, np.ndarray):
            values = [
                value.astimezone(UTC).replace(tzinfo=None) if getattr(value, "tzinfo", None) else value
                for value in values
            ]
        return np.asarray(values, dtype="datetime64[us]")

    def measures(self, values):
        return (values - EPOCH) / SECOND

    def in_words(self, measure):
        return str(EPOCH + np.timedelta64(int(measure), "s")).partition("T")[0]

    def features(self, values):
        return {f"_{part}": numbers for part, numbers in chosen_parts(values, self.means).items()}


class DatesInZones(Dates):
    """Dates and times with a time zone, which count in UTC."""

    name = DATES_IN_ZONES


# --- The parts of dates ---


def whole_days(times):
    return times.astype("datetime64[D]").astype(times.dtype)


def parts_of(times):
    """Compute the parts of dates (n_samples,): a dict of floats (n_samples,), NaN for a missing date.

    A cycle is a sine and a cosine, so that its end is next to its beginning.
    """
    year, month, day = (times.astype(f"datetime64[{unit}]") for unit in "YMD")
    days = (times - EPOCH) / DAY
    parts = {
        "time": (times - EPOCH) / SECOND,
        "year": (year - EPOCH.astype(year.dtype)) / YEAR + 1970,
        "month": (month - year) / MONTH + 1,
        "day": (day - month) / DAY + 1,
        "weekday": np.floor(days + 3) % 7,  # Monday is 0
        "hour": days % 1 * 24,
    }
    turns = {"year": (times - year) / DAY / DAYS_OF_A_YEAR, "week": (days + 3) / 7, "day": days}
    for name, turn in turns.items():
        angle = 2 * np.pi * (turn % 1)
        parts |= {f"{name}_sin": np.sin(angle), f"{name}_cos": np.cos(angle)}
    return parts


def fit_parts(times):
    """Choose the parts of dates (n_samples,) that vary, and compute the mean of each.

    The time itself is always one of them, and the only one that is missing where a date is. A cycle varies if
    its part of the calendar does: within a day, the place in the week says no more than the hour. If the hour
    does not vary, dates are whole days.
    """
    times = times[~np.isnat(times)]
    of_the_day = times - whole_days(times)  # exact, while hours are rounded
    present = parts_of(times if (of_the_day != of_the_day[:1]).any() else whole_days(times))
    varying = {"time"} | {name for name, values in present.items() if np.ptp(values) > 0}
    return {name: one.mean() for name, one in present.items() if COORDINATES.get(name, name) in varying}


def chosen_parts(times, means):
    """Compute the chosen parts of dates (n_samples,). For a missing date, only the time is missing."""
    parts = parts_of(times if "hour" in means else whole_days(times))
    return {
        name: np.where(np.isnat(times), np.nan if name == "time" else mean, parts[name])
        for name, mean in means.items()
    }
