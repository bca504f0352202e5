"""The attributes of a fitted estimator, and the network that they describe to the core."""

import math

import numpy as np

from sknn_scratch._core.activations import activation_of
from sknn_scratch._core.loss import Loss
from sknn_scratch._core.network import Network
from sknn_scratch._core.parameters import Layers, NetworkShape, view_parameters
from sknn_scratch._core.state import KEPT, StopReason

HISTORY_EPOCHS = 10_000

# The fitted attributes that follow from the data alone, and all of them. A user's subclass may have others.
DATA_ATTRIBUTES = (
    "n_features_in_",
    "feature_names_in_",
    "classes_",
    "y_offset_",
    "y_scale_",
    "_target_kind_",
    "_loss_",  # its parameters, by their names
    "_features_",  # (n_features,) that the network has: the weights of the others are zero; None for all
)
FITTED_ATTRIBUTES = (
    *DATA_ATTRIBUTES,
    "coefs_",
    "intercepts_",
    "n_iter_",
    "best_iter_",
    "stop_reason_",
    "solver_",
    "learning_rate_",
    "tol_",
    "alpha_",
    "alpha_path_",
    "history_",
    "loss_curve_",
    "estimators_",
    "_activation_",
    "_seed_",
    "_seen_weight_",  # total weight of the rows of all calls of fit and partial_fit
    "_kept_",
    "_penalty_strength_",
    "_loss_range_",  # of the training rows of ``fit``
)


def attributes_of(fitted, names=FITTED_ATTRIBUTES):
    """Get the fitted attributes of an estimator, including private ones: all, or those with some names."""
    own = vars(fitted)
    return {name: own[name] for name in names if name in own}


def is_fitted(estimator):
    return hasattr(estimator, "solver_")


def copied(estimator):
    """Copy an estimator, but not what it holds; ``copy.copy`` would take the long way of a pickle."""
    model = object.__new__(type(estimator))
    model.__dict__.update(vars(estimator))
    return model


def adopt(estimator, attributes):
    """Replace an estimator's fitted attributes in a single step, which cannot be interrupted."""
    stale = attributes_of(estimator)
    kept = {name: value for name, value in vars(estimator).items() if name not in stale}
    estimator.__dict__ = kept | attributes


def target_kind_of(fitted):
    return fitted._target_kinds.of_fitted(fitted)


def fitted_layers(fitted, features=None):
    """View ``coefs_`` and ``intercepts_`` as the core's layers, or copy them for some features."""
    w_hidden, w_output = fitted.coefs_
    some = w_hidden if features is None else w_hidden[features]
    return Layers(some, w_output, *(b[np.newaxis] for b in fitted.intercepts_))


def fitted_network(fitted):
    """Describe the fitted network to the core, without a loss."""
    n_features, n_hidden = fitted.coefs_[0].shape
    shape = NetworkShape(n_features, n_hidden, fitted.coefs_[1].shape[1])
    return Network(shape, activation_of(fitted._activation_), Loss())


def set_layers(fitted, params):
    """Set ``coefs_`` and ``intercepts_`` from a flat buffer, which is copied."""
    features, n_all = fitted._features_, fitted.n_features_in_
    n_features = n_all if features is None else len(features)
    shape = NetworkShape(n_features, int(fitted.n_hidden), target_kind_of(fitted).n_outputs)
    layers = view_parameters(params, shape)
    w_hidden = layers.w_hidden.copy() if features is None else among_zeros(layers.w_hidden, features, n_all)
    fitted.coefs_ = [w_hidden, layers.w_output.copy()]
    fitted.intercepts_ = [layers.b_hidden[0].copy(), layers.b_output[0].copy()]


def among_zeros(rows, places, n_rows):
    """Copy rows to their places among ``n_rows`` rows, of which the others are zero."""
    all_rows = np.zeros((n_rows, rows.shape[1]), rows.dtype)
    all_rows[places] = rows
    return all_rows


def fitted_model(fit, state):
    """Copy a fit's model, with all fitted attributes, from the state of its run.

    During the training, they are as if a callback had stopped it.
    """
    model = copied(fit.model)
    set_layers(model, fit.run.with_all_features(state.params))
    set_history(model, state)
    model.best_iter_ = state.kept_epoch
    model.stop_reason_ = (state.stop_reason or StopReason.CALLBACK).name.lower()
    model.alpha_ = fit.run.config.alpha
    if model.alpha != "auto" or not hasattr(model, "alpha_path_"):  # else that of an earlier fit stays
        model.alpha_path_ = fit.choice.path
    model._seen_weight_ += fit.run.data.total_weight
    model._penalty_strength_ = fit.run.penalty_strength
    vars(model).pop("_loss_range_", None)
    if not fit.encoded.is_part:  # the rows of a call are a part
        model._loss_range_ = fit.loss_range
    vars(model).pop("_kept_", None)
    if model.warm_start or fit.encoded.is_part:
        model._kept_ = {name: getattr(state, name) for name in KEPT}
    return model


def set_history(fitted, state):
    """Set ``history_``, ``loss_curve_`` and ``n_iter_``: the epochs of earlier calls and of the last one.

    All epochs of the last call are kept, and earlier ones up to ``HISTORY_EPOCHS`` in all: a model that is
    trained by ``partial_fit`` must not grow for ever.
    """
    records, earlier = state.history, getattr(fitted, "history_", {})
    n_earlier = max(0, HISTORY_EPOCHS - len(records))
    earlier = {name: column[max(0, len(column) - n_earlier) :] for name, column in earlier.items()}
    names = records[0] if records else ()
    columns = {name: np.array([one[name] for one in records], float) for name in names}
    before = np.full(max(map(len, earlier.values()), default=0), math.nan)
    now = np.full(len(records), math.nan)
    fitted.history_ = {
        name: np.append(earlier.get(name, before), columns.get(name, now))
        for name in dict.fromkeys([*earlier, *columns])
    }
    fitted.loss_curve_ = fitted.history_.get("loss", np.array([]))
    fitted.n_iter_ = state.epoch
