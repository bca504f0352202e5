"""Curves that bend, and classes whose borders do, with the defaults.

Sines of one feature with a little noise, and three borders between two classes of points in a plane: a
checkerboard, rings and spirals. The table has the test loss, a mean over five seeds: the log-loss is divided
by the log-loss of predicting the class frequencies, and the RMSE by that of predicting the mean. The noise of
the sines alone is about 0.14 of it. The rows for training and test are drawn from the same distribution. The
solver changes at 1,500 rows, and 1,450 and 1,550 are on both sides of it. With ``init_scale=1``, the weights
of the sines start as by default, but the biases start at zero. "glorot" starts with smaller weights than the
default. The units are relu, if nothing is said.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from evaluation import Split, evaluate, mean
from harness import Options, Table, limit_threads, report_progress
from rivals import OURS
from sknn_scratch import ShallowNNClassifier, ShallowNNRegressor

N_SEEDS, N_TEST = 5, 4000
SIZES = (200, 1000, 1450, 1550, 4000)
VARIANTS = {
    OURS: {},
    "init_scale=1": {"init_scale": 1.0},
    "tanh": {"activation": "tanh"},
    "tanh, glorot": {"activation": "tanh", "init_scale": "glorot"},
}
RIVALS = {"scikit-learn's MLP": {}, "MLP, tanh": {"activation": "tanh"}}


def sine(frequency: float, n: int, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, n)
    return x[:, np.newaxis], np.sin(frequency * x) + rng.normal(scale=0.1, size=n)


def rings(n: int, seed: int) -> Any:
    X = np.random.default_rng(seed).standard_normal((n, 2))
    return X, (np.sin(3 * np.linalg.norm(X, axis=1)) > 0).astype(int)


def checkerboard(n: int, seed: int) -> Any:
    X = np.random.default_rng(seed).uniform(-2, 2, (n, 2))
    return X, np.floor(X).sum(axis=1).astype(int) % 2


def spirals(n: int, seed: int) -> Any:
    """Draw two spirals of one and a half turns."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    angles = 3 * np.pi * np.sqrt(rng.uniform(size=n))
    phases = angles + np.pi * y
    X = angles[:, np.newaxis] / np.pi * np.column_stack([np.cos(phases), np.sin(phases)])
    return X + rng.normal(scale=0.1, size=(n, 2)), y


PROBLEMS: dict[str, Callable[[int, int], Any]] = {
    **{f"sin({frequency} x)": partial(sine, frequency) for frequency in (2, 4, 6, 8)},
    "checkerboard": checkerboard,
    "rings": rings,
    "two spirals": spirals,
}


def answer(options: Options) -> Iterator[Table]:
    n_seeds, sizes = (1, SIZES[:1]) if options.quick else (N_SEEDS, SIZES)
    rows = []
    with limit_threads(1):
        for problem, draw in PROBLEMS.items():
            report_progress(problem)
            ours, theirs = (
                (ShallowNNRegressor, MLPRegressor)
                if problem.startswith("sin")
                else (ShallowNNClassifier, MLPClassifier)
            )
            models = [ours(**own) for own in VARIANTS.values()] + [theirs(**own) for own in RIVALS.values()]
            for n in sizes:
                splits = [Split(*draw(n, seed), *draw(N_TEST, seed + 1000)) for seed in range(n_seeds)]
                fits = [
                    mean([evaluate(model, split, seed) for seed, split in enumerate(splits)])
                    for model in models
                ]
                cells = [cell for one in fits for cell in (f"{one.loss:.3f}", f"{1e3 * one.seconds:.0f}")]
                rows.append([f"{problem}, {n:,} rows", *cells])
    columns = ("", *(f"{name}: {what}" for name in (*VARIANTS, *RIVALS) for what in ("loss", "fit, ms")))
    yield Table("Loss on curves that bend", columns, rows, f"Seeds 0 to {n_seeds - 1}; one BLAS thread.")
