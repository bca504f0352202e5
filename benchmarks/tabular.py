"""Raw tables: tabular_pipeline beside trees, linear models and scikit-learn's networks.

Twenty tables with classes and twenty-one with numbers to predict (``tables.py``; the list was fixed before
any result was seen). All models have their default parameters, and each gets the table as its documentation
says. HistGradientBoosting, LightGBM and CatBoost take categories and missing values themselves. The forests
take missing values themselves, and numbers for categories. For linear models and for networks without
``tabular_pipeline``, missing numbers are imputed and marked, numbers are standardised, and categories are
one-hot; MLPRegressor also has standardised targets.

All models are trained and tested on the same three folds, shuffled, and stratified by class. They use one
thread. The time is CPU time of a fit, with all of its preparations. The log-loss is divided by the log-loss
of predicting the class shares, and the RMSE by that of predicting the mean. So a model with 1 has learned
nothing, and smaller is better. The rank of a model is 1 if its log-loss or RMSE is the smallest on a table.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from statistics import fmean
from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, root_mean_squared_error
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

import tables
from harness import Options, Table, limit_threads, relative_log_loss, report_progress
from sknn_scratch import ShallowNNClassifier, ShallowNNRegressor, tabular_pipeline

N_FOLDS = 3
OURS = "tabular_pipeline"
BASE = "LightGBM"
# The models that get numbers far outside the range of training.
FAR = ("tabular_pipeline", "LightGBM", "Ridge", "ShallowNNRegressor, scaled", "MLPRegressor")


def scaled(model: Any) -> Any:
    """Put before a model what makes standardised, complete numbers of a table."""
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    categories = OneHotEncoder(handle_unknown="ignore")
    return make_pipeline(
        make_column_transformer(
            (numbers, make_column_selector(dtype_exclude="category")),
            (categories, make_column_selector(dtype_include="category")),
            sparse_threshold=0,
        ),
        model,
    )


def ordinal(model: Any) -> Any:
    """Put before a model what makes numbers of categories."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    of_categories = (codes, make_column_selector(dtype_include="category"))
    return make_pipeline(make_column_transformer(of_categories, remainder="passthrough"), model)


def light_gbm(kind: str) -> Any:
    """Make a model of LightGBM."""
    import lightgbm

    return getattr(lightgbm, f"LGBM{kind}")(n_jobs=1, verbose=-1)


def cat_boost(kind: str, categories: list[str]) -> Any:
    """Make a model of CatBoost."""
    import catboost

    fixed = {"thread_count": 1, "verbose": 0, "allow_writing_files": False}
    return getattr(catboost, f"CatBoost{kind}")(cat_features=categories, **fixed)


# Each makes a model for a table with these categories.
CLASSIFIERS: dict[str, Callable[[list[str]], Any]] = {
    OURS: lambda _: tabular_pipeline("classifier"),
    "CatBoost": lambda categories: cat_boost("Classifier", categories),
    BASE: lambda _: light_gbm("Classifier"),
    "HistGradientBoosting": lambda _: HistGradientBoostingClassifier(),
    "RandomForest": lambda _: ordinal(RandomForestClassifier()),
    "LogisticRegression": lambda _: scaled(LogisticRegression()),
    "ShallowNNClassifier, scaled": lambda _: scaled(ShallowNNClassifier()),
    "MLPClassifier": lambda _: scaled(MLPClassifier()),
}
REGRESSORS: dict[str, Callable[[list[str]], Any]] = {
    OURS: lambda _: tabular_pipeline("regressor"),
    "CatBoost": lambda categories: cat_boost("Regressor", categories),
    BASE: lambda _: light_gbm("Regressor"),
    "HistGradientBoosting": lambda _: HistGradientBoostingRegressor(),
    "RandomForest": lambda _: ordinal(RandomForestRegressor()),
    "Ridge": lambda _: scaled(Ridge()),
    "ShallowNNRegressor, scaled": lambda _: scaled(ShallowNNRegressor()),
    "MLPRegressor": lambda _: TransformedTargetRegressor(
        scaled(MLPRegressor()), transformer=StandardScaler()
    ),
}


@dataclass(frozen=True)
class Outcome:
    """How a model did on a table: means over the folds.

    Attributes
    ----------
    loss : float
        Log-loss or RMSE, divided by that of a constant prediction.
    score : float
        Accuracy or R2.
    seconds : float
        CPU time of a fit.
    """

    loss: float
    score: float
    seconds: float


def answer(options: Options) -> Iterator[Table]:
    """Compare the models: a summary and all tables, for classes and for numbers."""
    with limit_threads(1), warnings.catch_warnings(action="ignore"):
        yield from compare("Classes", tables.CLASSIFICATION, CLASSIFIERS, options)
        yield from compare("Numbers", tables.REGRESSION, REGRESSORS, options)
        yield far_predictions(options)


def compare(kind: str, sources: Any, models: dict[str, Any], options: Options) -> Iterator[Table]:
    """Train all models on all tables."""
    outcomes: dict[str, dict[str, Outcome]] = {model: {} for model in models}
    sizes = {}
    for source in sources[:2] if options.quick else sources:
        table = source.load()
        sizes[table.name] = table.X.shape
        report_progress(table.name)
        for name, make in models.items():
            outcomes[name][table.name] = cross_validate(make, table, kind)
    how = f"{len(sizes)} tables, {N_FOLDS} folds, one thread."
    loss, score = ("log-loss", "accuracy") if kind == "Classes" else ("RMSE", "R2")
    columns = ("", f"{loss} / constant", score, "mean rank", "best on", "CPU s of a fit", f"time / {BASE}")
    yield Table(f"{kind}: means over the tables", columns, list(summary(outcomes)), how)
    columns = ("", "rows × columns", *models)
    yield Table(f"{kind}: {loss} / constant, by table", columns, list(by_table(outcomes, sizes, "loss")), how)
    yield Table(f"{kind}: CPU s of a fit, by table", columns, list(by_table(outcomes, sizes, "seconds")), how)


def cross_validate(make: Callable[[list[str]], Any], table: tables.Table, kind: str) -> Outcome:
    """Train on every fold, and score."""
    split, evaluate = (StratifiedKFold, classify) if kind == "Classes" else (KFold, predict_numbers)
    folds = split(N_FOLDS, shuffle=True, random_state=0).split(table.X, table.y)
    of_folds = [
        evaluate(seeded(make(table.categories), seed), table, *fold) for seed, fold in enumerate(folds)
    ]
    return Outcome(*map(fmean, zip(*of_folds, strict=True)))


def seeded(model: Any, seed: int) -> Any:
    """Set the seed of a model, wherever it is in a pipeline."""
    names = [name for name in model.get_params() if name.split("__")[-1] == "random_state"]
    if hasattr(model, "get_cat_feature_indices"):  # CatBoost lists only what was set
        names = ["random_state"]
    return model.set_params(**dict.fromkeys(names, seed))


def timed_fit(model: Any, X: Any, y: Any) -> float:
    """Fit a model, and return the CPU seconds."""
    start = time.process_time()
    model.fit(X, y)
    return time.process_time() - start


def classify(model: Any, table: tables.Table, train: Any, test: Any) -> tuple[float, float, float]:
    """Train on a fold, and return the numbers of an outcome."""
    seconds = timed_fit(model, table.X.iloc[train], table.y[train])
    probabilities = model.predict_proba(table.X.iloc[test])
    loss = relative_log_loss(table.y[train], table.y[test], probabilities)
    labels = np.unique(table.y[train])
    return loss, accuracy_score(table.y[test], labels[probabilities.argmax(axis=1)]), seconds


def predict_numbers(model: Any, table: tables.Table, train: Any, test: Any) -> tuple[float, float, float]:
    """Train on a fold, and return the numbers of an outcome."""
    of_training = table.y[train].astype(float)
    seconds = timed_fit(model, table.X.iloc[train], of_training)
    predictions = model.predict(table.X.iloc[test])
    y = table.y[test].astype(float)
    constant = root_mean_squared_error(y, np.full(len(y), of_training.mean()))
    loss = root_mean_squared_error(y, predictions) / constant
    return loss, 1 - loss**2, seconds


def summary(outcomes: dict[str, dict[str, Outcome]]) -> Iterator[list[str]]:
    """Yield a row for each model."""
    ranks = rankdata([[one.loss for one in of.values()] for of in outcomes.values()], axis=0)
    seconds = {name: fmean(one.seconds for one in of.values()) for name, of in outcomes.items()}
    for (name, of), rank in zip(outcomes.items(), ranks, strict=True):
        loss, score, time_of_fit = means(of)
        ratio = f"{seconds[name] / seconds[BASE]:.1f}×"
        yield [name, loss, score, f"{rank.mean():.2f}", f"{(rank == 1).sum()}", time_of_fit, ratio]


def means(of: dict[str, Outcome]) -> list[str]:
    """Write the mean loss, score and time over the tables."""
    outcomes = of.values()
    loss, score, seconds = (
        fmean(getattr(one, name) for one in outcomes) for name in ("loss", "score", "seconds")
    )
    return [f"{loss:.3f}", f"{score:.3f}", f"{seconds:.2f}"]


def by_table(
    outcomes: dict[str, dict[str, Outcome]], sizes: dict[str, tuple[int, int]], field: str
) -> Iterator[list[str]]:
    """Yield a row for each table."""
    for table, (n_rows, n_columns) in sizes.items():
        cells = (f"{getattr(of[table], field):.3f}" for of in outcomes.values())
        yield [table, f"{n_rows:,} × {n_columns}", *cells]


def far_predictions(options: Options) -> Table:
    """Measure how far predictions leave the range of training if a number is ten times too large."""
    sources = tables.REGRESSION[:2] if options.quick else tables.REGRESSION
    rows = [[table.name, *map(reach, FAR, repeat(table))] for table in (source.load() for source in sources)]
    title = "Numbers: the farthest prediction outside the range of training, in standard deviations of y"
    how = "Test rows of the first fold, with ten times the largest value of training in one column at a time."
    return Table(title, ("", *FAR), rows, how)


def reach(model_name: str, table: tables.Table) -> str:
    """Train on the first fold, and write how far the farthest prediction is outside the range of training."""
    train, test = next(KFold(N_FOLDS, shuffle=True, random_state=0).split(table.X))
    model = seeded(REGRESSORS[model_name](table.categories), 0)
    X, y = table.X.iloc[train], table.y[train].astype(float)
    model.fit(X, y)
    outside = [0.0]
    for column in X.columns.drop(table.categories):
        far = table.X.iloc[test].assign(**{column: 10 * X[column].abs().max()})
        predictions = model.predict(far)
        outside += [predictions.max() - y.max(), y.min() - predictions.min()]
    return f"{max(outside) / y.std():.1f}"
