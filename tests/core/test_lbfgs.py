import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.activations import ACTIVATIONS
from sknn_scratch._core.lbfgs import Centring, minimise_lbfgs
from sknn_scratch._core.parameters import NetworkShape, view_parameters


def quadratic(x):
    scales = np.arange(1.0, 1 + len(x))
    return (scales * (x - 1) ** 2).sum() / 2, scales * (x - 1)


def rosenbrock(x):
    bend = x[1] - x[0] ** 2
    gradient = np.array([-2 * (1 - x[0]) - 400 * bend * x[0], 200 * bend])
    return (1 - x[0]) ** 2 + 100 * bend**2, gradient


def minimise(function, start, n_iterations=None):
    """Return the points and the objectives of all iterations; stop after n of them."""
    points, objectives = [], []

    def on_iteration(x, objective):
        points.append(x.copy())
        objectives.append(objective)
        return len(points) == n_iterations

    minimise_lbfgs(function, start, on_iteration)
    return points, objectives


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("function", "start"), [(quadratic, np.zeros(6)), (rosenbrock, np.array([-1.5, 2.0]))]
)
def test_finds_the_minimum(function, start, dtype):
    points, objectives = minimise(function, start.astype(dtype))
    assert_allclose(points[-1], 1, atol=1e-6)
    assert objectives[-1] < 1e-12


def test_iterations_carry_their_objective_which_falls():
    points, objectives = minimise(rosenbrock, np.array([-1.5, 2.0]))
    assert_allclose(objectives, [rosenbrock(x)[0] for x in points], rtol=1e-14)
    assert (np.diff(objectives) < 0).all()
    assert points[0].dtype == np.float64
    assert type(objectives[0]) is float


@pytest.mark.parametrize("n_iterations", [1, 5])
def test_stops_when_asked_to(n_iterations):
    points, _ = minimise(rosenbrock, np.array([-1.5, 2.0]), n_iterations)
    assert len(points) == n_iterations


def test_is_done_at_once_at_a_minimum():
    points, _ = minimise(quadratic, np.ones(6))
    assert len(points) <= 1


def test_errors_and_interrupts_pass_through():
    for error in (KeyboardInterrupt, ZeroDivisionError):

        def on_iteration(x, objective, error=error):
            raise error

        with pytest.raises(error):
            minimise_lbfgs(quadratic, np.zeros(6), on_iteration)


# --- Coordinates ---

SHAPE = NetworkShape(n_features=4, n_hidden=5, n_outputs=3)


def resting_value(z, slope=None):
    """g(0) = 0.7."""
    z += 0.7


@pytest.mark.parametrize("activate", [*ACTIVATIONS.values(), resting_value])
def test_coordinates_and_back(activate):
    params = np.random.default_rng(0).normal(size=SHAPE.n_params)
    centring = Centring(SHAPE, activate)
    assert_allclose(centring.params(centring.coordinates(params)), params, rtol=1e-14)
    assert centring.coordinates(params.astype(np.float32)).dtype == np.float64


def test_the_bias_is_that_of_hidden_values_counted_from_rest():
    params = np.random.default_rng(0).normal(size=SHAPE.n_params)
    hidden = np.random.default_rng(1).normal(size=(6, 5))
    layers = view_parameters(params, SHAPE)
    moved = view_parameters(Centring(SHAPE, resting_value).coordinates(params), SHAPE)
    logits = (hidden - 0.7) @ moved.w_output + moved.b_output
    assert_allclose(logits, hidden @ layers.w_output + layers.b_output, rtol=1e-13)


def test_the_gradient_by_the_coordinates():
    """The derivative of sum(c * params) by the coordinates, in every direction."""
    rng = np.random.default_rng(0)
    centring, by_params, start = Centring(SHAPE, resting_value), *rng.normal(size=(2, SHAPE.n_params))
    value = by_params @ centring.params(start)
    steps = [by_params @ centring.params(start + step) - value for step in np.eye(SHAPE.n_params)]
    assert_allclose(centring.gradient(by_params), steps, atol=1e-12)


def test_an_activation_that_has_no_value_at_zero_leaves_the_parameters():
    def logarithm(z, slope=None):
        np.log(z, out=z)

    params = np.arange(SHAPE.n_params, dtype=np.float64)
    assert_array_equal(Centring(SHAPE, logarithm).coordinates(params), params)
