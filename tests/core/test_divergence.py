"""Trainings that end badly leave good parameters."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch._core.losses import Logistic
from sknn_scratch._core.state import StopReason
from tests.helpers import (
    BINARY,
    FULL_BATCH,
    STOCHASTIC,
    VALIDATION,
    InterruptedActivation,
    every_solver,
    make_network,
    make_run,
    objective_of,
    train_alone,
    train_and_watch,
)

EXPLODING = FULL_BATCH | {"learning_rate": 1e10, "network": make_network(BINARY, "relu")}


def spoilt_network(n_evaluations, loss):
    """A network with another loss in one evaluation."""
    counter = itertools.count(1)

    class Spoilt(Logistic):
        def gradient(self, outputs, targets, out):
            super().gradient(outputs, targets, out)
            if next(counter) == n_evaluations:
                outputs[...] = -loss * targets.values

    return make_network(BINARY)._replace(loss=Spoilt())


def assert_diverged(result, kept_params):
    assert result.state.stop_reason is StopReason.DIVERGED
    assert_array_equal(result.state.params, kept_params)


@pytest.mark.parametrize("learning_rate", [1e10, 1e308])
@pytest.mark.parametrize("batch_size", [16, 60])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_divergence_leaves_good_parameters(learning_rate, batch_size, solver):
    config = {"learning_rate": learning_rate, "batch_size": batch_size, "solver": solver}
    run = make_run(BINARY, **EXPLODING | config)
    result = train_alone(run)
    assert result.state.stop_reason is StopReason.DIVERGED
    assert np.isfinite(result.state.params).all()
    assert objective_of(run, result.state.params)[0] < 10 * objective_of(run, run.state.params)[0]
    calm = make_run(BINARY, network=EXPLODING["network"], solver=solver, max_iter=30)
    further = train_alone(replace(calm, state=result.state.for_another_run()))
    assert further.state.stop_reason is StopReason.MAX_ITER
    assert objective_of(run, further.state.params)[0] < 0.9 * objective_of(run, result.state.params)[0]


@pytest.mark.parametrize("loss", [1e9, np.nan])
@pytest.mark.parametrize("n_evaluations", [9, 10, 12])
def test_a_bad_loss_in_the_third_epoch_undoes_what_led_to_it(loss, n_evaluations):
    """It may be the last update of the second epoch that was too large."""
    run = make_run(BINARY, batch_size=16)
    _, params = train_and_watch(run)
    network = spoilt_network(n_evaluations, loss)
    result = train_alone(make_run(BINARY, network=network, batch_size=16))
    assert_diverged(result, params[1])
    assert result.state.epoch == 3
    assert result.state.kept_epoch == 1


@pytest.mark.parametrize("data", [None, {"validation": VALIDATION}])
@pytest.mark.parametrize("batch_size", [16, 60])
@pytest.mark.parametrize("learning_rate", [1e10, 1e308])
def test_an_explosion_in_the_last_epoch_is_a_divergence_whatever_a_callback_asks_for(
    batch_size, learning_rate, data
):
    """So it must be where a network is trained one epoch at a time.

    The parameters that explode may validate badly, but better than any others have yet.
    """
    config = {"max_iter": 1, "batch_size": batch_size, "learning_rate": learning_rate, "momentum": 0.0}
    run = make_run(BINARY, data=data, **EXPLODING | config)
    for on_epoch_end in (None, lambda *_: True):
        result = train_alone(run, on_epoch_end)
        assert_diverged(result, run.state.params)
        assert result.state.kept_epoch == 0


def test_a_penalty_can_explode_too():
    """The loss does not see how large the weights of a saturated unit are."""
    run = make_run(BINARY, alpha=1e4, max_iter=200, n_iter_no_change=100, learning_rate=0.1, **FULL_BATCH)
    result = train_alone(run)
    assert result.state.stop_reason is StopReason.DIVERGED
    assert result.state.epoch < 20
    assert objective_of(run, result.state.params)[0] <= 1.01 * objective_of(run, run.state.params)[0]


@every_solver
@pytest.mark.parametrize("scale", [1e150, 1e300])
@pytest.mark.parametrize("validation", [None, VALIDATION])
def test_huge_rows_overflow_in_silence(solver, scale, validation):
    problem = BINARY._replace(X=scale * BINARY.X)
    network = make_network(problem, "identity")
    data = {"validation": validation}
    run = make_run(problem, network=network, solver=solver, batch_size=60, alpha=1.0, max_iter=50, data=data)
    assert np.isfinite(train_alone(run).state.params).all()


@pytest.mark.parametrize(
    ("solver", "n_evaluations"),
    [*(("adam", n) for n in (1, 2, 4, 5, 6, 12, 13)), *(("lbfgs", n) for n in (1, 2, 4))],
)
def test_an_interrupt_leaves_the_last_whole_epoch(solver, n_evaluations):
    activation = InterruptedActivation(10**9)
    run = make_run(BINARY, network=make_network(BINARY, activation), solver=solver)
    _, params = train_and_watch(run)
    activation.calls_left[0] = n_evaluations - 1
    result = train_alone(run)
    assert result.state.stop_reason is StopReason.INTERRUPTED
    assert (result.state.memory, result.state.n_updates) == ({}, 0)
    if solver == "adam":  # with four batches
        assert result.state.epoch == (n_evaluations - 1) // 4
    assert result.state.epoch < n_evaluations
    assert_array_equal(result.state.params, params[result.state.epoch])
