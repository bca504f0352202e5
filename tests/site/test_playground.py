"""The playground computes what the package computes."""

import itertools
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sknn_scratch import ShallowNNClassifier, ShallowNNRegressor
from sknn_scratch._core.activations import ACTIVATIONS as CORE_ACTIVATIONS
from sknn_scratch._core.losses import LOSSES as CORE_LOSSES
from sknn_scratch._core.network import Network, Workspace, loss_gradient, make_batch
from sknn_scratch._core.parameters import NetworkShape, view_parameters
from sknn_scratch._core.rows import rows_of
from tests.site.playground import Playground

ACTIVATIONS = ["tanh", "relu", "sigmoid", "identity", "leaky_relu", "elu", "softplus", "silu"]
# Each solver of the playground, in the words of the package.
SOLVERS = {
    "sgd": {"solver": "sgd", "momentum": 0.0},
    "momentum": {"solver": "sgd"},
    "adam": {"solver": "adam"},
}
LOSSES = {"logistic": ShallowNNClassifier, "squared_error": ShallowNNRegressor}
JUST_TRAIN = {"tol": 0.0, "n_iter_no_change": 10_000, "early_stopping": False, "random_state": 0}
N_EPOCHS = 25
RATE = 0.03

TRAIN = """
const { sizes, solver, start, X, targets, alpha, rate, nEpochs } = values;
const net = { ...sizes, dropped: Array(sizes.nHidden).fill(false) };
const training = js.newTraining(Float64Array.from(start), 1);
const rows = { train: { X, targets }, test: { X: [], targets: [] } };
const settings = { solver, learningRate: rate, batchSize: 0, alpha };
const [losses, saturated] = [[], []];
for (let i = 0; i < nEpochs; i++) {
  losses.push(js.objective(net, training.params, rows.train, settings));
  saturated.push(js.measure(net, training.params, rows.train).saturated);
  js.trainEpoch(net, training, rows, settings);
}
const shares = saturated.map((one) => [...one]);
return { ...training.curves, losses, saturated: shares, params: [...training.params] };
"""


@pytest.fixture(scope="module")
def playground(browser):
    yield Playground(browser)
    assert not browser.errors()


class Case:
    """A small problem, a network of the package that learns it, and the same for the playground."""

    def __init__(self, loss, activation, solver, alpha=2.0):
        rng = np.random.default_rng(0)
        self.X = rng.normal(size=(60, 3))
        heights = np.sin(self.X[:, 0]) + self.X[:, 1] * self.X[:, 2]
        standardised = (heights - heights.mean()) / heights.std()
        self.targets = np.sign(heights) if loss == "logistic" else standardised
        parameters = {"init_scale": 0.7, "learning_rate": RATE, "batch_size": None, "alpha": alpha}
        self.estimator = LOSSES[loss](5, activation, **parameters, **SOLVERS[solver], **JUST_TRAIN)
        self.start = flat(self.fitted(learning_rate=1e-300, max_iter=1))  # to the last bit
        self.sizes = {"nFeatures": 3, "nHidden": 5, "activation": activation, "loss": loss}
        self.values = {
            "sizes": self.sizes,
            "solver": solver,
            "start": self.start.tolist(),
            "X": self.X.tolist(),
            "targets": self.targets.tolist(),
            "alpha": alpha,
            "rate": RATE,
        }

    def fitted(self, **parameters):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return clone(self.estimator).set_params(**parameters).fit(self.X, self.targets)


def flat(estimator):
    """List all parameters in the playground's order."""
    w_hidden, w_output = estimator.coefs_
    b_hidden, b_output = estimator.intercepts_
    return np.concatenate([b_hidden, w_hidden.ravel(), w_output.ravel(), b_output])


def test_the_page_offers_what_is_tested(playground):
    for name, tested in (("activation", ACTIVATIONS), ("solver", list(SOLVERS))):
        options = playground.browser.read(f"[name={name}] option", "element.value")
        assert sorted(options) == sorted(tested)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("activation", "solver"), [*zip(ACTIVATIONS, itertools.cycle(SOLVERS))])
def test_training_is_that_of_the_package(activation, solver, loss, playground):
    case = Case(loss, activation, solver)
    trained = case.fitted(max_iter=N_EPOCHS)
    result = playground.call(TRAIN, **case.values, nEpochs=N_EPOCHS)
    history = trained.history_
    assert_allclose(result["losses"], history["loss"], rtol=1e-9)
    assert_allclose(result["normHidden"], history["gradient_norm_hidden"], rtol=1e-7)
    assert_allclose(result["normOutput"], history["gradient_norm_output"], rtol=1e-7, atol=1e-12)
    saturated = np.array(result["saturated"])
    assert_allclose(saturated.mean(axis=1), history["saturated_fraction"], atol=1e-12)
    assert_allclose((saturated > 1 - 1e-9).mean(axis=1), history["dead_fraction"], atol=1e-12)
    assert_allclose(result["params"], flat(trained), rtol=1e-9, atol=1e-9)


def test_an_epoch_of_batches_is_the_package_s_steps_on_these_batches(playground):
    case = Case("logistic", "tanh", "sgd", alpha=0.0)
    body = """
    const rows = { X: values.X, targets: values.targets };
    const numbered = { X: rows.X.map((_, i) => i), targets: rows.targets };
    const order = [...js.batches(numbered, 16, new js.Random(1))];
    const net = { ...values.sizes, dropped: Array(values.sizes.nHidden).fill(false) };
    const training = js.newTraining(Float64Array.from(values.start), 1);
    const settings = { solver: "sgd", learningRate: values.rate, batchSize: 16, alpha: 0 };
    js.trainEpoch(net, training, { train: rows, test: { X: [], targets: [] } }, settings);
    return { order: order.map(({ X }) => X), params: [...training.params] };
    """
    result = playground.call(body, **case.values)
    assert sorted(np.concatenate(result["order"])) == list(range(60))
    assert [len(rows) for rows in result["order"]] == [16, 16, 16, 12]
    expected = case.fitted(learning_rate=1e-300, max_iter=1).set_params(learning_rate=RATE)
    for rows in result["order"]:
        expected.partial_fit(case.X[rows], case.targets[rows])
    assert_allclose(result["params"], flat(expected), rtol=1e-9, atol=1e-12)


def test_a_unit_that_is_left_out_is_a_unit_less(playground):
    case = Case("squared_error", "softplus", "adam")
    body = """
    const rows = { X: values.X, targets: values.targets };
    const lossAndGradient = (start, dropped) => {
      const [net, params] = [{ ...values.sizes, dropped }, Float64Array.from(start)];
      return [js.measure(net, params, rows).loss, [...js.gradient(net, params, rows)]];
    };
    const [all, allButOne] = [Array(5).fill(false), [false, false, true, false, false]];
    return [lossAndGradient(values.start, allButOne), lossAndGradient(values.without, all)];
    """
    weight, without = 4 * 5 + 2, case.start.copy()  # from this unit to the output
    without[weight] = 0
    left_out, zeroed = playground.call(body, **case.values, without=without.tolist())
    zeroed[1][weight] = 0
    assert left_out == zeroed


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_a_watched_point_shows_the_backpropagation_of_the_package(activation, loss, playground):
    case = Case(loss, activation, "sgd", alpha=0.0)
    x, target = case.X[:1], case.targets[:1]
    body = """
    const net = { ...values.sizes, dropped: Array(values.sizes.nHidden).fill(false) };
    const seen = js.trace(net, Float64Array.from(values.start), values.X[0], values.targets[0]);
    const asList = ([name, value]) => [name, value.length ? [...value] : value];
    return Object.fromEntries(Object.entries(seen).map(asList));
    """
    seen = playground.call(body, **case.values)
    network = Network(NetworkShape(3, 5, 1), CORE_ACTIVATIONS[activation], CORE_LOSSES[loss]())
    params = view_parameters(case.start, network.shape)
    grads = view_parameters(np.zeros_like(case.start), network.shape)
    batch = make_batch(rows_of(x), target[:, np.newaxis], None)._replace(outputs_mT=np.empty((1, 1)))
    workspace = Workspace.allocate(network.shape, (1,), np.dtype(float))
    loss_gradient(network, params, grads, batch, workspace)
    expected = {
        "z": x @ params.w_hidden + params.b_hidden,
        "a": workspace.hidden,
        "output": batch.outputs_mT,
        "loss": network.loss.total(batch.outputs_mT, batch.targets),
        "deltaOutput": workspace.delta_output_mT,
        "slopes": workspace.slope,
        "shares": workspace.delta_output_mT * params.w_output.T,
        "deltaHidden": workspace.delta_hidden,
        "grads": grads.flat,
    }
    assert seen.keys() == expected.keys()
    for name, values in expected.items():
        assert_allclose(np.ravel(seen[name]), np.ravel(values), rtol=1e-6, atol=1e-12, err_msg=name)


NAMES = ["moons", "circles", "xor", "blobs", "spirals", "checkerboard"]


@pytest.mark.parametrize("name", [*NAMES, "slope", "hills"])
def test_data_sets(name, playground):
    body = """
    const points = js.makePoints(values.name, 7, 0.25);
    js.split(points, 0.4);
    return points.map(({ place, target, isTest }) => [...place, target, +isTest]);
    """
    points = np.array(playground.call(body, name=name))
    assert_array_equal(points, playground.call(body, name=name))
    assert points.shape == (200, 4)
    assert abs(points[:, :2]).max() <= 3
    assert_array_equal(points[:, 3], np.arange(200) >= 80)
    if name in NAMES:
        train = points[:80]
        assert (train[:, 2] == 1).sum() == (train[:, 2] == -1).sum() == 40
    else:
        assert_allclose([points[:, 2].mean(), points[:, 2].std()], [0, 1], atol=1e-4)  # they are rounded


@pytest.mark.parametrize(
    "state",
    [
        "",
        "activation=relu&solver=sgd&batch_size=10&alpha=0.5&features=x1%2Csin+2x2",
        "data=hills&solver=momentum&n_hidden=3",
        "init=alike&alpha=2&init_scale=1.0",
    ],
)
def test_the_python_of_the_page_is_the_network_of_the_page(state, playground):
    playground.open(state)
    estimator = eval(playground.text("python"), {name.__name__: name for name in LOSSES.values()})
    for name in ("n_hidden", "init_scale", "learning_rate"):
        assert getattr(estimator, name) == playground.number(f"{name}-value")
    n_inputs = len(playground.browser.read(".diagram .input"))
    X = np.random.default_rng(0).normal(size=(40, n_inputs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.set_params(max_iter=2).fit(X, X[:, 0] > 0)
    assert estimator.coefs_[0].shape == (n_inputs, estimator.n_hidden)
