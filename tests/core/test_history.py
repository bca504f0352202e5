import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknn_scratch._core.blocks import mean_loss, predict_hidden
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.rows import rows_of
from tests.helpers import (
    BINARY,
    FULL_BATCH,
    VALIDATION,
    history_column,
    make_network,
    make_run,
    objective_of,
    train_alone,
    train_and_watch,
)


def test_history_of_full_batches_is_what_can_be_computed_from_the_parameters():
    network = make_network(BINARY, "relu", n_hidden=8)
    run = make_run(BINARY, network=network, data={"validation": VALIDATION}, alpha=2.0, **FULL_BATCH)
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


def test_dead_and_saturated_units_are_counted():
    """Of four relu units one never fires, one does for a single row, and two do for all."""
    network = make_network(BINARY, "relu", n_hidden=4)
    run = make_run(BINARY, network=network, **FULL_BATCH)
    params = view_parameters(run.state.params, network.shape)
    second_largest, largest = np.sort(BINARY.X @ params.w_hidden[:, 1])[-2:]
    params.b_hidden[0] = [-1e3, -(second_largest + largest) / 2, 1e3, 1e3]
    record = train_alone(run).state.history[0]
    assert record["dead_fraction"] == 1 / 4
    assert record["saturated_fraction"] == pytest.approx((60 + 59) / 240)
