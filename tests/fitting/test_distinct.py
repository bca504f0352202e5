import numpy as np
import scipy.sparse
from numpy.testing import assert_array_equal

from sknn_scratch._core.rows import rows_of
from sknn_scratch._fitting.distinct import hashes_of_rows


def test_hashes_of_equal_rows_are_equal():
    rows = np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0], [0.5, 0.25], [0.25, 0.5]])
    all_rows = np.arange(len(rows))
    dense = hashes_of_rows(rows_of(rows), all_rows)
    assert dense[0] == dense[1]
    assert len(set(dense)) == 4
    assert_array_equal(hashes_of_rows(rows_of(scipy.sparse.csr_array(rows)), all_rows), dense)
    summed = scipy.sparse.csr_array(([0.25, 0.25, 0.25], [0, 0, 1], [0, 3]), shape=(1, 2))
    assert hashes_of_rows(rows_of(summed), all_rows[:1]) == dense[3]


def test_hashes_of_different_rows_differ():
    rows = np.array(np.meshgrid(*[[0.0, 1.0, 2.0]] * 8)).reshape(8, -1).T
    assert len(set(hashes_of_rows(rows_of(rows), np.arange(len(rows))))) == len(rows)
