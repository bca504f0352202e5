"""The playground computes what _core computes, and learns."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.helpers import (
    make_batch,
    make_network,
    make_params,
    make_problem,
    objective_and_gradient,
    optimise,
)

ACTIVATIONS = ["tanh", "relu", "sigmoid", "identity", "leaky_relu", "elu", "softplus", "silu"]
# Each solver of the playground, as _core has it.
SOLVERS = {
    "sgd": ("sgd", {"momentum": 0.0, "nesterov": False}),
    "adam": ("adam", {}),
}
GRADIENT = """
const [activation, nFeatures, nHidden, params, X, signs] = arguments;
const result = Network.gradient({ nFeatures, nHidden, activation }, Float64Array.from(params), X, signs);
return { ...result, grads: [...result.grads] };
"""
STEPS = """
const [solver, activation, nFeatures, nHidden, start, X, signs, rate, nSteps] = arguments;
const [params, memory] = [Float64Array.from(start), {}];
for (let i = 0; i < nSteps; i++) {
  const { grads } = Network.gradient({ nFeatures, nHidden, activation }, params, X, signs);
  Network.SOLVERS[solver](params, grads, rate, memory);
}
return [...params];
"""


@pytest.fixture
def playground(browser):
    browser.open("playground.html")
    yield browser
    assert not browser.errors()


class Case:
    """A small problem, and a network for it."""

    def __init__(self, activation):
        problem = make_problem("binary")
        self.network = make_network(problem, activation)
        self.batch = make_batch(problem)
        self.params = 2 * make_params(self.network)
        signs = problem.targets[:, 0]
        self.numbers = [array.tolist() for array in (self.params, problem.X, signs)]
        self.sizes = [activation, self.network.shape.n_features, self.network.shape.n_hidden]

    def gradient(self, params):
        return objective_and_gradient(self.network, params, self.batch)[1]


def test_the_page_offers_the_activations_that_are_tested(playground):
    for name, tested in (("activation", ACTIVATIONS), ("solver", list(SOLVERS))):
        options = "[...document.querySelector(arguments[0]).options].map((option) => option.value)"
        assert sorted(playground.run(f"return {options}", f"[data-name={name}]")) == sorted(tested)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_loss_and_gradient_are_those_of_the_core(activation, playground):
    case = Case(activation)
    loss, grads = objective_and_gradient(case.network, case.params, case.batch)
    result = playground.run(GRADIENT, *case.sizes, *case.numbers)
    assert_allclose(result["loss"], loss, rtol=1e-10)
    assert_allclose(result["grads"], grads, rtol=1e-10, atol=1e-10)
    shape = case.network.shape
    n_hidden_layer = (1 + shape.n_features) * shape.n_hidden
    norms = [np.linalg.norm(part) for part in (grads[:n_hidden_layer], grads[n_hidden_layer:])]
    assert_allclose([result["normHidden"], result["normOutput"]], norms, rtol=1e-10)


@pytest.mark.parametrize("solver", SOLVERS)
def test_steps_are_those_of_the_core(solver, playground):
    case = Case("tanh")
    name, hyperparameters = SOLVERS[solver]
    *_, expected = optimise(name, case.params, case.gradient, 20, learning_rates=[0.03], **hyperparameters)
    params = playground.run(STEPS, solver, *case.sizes, *case.numbers, 0.03, 20)
    assert_allclose(params, expected, rtol=1e-10, atol=1e-10)


def number_of(browser, name):
    return browser.run(f"return parseFloat(document.querySelector('[data-name={name}]').textContent)")


@pytest.mark.parametrize("page", ["playground.html", "zh/playground.html"])
def test_it_learns_the_two_moons(page, playground):
    playground.open(page)
    assert number_of(playground, "accuracy") < 95
    playground.click("[data-name=train]")
    playground.wait_until("parseFloat(document.querySelector('[data-name=accuracy]').textContent) >= 95")
    playground.click("[data-name=train]")
    assert number_of(playground, "epochs") > 0


def test_a_click_on_the_plane_adds_a_point(playground):
    before = number_of(playground, "loss")
    playground.click("[data-name=plane]")
    assert number_of(playground, "loss") != before
