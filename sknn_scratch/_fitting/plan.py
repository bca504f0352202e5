"""From a user's data to a run.

``plan_fit`` makes a ``Fit``, ``train_fits`` (in ``groups``) trains its run, and ``fitted_model`` (in
``fitted``) makes the attributes from its state. None of them changes the estimator, so a fit that fails
leaves it as it was.
"""

import copy
import math
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from sknn_scratch._core.activations import Activation, activation_of, check_shapes
from sknn_scratch._core.arrays import computed_once
from sknn_scratch._core.data import MANY_FEATURES, clear_unused_features
from sknn_scratch._core.network import Network, shares_of
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.parameters import Layers, NetworkShape, flatten, initialise, view_parameters
from sknn_scratch._core.state import Config, Run, State
from sknn_scratch._fitting.alpha import Choice, choose_alpha
from sknn_scratch._fitting.auto import can_have_any_length, chosen_pace, chosen_solver
from sknn_scratch._fitting.callbacks import print_line
from sknn_scratch._fitting.fitted import adopt, among_zeros, fitted_layers, is_fitted, target_kind_of
from sknn_scratch._fitting.inputs import FitInput, encode_data
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

    Its model is a copy of the estimator, with the fitted attributes that follow from the data or are
    continued from.
    """

    estimator: object  # with validated parameters; planning and training do not change it
    inputs: FitInput
    model: object
    run: Run
    choice: Choice  # of the run's alpha

    def take_place(self, place):
        """Give the network its place among those of an ensemble, between 0 and 1, which share good alphas."""
        self.run.config = replace(self.run.config, alpha=self.choice.alpha_at(place))

    @computed_once
    @np.errstate(over="ignore", invalid="ignore")
    def loss_range(self):
        """Compute the least loss of the training rows, and the baseline loss."""
        data = self.run.data
        shares = shares_of(data.n_samples, data.row_weights)
        return target_kind_of(self.model).loss_range(data.targets[data.row_numbers], shares)


@np.errstate(all="ignore")  # what overflows is refused here, or ends the training
def plan_fit(estimator, inputs):
    """Validate the input, encode y, and prepare the run; see ``Fit``."""
    model = begun_model(estimator, inputs)
    goes_on = is_fitted(model)
    if goes_on:
        check_same_network(model)
    else:
        model._seed_ = draw_seed(estimator.random_state)
        model._seen_weight_ = 0.0
    model._activation_ = estimator.activation
    seeds = np.random.SeedSequence(model._seed_).spawn(len(RandomStreams._fields))
    streams = RandomStreams(*map(np.random.default_rng, seeds))
    encoded = inputs.encoded
    vars(model).update((name, copy.copy(value)) for name, value in encoded.attributes.items())
    if not goes_on:
        check_init_scale(model.init_scale, encoded.targets.dtype)
    all_rows = encoded.weighted(model._seen_weight_ if inputs.partial else 0.0)
    loss = encoded.target_kind.loss
    solver = chosen_solver(model, inputs, loss, all_rows)
    data = with_validation(all_rows, model, inputs, encoded, solver, streams.split)
    network, optimizer = network_of(model, encoded, data, loss), optimizer_of(model, solver, loss)
    alpha = known_alpha(model, inputs, encoded.target_kind)
    if alpha is not None:
        choice = Choice.given(alpha, loss)
    else:
        any_length, say = can_have_any_length(model, solver, data), partial(print_line, estimator)
        choice = inputs.choice or choose_alpha(all_rows, encoded, network, model.init_scale, any_length, say)
        inputs.choice = choice
    pace = chosen_pace(model, solver, data, choice.held_out.n_epochs, partial=inputs.partial)
    config = train_config(model, network, optimizer, choice.alpha, pace)
    if goes_on:
        state = next_state(model, estimator._features_, config, data, streams, partial=inputs.partial)
    else:
        state = first_state(model, config, data, streams)
    model.solver_ = solver
    return Fit(estimator, inputs, model, Run(state, data, config), choice)


def begun_model(estimator, inputs):
    """Copy an estimator, with its fitted attributes if the fit goes on with them; encode the data once."""
    check_combinations(estimator, inputs)
    model = copy.copy(estimator)
    if not (inputs.partial or estimator.warm_start):
        adopt(model, {})
    inputs.encoded = inputs.encoded or encode_data(model, inputs)
    return model


def known_alpha(model, inputs, target_kind):
    """Get the alpha that is given, that of an earlier fit or the usual one of a part; None to choose it."""
    if model.alpha != "auto":
        return float(model.alpha)
    return getattr(model, "alpha_", target_kind.usual_alpha if inputs.partial else None)


def check_combinations(estimator, inputs):
    """Raise ValueError for parameters that are valid alone but not together."""
    solver = estimator.solver
    for name, off, reason in (
        ("dropout", 0, "minimises a fixed objective"),
        ("max_grad_norm", None, "chooses the length of its steps itself"),
    ):
        value = getattr(estimator, name)
        if solver != "auto" and SOLVERS[solver].takes_all_rows and value != off:
            raise ValueError(
                f"{name}={value} needs a stochastic solver, since {solver} {reason}; use "
                f"solver={stochastic_solvers()}, or {name}={off}."
            )
    if (inputs.X_val is None) != (inputs.y_val is None):
        raise ValueError("X_val and y_val must be given together.")
    if inputs.X_val is None and inputs.sample_weight_val is not None:
        raise ValueError("sample_weight_val needs X_val and y_val.")
    if inputs.X_val is not None and not estimator.early_stopping:
        raise ValueError(
            "X_val and y_val are for early stopping, but early_stopping=False; set it to True or 'auto'."
        )


def stochastic_solvers():
    """List the solvers that take batches, for a message."""
    *some, last = (repr(name) for name, solver in SOLVERS.items() if not solver.takes_all_rows)
    return f"{', '.join(some)} or {last}"


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


def network_of(model, encoded, data, loss):
    """Describe the network that is trained."""
    shape = NetworkShape(data.X.n_features, int(model.n_hidden), encoded.target_kind.n_outputs)
    if isinstance(model.activation, Activation):
        check_shapes(model.activation, shape.n_hidden, data.targets.dtype)
    return Network(shape, activation_of(model.activation), loss)


def optimizer_of(model, solver, loss):
    """Make the optimiser with the model's parameters, or raise ValueError if the loss is not for it."""
    optimizer = SOLVERS[solver]
    if optimizer.takes_all_rows and not loss.is_smooth:
        raise ValueError(
            f"loss={model.loss!r} has kinks, where the line search of {solver} fails; use "
            f"solver={stochastic_solvers()}, or loss='huber'."
        )
    return optimizer(**{one.name: plain(getattr(model, one.name)) for one in fields(optimizer)})


def train_config(model, network, optimizer, alpha, pace):
    """Turn the hyperparameters into the Config that training reads."""
    return Config(
        network=network,
        optimizer=optimizer,
        **pace._asdict(),
        learning_rate=float(model.learning_rate),
        alpha=alpha,
        dropout=float(model.dropout),
        tol=float(model.tol),
        gradient_tol=float(model.gradient_tol),
        max_grad_norm=math.inf if model.max_grad_norm is None else float(model.max_grad_norm),
    )


def plain(number):
    """Turn a scalar of NumPy, whose precision may be single, into Python's."""
    return np.asarray(number).item()


def check_init_scale(init_scale, dtype):
    """Raise ValueError if squares of initial weights may overflow."""
    if not isinstance(init_scale, str) and init_scale > float(np.sqrt(np.finfo(dtype).max)):
        raise ValueError(
            f"init_scale={init_scale} is too large: squares of such weights overflow {dtype}; use 'auto', "
            "'he' or a number that is not far above 1."
        )


def draw_seed(random_state):
    """Draw the seed of a fit from a ``random_state``, as defined by scikit-learn."""
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


def next_state(model, earlier, config, data, streams, *, partial):
    """Make the state of a fitted network, with its optimiser's memory if that was kept for the same solver.

    ``earlier`` are the features that it has had, or None for all.
    """
    fresh = {"shuffle_rng": streams.shuffle, "dropout_rng": streams.dropout}
    kept = dict(getattr(model, "_kept_", None) or {})
    if not partial:
        kept.pop("loss_limit", None)  # only calls of partial_fit share a limit
    if earlier is not None and "memory" in kept:
        kept["memory"] = {
            name: with_new_features(array, config.network.shape, earlier, model._features_)
            for name, array in kept["memory"].items()
        }
    state = State(
        params=flatten(fitted_layers(model, model._features_)),
        epochs_before=model.n_iter_,
        returned_to=model.best_iter_,
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
