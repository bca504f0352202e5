"""Problems of a few points, with the defaults.

The table has the test accuracy, a mean over five seeds, for typical first examples. The points for training
and test are drawn from the same distribution. XOR and parity without noise, and one point for each class,
have no other points, so they are tested on the training points. Iris and wine are halved. "Warned" counts
the fits with a warning. Most warnings of MLPClassifier are about ``max_iter``.
"""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from sklearn.datasets import load_iris, load_wine, make_circles, make_moons
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from evaluation import Outcome, Split, evaluate, mean
from harness import Options, Table, limit_threads, report_progress
from rivals import MLP, OURS
from sknn_scratch import ShallowNNClassifier

N_SEEDS, N_TEST = 5, 2000
CLASSIFIERS = {OURS: ShallowNNClassifier(), MLP: MLPClassifier()}


def parity(n_bits: int) -> Any:
    """List all rows of so many bits, and whether they have an odd number of ones; with two bits, XOR."""
    X = np.array(list(itertools.product([0.0, 1.0], repeat=n_bits)))
    return X, X.sum(axis=1).astype(int) % 2


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
    return X, np.floor(X).sum(axis=1).astype(int) % 2


def moons(n: int, seed: int) -> Any:
    """Draw two half circles."""
    return make_moons(n, noise=0.2, random_state=seed)


def circles(n: int, seed: int) -> Any:
    """Draw two circles, one in the other."""
    return make_circles(n, noise=0.1, factor=0.5, random_state=seed)


def fresh(draw: Callable[[int, int], Any], n: int, seed: int, n_test: int = N_TEST) -> Split:
    """Draw n points to train on, and others to test with."""
    return Split(*draw(n, seed), *draw(n_test, seed + 1000))


def the_same(X: Any, y: Any, seed: int) -> Split:
    """Train on points, and test with them."""
    return Split(X, y, X, y)


def halves(load: Callable[..., Any], scaled: bool, seed: int) -> Split:
    """Train on one half of the rows, and test with the other."""
    X, y = load(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)
    if scaled:
        scaler = StandardScaler().fit(X_train)
        X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
    return Split(X_train, y_train, X_test, y_test)


# Each takes a seed.
PROBLEMS: dict[str, Callable[[int], Split]] = {
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
    seeds = range(1 if options.quick else N_SEEDS)
    rows, of_all = [], {name: [] for name in CLASSIFIERS}
    with limit_threads(1):
        for problem, split in PROBLEMS.items():
            report_progress(problem)
            outcomes = {
                name: [evaluate(classifier, split(seed), seed) for seed in seeds]
                for name, classifier in CLASSIFIERS.items()
            }
            rows.append([problem, *cells(outcomes)])
            of_all = {name: of_all[name] + outcomes[name] for name in of_all}
    rows.append(["all", *cells(of_all)])
    columns = ("", *(f"{name}: {what}" for name in CLASSIFIERS for what in ("accuracy", "warned", "fit, ms")))
    yield Table("Accuracy on tiny problems", columns, rows, f"Seeds 0 to {max(seeds)}; one BLAS thread.")


def cells(outcomes: dict[str, list[Outcome]]) -> list[str]:
    """Write the means of the fits of each classifier, and how many of them warned."""
    means = [(mean(fits), len(fits)) for fits in outcomes.values()]
    return [
        cell
        for one, n in means
        for cell in (f"{one.score:.3f}", f"{one.warned * n:.0f} of {n}", f"{1e3 * one.seconds:.0f}")
    ]
