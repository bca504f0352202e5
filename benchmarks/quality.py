"""Accuracy and time.

The comparison is a stratified 5-fold cross-validation, three times, on scikit-learn's digits and breast
cancer, standardised within each fold. Every fold trains both classifiers, one after the other. "Same
settings": the same units, epochs, batches, learning rate and penalty. (MLPClassifier divides its alpha by
the rows of a batch, so it gets our alpha times batch / rows.) Each classifier draws its initial weights in
its own way. "Defaults": no parameters are set. The log-loss is divided by that of predicting the class
frequencies. The time is CPU time of a fit.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from statistics import fmean, stdev
from typing import Any

from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evaluation import Outcome, evaluate, folds
from harness import Options, Table, Timing, limit_threads, number, report_progress
from rivals import MLP, OURS, mlp_classifier, our_classifier
from sknn_scratch import ShallowNNClassifier
from work import DIGITS, TINY, Work

EPOCHS, ALPHA, N_FOLDS = 50, 1.0, 5
DATA = {
    "digits": (load_digits, replace(DIGITS, epochs=EPOCHS)),
    "breast cancer": (load_breast_cancer, replace(TINY, epochs=EPOCHS)),
}


def same_settings(work: Work) -> dict[str, Any]:
    n_training_rows = work.n_samples * (N_FOLDS - 1) / N_FOLDS
    of_mlp = mlp_classifier(work, alpha=ALPHA * work.batch_size / n_training_rows)
    return {OURS: our_classifier(work, alpha=ALPHA), MLP: of_mlp}


SETTINGS = {
    "same settings": same_settings,
    "defaults": lambda _: {OURS: ShallowNNClassifier(), MLP: MLPClassifier()},
}


def answer(options: Options) -> Iterator[Table]:
    n_repeats = 1 if options.quick else 3
    with limit_threads(1):
        pairs = product(DATA, SETTINGS)
        rows = [row for pair in pairs for row in compare(*pair, n_repeats, options)]
    yield Table(
        "Fit time, accuracy and log-loss",
        ("", "classifier", "fit, ms", "time / ours", "accuracy", "log-loss / constant"),
        rows,
        f"Five folds; cross-validations: {n_repeats}; float64, one BLAS thread: "
        "median (best) fit; mean ± standard deviation over the folds.",
    )


def compare(data: str, settings: str, n_repeats: int, options: Options) -> Iterator[list[str]]:
    """Cross-validate both classifiers; yield a row of the table for each."""
    report_progress(f"{data}, {settings}")
    load, work = DATA[data]
    classifiers = SETTINGS[settings](work.scaled(options.quick))
    outcomes: dict[str, list[Outcome]] = {name: [] for name in classifiers}
    for seed, split in enumerate(folds(*load(return_X_y=True), N_FOLDS, n_repeats)):
        for name, classifier in classifiers.items():
            outcomes[name].append(evaluate(make_pipeline(StandardScaler(), classifier), split, seed))
    timings = {name: Timing.of([one.seconds for one in of_one]) for name, of_one in outcomes.items()}
    for name, of_one in outcomes.items():
        fit = f"{number(timings[name].median * 1e3)} ({number(timings[name].best * 1e3)})"
        ratio = f"{number(timings[name].median / timings[OURS].median)}×"
        scores = map(mean_and_deviation, zip(*((one.score, one.loss) for one in of_one), strict=True))
        yield [f"{data}, {settings}", name, fit, ratio, *scores]


def mean_and_deviation(values: tuple[float, ...]) -> str:
    return f"{fmean(values):.4f} ± {stdev(values):.4f}"
