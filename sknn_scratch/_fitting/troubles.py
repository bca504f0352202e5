"""The warnings of a fit, and where they point: at the user's line that called the fit."""

import contextlib
import os
import sys
import warnings
from collections import Counter
from itertools import chain
from typing import NamedTuple

import joblib
import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning

from sknn_scratch._causes.causes import likely_cause
from sknn_scratch._causes.evidence import SAMPLE_ROWS, UNLEARNED, Evidence
from sknn_scratch._causes.features import measure_dense, scaler_first
from sknn_scratch._causes.remedies import REMEDIES_OF_ENDS, remedy_for
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.rows import evenly
from sknn_scratch._core.state import StopReason
from sknn_scratch._fitting.fitted import target_kind_of
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
SETTLED = (StopReason.CONVERGED, StopReason.NO_IMPROVEMENT, StopReason.END_OF_SCHEDULE)
# It has failed if it ends for one of these reasons.
FAILURES = (StopReason.DIVERGED, StopReason.LINE_SEARCH_FAILED)
NOTHING_LEARNED = (
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


@np.errstate(all="ignore")  # what overflows exceeds all limits
def troubles_of(fit, fitted):
    """List the warnings of a fit, each with its remedy: identical hidden units, constant y, a bad end.

    ``fitted`` is its fitted model.
    """
    state, troubles = fit.run.state, []
    if fit.model.init_scale == 0 and state.epochs_before == 0:
        message = "init_scale=0: all weights start at zero, so all hidden units stay identical."
        troubles.append(Trouble(f"{message} Use 'auto' or a small positive number.", SymmetryWarning))
    if not troubles and may_have_learned_nothing(fit, state):
        evidence = evidence_of(fit, fitted)
        if evidence.relative_to_baseline(evidence.loss_on_data) >= UNLEARNED:
            return [Trouble(f"{NOTHING_LEARNED} {likely_cause(evidence)}", ConvergenceWarning)]
    if state.epochs_before == 0:
        y = fit.encoded.y[fit.run.data.row_numbers]
        if message := target_kind_of(fit.model).trouble_of_first(y, is_part=fit.encoded.is_part):
            troubles.append(Trouble(message, UserWarning))
        troubles += unscaled(fit)
    reason = state.stop_reason
    if reason not in BAD_ENDS or (reason is StopReason.MAX_ITER and fit.encoded.is_part):
        return troubles
    return [*troubles, Trouble(message_of_bad_end(fit, fitted), BAD_ENDS[reason])]


def message_of_bad_end(fit, fitted):
    """Say why the training ended, and the remedy; of a failure, that of its likely cause, if one is found."""
    reason = fit.run.state.stop_reason
    if reason in FAILURES and (cause := likely_cause(evidence_of(fit, fitted), is_unlearned=False)):
        return f"{reason.value} {cause}"
    return f"{reason.value} {remedy_for(fitted, REMEDIES_OF_ENDS[reason.name.lower()])}"


def unscaled(fit):
    """List the trouble of features that are far too large, if X is dense."""
    data = fit.run.data
    if not isinstance(data.X.source, np.ndarray):
        return []
    X = data.X.take(data.row_numbers[evenly(data.n_samples, SAMPLE_ROWS)]).source
    sizes = np.abs(X).mean(axis=0, dtype=float)
    largest = int(sizes.argmax())
    if sizes[largest] <= FAR_TOO_LARGE:
        return []
    names, features = _check_feature_names_in(fit.model), fit.model._features_
    name = names[largest if features is None else features[largest]]
    remedy = remedy_for(fit.model, scaler_first(measure_dense(X)))
    message = f"Features such as {name} are far too large for a network. {remedy}"
    return [Trouble(message, UserWarning)]


def may_have_learned_nothing(fit, state):
    """Whether a training had time to learn, but its last loss, penalty included, is not below the baseline.

    If tol is not below the baseline loss, nothing counts as an improvement, so there is no trouble.
    """
    config, (least, baseline) = fit.run.config, fit.loss_range
    had_time = state.stop_reason in SETTLED or (
        state.stop_reason is StopReason.MAX_ITER and len(state.history) > config.n_iter_no_change
    )
    if fit.encoded.is_part or not had_time or config.tol >= baseline - least:
        return False
    return state.history[-1]["loss"] - least >= UNLEARNED * (baseline - least)


def troubles_of_ensemble(networks, all_troubles):
    """List the troubles of fitted networks, each once, with the number of networks that have it.

    With few rows, or much noise, ``alpha="auto"`` gives some networks a penalty that leaves them nothing.
    That is no failure, as long as most networks have a smaller one, and have learned.
    """
    counts, alphas = Counter(chain.from_iterable(all_troubles)), np.array([one.alpha_ for one in networks])
    have_failed = np.array([any(map(is_failure, troubles)) for troubles in all_troubles])
    is_minority = 0 < have_failed.sum() < len(networks) / 2
    is_by_alpha = is_minority and alphas[have_failed].min() > np.median(alphas)
    return [
        trouble._replace(message=f"{n} of {len(networks)} networks: {trouble.message}")
        for trouble, n in counts.items()
        if not (is_by_alpha and is_failure(trouble))
    ]


def is_failure(trouble):
    return trouble.message.startswith(NOTHING_LEARNED)


def last_loss(fitted):
    """Get the last loss of a fitted network, with the penalty, in baseline losses; 1 if y is constant."""
    least, baseline = fitted._loss_range_
    return (float(fitted.history_["loss"][-1]) - least) / (baseline - least) if baseline > least else 1.0


def evidence_of(fit, fitted):
    """Collect the evidence of a fit: its network, and the rows that it was trained on."""
    network, data = fit.run.config.network, fit.run.data
    rows = slice(None) if data.rows is None else data.rows
    return Evidence(
        fitted,
        network,
        view_parameters(fit.run.state.params, network.shape),
        data.X.take(rows),
        range(network.shape.n_features),  # the names of a message that is not used
        fit.encoded.y[rows],
        data.row_weights,
    )


def warn(message, category=UserWarning):
    warnings.warn(message, category, stacklevel=2, **AT_THE_USERS_CALL)
