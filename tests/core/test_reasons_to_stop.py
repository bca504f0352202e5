import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.state import State
from sknn_scratch._core.stopping import StopReason
from tests.helpers import BINARY, VALIDATION, history_column, make_run, train_alone, train_and_watch

every_solver = pytest.mark.parametrize("solver", SOLVERS)


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
def test_stops_in_the_very_epoch_that_patience_ends(solver):
    config = {"solver": solver, "batch_size": 16, "alpha": 1.0, "max_iter": 150, "learning_rate": 0.1}
    unbroken = train_alone(make_run(BINARY, tol=0, n_iter_no_change=10**6, **config))
    for tol, patience in itertools.product((1e-4, 1e-2), (1, 2, 5)):
        expected = epoch_of_patience(history_column(unbroken, "loss"), tol, patience)
        result = train_alone(make_run(BINARY, tol=tol, n_iter_no_change=patience, **config))
        assert result.state.epoch == expected
        assert result.state.stop_reason is StopReason.CONVERGED


@pytest.mark.parametrize("patience", [1, 3, 6])
def test_stops_in_the_very_epoch_that_the_patience_with_the_validation_ends(patience):
    data, config = {"validation": VALIDATION}, {"max_iter": 60, "tol": 1e-3, "learning_rate": 0.05}
    unbroken, params = train_and_watch(make_run(BINARY, data=data, n_iter_no_change=10**6, **config))
    losses = history_column(unbroken, "val_loss")
    result = train_alone(make_run(BINARY, data=data, n_iter_no_change=patience, **config))
    assert result.state.stop_reason is StopReason.NO_IMPROVEMENT
    assert result.state.epoch == epoch_of_patience(losses, 1e-3, patience)
    assert result.state.kept_epoch == 1 + np.argmin(losses[: result.state.epoch])
    assert_array_equal(result.state.params, params[result.state.kept_epoch])


@pytest.mark.parametrize(
    ("config", "n_averaged"),
    [
        ({"batch_size": 16}, 4),
        ({"batch_size": 16, "schedule": "adaptive"}, 4),  # the plateau at the last learning rate
        ({"batch_size": 60}, 1),
        ({"batch_size": 16, "max_iter": 3}, 1),
    ],
)
def test_the_noise_of_small_batches_is_averaged_where_the_loss_has_converged(config, n_averaged):
    run = make_run(
        BINARY, **{"tol": 1.0, "n_iter_no_change": 4, "learning_rate": 0.05, "max_iter": 100} | config
    )
    result, params = train_and_watch(run)
    assert (result.state.stop_reason is StopReason.CONVERGED) == ("max_iter" not in config)
    assert_allclose(result.state.params, np.mean(params[-n_averaged:], axis=0), rtol=1e-13)


def test_a_score_is_watched_instead_of_the_loss():
    scores = iter([0.1, 0.5, 0.4, 0.6, 0.6, 0.2, 0.3, 1.0])
    seen = []

    def score(params):
        seen.append(params.copy())
        return next(scores)

    run = make_run(BINARY, data={"validation": VALIDATION, "score": score}, max_iter=100, n_iter_no_change=3)
    result, params = train_and_watch(run)
    assert result.state.stop_reason is StopReason.NO_IMPROVEMENT
    assert_array_equal(history_column(result, "val_score"), [0.1, 0.5, 0.4, 0.6, 0.6, 0.2, 0.3])
    assert result.state.kept_epoch == 4
    assert_array_equal(seen, params[1:])
    assert_array_equal(result.state.params, params[4])


@every_solver
def test_stops_when_the_gradient_is_small(solver):
    config = {"solver": solver, "batch_size": 60, "alpha": 1.0, "n_iter_no_change": 10**6, "max_iter": 200}
    unbroken = train_alone(make_run(BINARY, **config))
    names = ("gradient_norm_hidden", "gradient_norm_output")
    norms = np.hypot(*(history_column(unbroken, name) for name in names))
    limit = np.median(norms)
    result = train_alone(make_run(BINARY, gradient_tol=limit, **config))
    assert result.state.stop_reason is StopReason.SMALL_GRADIENT
    assert result.state.epoch == 1 + np.argmax(norms < limit)


def test_a_gradient_of_zero_stops_nothing_if_it_was_not_asked_for():
    yes, no = (np.flatnonzero(BINARY.targets[:, 0] == label)[:16] for label in (1, -1))
    run = make_run(BINARY, batch_size=60, data={"rows": np.concatenate([yes, no])})
    run.state.params.fill(0)
    result = train_alone(run)
    assert not history_column(result, "gradient_norm_hidden").any()
    assert result.state.stop_reason is StopReason.MAX_ITER


@every_solver
def test_stops_when_a_callback_says_so(solver):
    run = make_run(BINARY, solver=solver, batch_size=60, max_iter=50)
    result = train_alone(run, lambda _, state: state.epoch == 3)
    assert result.state.stop_reason is StopReason.CALLBACK
    assert result.state.epoch == 3
    straight = train_alone(replace(run, config=replace(run.config, max_iter=3)))
    assert_array_equal(result.state.params, straight.state.params)


def test_the_callback_of_the_last_epoch_does_not_hide_the_reason():
    result = train_alone(make_run(BINARY, max_iter=3), lambda _, state: True if state.epoch == 3 else None)
    assert result.state.stop_reason is StopReason.MAX_ITER


@pytest.mark.parametrize("epoch", [1, 3])
def test_an_interrupt_while_an_epoch_is_noted_leaves_a_whole_one(monkeypatch, epoch):
    run = make_run(BINARY, data={"validation": VALIDATION}, max_iter=5)
    _, params = train_and_watch(run)
    watch, n_calls = State.watch, itertools.count(1)

    def interrupted(*args):
        if next(n_calls) == epoch:
            raise KeyboardInterrupt
        watch(*args)

    monkeypatch.setattr(State, "watch", interrupted)
    result = train_alone(run)
    assert result.state.stop_reason is StopReason.INTERRUPTED
    assert result.state.epoch == epoch
    assert_array_equal(result.state.params, params[result.state.kept_epoch])
