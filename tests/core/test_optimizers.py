import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.network import Penalty
from sknn_scratch._core.optimizers import SOLVERS, Optimizer
from tests.core import textbook
from tests.helpers import STOCHASTIC, optimise

# Each rule: what it is called, and how it is asked for.
RULES = {
    "gradient descent": ("sgd", {"momentum": 0.0, "nesterov": False}),
    "gradient descent, Nesterov": ("sgd", {"momentum": 0.0, "nesterov": True}),
    "momentum": ("sgd", {"momentum": 0.9, "nesterov": False}),
    "Nesterov": ("sgd", {"momentum": 0.9, "nesterov": True}),
    "adam": ("adam", {}),
    "adam, other numbers": ("adam", {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-2}),
    "adam without memory": ("adam", {"beta_1": 0.0, "beta_2": 0.0}),
    "adamw": ("adamw", {}),
}
every_rule = pytest.mark.parametrize("rule", RULES)


def run(rule, params, gradient, n_steps, **numbers):
    """Parameters after each of n steps, (n_steps, n_params)."""
    name, own_numbers = RULES[rule]
    return np.array(list(optimise(name, params, gradient, n_steps, **(own_numbers | numbers))))


def test_every_optimiser_has_a_rule_and_a_textbook():
    assert {name for name, _ in RULES.values()} == textbook.OPTIMIZERS.keys() == set(STOCHASTIC)


# --- Against the textbook ---


def textbook_steps(rule, x, gradient, n_steps, learning_rate, penalty=0.0):
    name, numbers = RULES[rule]
    return textbook.OPTIMIZERS[name](x, gradient, n_steps, learning_rate, **numbers, penalty=penalty)


def wavy_gradient(x):
    return np.sin(3 * x) + 0.3 * x


@every_rule
@pytest.mark.parametrize("n_params", [1, 7, 100])
def test_steps_equal_the_textbook(rule, n_params):
    start = np.random.default_rng(0).normal(size=n_params)
    steps = run(rule, start, wavy_gradient, 30, learning_rates=[0.03])
    expected = np.array(list(textbook_steps(rule, start, wavy_gradient, 30, 0.03)))
    assert_allclose(steps, expected, rtol=1e-10, atol=1e-12)


@every_rule
@pytest.mark.parametrize("n_params", [2, 5])
def test_the_penalty_acts_as_in_the_textbook(rule, n_params):
    """Here of the second to the fourth parameter."""
    start = np.random.default_rng(0).normal(size=n_params)
    weights = np.isin(np.arange(n_params), [1, 2, 3])
    penalty = Penalty([0.7], 1, weights.sum())
    steps = run(rule, start, wavy_gradient, 10, learning_rates=[0.03], penalty=penalty)
    expected = np.array(list(textbook_steps(rule, start, wavy_gradient, 10, 0.03, 0.7 * weights)))
    assert_allclose(steps, expected, rtol=1e-10, atol=1e-12)


def test_decoupled_decay_never_turns_a_weight_round():
    start = np.array([1.0, -2.0])
    (step,) = run("adamw", start, np.zeros_like, 1, learning_rates=[0.1], penalty=Penalty([30.0], 0, 2))
    assert_array_equal(step, [0, 0])


@every_rule
def test_memory_starts_empty_and_is_shaped_like_the_parameters(rule):
    params = np.ones(5, np.float32)
    memory = SOLVERS[RULES[rule][0]].init(params)
    assert memory
    for array in memory.values():
        assert array.shape == params.shape
        assert array.dtype == params.dtype
        assert not array.any()


@pytest.mark.parametrize("method", ["init", "update"])
def test_an_optimiser_that_is_none_refuses_to_train(method):
    arguments = [None] * {"init": 1, "update": 3}[method]
    with pytest.raises(NotImplementedError):
        getattr(Optimizer(), method)(*arguments)


# --- Convergence: every optimiser on every problem ---


def quadratic(x):
    """A bowl twenty times as steep in one direction as in the other; minimum 0 at (1, -2)."""
    scales, distance = np.array([1, 20], x.dtype), x - np.array([1, -2], x.dtype)
    return (scales * distance**2).sum(axis=-1) / 2, scales * distance


def rosenbrock(x):
    """The banana-shaped valley, a tenth as steep as usual; minimum 0 at (1, 1)."""
    first, second = x[..., 0], x[..., 1]
    bend = second - first**2
    gradient = np.stack([-2 * (1 - first) - 40 * bend * first, 20 * bend], axis=-1)
    return (1 - first) ** 2 + 10 * bend**2, gradient


ROWS, NOISE = np.split(np.random.default_rng(0).normal(size=(40, 3)), [2], axis=1)


def logistic(x):
    """Logistic regression with a penalty, of noisy labels."""
    rows, noise = ROWS.astype(x.dtype), NOISE[:, 0].astype(x.dtype)
    signs = np.sign(rows @ np.array([1, -1], x.dtype) + noise)
    margins = signs * (x @ rows.T)
    value = np.logaddexp(0, -margins).mean(axis=-1) + 0.05 * (x * x).sum(axis=-1)
    return value, -(signs / (1 + np.exp(margins))) @ rows / 40 + x / 10


# Each problem with a learning rate for the sgd rules.
PROBLEMS = {"quadratic": (quadratic, 0.02), "rosenbrock": (rosenbrock, 0.006), "logistic": (logistic, 0.1)}
CONVERGING = ["gradient descent", "momentum", "Nesterov", "adam", "adamw"]


@pytest.mark.parametrize(
    ("problem", "dtype"), [("quadratic", np.float64), ("rosenbrock", np.float64), ("logistic", np.float32)]
)
@pytest.mark.parametrize("rule", CONVERGING)
def test_every_optimiser_solves_every_problem(rule, problem, dtype):
    function, learning_rate = PROBLEMS[problem]
    learning_rate = 0.02 if rule.startswith("adam") else learning_rate
    start = np.zeros(2, dtype)
    steps = run(rule, start, lambda x: function(x)[1], 3000, learning_rates=[learning_rate])
    assert steps.dtype == dtype
    value, gradient = function(steps[-1])
    assert np.linalg.norm(gradient) < 1e-3
    assert value < function(start)[0]
