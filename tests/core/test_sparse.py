import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.sparse import ColumnSelector, SparseRows, slice_rows

every_csr = pytest.mark.parametrize("csr", [scipy.sparse.csr_array, scipy.sparse.csr_matrix])


def random_dense(n_networks, n_samples=6, n_features=5):
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(n_networks, n_samples, n_features)) * (
        rng.random((n_networks, n_samples, n_features)) < 0.4
    )
    dense[0, 2] = 0  # an empty row
    return dense


@every_csr
def test_products_of_one_network_equal_dense_ones(csr):
    (dense,) = random_dense(1)
    X = SparseRows([csr(dense)], stacked=False)
    rng = np.random.default_rng(1)
    w, delta = rng.normal(size=(5, 3)), rng.normal(size=(6, 3))
    product, transposed = np.full((6, 3), np.nan), np.full((5, 3), np.nan)
    X.multiply(w, product)
    X.mT.multiply(delta, transposed)
    assert X.shape == (6, 5)
    assert_allclose(product, dense @ w, atol=1e-14)
    assert_allclose(transposed, dense.T @ delta, atol=1e-14)


@every_csr
def test_products_of_a_stack_equal_dense_ones(csr):
    dense = random_dense(3)
    X = SparseRows([csr(one) for one in dense], stacked=True)
    rng = np.random.default_rng(1)
    w, delta = rng.normal(size=(3, 5, 2)), rng.normal(size=(3, 6, 2))
    product, transposed = np.full((3, 6, 2), np.nan), np.full((3, 5, 2), np.nan)
    X.multiply(w, product)
    X.mT.multiply(delta, transposed)
    assert X.shape == (3, 6, 5)
    assert_allclose(product, dense @ w, atol=1e-14)
    assert_allclose(transposed, dense.mT @ delta, atol=1e-14)


def test_a_stack_of_one_keeps_its_network_axis():
    X = SparseRows([scipy.sparse.csr_array(random_dense(1)[0])], stacked=True)
    assert X.shape == (1, 6, 5)


def test_single_networks_are_stacked():
    dense = random_dense(2)
    stacked = SparseRows.stack([SparseRows([scipy.sparse.csr_array(one)], stacked=False) for one in dense])
    assert stacked.shape == (2, 6, 5)
    assert_array_equal([one.toarray() for one in stacked.matrices], dense)


@pytest.mark.parametrize("rows", [slice(0, 2), slice(2, 3), slice(4, 100)])
def test_slices_are_those_of_the_dense_rows(rows):
    dense = random_dense(3)
    X = SparseRows([scipy.sparse.csr_array(one) for one in dense], stacked=True)
    part = slice_rows(X, rows)
    assert_array_equal([one.toarray() for one in part.matrices], slice_rows(dense, rows))
    assert part.shape == slice_rows(dense, rows).shape


def test_the_transpose_of_selected_columns_has_those_in_use():
    dense = random_dense(3)
    dense[:, :, [1, 3]] = 0
    dense[1, :, 4] = 0
    select = ColumnSelector(5)
    for one, columns in zip(dense, ([0, 2, 4], [0, 2], [0, 2, 4]), strict=True):
        rows = select(SparseRows([scipy.sparse.csr_array(one)], stacked=False))
        assert_array_equal(rows.columns, columns)
        assert_array_equal(rows.mT.matrices[0].toarray(), one[:, columns].T)
        assert_array_equal(rows.matrices[0].toarray(), one)


def test_values_change_their_precision():
    X = SparseRows([scipy.sparse.csr_array(random_dense(1)[0])], stacked=False)
    assert X.astype(np.float32).matrices[0].dtype == np.float32
    assert X.astype(np.float64, copy=False).matrices[0].data is X.matrices[0].data
