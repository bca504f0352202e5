"""Outputs for a row alone and among others differ by rounding only, within a derived bound.

The page on reproducibility states the bound. Each hidden input and each logit is a sum of products, and a sum
of n terms, in any order, is within n u / (1 - n u) of the sum of its terms' absolute values; u = eps / 2. The
built-in activations have slopes of at most 1, and at most 16 u is lost in computing one. Twice that, since
both sides are rounded, for the n_features + 1 terms of a hidden input, the 16 of its activation, and the
n_hidden + 1 terms of a logit. The slopes of gelu and silu are up to 1.13, and their bounds that much larger.
"""

import numpy as np
import pytest
import scipy.sparse

from sknn_scratch import ShallowNNClassifier
from sknn_scratch._core.activations import ACTIVATIONS

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:Features such as"),
]

N_HIDDEN = 37
ACTIVATION_ROUNDINGS = 16
LARGEST_SLOPES = {"gelu": 1.13, "silu": 1.13}  # of others, 1

every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])
one_or_several_outputs = pytest.mark.parametrize("n_classes", [2, 3])


def twice_gamma(n, dtype):
    n_eps = n * float(np.finfo(dtype).eps)
    return n_eps / (1 - n_eps / 2)


def bounds(clf, X):
    """Bound the differences of hidden values (n_samples, n_hidden) and logits (n_samples, n_outputs)."""
    (w_hidden, w_output), (b_hidden, b_output) = (
        [abs(array.astype(np.float64)) for array in arrays] for arrays in (clf.coefs_, clf.intercepts_)
    )
    sizes_hidden = LARGEST_SLOPES.get(clf.activation, 1) * (1 + abs(X) @ w_hidden + b_hidden)
    sizes_output = sizes_hidden @ w_output + b_output
    n_of_hidden = X.shape[1] + 1 + ACTIVATION_ROUNDINGS
    return (
        twice_gamma(n_of_hidden, clf.coefs_[0].dtype) * sizes_hidden,
        twice_gamma(n_of_hidden + N_HIDDEN + 1, clf.coefs_[0].dtype) * sizes_output,
    )


def make_fit(activation, dtype, n_classes, n_features=10, n_samples=1100):
    """Fit a network whose large weights nearly cancel; return it and rows in its precision.

    Pairs of features are large and nearly opposite, up to the size of a row.
    """
    rng, X = np.random.default_rng(0), np.empty((n_samples, n_features), dtype)
    halves = rng.normal(size=(n_samples, n_features // 2)) * 10.0 ** rng.uniform(-2, 4, (n_samples, 1))
    X[:, ::2], X[:, 1::2] = halves, -halves * (1 + 1e-6 * rng.normal(size=halves.shape))
    y = np.arange(n_samples) % n_classes
    clf = ShallowNNClassifier(
        N_HIDDEN, activation, alpha=1.0, dtype=dtype, max_iter=1, early_stopping=False, random_state=0
    )
    clf.fit(X[:50], y[:50])
    clf.coefs_[0][1::2] = clf.coefs_[0][::2]
    clf.coefs_[1][1 : N_HIDDEN - 1 : 2] = -clf.coefs_[1][: N_HIDDEN - 1 : 2]
    return clf, X


def parts(n_samples):
    """Slices of 1, 2, 7, 8, 9 and 1000 rows, at even and odd places."""
    for size in (1, 2, 7, 8, 9, 1000):
        for start in (0, 1, 5, n_samples - size):
            yield slice(start, start + size)


def columns(logits):
    return logits.reshape(len(logits), -1)


def assert_within(difference, bound):
    assert (abs(difference.astype(np.float64)) <= bound).all()


def assert_promise(clf, X, take=None, whole=None):
    """Compare parts of the rows X, as ``take`` gives them, to the same among all of ``whole``."""
    whole = X if whole is None else whole
    hidden, logits = clf.transform(whole), columns(clf.decision_function(whole))
    bound_hidden, bound_logits = bounds(clf, X.astype(np.float64))
    for part in parts(len(X)):
        rows = X[part] if take is None else take(part)
        assert_within(clf.transform(rows) - hidden[part], bound_hidden[part])
        assert_within(columns(clf.decision_function(rows)) - logits[part], bound_logits[part])


@pytest.mark.parametrize(
    ("activation", "n_features"), [*((activation, 10) for activation in ACTIVATIONS), ("relu", 1000)]
)
@every_dtype
@one_or_several_outputs
def test_a_row_alone_and_among_others(activation, n_features, dtype, n_classes):
    assert_promise(*make_fit(activation, dtype, n_classes, n_features))


@every_dtype
def test_sparse_rows_and_dense_ones(dtype):
    clf, X = make_fit("tanh", dtype, 3)
    X = np.where(np.random.default_rng(1).random(X.shape) < 0.5, 0, X)
    sparse = scipy.sparse.csr_array(X)
    for whole in (X, sparse):
        assert_promise(clf, X, lambda part: sparse[part], whole)


@every_dtype
@one_or_several_outputs
def test_probabilities_and_labels(dtype, n_classes):
    """A probability changes by at most half as much as the logits, and is rounded a few times itself."""
    clf, X = make_fit("tanh", dtype, n_classes)
    whole, labels = clf.predict_proba(X), clf.predict(X)
    logits = columns(clf.decision_function(X)).astype(np.float64)
    bound = bounds(clf, X.astype(np.float64))[1].max(axis=1, keepdims=True)
    both = np.sort(np.hstack([logits, np.zeros_like(logits)]) if n_classes == 2 else logits, axis=1)
    is_clear = both[:, -1] - both[:, -2] > 2 * bound[:, 0]
    assert is_clear.mean() > 0.5
    own = (n_classes + ACTIVATION_ROUNDINGS) * np.finfo(dtype).eps
    for part in parts(len(X)):
        assert_within(clf.predict_proba(X[part]) - whole[part], 0.5 * bound[part] + own)
        assert (clf.predict(X[part]) == labels[part])[is_clear[part]].all()
