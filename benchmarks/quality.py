"""Accuracy and time.

The comparison is a stratified 5-fold cross-validation, three times, on scikit-learn's digits and breast
cancer, standardised within each fold. Every fold trains both classifiers, one after the other. "Same
settings": the same units, epochs, batches, learning rate and penalty. (MLPClassifier divides its alpha by
the rows of a batch, so it gets our alpha times batch / rows.) Each classifier draws its initial weights in
its own way. "Defaults": no parameters are set.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any

from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from harness import Options, Table, Timing, limit_threads, number, report_progress
from rivals import MLP, OURS, mlp_classifier, our_classifier
from sknn_scratch import ShallowNNClassifier
from work import DIGITS, TINY, Work

EPOCHS, ALPHA = 50, 1.0
DATA = {
    "digits": (load_digits, replace(DIGITS, epochs=EPOCHS)),
    "breast cancer": (load_breast_cancer, replace(TINY, epochs=EPOCHS)),
}


def same_settings(work: Work, n_samples: int, seed: int) -> dict[str, Any]:
    """Make both classifiers for the same work."""
    alpha_of_mlp = ALPHA * work.batch_size / n_samples
    return {
        OURS: our_classifier(work, alpha=ALPHA, random_state=seed),
        MLP: mlp_classifier(work, alpha=alpha_of_mlp, random_state=seed),
    }


def defaults(work: Work, n_samples: int, seed: int) -> dict[str, Any]:
    """Make both classifiers as they come."""
    return {OURS: ShallowNNClassifier(random_state=seed), MLP: MLPClassifier(random_state=seed)}


SETTINGS = {"same settings": same_settings, "defaults": defaults}


@dataclass
class Fold:
    """What one classifier did on one fold."""

    seconds: float
    accuracy: float
    log_loss: float


def answer(options: Options) -> Iterator[Table]:
    """Compare time, accuracy and log-loss."""
    rows = []
    with limit_threads(1):
        for data in DATA:
            for settings in SETTINGS:
                report_progress(f"{data}, {settings}")
                rows += compare(data, settings, options)
    yield Table(
        "Fit time, accuracy and log-loss",
        ("", "classifier", "fit, ms", "time / ours", "accuracy", "log-loss"),
        rows,
        f"{'One 5-fold' if options.quick else 'Three 5-fold'} cross-validations, float64, one BLAS thread: "
        "median (best) fit; mean ± standard deviation over the folds.",
    )


def compare(data: str, settings: str, options: Options) -> list[list[str]]:
    """Cross-validate both classifiers; a row of the table for each."""
    load, work = DATA[data]
    X, y = load(return_X_y=True)
    folds = cross_validate(X, y, work.scaled(options.quick), SETTINGS[settings], 1 if options.quick else 3)
    timings = {name: Timing.of([fold.seconds for fold in of_one]) for name, of_one in folds.items()}
    return [
        [
            f"{data}, {settings}",
            name,
            f"{number(timings[name].median * 1e3)} ({number(timings[name].best * 1e3)})",
            f"{number(timings[name].median / timings[OURS].median)}×",
            mean_and_deviation([fold.accuracy for fold in of_one]),
            mean_and_deviation([fold.log_loss for fold in of_one]),
        ]
        for name, of_one in folds.items()
    ]


def cross_validate(X: Any, y: Any, work: Work, make: Callable, n_repeats: int) -> dict[str, list[Fold]]:
    """Train both classifiers on every fold, in turn."""
    folds: dict[str, list[Fold]] = {OURS: [], MLP: []}
    splits = RepeatedStratifiedKFold(n_splits=5, n_repeats=n_repeats, random_state=0).split(X, y)
    for seed, (train, test) in enumerate(splits):
        scaler = StandardScaler().fit(X[train])
        X_train, X_test = scaler.transform(X[train]), scaler.transform(X[test])
        for name, classifier in make(work, len(train), seed).items():
            start = time.perf_counter()
            classifier.fit(X_train, y[train])
            seconds = time.perf_counter() - start
            accuracy = accuracy_score(y[test], classifier.predict(X_test))
            loss = log_loss(y[test], classifier.predict_proba(X_test))
            folds[name].append(Fold(seconds, accuracy, loss))
    return folds


def mean_and_deviation(values: list[float]) -> str:
    """Write the mean and the standard deviation."""
    return f"{fmean(values):.4f} ± {stdev(values):.4f}"
