"""From a user's data to a training task, and from its result to fitted attributes.

``plan_fit`` does all that comes before training, ``finish_fit`` all that comes after. Between them stands
``_core.training.train``. Neither touches the estimator, so a fit that fails leaves it as it was; several
plans can be trained together.
"""

import copy
import functools
from dataclasses import dataclass, fields
from numbers import Integral
from typing import NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from sknn_scratch._core.data import Data
from sknn_scratch._core.lazy import clear_unused_features, is_lazy
from sknn_scratch._core.losses import LOSSES
from sknn_scratch._core.network import Network
from sknn_scratch._core.optimizers import OPTIMIZERS
from sknn_scratch._core.parameters import NetworkShape, flatten, initialise
from sknn_scratch._core.rows import rows_of
from sknn_scratch._core.state import Config, Result, Run, State
from sknn_scratch._core.stopping import StopReason
from sknn_scratch._fitting.fitted import (
    activation_of,
    clear_fitted,
    fitted_attributes,
    fitted_layers,
    set_result,
)
from sknn_scratch._fitting.inputs import encode_data
from sknn_scratch._fitting.validation import (
    given_validation,
    held_out_validation,
    split_rows,
    stops_early,
    validation_value,
)
from sknn_scratch._fitting.weights import check_enough_classes, row_weights

AUTO_BATCH_ROWS = 100
REAL_HYPERPARAMETERS = [field.name for field in fields(Config) if field.type is float]

# What training goes on with, beside the fitted attributes; the optimiser's part only with the same solver.
KEPT = ("shuffle_rng", "dropout_rng", "loss_limit", "memory", "n_updates")


class RandomStreams(NamedTuple):
    """A generator for each purpose; a new one comes last, so that the others draw what they did."""

    init: np.random.Generator
    shuffle: np.random.Generator
    split: np.random.Generator
    dropout: np.random.Generator


@dataclass
class FitPlan:
    """A training task, and the copy of the estimator that will hold its result."""

    model: object
    run: Run
    partial: bool


def plan_fit(estimator, inputs, state=None):
    """Validate the input, encode the labels, and prepare the task.

    Parameters
    ----------
    estimator : ShallowNNClassifier
        With validated parameters. It is not changed.
    inputs : FitInput
    state : State, optional
        That of a fit of this estimator that was broken off, and that shall be finished.

    Returns
    -------
    FitPlan
    """
    trains_further = hasattr(estimator, "coefs_") and (inputs.partial or estimator.warm_start)
    goes_on = trains_further or state is not None
    check_combinations(estimator, inputs)
    model = copy.copy(estimator)
    if goes_on:
        check_same_network(model)
    else:
        clear_fitted(model)
        model._seed_ = draw_seed(estimator.random_state)
    if model.dtype not in inputs.encoded:
        inputs.encoded[model.dtype] = encode_data(model, inputs, goes_on)
    encoded = inputs.encoded[model.dtype]
    vars(model).update(encoded.attributes)
    model._activation_ = model.activation
    streams = random_streams(model)
    data = train_data(model, inputs, encoded, streams.split)
    config = train_config(model, data, encoded.encoding, partial=inputs.partial)
    if state is None:
        make_state = next_state if trains_further else first_state
        state = make_state(model, config, data, streams, partial=inputs.partial)
    return FitPlan(model, Run(state, data, config), inputs.partial)


def check_combinations(estimator, inputs):
    """Raise ValueError for parameters that are valid one by one but not together."""
    if estimator.solver == "lbfgs" and estimator.dropout > 0:
        raise ValueError(
            f"dropout={estimator.dropout} needs a stochastic solver, since lbfgs minimises a fixed "
            "objective; use solver='adam' or 'sgd', or dropout=0."
        )
    if (inputs.X_val is None) != (inputs.y_val is None):
        raise ValueError("X_val and y_val must be given together.")
    if inputs.X_val is None and inputs.sample_weight_val is not None:
        raise ValueError("sample_weight_val needs X_val and y_val.")
    if inputs.X_val is not None and not estimator.early_stopping:
        raise ValueError(
            "X_val and y_val are for early stopping, but early_stopping=False; set it to True or 'auto'."
        )


def check_same_network(model):
    """Raise ValueError if the parameters of a fitted model describe another network than the fitted one."""
    n_hidden, dtype = model.coefs_[0].shape[1], model.coefs_[0].dtype.name
    if model.n_hidden != n_hidden:
        raise ValueError(
            f"n_hidden={model.n_hidden}, but the fitted network has {n_hidden} hidden units and cannot be "
            "trained further with another number; set n_hidden back, or start anew with fit and "
            "warm_start=False."
        )
    if model.dtype not in (None, dtype):
        raise ValueError(
            f"dtype={model.dtype!r}, but the fitted network is {dtype} and cannot be trained further in "
            "another precision; set dtype back, or start anew with fit and warm_start=False."
        )


def train_data(model, inputs, encoded, split_rng):
    """Gather the rows to train on and those to validate with."""
    X, y, encoding = encoded.X, encoded.y, encoded.encoding
    weights = row_weights(inputs.sample_weight, model.class_weight, X, y, encoding.classes)
    rows = np.arange(X.shape[0]) if weights is None else np.flatnonzero(weights)
    if not inputs.partial and encoding.kind != "multilabel":
        check_enough_classes(y[rows], inputs.sample_weight, model.class_weight)
    validation = score = None
    if inputs.X_val is not None:
        validation, score = given_validation(model, inputs, encoding, X.dtype)
    elif not inputs.partial and stops_early(model, y[rows]):
        rows, held_out = split_rows(rows, y, model.validation_fraction, split_rng)
        validation, score = held_out_validation(model, inputs, encoded, weights, held_out)
    return Data(
        rows_of(X),
        encoded.targets,
        rows=None if len(rows) == X.shape[0] else rows,
        row_weights=None if weights is None else weights[rows],
        validation=validation,
        score=score,
    )


def train_config(model, data, encoding, *, partial):
    """Turn the hyperparameters into the record that training reads."""
    batch_size = {"auto": AUTO_BATCH_ROWS, None: data.n_samples}.get(model.batch_size, model.batch_size)
    shape = NetworkShape(data.X.n_features, int(model.n_hidden), encoding.n_outputs)
    optimizer = OPTIMIZERS.get(model.solver)
    names = () if optimizer is None else optimizer.hyperparameters
    return Config(
        network=Network(shape, activation_of(model.activation), LOSSES[encoding.loss]),
        solver=model.solver,
        batch_size=data.n_samples if model.solver == "lbfgs" else min(int(batch_size), data.n_samples),
        max_iter=1 if partial else int(model.max_iter),
        schedule="constant" if model.solver == "lbfgs" else model.learning_rate_schedule,
        hyperparameters=tuple(getattr(model, name) for name in names),
        n_iter_no_change=int(model.n_iter_no_change),
        **{name: float(getattr(model, name)) for name in REAL_HYPERPARAMETERS},
    )


def draw_seed(random_state):
    """Draw the seed of a fit from a ``random_state`` as scikit-learn takes it."""
    if isinstance(random_state, Integral):
        return seed_drawn_from(int(random_state))
    return int(check_random_state(random_state).randint(2**31 - 1))


@functools.lru_cache
def seed_drawn_from(seed):
    """Draw a seed from an int; kept, as it takes 0.1 ms and every fit of a search asks for the same."""
    return draw_seed(check_random_state(seed))


def random_streams(model):
    """Make a random stream for each purpose from the seed of the fit."""
    seeds = np.random.SeedSequence(model._seed_).spawn(len(RandomStreams._fields))
    return RandomStreams(*map(np.random.default_rng, seeds))


def first_state(model, config, data, streams, *, partial):
    """Start a network: random weights, no memory."""
    shape = config.network.shape
    state = State(
        params=initialise(shape, model.init_scale, streams.init, data.targets.dtype),
        shuffle_rng=streams.shuffle,
        dropout_rng=streams.dropout,
    )
    is_descent = config.solver in OPTIMIZERS
    if config.alpha > 0 and is_descent and not partial and is_lazy(shape, data, config.batch_size):
        clear_unused_features(state.params, shape, data)
    return state


def next_state(model, config, data, streams, *, partial):
    """Go on from a fitted network, with its optimiser's memory if that was kept for the same solver.

    The network is the best so far: it is given back if training on does not better its validation.
    """
    fresh = {"shuffle_rng": streams.shuffle, "dropout_rng": streams.dropout}
    kept = dict(getattr(model, "_kept_", None) or {})
    kept_for = kept.pop("solver", None)
    if not partial:
        kept.pop("loss_limit", None)  # that of a stream is for all of its parts
    state = State(
        params=flatten(fitted_layers(model)),
        epochs_before=model.n_iter_,
        **(fresh | kept),
    ).for_another_run()
    if kept_for != config.solver:
        state.forget_updates()
    if data.validation is not None:
        state.watch.see(
            validation_value(config.network, data, state.params), model.best_iter_, config.tol, state.params
        )
    return state


def finish_fit(plan, result):
    """Put the result into the plan's copy of the estimator, and return the copy."""
    model, state = plan.model, result.state
    set_result(model, result)
    vars(model).pop("_kept_", None)
    if model.warm_start or plan.partial:
        model._kept_ = {"solver": model.solver} | {name: getattr(state, name) for name in KEPT}
    return model


def was_trained_by_parts(model):
    """Whether the last training was a ``partial_fit``, which keeps its memory without being asked to."""
    return hasattr(model, "_kept_") and not model.warm_start


def snapshot(plan, state):
    """Fitted attributes of an estimator with the parameters of ``state``, as if a callback had stopped it."""
    model = copy.copy(plan.model)
    set_result(model, Result(state, state.stop_reason or StopReason.CALLBACK, state.epoch))
    return fitted_attributes(model)
