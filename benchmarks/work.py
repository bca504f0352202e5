"""The work that is timed: data sets, and the networks that are trained on them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import StandardScaler

LEARNING_RATE = 0.001  # of all that train
QUICK_ROWS = 2_000
# This many words, drawn by Zipf's law from 20,000, are 100 different words on average.
TEXT_FEATURES, TEXT_WORDS = 20_000, 136


@dataclass(frozen=True)
class Work:
    """One network to train, on rows that ``load(n_samples)`` returns: X, float64, and y."""

    name: str
    load: Callable[[int], tuple[Any, Any]]
    n_samples: int
    n_hidden: int
    batch_size: int
    epochs: int = 1  # iterations of lbfgs
    solver: str = "adam"  # or "lbfgs"

    def data(self, dtype: str) -> tuple[Any, Any]:
        """Load X in the precision asked for, and y."""
        X, y = self.load(self.n_samples)
        return X.astype(dtype, copy=False), y

    @property
    def steps_per_epoch(self) -> int:
        return -(-self.n_samples // self.batch_size)

    def scaled(self, quick: bool) -> "Work":
        if not quick:
            return self
        return replace(self, n_samples=min(self.n_samples, QUICK_ROWS), epochs=max(1, self.epochs // 20))


def standardised(load: Callable, n_samples: int) -> tuple[Any, Any]:
    X, y = load(return_X_y=True)
    return StandardScaler().fit_transform(X)[:n_samples], y[:n_samples]


def normal_rows(n_features: int, n_classes: int, n_samples: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_samples, n_features))
    return X, _noisy_classes(X, n_classes, rng)


def zipf_text(n_samples: int) -> tuple[Any, Any]:
    """Draw texts: tf-idf of words whose frequency is inverse to their rank, as in natural language."""
    rng = np.random.default_rng(0)
    frequency = 1 / np.arange(1, TEXT_FEATURES + 1)
    words = rng.choice(TEXT_FEATURES, size=(n_samples, TEXT_WORDS), p=frequency / frequency.sum())
    rows = np.repeat(np.arange(n_samples), TEXT_WORDS)
    shape = (n_samples, TEXT_FEATURES)
    counts = scipy.sparse.csr_array((np.ones(words.size), (rows, words.ravel())), shape=shape)
    X = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    return X, _noisy_classes(X, 2, rng)


def _noisy_classes(X: Any, n_classes: int, rng: np.random.Generator) -> Any:
    logits = X @ rng.standard_normal((X.shape[1], n_classes))
    return np.argmax(logits + logits.std() * rng.standard_normal(logits.shape), axis=1)


TINY = Work(
    "tiny: 569 × 30, 16 units, batch 32", partial(standardised, load_breast_cancer), 569, 16, 32, epochs=400
)
DIGITS = Work(
    "digits: 1,797 × 64, 100 units, 10 classes, batch 200",
    partial(standardised, load_digits),
    n_samples=1_797,
    n_hidden=100,
    batch_size=200,
    epochs=200,
)
TABLE = Work(
    "table: 200,000 × 50, 64 units, batch 256", partial(normal_rows, 50, 2), 200_000, 64, 256, epochs=5
)
MNIST_LIKE = Work(
    "mnist-like: 60,000 × 784, 128 units, 10 classes, batch 128",
    partial(normal_rows, 784, 10),
    n_samples=60_000,
    n_hidden=128,
    batch_size=128,
    epochs=2,
)
SPARSE_TEXT = Work(
    "sparse text: 20,000 × 20,000, 100 non-zeros a row, 64 units, batch 200",
    zipf_text,
    n_samples=20_000,
    n_hidden=64,
    batch_size=200,
    epochs=2,
)
FULL_BATCH = replace(
    DIGITS, name="full batch: 1,797 × 64, 100 units, 10 classes, batch 1,797", batch_size=1_797
)
LBFGS = replace(
    FULL_BATCH, name="lbfgs: 1,797 × 64, 100 units, 10 classes, an iteration", solver="lbfgs", epochs=50
)
