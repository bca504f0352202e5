"""Two checkouts of sknn_scratch side by side, in one interleaved run.

    python benchmarks/compare.py ../older                  the checkout with this file, and another one
    python benchmarks/compare.py ../older --only tiny      only rows whose names contain a word

Each checkout has its own process. They take turns, A B A B ..., so that other work of the machine slows both
alike. A ratio above 1 means that the checkout with this file takes longer than the other. All use one BLAS
thread.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold

from harness import forget_choices, limit_threads, repeated, silence_convergence_warnings
from predict import N_ROWS, NETWORKS, rows_to_predict
from rivals import our_classifier
from search import OURS, SEARCHES, SMALL_WORK, our_ensemble
from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier
from steps import SMALL_FITS, WORKS
from work import Work, standardised

ROOT = Path(__file__).parents[1]
GRID = {"activation": ["relu", "tanh", "sigmoid"]}
FOLDS = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=0)
# Fits by L-BFGS, which end when they have converged.
LBFGS = {
    "fit": ShallowNNClassifier,
    "ensemble of 8": partial(ShallowNNEnsembleClassifier, n_networks=8),
    "search of 45 fits": lambda **own: GridSearchCV(ShallowNNClassifier(**own), GRID, cv=FOLDS),
}


def rows() -> Iterator[tuple[str, Callable[[], Callable[[], object]]]]:
    """Yield what is timed: a name, and a function that prepares the call."""
    for dtype in ("float64", "float32"):
        for work in WORKS:
            yield f"fit, {work.name}, {dtype}", partial(prepare_fit, our_classifier, work, dtype)
        for work in SMALL_FITS:
            prepare = partial(prepare_fit, our_classifier, work, dtype, n_calls=100)
            yield f"overhead, {work.name}, {dtype}", prepare
        for work, n_rows in product(NETWORKS, N_ROWS):
            name = f"predict_proba, {work.name}, {n_rows:,} rows, {dtype}"
            yield name, partial(prepare_prediction, work, n_rows, dtype)
        search = partial(prepare_fit, lambda _: SEARCHES[0].ways()[OURS], SMALL_WORK, dtype)
        yield f"search, 12 candidates, 5 folds, {dtype}", search
        yield f"ensemble of 8, {dtype}", partial(prepare_fit, our_ensemble, SMALL_WORK, dtype)
    for load, alpha, what in product((load_breast_cancer, load_digits, load_iris), ("auto", 1.0), LBFGS):
        name = f"lbfgs, {what}, {load.__name__.removeprefix('load_')}, alpha={alpha}"
        yield name, partial(prepare_lbfgs, LBFGS[what], load, alpha)


def prepare_fit(
    make: Callable[[Work], Any], work: Work, dtype: str, n_calls: int = 1
) -> Callable[[], object]:
    X, y = work.data(dtype)
    return repeated(partial(make(work).fit, X, y), n_calls)


def prepare_prediction(work: Work, n_rows: int, dtype: str) -> Callable[[], object]:
    X, y = rows_to_predict(work, n_rows, dtype)
    classifier = our_classifier(work).fit(X[: work.n_samples], y[: work.n_samples])
    return repeated(partial(classifier.predict_proba, X[:n_rows]), N_ROWS[n_rows])


def prepare_lbfgs(make: Callable[..., Any], load: Callable, alpha: float | str) -> Callable[[], object]:
    estimator = make(solver="lbfgs", alpha=alpha, random_state=0)
    return partial(estimator.fit, *standardised(load, 600))


def work_for_the_other_process() -> None:
    """Prepare and time rows as the standard input asks for them, one line each."""
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


class Checkout:
    """A process that times rows with the package of one checkout."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(path), "--worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(path)},
        )

    def time(self, name: str) -> float:
        print(name, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())


def compare(other: Path, only: str, repeats: int) -> None:
    """Print a line for each row: both times, and the ratio of medians and of the best."""
    ours, theirs = Checkout(ROOT), Checkout(other)
    print("| | this, ms | other, ms | median | best |\n|---|---:|---:|---:|---:|")
    for name in dict(rows()):
        if only not in name:
            continue
        pairs = [(ours.time(name), theirs.time(name)) for _ in range(repeats)]
        medians = [1e3 * statistics.median(times) for times in zip(*pairs, strict=True)]
        best = [1e3 * min(times) for times in zip(*pairs, strict=True)]
        ratios = f"{medians[0] / medians[1]:.3f}× | {best[0] / best[1]:.3f}×"
        print(f"| {name} | {medians[0]:.2f} | {medians[1]:.2f} | {ratios} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("other", type=Path, help="a checkout of another version")
    parser.add_argument("--only", default="", help="rows whose names contain this")
    parser.add_argument("--repeats", type=int, default=7, help="of each row, in each checkout (default: 7)")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        work_for_the_other_process()
    elif not (args.other / "sknn_scratch").is_dir():
        parser.error(f"{args.other} has no package sknn_scratch")
    else:
        compare(args.other.resolve(), args.only, args.repeats)


if __name__ == "__main__":
    main()
