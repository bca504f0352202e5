import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core import blocks
from sknn_scratch._core.activations import ACTIVATIONS, Activation
from sknn_scratch._core.blocks import mean_loss, predict_hidden, predict_outputs
from sknn_scratch._core.network import Penalty
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.rows import SparseRows, rows_of
from tests.core import textbook
from tests.helpers import (
    KINDS,
    as_sparse,
    assert_gradient,
    make_batch,
    make_network,
    make_params,
    make_problem,
    objective_and_gradient,
    penalty_of,
)

SINE = Activation(np.sin, np.cos)
every_kind = pytest.mark.parametrize("kind", KINDS)
every_activation = pytest.mark.parametrize("activation", [*ACTIVATIONS, SINE], ids=[*ACTIVATIONS, "own"])
one_network_or_a_stack = pytest.mark.parametrize("n_networks", [None, 3], ids=["single", "stack"])


def hidden_inputs(network, flat, X):
    params = view_parameters(flat, network.shape)
    return X @ params.w_hidden + params.b_hidden


def row_weights(n_samples):
    return np.random.default_rng(5).uniform(0.5, 2, size=n_samples)


# --- Forward ---


@every_kind
def test_logits_equal_the_loop_over_neurons_and_the_textbook(kind):
    problem = make_problem(kind)
    network = make_network(problem)
    params = view_parameters(make_params(network), network.shape)
    logits = predict_outputs(network, params, rows_of(problem.X))
    assert logits.shape == problem.targets.shape
    assert_allclose(logits, textbook.logits_neuron_by_neuron(params, problem.X), rtol=1e-12)
    assert_allclose(logits, textbook.logits_sample_by_sample(params, problem.X), rtol=1e-12)


@every_activation
def test_hidden_values_are_the_activation_of_the_hidden_inputs(activation):
    problem = make_problem("binary")
    network = make_network(problem, activation)
    flat = make_params(network)
    expected = hidden_inputs(network, flat, problem.X)
    network.activate(expected, None)
    hidden = predict_hidden(network, view_parameters(flat, network.shape), rows_of(problem.X))
    assert_allclose(hidden, expected, rtol=1e-13)


@pytest.mark.parametrize("predict", [predict_hidden, predict_outputs])
@pytest.mark.parametrize("own_rows", [False, True])
def test_stacked_networks_predict_as_each_alone(predict, own_rows):
    problem = make_problem("multiclass")
    network = make_network(problem)
    flat = make_params(network, 3)
    X = problem.X.reshape(3, 20, -1) if own_rows else problem.X
    together = predict(network, view_parameters(flat, network.shape), rows_of(X))
    for k in range(3):
        rows = rows_of(X[k] if own_rows else X)
        alone = predict(network, view_parameters(flat[k], network.shape), rows)
        assert_allclose(together[k], alone, rtol=1e-13)


@pytest.mark.parametrize("predict", [predict_hidden, predict_outputs])
def test_prediction_has_the_precision_of_the_parameters(predict):
    problem = make_problem("binary", dtype=np.float32)
    network = make_network(problem)
    X = problem.X.astype(np.float64)
    double = predict(network, view_parameters(make_params(network), network.shape), rows_of(X))
    flat = make_params(network, dtype=np.float32)
    single = predict(network, view_parameters(flat, network.shape), rows_of(problem.X))
    assert double.dtype == np.float64
    assert single.dtype == np.float32
    assert_allclose(single, double, rtol=1e-5, atol=1e-5)


# --- Gradient ---


@every_kind
@every_activation
@pytest.mark.parametrize(("weighted", "n_networks"), [(False, 3), (True, None)], ids=["stack", "weights"])
def test_gradient_equals_central_differences(kind, activation, weighted, n_networks):
    problem = make_problem(kind, n_samples=12, n_features=3)
    network = make_network(problem, activation)
    batch = make_batch(problem, row_weights(12) if weighted else None)
    flat = make_params(network, n_networks)
    assert abs(hidden_inputs(network, flat, problem.X)).min() > 5e-4  # no step crosses the kinks at 0

    def objective(flat):
        return objective_and_gradient(network, flat, batch, 0.3)[0]

    assert_gradient(objective, flat, objective_and_gradient(network, flat, batch, 0.3)[1])


@every_kind
@pytest.mark.parametrize("has_ones", [False, True])
def test_gradient_equals_central_differences_at_every_coordinate(kind, has_ones):
    problem = make_problem(kind, n_samples=12, n_features=3)
    network = make_network(problem)
    batch, flat, h = make_batch(problem, row_weights(12)), make_params(network), 1e-5
    steps = h * np.eye(network.shape.n_params)
    ahead, _ = objective_and_gradient(network, flat + steps, batch, 0.3)
    behind, _ = objective_and_gradient(network, flat - steps, batch, 0.3)
    gradient = objective_and_gradient(network, flat, batch, 0.3, has_ones=has_ones)[1]
    assert_allclose(gradient, (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-9)


@every_kind
@one_network_or_a_stack
def test_gradient_of_dropped_units_equals_central_differences(kind, n_networks):
    problem = make_problem(kind, n_samples=12, n_features=3)
    network = make_network(problem)
    batch, flat = make_batch(problem), make_params(network, n_networks)
    leading = (*flat.shape[:-1], 12)
    keep = 2.0 * (np.random.default_rng(3).random((*leading, network.shape.n_hidden)) < 0.5)

    def objective(flat):
        return objective_and_gradient(network, flat, batch, keep=keep)[0]

    gradient = objective_and_gradient(network, flat, batch, keep=keep)[1]
    assert_gradient(objective, flat, gradient)
    assert abs(gradient - objective_and_gradient(network, flat, batch)[1]).max() > 1e-3


@every_kind
def test_a_stack_has_the_objectives_and_gradients_of_its_networks(kind):
    problem = make_problem(kind)
    network = make_network(problem)
    batch, flat, penalties = make_batch(problem), make_params(network, 3), np.array([0.0, 0.1, 2.0])
    values, gradients = objective_and_gradient(network, flat, batch, penalties)
    assert values.shape == (3,)
    for k in range(3):
        value, gradient = objective_and_gradient(network, flat[k], batch, penalties[k])
        assert_allclose(values[k], value, rtol=1e-13)
        assert_allclose(gradients[k], gradient, rtol=1e-12, atol=1e-15)


@every_kind
def test_integer_weights_count_as_repeated_rows(kind):
    problem = make_problem(kind)
    network = make_network(problem)
    flat, weights = make_params(network), np.arange(60) % 4
    repeated = problem._replace(
        X=np.repeat(problem.X, weights, axis=0), targets=np.repeat(problem.targets, weights, axis=0)
    )
    value, gradient = objective_and_gradient(network, flat, make_batch(problem, weights))
    same_value, same_gradient = objective_and_gradient(network, flat, make_batch(repeated))
    assert value == pytest.approx(same_value, rel=1e-13)
    assert_allclose(gradient, same_gradient, rtol=1e-12, atol=1e-15)


@every_kind
@every_activation
def test_single_precision_agrees_with_double(kind, activation):
    problem = make_problem(kind, dtype=np.float32)
    network = make_network(problem, activation)
    flat = make_params(network, dtype=np.float32)
    value, gradient = objective_and_gradient(network, flat, make_batch(problem), 0.1)
    double = problem._replace(X=problem.X.astype(float), targets=problem.targets.astype(float))
    double_value, double_gradient = objective_and_gradient(
        network, flat.astype(float), make_batch(double), 0.1
    )
    assert gradient.dtype == np.float32
    assert value == pytest.approx(double_value, rel=1e-5)
    assert_allclose(gradient, double_gradient, rtol=1e-4, atol=1e-6)


# --- Sparse rows ---


@every_kind
@one_network_or_a_stack
def test_sparse_rows_give_the_same_as_dense_ones(kind, n_networks):
    dense, sparse = as_sparse(make_problem(kind))
    network = make_network(dense)
    flat = make_params(network, n_networks)
    if n_networks is None:
        batches = make_batch(dense), make_batch(sparse)
        X, sparse_X = rows_of(dense.X), rows_of(sparse.X)
    else:
        X = rows_of(np.stack([dense.X] * n_networks))
        sparse_X = SparseRows([sparse.X] * n_networks, stacked=True)
        batches = make_batch(dense)._replace(X=X), make_batch(sparse)._replace(X=sparse_X)
    value, gradient = objective_and_gradient(network, flat, batches[0])
    sparse_value, sparse_gradient = objective_and_gradient(network, flat, batches[1])
    assert_allclose(sparse_value, value, rtol=1e-13)
    assert_allclose(sparse_gradient, gradient, rtol=1e-12, atol=1e-15)
    params = view_parameters(flat, network.shape)
    for predict in (predict_outputs, predict_hidden):
        assert_allclose(predict(network, params, sparse_X), predict(network, params, X), rtol=1e-12)


# --- Blocks of rows ---


def rows_of_a_problem(sparse):
    dense, csr = as_sparse(make_problem("multiclass"))
    return csr if sparse else dense


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@one_network_or_a_stack
@pytest.mark.parametrize("compute", [predict_outputs, predict_hidden, mean_loss])
@pytest.mark.parametrize("block_bytes", [1, 7 * 5 * 8, 20 * 5 * 8])
def test_blocks_of_rows_give_the_same_as_all_rows(monkeypatch, compute, sparse, n_networks, block_bytes):
    problem = rows_of_a_problem(sparse)
    network = make_network(problem)
    params = view_parameters(make_params(network, n_networks), network.shape)
    rows = make_batch(problem, row_weights(60)) if compute is mean_loss else rows_of(problem.X)
    if sparse and n_networks:
        stacked = SparseRows([problem.X] * n_networks, stacked=True)
        rows = rows._replace(X=stacked) if compute is mean_loss else stacked
    at_once = compute(network, params, rows)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", block_bytes)
    assert_allclose(compute(network, params, rows), at_once, rtol=1e-12)


@every_kind
@one_network_or_a_stack
@pytest.mark.parametrize("weighted", [False, True])
def test_mean_loss_is_the_loss_of_training(kind, n_networks, weighted):
    problem = make_problem(kind)
    network = make_network(problem)
    flat, batch = make_params(network, n_networks), make_batch(problem, row_weights(60) if weighted else None)
    loss = mean_loss(network, view_parameters(flat, network.shape), batch)
    assert_allclose(loss, objective_and_gradient(network, flat, batch)[0], rtol=1e-13)


# --- Penalty ---


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rates", [0.3, [0.0, 0.1, 2.0]])
def test_the_gradient_of_the_penalty_is_the_derivative_of_its_value(rates, dtype):
    network = make_network(make_problem("multiclass"))
    networks = np.shape(rates)
    flat = make_params(network, *networks, dtype=dtype)
    penalty = penalty_of(network, rates, networks)
    params, grads = view_parameters(flat, network.shape), view_parameters(np.ones_like(flat), network.shape)
    squares = np.square(params.w_hidden).sum((-2, -1)) + np.square(params.w_output).sum((-2, -1))
    assert_allclose(penalty.value(params), np.multiply(rates, squares) / 2, rtol=1e-5)
    penalty.add_gradient(params.flat.reshape(-1), grads.flat.reshape(-1))
    expected = 1 + np.expand_dims(rates, -1) * params.weights
    assert_allclose(grads.weights, expected, rtol=8 * np.finfo(dtype).eps, atol=8 * np.finfo(dtype).eps)
    assert_array_equal(grads.b_hidden, 1)
    assert_array_equal(grads.b_output, 1)


@pytest.mark.parametrize("n_networks", [None, 3])
def test_without_rates_there_is_no_penalty(n_networks):
    network = make_network(make_problem("multiclass"))
    params = view_parameters(make_params(network, n_networks), network.shape)
    grads, none = np.zeros_like(params.flat), Penalty((), 0, 0)
    assert none.value(params) == 0
    none.add_gradient(params.flat.reshape(-1), grads.reshape(-1))
    assert not grads.any()
