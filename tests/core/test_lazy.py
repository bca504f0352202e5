"""Lazy updates of wide networks with sparse rows, of which a step trains a part."""

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.lazy import clear_unused_features
from sknn_scratch._core.optimizers import SOLVERS
from tests.helpers import (
    BINARY,
    STOCHASTIC,
    as_sparse,
    assert_same_training,
    history_column,
    make_network,
    make_problem,
    make_run,
    objective_of,
    train_alone,
)

# --- What they train ---


def lazy_and_whole(request, problem, **config):
    """Train by lazy updates, and as a whole."""
    whole = train_alone(make_run(problem, **config))
    request.getfixturevalue("all_is_lazy")
    return train_alone(make_run(problem, **config)), whole


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_a_part_that_is_all_of_the_network_trains_like_it(request, solver):
    _, problem = as_sparse(make_problem("multiclass", 48))
    config = {"solver": solver, "batch_size": 24, "alpha": 1.0, "dropout": 0.2, "max_iter": 6}
    assert_same_training(*lazy_and_whole(request, problem, **config))


def test_gradient_descent_by_parts_is_gradient_descent(request):
    """Without momentum or penalty, nothing happens to the features that a batch does not use."""
    _, problem = as_sparse(make_problem("multiclass", n_features=30))
    assert (problem.X[:4].toarray() == 0).all(axis=0).any()
    config = {"solver": "sgd", "momentum": 0.0, "batch_size": 4, "max_iter": 6}
    by_parts, whole = lazy_and_whole(request, problem, **config)
    assert_allclose(by_parts.state.params, whole.state.params, rtol=1e-10, atol=1e-12)
    for name in ("loss", "gradient_norm_hidden", "gradient_norm_output"):
        assert_allclose(history_column(by_parts, name), history_column(whole, name), rtol=1e-10)


# Learning rates with which an optimiser finds the minimum below, if that of Adam is not right.
RATES = {"sgd": 0.05}
# With a decoupled penalty, they minimise something else.
COUPLED = [name for name in STOCHASTIC if not SOLVERS[name].decouples_penalty]


@pytest.mark.parametrize("solver", COUPLED)
def test_training_by_parts_minimises_the_same_objective(request, solver):
    """Though the penalty of a feature that few rows use is felt in few steps only."""
    rng = np.random.default_rng(0)
    X = scipy.sparse.csr_array((rng.random((60, 40)) < rng.uniform(0.02, 0.4, 40)).astype(float))
    problem = BINARY._replace(X=X)
    config = {
        "network": make_network(problem, "identity"),  # which has no other minima
        "solver": solver,
        "batch_size": 4,
        "alpha": 1.0,
        "max_iter": 50,
        "learning_rate": RATES.get(solver, 0.02),
        "schedule": "cosine",
        "n_iter_no_change": 50,
    }
    by_parts, whole = lazy_and_whole(request, problem, **config)
    run = make_run(problem, **config)
    clear_unused_features(by_parts.state.params, run.config.network.shape, run.data)
    least = objective_of(run, whole.state.params)[0]
    assert least < 0.9 * objective_of(run, run.state.params)[0]
    assert objective_of(run, by_parts.state.params)[0] == pytest.approx(least, rel=0.01)


@pytest.mark.usefixtures("all_is_lazy")
@pytest.mark.parametrize(("weight", "alpha"), [(1.0, 20.0), (1e-3, 0.05)])
def test_the_penalty_of_rare_features_is_stable(weight, alpha):
    problem = BINARY._replace(X=scipy.sparse.eye_array(60, format="csr"))
    config = {"solver": "sgd", "batch_size": 2, "learning_rate": 0.3, "alpha": alpha, "max_iter": 30}
    result = train_alone(make_run(problem, data={"row_weights": np.full(60, weight)}, **config))
    assert history_column(result, "loss")[-1] < history_column(result, "loss")[0]


@pytest.mark.usefixtures("all_is_lazy")
def test_learning_rates_that_train_nothing_or_take_all_of_the_weights():
    """Where one step leaves nothing of a weight, nor do several."""
    problem = BINARY._replace(X=scipy.sparse.eye_array(60, format="csr"))
    config = {"solver": "sgd", "momentum": 0.0, "alpha": 60.0, "max_iter": 1}
    run = make_run(problem, learning_rate=0.0, **config)
    assert_array_equal(train_alone(run).state.params, run.state.params)
    assert np.isfinite(train_alone(make_run(problem, learning_rate=1.0, **config)).state.params).all()
