import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknn_scratch._core.activations import ACTIVATIONS, Activation
from sknn_scratch._core.parameters import view_parameters
from tests.helpers import (
    assert_gradient,
    every_kind,
    make_batch,
    make_network,
    make_params,
    make_problem,
    objective_and_gradient,
)


@every_kind
@pytest.mark.parametrize("activation", [*ACTIVATIONS, Activation(np.sin, np.cos)], ids=[*ACTIVATIONS, "own"])
def test_gradient_equals_central_differences_at_every_coordinate(kind, activation):
    problem = make_problem(kind, n_samples=12, n_features=3)
    network = make_network(problem, activation)
    batch = make_batch(problem, np.random.default_rng(5).uniform(0.5, 2, size=12))
    flat, h = make_params(network), 1e-5
    params = view_parameters(flat, network.shape)
    hidden_inputs = problem.X @ params.w_hidden + params.b_hidden
    assert abs(hidden_inputs).min() > 100 * h  # no step crosses the kinks at 0
    steps = h * np.eye(network.shape.n_params)
    ahead, _ = objective_and_gradient(network, flat + steps, batch, 0.3)
    behind, _ = objective_and_gradient(network, flat - steps, batch, 0.3)
    for has_ones in (False, True):
        gradient = objective_and_gradient(network, flat, batch, 0.3, has_ones=has_ones)[1]
        assert_allclose(gradient, (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-9)


@every_kind
@pytest.mark.parametrize("n_networks", [None, 3], ids=["single", "stack"])
def test_gradient_of_dropped_units_equals_central_differences(kind, n_networks):
    problem = make_problem(kind, n_samples=12, n_features=3)
    network = make_network(problem)
    batch, flat = make_batch(problem), make_params(network, n_networks)
    shape = (*flat.shape[:-1], 12, network.shape.n_hidden)
    keep = 2.0 * (np.random.default_rng(3).random(shape) < 0.5)
    gradient = objective_and_gradient(network, flat, batch, keep=keep)[1]
    assert_gradient(lambda flat: objective_and_gradient(network, flat, batch, keep=keep)[0], flat, gradient)
    assert abs(gradient - objective_and_gradient(network, flat, batch)[1]).max() > 1e-3
