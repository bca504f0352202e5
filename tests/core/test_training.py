import copy
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core import rows
from sknn_scratch._core.blocks import mean_loss, predict_hidden
from sknn_scratch._core.loss import Targets
from sknn_scratch._core.network import Batch
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.rows import rows_of
from sknn_scratch._core.state import StopReason
from tests.core import textbook
from tests.helpers import (
    BINARY,
    FULL_BATCH,
    STOCHASTIC,
    VALIDATION,
    assert_same_training,
    history_column,
    make_network,
    make_problem,
    make_run,
    objective_and_gradient,
    objective_of,
    train_alone,
    train_and_watch,
    train_together,
)

# --- What an epoch does ---


def textbook_training(run):
    """Parameters after every epoch, by the optimisers of a textbook."""
    state, data, config = copy.deepcopy(run.state), run.data, run.config
    n, n_batches = data.n_samples, math.ceil(data.n_samples / config.batch_size)
    chosen = np.arange(n) if data.rows is None else data.rows
    row_weights = np.ones(n) if data.row_weights is None else data.row_weights

    def batches():
        for _ in range(config.max_iter):
            order = state.shuffle_rng.permutation(n) if n_batches > 1 else np.arange(n)
            yield from (order[i : i + config.batch_size] for i in range(0, n, config.batch_size))

    remaining = batches()

    def gradient(params):
        places = next(remaining)
        rows, shares = chosen[places], row_weights[places] / row_weights.mean() / len(places)
        batch = Batch(data.X.take(rows), Targets.of(data.targets[rows], shares))
        return objective_and_gradient(config.network, params, batch)[1]

    n_steps = n_batches * config.max_iter
    penalty = np.zeros_like(state.params)
    penalty[config.network.shape.weights] = textbook.penalty_strength(config.alpha, row_weights)
    steps = textbook.OPTIMIZERS[config.optimizer.name](
        state.params, gradient, n_steps, config.learning_rate, **asdict(config.optimizer), penalty=penalty
    )
    return list(steps)[n_batches - 1 :: n_batches]


# Each rule of an optimiser: what it is called, and how it is asked for.
RULES = {
    "gradient descent": {"solver": "sgd", "momentum": 0.0, "nesterov": False},
    "gradient descent, Nesterov": {"solver": "sgd", "momentum": 0.0, "nesterov": True},
    "momentum": {"solver": "sgd", "momentum": 0.9, "nesterov": False},
    "Nesterov": {"solver": "sgd", "momentum": 0.9, "nesterov": True},
    "adam": {"solver": "adam"},
    "adam, other numbers": {"solver": "adam", "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-2},
    "adam without memory": {"solver": "adam", "beta_1": 0.0, "beta_2": 0.0},
    "adamw": {"solver": "adamw"},
}


def test_every_optimiser_has_a_rule_and_a_textbook():
    assert {rule["solver"] for rule in RULES.values()} == textbook.OPTIMIZERS.keys() == set(STOCHASTIC)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("kind", "batch_size", "data"),
    [
        ("binary", 16, {"row_weights": np.arange(1.0, 61)}),
        ("multiclass", 16, {"rows": np.arange(60)[::-2], "row_weights": np.arange(1.0, 31)}),
        ("multilabel", 60, {}),
    ],
    ids=["batches", "some rows", "full batch"],
)
def test_training_equals_the_textbook(kind, rule, batch_size, data):
    config = {"batch_size": batch_size, "max_iter": 8, "alpha": 3.0} | RULES[rule]
    run = make_run(make_problem(kind), data=data, **config)
    _, params = train_and_watch(run)
    assert_allclose(params[1:], textbook_training(run), rtol=1e-9, atol=1e-11)


def test_decoupled_decay_never_turns_a_weight_round():
    run = make_run(BINARY._replace(X=np.zeros_like(BINARY.X)), solver="adamw", alpha=1e9, max_iter=1)
    params = view_parameters(train_alone(run).state.params, run.config.network.shape)
    assert_array_equal(params.w_hidden, 0)  # rows of zeros have no gradient there


def test_scheduled_rates_are_those_of_the_updates():
    run = make_run(BINARY, schedule="cosine", learning_rate=0.03, max_iter=2)
    first = train_alone(make_run(BINARY, learning_rate=0.03, max_iter=1))
    half_rate = make_run(BINARY, learning_rate=0.03 / 2, max_iter=1)
    second = train_alone(replace(half_rate, state=first.state.for_another_run()))
    assert_allclose(train_alone(run).state.params, second.state.params, rtol=1e-12)


@pytest.mark.parametrize("max_grad_norm", [1e-3, 0.1, 1e3])
def test_the_steps_of_plain_gradient_descent_are_no_longer_than_their_limit(max_grad_norm):
    config = {"momentum": 0.0, "nesterov": False, "learning_rate": 0.5, "max_iter": 1} | FULL_BATCH
    free, params = train_and_watch(make_run(BINARY, **config))
    limited, limited_params = train_and_watch(make_run(BINARY, max_grad_norm=max_grad_norm, **config))
    step, limited_step = np.subtract(*params[::-1]), np.subtract(*limited_params[::-1])
    shrinkage = min(1.0, 0.5 * max_grad_norm / np.linalg.norm(step))
    assert_allclose(limited_step, shrinkage * step, rtol=1e-12, atol=1e-16)
    norms = [history_column(limited, f"gradient_norm_{layer}")[0] for layer in ("hidden", "output")]
    assert np.hypot(*norms) == pytest.approx(np.linalg.norm(step) / 0.5 * shrinkage, rel=1e-12)
    assert free.state.history[0]["loss"] == limited.state.history[0]["loss"]


def test_a_long_gradient_is_not_small_because_it_is_scaled_down():
    config = {"max_iter": 5, "solver": "sgd", "learning_rate": 1e-3}
    short = train_alone(make_run(BINARY, gradient_tol=1e-2, max_grad_norm=1e-3, **config))
    assert short.state.stop_reason is StopReason.MAX_ITER
    assert history_column(short, "gradient_norm_output").max() < 1e-2
    for gradient_tol, max_grad_norm in ((1e2, 1e-3), (0.7, 1e3)):  # the gradients have norms of 0.3 to 0.7
        limits = {"gradient_tol": gradient_tol, "max_grad_norm": max_grad_norm}
        result = train_alone(make_run(BINARY, **limits, **config))
        assert result.state.stop_reason is StopReason.SMALL_GRADIENT


def test_the_penalty_is_not_limited():
    run = make_run(BINARY, solver="sgd", alpha=30.0, max_grad_norm=1e-12, max_iter=3)
    weights = run.config.network.shape.weights
    start = np.linalg.norm(run.state.params[weights])
    assert np.linalg.norm(train_alone(run).state.params[weights]) < 0.9 * start


# --- Trainings that must give the same network ---

SHORT_RUNS = {
    **{solver: {"solver": solver, "batch_size": 16, "max_iter": 20} for solver in STOCHASTIC},
    "full batch": {"solver": "sgd", "batch_size": 60, "max_iter": 20},
    "lbfgs": {"solver": "lbfgs", "max_iter": 6},
}


@pytest.mark.parametrize("solver", [*STOCHASTIC, "full batch"])
def test_rows_that_are_too_many_for_a_column_of_ones(monkeypatch, solver):
    """The biases are then no row of weights: sums are rounded otherwise, but in a stack as alone."""
    runs = [make_run(BINARY, seed, alpha=1.0, **SHORT_RUNS[solver]) for seed in range(3)]
    with_ones = train_together(runs)
    monkeypatch.setattr(rows, "SMALL_BYTES", 0)
    for run, result, other in zip(runs, train_together(runs), with_ones, strict=True):
        assert_same_training(result, train_alone(run), rtol=0)
        assert_same_training(result, other, rtol=1e-9)


@pytest.mark.parametrize("solver", SHORT_RUNS)
def test_single_precision_trains_like_double(solver):
    double, single = (
        train_alone(make_run(make_problem("multiclass", dtype=dtype), alpha=1.0, **SHORT_RUNS[solver]))
        for dtype in (np.float64, np.float32)
    )
    arrays = [single.state.params, *single.state.memory.values()]
    assert {array.dtype.name for array in arrays} == {"float32"}
    assert_allclose(single.state.params, double.state.params, atol=5e-4)
    assert_allclose(history_column(single, "loss"), history_column(double, "loss"), rtol=1e-4)


# --- The history ---


def test_history_of_full_batches_is_what_can_be_computed_from_the_parameters():
    network = make_network(BINARY, "relu", n_hidden=8)
    run = make_run(BINARY, network=network, data={"validation": VALIDATION}, alpha=2.0, **FULL_BATCH)
    view_parameters(run.state.params, network.shape).b_hidden[0, :2] = [-1e3, 1e3]  # never or always fires
    result, params = train_and_watch(run)
    for record, start, end in zip(result.state.history, params[:-1], params[1:], strict=True):
        value, gradient = objective_of(run, start)
        grads = view_parameters(gradient, network.shape)
        hidden = predict_hidden(network, view_parameters(start, network.shape), rows_of(BINARY.X))
        expected = {
            "loss": value,
            "gradient_norm_hidden": math.hypot(*map(np.linalg.norm, (grads.w_hidden, grads.b_hidden))),
            "gradient_norm_output": math.hypot(*map(np.linalg.norm, (grads.w_output, grads.b_output))),
            "saturated_fraction": (hidden == 0).mean(),
            "dead_fraction": (hidden == 0).all(axis=0).mean(),
            "learning_rate": run.config.learning_rate,
            "val_loss": mean_loss(network, view_parameters(end, network.shape), VALIDATION),
        }
        assert record.pop("seconds") >= 0
        assert record == pytest.approx(expected, rel=1e-12)


def test_history_of_batches_has_the_mean_loss_over_the_epoch():
    """Without steps to speak of it is the objective, whatever the batches."""
    config = {"solver": "sgd", "learning_rate": 1e-12, "alpha": 2.0, "batch_size": 7}
    run = make_run(BINARY, data={"row_weights": np.arange(1.0, 61)}, **config)
    losses = history_column(train_alone(run), "loss")
    assert_allclose(losses, objective_of(run, run.state.params)[0], rtol=1e-9)
