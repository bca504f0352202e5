"""Text as people and programs write it: what it holds, its values as a library has them, what is said."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd

N = 300
PRICES = np.random.default_rng(0).lognormal(3, 1, N).round(2)
BIG = (1e5 * PRICES).round()
MANY = np.where(BIG > 2e6, BIG.round(-4), np.where(BIG > 1e3, BIG.round(-3), BIG))
TIMES = pd.Series(pd.date_range("2019-12-25 01:30", periods=N, freq="31h"))
DAYS = TIMES.dt.normalize()
X = 100 * np.arange(12, N + 12) + np.arange(N) % 100 / 4 + 0.5  # 1200.5 to 31124.25
HUGE = [2**62 + i % 40 for i in range(N)]
DURATIONS = pd.to_timedelta(np.arange(N) * 1000, "s")


def with_gaps(values, *gaps):
    """Put these values, in turns, into every tenth row."""
    return [gaps[i // 10 % len(gaps)] if i % 10 == 0 else value for i, value in enumerate(values)]


def in_1998(day):
    return day.replace(year=1998)


def before_1000(day):
    """pandas keeps such a day as an object."""
    return datetime.date(10 * day.month, day.month, day.day)


def with_comma(number):
    return f"{number:.2f}".replace(".", ",")


def in_turns(*formats, values=X):
    """Write values in these formats, in turns."""
    return [formats[i % len(formats)].format(value) for i, value in enumerate(values)]


def german(text):
    return text.translate(str.maketrans(",.", ".,"))


# For each kind: text, the same values as a library has them, and a part of the only warning, if there is one.
CASES = {
    "numbers": {
        "prices with gaps": (
            with_gaps(map(str, PRICES), "?", "n/a", "-", ""),
            with_gaps(PRICES, None),
            "missing: '-', '?', 'n/a' among the numbers. Write these values as numbers",
        ),
        "a word": (["varies", *map(str, PRICES[1:])], [None, *PRICES[1:]], "'varies' among"),
        "mixed types": (["?", *map(str, PRICES[1:200]), *PRICES[200:]], [None, *PRICES[1:]], "'?'"),
        "a limit": (["<0.2", *map(str, PRICES[1:])], [None, *PRICES[1:]], "'<0.2' among"),
        "decimal commas": (list(map(with_comma, PRICES)), PRICES),
        "euros": (["1.234.567,50 €", *(f"{with_comma(x)} €" for x in PRICES[1:])], [1234567.5, *PRICES[1:]]),
        "spaces between thousands": ([f"{x:,.0f}".replace(",", "\u202f") for x in BIG], BIG),
        "Indian": (["₹12,34,567.50", *(f"₹{x}" for x in PRICES[1:])], [1234567.5, *PRICES[1:]]),
        "pesos": (["$1.234.567,50", *(f"${with_comma(x)}" for x in PRICES[1:])], [1234567.5, *PRICES[1:]]),
        "francs": ([f"CHF {x:,.2f}".replace(",", "'") for x in BIG], BIG),
        "accountants": ([f"(${x:,.2f})" for x in BIG[1:]] + ["$0.00"], [*-BIG[1:], 0]),
        "typographers": ([f"\u2212{x}" for x in PRICES], -PRICES),
        "millions": (
            [f"€{x / 1e6:.2f}M" if x > 2e6 else f"€{x / 1e3:.0f}k" if x > 1e3 else f"€{x:.0f}" for x in MANY],
            MANY,
        ),
        "millions and billions": (["2B", "950.5M"] * 20, [2e9, 950.5e6] * 20),
        "sizes of files": (["1020k", "8.7M", "19M"] * 20, [1.02e6, 8.7e6, 19e6] * 20),
        "thousand millions": (["£1,500m", "£950k"] * 20, [1.5e9, 950e3] * 20),
        "metres": (["2 m", "950.5 m"] * 20, [2, 950.5] * 20),
        "prices of a kilogram": ([f"${x}/kg" for x in PRICES], PRICES),
        "exponents": (
            ["1.5e-10", "6.02E+23", "-1e5", "0e0", "0.000E+00", "12.5", "640.0e-06", ".5e3", "150E-3"] * 20,
            [1.5e-10, 6.02e23, -1e5, 0, 0, 12.5, 640e-6, 500, 0.15] * 20,
        ),
        "exponents after a decimal comma": (["1,5e-10", "2,5E3"] * 20, [1.5e-10, 2.5e3] * 20),
        "an infinite number": (["2e400", *map(str, PRICES[1:])], [None, *PRICES[1:]], "'2e400' among"),
        "digits that are rarely dates": (
            list(map(str, range(20_200_000, 20_200_000 + 37 * N, 37))),
            range(20_200_000, 20_200_000 + 37 * N, 37),
            "may be codes or lists of codes. If so, say it: kinds={'x': 'categories'}",
        ),
        "zip codes": (
            with_gaps(map(str, range(10_000, 10_000 + N)), "", " "),
            with_gaps(range(10_000, 10_000 + N), None),
            "may be codes or lists of codes. If so, say it: kinds={'x': 'categories'}",
        ),
        "few digits": (["3", "11", "7", ""] * 100, [3, 11, 7, None] * 100),
        "thousands beside less": ([f"{x:,.0f}" for x in BIG / 1e3], (BIG / 1e3).round()),
        "thousands with points": ([f"{x:,.0f} €".replace(",", ".") for x in BIG / 1e3], (BIG / 1e3).round()),
        "space and comma": ([text.replace(",", " ").replace(".", ",") for text in in_turns("{:,.2f}")], X),
        "trimmed decimals with a comma": ([german(text) for text in in_turns("{}", values=X / 50)], X / 50),
        "lists of ids": (["20,22", "4,6", "11", "3"] * 75, [20.22, 4.6, 11, 3] * 75, "may be codes or lists"),
        "versions": (["1.1", "1.2", "1.10"] * 100, [1.1, 1.2, 1.1] * 100, "may be codes or lists"),
        "digits without end": (["1,2" + 5000 * "5", "1,5", "4"] * 100, [1.2 + 0.5 / 9, 1.5, 4] * 100),
        "signs in some": (in_turns("{:+}", "{}"), X),
        "a currency in two spellings": (in_turns("${:,.2f}", "{:,.2f} USD", "US${:,.2f}"), X),
        "euros in three spellings": (list(map(german, in_turns("€{:,.2f}", "{:,.2f} EUR", "{} euros"))), X),
        "rupees": (in_turns("₹{}", "Rs. {}"), X),
        "a unit in four spellings": (in_turns("{} kg", "{}KG", "{} Kg.", "{} kgs"), X),
        "litres": (in_turns("{} mL", "{} ml"), X),
        "per cents": (in_turns("{}%", "{} percent"), X),
        "dollars beside bare numbers": (in_turns("${:,.2f}", "{:,.2f}"), X, "without a unit, which count in"),
        "a dollar sign in the first row": (["$1200.5", *map(str, X[1:])], X, "which count in $"),
        "multiples of dollars": (["$1.5M", "950", "2k"] * 100, [1.5e6, 950, 2e3] * 100, "which count in $"),
        "telephone numbers": (
            in_turns("555 {:03} 123", values=range(N)),
            555_000_123 + 1000 * np.arange(N),
            "codes",
        ),
        "a few of another unit": (
            ["5 lb", *in_turns("{} kg")[1:]],
            [np.nan, *X[1:]],
            "missing: '5 lb' among",
        ),
    },
    "dates": {
        "days": (with_gaps(map(str, DAYS.dt.date), None), with_gaps(DAYS, None)),
        "times": (with_gaps(map(str, TIMES), None), with_gaps(TIMES, None)),
        "days first": (DAYS.dt.strftime("%d/%m/%Y"), DAYS),
        "months first": (TIMES.dt.strftime("%m/%d/%Y %I:%M %p"), TIMES),
        "names of months": (DAYS.dt.strftime("%B %d, %Y"), DAYS),
        "days of the week": (DAYS.dt.strftime("%A, %d %B %Y"), DAYS),
        "days with a point": (DAYS.dt.strftime("%d. %B %Y"), DAYS),
        "months": (DAYS.dt.strftime("%Y-%m"), DAYS.dt.to_period("M").dt.to_timestamp()),
        "months with names": (DAYS.dt.strftime("%b %Y"), DAYS.dt.to_period("M").dt.to_timestamp()),
        "beginnings of months": (
            ["Sept 2020", "SEP 2021", "octob 2022"] * 20,
            [*pd.to_datetime(["2020-09-01", "2021-09-01", "2022-10-01"])] * 20,
        ),
        "times of day": (["1:05 PM", "12:30 AM"] * 20, ["13:05", "00:30:00"] * 20),
        "whole hours of the day": (["6am", "1 PM", "12AM"] * 20, ["06:00", "13:00", "00:00"] * 20),
        "years before 1000": (DAYS.dt.strftime("0%m0-%m-%d"), DAYS.map(before_1000)),
        "years of two centuries": (["31/12/98", "01/01/05"] * 20, ["1998-12-31", "2005-01-01"] * 20),
        "years of the last century first": (DAYS.dt.strftime("98-%m-%d"), DAYS.map(in_1998)),
        "years of two digits": (TIMES.dt.strftime("%m/%d/%y %H:%M"), TIMES.dt.floor("min")),
        "years of two digits first": (DAYS.dt.strftime("%y.%m.%d"), DAYS),
        "years of two digits after names": (
            ["03-Jan-20", "31-DEC-21"] * 20,
            ["2020-01-03", "2021-12-31"] * 20,
        ),
        "times of C": ([time.ctime() for time in TIMES], TIMES),
        "digits of days": (DAYS.dt.strftime("%Y%m%d"), DAYS),
        "numbers of days": (
            [0, *map(int, DAYS[1:].dt.strftime("%Y%m%d"))],
            [None, *DAYS[1:]],
            "'0' among the dates",
        ),
        "no such day": (
            ["2020-02-30", *map(str, DAYS[1:].dt.date)],
            [None, *DAYS[1:]],
            "'2020-02-30' among the dates",
        ),
    },
    "dates with a time zone": {
        "times in zones": ([f"{time.isoformat()}Z" for time in TIMES], TIMES.dt.tz_localize("UTC")),
        "times of HTTP": (
            [f"{time:%a, %d %b %Y %H:%M:%S} GMT" for time in TIMES],
            TIMES.dt.tz_localize("UTC"),
        ),
        "times of posts": (
            [f"{time:%a %b %d %H:%M:%S} +0000 {time:%Y}" for time in TIMES],
            TIMES.dt.tz_localize("UTC"),
        ),
        "times in zones of databases": ([f"{time}+00" for time in TIMES], TIMES.dt.tz_localize("UTC")),
    },
    "durations": {
        "hours and minutes": (
            ["1h 20m", "45m", "2h", "1 hour, 5 minutes", "90 secs", "1d 2h"] * 20,
            pd.to_timedelta(["80m", "45m", "2h", "65m", "90s", "26h"] * 20),
        ),
        "durations of pandas": (list(map(str, DURATIONS)), DURATIONS),
        "durations of Python": (list(map(str, DURATIONS.to_pytimedelta())), DURATIONS),
        "durations of ISO 8601": ([one.isoformat() for one in DURATIONS], DURATIONS),
        "more hours than a day has": (
            [f"{i % 60:02}:30" for i in range(N)],
            pd.to_timedelta([f"{i % 60:02}:30:00" for i in range(N)]),
        ),
        "a few more hours than a day has": (
            [f"{i % 27:02}:30:00" for i in range(N)],
            pd.to_timedelta([f"{i % 27:02}:30:00" for i in range(N)]),
        ),
    },
}

# What is no clear number or date, and a part of each warning.
STAY_CATEGORIES = {
    "few digits and a letter": ([*map(str, range(12)), "X"] * 20, []),
    "leading zeros of different lengths": ([f"0{i % 40}" for i in range(N)], []),
    "leading zeros of long codes": ([f"{i % 40:016}" for i in range(N)], []),
    "leading zeros among other codes": ([f"{i % 40:05}" for i in range(N - 1)] + ["K1A"], []),
    "scores": ([f"{a}:{b}" for a in range(11, 27) for b in range(20)] * 5, []),
    "codes with points": ([f"{i % 5:02}.{i % 2}" for i in range(N)], []),
    "codes with letters": (["117", "c118", *map(str, range(119, 219))] * 5, []),
    "codes like exponents": (["523E57", "12E5", "800E1", "10E10"] * 75, []),
    "classes of age": (["<18", "18", "19", "20+"] * 75, []),
    "codes like infinite numbers": (["2E185", "6E440"] * 150, []),
    "races": (["800m", "1500m", "5k", "10k"] * 75, []),
    "longer races": (
        [f"{1 + i % 30}k" if i % 4 else f"{10 + i},000m" for i in range(N)],
        ["but not only: '10k', '11k', "],
    ),
    "words like months": (["Marea 1990", "Octavia 1991", "Decathlon 1992"] * 100, []),
    "heights": (
        [f"{1 + i / 1000} m" if i % 5 else f"5ft {i}" for i in range(N)],
        ["but not only: '5ft 0', '5ft 10', '5ft 100', '5ft 105', '5ft 110' and 55 more among the numbers. W"],
    ),
    "codes of years": (
        [f"{2030 + i % 90}-{1 + i % 12}" for i in range(N)],
        ["read there: kinds={'copy of x': 'dates'}"],
    ),
    "days and periods": (
        [f"{day:%d.%m.%Y}" + "-03.2020" * (day.day > 25) for day in DAYS],
        ["read there: kinds={'copy of x': 'dates'}"],
    ),
    "days or months first": (
        [f"{1 + i % 12:02}/{1 + i % 11:02}/2020" for i in range(N)],
        ["ways: '01/02/2020' is 2020-02-01 or 2020-01-02. Convert"],
    ),
    "years of two digits": (
        [f"{1 + i % 12}/{1 + i % 28}/{i % 80:02} 18:57" for i in range(N)],
        ["not only: '1/21/48 18:57'"],
    ),
    "years of two digits, maybe first": (
        ["01-02-03", "04-05-06"] * 150,
        ["'01-02-03' is 2003-02-01 or 2003-01-02 or 2001-02-03. C"],
    ),
    "thousands or decimals": ([f"{1 + i % 90},{100 + i}" for i in range(N)], ["'1,100' is 1100.0 or 1.1. C"]),
    "thousands with a point, or decimals": (
        [f"{1 + i % 10}.250 €" if i % 2 else f"{100 + i % 30} €" for i in range(N)],
        ["can be read in several ways"],
    ),
    "euros with three decimals, or thousands": (
        [f"{1 + i % 90}.{100 + i} €" for i in range(N)],
        ["can be read in several ways"],
    ),
    "two units": (in_turns("{} kg", "{} kg", "{} lb"), [" lb'"]),
    "a unit and none": (in_turns("{} kg", "{} kg", "{}"), ["more among the numbers"]),
    "spellings beside another unit": (in_turns("{} USD", "${}", "{} CAD"), [" CAD'"]),
    "watts": (in_turns("{} MW", "{} mW"), ["not only: "]),
    "bare numbers, fewer with a unit": (in_turns("{} ft", "{}", "{}"), [" ft'"]),
    "shares beside per cents": (in_turns("{}%", "{}%", "0.{:.0f}"), ["'0."]),
    "house numbers": ([f"{i % 50}{'a' * (i % 9 == 0)}" for i in range(N)], []),
    "long ids": (HUGE, []),
    "long ids as text": (list(map(str, HUGE)), []),
    "long ids with commas": ([f"{number:,}" for number in HUGE], []),
    "long negative ids": ([-number for number in HUGE], []),
    "long ids, some missing": (pd.Series([None, *HUGE[1:]], dtype=object), []),
    "long ids as decimals": (list(map(Decimal, HUGE)), []),
    "long ids without a sign": (np.array(HUGE, np.uint64) + np.uint64(2**63), []),
    "long ids of pandas": (pd.Series([None, *HUGE[1:]], dtype="Int64"), []),
    "halves after long ids": ([Decimal(2**53 + i % 9) + Decimal("0.5") * (i % 9 == 1) for i in range(N)], []),
}
