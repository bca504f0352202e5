"""Wide rows, in a space with as many dimensions as rows."""

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.network import make_batch
from sknn_scratch._core.parameters import initialise, view_parameters
from sknn_scratch._core.row_space import RowSpace, is_wide
from sknn_scratch._core.rows import rows_of
from tests.helpers import make_network, make_problem, objective_and_gradient

WIDE = make_problem("multiclass", n_samples=8, n_features=20)
NETWORK = make_network(WIDE)


def space_of(X, init_scale=0.5):
    """Make the space of rows, and the first parameters with all features."""
    params = initialise(NETWORK.shape, init_scale, np.random.default_rng(0), X.dtype)
    return RowSpace(X, NETWORK.shape, params), params


def test_dense_rows_with_twice_as_many_features_are_wide():
    wide, narrow = WIDE.X[:, :16], WIDE.X[:, :15]
    assert is_wide(rows_of(wide))
    assert not is_wide(rows_of(narrow))
    assert not is_wide(rows_of(scipy.sparse.csr_array(wide)))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_parameters_come_back(dtype):
    space, params = space_of(WIDE.X.astype(dtype))
    assert space.X.shape == (8, 9)
    assert space.params.dtype == dtype
    assert_allclose(space.widen(space.params), params, atol=10 * np.finfo(dtype).eps)


def test_weights_of_zero_stay_zero():
    space, _ = space_of(WIDE.X, init_scale=0.0)
    assert_array_equal(space.widen(space.params), 0)


def test_a_step_in_the_space_is_a_step_with_all_features():
    space, params = space_of(WIDE.X)
    narrow = NETWORK._replace(shape=space.shape)
    for _ in range(3):
        values, steps = [], []
        for network, X, at in ((NETWORK, WIDE.X, params), (narrow, space.X, space.params)):
            value, gradient = objective_and_gradient(
                network, at, make_batch(rows_of(X), WIDE.targets, None), penalty=0.3
            )
            values.append((value, gradient @ gradient, gradient @ at))
            steps.append(at - 0.5 * gradient)
        assert_allclose(*values, rtol=1e-12)
        params, space.params = steps
        assert_allclose(space.widen(space.params), params, atol=1e-14)


def test_dependent_rows_and_features_of_zero_are_no_exception():
    X = WIDE.X.copy()
    X[4:], X[:, :3] = X[:4], 0
    space, params = space_of(X)
    assert_allclose(space.widen(space.params), params, atol=1e-15)
    hidden_inputs = [
        rows @ view_parameters(flat, shape).w_hidden
        for rows, flat, shape in ((X, params, NETWORK.shape), (space.X, space.params, space.shape))
    ]
    assert_allclose(*hidden_inputs, atol=1e-14)
