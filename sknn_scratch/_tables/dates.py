"""Dates and times as numbers: the time itself, the parts of the calendar, and cycles."""

import numpy as np

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
    its part of the calendar does: within a day, the place in the week says no more than the hour.
    """
    present = parts_of(times[~np.isnat(times)])
    varying = {"time"} | {name for name, values in present.items() if np.ptp(values) > 0}
    return {name: one.mean() for name, one in present.items() if COORDINATES.get(name, name) in varying}


def chosen_parts(times, means):
    """Compute the chosen parts of dates (n_samples,). For a missing date, only the time is missing."""
    parts = parts_of(times)
    return {
        name: np.where(np.isnat(times), np.nan if name == "time" else mean, parts[name])
        for name, mean in means.items()
    }
