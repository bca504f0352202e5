"""Problems and checkers that the tests share.

Functions of the core with many arguments are called only here. So a changed signature needs one edit here.
"""

import copy
import tracemalloc
import warnings
from collections import defaultdict
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose
from sklearn.datasets import make_moons
from sklearn.preprocessing import StandardScaler

from sknn_scratch import (
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNEnsembleRegressor,
    ShallowNNRegressor,
)
from sknn_scratch._core import network as network_module
from sknn_scratch._core.activations import ACTIVATIONS, Activation
from sknn_scratch._core.data import Data
from sknn_scratch._core.loss import Targets
from sknn_scratch._core.losses import LOSSES
from sknn_scratch._core.network import Network, Penalty, Workspace, loss_gradient
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.parameters import NetworkShape, initialise, view_parameters
from sknn_scratch._core.rows import rows_of
from sknn_scratch._core.state import Config, Run, State
from sknn_scratch._core.training import Hooks, train
from tests.versions import get_context_path

N_CLUSTERS = {"binary": 2, "multiclass": 3, "multilabel": 4}
KINDS = tuple(N_CLUSTERS)
LOSS_NAMES = {"binary": "logistic", "multiclass": "softmax", "multilabel": "logistic"}
every_kind = pytest.mark.parametrize("kind", KINDS)
every_solver = pytest.mark.parametrize("solver", SOLVERS)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def make_data(kind, n_samples=60, n_features=4, seed=0):
    """Make overlapping clusters of equal size: X (n_samples, n_features) and labels y.

    The number of its cluster is the class of a row, or its binary digits are two labels.
    """
    rng = np.random.default_rng(seed)
    clusters = rng.permutation(np.arange(n_samples) % N_CLUSTERS[kind])
    centres = rng.normal(scale=1.5, size=(N_CLUSTERS[kind], n_features))
    X = centres[clusters] + rng.normal(size=(n_samples, n_features))
    return X, np.column_stack([clusters % 2, clusters // 2]) if kind == "multilabel" else clusters


def table_of_all_kinds(n_samples=120):
    """Make a table with a column of each kind, most of them as text, and numbers y that depend on it."""
    import pandas as pd

    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-03", periods=n_samples, freq="5D")
    size = rng.lognormal(size=n_samples)
    colour = rng.choice(["red", "green", "blue"], n_samples)
    columns = {
        "size": np.where(rng.random(n_samples) < 0.1, np.nan, size),
        "price": [f"${10 * value:,.2f}" for value in size],
        "code": [f"{row % 12:03}" for row in range(n_samples)],
        "colour": colour,
        "new": np.where(size > 1, "yes", "no") == "yes",
        "day": days.strftime("%d/%m/%Y"),
        "seen": days.tz_localize("Europe/Berlin"),
        "lasted": [f"{row % 7}h {row % 60}m" for row in range(n_samples)],
        "note": [" ".join(rng.choice(["late", "good", "paid", "again", "asked", "twice"], 6)) for _ in days],
        "left out": range(n_samples),
    }
    return pd.DataFrame(columns), np.log(size) + 2 * (colour == "red") + rng.normal(scale=0.1, size=n_samples)


def moons(n_samples=200, scale=1.0):
    X, y = make_moons(n_samples, noise=0.15, random_state=0)
    return scale * StandardScaler().fit_transform(X), y


def scaled(load):
    X, y = load(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def make_rows(n_samples=60, n_targets=None, seed=0):
    """Make a noisy curve: X (n_samples, 3) and positive y (n_samples,) or (n_samples, n_targets)."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, 3))
    curves = np.column_stack([np.exp(0.5 * X[:, 0]) + 0.3 * X[:, 1] ** 2, np.exp(0.3 * X[:, 2]) + 5])
    y = curves * rng.gamma(20, 1 / 20, size=curves.shape)
    return X, y[:, 0] if n_targets is None else y[:, :n_targets]


# --- The core: a problem, a network for it, one evaluation ---


class Problem(NamedTuple):
    """Rows and targets in the form that the core takes."""

    X: np.ndarray  # (n_samples, n_features), or CSR
    targets: np.ndarray  # (n_samples, n_outputs): -1 and 1, or one-hot
    loss: str


def make_problem(kind, n_samples=60, n_features=4, seed=0, dtype=np.float64):
    X, y = make_data(kind, n_samples, n_features, seed)
    targets = np.eye(3)[y] if kind == "multiclass" else 2.0 * y.reshape(n_samples, -1) - 1
    return Problem(X.astype(dtype), targets.astype(dtype), LOSS_NAMES[kind])


def as_sparse(problem):
    """Turn small values into zeros: the same problem, dense and in CSR form."""
    X = np.where(abs(problem.X) < 1, 0, problem.X)
    return problem._replace(X=X), problem._replace(X=scipy.sparse.csr_array(X))


def make_batch(problem, row_weights=None):
    """Make one batch of all rows; positive ``row_weights`` (n_samples,) with any sum."""
    return network_module.make_batch(rows_of(problem.X), problem.targets, row_weights)


def make_network(problem, activation="tanh", n_hidden=5):
    shape = NetworkShape(problem.X.shape[1], n_hidden, problem.targets.shape[1])
    return Network(shape, ACTIVATIONS.get(activation, activation), make_loss(problem.loss))


# Parameters of losses, if a test does not give them. A loss with other parameters needs a line.
LOSS_PARAMETERS = {"quantile": 0.3, "huber_delta": 0.7}


def make_loss(name):
    loss = LOSSES[name]
    return loss(**{field.name: LOSS_PARAMETERS[field.name] for field in fields(loss) if not field.kw_only})


def make_params(network, n_networks=None, dtype=np.float64, seed=0):
    """Draw flat parameters (..., n_params), biases too; without a network axis if ``n_networks`` is None."""
    networks = () if n_networks is None else (n_networks,)
    return np.random.default_rng(seed).normal(size=(*networks, network.shape.n_params)).astype(dtype)


def objective_and_gradient(network, flat, batch, penalty=0.0, keep=None, has_ones=False):
    """Evaluate the objective (...) and its gradient (..., n_params) at flat parameters.

    ``penalty`` is a number or (...); ``keep`` (..., n_samples, n_hidden) are dropout's factors; with
    ``has_ones`` a column of ones is added to the rows.
    """
    if has_ones:
        batch = batch._replace(X=batch.X.with_ones())
    shape, networks, n_rows = network.shape, flat.shape[:-1], batch.X.n_samples
    params, grads = view_parameters(flat, shape), view_parameters(np.zeros_like(flat), shape)
    workspace = Workspace.allocate(shape, (*networks, n_rows), flat.dtype, dropout=keep is not None)
    if keep is not None:
        workspace.dropout_factors[...] = keep
    batch = batch._replace(outputs_mT=np.empty((*networks, shape.n_outputs, n_rows), flat.dtype))
    with np.errstate(over="ignore"):
        loss_gradient(network, params, grads, batch, workspace)
    loss = network.loss.total(batch.outputs_mT, batch.targets)
    grads.weights[...] += np.expand_dims(penalty, -1) * params.weights
    rates = np.broadcast_to(penalty, networks).ravel().tolist()
    return loss + Penalty.of(rates, shape).value(params), grads.flat


def evaluate_loss(name, outputs, targets, shares=1.0):
    """Compute the weighted sum (...) of a loss in LOSSES and its gradient; ``shares`` (..., n_samples)."""
    loss, outputs_mT = make_loss(name), outputs.mT.copy()
    gradient = np.empty_like(outputs_mT)
    arranged = Targets.of(targets, np.broadcast_to(shares, outputs.shape[:-1]))
    with np.errstate(over="ignore"):
        loss.gradient(outputs_mT, arranged, gradient)
    return loss.total(outputs_mT, arranged), gradient.mT.copy()


STOCHASTIC = [name for name, solver in SOLVERS.items() if not solver.takes_all_rows]
# Hyperparameters of optimisers, if a test does not give them: the defaults of the estimators.
HYPERPARAMETERS = {
    field.name: ShallowNNClassifier().get_params()[field.name]
    for solver in SOLVERS.values()
    for field in fields(solver)
}


# --- The core: training ---


def make_run(problem, seed=0, *, network=None, data=None, **config):
    """Make a run: ``data`` are fields of Data, ``config`` those of Config and hyperparameters by name.

    L-BFGS gets batches of all rows.
    """
    network = network or make_network(problem)
    config = {"solver": "adam", "batch_size": 16, "max_iter": 5, "learning_rate": 0.02} | config
    hyperparameters = {name: config.pop(name, default) for name, default in HYPERPARAMETERS.items()}
    solver = SOLVERS[config.pop("solver")]
    optimizer = solver(**{field.name: hyperparameters[field.name] for field in fields(solver)})
    if optimizer.takes_all_rows:
        config["batch_size"] = len(problem.targets)
    config = Config(network, optimizer, **config)
    init_rng, shuffle_rng, dropout_rng = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(3))
    params = initialise(network.shape, 0.5, init_rng, problem.X.dtype)
    return Run(
        State(params, shuffle_rng, dropout_rng),
        Data(rows_of(problem.X), problem.targets, **(data or {})),
        config,
    )


class AtEpochEnd(Hooks):
    """Hooks that call a function with the number and the state of a run at the end of every epoch."""

    def __init__(self, function: Callable[[int, State], bool | None], number: int = 0):
        self.function = function
        self.number = number

    def on_epoch_end(self, run):
        return bool(self.function(self.number, run.state))


def train_together(runs, on_epoch_end=None):
    """Train copies of the runs as one stack; the runs can be used again."""
    hooks = [] if on_epoch_end is None else [AtEpochEnd(on_epoch_end, i) for i in range(len(runs))]
    return train([replace(run, state=copy.deepcopy(run.state)) for run in runs], hooks)


def train_alone(run, on_epoch_end=None):
    """Train a copy of the run."""
    (result,) = train_together([run], on_epoch_end)
    return result


def train_and_watch(run):
    """Train a copy of the run, and keep the parameters at its start and after every epoch."""
    params = [run.state.params.copy()]
    result = train_alone(run, lambda _, state: params.append(state.params.copy()))
    return result, params


def objective_of(run, params):
    """Evaluate the objective and gradient of all training rows of a run at flat parameters."""
    data, network = run.data, run.config.network
    batch = network_module.make_batch(data.X, data.targets, data.row_weights)
    return objective_and_gradient(network, params, batch, run.config.alpha / data.penalty_divisor)


def history_column(result, name):
    return np.array([record[name] for record in result.state.history])


# --- Estimators ---

NETWORKS = [ShallowNNClassifier, ShallowNNRegressor, ShallowNNEnsembleClassifier, ShallowNNEnsembleRegressor]
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform")

# A network that is trained quickly; each file adds how large it is and how long it trains.
small_network = partial(ShallowNNClassifier, solver="adam", alpha=1.0, random_state=0)
small_regressor = partial(
    ShallowNNRegressor, solver="adam", alpha=3.0, n_hidden=6, max_iter=15, learning_rate=0.02, random_state=0
)


def slope_of_tanh(z):
    return 1 - np.tanh(z) ** 2


class InterruptedActivation(Activation):
    """The hyperbolic tangent, which presses Ctrl-C after a number of training steps."""

    def __init__(self, n_calls):
        super().__init__(np.tanh, slope_of_tanh)
        object.__setattr__(self, "calls_left", [n_calls])

    def __call__(self, z, slope=None):
        super().__call__(z, slope)
        if slope is not None:  # it is a step of training
            self.calls_left[0] -= 1
            if self.calls_left[0] == -1:
                raise KeyboardInterrupt


class SilentCallback:
    """A callback for scikit-learn that does nothing; a subclass overrides the hooks that it needs."""

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context): ...


class AtEpoch(SilentCallback):
    """A callback that calls a function at the end of an epoch, and returns its result."""

    def __init__(self, epoch, action):
        self.epoch = epoch
        self.action = action

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch" and context.task_id + 1 == self.epoch:
            return self.action()
        return False


class Recorder(SilentCallback):
    """A callback that notes the calls of its hooks, and the data and the models that they are told.

    A value of ``max_propagation_depth`` says how far scikit-learn hands it down.
    """

    def __init__(self, **propagation):
        vars(self).update(propagation)
        self.calls = []  # in order
        self.heard = defaultdict(list)  # the tasks and the estimators that a hook was called with
        self.told = []  # contexts and data

    def setup(self, estimator, context):
        self.note("setup", estimator, context)

    def teardown(self, estimator, context):
        self.note("teardown", estimator, context)

    def on_fit_task_begin(self, estimator, context, *, X, y, metadata):
        self.note("begin", estimator, context, X=X, y=y, metadata=metadata)

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.note("end", estimator, context, X=X, y=y, metadata=metadata, fitted_estimator=fitted_estimator)

    def note(self, hook, estimator, context, **told):
        self.calls.append(f"{hook} {context.task_name}")
        path = "/".join(f"{one.task_name} {one.task_id}" for one in get_context_path(context))
        self.heard[hook].append((path, type(estimator).__name__))
        if told:
            self.told.append((context, told))

    @property
    def models(self):
        """The snapshots of the epochs."""
        ends = [(context, told) for context, told in self.told if "fitted_estimator" in told]
        return [told["fitted_estimator"] for context, told in ends if context.task_name == "epoch"]


class RecordingScorer:
    """A scorer that keeps the rows and labels that it is called with."""

    def __init__(self):
        self.rows, self.labels = [], []

    def __call__(self, estimator, X, y):
        self.rows.append(X)
        self.labels.append(y)
        return estimator.score(X, y)


def press_control_c():
    raise KeyboardInterrupt


def rounds_by_place():
    """Whether sums of BLAS depend on where an array is in memory, as with OpenBLAS's oldest kernel."""
    rng, ones, buffer = np.random.default_rng(0), np.ones((1, 45)), np.empty(64)
    for _ in range(1000):
        numbers = rng.normal(size=(45, 1))
        sums = set()
        for offset in range(8):
            moved = buffer[offset : offset + 45].reshape(45, 1)
            moved[...] = numbers
            sums.add(ones.dot(moved).item())
        if len(sums) > 1:
            return True
    return False


# How closely a stack equals separate fits: see guide/many_networks.md.
STACK_RTOL = 1e-9 if rounds_by_place() else 0


# --- What a call does ---


def warnings_of(call):
    """Call a function; list the warnings it gives, each as often as it comes."""
    with warnings.catch_warnings(record=True, action="always") as caught:
        call()
    return caught


def peak_memory(call):
    """Call a function; measure the largest memory that it takes, in bytes."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# --- Checkers ---


@contextmanager
def refused(estimator, message=None, error=ValueError):
    """Expect an error, and that the estimator stays as it was, with the very same attributes."""
    before = dict(vars(estimator))
    with pytest.raises(error, match=message):
        yield
    after = vars(estimator)
    assert after.keys() == before.keys()
    assert all(after[name] is value for name, value in before.items())


def assert_gradient(function, x, gradient, n_directions=3):
    """Compare a gradient (..., n) at x with central differences of ``function`` along random directions.

    The function maps (..., n) to (...).
    """
    rng, h = np.random.default_rng(0), 1e-5
    for _ in range(n_directions):
        direction = rng.normal(size=x.shape)
        difference = (function(x + h * direction) - function(x - h * direction)) / (2 * h)
        assert_allclose(np.vecdot(gradient, direction), difference, rtol=1e-6, atol=1e-8)


def bits_of(value):
    """Describe a value, except for seconds: two descriptions are equal only if all bits are."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tolist() if value.dtype == object else value.tobytes()
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state
    if isinstance(value, dict):
        return [(name, bits_of(one)) for name, one in value.items() if name != "seconds"]
    if isinstance(value, list):
        return [bits_of(one) for one in value]
    return type(value), repr(value)


def assert_same_training(result, other, rtol=1e-10, ignore=()):
    """Check that two trainings were the same in every epoch, except for the time."""
    assert result.state.stop_reason is other.state.stop_reason
    assert result.state.kept_epoch == other.state.kept_epoch
    assert result.state.epoch == other.state.epoch
    assert result.state.n_updates == other.state.n_updates
    assert result.state.shuffle_rng.bit_generator.state == other.state.shuffle_rng.bit_generator.state
    assert_allclose(result.state.params, other.state.params, rtol, atol=rtol)
    assert result.state.memory.keys() == other.state.memory.keys()
    for name, array in result.state.memory.items():
        assert_allclose(array, other.state.memory[name], rtol, atol=rtol, err_msg=name)
    for name in result.state.history[0].keys() - {"seconds", *ignore}:
        columns = [history_column(one, name) for one in (result, other)]
        assert_allclose(*columns, rtol, atol=rtol, err_msg=name)


def assert_same_model(classifier, other, rtol=1e-10):
    """Check that two fitted estimators have the same weights and biases."""
    arrays, others = (one.coefs_ + one.intercepts_ for one in (classifier, other))
    for array, other_array in zip(arrays, others, strict=True):
        assert_allclose(array, other_array, rtol, atol=rtol)


# The training rows, the validation rows, and the settings for one batch, of most tests of training.
BINARY = make_problem("binary")
VALIDATION = make_batch(make_problem("binary", 30, seed=1))  # other clusters: it gets worse in time
FULL_BATCH = {"batch_size": 60, "solver": "sgd"}
