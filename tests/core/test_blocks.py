import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknn_scratch._core import blocks as blocks_module
from sknn_scratch._core.blocks import mean_loss, predict_hidden, predict_outputs
from sknn_scratch._core.parameters import view_parameters
from tests.helpers import (
    as_sparse,
    assert_same_training,
    both_precisions,
    every_kind,
    make_batch,
    make_network,
    make_params,
    make_problem,
    make_run,
    train_alone,
    train_together,
)

WEIGHTS = np.arange(1.0, 61)


@pytest.mark.parametrize(("sparse", "n_networks"), [(False, None), (False, 3), (True, None)])
@pytest.mark.parametrize("compute", [predict_outputs, predict_hidden, mean_loss])
@pytest.mark.parametrize("block_bytes", [1, 7 * 5 * 8])
def test_blocks_of_rows_give_the_same_as_all_rows(monkeypatch, compute, sparse, n_networks, block_bytes):
    problem = as_sparse(make_problem("multiclass"))[sparse]
    network = make_network(problem)
    params = view_parameters(make_params(network, n_networks), network.shape)
    batch = make_batch(problem, WEIGHTS)
    rows = batch if compute is mean_loss else batch.X
    at_once = compute(network, params, rows)
    monkeypatch.setattr(blocks_module, "BLOCK_BYTES", block_bytes)
    assert_allclose(compute(network, params, rows), at_once, rtol=1e-12)


@every_kind
@pytest.mark.parametrize("row_weights", [None, WEIGHTS])
@pytest.mark.parametrize("solver", [{"batch_size": 25, "dropout": 0.3}, {"solver": "lbfgs"}])
def test_blocks_train_what_a_whole_batch_trains(request, kind, row_weights, solver):
    """Sums are rounded otherwise, and saturation is measured on some rows of the first block."""

    def train():
        return train_alone(make_run(make_problem(kind), data={"row_weights": row_weights}, **solver))

    whole = train()
    request.getfixturevalue("all_is_large")
    assert_same_training(train(), whole, rtol=1e-9, ignore=("saturated_fraction", "dead_fraction"))


@pytest.mark.usefixtures("all_is_large")
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@both_precisions
def test_a_stack_by_blocks_trains_what_its_networks_train_alone(dropout, dtype):
    problem = make_problem("multiclass", dtype=dtype)
    config = {"batch_size": 25, "dropout": dropout, "alpha": 1.0}
    runs = [make_run(problem, seed, **config) for seed in range(3)]
    for run, result in zip(runs, train_together(runs), strict=True):
        assert_same_training(result, train_alone(run), rtol=0)
