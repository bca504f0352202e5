import itertools
import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import scipy.optimize
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.activations import ACTIVATIONS
from sknn_scratch._core.lbfgs import N_PAIRS, Centring, Minimiser, Pairs
from sknn_scratch._core.optimizers import Lbfgs
from sknn_scratch._core.parameters import NetworkShape, view_parameters
from sknn_scratch._core.stackable import stack_key
from sknn_scratch._core.stopping import StopReason
from tests.core import textbook
from tests.helpers import (
    BINARY,
    KINDS,
    STACK_RTOL,
    assert_same_training,
    history_column,
    make_batch,
    make_network,
    make_problem,
    make_run,
    objective_of,
    train_alone,
    train_and_watch,
    train_together,
)

# --- What the pairs teach ---


def nothing(vectors):
    """The identity as M."""
    return vectors


def make_memory(n_networks, n_params, dtype=np.float64):
    one = Lbfgs.init(np.zeros(n_params, dtype))
    return {name: np.repeat(array[np.newaxis], n_networks, axis=0) for name, array in one.items()}


def pairs_on_a_quadratic(n_pairs, n_networks=2, n_params=12, precondition=nothing):
    """Pairs of random steps along objectives with a Hessian of their own; also the steps and the changes."""
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(n_networks, n_params, n_params))
    pairs = Pairs(make_memory(n_networks, n_params), precondition)
    steps = rng.normal(size=(n_pairs, n_networks, n_params))
    changes = np.einsum("kij,klj,nkl->nki", roots, roots, steps)
    for number in range(n_pairs):
        pairs.add(steps[number], changes[number], np.ones(n_networks), number)
    return pairs, steps, changes


SHAPE = NetworkShape(n_features=4, n_hidden=5, n_outputs=3)


def resting_value(z, slope=None):
    """g(0) = 0.7."""
    z += 0.7


@pytest.mark.parametrize("n_pairs", [0, 1, 5, N_PAIRS, N_PAIRS + 7])
@pytest.mark.parametrize("precondition", [nothing, Centring(SHAPE, resting_value)], ids=["plain", "centred"])
def test_the_direction_is_that_of_the_two_loops_of_the_textbook(n_pairs, precondition):
    n_params = SHAPE.n_params
    pairs, steps, changes = pairs_on_a_quadratic(n_pairs, 2, n_params, precondition)
    gradients = np.random.default_rng(1).normal(size=(2, n_params))
    directions = pairs.direction(gradients, n_pairs)
    for i, gradient in enumerate(gradients):
        of_network = [(steps[j, i], changes[j, i]) for j in range(max(0, n_pairs - N_PAIRS), n_pairs)]
        expected = textbook.lbfgs_direction(
            gradient, of_network, lambda vector: precondition(vector[np.newaxis])[0]
        )
        assert_allclose(directions[i], expected, rtol=1e-7, atol=1e-9 * abs(expected).max())


@pytest.mark.parametrize("curvature", [0.0, -1.0, 1e-20, math.nan])
def test_a_step_along_which_no_curvature_was_seen_is_not_kept(curvature):
    """The other network keeps its own; the earlier pairs stay."""
    pairs, _, _ = pairs_on_a_quadratic(3)
    expected = pairs_on_a_quadratic(3)[0]
    step = np.random.default_rng(2).normal(size=(2, 12))
    pairs.add(step, np.array([[curvature], [1.0]]) * step, np.ones(2), 3)
    expected.add(np.array([[0.0], [1.0]]) * step, np.array([[0.0], [1.0]]) * step, np.ones(2), 3)
    gradient = np.ones((2, 12))
    assert_array_equal(pairs.direction(gradient, 4), expected.direction(gradient, 4))
    assert_allclose(pairs.direction(gradient, 4)[0], pairs_on_a_quadratic(3)[0].direction(gradient, 3)[0])


def test_one_network_forgets_alone():
    pairs, _, _ = pairs_on_a_quadratic(5)
    gradient = np.ones((2, 12))
    before = pairs.direction(gradient, 5)
    pairs.forget(np.array([True, False]))
    assert pairs.exist().tolist() == [False, True]
    after = pairs.direction(gradient, 5)
    assert_allclose(after[0], -gradient[0] / math.sqrt(12), rtol=1e-15)
    assert_array_equal(after[1], before[1])


# --- Minimising ---


def quadratic(x):
    scales = np.arange(1.0, 1 + x.shape[-1], dtype=x.dtype)
    return (scales * (x - 1) ** 2).sum(axis=-1) / 2, scales * (x - 1)


def rosenbrock(x):
    bend = x[:, 1] - x[:, 0] ** 2
    gradient = np.stack([-2 * (1 - x[:, 0]) - 400 * bend * x[:, 0], 200 * bend], axis=-1)
    return (1 - x[:, 0]) ** 2 + 100 * bend**2, gradient


def minimise(function, starts, most=200, pairs=None):
    """Minimise from several starts (K, n); return the points after each iteration, and the reasons."""
    params, grads = starts.copy(), np.empty_like(starts)

    def evaluate():
        values, grads[...] = function(params)
        return values.astype(np.float64)

    pairs = pairs or Pairs(make_memory(*params.shape, params.dtype), nothing)
    minimiser, points, reasons = Minimiser(params, grads, evaluate, pairs), [], [None]
    while None in reasons and len(points) < most:
        with np.errstate(all="ignore"):  # as in training
            values, reasons = minimiser.iterate(len(points))
        points.append(params.copy())
        assert_array_equal(values, function(params)[0])  # it ends at a point that it has evaluated
        assert_array_equal(grads, function(params)[1])
    return points, reasons


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("function", "starts"),
    [(quadratic, np.zeros((1, 6))), (rosenbrock, np.array([[-1.5, 2.0], [-1.2, 1.0], [0.0, 0.0]]))],
)
def test_finds_the_minimum(function, starts, dtype):
    points, reasons = minimise(function, starts.astype(dtype))
    assert set(reasons) == {StopReason.CONVERGED}
    assert_allclose(points[-1], 1, atol=1e-2 if dtype == np.float32 else 1e-6)


def test_a_minimum_is_noticed_at_once():
    points, reasons = minimise(quadratic, np.ones((2, 6)))
    assert reasons == [StopReason.CONVERGED] * 2
    assert_array_equal(points, np.ones((1, 2, 6)))


def test_a_gradient_that_lies_fails():
    points, reasons = minimise(lambda x: (quadratic(x)[0], -quadratic(x)[1]), np.zeros((1, 6)))
    assert reasons == [StopReason.LINE_SEARCH_FAILED]
    assert_array_equal(points, np.zeros((1, 1, 6)))


def test_pairs_that_mislead_are_forgotten():
    """They promise a step so long that no trial of the search is short enough."""
    pairs, steps = Pairs(make_memory(2, 6), nothing), np.ones((2, 6))
    pairs.add(steps, [[1e-40], [1.0]] * steps, np.zeros(2), -1)  # before the first iteration
    points, reasons = minimise(quadratic, np.zeros((2, 6)), pairs=pairs)
    assert reasons == [StopReason.CONVERGED] * 2
    assert_allclose(points[-1], 1, atol=1e-6)


def test_finds_a_minimum_at_a_kink():

    def function(x):
        return np.abs(x).sum(axis=-1) + quadratic(x)[0], np.sign(x) + quadratic(x)[1]

    points, _ = minimise(function, np.full((2, 4), 3.0) * [[1.0], [-1.0]], most=60)
    exact = np.maximum(0, 1 - 1 / np.arange(1.0, 5))  # where sign(x) + scale (x - 1) = 0, or a kink
    assert_allclose(function(points[-1])[0], function(np.stack([exact, exact]))[0], rtol=1e-3)


# --- Networks ---


def counting(activate):
    """An activation that counts the evaluations of gradients."""
    calls = []

    def counted(z, slope=None):
        activate(z, slope)
        if slope is not None:
            calls.append(1)

    return counted, calls


def scipys_lbfgs(run):
    """Minimise the objective of a run by SciPy, with as many pairs and the same limit."""
    limits = {"ftol": 64 * np.finfo(float).eps, "gtol": 0.0, "maxiter": run.config.max_iter, "maxfun": 10**6}
    return scipy.optimize.minimize(
        partial(objective_of, run),
        run.state.params,
        jac=True,
        method="L-BFGS-B",
        options=limits | {"maxcor": N_PAIRS},
    )


def test_it_needs_no_more_evaluations_than_scipy_and_ends_no_higher():
    ratios, differences = [], []
    config = {"solver": "lbfgs", "alpha": 3.0, "max_iter": 40, "n_iter_no_change": 10**6}
    for kind, activate in zip(itertools.cycle(KINDS), dict.fromkeys(ACTIVATIONS.values())):
        problem = make_problem(kind)
        counted, calls = counting(activate)
        run = make_run(problem, network=make_network(problem, activate), **config)
        by_scipy = scipys_lbfgs(run)
        result = train_alone(make_run(problem, network=make_network(problem, counted), **config))
        ratios.append((len(calls) - 1) / by_scipy.nfev)
        differences.append(objective_of(run, result.state.params)[0] / by_scipy.fun - 1)
    assert np.median(ratios) <= 1.1
    assert np.median(differences) <= 1e-9
    assert np.mean(differences) <= 0.01


LBFGS = {"solver": "lbfgs", "max_iter": 25}


@pytest.mark.parametrize(
    ("kind", "activation"), [("binary", "tanh"), ("multiclass", "relu"), ("multilabel", "sigmoid")]
)
def test_a_stack_is_the_same_as_its_networks_alone(kind, activation):
    """Bit for bit, with their histories and their memories; each at its own step, some for longer."""
    problem = make_problem(kind)
    network = make_network(problem, activation)
    configs = [
        {"alpha": 0.0},
        {"alpha": 3.0, "max_iter": 40},
        {"alpha": 0.1, "tol": 0.01},
        {"gradient_tol": 1.0},
    ]
    runs = []
    for i, config in enumerate(configs):
        rows = np.random.default_rng(i).permutation(60)[:45]
        data = {"rows": rows, "row_weights": 0.5 + np.arange(1.0, 46) % (2 + i)}
        config = LBFGS | {"n_iter_no_change": 3} | config
        runs.append(make_run(problem, i, network=network, data=data, **config))
    assert len({stack_key(run) for run in runs}) == 1
    results = train_together(runs)
    assert len({result.state.epoch for result in results}) > 1
    for result, run in zip(results, runs, strict=True):
        alone = train_alone(run)
        if STACK_RTOL == 0:
            assert_same_training(result, alone, rtol=0)
        else:  # each iteration multiplies the roundings of the last ones, most of all in the pairs
            assert_allclose(result.state.params, alone.state.params, rtol=1e-5, atol=1e-5)


def test_a_stack_with_validation_keeps_the_best_of_each():
    config = {"solver": "lbfgs", "max_iter": 200, "n_iter_no_change": 5}
    validations = [make_batch(make_problem("binary", 20, seed=i)) for i in range(3)]
    runs = [make_run(BINARY, i, data={"validation": one}, **config) for i, one in enumerate(validations)]
    for result, run in zip(train_together(runs), runs, strict=True):
        assert result.state.stop_reason in {StopReason.NO_IMPROVEMENT, StopReason.CONVERGED}
        assert result.state.kept_epoch == 1 + history_column(result, "val_loss").argmin()
        assert_same_training(result, train_alone(run), rtol=STACK_RTOL)


def test_the_history_holds_the_objective_and_the_gradient_at_the_end_of_each_iteration():
    run = make_run(BINARY, alpha=1.0, **LBFGS)
    result, params = train_and_watch(run)
    at_ends = [objective_of(run, one) for one in params[1:]]
    assert_allclose(history_column(result, "loss"), [value for value, _ in at_ends], rtol=1e-12)
    norms = np.hypot(*(history_column(result, f"gradient_norm_{layer}") for layer in ("hidden", "output")))
    assert_allclose(norms, [np.linalg.norm(gradient) for _, gradient in at_ends], rtol=1e-9)
    assert (np.diff(history_column(result, "loss")) < 0).all()


@pytest.mark.parametrize("most", [1, 2, 7])
def test_a_further_run_goes_on_as_if_there_had_been_one(most):
    """With the pairs it has; the gradient at its start is computed again, to the same bits."""
    whole, first, second = (
        make_run(BINARY, alpha=1.0, solver="lbfgs", max_iter=max_iter) for max_iter in (12, most, 12 - most)
    )
    second = replace(second, state=train_alone(first).state.for_another_run())
    assert_array_equal(train_alone(second).state.params, train_alone(whole).state.params)


def test_a_flat_objective_has_converged():
    """All units are saturated: no gradient reaches the hidden layer, and the output layer has its minimum."""
    problem = make_problem("binary")
    config = {"solver": "lbfgs", "max_iter": 200, "alpha": 0.0, "n_iter_no_change": 100}
    run = make_run(problem, network=make_network(problem, "relu"), **config)
    view_parameters(run.state.params, run.config.network.shape).b_hidden[...] = -1e6
    result = train_alone(run)
    assert result.state.stop_reason is StopReason.CONVERGED
    share = (problem.targets > 0).mean()
    entropy = -share * math.log(share) - (1 - share) * math.log(1 - share)
    assert result.state.history[-1]["loss"] == pytest.approx(entropy, rel=1e-9)


# --- Coordinates ---


@pytest.mark.parametrize("activate", [*ACTIVATIONS.values(), resting_value])
def test_centring_is_the_change_of_coordinates_there_and_back(activate):
    """M = A A', where the columns of A are the parameters by the coordinates."""
    resting = np.zeros((1, 1))
    activate(resting, None)
    A = np.eye(SHAPE.n_params)
    for coordinate in A:  # b_output = b_centred - g(0) sum(w_output)
        layers = view_parameters(coordinate, SHAPE)
        layers.b_output[...] -= resting * layers.w_output.sum(axis=0)
    A = A.T
    vectors = np.random.default_rng(0).normal(size=(2, SHAPE.n_params))
    before = vectors.copy()
    assert_allclose(Centring(SHAPE, activate)(vectors), vectors @ A @ A.T, rtol=1e-12, atol=1e-14)
    assert_array_equal(vectors, before)


def test_an_activation_that_has_no_value_at_zero_leaves_the_coordinates():
    def logarithm(z, slope=None):
        np.log(z, out=z)

    vectors = np.arange(2.0 * SHAPE.n_params).reshape(2, -1)
    assert_array_equal(Centring(SHAPE, logarithm)(vectors), vectors)
