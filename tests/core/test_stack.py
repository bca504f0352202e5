"""A stack of networks gives the same networks as a separate training of each."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_array_equal

from sknn_scratch._core import batches
from sknn_scratch._core.stack import stack_key
from sknn_scratch._core.state import StopReason
from tests.helpers import (
    BINARY,
    STACK_RTOL,
    STOCHASTIC,
    Problem,
    assert_same_training,
    both_precisions,
    every_kind,
    make_batch,
    make_network,
    make_problem,
    make_run,
    train_alone,
    train_together,
)

batches_or_all = pytest.mark.parametrize("batch_size", [16, 60], ids=["batches", "full batch"])


def assert_same_as_alone(runs, on_epoch_end=None):
    """Train the runs together and one by one, bit for bit the same; return the results.

    ``on_epoch_end`` takes the number of a run and its state.
    """
    (key,) = {stack_key(run) for run in runs}
    assert key is not None
    together = train_together(runs, on_epoch_end)
    for number, (run, result) in enumerate(zip(runs, together, strict=True)):
        alone = train_alone(run, on_epoch_end and (lambda _, state, i=number: on_epoch_end(i, state)))
        assert_same_training(result, alone, rtol=STACK_RTOL)
    return together


def stops_after(lengths):
    """Make a callback that stops each network after an epoch of its own."""
    return lambda number, state: state.epoch == lengths[number]


def make_validation(seed, n_samples=20):
    weights = np.random.default_rng(seed).uniform(1, 9, size=n_samples)
    return make_batch(make_problem("binary", n_samples, seed=seed), weights)


WEIGHTS = (None, np.arange(1.0, 46), np.random.default_rng(0).uniform(1, 9, size=45))
# The data of three networks with rows and weights of their own.
ROWS_AND_WEIGHTS = [
    {"rows": np.random.default_rng([7, seed]).permutation(60)[:45], "row_weights": weights}
    for seed, weights in enumerate(WEIGHTS)
]


@every_kind
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_the_place_in_a_stack_makes_no_difference_to_the_last_bit(kind, solver):
    """Else an ensemble would depend on how its networks are shared out among workers."""
    problem = make_problem(kind)
    runs = [make_run(problem, seed, solver=solver, alpha=1.0) for seed in range(5)]
    together = assert_same_as_alone(runs)
    for order in ([4, 2, 0], [3, 1]):
        for i, result in zip(order, train_together([runs[i] for i in order]), strict=True):
            assert_array_equal(result.state.params, together[i].state.params)


@both_precisions
@pytest.mark.parametrize(("n_features", "n_hidden"), [(4, 5), (6, 8), (7, 4), (32, 33)])
def test_rows_of_a_stack_that_are_aligned_in_another_way_than_a_network_alone(dtype, n_features, n_hidden):
    """A network with an odd number of parameters starts anywhere in the memory of the stack."""
    problem = make_problem("binary", n_features=n_features, dtype=dtype)
    network = make_network(problem, n_hidden=n_hidden)
    assert network.shape.n_params % 2 == 1
    config = {"network": network, "alpha": 1.0, "max_iter": 3, "dropout": 0.2}
    assert_same_as_alone([make_run(problem, seed, **config) for seed in range(5)])


@pytest.mark.parametrize("own", [{}, {"dropout": 0.5}, {"max_grad_norm": 0.3, "solver": "sgd"}])
@batches_or_all
def test_alpha(own, batch_size):
    runs = [make_run(BINARY, batch_size=batch_size, alpha=alpha, **own) for alpha in (0.0, 1.0, 30.0)]
    results = assert_same_as_alone(runs)
    assert (results[0].state.params != results[1].state.params).any()


@pytest.mark.parametrize("gathered_bytes", [1, 2000])
@pytest.mark.parametrize("loss", ["softmax", "logistic"])
def test_how_many_rows_are_gathered_at_once(monkeypatch, loss, gathered_bytes):
    """With it the losses of other batches are computed at once; the last batch has a single row."""
    rng = np.random.default_rng(0)
    targets = np.eye(12)[rng.integers(12, size=60)] if loss == "softmax" else rng.choice([-1.0, 1], (60, 12))
    problem = Problem(BINARY.X, targets, loss)
    runs = [make_run(problem, seed, batch_size=11, data=data) for seed, data in enumerate(ROWS_AND_WEIGHTS)]
    results = train_together(runs)
    monkeypatch.setattr(batches, "GATHERED_BYTES", gathered_bytes)
    for result, other in zip(results, assert_same_as_alone(runs), strict=True):
        assert_same_training(result, other, rtol=STACK_RTOL)


@batches_or_all
@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("lengths", [[2, 5, 8], [8, 5, 2], [4, 9, 4]])
def test_trainings_of_different_lengths(batch_size, validated, lengths):
    validations = [{"validation": make_validation(1 + i)} if validated else {} for i in range(3)]
    data = [rows | validation for rows, validation in zip(ROWS_AND_WEIGHTS, validations, strict=True)]
    config = {"batch_size": batch_size, "dropout": 0.3, "learning_rate": 0.1, "max_iter": 10}
    runs = [make_run(BINARY, i, data=data[i], **config) for i in range(3)]
    results = assert_same_as_alone(runs, stops_after(lengths))
    assert [result.state.epoch for result in results] == lengths
    assert ([result.state.kept_epoch for result in results] != lengths) == validated


@pytest.mark.parametrize(
    ("batch_size", "n_reductions", "lengths", "epochs"),
    [
        (16, [17, 0, 17, 0], [8, 8, 8, 8], [8, 1, 8, 1]),
        # The last update of the first, which stops, is checked at once; that of the second in time.
        (60, [0, 0], [1, 8], [1, 2]),
    ],
)
def test_a_network_diverges_in_the_epoch_in_which_it_does_alone(batch_size, n_reductions, lengths, epochs):
    """The learning rate is 0.013 or, if it has not been reduced, far too large."""
    config = {"network": make_network(BINARY, "relu"), "solver": "sgd", "batch_size": batch_size}
    runs = [make_run(BINARY, learning_rate=1e10, max_iter=9, **config) for _ in n_reductions]
    for run, n in zip(runs, n_reductions, strict=True):
        run.state.n_reductions = n
    results = assert_same_as_alone(runs, stops_after(lengths))
    assert [result.state.epoch for result in results] == epochs
    have_diverged = [result.state.stop_reason is StopReason.DIVERGED for result in results]
    assert have_diverged == [n == 0 for n in n_reductions]
    assert all(np.isfinite(result.state.params).all() for result in results)


def test_a_network_without_penalty_does_not_mind_weights_whose_square_overflows():
    run = make_run(BINARY, max_iter=3)
    run.state.params *= 1e160
    assert_same_as_alone([replace(run, config=replace(run.config, alpha=alpha)) for alpha in (0.0, 1.0)])


@pytest.mark.parametrize("interrupted", [False, True])
def test_results_share_nothing(interrupted):
    def on_epoch_end(number, state):
        if interrupted and state.epoch == 2:
            raise KeyboardInterrupt

    for result in train_together([make_run(BINARY, 0) for _ in range(3)], on_epoch_end):
        arrays = (result.state.params, *result.state.memory.values())
        assert all(array.base is None for array in arrays)  # a view would keep that of all networks alive


VALIDATED = {"validation": make_validation(0)}


@pytest.mark.parametrize(
    ("other", "run"),
    [
        (make_run(BINARY, network=make_network(BINARY, n_hidden=6)), {}),
        (make_run(BINARY, network=make_network(BINARY, "relu")), {}),
        (make_run(make_problem("multilabel")), {}),
        (make_run(BINARY, batch_size=10), {}),
        (make_run(BINARY, data={"rows": np.arange(59)}), {}),
        (make_run(BINARY, solver="sgd"), {}),
        (make_run(BINARY, beta_1=0.5), {}),
        (make_run(BINARY._replace(X=BINARY.X.copy())), {}),
        (make_run(BINARY._replace(targets=BINARY.targets.copy())), {}),
        (make_run(BINARY, data=VALIDATED), {}),
        (make_run(BINARY, data={"validation": make_validation(0, 21)}), {"data": VALIDATED}),
        (make_run(BINARY, data=VALIDATED | {"score": lambda params: 0.0}), {"data": VALIDATED}),
        (make_run(BINARY._replace(X=scipy.sparse.csr_array(BINARY.X))), {}),
        (replace(make_run(BINARY), state=train_alone(make_run(BINARY)).state), {}),  # later updates
    ],
)
def test_runs_that_cannot_be_stacked_have_another_key(other, run):
    assert stack_key(other) != stack_key(make_run(BINARY, **run))
