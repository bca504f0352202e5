"""Trainings that must give the same network."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknn_scratch._core import rows
from tests.helpers import (
    BINARY,
    STOCHASTIC,
    assert_same_training,
    history_column,
    make_problem,
    make_run,
    train_alone,
    train_together,
)

SOLVERS = {
    **{solver: {"solver": solver, "batch_size": 16, "max_iter": 20} for solver in STOCHASTIC},
    "full batch": {"solver": "sgd", "batch_size": 60, "max_iter": 20},
    "lbfgs": {"solver": "lbfgs", "max_iter": 6},
}


@pytest.mark.parametrize("solver", [*STOCHASTIC, "full batch"])
def test_rows_that_are_too_many_for_a_column_of_ones(monkeypatch, solver):
    """The biases are then no row of weights: sums are rounded otherwise, but in a stack as alone."""
    runs = [make_run(BINARY, seed, alpha=1.0, **SOLVERS[solver]) for seed in range(3)]
    with_ones = train_together(runs)
    monkeypatch.setattr(rows, "SMALL_BYTES", 0)
    for run, result, other in zip(runs, train_together(runs), with_ones, strict=True):
        assert_same_training(result, train_alone(run), rtol=0)
        assert_same_training(result, other, rtol=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
def test_single_precision_trains_like_double(solver):
    double, single = (
        train_alone(make_run(make_problem("multiclass", dtype=dtype), alpha=1.0, **SOLVERS[solver]))
        for dtype in (np.float64, np.float32)
    )
    arrays = [single.state.params, *single.state.memory.values()]
    assert {array.dtype.name for array in arrays} == {"float32"}
    assert_allclose(single.state.params, double.state.params, atol=5e-4)
    assert_allclose(history_column(single, "loss"), history_column(double, "loss"), rtol=1e-4)
