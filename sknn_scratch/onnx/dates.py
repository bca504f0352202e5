"""Dates as seconds since 1970-01-01 in UTC, and the parts of ``_tables/kind_of_dates.py`` made of them.

ONNX has no dates. The calendar repeats after 400 years, or 146,097 days. Counted from 0000-03-01, the leap
day is the last of its year.
"""

import numpy as np

from sknn_scratch._tables.kind_of_dates import DAYS_OF_A_YEAR

SECONDS_OF_A_DAY = 86_400.0
DAYS_TO_1970 = 719_468.0  # from 0000-03-01
YEAR_1_TO_1970 = 719_162.0  # days, from 0001-01-01


def parts_of_dates(name, seconds, kind):
    """Compute the parts (n_samples, 1) that the fit has chosen, by their keys, as ``chosen_parts`` does."""
    is_missing = seconds.apply("IsNaN")
    parts = parts_of(seconds if "hour" in kind.means else seconds // SECONDS_OF_A_DAY * SECONDS_OF_A_DAY)
    return {
        (name, f"_{part}"): is_missing.apply("Where", np.nan if part == "time" else mean, parts[part])
        for part, mean in kind.means.items()
    }


def parts_of(seconds):
    """Compute all parts (n_samples, 1) of dates, as ``parts_of`` in ``_tables/kind_of_dates.py`` does."""
    days = seconds / SECONDS_OF_A_DAY
    whole = days // 1.0
    year, month, day = calendar(whole)
    before = year - 1.0
    new_year = before * 365.0 + before // 4.0 - before // 100.0 + before // 400.0 - YEAR_1_TO_1970
    since_monday = whole + 3.0  # 1970 began on a Thursday
    parts = {
        "time": seconds,
        "year": year,
        "month": month,
        "day": day,
        "weekday": since_monday - since_monday // 7.0 * 7.0,
        "hour": (days - whole) * 24.0,
    }
    turns = {"year": (days - new_year) / DAYS_OF_A_YEAR, "week": (days + 3.0) / 7.0, "day": days}
    for name, turn in turns.items():
        angle = (turn - turn // 1.0) * (2 * np.pi)
        parts |= {f"{name}_sin": angle.apply("Sin"), f"{name}_cos": angle.apply("Cos")}
    return parts


def calendar(days):
    """Compute year, month and day (n_samples, 1) of whole days since 1970."""
    days = days + DAYS_TO_1970
    era = days // 146_097.0
    days = days - era * 146_097.0
    leap_days = days // 36_524.0 - days // 1_460.0 - days // 146_096.0
    year = (days + leap_days) // 365.0
    days = days - (year * 365.0 + year // 4.0 - year // 100.0)
    month = (days * 5.0 + 2.0) // 153.0  # 0 is March
    day = days - (month * 153.0 + 2.0) // 5.0 + 1.0
    is_next_year = month // 10.0  # January and February
    return year + era * 400.0 + is_next_year, month + 3.0 - is_next_year * 12.0, day
