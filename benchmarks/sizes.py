"""From a hundred rows to a million: loss, time and memory, beside other models.

The training rows of the first table are generated: 20 numbers and two classes, which are drawn with the
probabilities of a random network of 30 units. This suits networks. The loss "without noise" is that of these
probabilities. The others are public tables (``tables.py``). The regressors predict the log price of diamonds,
and the classifiers whether a flight arrives more than 15 minutes late, from what is known before it leaves.
The last table has six more, each with all of its rows, in cross-validation: with one test set, luck decides
between models that are close. The models are those of ``tabular``, and get the tables as there. Of the first
three, a smaller training set is a part of a larger one, and the test rows are the same.

The log-loss is divided by the log-loss of predicting the class frequencies, and the RMSE by that of
predicting the mean. The time is CPU time of a fit, with all of its preparations. The memory is the growth of
the resident memory of the process at the peak of the fit, beyond the imports and the training rows; this
works on Linux only. Each fit has a process of its own. Smaller is better everywhere. MLPClassifier,
MLPRegressor and CatBoost have at most 100,000 rows: more would take many minutes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

import tables
from evaluation import Split, evaluate, folds, relative_log_loss
from harness import (
    MEGABYTE,
    Options,
    Table,
    in_fresh_process,
    limit_threads,
    number,
    report_progress,
    resident_growth,
)
from tabular import classifiers, regressors

TABLE_ROWS = (1_000, 3_000, 10_000, 100_000, 1_000_000)
ROWS, QUICK_ROWS = (100, 300, 1_900, 2_010, *TABLE_ROWS), (100, 1_000)
MOST_TEST_ROWS = 20_000
N_FOLDS = 4  # of the tables with all their rows
MOST_ROWS = dict.fromkeys(("CatBoost", "MLPClassifier", "MLPRegressor"), 100_000)
NOISELESS = "without noise"
LEFT_OUT = ("RandomForest", "XGBoost", "LightGBM, small tables")
MEASURES = ("loss", "CPU s", "peak, MiB")
OF_ALL = {  # what classifiers and regressors have in common
    "LogisticRegression": "linear model",
    "Ridge": "linear model",
    "ShallowNNClassifier, scaled": "one network, scaled",
    "ShallowNNRegressor, scaled": "one network, scaled",
    "MLPClassifier": "MLP",
    "MLPRegressor": "MLP",
}


class Teacher:
    """The random network that draws the classes. It looks like a fitted classifier."""

    n_features, n_units = 20, 30

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.hidden = 2 * rng.normal(size=(self.n_features, self.n_units)) / self.n_features**0.5
        self.output = rng.normal(size=self.n_units)

    def predict_proba(self, X: Any) -> np.ndarray:
        p = expit(np.tanh(np.asarray(X) @ self.hidden) @ self.output)
        return np.column_stack([1 - p, p])


def generated() -> tables.Table:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(max(ROWS) + MOST_TEST_ROWS, Teacher.n_features))
    y = rng.random(len(X)) < Teacher().predict_proba(X)[:, 1]
    names = [f"x{i}" for i in range(Teacher.n_features)]
    return tables.Table("generated", pd.DataFrame(X, columns=names), y.astype(int))


def diamonds() -> tables.Table:
    table = tables.DIAMONDS.load()
    return shuffled(replace(table, y=np.log(table.y)))


def flights() -> tables.Table:
    table = tables.FLIGHTS.load()
    return shuffled(replace(table, y=(table.y > 15).astype(int)))


def shuffled(table: tables.Table) -> tables.Table:
    rows = np.random.default_rng(0).permutation(len(table.y))
    return replace(table, X=table.X.iloc[rows], y=table.y[rows])


@dataclass(frozen=True)
class Problem:
    """What is learned; ``rows`` are the numbers of training rows, of which the largest may be too large."""

    title: str
    load: Callable[[], tables.Table]
    rows: tuple[int, ...]
    are_classes: bool

    @property
    def models(self) -> dict[str, Callable[[list[str]], Any]]:
        models = classifiers() if self.are_classes else regressors()
        return {name: make for name, make in models.items() if name not in LEFT_OUT}


PROBLEMS = (
    Problem("A random network: log-loss", generated, ROWS, are_classes=True),
    Problem("Diamonds, the log price: RMSE", diamonds, TABLE_ROWS, are_classes=False),
    Problem("Flights, more than 15 minutes late: log-loss", flights, TABLE_ROWS, are_classes=True),
)


def answer(options: Options) -> Iterator[Table]:
    for problem in PROBLEMS:
        yield compare(replace(problem, rows=QUICK_ROWS) if options.quick else problem)
    yield compare_more(tables.LARGER[:1] if options.quick else tables.LARGER)


def compare(problem: Problem) -> Table:
    whole = problem.load()
    n_test = min(MOST_TEST_ROWS, len(whole.y) // 5)
    n_most = len(whole.y) - n_test
    X_test, y_test = whole.X[n_most:], whole.y[n_most:]
    splits = {
        n: Split(whole.X[:n], whole.y[:n], X_test, y_test)
        for n in sorted({min(n_rows, n_most) for n_rows in problem.rows})
    }
    names = [*problem.models, *([NOISELESS] if problem.load is generated else [])]
    outcomes = {
        f"{n:,}": {name: outcome(problem, name, whole.categories, split) for name in names}
        for n, split in splits.items()
    }
    how = f"{whole.X.shape[1]} columns, {n_test:,} test rows; one fit of each model, with one thread."
    return Table(problem.title, ("", "rows", *names), rows_of(outcomes), how)


def compare_more(sources: tuple[tables.Source, ...]) -> Table:
    outcomes: dict[str, dict[str, dict[str, float]]] = {}
    for source in sources:
        problem = Problem(f"{source.package} {source.table}", source.load, (), source.has_classes)
        whole = problem.load()
        splits = list(folds(whole.X, whole.y, N_FOLDS))
        size = f"{problem.title}, {len(splits[0].y_train):,} × {whole.X.shape[1]}"
        outcomes[size] = {}
        for name in problem.models:
            of_folds = [outcome(problem, name, whole.categories, split) for split in splits]
            means = {what: fmean(one[what] for one in of_folds) for what in MEASURES}
            outcomes[size][OF_ALL.get(name, name)] = means
    names = list(next(iter(outcomes.values())))
    how = f"{N_FOLDS}-fold cross-validation: means of {N_FOLDS} fits of each model, with one thread."
    return Table(
        "More tables: log-loss or RMSE",
        ("", "table, training rows × columns", *names),
        rows_of(outcomes),
        how,
    )


def rows_of(outcomes: dict[str, dict[str, dict[str, float]]]) -> list[list[str]]:
    return [
        [what, size, *(number(one[what]) if what in one else "-" for one in of.values())]
        for what in MEASURES
        for size, of in outcomes.items()
    ]


def outcome(problem: Problem, name: str, categories: list[str], split: Split) -> dict[str, float]:
    """Train a model in a fresh process; nothing if it would take too long."""
    if name == NOISELESS:
        return {"loss": relative_log_loss(split, Teacher().predict_proba(split.X_test))}
    if len(split.y_train) > MOST_ROWS.get(name, len(split.y_train)):
        return {}
    report_progress(f"{problem.title}, {len(split.y_train):,} rows, {name}")
    measures = in_fresh_process(measure, problem, name, categories, split)
    return dict(zip(MEASURES, measures, strict=True))


def measure(problem: Problem, name: str, categories: list[str], split: Split) -> tuple[float, ...]:
    """Train a model; return its loss, the seconds, and the MiB by which this process grew."""
    model = problem.models[name](categories)
    with limit_threads(1):
        growth, scores = resident_growth(partial(evaluate, model, split, 0))
    return scores.loss, scores.seconds, growth / MEGABYTE
