"""Problems of a few points, with the defaults.

The table has the test accuracy, a mean over five seeds, for typical first examples. The points for training
and test are drawn from the same distribution. XOR and parity without noise, and one point for each class,
have no other points, so they are tested on the training points. Iris and wine are halved. "Warned" counts
the fits with a warning. Most warnings of MLPClassifier are about ``max_iter``.
"""

import itertools
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np
from sklearn.datasets import load_iris, load_wine, make_circles, make_moons
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from harness import Options, Table, limit_threads, report_progress
from rivals import MLP, OURS
from sknn_scratch import ShallowNNClassifier

N_SEEDS, N_TEST = 5, 2000
CLASSIFIERS = {OURS: ShallowNNClassifier, MLP: MLPClassifier}


def parity(n_bits: int) -> Any:
    """List all rows of so many bits, and whether they have an odd number of ones; with two bits, XOR."""
    X = np.array(list(itertools.product([0.0, 1.0], repeat=n_bits)))
    return X, X.sum(axis=1) % 2


def noisy_xor(n: int, seed: int) -> Any:
    """Draw points around the four corners of a square, opposite ones of the same class."""
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 2, (n, 2))
    return corners + rng.normal(scale=0.2, size=(n, 2)), corners.sum(axis=1) % 2


def spirals(n: int, seed: int) -> Any:
    """Draw two spirals of one and a half turns."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    angles = 3 * np.pi * np.sqrt(rng.uniform(size=n))
    phases = angles + np.pi * y
    X = angles[:, np.newaxis] / np.pi * np.column_stack([np.cos(phases), np.sin(phases)])
    return X + rng.normal(scale=0.1, size=(n, 2)), y


def checkerboard(n: int, seed: int) -> Any:
    """Draw points of a board of four by four squares of length one."""
    X = np.random.default_rng(seed).uniform(-2, 2, (n, 2))
    return X, np.floor(X).sum(axis=1) % 2


def fresh(draw: Callable[[int, int], Any], n: int, seed: int) -> Any:
    """Draw n points to train on, and others to test with."""
    return *draw(n, seed), *draw(N_TEST, seed + 1000)


def the_same(X: Any, y: Any, seed: int) -> Any:
    """Train on points, and test with them."""
    return X, y, X, y


def halves(load: Callable[..., Any], scaled: bool, seed: int) -> Any:
    """Train on one half of the rows, and test with the other."""
    X_train, X_test, y_train, y_test = train_test_split(
        *load(return_X_y=True), test_size=0.5, stratify=load().target, random_state=seed
    )
    if scaled:
        scaler = StandardScaler().fit(X_train)
        X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
    return X_train, y_train, X_test, y_test


def moons(n: int, seed: int) -> Any:
    """Draw two half circles."""
    return make_moons(n, noise=0.2, random_state=seed)


def circles(n: int, seed: int) -> Any:
    """Draw two circles, one in the other."""
    return make_circles(n, noise=0.1, factor=0.5, random_state=seed)


# Each takes a seed, and gives X and y to train on, then X and y to test with.
PROBLEMS: dict[str, Callable[[int], Any]] = {
    "XOR, 4 points": partial(the_same, *parity(2)),
    "XOR, 100 noisy points": partial(fresh, noisy_xor, 100),
    "parity of 3 bits": partial(the_same, *parity(3)),
    **{f"two circles, {n} points": partial(fresh, circles, n) for n in (40, 50, 100, 200)},
    **{f"two moons, {n} points": partial(fresh, moons, n) for n in (40, 100, 200)},
    "two spirals, 200 points": partial(fresh, spirals, 200),
    **{f"checkerboard, {n} points": partial(fresh, checkerboard, n) for n in (400, 600)},
    "3 points, 3 classes": partial(the_same, np.eye(3), np.arange(3)),
    "iris, raw": partial(halves, load_iris, False),
    "iris, scaled": partial(halves, load_iris, True),
    "wine, raw": partial(halves, load_wine, False),
    "wine, scaled": partial(halves, load_wine, True),
}


def answer(options: Options) -> Iterator[Table]:
    """Compare the classifiers on every problem."""
    n_seeds = 1 if options.quick else N_SEEDS
    results = {}
    with limit_threads(1):
        for problem, draw in PROBLEMS.items():
            report_progress(problem)
            results[problem] = {
                name: [evaluate(classifier, seed, *draw(seed)) for seed in range(n_seeds)]
                for name, classifier in CLASSIFIERS.items()
            }
    rows = [[problem, *cells(of_problem)] for problem, of_problem in results.items()]
    rows.append(["all", *cells(joined(list(results.values())))])
    columns = ("", *(f"{name}: {what}" for name in CLASSIFIERS for what in ("accuracy", "warned", "fit, ms")))
    yield Table("Accuracy on tiny problems", columns, rows, f"Seeds 0 to {n_seeds - 1}; one BLAS thread.")


def evaluate(classifier: Any, seed: int, X: Any, y: Any, X_test: Any, y_test: Any) -> dict[str, float]:
    """Train with the defaults, and score."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.process_time()
        fitted = classifier(random_state=seed).fit(X, y)
        seconds = time.process_time() - start
    return {"accuracy": fitted.score(X_test, y_test), "warned": len(caught) > 0, "seconds": seconds}


def joined(results: list[dict[str, list[dict[str, float]]]]) -> dict[str, list[dict[str, float]]]:
    """Put the fits of all problems together; each problem has as many."""
    return {name: [fit for of_problem in results for fit in of_problem[name]] for name in CLASSIFIERS}


def cells(fits: dict[str, list[dict[str, float]]]) -> list[str]:
    """Write the means of the fits of each classifier, and how many of them warned."""
    return [
        cell
        for name in CLASSIFIERS
        for cell in (
            f"{fmean(fit['accuracy'] for fit in fits[name]):.3f}",
            f"{sum(fit['warned'] for fit in fits[name])} of {len(fits[name])}",
            f"{1e3 * fmean(fit['seconds'] for fit in fits[name]):.0f}",
        )
    ]
