from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch._core import data as data_module
from sknn_scratch._core.blocks import mean_loss
from sknn_scratch._core.data import Data, pool, stack_validations
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.rows import rows_of
from tests.helpers import (
    BINARY,
    as_sparse,
    assert_same_training,
    make_batch,
    make_network,
    make_params,
    make_problem,
    make_run,
    matrix_of,
    numbered_rows,
    train_alone,
    train_together,
)

dense_or_sparse = pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])


def chosen_rows(data):
    """Rows of X and of the targets that a network trains on, dense."""
    X = matrix_of(data.X)
    rows = slice(None) if data.rows is None else data.rows
    return X[rows], data.targets[rows]


@pytest.mark.parametrize(("weight", "expected"), [(2.0, 100), (100 / 12, 100), (10.0, 120)])
def test_the_penalty_is_measured_against_a_weight_of_at_least_100(weight, expected):
    data = Data(**numbered_rows(12), row_weights=np.full(12, weight))
    assert data.penalty_divisor == pytest.approx(expected, rel=1e-14)


# --- pool ---


@pytest.fixture
def no_ones(monkeypatch):
    """Treat all rows as too many for a column of ones."""
    monkeypatch.setattr(data_module, "SMALL_BYTES", 0)


@pytest.mark.usefixtures("no_ones")
@dense_or_sparse
def test_pooled_networks_keep_their_rows_and_all_else(sparse):
    source, other = numbered_rows(12, sparse), numbered_rows(7, sparse)
    other["X"], other["targets"] = rows_of(2 * other["X"].source), 1 + other["targets"]
    validation = make_batch(make_problem("binary"))
    data = [
        Data(**source, rows=np.array([3, 1])),
        Data(**other, row_weights=np.arange(1.0, 8)),
        Data(**source, validation=validation, score=len),
        Data(source["X"], -source["targets"]),  # with other targets, it is another source
    ]
    pooled = pool(data)
    assert all(one.X is pooled[0].X and one.targets is pooled[0].targets for one in pooled)
    assert (pooled[0].X.n_samples, pooled[0].X.n_features) == (12 + 7 + 12, 2)
    for before, after in zip(data, pooled, strict=True):
        for array, array_before in zip(chosen_rows(after), chosen_rows(before), strict=True):
            assert_array_equal(array, array_before)
        for name in ("n_samples", "row_weights", "validation", "score"):
            assert getattr(after, name) is getattr(before, name)


# --- Small rows: a column of ones ---


def assert_same_rows_after_ones(data, before):
    for one, one_before in zip(data, before, strict=True):
        assert one.X is data[0].X
        assert one.targets is data[0].targets
        for array, array_before in zip(chosen_rows(one), chosen_rows(one_before), strict=True):
            assert_array_equal(array, array_before)


@pytest.mark.parametrize("other_rows", [12, 7])
def test_a_column_of_ones_comes_first(other_rows):
    source, other = numbered_rows(12), numbered_rows(other_rows)
    alone = [Data(**source)]
    assert_same_rows_after_ones(pool(alone), alone)
    assert pool(alone)[0].rows is None
    data = [Data(**source), Data(**source, rows=np.arange(3, 12)), Data(**other)]
    assert_same_rows_after_ones(pool(data), data)


def test_rows_that_no_network_trains_on_are_left_out_of_a_pool():
    few, many = (Data(rows_of(np.ones((n, 2))), np.ones((n, 1))) for n in (5, 50))
    pooled = pool([few, replace(many, rows=np.arange(3))])
    assert pooled[0].X.n_samples == 5 + 3
    assert [one.n_samples for one in pooled] == [5, 3]


@pytest.mark.parametrize("batch_size", [16, 60])
@pytest.mark.parametrize("solver", SOLVERS)
def test_ones_make_no_difference_but_in_rounding(monkeypatch, solver, batch_size):
    run = make_run(BINARY, solver=solver, batch_size=batch_size, alpha=1.0)
    result = train_alone(run)
    monkeypatch.setattr(data_module, "SMALL_BYTES", 0)
    assert_same_training(result, train_alone(run), rtol=1e-9)


def test_a_stack_without_ones_trains_the_networks_it_trains_alone(monkeypatch):
    monkeypatch.setattr(data_module, "SMALL_BYTES", 0)
    runs = [make_run(BINARY, seed, alpha=1.0) for seed in range(3)]
    for result, run in zip(train_together(runs), runs, strict=True):
        assert_same_training(result, train_alone(run), rtol=0)


# --- stack_validations ---


@dense_or_sparse
@pytest.mark.parametrize("weighted", [False, True])
def test_stacked_validations_have_the_losses_of_each(weighted, sparse):
    problems = [make_problem("multiclass", 9, seed=seed) for seed in range(3)]
    if sparse:
        problems = [as_sparse(problem)[1] for problem in problems]
    validations = [make_batch(problem, np.arange(1.0, 10) if weighted else None) for problem in problems]
    network = make_network(problems[0])
    flat = make_params(network, 3)
    source = numbered_rows(3)
    data = [Data(**source, validation=validation) for validation in validations]
    stacked = stack_validations(data)
    losses = mean_loss(network, view_parameters(flat, network.shape), stacked)
    alone = [
        mean_loss(network, view_parameters(row, network.shape), one)
        for row, one in zip(flat, validations, strict=True)
    ]
    assert_array_equal(losses, alone)
    assert stack_validations(data[:1]) is validations[0]
    assert stack_validations([Data(**source)] * 3) is None
