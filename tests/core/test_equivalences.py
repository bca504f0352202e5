"""Trainings that must give the same network, and trainings whose end is known."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression

from sknn_scratch._core import rows
from sknn_scratch._core.blocks import predict_outputs
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.rows import rows_of
from sknn_scratch._core.state import StopReason
from tests.helpers import (
    BINARY,
    STOCHASTIC,
    assert_same_training,
    history_column,
    make_batch,
    make_data,
    make_network,
    make_problem,
    make_run,
    objective_and_gradient,
    train_alone,
    train_together,
)

SOLVERS = {
    **{solver: {"solver": solver, "batch_size": 16, "max_iter": 20} for solver in STOCHASTIC},
    "full batch": {"solver": "sgd", "batch_size": 60, "max_iter": 20},
    "lbfgs": {"solver": "lbfgs", "max_iter": 6},
}


# --- Layouts and precisions ---


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


# --- Known answers ---


@pytest.mark.filterwarnings("ignore:Setting penalty=None")  # scikit-learn 1.8 says so of C=inf
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_linear_network_is_logistic_regression(kind, weighted):
    """With units enough and no penalty, w_hidden w_output is any matrix: the minimum is the same."""
    problem = make_problem(kind, 200)
    X, y = make_data(kind, 200)
    weights = np.random.default_rng(0).uniform(0.5, 2, size=200) if weighted else None
    network = make_network(problem, "identity")
    config = {"solver": "lbfgs", "max_iter": 2000, "n_iter_no_change": 2000}
    result = train_alone(make_run(problem, network=network, data={"row_weights": weights}, **config))
    regression = LogisticRegression(C=np.inf, tol=1e-10, max_iter=2000).fit(X, y, weights)
    log_p = regression.predict_log_proba(X)[np.arange(200), y]
    assert result.state.stop_reason is StopReason.CONVERGED
    loss = objective_and_gradient(network, result.state.params, make_batch(problem, weights))[0]
    assert loss == pytest.approx(-np.average(log_p, weights=weights), rel=1e-7)
    logits = predict_outputs(network, view_parameters(result.state.params, network.shape), rows_of(X))
    expected = regression.decision_function(X).reshape(200, -1)
    if kind == "multiclass":
        logits = logits - logits.mean(axis=1, keepdims=True)
    assert_allclose(logits, expected, atol=2e-3)
