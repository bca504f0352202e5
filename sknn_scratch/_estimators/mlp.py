"""Conversion of networks to scikit-learn's MLPClassifier and MLPRegressor, and back.

These minimise the same objective as ours, and most of their parameters have the same names.
"""

import sys

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._core.losses import LOSSES
from sknn_scratch._fitting.auto import AUTO_EPOCHS
from sknn_scratch._fitting.fitted import target_kind_of
from sknn_scratch._fitting.labels import Labels
from sknn_scratch._fitting.plan import draw_seed
from sknn_scratch._fitting.reals import Rates, Reals

# The activations that MLPClassifier has: our names, and its names.
MLP_ACTIVATIONS = {name: name for name in ("identity", "logistic", "tanh", "relu")} | {"sigmoid": "logistic"}
MLP_SOLVERS, MLP_SCHEDULES = ("lbfgs", "sgd", "adam"), ("constant", "adaptive")
SHARED_PARAMETERS = (
    "max_iter",
    "alpha",
    "momentum",
    "beta_1",
    "beta_2",
    "epsilon",
    "tol",
    "validation_fraction",
    "warm_start",
    "random_state",
    "verbose",
)


def to_mlp_classifier(fitted):
    """Convert a fitted ShallowNNClassifier to a fitted MLPClassifier."""
    mlp = to_mlp(MLPClassifier, fitted)
    mlp.classes_ = fitted.classes_
    mlp.out_activation_ = target_kind_of(fitted).loss.output_activation
    mlp._label_binarizer = LabelBinarizer().fit(target_kind_of(fitted).known_labels)
    set_mlp_history(mlp, fitted, fitted.loss_curve_, "accuracy")
    return mlp


def to_mlp_regressor(fitted):
    """Convert a fitted ShallowNNRegressor to a fitted MLPRegressor.

    The loss of MLPRegressor is the mean over the targets, ours is the sum.
    """
    is_rate = isinstance(target_kind_of(fitted), Rates)
    loss = "poisson" if is_rate else "squared_error"  # it has no others
    mlp = to_mlp(MLPRegressor, fitted, loss=loss)
    mlp.out_activation_ = LOSSES[loss].output_activation
    scale = np.atleast_1d(fitted.y_scale_)
    if is_rate:
        mlp.intercepts_[1] += np.log(scale)
    else:
        mlp.coefs_[1] = mlp.coefs_[1] * scale
        mlp.intercepts_[1] = mlp.intercepts_[1] * scale + fitted.y_offset_
    unit = float(np.mean(scale if is_rate else np.square(scale))) / len(scale)
    set_mlp_history(mlp, fitted, unit * fitted.loss_curve_, "r2")
    return mlp


def to_mlp(cls, fitted, **params):
    """Convert a fitted network to a fitted ``cls``: what is the same for MLPClassifier and MLPRegressor."""
    check_is_fitted(fitted)
    if fitted._activation_ not in MLP_ACTIVATIONS:
        names = sorted(set(MLP_ACTIVATIONS.values()))
        raise ValueError(
            f"{cls.__name__} does not have activation={fitted._activation_!r}, so none can have the same "
            f"predictions. Its activations are {', '.join(map(repr, names))}."
        )
    mlp = cls(**mlp_parameters(fitted), **params)
    copy_network(fitted, mlp)
    mlp.n_layers_, mlp.n_outputs_ = 3, fitted.coefs_[1].shape[1]
    return mlp


def mlp_parameters(fitted):
    """Find the values of MLPClassifier's parameters; other parameters are dropped."""
    params = {name: getattr(fitted, name) for name in SHARED_PARAMETERS}
    schedule, share = fitted.learning_rate_schedule, fitted.validation_fraction
    patience = fitted.n_iter_no_change
    return params | {
        "hidden_layer_sizes": (fitted.coefs_[0].shape[1],),
        "activation": MLP_ACTIVATIONS[fitted._activation_],
        "learning_rate_init": fitted.learning_rate,
        "solver": fitted.solver_ if fitted.solver_ in MLP_SOLVERS else "adam",
        "learning_rate": schedule if schedule in MLP_SCHEDULES else "constant",
        "batch_size": "auto" if fitted.batch_size is None else fitted.batch_size,
        "nesterovs_momentum": fitted.nesterov,
        "early_stopping": fitted.early_stopping != "auto" and bool(fitted.early_stopping),
        "validation_fraction": share if share < 1 else 0.1,
        "n_iter_no_change": AUTO_EPOCHS if patience == "auto" else patience,
    }


def copy_network(source, target):
    """Copy the fitted attributes that all classes have: the weights, and the names and number of features."""
    target.coefs_ = [weights.copy() for weights in source.coefs_]
    target.intercepts_ = [biases.copy() for biases in source.intercepts_]
    target.n_features_in_ = source.n_features_in_
    if hasattr(source, "feature_names_in_"):
        target.feature_names_in_ = source.feature_names_in_


def set_mlp_history(mlp, fitted, loss_curve, metric):
    """Set the attributes of an MLP that describe its training, or that it needs to be trained further.

    ``t_``, the number of rows that it has seen, is not known, and starts at zero.
    """
    losses, scores, stops_early = loss_curve.tolist(), [], mlp.early_stopping
    if fitted.scoring == metric and "val_score" in fitted.history_:
        scores = fitted.history_["val_score"].tolist()
    mlp.n_iter_, mlp.t_ = fitted.n_iter_, 0
    mlp.loss_ = losses[-1] if losses else np.inf
    mlp.loss_curve_ = losses
    mlp.best_loss_ = None if stops_early else float(np.fmin.reduce(losses, initial=np.inf))
    mlp.validation_scores_ = scores if stops_early else None
    mlp.best_validation_score_ = max(scores, default=-np.inf) if stops_early else None
    mlp._no_improvement_count = 0
    mlp._best_coefs = [weights.copy() for weights in mlp.coefs_]
    mlp._best_intercepts = [biases.copy() for biases in mlp.intercepts_]


def from_mlp_classifier(cls, mlp):
    """Convert a fitted MLPClassifier to a fitted ``cls``, a ShallowNNClassifier."""
    check_convertible(cls, mlp, MLPClassifier)
    if len(mlp.classes_) < 2 and mlp.n_outputs_ == 1:
        raise ValueError(
            f"The MLPClassifier knows only one class, {mlp.classes_.tolist()}; at least 2 are needed."
        )
    targets = Labels.of_network(mlp.out_activation_, mlp.n_outputs_, mlp.classes_)
    return from_mlp(cls(**own_parameters(mlp, "accuracy")), mlp, targets)


def from_mlp_regressor(cls, mlp):
    """Convert a fitted MLPRegressor to a fitted ``cls``, a ShallowNNRegressor."""
    check_convertible(cls, mlp, MLPRegressor)
    one, n_outputs = (1.0, 0.0), mlp.n_outputs_
    scale, offset = one if n_outputs == 1 else (np.full(n_outputs, value) for value in one)
    targets = (Rates if mlp.loss == "poisson" else Reals)(offset, scale)
    return from_mlp(cls(**own_parameters(mlp, "r2"), loss=mlp.loss), mlp, targets)


def from_mlp(fitted, mlp, targets):
    """Give an estimator the fitted attributes of an MLP; return it."""
    fitted._activation_ = mlp.activation
    copy_network(mlp, fitted)
    vars(fitted).update(targets.fitted_attributes())
    fitted.solver_, fitted._penalty_rate_ = mlp.solver, None  # the penalty of its batches varied
    fitted._seed_ = draw_seed(mlp.random_state)
    fitted._seen_weight_ = mlp.t_ / max(1, mlp.n_iter_)  # t_ counts the rows again in every epoch
    set_own_history(fitted, mlp)
    return fitted


def check_convertible(cls, mlp, of_scikit_learn):
    """Raise an error unless ``mlp`` is a fitted MLP of this class with one hidden layer."""
    name = of_scikit_learn.__name__
    if not isinstance(mlp, of_scikit_learn):
        raise TypeError(f"mlp must be a fitted {name}, got {type(mlp).__name__}.")
    check_is_fitted(mlp)
    n_hidden_layers = len(mlp.coefs_) - 1
    if n_hidden_layers != 1:
        raise ValueError(
            f"The {name} has {n_hidden_layers} hidden layers; {cls.__name__} has one. Fit an "
            f"{name} with hidden_layer_sizes=(n_hidden,)."
        )


def own_parameters(mlp, metric):
    """Find the values of our parameters; MLPs score the validation rows by accuracy or R2."""
    params = {name: getattr(mlp, name) for name in SHARED_PARAMETERS}
    adapts = mlp.solver == "sgd" and mlp.learning_rate == "adaptive"
    return params | {
        "momentum": min(mlp.momentum, np.nextafter(1, 0)),
        "n_hidden": mlp.coefs_[0].shape[1],
        "activation": mlp.activation,
        "solver": mlp.solver,
        "init_scale": "glorot",
        "dropout": 0.0,
        "learning_rate": mlp.learning_rate_init,
        "learning_rate_schedule": "adaptive" if adapts else "constant",
        "batch_size": mlp.batch_size,
        "nesterov": mlp.nesterovs_momentum,
        "early_stopping": mlp.early_stopping,
        "validation_fraction": mlp.validation_fraction or 0.1,
        "scoring": metric if mlp.early_stopping else "loss",
        "n_iter_no_change": min(mlp.n_iter_no_change, sys.maxsize),
    }


def set_own_history(fitted, mlp):
    """Set what is known about the training: the losses and, if there was a validation, the scores."""
    losses = getattr(mlp, "loss_curve_", [np.nan] * (mlp.n_iter_ - 1) + [mlp.loss_])
    scores = getattr(mlp, "validation_scores_", None) or None  # a converted network may have an empty list
    fitted.history_ = {"loss": np.array(losses, dtype=float)}
    if scores is not None:
        fitted.history_["val_score"] = np.array(scores, dtype=float)
    fitted.loss_curve_, fitted.n_iter_ = fitted.history_["loss"], max(mlp.n_iter_, len(losses))
    epochs_after_best = 0 if scores is None else len(scores) - 1 - int(np.argmax(scores))
    fitted.best_iter_ = fitted.n_iter_ - epochs_after_best
    fitted.stop_reason_ = stop_reason(mlp, validated=scores is not None)


def stop_reason(mlp, *, validated):
    """Infer why the training ended: without improvement for long enough, or not."""
    waited = mlp.solver == "lbfgs" or mlp.n_iter_ > mlp.n_iter_no_change
    if mlp.n_iter_ >= mlp.max_iter or not waited:
        return "max_iter"
    return "no_improvement" if validated else "converged"
