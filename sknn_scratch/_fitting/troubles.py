"""What a fit has to warn of, and where: at the line of the user's that asked for the fit."""

import sys
import threading
import warnings
from contextlib import contextmanager
from typing import NamedTuple

from sklearn.exceptions import ConvergenceWarning

from sknn_scratch._core.stopping import StopReason
from sknn_scratch.exceptions import DivergenceWarning, SymmetryWarning

# What may stand between the user's call and a fit; all other code is the user's.
NOT_THE_USERS = {"sknn_scratch", "sklearn", "joblib", *sys.stdlib_module_names}
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
        troubles.append(Trouble(f"{message} Use 'glorot', 'he' or a small positive number.", SymmetryWarning))
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
    """Warn at the user's call."""
    if not troubles:
        return
    frame = users_frame()
    place = (frame.f_code.co_filename, frame.f_lineno)
    module = frame.f_globals.get("__name__", "<string>")
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    for trouble in troubles:
        warnings.warn_explicit(*trouble, *place, module, registry)


def users_frame():
    """Find the innermost frame of the user's; where there is none, as in a worker process, our outermost."""
    ours = None
    for frame in stack(sys._getframe(1)):
        package = package_of(frame)
        if package not in NOT_THE_USERS:
            return frame
        if package == "sknn_scratch":
            ours = frame
    return ours


def stack(frame):
    """Yield a frame and those that called it, the innermost first, but no calls that it is only nested in."""
    outermost = nested_calls.outermost
    while frame is not None:
        yield frame
        frame = frame.f_back
        if outermost is not None and frame is not None and frame.f_code is nested_calls.code:
            frame, outermost = outermost, None


class _NestedCalls(threading.local):
    """What is known of calls that are nested in each other, in each thread.

    Attributes
    ----------
    code : code object or None
        Of the function that makes such a call.
    outermost : frame or None
        The frame that they all run for, perhaps of another thread.
    """

    code = outermost = None


nested_calls = _NestedCalls()


@contextmanager
def calls_nested_by(function, outermost):
    """Have warnings of calls that a function makes within each other point at the frame they run for."""
    earlier = nested_calls.code, nested_calls.outermost
    nested_calls.code, nested_calls.outermost = function.__code__, outermost
    try:
        yield
    finally:
        nested_calls.code, nested_calls.outermost = earlier


def package_of(frame):
    """Get the name of the package that the code of a frame belongs to."""
    module = frame.f_globals
    spec = module.get("__spec__")  # what ``python -m`` runs calls itself __main__, as loky's workers do
    name = module.get("__name__", "") if spec is None else spec.name
    return name.partition(".")[0]
