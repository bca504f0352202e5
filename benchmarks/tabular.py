"""Raw tables: tabular_pipeline beside trees, linear models and scikit-learn's networks.

Twenty tables with classes and twenty-one with numbers to predict (``tables.py``; the list was fixed before
any result was seen). A model has its default parameters, if nothing else is said, and gets the table as its
documentation says. ``tabular_pipeline`` gets it as it is. For the others, text is made categories, and dates
in text are made numbers. HistGradientBoosting, LightGBM, XGBoost and CatBoost take categories and missing
values themselves; for the first, which takes at most 255, the rarer ones are merged. The forests take missing
values themselves, and numbers for categories. For linear models and for networks without
``tabular_pipeline``, missing numbers are imputed and marked, numbers are standardised, and categories are
one-hot; MLPRegressor also has standardised targets.

"LightGBM, early stopping" holds out a fifth of the training set, and adds up to 2,000 trees until 50 of them
have not lowered the loss there. "LightGBM, small tables" is set as for small tables: 100 trees of 7 leaves,
learning rate 0.05, four fifths of the rows and columns for each tree, and an L2 penalty of 5.

All models are trained and tested on the same three folds, shuffled, and stratified by class. They use one
thread. The time is CPU time of a fit, with all of its preparations. The log-loss is divided by that of
predicting the class frequencies, and the RMSE by that of predicting the mean. So a model with 1 has learned
nothing, and smaller is better. The rank of a model is 1 if its log-loss or RMSE is the smallest on a table.
The last column is the mean difference of the loss to that of ``tabular_pipeline``, and its 95 % interval by
the bootstrap over the tables (BCa). If the interval contains 0, neither is better for sure.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import repeat
from typing import Any

import numpy as np
from scipy.stats import bootstrap, rankdata
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

import tables
from evaluation import Outcome, evaluate, folds, mean, seeded
from harness import Options, Table, limit_threads, report_progress
from sknn_scratch import ShallowNNClassifier, ShallowNNRegressor, tabular_pipeline

N_FOLDS = 3
OURS = "tabular_pipeline"
BASE = "LightGBM"
# The models that get numbers far outside the range of training.
FAR = (OURS, BASE, "Ridge", "ShallowNNRegressor, scaled", "MLPRegressor")
SMALL_TABLES = {
    "n_estimators": 100,
    "num_leaves": 7,
    "learning_rate": 0.05,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.8,
    "reg_lambda": 5,
}

# Makes a model for a table with these categories.
Maker = Callable[[list[str]], Any]


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
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    of_categories = (codes, make_column_selector(dtype_include="category"))
    return make_pipeline(make_column_transformer(of_categories, remainder="passthrough"), model)


def boosting(kind: Any, categories: list[str]) -> Any:
    """Make a HistGradientBoosting model, which takes codes of at most 255 categories."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=255)
    of_categories = make_column_transformer((codes, categories), remainder="passthrough")
    return make_pipeline(of_categories, kind(categorical_features=list(range(len(categories)))))


class EarlyStopping(BaseEstimator):
    """LightGBM that stops when the loss of a fifth of the rows does not fall any more."""

    def __init__(self, model: Any, random_state: int | None = None) -> None:
        self.model = model
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Any:
        """Train on four fifths, and return the model of LightGBM."""
        import lightgbm

        strata = None if y.dtype == float else y
        parts = train_test_split(X, y, test_size=0.2, stratify=strata, random_state=self.random_state)
        X_train, X_validation, y_train, y_validation = parts
        patience = lightgbm.early_stopping(50, verbose=False)
        self.model.fit(X_train, y_train, eval_set=[(X_validation, y_validation)], callbacks=[patience])
        return self

    def __getattr__(self, name: str) -> Any:
        """Predict as the model of LightGBM does."""
        if name in ("predict", "predict_proba"):
            return getattr(self.model, name)
        raise AttributeError(name)


def light_gbm(kind: str, **parameters: Any) -> Any:
    import lightgbm

    return getattr(lightgbm, f"LGBM{kind}")(n_jobs=1, verbose=-1, **parameters)


def trees(kind: str) -> dict[str, Maker]:
    import catboost
    import xgboost

    of_catboost = {"thread_count": 1, "verbose": 0, "allow_writing_files": False}
    return {
        "CatBoost": lambda categories: getattr(catboost, f"CatBoost{kind}")(
            cat_features=categories, **of_catboost
        ),
        BASE: lambda _: light_gbm(kind),
        "LightGBM, early stopping": lambda _: EarlyStopping(light_gbm(kind, n_estimators=2000)),
        "LightGBM, small tables": lambda _: light_gbm(kind, **SMALL_TABLES),
        "XGBoost": lambda _: getattr(xgboost, f"XGB{kind}")(n_jobs=1, enable_categorical=True),
    }


def classifiers() -> dict[str, Maker]:
    return {
        OURS: lambda _: tabular_pipeline("classifier"),
        **trees("Classifier"),
        "HistGradientBoosting": partial(boosting, HistGradientBoostingClassifier),
        "RandomForest": lambda _: ordinal(RandomForestClassifier()),
        "LogisticRegression": lambda _: scaled(LogisticRegression()),
        "ShallowNNClassifier, scaled": lambda _: scaled(ShallowNNClassifier()),
        "MLPClassifier": lambda _: scaled(MLPClassifier()),
    }


def regressors() -> dict[str, Maker]:
    mlp = TransformedTargetRegressor(scaled(MLPRegressor()), transformer=StandardScaler())
    return {
        OURS: lambda _: tabular_pipeline("regressor"),
        **trees("Regressor"),
        "HistGradientBoosting": partial(boosting, HistGradientBoostingRegressor),
        "RandomForest": lambda _: ordinal(RandomForestRegressor()),
        "Ridge": lambda _: scaled(Ridge()),
        "ShallowNNRegressor, scaled": lambda _: scaled(ShallowNNRegressor()),
        "MLPRegressor": lambda _: mlp,
    }


def answer(options: Options) -> Iterator[Table]:
    with limit_threads(1):
        yield from compare("Classes", tables.CLASSIFICATION, classifiers(), options)
        yield from compare("Numbers", tables.REGRESSION, regressors(), options)
        yield far_predictions(options)
        yield without_relevance("Classes", tables.CLASSIFICATION, "classifier", options)
        yield without_relevance("Numbers", tables.REGRESSION, "regressor", options)


def without_relevance(kind: str, sources: Any, estimator: str, options: Options) -> Table:
    whole, without = (tabular_pipeline(estimator) for _ in range(2))
    without.set_params(relevance="passthrough")
    models: dict[str, Maker] = {OURS: lambda _: whole, f"{OURS}, without relevance": lambda _: without}
    return next(compare(f"{kind}, with the step relevance and without", sources, models, options))


def compare(kind: str, sources: Any, models: Mapping[str, Maker], options: Options) -> Iterator[Table]:
    """Train all models on all folds of all tables."""
    outcomes: dict[str, dict[str, Outcome]] = {model: {} for model in models}
    sizes = {}
    for source in sources[:2] if options.quick else sources:
        table = source.load()
        sizes[table.name] = "{:,} × {}".format(*table.X.shape)
        report_progress(table.name)
        for name, make in models.items():
            X = table.raw if name.startswith(OURS) else table.X
            splits = enumerate(folds(X, table.y, N_FOLDS))
            scores = [evaluate(make(table.categories), split, seed) for seed, split in splits]
            outcomes[name][table.name] = mean(scores)
    loss, *scores = ("log-loss", "accuracy", "AUC") if kind.startswith("Classes") else ("RMSE", "R2")
    how = f"{len(sizes)} tables, {N_FOLDS} folds, one thread."
    columns = ("", f"{loss} / constant", *scores, "mean rank", "best on", "CPU s of a fit", f"time / {BASE}")
    columns = (*columns, f"{loss} minus ours (95 % interval)")
    yield Table(f"{kind}: means over the tables", columns, list(summary(outcomes, len(scores))), how)
    for title, field in ((f"{loss} / constant", "loss"), ("CPU s of a fit", "seconds")):
        rows = [
            [name, size, *(f"{getattr(of[name], field):.3f}" for of in outcomes.values())]
            for name, size in sizes.items()
        ]
        yield Table(f"{kind}: {title}, by table", ("", "rows × columns", *models), rows, how)


def summary(outcomes: dict[str, dict[str, Outcome]], n_scores: int) -> Iterator[list[str]]:
    losses = np.array([[one.loss for one in of.values()] for of in outcomes.values()])
    means = {name: mean(list(of.values())) for name, of in outcomes.items()}
    for (name, of), ranks, changes in zip(
        means.items(), rankdata(losses, axis=0), losses - losses[0], strict=True
    ):
        scores = (f"{score:.3f}" for score in (of.loss, of.score, of.auc)[: 1 + n_scores])
        ratio = f"{of.seconds / means[BASE].seconds:.1f}×" if BASE in means else "-"
        row = [name, *scores, f"{ranks.mean():.2f}", f"{(ranks == 1).sum()}", f"{of.seconds:.2f}", ratio]
        yield [*row, "-" if name == OURS else interval(changes)]


def interval(changes: np.ndarray) -> str:
    """Write a mean, and its 95 % interval by the bootstrap."""
    low, high = bootstrap((changes,), np.mean, rng=0).confidence_interval
    return f"{changes.mean():+.3f} ({low:+.3f} to {high:+.3f})"


def far_predictions(options: Options) -> Table:
    """Measure how far predictions leave the range of training if a number is ten times too large."""
    sources = tables.REGRESSION[:2] if options.quick else tables.REGRESSION
    rows = [[table.name, *map(reach, FAR, repeat(table))] for table in (source.load() for source in sources)]
    title = "Numbers: the farthest prediction outside the range of training, in standard deviations of y"
    how = "Test rows of the first fold, with ten times the largest value of training in one column at a time."
    return Table(title, ("", *FAR), rows, how)


def reach(model_name: str, table: tables.Table) -> str:
    """Train on the first fold, and write how far the farthest prediction is outside the range of training."""
    split = next(folds(table.raw if model_name == OURS else table.X, table.y, N_FOLDS))
    model = seeded(regressors()[model_name](table.categories), 0).fit(split.X_train, split.y_train)
    outside = [0.0]
    for column in table.raw.select_dtypes("number"):
        predictions = model.predict(split.X_test.assign(**{column: 10 * split.X_train[column].abs().max()}))
        outside += [predictions.max() - split.y_train.max(), split.y_train.min() - predictions.min()]
    return f"{max(outside) / split.y_train.std():.1f}"
