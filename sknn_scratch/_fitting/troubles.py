"""What a fit has to warn of."""

import warnings
from typing import NamedTuple

from sklearn.exceptions import ConvergenceWarning

from sknn_scratch._core.stopping import StopReason
from sknn_scratch.exceptions import DivergenceWarning, SymmetryWarning

# From the user's call to a warning: scikit-learn's wrapper, fit, _fit, and the function that warns.
USERS_CALL = 5
DIVERGENCE_REMEDY = "Scale the features, or decrease learning_rate or init_scale."


class Trouble(NamedTuple):
    """What a fit has to warn of."""

    message: str
    category: type[Warning]


def troubles_of(plan, result):
    """List what the user should hear of: a start without difference, a bad end; each with its remedy."""
    troubles = []
    if plan.model.init_scale == 0 and result.state.epochs_before == 0:
        message = "init_scale=0: all weights start at zero, so all hidden units stay identical."
        troubles.append(Trouble(f"{message} Use a small positive number, such as 0.05.", SymmetryWarning))
    reason = result.stop_reason
    if reason is StopReason.MAX_ITER and not plan.partial:
        remedy, category = f"Increase max_iter={plan.run.config.max_iter}.", ConvergenceWarning
    elif reason is StopReason.LINE_SEARCH_FAILED:
        remedy = "Scale the features, or use solver='adam' or dtype='float64'."
        category = ConvergenceWarning
    elif reason is StopReason.DIVERGED:
        remedy, category = DIVERGENCE_REMEDY, DivergenceWarning
    elif reason is StopReason.INTERRUPTED:
        remedy, category = "", UserWarning
    else:
        return troubles
    return [*troubles, Trouble(f"{reason.value} {remedy}".rstrip(), category)]


def warn_of(troubles):
    """Warn at the user's call of fit."""
    for trouble in troubles:
        warnings.warn(*trouble, stacklevel=USERS_CALL)
