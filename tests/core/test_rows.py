"""All kinds of rows have the same products and pools."""

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.parameters import NetworkShape, view_parameters
from sknn_scratch._core.rows import DenseRows, RowsWithOnes, SparseRows, rows_of
from tests.helpers import matrix_of

# Each kind of rows, made of dense matrices (K, n_samples, n_features); those of one are not stacked.
KINDS_OF_ROWS = {
    "dense": lambda matrices: DenseRows(unstacked(matrices)),
    "with ones": lambda matrices: RowsWithOnes(np.insert(unstacked(matrices), 0, 1, axis=-1)),
    "csr_array": lambda matrices: sparse_rows(scipy.sparse.csr_array, matrices),
    "csr_matrix": lambda matrices: sparse_rows(scipy.sparse.csr_matrix, matrices),
}
every_kind = pytest.mark.parametrize("kind", KINDS_OF_ROWS)
one_network_or_a_stack = pytest.mark.parametrize("n_networks", [1, 3])


def unstacked(matrices):
    return matrices if len(matrices) > 1 else matrices[0]


def sparse_rows(csr, matrices):
    return SparseRows([csr(one) for one in matrices], stacked=len(matrices) > 1)


def random_dense(n_networks, dtype=np.float64):
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(n_networks, 6, 5))
    dense[rng.random(dense.shape) > 0.4] = 0
    dense[0, 2] = 0  # an empty row
    return dense.astype(dtype)


def make_rows(kind, n_networks=1, dtype=np.float64):
    """Rows of a kind, and their matrices (..., n_samples, n_features) as an array."""
    dense = random_dense(n_networks, dtype)
    return KINDS_OF_ROWS[kind](dense), unstacked(dense)


def random_parameters(stack_shape, dtype):
    shape = NetworkShape(n_features=5, n_hidden=3, n_outputs=2)
    flat = np.random.default_rng(1).normal(size=(*stack_shape, shape.n_params)).astype(dtype)
    return view_parameters(flat, shape)


# --- Products ---


@every_kind
@one_network_or_a_stack
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_with_the_weights_and_biases_and_with_the_transpose(kind, n_networks, dtype):
    rows, dense = make_rows(kind, n_networks, dtype=dtype)
    params, grads = (random_parameters(dense.shape[:-2], dtype) for _ in range(2))
    eps = np.finfo(dtype).eps
    hidden_input = np.full((*dense.shape[:-1], 3), np.nan, dtype)
    rows.fill_hidden_input(params, hidden_input)
    assert_allclose(
        hidden_input, np.matmul(dense, params.w_hidden) + params.b_hidden, rtol=1e-5, atol=4 * eps
    )
    grads.flat[...] = np.nan
    delta = np.random.default_rng(2).normal(size=hidden_input.shape).astype(dtype)
    rows.fill_hidden_gradients(delta, np.ones((1, 6), dtype), grads)
    assert_allclose(grads.w_hidden, np.matmul(dense.mT, delta), rtol=1e-5, atol=8 * eps)
    assert_allclose(grads.b_hidden, delta.sum(axis=-2, keepdims=True), rtol=1e-5, atol=8 * eps)
    assert np.isnan(grads.output_flat).all()


# --- Pools ---


@every_kind
@pytest.mark.parametrize("n_networks", [1, 3])
def test_rows_of_single_networks_are_stacked_or_put_one_below_the_other(kind, n_networks):
    dense = random_dense(n_networks)
    rows = [KINDS_OF_ROWS[kind](dense[[k]]) for k in range(n_networks)]
    stacked = type(rows[0]).stack(rows)
    assert_array_equal(matrix_of(stacked), dense)  # with a network axis even for one
    assert (stacked.n_samples, stacked.n_features) == (6, 5)
    together = type(rows[0]).concatenate(rows)
    assert_array_equal(matrix_of(together), dense.reshape(-1, 5))
    assert together.n_samples == 6 * n_networks


@pytest.mark.parametrize("rows", [None, np.array([4, 0, 3])])
def test_rows_with_a_feature_are_counted(rows):
    dense = np.array([[1, 0, 2, 0], [0, 0, 3, 0], [5, 0, 0, 0], [0, 0, 6, 7], [8, 0, 9, 1]], float)
    dense = np.tile(dense, (4000, 1))  # more than are counted at once
    X = scipy.sparse.csr_array(dense)
    chosen = dense if rows is None else dense[rows]
    assert_array_equal(rows_of(X).count_rows_with_feature(rows), (chosen != 0).sum(axis=0))
