"""Many rows: the batches and the patience that "auto" chooses.

Each fit is compared with fits that keep the values of few rows: batches of 100 rows, and a patience of 10
epochs. The data are generated: the clusters of scikit-learn's ``make_classification``, with a tenth of the
labels random, and the answers of a network with random weights, drawn with their probabilities. The score is
the log-loss of 20,000 other rows, divided by the log-loss of predicting the class shares.
"""

import time
from collections.abc import Iterator
from functools import partial
from statistics import fmean

import numpy as np
from scipy.special import expit
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler

from harness import Options, Table, limit_threads, relative_log_loss, report_progress
from sknn_scratch import ShallowNNClassifier

ROWS, QUICK_ROWS, N_TEST_ROWS, N_SEEDS = (20_000, 100_000), (12_000,), 20_000, 2
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


def compare(problem: str, n_rows: int, n_seeds: int) -> Iterator[tuple[str, ...]]:
    """Fit each variant; yield its row of the table."""
    X, y = PROBLEMS[problem](n_rows + N_TEST_ROWS)
    y_test = y[n_rows:]
    for variant, params in VARIANTS.items():
        report_progress(f"{n_rows} rows of {problem}, {variant}")
        results = []
        for seed in range(n_seeds):
            start = time.process_time()
            fitted = ShallowNNClassifier(random_state=seed, **params).fit(X[:n_rows], y[:n_rows])
            seconds = time.process_time() - start
            loss = relative_log_loss(y[:n_rows], y_test, fitted.predict_proba(X[n_rows:]))
            results.append((loss, fitted.score(X[n_rows:], y_test), fitted.n_iter_, seconds))
        loss, accuracy, epochs, seconds = map(fmean, zip(*results, strict=True))
        label = f"{problem}, {n_rows:,} rows"
        yield label, variant, f"{loss:.3f}", f"{accuracy:.3f}", f"{epochs:.0f}", f"{seconds:.2f}"
