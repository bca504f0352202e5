"""The memory of a fit of many features.

Every fit has a new process. The memory is what Python and NumPy have allocated at the peak (tracemalloc), X
itself not counted.
"""

import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse

from harness import MEGABYTE, Options, Table, in_fresh_process, report_progress
from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier

N_ROWS, WORDS = 300, 100
MANY = {"max_iter": 10, "alpha": 1.0, "random_state": 0}


def answer(options: Options) -> Iterator[Table]:
    rows = []
    for n_features in [2**12] if options.quick else [2**15, 2**18, 2**20]:
        report_progress(f"{n_features:,} features")
        peaks = [in_fresh_process(peak, n_features, way) for way in WAYS]
        weights = 8 * n_features * ShallowNNClassifier().n_hidden
        rows.append([f"{n_features:,}", *(f"{one / MEGABYTE:,.0f}" for one in (weights, *peaks))])
    yield Table(
        f"Peak memory of a fit of {N_ROWS} rows with many features, MiB",
        ("features", "weights", *WAYS),
        rows,
        f"float64, the default of 100 units, 2 classes, 10 epochs. A row has {WORDS} values, as of hashed "
        'words, and some thousand features occur. "Weights" are those of the hidden layer, which count too.',
    )


def peak(n_features: int, way: str) -> int:
    """Fit rows of words, whose frequencies follow Zipf's law; measure the bytes allocated at the peak."""
    rng = np.random.default_rng(0)
    words = n_features ** rng.random(N_ROWS * WORDS)
    ends = np.arange(N_ROWS + 1) * WORDS
    X = scipy.sparse.csr_array((rng.random(len(words)), words.astype(int) - 1, ends), (N_ROWS, n_features))
    tracemalloc.start()
    WAYS[way](X, np.arange(N_ROWS) % 2)
    return tracemalloc.get_traced_memory()[1]


def fit_two_parts(X: Any, y: Any) -> None:
    """Train further on a second part, when the network and the memory of its optimiser are there."""
    network = ShallowNNClassifier(random_state=0)
    for some in (slice(N_ROWS // 2), slice(N_ROWS // 2, None)):
        network.partial_fit(X[some], y[some], classes=[0, 1])


WAYS = {
    "lbfgs": ShallowNNClassifier(solver="lbfgs", **MANY).fit,
    "adam": ShallowNNClassifier(solver="adam", **MANY).fit,
    "partial_fit, twice": fit_two_parts,
    "ensemble of 4": ShallowNNEnsembleClassifier(n_networks=4, **MANY).fit,
}
