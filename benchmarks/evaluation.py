"""Train a model on one part of the data and score it on another: for all questions about quality."""

import time
import warnings
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score, root_mean_squared_error
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.utils import _safe_indexing as take

from harness import forget_choices


@dataclass(frozen=True)
class Split:
    """Rows for training and for the test; y has class labels or numbers."""

    X_train: Any
    y_train: np.ndarray
    X_test: Any
    y_test: np.ndarray


@dataclass(frozen=True)
class Outcome:
    """How a model did.

    The loss is the log-loss divided by that of predicting the class frequencies, or the RMSE divided by that
    of predicting the mean, both of the training set. So 1 has learned nothing, and smaller is better.
    """

    loss: float
    score: float  # accuracy or R2
    auc: float  # area under the ROC curve, each class against the rest; NaN for numbers
    seconds: float  # CPU time of the fit, with all of its preparations
    unconverged: float  # 1 if the fit warned of its convergence, else 0


def evaluate(model: Any, split: Split, seed: int, **of_fit: Any) -> Outcome:
    """Train a copy of a model, with this seed and with arguments of its fit, and score it."""
    model = seeded(deepcopy(model), seed)  # CatBoost cannot be cloned
    forget_choices()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.process_time()
        model.fit(split.X_train, split.y_train, **of_fit)
        seconds = time.process_time() - start
    scores = score_classes(model, split) if hasattr(model, "predict_proba") else score_numbers(model, split)
    unconverged = any(issubclass(one.category, ConvergenceWarning) for one in caught)
    return Outcome(*scores, seconds, float(unconverged))


def seeded(model: Any, seed: int) -> Any:
    """Set the seed of a model, wherever it is in a pipeline."""
    names = [
        name
        for name, value in model.get_params().items()
        if name.split("__")[-1] == "random_state" and not isinstance(value, str)  # "deprecated", "warn"
    ]
    if hasattr(model, "get_cat_feature_indices"):  # CatBoost lists only what was set
        names = ["random_state"]
    return model.set_params(**dict.fromkeys(names, seed))


def score_classes(fitted: Any, split: Split) -> tuple[float, float, float]:
    probabilities = fitted.predict_proba(split.X_test)
    classes = np.unique(split.y_train)
    accuracy = accuracy_score(split.y_test, classes[probabilities.argmax(axis=1)])
    if len(classes) == 2:
        auc = roc_auc_score(split.y_test, probabilities[:, 1])
    elif len(np.unique(split.y_test)) == len(classes):
        auc = roc_auc_score(split.y_test, probabilities, multi_class="ovr", labels=classes)
    else:
        auc = np.nan
    return relative_log_loss(split, probabilities), accuracy, auc


def relative_log_loss(split: Split, probabilities: np.ndarray) -> float:
    """Divide the log-loss by that of predicting the class frequencies of the training set."""
    classes, counts = np.unique(split.y_train, return_counts=True)
    frequencies = np.tile(counts / counts.sum(), (len(split.y_test), 1))
    constant = log_loss(split.y_test, frequencies, labels=classes)
    return float(log_loss(split.y_test, probabilities, labels=classes) / constant)


def score_numbers(fitted: Any, split: Split) -> tuple[float, float, float]:
    constant = root_mean_squared_error(split.y_test, np.full(len(split.y_test), split.y_train.mean()))
    loss = root_mean_squared_error(split.y_test, fitted.predict(split.X_test)) / constant
    return loss, 1 - loss**2, np.nan


def folds(X: Any, y: np.ndarray, n_folds: int, n_repeats: int = 1) -> Iterator[Split]:
    """Yield the splits of a cross-validation, shuffled, and stratified if y has classes."""
    kind = KFold if y.dtype == float else StratifiedKFold
    for seed in range(n_repeats):
        for train, test in kind(n_folds, shuffle=True, random_state=seed).split(X, y):
            yield Split(take(X, train), y[train], take(X, test), y[test])


def mean(outcomes: list[Outcome]) -> Outcome:
    return Outcome(*(fmean(getattr(one, name) for one in outcomes) for name in Outcome.__annotations__))
