"""However long a weight or a moment shrinks, it never becomes subnormal: products with it would be slow."""

import numpy as np
import pytest
from sklearn.base import clone

from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier
from tests.helpers import STOCHASTIC

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def assert_none(clf, *others):
    """Assert that no parameter, no moment and no number in other arrays is subnormal."""
    for array in (*clf.coefs_, *clf.intercepts_, *clf._kept_["memory"].values(), *others):
        assert not ((array != 0) & (np.abs(array) < np.finfo(array.dtype).smallest_normal)).any()


def rows_with_features_that_say_nothing():
    """A constant feature, one that is always zero, and one that a single row has."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 6)).astype(np.float32)
    X[:, 3], X[:, 4:] = 1, 0
    X[0, 5] = 1
    return X, X[:, 0] * X[:, 1] > 0


def trained_for_long(**params):
    """A network whose penalty and learning rate leave units that are dead."""
    fixed = {"batch_size": 25, "learning_rate": 0.1, "max_iter": 300, "n_iter_no_change": 300, "tol": 0}
    return ShallowNNClassifier(8, **(fixed | params), warm_start=True, random_state=0)


@pytest.mark.parametrize("alpha", [0.0, 30.0])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_constant_features_and_dead_units_leave_none(solver, alpha):
    X, y = rows_with_features_that_say_nothing()
    clf = trained_for_long(solver=solver, alpha=alpha).fit(X, y)
    assert clf.coefs_[0].dtype == np.float32
    assert_none(clf, clf.transform(X))


def test_many_calls_of_a_few_updates_leave_none():
    X, y = rows_with_features_that_say_nothing()
    clf = trained_for_long(solver="adam", alpha=0.0)
    for _ in range(201):
        clf.partial_fit(X, y, classes=[False, True])
    assert clf._kept_["n_updates"] == 804
    assert_none(clf)


def test_networks_that_are_trained_together_are_cleared_alike():
    X, y = rows_with_features_that_say_nothing()
    clf = trained_for_long(solver="adam", alpha=1.0)
    ensemble = ShallowNNEnsembleClassifier(**clf.get_params(), n_networks=2).fit(X, y)
    for together in ensemble.estimators_:
        alone = clone(together).fit(X, y)
        np.testing.assert_array_equal(together.coefs_[0], alone.coefs_[0])
