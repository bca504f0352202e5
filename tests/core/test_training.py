import itertools
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.activations import ACTIVATIONS, Activation
from sknn_scratch._core.batches import TrainData
from sknn_scratch._core.losses import LOSSES, Loss
from sknn_scratch._core.network import Network, mean_loss, predict_hidden
from sknn_scratch._core.parameters import NetworkShape, view_parameters
from sknn_scratch._core.stopping import StopReason, Watch
from sknn_scratch._core.training import train
from tests.core import textbook
from tests.helpers import (
    KINDS,
    assert_same_training,
    history_column,
    make_batch,
    make_network,
    make_problem,
    make_task,
    objective_and_gradient,
    train_alone,
    train_together,
)

BINARY = make_problem("binary")
VALIDATION = make_batch(make_problem("binary", 30, seed=1))  # other clusters: it gets worse in time
FULL_BATCH = {"batch_size": 60, "solver": "sgd"}
EXPLODING = {
    "batch_size": 60,
    "solver": "sgd",
    "learning_rate": 1e10,
    "network": make_network(BINARY, "relu"),
}

every_kind = pytest.mark.parametrize("kind", KINDS)
every_solver = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
every_schedule = pytest.mark.parametrize("schedule", ["constant", "cosine", "adaptive"])


def objective(task, params):
    """Objective and gradient of the training rows at flat parameters."""
    network, data = task.config.network, task.data
    batch = make_batch(BINARY._replace(X=data.X, targets=data.targets), data.weights)
    return objective_and_gradient(network, params, batch, task.config.alpha / data.total_weight)


def train_and_watch(task):
    """Train, and keep the parameters at the start and after every epoch."""
    params = [task.state.params.copy()]
    result = train_alone(task, lambda _, state: params.append(state.params.copy()))
    return result, params


def spoilt_loss(spoil, n_evaluations):
    """Logistic loss of which ``spoil`` gets the value of evaluation number n."""
    counter = itertools.count(1)

    def value_and_gradient(*args):
        value = LOSSES["logistic"].value_and_gradient(*args)
        return spoil(value) if next(counter) == n_evaluations else value

    return Loss(value_and_gradient, LOSSES["logistic"].log_probabilities)


def interrupt(value):
    raise KeyboardInterrupt


def explode(value):
    return 1e9 * value


# --- What an epoch does ---


def textbook_training(task):
    """Parameters after every epoch, by the optimisers of a textbook."""
    state, data, config = task.state.copy(), task.data, task.config
    n, n_batches = len(data.targets), math.ceil(len(data.targets) / config.batch_size)
    weights = np.ones(n) if data.weights is None else data.weights / data.weights.mean()

    def batches():
        for _ in range(config.max_iter):
            order = state.shuffle_rng.permutation(n) if n_batches > 1 else np.arange(n)
            yield from (order[i : i + config.batch_size] for i in range(0, n, config.batch_size))

    remaining = batches()

    def gradient(params):
        rows = next(remaining)
        problem = BINARY._replace(X=data.X[rows], targets=data.targets[rows])
        batch = make_batch(problem)._replace(weights=weights[rows, np.newaxis] / len(rows))
        return objective_and_gradient(config.network, params, batch, config.alpha / data.total_weight)[1]

    n_steps = n_batches * config.max_iter
    if config.solver == "adam":
        steps = textbook.adam(state.params, gradient, n_steps, config.learning_rate)
    else:
        sgd = textbook.nesterov if config.nesterov else textbook.momentum
        steps = sgd(state.params, gradient, n_steps, config.learning_rate, config.momentum)
    return list(steps)[n_batches - 1 :: n_batches]


@every_kind
@pytest.mark.parametrize(
    "solver", [{"solver": "adam"}, {"solver": "sgd"}, {"solver": "sgd", "nesterov": False}]
)
@pytest.mark.parametrize("batch_size", [16, 60], ids=["batches", "full batch"])
@pytest.mark.parametrize("weights", [None, np.arange(1.0, 61)], ids=["", "weights"])
def test_training_equals_the_textbook(kind, solver, batch_size, weights):
    task = make_task(
        make_problem(kind), data={"weights": weights}, batch_size=batch_size, max_iter=4, alpha=3.0, **solver
    )
    _, params = train_and_watch(task)
    assert_allclose(params[1:], textbook_training(task), rtol=1e-9, atol=1e-11)


@every_kind
@every_solver
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_training_lowers_the_objective(kind, solver, activation):
    problem = make_problem(kind)
    network = make_network(problem, activation)
    task = make_task(
        problem, network=network, solver=solver, batch_size=60 if solver == "lbfgs" else 16, alpha=0.1
    )
    result = train_alone(task)
    before, after = (objective(task, state.params)[0] for state in (task.state, result.state))
    assert after < 0.95 * before


def test_training_counts_epochs_and_updates():
    result = train_alone(make_task(BINARY, batch_size=16, max_iter=7))
    assert result.stop_reason is StopReason.MAX_ITER
    assert result.state.epoch == result.best_epoch == 7
    assert result.state.n_updates == 7 * 4


def test_training_changes_the_state_it_was_given():
    task = make_task(BINARY)
    before = task.state.params.copy()
    (result,) = train([task])
    assert result.state is task.state
    assert (result.state.params != before).all()


def test_training_leaves_the_data_alone():
    weights = np.arange(1.0, 61)
    before = [array.copy() for array in (BINARY.X, BINARY.targets, weights)]
    for config in ({}, FULL_BATCH, {"batch_size": 60, "solver": "lbfgs"}):
        train_alone(make_task(BINARY, data={"weights": weights}, **config))
    for array, array_before in zip((BINARY.X, BINARY.targets, weights), before, strict=True):
        assert_array_equal(array, array_before)


@every_solver
def test_same_seed_same_network(solver):
    task = make_task(BINARY, solver=solver, batch_size=60 if solver == "lbfgs" else 16)
    first, second = train_alone(task), train_alone(task)
    assert_array_equal(first.state.params, second.state.params)
    other = train_alone(make_task(BINARY, seed=1, solver=solver, batch_size=task.config.batch_size))
    assert (first.state.params != other.state.params).any()


# --- History ---


def test_history_of_full_batches_is_what_can_be_computed_from_the_parameters():
    network = make_network(BINARY, "relu", n_hidden=8)
    task = make_task(BINARY, network=network, data={"validation": VALIDATION}, alpha=2.0, **FULL_BATCH)
    result, params = train_and_watch(task)
    for record, start, end in zip(result.state.history, params[:-1], params[1:], strict=True):
        value, gradient = objective(task, start)
        grads = view_parameters(gradient, network.shape)
        hidden = predict_hidden(network, view_parameters(start, network.shape), BINARY.X)
        assert record["loss"] == pytest.approx(value, rel=1e-12)
        assert record["val_loss"] == pytest.approx(
            mean_loss(network, view_parameters(end, network.shape), VALIDATION), rel=1e-12
        )
        assert record["gradient_norm_hidden"] == pytest.approx(
            math.hypot(np.linalg.norm(grads.w_hidden), np.linalg.norm(grads.b_hidden)), rel=1e-12
        )
        assert record["gradient_norm_output"] == pytest.approx(
            math.hypot(np.linalg.norm(grads.w_output), np.linalg.norm(grads.b_output)), rel=1e-12
        )
        assert record["saturated_fraction"] == pytest.approx((hidden == 0).mean())
        assert record["dead_fraction"] == pytest.approx((hidden == 0).all(axis=0).mean())
        assert record["learning_rate"] == task.config.learning_rate
        assert record["seconds"] >= 0


def test_history_of_batches_has_the_mean_loss_over_the_epoch():
    """Without steps to speak of it is the objective, whatever the batches."""
    weights = np.arange(1.0, 61)
    task = make_task(
        BINARY, data={"weights": weights}, solver="sgd", learning_rate=1e-12, alpha=2.0, batch_size=7
    )
    losses = history_column(train_alone(task), "loss")
    assert_allclose(losses, objective(task, task.state.params)[0], rtol=1e-9)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("scored", [False, True])
def test_history_has_the_same_columns_in_every_epoch(solver, validated, scored):
    data = {"validation": VALIDATION if validated or scored else None}
    data["score"] = (lambda params: 0.5) if scored else None
    names = {"loss", "gradient_norm_hidden", "gradient_norm_output", "saturated_fraction"}
    names |= {"dead_fraction", "learning_rate", "seconds"}
    names |= {"val_loss"} if data["validation"] else set()
    names |= {"val_score"} if scored else set()
    result = train_alone(make_task(BINARY, data=data, solver=solver, batch_size=60))
    for record in result.state.history:
        assert record.keys() == names
        assert {type(value) for value in record.values()} == {float}


def test_dead_and_saturated_units_are_counted():
    """Of four relu units one never fires; of the hidden inputs of the others, some are negative."""
    network = make_network(BINARY, "relu", n_hidden=4)
    task = make_task(BINARY, network=network, learning_rate=1e-12, **FULL_BATCH)
    view_parameters(task.state.params, network.shape).b_hidden[0, 2] = -1e3
    record = train_alone(task).state.history[0]
    assert record["dead_fraction"] == 0.25
    assert 0.25 < record["saturated_fraction"] < 1


def test_a_steep_descent_is_no_saturation():
    downhill = Activation(np.negative, lambda z: np.full_like(z, -1))
    record = train_alone(make_task(BINARY, network=make_network(BINARY, downhill))).state.history[0]
    assert record["saturated_fraction"] == record["dead_fraction"] == 0


# --- Schedules ---


def test_constant_schedule():
    rates = history_column(train_alone(make_task(BINARY, learning_rate=0.03)), "learning_rate")
    assert_array_equal(rates, 0.03)


def test_cosine_schedule_falls_from_the_learning_rate_towards_zero():
    task = make_task(BINARY, schedule="cosine", learning_rate=0.03, max_iter=8)
    rates = history_column(train_alone(task), "learning_rate")
    assert_allclose(rates, 0.03 * (1 + np.cos(np.pi * np.arange(8) / 8)) / 2, rtol=1e-14)


def test_scheduled_rates_are_those_of_the_updates():
    task = make_task(BINARY, schedule="cosine", learning_rate=0.03, max_iter=2)
    first = train_alone(make_task(BINARY, learning_rate=0.03, max_iter=1))
    second = train_alone(make_task(BINARY, max_iter=1)._replace(state=first.state.for_another_run(0.03 / 2)))
    assert_allclose(train_alone(task).state.params, second.state.params, rtol=1e-12)


def test_adaptive_schedule_divides_by_five_when_patience_ends():
    """No epoch is better by 10, so patience ends after every two epochs (the first is always better)."""
    task = make_task(
        BINARY, schedule="adaptive", learning_rate=0.03, max_iter=8, tol=10.0, n_iter_no_change=2
    )
    result = train_alone(task)
    rates = history_column(result, "learning_rate")
    assert_allclose(rates, 0.03 / np.array([1, 1, 1, 5, 5, 25, 25, 125]), rtol=1e-14)
    assert result.state.learning_rate == pytest.approx(0.03 / 125)


def test_adaptive_schedule_ends_when_the_rate_is_spent():
    task = make_task(
        BINARY, schedule="adaptive", learning_rate=0.01, max_iter=1000, tol=10.0, n_iter_no_change=1
    )
    result = train_alone(task)
    assert result.stop_reason is StopReason.CONVERGED
    assert result.state.learning_rate <= 1e-6
    assert history_column(result, "learning_rate")[-1] == result.state.learning_rate


# --- Reasons to stop ---


def epoch_of_patience(values, tol, patience):
    """The rule, on its own: when ``patience`` epochs on end were not better than the best by tol."""
    best, without = np.inf, 0
    for epoch, value in enumerate(values, start=1):
        without = 0 if value < best - tol else without + 1
        best = min(best, value)
        if without == patience:
            return epoch
    return None


@every_solver
@pytest.mark.parametrize("tol", [1e-4, 1e-2])
@pytest.mark.parametrize("patience", [1, 2, 5])
def test_stops_in_the_very_epoch_that_patience_ends(solver, tol, patience):
    config = {"solver": solver, "batch_size": 60 if solver == "lbfgs" else 16, "alpha": 1.0}
    unbroken = train_alone(make_task(BINARY, max_iter=150, tol=0, n_iter_no_change=10**6, **config))
    expected = epoch_of_patience(history_column(unbroken, "loss"), tol, patience)
    result = train_alone(make_task(BINARY, max_iter=150, tol=tol, n_iter_no_change=patience, **config))
    assert result.state.epoch == expected
    assert result.stop_reason is StopReason.CONVERGED


@pytest.mark.parametrize("patience", [1, 3, 6])
def test_stops_in_the_very_epoch_that_the_patience_with_the_validation_ends(patience):
    data, config = {"validation": VALIDATION}, {"max_iter": 60, "tol": 1e-3, "learning_rate": 0.05}
    unbroken, params = train_and_watch(make_task(BINARY, data=data, n_iter_no_change=10**6, **config))
    losses = history_column(unbroken, "val_loss")
    result = train_alone(make_task(BINARY, data=data, n_iter_no_change=patience, **config))
    assert result.stop_reason is StopReason.NO_IMPROVEMENT
    assert result.state.epoch == epoch_of_patience(losses, 1e-3, patience)
    assert result.best_epoch == 1 + np.argmin(losses[: result.state.epoch])
    assert_array_equal(result.state.params, params[result.best_epoch])


def test_the_best_epoch_is_kept_whatever_the_reason_to_stop():
    task = make_task(BINARY, data={"validation": VALIDATION}, max_iter=40, n_iter_no_change=100)
    result, params = train_and_watch(task)
    best = 1 + np.argmin(history_column(result, "val_loss"))
    assert result.stop_reason is StopReason.MAX_ITER
    assert result.best_epoch == best < 40
    assert_array_equal(result.state.params, params[best])


def test_a_score_is_watched_instead_of_the_loss():
    scores = iter([0.1, 0.5, 0.4, 0.6, 0.6, 0.2, 0.3, 1.0])
    seen = []

    def score(params):
        seen.append(params.copy())
        return next(scores)

    task = make_task(
        BINARY, data={"validation": VALIDATION, "score": score}, max_iter=100, n_iter_no_change=3
    )
    result, params = train_and_watch(task)
    assert result.stop_reason is StopReason.NO_IMPROVEMENT
    assert_array_equal(history_column(result, "val_score"), [0.1, 0.5, 0.4, 0.6, 0.6, 0.2, 0.3])
    assert result.best_epoch == 4
    assert_array_equal(seen, params[1:])
    assert_array_equal(result.state.params, params[4])


@every_solver
def test_stops_when_the_gradient_is_small(solver):
    config = {"solver": solver, "batch_size": 60, "alpha": 1.0, "n_iter_no_change": 10**6, "max_iter": 200}
    unbroken = train_alone(make_task(BINARY, **config))
    names = ("gradient_norm_hidden", "gradient_norm_output")
    norms = np.hypot(*(history_column(unbroken, name) for name in names))
    limit = np.median(norms)
    result = train_alone(make_task(BINARY, gradient_tol=limit, **config))
    assert result.stop_reason is StopReason.SMALL_GRADIENT
    assert result.state.epoch == 1 + np.argmax(norms < limit)


@every_solver
@pytest.mark.parametrize("max_iter", [1, 5])
def test_stops_after_max_iter_epochs(solver, max_iter):
    task = make_task(BINARY, solver=solver, batch_size=60, max_iter=max_iter)
    result = train_alone(task)
    assert result.stop_reason is StopReason.MAX_ITER
    assert result.state.epoch == max_iter


@every_solver
def test_stops_when_a_callback_says_so(solver):
    task = make_task(BINARY, solver=solver, batch_size=60, max_iter=50)
    result = train_alone(task, lambda _, state: state.epoch == 3)
    assert result.stop_reason is StopReason.CALLBACK
    assert result.state.epoch == 3
    straight = train_alone(
        task._replace(config=make_task(BINARY, solver=solver, batch_size=60, max_iter=3).config)
    )
    assert_array_equal(result.state.params, straight.state.params)


def test_the_callback_of_the_last_epoch_does_not_hide_the_reason():
    result = train_alone(make_task(BINARY, max_iter=3), lambda _, state: True if state.epoch == 3 else None)
    assert result.stop_reason is StopReason.MAX_ITER


@every_solver
def test_the_callback_sees_the_epoch_that_has_ended(solver):
    epochs = []

    def on_epoch_end(number, state):
        assert number == 0
        assert len(state.history) == state.epoch
        epochs.append(state.epoch)

    result = train_alone(make_task(BINARY, solver=solver, batch_size=60), on_epoch_end)
    assert epochs == [1, 2, 3, 4, 5]
    assert result.state.epoch == 5


def test_an_error_in_a_callback_passes_through():
    def on_epoch_end(number, state):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train_alone(make_task(BINARY), on_epoch_end)


@every_solver
def test_a_state_that_has_stopped_is_not_trained_further(solver):
    task = make_task(BINARY, solver=solver, batch_size=60)
    result = train_alone(task)
    again = train_alone(task._replace(state=result.state))
    assert_array_equal(again.state.params, result.state.params)
    assert again.stop_reason is result.stop_reason
    assert again.state.epoch == result.state.epoch


# --- Divergence ---


@pytest.mark.parametrize("learning_rate", [1e10, 1e100, 1e308])
@pytest.mark.parametrize("batch_size", [16, 60])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_divergence_leaves_good_parameters(learning_rate, batch_size, solver):
    task = make_task(
        BINARY, **EXPLODING | {"learning_rate": learning_rate, "batch_size": batch_size, "solver": solver}
    )
    result = train_alone(task)
    assert result.stop_reason is StopReason.DIVERGED
    assert np.isfinite(result.state.params).all()
    assert objective(task, result.state.params)[0] < 10 * objective(task, task.state.params)[0]


@pytest.mark.parametrize("spoil", [explode, lambda value: np.nan * value], ids=["explosion", "no number"])
@pytest.mark.parametrize("n_evaluations", [9, 10, 12])
def test_a_bad_loss_in_the_third_epoch_undoes_what_led_to_it(spoil, n_evaluations):
    """It may be the last update of the second epoch that was too large."""
    task = make_task(BINARY, batch_size=16)
    _, params = train_and_watch(task)
    network = make_network(BINARY)._replace(loss=spoilt_loss(spoil, n_evaluations))
    result = train_alone(make_task(BINARY, network=network, batch_size=16))
    assert result.stop_reason is StopReason.DIVERGED
    assert result.state.epoch == 3
    assert_array_equal(result.state.params, params[1])


def test_divergence_keeps_an_earlier_best_epoch():
    scores = iter([0.5, 0.9, 0.7, 0.6])
    data = {"validation": VALIDATION, "score": lambda params: next(scores)}
    network = make_network(BINARY)
    spoilt = network._replace(loss=spoilt_loss(explode, 9))
    task = make_task(BINARY, data={"validation": VALIDATION}, batch_size=60, max_iter=4)
    _, params = train_and_watch(task)
    result = train_alone(make_task(BINARY, network=spoilt, data=data, batch_size=60, max_iter=8))
    assert result.stop_reason is StopReason.DIVERGED
    assert result.best_epoch == 2
    assert_array_equal(result.state.params, params[2])


def test_divergence_after_good_epochs_leaves_the_last_good_parameters():
    """The learning rate explodes in the fourth epoch; its updates are undone."""
    task = make_task(BINARY, max_iter=50, **FULL_BATCH)
    good = train_alone(task, lambda _, state: state.epoch == 3)
    _, params = train_and_watch(task)
    result = train_alone(
        task._replace(
            state=good.state.for_another_run(1e200),
            config=make_task(BINARY, learning_rate=1e200, max_iter=50, **FULL_BATCH).config,
        )
    )
    assert result.stop_reason is StopReason.DIVERGED
    assert_array_equal(result.state.params, params[3])


@pytest.mark.parametrize("batch_size", [16, 60])
def test_an_explosion_in_the_last_epoch_is_a_divergence(batch_size):
    """So it must be where a network is trained one epoch at a time."""
    task = make_task(BINARY, **EXPLODING | {"max_iter": 1, "batch_size": batch_size})
    result = train_alone(task)
    assert result.stop_reason is StopReason.DIVERGED
    assert_array_equal(result.state.params, task.state.params)


def test_an_update_out_of_range_is_a_divergence_even_in_the_last_epoch():
    task = make_task(BINARY, **EXPLODING | {"learning_rate": 1e308, "max_iter": 1, "momentum": 0.0})
    weights = view_parameters(task.state.params, task.config.network.shape).weights
    weights *= 100
    result = train_alone(task)
    assert result.stop_reason is StopReason.DIVERGED
    assert_array_equal(result.state.params, task.state.params)


@every_solver
def test_rows_that_are_no_numbers_are_a_divergence_at_once(solver):
    problem = BINARY._replace(X=np.full_like(BINARY.X, np.nan))
    task = make_task(problem, solver=solver, batch_size=60)
    result = train_alone(task)
    assert result.stop_reason is StopReason.DIVERGED
    assert_array_equal(result.state.params, task.state.params)
    assert result.state.epoch == 1


def test_a_diverged_network_is_not_scored():
    def score(params):
        assert np.isfinite(params).all()
        return 0.5

    data = {"validation": VALIDATION, "score": score}
    result = train_alone(make_task(BINARY, data=data, **EXPLODING | {"learning_rate": 1e200}))
    assert result.stop_reason is StopReason.DIVERGED
    assert np.isfinite(result.state.params).all()
    assert math.isnan(result.state.history[-1]["val_score"])


def test_the_validation_does_not_choose_parameters_that_explode():
    """After the first epoch they validate badly, but better than any others have yet."""
    task = make_task(BINARY, data={"validation": VALIDATION}, **EXPLODING)
    result = train_alone(task)
    assert result.stop_reason is StopReason.DIVERGED
    assert_array_equal(result.state.params, task.state.params)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_a_diverged_network_can_be_trained_further(solver):
    diverged = train_alone(make_task(BINARY, **EXPLODING | {"learning_rate": 1e200, "solver": solver}))
    task = make_task(BINARY, network=EXPLODING["network"], solver=solver, max_iter=30)
    result = train_alone(task._replace(state=diverged.state.for_another_run(0.02)))
    assert result.stop_reason is StopReason.MAX_ITER
    assert objective(task, result.state.params)[0] < 0.9 * objective(task, diverged.state.params)[0]


def test_a_high_but_finite_loss_is_no_divergence():
    problem = BINARY._replace(X=100 * BINARY.X)
    result = train_alone(make_task(problem, network=make_network(problem, "relu")))
    assert history_column(result, "loss")[0] > 2
    assert result.stop_reason is StopReason.MAX_ITER


# --- Interrupts ---


@pytest.mark.parametrize("n_evaluations", [1, 2, 4, 5, 6, 12, 13])
def test_an_interrupt_leaves_the_last_whole_epoch(n_evaluations):
    _, params = train_and_watch(make_task(BINARY, batch_size=16))
    network = make_network(BINARY)._replace(loss=spoilt_loss(interrupt, n_evaluations))
    result = train_alone(make_task(BINARY, network=network, batch_size=16))
    whole_epochs = (n_evaluations - 1) // 4
    assert result.stop_reason is StopReason.INTERRUPTED
    assert result.state.epoch == whole_epochs
    assert_array_equal(result.state.params, params[whole_epochs])


def test_an_interrupt_of_lbfgs_leaves_the_last_whole_iteration():
    config = {"solver": "lbfgs", "batch_size": 60}
    _, params = train_and_watch(make_task(BINARY, **config))
    for n_evaluations in (1, 2, 4):
        network = make_network(BINARY)._replace(loss=spoilt_loss(interrupt, n_evaluations))
        result = train_alone(make_task(BINARY, network=network, **config))
        assert result.stop_reason is StopReason.INTERRUPTED
        assert result.state.epoch < n_evaluations
        assert_array_equal(result.state.params, params[result.state.epoch])


@every_solver
def test_an_interrupted_callback_leaves_the_epoch_before_it(solver):
    task = make_task(BINARY, solver=solver, batch_size=60)
    _, params = train_and_watch(task)

    def on_epoch_end(_, state):
        if state.epoch == 3:
            raise KeyboardInterrupt

    result = train_alone(task, on_epoch_end)
    assert result.stop_reason is StopReason.INTERRUPTED
    assert result.state.epoch == 3
    assert_array_equal(result.state.params, params[3])


def test_an_interrupt_keeps_the_best_epoch_of_the_validation():
    task = make_task(BINARY, data={"validation": VALIDATION}, max_iter=40, n_iter_no_change=100)
    _, params = train_and_watch(task)

    def on_epoch_end(_, state):
        if state.epoch == 30:
            raise KeyboardInterrupt

    result = train_alone(task, on_epoch_end)
    best = 1 + np.argmin(history_column(result, "val_loss"))
    assert result.best_epoch == best < 30
    assert_array_equal(result.state.params, params[best])


def test_an_interrupted_network_can_be_trained_further():
    network = make_network(BINARY)._replace(loss=spoilt_loss(interrupt, 6))
    interrupted = train_alone(make_task(BINARY, network=network, batch_size=16))
    task = make_task(BINARY, batch_size=16, max_iter=30)
    result = train_alone(task._replace(state=interrupted.state.for_another_run(0.02)))
    assert result.state.epoch == 1 + 30
    assert objective(task, result.state.params)[0] < objective(task, interrupted.state.params)[0]


# --- States ---


RESUMED = {
    "adam": {"solver": "adam"},
    "sgd": {"solver": "sgd"},
    "cosine": {"schedule": "cosine"},
    "adaptive": {"schedule": "adaptive", "tol": 1.0, "n_iter_no_change": 2},
    "dropout": {"dropout": 0.4},
    "full batch": FULL_BATCH,
    "weights": {"data": {"weights": np.arange(1.0, 61)}},
    "validation": {"data": {"validation": VALIDATION}, "learning_rate": 0.05, "tol": 1e-3},
}


@pytest.mark.parametrize("setting", RESUMED)
@pytest.mark.parametrize("n_networks", [1, 3])
@pytest.mark.parametrize("epoch", [1, 4])
def test_a_copied_state_goes_on_bit_for_bit(setting, n_networks, epoch):
    config = {"max_iter": 12} | RESUMED[setting]
    tasks = [make_task(BINARY, seed, **config) for seed in range(n_networks)]
    copies = [None] * n_networks

    def on_epoch_end(number, state):
        if state.epoch == epoch:
            copies[number] = state.copy()

    straight = train_together(tasks, on_epoch_end)
    resumed = train_together([task._replace(state=state) for task, state in zip(tasks, copies, strict=True)])
    for result, other in zip(resumed, straight, strict=True):
        assert_same_training(result, other, rtol=0)


def test_training_on_leaves_a_copy_alone():
    copies = []
    train_alone(
        make_task(BINARY, data={"validation": VALIDATION}),
        lambda _, state: copies.append((state.copy(), state.copy())),
    )
    first, second = copies[0]
    train([make_task(BINARY, data={"validation": VALIDATION}, max_iter=20)._replace(state=second)])
    assert first.epoch == 1
    assert first.watch.best_epoch == 1
    assert_array_equal(first.params, copies[0][0].params)
    assert (first.params != second.params).any()
    for name, array in first.memory.items():
        assert (array != second.memory[name]).any()
    assert first.shuffle_rng.random() != second.shuffle_rng.random()


def test_another_run_has_its_own_epochs_and_patience_but_keeps_the_memory():
    first = train_alone(make_task(BINARY, max_iter=4, tol=10.0))
    assert first.state.watch.epochs_without_improvement == 3
    state = first.state.for_another_run(0.05)
    assert state.epochs_before == state.epoch == 4
    assert state.learning_rate == 0.05
    assert state.n_updates == 16
    assert state.stop_reason is None
    assert state.watch == Watch()
    for name, array in first.state.memory.items():
        assert_array_equal(state.memory[name], array)
        assert not np.shares_memory(state.memory[name], array)
    second = train_alone(make_task(BINARY, max_iter=4)._replace(state=state))
    assert second.stop_reason is StopReason.MAX_ITER
    assert second.state.epoch == 8
    assert second.state.n_updates == 32


def test_two_runs_are_one_long_one():
    long = train_alone(make_task(BINARY, max_iter=8))
    first = train_alone(make_task(BINARY, max_iter=4))
    second = train_alone(make_task(BINARY, max_iter=4)._replace(state=first.state.for_another_run(0.02)))
    assert_array_equal(second.state.params, long.state.params)


# --- Dropout ---


def recorded_factors(n_hidden, dropout, dtype=np.float64, seed=0, n_samples=500):
    """Dropout's factors (n_batches, n_samples, n_hidden) of two epochs of two batches.

    The hidden values are all one and the output weights the unit matrix, so they are the logits.
    """
    factors = []

    def value_and_gradient(logits, *args):
        factors.append(logits.copy())
        return LOSSES["logistic"].value_and_gradient(logits, *args)

    shape = NetworkShape(1, n_hidden, n_hidden)
    loss = Loss(value_and_gradient, LOSSES["logistic"].log_probabilities)
    network = Network(shape, ACTIVATIONS["identity"], loss)
    problem = BINARY._replace(
        X=np.zeros((n_samples, 1), dtype), targets=np.zeros((n_samples, n_hidden), dtype)
    )
    task = make_task(
        problem,
        seed,
        network=network,
        dropout=dropout,
        solver="sgd",
        learning_rate=0.0,
        batch_size=n_samples // 2,
        max_iter=2,
    )
    params = view_parameters(task.state.params, shape)
    params.w_output[...] = np.eye(n_hidden)
    params.b_hidden[...] = 1
    train_alone(task)
    return np.array(factors[:4])  # a last evaluation, without dropout, checks the last update


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("dropout", [0.1, 0.5, 0.9])
def test_units_are_dropped_at_the_rate_asked_for_and_the_others_made_up_for_it(dropout, dtype):
    factors = recorded_factors(4, dropout, dtype)
    assert factors.shape == (4, 250, 4)
    assert_allclose(np.unique(factors), [0, 1 / (1 - dropout)], rtol=1e-6)
    standard_error = math.sqrt(dropout * (1 - dropout) / 1000)
    assert_allclose((factors == 0).mean(axis=(0, 1)), dropout, atol=4 * standard_error)  # of every unit
    assert_allclose((factors == 0).mean(axis=(1, 2)), dropout, atol=4 * standard_error)  # in every batch


def test_units_samples_and_batches_are_dropped_independently():
    dropped = (recorded_factors(4, 0.5) == 0).astype(float)
    of_units = np.corrcoef(dropped.reshape(-1, 4).T)
    of_batches = np.corrcoef(dropped.reshape(4, -1))
    of_neighbours = np.corrcoef(dropped[:, 1:].ravel(), dropped[:, :-1].ravel())
    for correlations in (of_units, of_batches, of_neighbours):
        assert_allclose(correlations, np.eye(len(correlations)), atol=4 / math.sqrt(1000))


def test_dropout_is_determined_by_its_seed():
    assert_array_equal(recorded_factors(4, 0.5), recorded_factors(4, 0.5))
    assert (recorded_factors(4, 0.5) != recorded_factors(4, 0.5, seed=1)).any()


def test_no_dropout_draws_no_random_numbers():
    task = make_task(BINARY)
    assert train_alone(task).state.dropout_rng.random() == task.state.copy().dropout_rng.random()


def test_all_units_validate():
    network = make_network(BINARY)
    task = make_task(BINARY, data={"validation": VALIDATION}, dropout=0.5, max_iter=3)
    result, params = train_and_watch(task)
    losses = [mean_loss(network, view_parameters(one, network.shape), VALIDATION) for one in params[1:]]
    assert_allclose(history_column(result, "val_loss"), losses, rtol=1e-12)


# --- lbfgs ---


def test_lbfgs_ends_with_the_last_accepted_point():
    """Here SciPy's last line search fails, at a point that is not the best."""
    problem = make_problem("multilabel", 30, dtype=np.float32)
    task = make_task(
        problem,
        network=make_network(problem, "relu"),
        solver="lbfgs",
        batch_size=30,
        max_iter=300,
        n_iter_no_change=10**6,
        alpha=100.0,
    )
    result, params = train_and_watch(task)
    assert result.stop_reason is StopReason.CONVERGED
    assert_array_equal(result.state.params, params[-1])


def test_lbfgs_at_a_minimum_records_one_epoch():
    """Without weights, and with as many yes as no, all gradients are zero."""
    task = make_task(BINARY, solver="lbfgs", batch_size=60)
    task.state.params.fill(0)
    result = train_alone(task)
    assert result.state.epoch == 1
    assert result.state.history[0]["loss"] == pytest.approx(math.log(2), rel=1e-15)
    assert not result.state.params.any()


def test_total_weight_scales_the_penalty():
    """Alpha counts against the sum of the weights, so weights of two are half the alpha."""
    heavy = make_task(BINARY, data={"weights": np.full(60, 2.0)}, alpha=4.0)
    light = make_task(BINARY, alpha=2.0)
    assert_same_training(train_alone(heavy), train_alone(light), rtol=1e-12)
    assert TrainData(BINARY.X, BINARY.targets, weights=np.full(60, 2.0)).total_weight == 120
