"""Large batches: the gradient of the blocks is that of the whole."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from sknn_scratch._core import blocks
from sknn_scratch._core.blocks import sizes_of_blocks
from sknn_scratch._core.parameters import NetworkShape
from tests.helpers import KINDS, assert_same_training, make_problem, make_run, train_alone

# Saturation is measured on some rows of the first block.
MEASURED = ("saturated_fraction", "dead_fraction")


def test_large_batches_are_cut_into_blocks_of_nearly_equal_size():
    shape = NetworkShape(n_features=100, n_hidden=1000, n_outputs=3)
    X = np.empty((2000, 100))
    assert sizes_of_blocks(X, shape, 1001) == [250, 250, 250, 251]
    assert sizes_of_blocks(X, shape, 999) == [999]
    assert sizes_of_blocks(X, shape._replace(n_hidden=10), 1001) == [1001]
    assert sizes_of_blocks(csr_array(X.shape), shape, 1001) == [1001]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", [None, np.arange(1.0, 61.0)])
@pytest.mark.parametrize(
    "solver", [{"batch_size": 25, "dropout": 0.3}, {"solver": "lbfgs", "batch_size": 60}]
)
def test_blocks_train_what_a_whole_batch_trains(monkeypatch, kind, weights, solver):
    """Sums are rounded otherwise, that is all."""

    def train():
        return train_alone(make_run(make_problem(kind), data={"row_weights": weights}, max_iter=5, **solver))

    whole = train()
    monkeypatch.setattr(blocks, "LARGE_ROWS", 0)
    monkeypatch.setattr(blocks, "LARGE_PRODUCT", 0)
    assert_same_training(train(), whole, rtol=1e-9, ignore=MEASURED)
