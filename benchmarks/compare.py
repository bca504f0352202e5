"""Two checkouts of sknn_scratch side by side, in one interleaved run.

    python benchmarks/compare.py ../older                  the checkout with this file, and another one
    python benchmarks/compare.py ../older --only tiny      only rows whose names contain a word

Each checkout has its own process. They take turns, A B A B ..., so that other work of the machine slows both
alike. A ratio above 1 means that the checkout with this file takes longer than the other. All use one BLAS
thread.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DTYPES = ("float64", "float32")


def rows() -> Iterator[tuple[str, Callable[[], Callable[[], object]]]]:
    """Yield what is timed: a name, and a function that prepares the call."""
    from predict import N_ROWS, NETWORKS
    from steps import SMALL_FITS, WORKS
    from work import TINY

    for dtype in DTYPES:
        for work in WORKS:
            yield f"fit, {work.name}, {dtype}", partial(prepare_fit, work, dtype)
        for work in SMALL_FITS:
            yield f"overhead, {work.name}, {dtype}", partial(prepare_fit, work, dtype, n_calls=100)
        for network in NETWORKS:
            for n_rows, n_calls in N_ROWS.items():
                name = f"predict_proba, {network}, {n_rows:,} rows, {dtype}"
                yield name, partial(prepare_prediction, network, n_rows, n_calls, dtype)
        small = replace(TINY, epochs=50)
        yield f"search, 12 candidates, 5 folds, {dtype}", partial(prepare_search, small, dtype)
        yield f"ensemble of 8, {dtype}", partial(prepare_ensemble, small, dtype)
    for data in ("breast_cancer", "digits", "iris"):
        for alpha in ("auto", 1.0):
            for what in ("fit", "ensemble of 8", "search of 45 fits"):
                yield f"lbfgs, {what}, {data}, alpha={alpha}", partial(prepare_lbfgs, what, data, alpha)


def prepare_fit(work: Any, dtype: str, n_calls: int = 1) -> Callable[[], object]:
    """Prepare the fit of a network."""
    from harness import repeated
    from rivals import our_classifier

    X, y = work.data(dtype)
    return repeated(partial(our_classifier(work).fit, X, y), n_calls)


def prepare_prediction(network: str, n_rows: int, n_calls: int, dtype: str) -> Callable[[], object]:
    """Prepare predictions of a network that is trained first."""
    from harness import repeated
    from predict import NETWORKS, TRAINING_ROWS
    from rivals import our_classifier
    from work import Work, normal_table

    n_features, n_hidden, n_classes = NETWORKS[network]
    load = partial(normal_table, n_features=n_features, n_classes=n_classes)
    X, y = Work(network, load, max(n_rows, TRAINING_ROWS), n_hidden, batch_size=200).data(dtype)
    work = Work(network, load, TRAINING_ROWS, n_hidden, batch_size=200)
    classifier = our_classifier(work).fit(X[:TRAINING_ROWS], y[:TRAINING_ROWS])
    return repeated(partial(classifier.predict_proba, X[:n_rows]), n_calls)


def prepare_search(work: Any, dtype: str) -> Callable[[], object]:
    """Prepare the small search of ``search.py``."""
    from search import OURS, SEARCHES

    X, y = work.data(dtype)
    return partial(SEARCHES[0].ways()[OURS].fit, X, y)


def prepare_ensemble(work: Any, dtype: str) -> Callable[[], object]:
    """Prepare the fit of an ensemble."""
    from rivals import our_classifier
    from sknn_scratch import ShallowNNEnsembleClassifier

    X, y = work.data(dtype)
    return partial(ShallowNNEnsembleClassifier(**our_classifier(work).get_params()).fit, X, y)


def prepare_lbfgs(what: str, data: str, alpha: float | str) -> Callable[[], object]:
    """Prepare fits by L-BFGS that end when they have converged: one, eight, or a search of 45."""
    from sklearn import datasets
    from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold
    from sklearn.preprocessing import scale

    from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier

    X, y = getattr(datasets, f"load_{data}")(return_X_y=True)
    X, y = scale(X)[:600], y[:600]
    params = {"solver": "lbfgs", "alpha": alpha, "random_state": 0}
    if what == "fit":
        return partial(ShallowNNClassifier(**params).fit, X, y)
    if what == "ensemble of 8":
        return partial(ShallowNNEnsembleClassifier(**params, n_networks=8).fit, X, y)
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=0)
    grid = {"activation": ["relu", "tanh", "sigmoid"]}
    return partial(GridSearchCV(ShallowNNClassifier(**params), grid, cv=folds).fit, X, y)


def work_for_the_other_process() -> None:
    """Prepare and time rows as the standard input asks for them, one line each."""
    from harness import limit_threads, silence_convergence_warnings

    silence_convergence_warnings()
    prepare, name, call = dict(rows()), None, None
    for line in sys.stdin:
        if line.strip() != name:
            name = line.strip()
            call = prepare[name]()
            call()  # warms up
        forget_choices()
        with limit_threads(1):
            start = time.perf_counter()
            call()
            print(time.perf_counter() - start, flush=True)


def forget_choices() -> None:
    """Let the next fit choose its alpha anew; older checkouts keep the choices elsewhere, or none."""
    for module in ("choice", "alpha"):
        if find_spec(f"sknn_scratch._fitting.{module}"):
            getattr(import_module(f"sknn_scratch._fitting.{module}"), "memo", {}).clear()


class Checkout:
    """A process that times rows with the package of one checkout."""

    def __init__(self, path: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(path)}
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=path,
        )

    def time(self, name: str) -> float:
        """Time a row once."""
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def compare(other: Path, only: str, repeats: int) -> None:
    """Print a line for each row: both times, and the ratio of medians and of the best."""
    import statistics

    ours, theirs = Checkout(HERE.parent), Checkout(other)
    print("| | this, ms | other, ms | median | best |\n|---|---:|---:|---:|---:|")
    for name, _ in rows():
        if only not in name:
            continue
        pairs = [(ours.time(name), theirs.time(name)) for _ in range(repeats)]
        medians = [1e3 * statistics.median(times) for times in zip(*pairs, strict=True)]
        best = [1e3 * min(times) for times in zip(*pairs, strict=True)]
        ratios = f"{medians[0] / medians[1]:.3f}× | {best[0] / best[1]:.3f}×"
        print(f"| {name} | {medians[0]:.2f} | {medians[1]:.2f} | {ratios} |", flush=True)


def main() -> None:
    """Read the command line."""
    sys.path.insert(0, str(HERE))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("other", nargs="?", type=Path, help="a checkout of another version")
    parser.add_argument("--only", default="", help="rows whose names contain this")
    parser.add_argument("--repeats", type=int, default=7, help="of each row, in each checkout (default: 7)")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        work_for_the_other_process()
    elif args.other is None:
        parser.error("name a checkout of another version")
    else:
        compare(args.other.resolve(), args.only, args.repeats)


if __name__ == "__main__":
    main()
