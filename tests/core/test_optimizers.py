import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.network import Penalty
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


def textbook_steps(rule, x, gradient, n_steps, learning_rate, penalty=0.0):
    name, numbers = RULES[rule]
    return textbook.OPTIMIZERS[name](x, gradient, n_steps, learning_rate, **numbers, penalty=penalty)


def wavy_gradient(x):
    return np.sin(3 * x) + 0.3 * x


@every_rule
@pytest.mark.parametrize("penalty", [0.0, 0.7])
def test_steps_equal_the_textbook(rule, penalty):
    """With a penalty of the second to the fourth parameter."""
    start = np.random.default_rng(0).normal(size=7)
    weights = np.isin(np.arange(7), [1, 2, 3])
    steps = run(rule, start, wavy_gradient, 30, learning_rates=[0.03], penalty=Penalty([penalty], 1, 3))
    expected = np.array(list(textbook_steps(rule, start, wavy_gradient, 30, 0.03, penalty * weights)))
    assert_allclose(steps, expected, rtol=1e-10, atol=1e-12)


def test_decoupled_decay_never_turns_a_weight_round():
    start = np.array([1.0, -2.0])
    (step,) = run("adamw", start, np.zeros_like, 1, learning_rates=[0.1], penalty=Penalty([30.0], 0, 2))
    assert_array_equal(step, [0, 0])
