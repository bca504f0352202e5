"""Rows that seem to belong together: when a fit without groups says so, and when it does not."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch import tabular_pipeline
from tests.helpers import warnings_of

RNG = np.random.default_rng(0)
PATIENT = RNG.permutation(np.repeat(np.arange(100), 10))
N = len(PATIENT)
VISITS = pd.DataFrame(
    {
        "patient": [f"patient {number}" for number in PATIENT],
        "sex": RNG.choice(["f", "m"], 100)[PATIENT],
        "age": RNG.integers(20, 80, 100)[PATIENT],
        "height": RNG.normal(170, 10, 100).round()[PATIENT],
        "born": pd.Series(pd.date_range("1950-01-01", periods=100, freq="91D"))[PATIENT].array,
        "weight": RNG.normal(70, 10, 100).round()[PATIENT],
        "income": np.where(np.arange(100) % 9 == 0, np.nan, RNG.lognormal(size=100))[PATIENT],
        "pulse": RNG.normal(70, 10, N),
        "dose": RNG.integers(5, size=N),
    }
)
ILL = RNG.integers(2, size=100)[PATIENT]
SIZES = pd.DataFrame(RNG.normal(size=(100, 12))[PATIENT]).assign(pulse=VISITS["pulse"])
AGREE = "agree in {} columns, such as 'sex', 'age', 'height', {}, and their y is alike"


def said(X, y, groups=None):
    """List the lines of what a fit says of rows that belong together."""
    caught = warnings_of(lambda: tabular_pipeline()["columns"].fit(X, y, groups=groups))
    return [line for one in caught for line in str(one.message).split("\n") if "belong together" in line]


@pytest.mark.parametrize(
    ("X", "name", "said_of_it"),
    [
        (VISITS, "'patient'", AGREE.format("6 of 9", "'born', 'weight'")),
        (VISITS, "'patient'", "pass groups=X['patient'] to fit"),
        (VISITS.drop(columns="born").to_numpy(), "0", "pass groups=X[:, 0] to fit"),
        (pd.concat([SIZES.assign(id=PATIENT)] * 2), "'id'", "pass groups=X['id'] to fit"),
        (SIZES, "0", "pass groups=X[0] to fit"),
    ],
)
def test_a_fit_says_once_that_rows_of_patients_belong_together(X, name, said_of_it):
    (line,) = said(X, np.resize(ILL, len(X)))
    assert line.startswith(f"- {name}: rows with the same value")
    assert said_of_it in line


def test_nothing_is_said_where_groups_are_given_or_make_no_difference():
    assert not said(VISITS, ILL, groups=PATIENT)
    assert not said(VISITS, None)
    assert not said(VISITS, RNG.normal(size=N))


def table(n=N, **columns):
    numbers = {f"x{number}": RNG.normal(size=n) for number in range(3)}
    return pd.DataFrame(columns | numbers)


CITY, AGE = RNG.integers(60, size=N), RNG.integers(18, 80, size=N)
SILENT = {
    "cities": (
        table(
            shop=RNG.integers(9, size=N),
            till=RNG.integers(20, size=N),
            city=CITY.astype(str) + "th",
            state=CITY % 11,
            latitude=RNG.normal(size=60)[CITY],
            longitude=RNG.normal(size=60)[CITY],
            size=RNG.lognormal(size=N),
            kind=RNG.choice(list("abcd"), N),
        ),
        CITY % 2,
    ),
    "what is made of an age": (
        pd.DataFrame({"age": AGE, "squared": AGE**2, "class": AGE // 10, "old": AGE > 65, "c": CITY % 7}),
        AGE,
    ),
    "oversampled rows": (pd.concat([table(a=AGE, b=CITY)[:100]] * 10), np.resize(ILL[:100], N)),
    "a time series": (
        pd.DataFrame(
            {
                "hour": pd.date_range("2024-01-01", periods=N, freq="h"),
                **{name: RNG.normal(size=N).cumsum().round(1) for name in "abcd"},
            }
        ),
        RNG.normal(size=N).cumsum(),
    ),
    "few columns": (VISITS[["patient", "sex", "pulse"]], ILL),
    "one row": (VISITS[:1], ILL[:1]),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
def test_nothing_is_said_of_independent_rows(name):
    assert not said(*SILENT[name])


TOWN = RNG.integers(250, size=600)
RENTS = pd.DataFrame({"town": [f"town {number}" for number in TOWN], "size": RNG.normal(size=600)})
IS_DEAR = (RNG.normal(size=250)[TOWN] + RENTS["size"] > 0).to_numpy()
GROUPS = RNG.integers(150, size=600)
TWICE = np.tile(np.arange(600), 2)


def encoded(rows, groups=None, columns=("town", "size")):
    encoder = tabular_pipeline()["columns"]
    X = encoder.fit_transform(RENTS.iloc[rows][[*columns]], IS_DEAR[rows], groups=groups)
    assert encoder.target_encoded_ == ["town"]
    return X


@pytest.mark.parametrize("groups", [None, GROUPS], ids=["rows", "groups"])
def test_means_of_y_do_not_depend_on_the_order_of_the_rows_or_the_names_of_groups(groups):
    order, names = RNG.permutation(600), RNG.permutation(150)
    mixed = encoded(order, None if groups is None else names[groups][order])
    X = encoded(np.arange(600), groups)
    assert_array_equal(mixed, X[order])
    swapped = encoded(np.arange(600), groups, columns=("size", "town"))
    assert_array_equal(np.sort(swapped, axis=1), np.sort(X, axis=1))


def test_means_of_y_do_not_depend_on_the_order_of_rows_that_are_equal_but_for_y():
    encoder, towns, order = tabular_pipeline("regressor")["columns"], RENTS[["town"]], RNG.permutation(600)
    rent = IS_DEAR + RNG.normal(scale=0.1, size=600)
    X = encoder.fit_transform(towns, rent)
    assert encoder.target_encoded_ == ["town"]
    assert_array_equal(encoder.fit_transform(towns.iloc[order], rent[order]), X[order])


def test_a_copy_of_a_row_does_not_tell_its_y():
    twice = encoded(TWICE)
    assert_array_equal(twice[:600], twice[600:])  # each is encoded by the rows of other folds


PRODUCT = RNG.integers(150, size=600)
PRODUCTS = pd.DataFrame({"product": [f"product {number}" for number in PRODUCT], "maker": PRODUCT // 10})
PRICE = RNG.normal(size=150)[PRODUCT]


@pytest.mark.parametrize(
    ("X", "y", "is_said"),
    [
        (PRODUCTS, PRICE, True),
        (PRODUCTS[["product"]], PRICE, True),
        (PRODUCTS, PRICE + RNG.normal(size=600), False),
        (PRODUCTS, np.zeros(600), False),
        (RENTS.iloc[np.tile(np.arange(200), 3)], np.tile(IS_DEAR[:200], 3), False),
        (RENTS.iloc[PRODUCT], IS_DEAR[PRODUCT], False),
    ],
    ids=["y follows", "one column", "noise", "one y", "copies", "drawn with replacement"],
)
@pytest.mark.filterwarnings("ignore:Columns of X that need a look")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rows_that_are_equal_by_chance_are_no_copies(X, y, is_said):
    encoder = tabular_pipeline("regressor")["columns"].fit(X, y)
    remarks = {one["column"]: one["remark"] for one in encoder.report_}
    assert ("count as copies of one row" in remarks.get("product", "")) == is_said
    if is_said:
        fit = tabular_pipeline("regressor", random_state=0).fit
        assert fit(X, y, groups=range(600)).score(X, y) > 0.95
