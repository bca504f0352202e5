"""From a hundred rows to a million: loss, time and memory, beside other models.

The training rows of the first table are generated: 20 numbers and two classes, which are drawn with the
probabilities of a random network of 30 units. This suits networks. The loss "without noise" is that of these
probabilities. The others are two public tables (``tables.py``). The regressors predict the log price of
diamonds, and the classifiers whether a flight arrives more than 15 minutes late, from what is known before it
leaves. All models have their default parameters, and get the tables as in ``tabular``. A smaller training set
is a part of a larger one, and the test rows are the same.

The log-loss is divided by the log-loss of predicting the class shares, and the RMSE by that of predicting the
mean. The time is CPU time of a fit, with all of its preparations. The memory is the growth of the resident
memory of the process at the peak of the fit, beyond the imports and the training rows; this works on Linux
only. Each fit has a process of its own. Smaller is better everywhere. MLPClassifier, MLPRegressor and
CatBoost have at most 100,000 rows: more would take many minutes.

The last table is about the thresholds of the defaults, where a few more rows change the method. The networks
are trained on draws from the public tables, as in ``small_data``, and on parts of the same draws with 20 or
40 fewer rows.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.metrics import root_mean_squared_error

import small_data
import tables
from harness import (
    Options,
    Table,
    in_fresh_process,
    limit_threads,
    number,
    relative_log_loss,
    report_progress,
)
from memory import MEGABYTE, resident_growth
from tabular import CLASSIFIERS, REGRESSORS, seeded, timed_fit

TABLE_ROWS = (1_000, 3_000, 10_000, 100_000, 1_000_000)
ROWS, QUICK_ROWS = (100, 300, 1_900, 2_010, *TABLE_ROWS), (100, 1_000)
MOST_TEST_ROWS = 20_000
MOST_ROWS = dict.fromkeys(("CatBoost", "MLPClassifier", "MLPRegressor"), 100_000)
LEFT_OUT, NOISELESS = "RandomForest", "without noise"
MEASURES = ("loss", "CPU s", "peak, MiB")
# Numbers of rows below and above a threshold of "auto".
PAIRS, QUICK_PAIRS, N_SEEDS = ((1_480, 1_520), (1_990, 2_010)), ((180, 200),), 3


class Teacher:
    """The random network that draws the classes. It looks like a fitted classifier."""

    n_features, n_units = 20, 30

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.hidden = 2 * rng.normal(size=(self.n_features, self.n_units)) / self.n_features**0.5
        self.output = rng.normal(size=self.n_units)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Compute the probabilities of both classes."""
        p = expit(np.tanh(np.asarray(X) @ self.hidden) @ self.output)
        return np.column_stack([1 - p, p])


def generated() -> tables.Table:
    """Draw rows, and their classes from the teacher."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(max(ROWS) + MOST_TEST_ROWS, Teacher.n_features))
    y = rng.random(len(X)) < Teacher().predict_proba(X)[:, 1]
    names = [f"x{i}" for i in range(Teacher.n_features)]
    return tables.Table("generated", pd.DataFrame(X, columns=names), y.astype(int))


def diamonds() -> tables.Table:
    """Load what the log price of diamonds is predicted from."""
    table = tables.DIAMONDS.load()
    return shuffled(replace(table, y=np.log(table.y)))


def flights() -> tables.Table:
    """Load what the delay of flights is predicted from."""
    table = tables.FLIGHTS.load()
    return shuffled(replace(table, y=(table.y > 15).astype(int)))


def shuffled(table: tables.Table) -> tables.Table:
    """Put the rows in a random order."""
    return part(table, np.random.default_rng(0).permutation(len(table.y)))


def part(table: tables.Table, rows: Any) -> tables.Table:
    """Take some rows of a table."""
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
        """The models that are compared."""
        models = CLASSIFIERS if self.are_classes else REGRESSORS
        return {name: make for name, make in models.items() if name != LEFT_OUT}

    def loss(self, fitted: Any, y_train: np.ndarray, test: tables.Table) -> float:
        """Compute the log-loss or the RMSE, divided by that of a constant prediction."""
        if self.are_classes:
            return relative_log_loss(y_train, test.y, fitted.predict_proba(test.X))
        constant = root_mean_squared_error(test.y, np.full(len(test.y), y_train.mean()))
        return root_mean_squared_error(test.y, fitted.predict(test.X)) / constant


PROBLEMS = (
    Problem("A random network: log-loss", generated, ROWS, are_classes=True),
    Problem("Diamonds, the log price: RMSE", diamonds, TABLE_ROWS, are_classes=False),
    Problem("Flights, more than 15 minutes late: log-loss", flights, TABLE_ROWS, are_classes=True),
)


def answer(options: Options) -> Iterator[Table]:
    """Compare the models with more and more rows, and the networks around the thresholds."""
    for problem in PROBLEMS:
        yield compare(replace(problem, rows=QUICK_ROWS) if options.quick else problem)
    with limit_threads(1):
        yield around_thresholds(options)


def compare(problem: Problem) -> Table:
    """Train all models on all numbers of rows."""
    whole = problem.load()
    n_test = min(MOST_TEST_ROWS, len(whole.y) // 5)
    n_most = len(whole.y) - n_test
    test = part(whole, slice(n_most, None))
    sizes = sorted({min(n_rows, n_most) for n_rows in problem.rows})
    names = [*problem.models, *([NOISELESS] if problem.load is generated else [])]
    outcomes = {
        n_rows: [outcome(problem, name, part(whole, slice(n_rows)), test) for name in names]
        for n_rows in sizes
    }
    rows = [
        [what, f"{n_rows:,}", *(number(one[what]) if what in one else "-" for one in outcomes[n_rows])]
        for what in MEASURES
        for n_rows in sizes
    ]
    how = f"{whole.X.shape[1]} columns, {n_test:,} test rows; one fit of each model, with one thread."
    return Table(problem.title, ("", "rows", *names), rows, how)


def outcome(problem: Problem, name: str, train: tables.Table, test: tables.Table) -> dict[str, float]:
    """Train a model in a fresh process; nothing if it would take too long."""
    if name == NOISELESS:
        return {"loss": problem.loss(Teacher(), train.y, test)}
    if len(train.y) > MOST_ROWS.get(name, len(train.y)):
        return {}
    report_progress(f"{problem.title}, {len(train.y):,} rows, {name}")
    return dict(zip(MEASURES, in_fresh_process(measure, problem, name, train, test), strict=True))


def measure(problem: Problem, name: str, train: tables.Table, test: tables.Table) -> tuple[float, ...]:
    """Train a model; return its loss, the seconds, and the MiB by which this process grew."""
    model = seeded(problem.models[name](train.categories), 0)
    with limit_threads(1), warnings.catch_warnings(action="ignore"):
        growth, seconds = resident_growth(partial(timed_fit, model, train.X, train.y))
        return problem.loss(model, train.y, test), seconds, growth / MEGABYTE


def around_thresholds(options: Options) -> Table:
    """Train on draws from the public tables, and on a part of each draw."""
    rows = []
    for task in small_data.TASKS:
        name, make = next(iter(task.models.items()))
        sources = task.sources[:2] if options.quick else task.sources
        for pair in QUICK_PAIRS if options.quick else PAIRS:
            report_progress(f"{name}, {pair} rows")
            scores = [mean for source in sources if (mean := mean_scores(task, make, source.load(), pair))]
            means = [f"{fmean(column):.4f}" for column in zip(*scores, strict=True)]
            changes = [with_more - with_fewer for with_fewer, with_more in scores]
            change = f"{fmean(changes):+.4f} ± {stdev(changes) / len(changes) ** 0.5:.4f}"
            n_worse = f"{sum(change > 0 for change in changes)} of {len(changes)}"
            rows.append([name, "{:,} and {:,}".format(*pair), *means, change, n_worse])
    columns = ("", "rows", "score, fewer", "score, more", "change ± standard error", "worse with more")
    how = (
        f"Means over the tables that have enough rows, and {N_SEEDS} draws from each. The score is that of "
        "small_data. Smaller is better: a change below zero is good. By chance, half are worse. One thread."
    )
    return Table("Around the thresholds of the defaults", columns, rows, how)


def mean_scores(
    task: small_data.Task, make: Callable[..., Any], table: tables.Table, pair: tuple[int, int]
) -> list[float] | None:
    """Train a network on both numbers of rows of each draw; None if the table is too small."""
    scores = []
    for seed in range(N_SEEDS):
        split = small_data.draw(table, max(pair), seed, are_classes=task.are_classes)
        if split is None:
            return None
        fits = (make(random_state=seed).fit(split.X_train[:n], split.y_train[:n]) for n in pair)
        scores.append([task.score(fitted, split) for fitted in fits])
    return list(map(fmean, zip(*scores, strict=True)))
