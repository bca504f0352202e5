"""However long a weight or a moment shrinks, it never becomes subnormal: products with it would be slow."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.model_selection import cross_validate

from sknn_scratch import ShallowNNClassifier, train_together
from sknn_scratch._core.optimizers import SOLVERS
from tests.helpers import STOCHASTIC

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def count_subnormal(array):
    return np.count_nonzero((array != 0) & (np.abs(array) < np.finfo(array.dtype).smallest_normal))


def rows_with_features_that_say_nothing(dtype):
    """A constant feature, one that is always zero, and one that a single row has."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 6)).astype(dtype)
    X[:, 3], X[:, 4:] = 1, 0
    X[0, 5] = 1
    return X, X[:, 0] * X[:, 1] > 0


def trained_for_long(**params):
    """A network whose penalty and learning rate leave units that are dead."""
    fixed = {"batch_size": 25, "max_iter": 400, "n_iter_no_change": 400, "tol": 0, "init_scale": "glorot"}
    return ShallowNNClassifier(8, **(fixed | params), warm_start=True, random_state=0)


@pytest.mark.parametrize(("alpha", "dtype"), [(0.0, "float32"), (30.0, "float32"), (30.0, "float64")])
@pytest.mark.parametrize("solver", SOLVERS)
def test_constant_features_and_dead_units_leave_none(solver, alpha, dtype):
    X, y = rows_with_features_that_say_nothing(dtype)
    if SOLVERS[solver].takes_all_rows:
        clf = trained_for_long(solver=solver, alpha=alpha, batch_size="auto").fit(X, y)
    else:
        clf = trained_for_long(solver=solver, alpha=alpha, learning_rate=0.1).fit(X, y)
    assert clf.coefs_[0].dtype == dtype
    for array in (*clf.coefs_, *clf.intercepts_, *clf._kept_["memory"].values(), clf.transform(X)):
        assert count_subnormal(array) == 0


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_features_that_are_updated_lazily_leave_none(solver):
    rng = np.random.default_rng(0)
    X = scipy.sparse.random_array((400, 3000), density=0.002, format="csr", dtype="f", random_state=0)
    y = rng.integers(2, size=400)
    clf = ShallowNNClassifier(
        64,
        solver=solver,
        batch_size=20,
        max_iter=30,
        n_iter_no_change=30,
        alpha=20,
        early_stopping=False,
        learning_rate=0.1,
        warm_start=True,
        random_state=0,
    ).fit(X, y)
    for array in (*clf.coefs_, *clf.intercepts_, *clf._kept_["memory"].values()):
        assert count_subnormal(array) == 0


def test_many_calls_of_a_few_updates_leave_none():
    X, y = rows_with_features_that_say_nothing("float32")
    clf = trained_for_long(solver="adam", alpha=0.0, learning_rate=0.1)
    for _ in range(201):
        clf.partial_fit(X, y, classes=[False, True])
    assert clf._kept_["n_updates"] == 804
    for array in (*clf.coefs_, *clf._kept_["memory"].values()):
        assert count_subnormal(array) == 0


def test_networks_that_are_trained_together_are_cleared_alike():
    X, y = rows_with_features_that_say_nothing("float32")
    clf = trained_for_long(solver="adam", alpha=1.0, learning_rate=0.1, max_iter=250)
    alone = cross_validate(clf, X, y, cv=2, return_estimator=True)
    with train_together():
        together = cross_validate(clf, X, y, cv=2, return_estimator=True)
    for one, other in zip(alone["estimator"], together["estimator"], strict=True):
        np.testing.assert_array_equal(one.coefs_[0], other.coefs_[0])
