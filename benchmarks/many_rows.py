"""Many rows: the batches and the patience that "auto" chooses, and the time that features take.

In the first table, each fit is compared with fits that keep the values of few rows: batches of 100 rows, and
a patience of 10 epochs. The data are generated: the clusters of scikit-learn's ``make_classification``, with
a tenth of the labels random, and the answers of a network with random weights, drawn with their
probabilities. The score is the log-loss of 20,000 other rows, divided by the log-loss of predicting the class
shares.

In the second table, half of the fits have 300 further features that say nothing: two thirds are constant, and
the others are zero in all rows but ten. The penalty shrinks their weights for many epochs. If the weights
became subnormal numbers, these fits would take many times as long. The third table has the regressor of
``tabular_pipeline`` and LightGBM, both with their default parameters.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler

from harness import Options, Table, is_installed, limit_threads, relative_log_loss, report_progress
from sknn_scratch import ShallowNNClassifier, tabular_pipeline

ROWS, QUICK_ROWS, N_TEST_ROWS, N_SEEDS = (20_000, 100_000), (12_000,), 20_000, 2
DTYPES, N_IDLE = ("float32", "float64"), 300
VARIANTS = {
    "the defaults": {},
    "`batch_size=100`": {"batch_size": 100},
    "`n_iter_no_change=10`": {"n_iter_no_change": 10},
    "both": {"batch_size": 100, "n_iter_no_change": 10},
}


def clusters(n_rows: int, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows from four clusters for each class."""
    shape = {"n_features": 20, "n_informative": 10, "n_classes": n_classes, "n_clusters_per_class": 4}
    X, y = make_classification(n_rows, **shape, flip_y=0.1, random_state=n_classes)
    return StandardScaler().fit_transform(X), y


def network(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows, and labels from a network with 40 hidden units."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 30))
    outputs = np.maximum(X @ rng.normal(size=(30, 40)), 0) @ rng.normal(size=40)
    standardised = (outputs - outputs.mean()) / outputs.std()
    return X, (rng.random(n_rows) < expit(3 * standardised)).astype(int)


PROBLEMS = {
    "clusters, 2 classes": partial(clusters, n_classes=2),
    "clusters, 3 classes": partial(clusters, n_classes=3),
    "clusters, 5 classes": partial(clusters, n_classes=5),
    "network": network,
}


def answer(options: Options) -> Iterator[Table]:
    """Compare the variants on each problem."""
    sizes, n_seeds = (QUICK_ROWS, 1) if options.quick else (ROWS, N_SEEDS)
    with limit_threads(1):
        rows = [row for n_rows in sizes for name in PROBLEMS for row in compare(name, n_rows, n_seeds)]
    yield Table(
        "The defaults with many rows",
        ("data", "setting", "score", "accuracy", "epochs", "fit, s"),
        rows,
        f"Means over {n_seeds} seeds of the fit; CPU time, one BLAS thread.",
    )
    with limit_threads(1):
        rows = [idle_features(dtype, n_idle, options) for dtype in DTYPES for n_idle in (0, N_IDLE)]
    yield Table(
        "Features that say nothing",
        ("data", "epochs", "fit, s", "predict 100,000 rows, s"),
        rows,
        "CPU time, one BLAS thread; the last column is the best of three.",
    )
    with limit_threads(1):
        rows = [row for n_rows in pipeline_sizes(options) for row in regress(n_rows)]
    yield Table(
        "tabular_pipeline and LightGBM, 20 features",
        ("rows", "regressor", "R2", "fit, s", "predict 100,000 rows, s"),
        rows,
        "CPU time, one thread; the last column is the best of three.",
    )


def compare(problem: str, n_rows: int, n_seeds: int) -> Iterator[tuple[str, ...]]:
    """Fit each variant; yield its row of the table."""
    X, y = PROBLEMS[problem](n_rows + N_TEST_ROWS)
    y_test = y[n_rows:]
    for variant, params in VARIANTS.items():
        report_progress(f"{n_rows} rows of {problem}, {variant}")
        results = []
        for seed in range(n_seeds):
            classifier = ShallowNNClassifier(random_state=seed, **params)
            fitted, seconds = timed(classifier.fit, X[:n_rows], y[:n_rows])
            loss = relative_log_loss(y[:n_rows], y_test, fitted.predict_proba(X[n_rows:]))
            results.append((loss, fitted.score(X[n_rows:], y_test), fitted.n_iter_, seconds))
        loss, accuracy, epochs, seconds = map(fmean, zip(*results, strict=True))
        label = f"{problem}, {n_rows:,} rows"
        yield label, variant, f"{loss:.3f}", f"{accuracy:.3f}", f"{epochs:.0f}", f"{seconds:.2f}"


def idle_features(dtype: str, n_idle: int, options: Options) -> tuple[str, ...]:
    """Fit rows with features that say nothing beside 100 others; return the row of the table."""
    n_rows = 1_000 if options.quick else 12_000
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 100 + n_idle)).astype(dtype)
    y = (X[:, :100] @ rng.normal(size=(100, 3))).argmax(axis=1)
    X[:, 100:] = 0
    X[:, 100 + n_idle // 3 :] = 1
    X[:10, 100 : 100 + n_idle // 3] = 1
    epochs = {"max_iter": 60, "n_iter_no_change": 60, "early_stopping": False}
    report_progress(f"{n_idle} features that say nothing, {dtype}")
    clf, seconds = timed(ShallowNNClassifier(solver="adam", alpha=1.0, random_state=0, **epochs).fit, X, y)
    rows = np.resize(X, (100_000, X.shape[1]))
    label = f"{n_rows:,} rows of 100 features and {n_idle} others, {dtype}"
    return label, f"{clf.n_iter_}", f"{seconds:.2f}", f"{seconds_to_predict(clf, rows):.2f}"


def pipeline_sizes(options: Options) -> tuple[int, ...]:
    """Numbers of rows for the regressors."""
    return (1_000,) if options.quick else (10_000, 30_000)


def regress(n_rows: int) -> Iterator[tuple[str, ...]]:
    """Fit both regressors to a network's answers with noise; yield their rows of the table."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows + N_TEST_ROWS, 20))
    y = np.tanh(X @ rng.normal(size=(20, 30)) / 20**0.5 + rng.normal(size=30)) @ rng.normal(size=30)
    y += rng.normal(size=len(y)) * y.std() / 2
    regressors: dict[str, Any] = {"`tabular_pipeline`": tabular_pipeline("regressor")}
    if is_installed("lightgbm"):
        from lightgbm import LGBMRegressor

        regressors["LightGBM"] = LGBMRegressor(n_jobs=1, verbose=-1)
    for name, regressor in regressors.items():
        report_progress(f"{n_rows} rows, {name}")
        fitted, seconds = timed(regressor.fit, X[:n_rows], y[:n_rows])
        score = fitted.score(X[n_rows:], y[n_rows:])
        to_predict = seconds_to_predict(fitted, np.resize(X, (100_000, 20)))
        yield f"{n_rows:,}", name, f"{score:.3f}", f"{seconds:.2f}", f"{to_predict:.2f}"


def timed(call: Callable[..., Any], *args: Any) -> tuple[Any, float]:
    """Call a function; return its result, and the CPU time in seconds."""
    start = time.process_time()
    result = call(*args)
    return result, time.process_time() - start


def seconds_to_predict(fitted: Any, X: np.ndarray) -> float:
    """Get the best of three CPU times of a prediction."""
    return min(timed(fitted.predict, X)[1] for _ in range(3))
