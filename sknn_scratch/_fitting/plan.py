"""From a user's data to a run.

``plan_fit`` makes a ``Fit``, ``train_fits`` (in ``passes``) trains its run, and ``fitted_model`` (in
``fitted``) makes the attributes from its state. None of them changes the estimator, so a fit that fails
leaves it as it was.
"""

import copy
import math
from dataclasses import dataclass, fields, replace
from functools import partial
from numbers import Integral
from typing import NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from sknn_scratch._core.activations import activation_of
from sknn_scratch._core.arrays import computed_once
from sknn_scratch._core.data import MANY_FEATURES, clear_unused_features
from sknn_scratch._core.network import Network
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.parameters import Layers, NetworkShape, flatten, initialise, view_parameters
from sknn_scratch._core.row_space import numbers_of_lbfgs
from sknn_scratch._core.state import Config, Run, State
from sknn_scratch._fitting.callbacks import print_line
from sknn_scratch._fitting.choice import Choice, choose
from sknn_scratch._fitting.decide import Facts, decide
from sknn_scratch._fitting.fitted import adopt, among_zeros, copied, fitted_layers, is_fitted
from sknn_scratch._fitting.inputs import EncodedData, FitInput, encode_data
from sknn_scratch._fitting.observations import hold_out
from sknn_scratch._fitting.validation import with_validation


class RandomStreams(NamedTuple):
    """A generator for each purpose. A new one must come last, so that the others draw the same as before."""

    init: np.random.Generator
    shuffle: np.random.Generator
    split: np.random.Generator
    dropout: np.random.Generator


@dataclass(eq=False)
class Fit:
    """A planned fit of one network.

    Its model is a copy of the estimator. It has the fitted attributes that follow from the data and, if the
    fit goes on from an earlier one, those of that fit.
    """

    estimator: object  # with validated parameters; planning and training do not change it
    inputs: FitInput
    encoded: EncodedData
    model: object
    run: Run
    choice: Choice  # of the run's alpha

    def take_place(self, place):
        """Give the network its place among those of an ensemble, between 0 and 1, which share good alphas."""
        self.run.config = replace(
            self.run.config, alpha=self.choice.alpha_at(place, self.run.config.network.loss)
        )

    @computed_once
    @np.errstate(over="ignore", invalid="ignore")
    def loss_range(self):
        data = self.run.data
        return self.encoded.target_kind.loss_range(data.targets[data.row_numbers], data.shares)


@np.errstate(all="ignore")  # what overflows is refused here, or ends the training
def plan_fit(estimator, inputs, encoded=None, choice=None):
    """Read the data, decide what is "auto", hold out rows, choose alpha, and assemble the run; see ``Fit``.

    The networks of an ensemble share their encoded data. They share the choice, too, unless each has an alpha
    already: a given one, or that of an earlier fit.
    """
    model = copy_to_fit(estimator, inputs.partial)
    if encoded is None:
        encoded = encode_data(model, inputs)
    take_attributes(model, encoded)
    streams = streams_of(model)
    network = network_of(model, encoded)
    rows = encoded.data
    if encoded.is_part:
        rows = replace(rows, earlier_weight=model._seen_weight_)
    is_new = not is_fitted(model)
    facts = Facts(
        n_rows=rows.n_samples,
        lbfgs_numbers=numbers_of_lbfgs(rows.X, rows.n_samples, network.shape.n_hidden),
        target_kind=encoded.target_kind,
        is_new=is_new,
        is_part=encoded.is_part,
        has_validation=encoded.validation is not None,
    )
    decisions = decide(model, facts)
    data, validation = rows, encoded.validation
    if decisions.holds_out:
        data, validation = hold_out(rows, encoded, model.validation_fraction, streams.split)
    data = with_validation(data, model, validation)
    if choice is None or decisions.alpha is not None:
        say = partial(print_line, estimator)
        choice = choose(rows, encoded, network, model.init_scale, decisions, say)
    config = config_of(model, network, decisions, choice, data.n_samples)
    if is_new:
        state = first_state(model, config, data, streams)
    else:
        state = next_state(model, estimator._features_, config, streams, is_part=encoded.is_part)
    model.solver_, model.learning_rate_, model.tol_ = decisions.solver, config.learning_rate, config.tol
    return Fit(estimator, inputs, encoded, model, Run(state, data, config), choice)


def copy_to_fit(estimator, is_part):
    """Copy an estimator, with its fitted attributes if the fit goes on with them."""
    model = copied(estimator)
    if not (is_part or estimator.warm_start):
        adopt(model, {})
    return model


def take_attributes(model, encoded):
    """Give a model the attributes that follow from the data and, if it is new, its seed."""
    if is_fitted(model):
        check_same_network(model)
    else:
        model._seed_, model._seen_weight_ = draw_seed(model.random_state), 0.0
    model._activation_ = model.activation
    vars(model).update((name, copy.copy(value)) for name, value in encoded.attributes.items())


def streams_of(model):
    seeds = np.random.SeedSequence(model._seed_).spawn(len(RandomStreams._fields))
    return RandomStreams(*map(np.random.default_rng, seeds))


def check_same_network(model):
    """Raise ValueError if the parameters of a fitted model do not describe the fitted network."""
    w_hidden, activation = model.coefs_[0], model._activation_
    for name, fitted, is_same in (
        ("n_hidden", w_hidden.shape[1], model.n_hidden == w_hidden.shape[1]),
        ("dtype", w_hidden.dtype.name, model.dtype in (None, w_hidden.dtype.name)),
        ("activation", activation, activation_of(model.activation) == activation_of(activation)),
    ):
        if not is_same:
            raise ValueError(
                f"{name}={getattr(model, name)!r}, but the fitted network has {name}={fitted!r} and cannot "
                f"be trained further with another; set {name} back, or start anew with fit and "
                "warm_start=False."
            )


def network_of(model, encoded):
    shape = NetworkShape(encoded.X.shape[1], int(model.n_hidden), encoded.target_kind.n_outputs)
    return Network(shape, activation_of(model.activation), encoded.target_kind.loss)


def config_of(model, network, decisions, choice, n_rows):
    """Collect the hyperparameters that training reads."""
    optimizer, pace = SOLVERS[decisions.solver], decisions.pace
    if choice.tried.n_epochs < math.inf:
        pace = pace._replace(max_iter=choice.tried.n_epochs)
    return Config(
        network=network,
        optimizer=optimizer(**{one.name: plain(getattr(model, one.name)) for one in fields(optimizer)}),
        **pace._replace(batch_size=min(pace.batch_size, n_rows))._asdict(),
        learning_rate=decisions.learning_rate,
        alpha=choice.alpha,
        dropout=0.0 if model.dropout is None else float(model.dropout),
        tol=choice.tried.tol if decisions.tol is None else decisions.tol,
        gradient_tol=float(model.gradient_tol),
        max_grad_norm=math.inf if model.max_grad_norm is None else float(model.max_grad_norm),
    )


def plain(number):
    """Turn a scalar of NumPy, whose precision may be single, into Python's."""
    return np.asarray(number).item()


def draw_seed(random_state):
    """Draw the seed of a fit from a ``random_state``, as defined by scikit-learn; an integer is one."""
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def first_state(model, config, data, streams):
    """Make the state of a new network: random weights, no memory."""
    shape = config.network.shape
    state = State(
        params=initialise(shape, model.init_scale, streams.init, data.targets.dtype),
        shuffle_rng=streams.shuffle,
        dropout_rng=streams.dropout,
    )
    if model.n_features_in_ >= MANY_FEATURES:
        clear_unused_features(state.params, shape, data)
    return state


def next_state(model, earlier, config, streams, *, is_part):
    """Make the state of a fitted network, with its optimiser's memory if that was kept for the same solver.

    ``earlier`` are the features that it has had, or None for all.
    """
    fresh = {"shuffle_rng": streams.shuffle, "dropout_rng": streams.dropout}
    kept = dict(getattr(model, "_kept_", None) or {})
    if not is_part:
        kept.pop("loss_limit", None)  # only calls of partial_fit share a limit
    if earlier is not None and "memory" in kept:
        kept["memory"] = {
            name: with_new_features(array, config.network.shape, earlier, model._features_)
            for name, array in kept["memory"].items()
        }
    state = State(
        params=flatten(fitted_layers(model, model._features_)),
        epochs_before=model.n_iter_,
        kept_epoch=model.best_iter_,
        **(fresh | kept),
    ).for_another_run()
    if model.solver_ != config.optimizer.name:
        state.forget_updates()
    return state


def with_new_features(flat, shape, earlier, features):
    """Give zeros to the features of a network that it did not have earlier; ``features`` is None for all."""
    layers = view_parameters(flat, shape._replace(n_features=len(earlier)))
    places = earlier if features is None else np.searchsorted(features, earlier)
    w_hidden = among_zeros(layers.w_hidden, places, shape.n_features)
    return flatten(Layers(w_hidden, layers.w_output, layers.b_hidden, layers.b_output))
