"""The warnings of a fit, and where they point: at the user's line that called the fit."""

import contextlib
import copy
import os
import sys
import warnings
from typing import NamedTuple

import joblib
import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning

from sknn_scratch._core.blocks import mean_loss
from sknn_scratch._core.network import make_batch
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.stopping import StopReason
from sknn_scratch._fitting import causes
from sknn_scratch._fitting.causes import REMEDIES_OF_ENDS, Measured, measure_features, remedy_for
from sknn_scratch._fitting.fitted import fitted_attributes, target_kind_of
from sknn_scratch._fitting.plan import training_rows
from sknn_scratch._fitting.sklearn_versions import _check_feature_names_in
from sknn_scratch.exceptions import DivergenceWarning, SymmetryWarning

# Where code that runs between the user's call and a fit begins. Python 3.11 cannot skip it.
OURS = os.path.dirname(__file__)
BETWEEN = (
    *(os.path.join(os.path.dirname(one), "") for one in (OURS, sklearn.__file__, joblib.__file__)),
    contextlib.__file__.removesuffix(".py"),  # a whole name would not count
)
AT_THE_USERS_CALL = {"skip_file_prefixes": BETWEEN} if sys.version_info >= (3, 12) else {}
# A training that ends for one of these reasons looks like a success.
SETTLED = (StopReason.CONVERGED, StopReason.NO_IMPROVEMENT)
# As a share of the loss of constant outputs. A network whose loss is not below it has learnt nothing, or less
# than a hundredth of y. If the features say no more about y, the warning is a mistake.
UNLEARNT = 0.99
NOTHING_LEARNT = (
    "The training has failed: its loss is no lower than the loss of a network that predicts the same for "
    "all rows."
)
# The mean size of a raw feature. With 700 and more, sgd lost a third of its accuracy, and L-BFGS a twentieth.
# scikit-learn's own checks have features of 100.
FAR_TOO_LARGE = 200.0
# The warnings of trainings that ended for other reasons.
BAD_ENDS = {
    StopReason.MAX_ITER: ConvergenceWarning,
    StopReason.LINE_SEARCH_FAILED: ConvergenceWarning,
    StopReason.DIVERGED: DivergenceWarning,
    StopReason.INTERRUPTED: UserWarning,
}


class Trouble(NamedTuple):
    """A warning of a fit."""

    message: str
    category: type[Warning]


def troubles_of(fit, state):
    """List the warnings of a fit, each with its remedy: identical hidden units, constant y, a bad end."""
    troubles = []
    if fit.model.init_scale == 0 and state.epochs_before == 0:
        message = "init_scale=0: all weights start at zero, so all hidden units stay identical."
        troubles.append(Trouble(f"{message} Use 'glorot', 'he' or a small positive number.", SymmetryWarning))
    if fit.partial and state.epochs_before == 0:
        targets = fit.run.data.targets[fit.run.data.row_numbers]
        if message := target_kind_of(fit.model).trouble_of_first_part(targets):
            troubles.append(Trouble(message, UserWarning))
    reason = state.stop_reason
    if not troubles and (failure := unlearnt(fit, state)):
        return failure
    if state.epochs_before == 0:
        troubles += unscaled(fit)
    if reason not in BAD_ENDS or (reason is StopReason.MAX_ITER and fit.partial):
        return troubles
    remedy = remedy_for(fitted_model(fit, state), REMEDIES_OF_ENDS[reason.name.lower()])
    return [*troubles, Trouble(f"{reason.value} {remedy}", BAD_ENDS[reason])]


@np.errstate(over="ignore", invalid="ignore")  # features that overflow are too large
def unscaled(fit):
    """List the trouble of features that are far too large, if X is dense."""
    if not isinstance(fit.run.data.X.source, np.ndarray):
        return []
    X = batch_of(fit.run.data, causes.spaced_rows(fit.run.data.n_samples)).X.source
    sizes = np.abs(X).mean(axis=0, dtype=float)
    largest = int(sizes.argmax())
    if sizes[largest] <= FAR_TOO_LARGE:
        return []
    names, features = _check_feature_names_in(fit.model), fit.model._features_
    name = names[largest if features is None else features[largest]]
    remedy = remedy_for(fit.model, causes.scaler_first(measure_features(X)))
    message = f"Features such as {name} are far too large for a network. {remedy}"
    return [Trouble(message, UserWarning)]


def fitted_model(fit, state):
    """Make the estimator that the fit will leave."""
    model = copy.copy(fit.model)
    vars(model).update(fitted_attributes(fit, state))
    return model


@np.errstate(over="ignore", invalid="ignore")  # features that overflow are a finding
def unlearnt(fit, state):
    """List the trouble of a training that had time to learn, but whose loss is no lower than a guess's.

    If tol is not below the loss of a guess, nothing counts as an improvement, so there is no trouble.
    """
    run = fit.run
    had_time = state.stop_reason in SETTLED or (
        state.stop_reason is StopReason.MAX_ITER and len(state.history) > run.config.n_iter_no_change
    )
    if fit.partial or not had_time:
        return []
    least, guess = fit.loss_range
    possible = guess - least
    losses = np.array([record["loss"] for record in state.history]) - least
    if run.config.tol >= possible or losses.min() < UNLEARNT * possible:
        return []
    params = view_parameters(state.params, run.config.network.shape)
    loss = mean_loss(run.config.network, params, batch_of(run.data)) - least
    if loss < UNLEARNT * possible:  # only the penalty is high
        return []
    steps_may_be_large = not run.config.optimizer.takes_all_rows
    climb = max(loss / possible - 1, causes.climb_of(losses / possible)) if steps_may_be_large else 0
    fitted = fitted_model(fit, state)
    cause, remedy = likely_cause(fit, fitted, climb)
    message = f"{NOTHING_LEARNT} Likely cause: {cause}. {remedy_for(fitted, remedy)}"
    return [Trouble(message, ConvergenceWarning)]


def batch_of(data, some=slice(None)):
    """Make a batch of all or some of the training rows."""
    rows = data.row_numbers[some]
    weights = None if data.row_weights is None else data.row_weights[some]
    return make_batch(data.X.take(rows), data.targets[rows], weights)


def likely_cause(fit, fitted, climb):
    """Find the likely cause of a network that has learnt nothing: its name and remedy, as in ``diagnose``.

    ``climb`` is how far the loss has climbed, in units of the loss of a guess.
    """
    network, data = fit.run.config.network, fit.run.data
    features = measure_features(data.X.source)
    names = range(data.X.n_features)  # of the message, which is not used
    some_rows = batch_of(data, causes.spaced_rows(data.n_samples))
    rows, shares = training_rows(data)
    y = fit.inputs.encoded_for(fit.model, True).y  # an outlier may round the other targets to one number
    factor = target_kind_of(fitted).outlier_factor(fitted, y[rows], shares)
    measured = {
        "outliers in y": causes.outliers_in_y(fitted, factor),
        "no signal": causes.no_signal(network, some_rows, features),
        "unscaled features": causes.unscaled_features(features, names),
        "outliers": causes.outliers(features, names),
        "tiny features": causes.tiny_features(features, names),
        "large initial weights": causes.large_initial_weights(fitted, features),
        "strong penalty": causes.strong_penalty(fitted, causes.strongest_pull(network, some_rows)),
        "small steps": causes.small_steps(fitted),
        "exploding gradient": causes.exploding_gradient(fitted, climb),
    }
    for severity in ("problem", "warning"):
        for name, finding in measured.items():
            if isinstance(finding, Measured) and finding.severity == severity:
                return name, finding.remedy
    return causes.plateau_of_the_start(fitted)


def warn(message, category=UserWarning):
    """Give a warning, at the line of the user's call."""
    warnings.warn(message, category, stacklevel=2, **AT_THE_USERS_CALL)
