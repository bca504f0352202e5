"""The defaults, variants of them, and other models.

The tables of cross-validation are about data that come with scikit-learn, or that it generates: iris, wine,
breast cancer, digits, two moons, circles and two problems of make_classification for classes; diabetes and
friedman1 to 3 (noise 1, 100 and 0.1) for numbers. There are five folds, stratified by class. The features are
standardised within each fold.

The other tables are about small training sets, which are drawn from the public tables of ``tables.py``. The
test is on other rows of the table. Numbers are imputed and standardised, and categories are one-hot encoded,
both fitted to the training set.

A row that names a parameter is our network with that value. Else a model has its default parameters;
MLPRegressor also has a standardised y. The log-loss is divided by that of predicting the class frequencies,
and the RMSE by that of predicting the mean. So a model with 1 has learned nothing, and smaller is better.
Losses and scores are means over all fits, and in the small training sets a loss above 1.5 counts as 1.5. The
training time is the sum, in CPU seconds. "Not converged" counts the fits that end with a ConvergenceWarning.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import fmean
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import tables
from evaluation import Outcome, Split, evaluate, folds, mean
from harness import Options, Table, limit_threads, report_progress
from sknn_scratch import (
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNEnsembleRegressor,
    ShallowNNRegressor,
)

ROWS, MOST_TEST_ROWS = (60, 240, 1000, 3000), 3000
FEWEST_OF_A_CLASS = 5
WORST = 1.5

VARIANTS = {
    "alpha": (0.1, 1.0, 3.0, 10.0, 30.0),
    "n_hidden": (50, 200),
    "init_scale": (0.01, 0.1),
    "learning_rate": (0.001, 0.02),
    "batch_size": (32, 200),
    "tol": (1e-4,),
    "n_iter_no_change": (10,),
    "solver": ("adam",),
    "early_stopping": (True,),
    "dropout": (0.3,),
    "learning_rate_schedule": ("cosine",),
}


def classes(n_rows: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    noisy = {"n_features": 20, "n_informative": 5, "flip_y": 0.2}
    many = {"n_features": 30, "n_informative": 10, "n_classes": 8, "n_clusters_per_class": 1}
    return {
        "iris": datasets.load_iris(return_X_y=True),
        "wine": datasets.load_wine(return_X_y=True),
        "breast cancer": datasets.load_breast_cancer(return_X_y=True),
        "digits": datasets.load_digits(return_X_y=True),
        "moons": datasets.make_moons(n_rows, noise=0.2, random_state=0),
        "circles": datasets.make_circles(n_rows, noise=0.1, factor=0.5, random_state=0),
        "noisy": datasets.make_classification(n_rows, **noisy, random_state=0),
        "many classes": datasets.make_classification(n_rows, **many, random_state=0),
    }


def numbers(n_rows: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    return {
        "diabetes": datasets.load_diabetes(return_X_y=True),
        "friedman1": datasets.make_friedman1(n_rows, noise=1.0, random_state=0),
        "friedman2": datasets.make_friedman2(n_rows, noise=100.0, random_state=0),
        "friedman3": datasets.make_friedman3(n_rows, noise=0.1, random_state=0),
    }


@dataclass(frozen=True)
class Task:
    """What is predicted, from which data, and by which models beside the network and its variants."""

    title: str
    loss: str
    score: str
    network: type
    others: Mapping[str, Any]
    load: Callable[[int], Mapping[str, tuple[np.ndarray, np.ndarray]]]
    sources: Sequence[tables.Source]

    def models(self) -> dict[str, Any]:
        variants = {
            f"{name}={value!r}": self.network(**{name: value})
            for name, values in VARIANTS.items()
            for value in values
        }
        return {self.network.__name__: self.network(), **variants, **self.others}


TASKS = (
    Task(
        "Classes",
        "log-loss",
        "accuracy",
        ShallowNNClassifier,
        {
            "ShallowNNEnsembleClassifier": ShallowNNEnsembleClassifier(),
            "MLPClassifier": MLPClassifier(),
            "LogisticRegression": LogisticRegression(max_iter=1000),
            "RandomForestClassifier": RandomForestClassifier(),
            "HistGradientBoostingClassifier": HistGradientBoostingClassifier(),
        },
        classes,
        tables.narrow(tables.CLASSIFICATION),
    ),
    Task(
        "Numbers",
        "RMSE",
        "R2",
        ShallowNNRegressor,
        {
            "ShallowNNEnsembleRegressor": ShallowNNEnsembleRegressor(),
            "MLPRegressor": TransformedTargetRegressor(MLPRegressor(), transformer=StandardScaler()),
            "RidgeCV": RidgeCV(np.logspace(-3, 3, 13)),
            "RandomForestRegressor": RandomForestRegressor(),
            "HistGradientBoostingRegressor": HistGradientBoostingRegressor(),
        },
        numbers,
        tables.narrow(tables.REGRESSION),
    ),
)


def answer(options: Options) -> Iterator[Table]:
    with limit_threads(1):
        for task in TASKS:
            yield cross_validated(task, options)
            yield on_small_training_sets(task, options)


def cross_validated(task: Task, options: Options) -> Table:
    data = task.load(1000)
    if options.quick:
        data = dict(list(data.items())[:1])
    splits = [(seed, split) for X, y in data.values() for seed, split in enumerate(folds(X, y, 5))]
    rows = []
    for name, model in task.models().items():
        outcomes = evaluations(name, make_pipeline(StandardScaler(), model), splits)
        of_all = mean(outcomes)
        n_unconverged = f"{sum(one.unconverged for one in outcomes):.0f} of {len(outcomes)}"
        rows.append([name, f"{of_all.loss:.4f}", f"{of_all.score:.4f}", seconds(outcomes), n_unconverged])
    columns = ("", f"{task.loss} / constant", task.score, "training, s", "not converged")
    return Table(f"{task.title}: cross-validation", columns, rows, f"{len(data)} data sets, one thread.")


def on_small_training_sets(task: Task, options: Options) -> Table:
    data = [source.load() for source in (task.sources[:2] if options.quick else task.sources)]
    of_sizes = {
        n: [(0, split) for table in data if (split := draw(table, n)) is not None]
        for n in (ROWS[:1] if options.quick else ROWS)
    }
    rows = []
    for name, model in task.models().items():
        outcomes = [evaluations(name, model, splits) for splits in of_sizes.values()]
        losses = (f"{fmean(min(WORST, one.loss) for one in of_size):.3f}" for of_size in outcomes)
        rows.append([name, *losses, seconds(chain(*outcomes))])
    sizes = (f"{n:,} rows ({len(splits)} sets)" for n, splits in of_sizes.items())
    how = f"{task.loss} / constant. One draw from each table that has enough rows; one thread."
    return Table(f"{task.title}: small training sets", ("", *sizes, "training, s"), rows, how)


def evaluations(name: str, model: Any, splits: Sequence[tuple[int, Split]]) -> list[Outcome]:
    report_progress(name)
    return [evaluate(model, split, seed) for seed, split in splits]


def seconds(outcomes: Iterable[Outcome]) -> str:
    return f"{sum(one.seconds for one in outcomes):.1f}"


def draw(table: tables.Table, n_rows: int) -> Split | None:
    """Draw training rows and test rows; None if the table, or one of its classes, is too small."""
    if n_rows > 0.8 * len(table.y):
        return None
    has_classes = table.y.dtype != float
    some = np.random.default_rng(0).permutation(len(table.y))[: n_rows + MOST_TEST_ROWS]
    strata = table.y[some] if has_classes else None
    train, test = train_test_split(some, train_size=n_rows, random_state=0, stratify=strata)
    if has_classes and np.unique(table.y[train], return_counts=True)[1].min() < FEWEST_OF_A_CLASS:
        return None
    to_numbers = OneHotEncoder(handle_unknown="ignore", drop="if_binary", sparse_output=False)
    encoder = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
        (to_numbers, make_column_selector(dtype_include="category")),
    )
    X_train, X_test = encoder.fit_transform(table.X.iloc[train]), encoder.transform(table.X.iloc[test])
    return Split(X_train, table.y[train], X_test, table.y[test])
