import math
from functools import partial

import numpy as np
import pytest
import scipy.optimize
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.lbfgs import Step, direction_from, minimise
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.state import StopReason
from tests.helpers import (
    BINARY,
    history_column,
    make_network,
    make_problem,
    make_run,
    objective_of,
    train_alone,
    train_and_watch,
)

# --- Minimising a function ---


def quadratic(x):
    scales = np.arange(1.0, 1 + x.size)
    return float((scales * (x - 1) ** 2).sum() / 2), scales * (x - 1)


def rosenbrock(x):
    bend = x[1] - x[0] ** 2
    gradient = np.array([-2 * (1 - x[0]) - 400 * bend * x[0], 200 * bend])
    return float((1 - x[0]) ** 2 + 100 * bend**2), gradient


def walled(x):
    """The minimum is at 1, and from 4/3 on there is no finite value, as where an exponential overflows."""
    if x[0] >= 4 / 3:
        return math.inf, np.full(1, math.nan)
    return -math.log(4 / 3 - x[0]) - 3 * x[0], 1 / (4 / 3 - x) - 3


def steep(x):
    """Squares of its gradient overflow, as with a feature of 1e10 and y of ordinary size."""
    hessian = np.array([1e22, 2e22], np.float32)
    with np.errstate(over="ignore"):
        return float((hessian * (x - 1) ** 2).sum() / 2), hessian * (x - 1)


def rounded(function, x):
    value, gradient = function(x.astype(np.float32))
    return float(np.float32(value)), gradient.astype(np.float32).astype(np.float64)


def iterations(function, start, most=200):
    """Minimise; return the points at the ends of the iterations, and the reason to stop."""
    evaluated, points, reasons = [], [], []

    def evaluate(x):
        evaluated.append(x.copy())
        return function(x)

    def on_iteration(value, reason):
        assert value == function(evaluated[-1])[0]  # it ends where the function was evaluated last
        points.append(evaluated[-1])
        reasons.append(reason)
        return reason is not None or len(points) == most

    minimise(evaluate, start, on_iteration)
    assert reasons[:-1] == [None] * (len(reasons) - 1)
    return points, reasons[-1]


@pytest.mark.parametrize(
    ("function", "start", "accuracy"),
    [
        (quadratic, np.zeros(6), 1e-6),
        (rosenbrock, np.array([-1.5, 2.0]), 1e-6),
        (rosenbrock, np.array([-1.2, 1.0]), 1e-6),
        (rosenbrock, np.zeros(2), 1e-6),
        (walled, np.array([-10.0]), 1e-6),
        (partial(rounded, quadratic), np.full(2, 0.5, np.float32), 1e-2),
        (partial(rounded, rosenbrock), np.full(2, 0.5, np.float32), 1e-2),
        (steep, np.zeros(2, np.float32), 1e-7),
    ],
)
def test_finds_the_minimum(function, start, accuracy):
    points, reason = iterations(function, start)
    assert reason is StopReason.CONVERGED
    assert_allclose(points[-1], 1, atol=accuracy, rtol=0)


@pytest.mark.parametrize("start", [[-1.5, 2.0], [-1.2, 1.0], [0.0, 0.0], [5.0, 5.0]])
def test_takes_at_most_half_as_many_evaluations_again_as_scipy(start):
    calls, start = [], np.array(start)

    def counted(x):
        calls.append(x)
        return rosenbrock(x)

    minimise(counted, start, lambda value, reason: reason is not None)
    limits = {"ftol": 64 * np.finfo(float).eps, "gtol": 0.0}
    by_scipy = scipy.optimize.minimize(rosenbrock, start, jac=True, method="L-BFGS-B", options=limits)
    assert len(calls) <= 1.5 * by_scipy.nfev


def test_the_direction_is_that_of_the_formula_of_bfgs():
    """H becomes V^T H V + way way^T / curvature, with V = 1 - change way^T / curvature, step by step."""
    rng, n = np.random.default_rng(0), 4
    hessian = np.diag(np.arange(1.0, 1 + n))
    ways = rng.normal(size=(n - 1, n))
    steps = [Step(way, hessian @ way, way @ hessian @ way) for way in ways]
    inverse = np.eye(n) * steps[-1].curvature / np.square(steps[-1].change).sum()
    for way, change, curvature in steps:
        V = np.eye(n) - np.outer(change, way) / curvature
        inverse = V.T @ inverse @ V + np.outer(way, way) / curvature
    gradient = rng.normal(size=n)
    assert_allclose(direction_from(gradient, steps), -inverse @ gradient, rtol=1e-9)


def test_a_gradient_that_lies_fails_where_it_started():
    points, reason = iterations(lambda x: (quadratic(x)[0], -quadratic(x)[1]), np.zeros(6))
    assert reason is StopReason.LINE_SEARCH_FAILED
    assert_array_equal(points, [np.zeros(6)])


# --- Networks ---

TO_THE_END = {"solver": "lbfgs", "max_iter": 5000, "n_iter_no_change": 5000}


def test_an_epoch_is_an_iteration_with_the_objective_and_the_gradient_at_its_end():
    run = make_run(BINARY, alpha=1.0, solver="lbfgs", max_iter=25)
    result, params = train_and_watch(run)
    at_ends = [objective_of(run, one) for one in params[1:]]
    assert_allclose(history_column(result, "loss"), [value for value, _ in at_ends], rtol=1e-12)
    norms = np.hypot(*(history_column(result, f"gradient_norm_{layer}") for layer in ("hidden", "output")))
    assert_allclose(norms, [np.linalg.norm(gradient) for _, gradient in at_ends], rtol=1e-9)
    assert (np.diff(history_column(result, "loss")) < 0).all()


def test_a_flat_objective_has_converged():
    """All units are saturated: no gradient reaches the hidden layer, and the output layer has its minimum."""
    problem = make_problem("binary")
    run = make_run(problem, network=make_network(problem, "relu"), alpha=0.0, **TO_THE_END)
    view_parameters(run.state.params, run.config.network.shape).b_hidden[...] = -1e6
    result = train_alone(run)
    assert result.state.stop_reason is StopReason.CONVERGED
    share = (problem.targets > 0).mean()
    entropy = -share * math.log(share) - (1 - share) * math.log(1 - share)
    assert result.state.history[-1]["loss"] == pytest.approx(entropy, rel=1e-9)
