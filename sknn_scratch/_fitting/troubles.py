"""What a fit has to warn of, and where: at the line of the user's that asked for the fit."""

import sys
import warnings
from itertools import takewhile
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
    """Find the frame that calls this package or a package that calls it.

    In a thread of joblib's, that is in the thread that waits for it. Where there is none, as in a worker
    process, or where several threads wait, it is our own frame that was called first.
    """
    frames = list(stack(sys._getframe(1)))
    if (call := users_call(frames)) is not None:
        return call
    waiting = list(calls_that_wait_for_joblib())
    if len(waiting) == 1:
        return waiting[0]
    return [frame for frame in frames if package_of(frame) == "sknn_scratch"][-1]


def stack(frame):
    """Yield a frame and those that called it, the innermost first."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def users_call(frames):
    """Get the innermost frame of the user's, or None."""
    return next((frame for frame in frames if package_of(frame) not in NOT_THE_USERS), None)


def calls_that_wait_for_joblib():
    """Yield the user's frames, in all threads, that have called joblib."""
    for innermost in sys._current_frames().values():
        frames = list(stack(innermost))
        called = takewhile(lambda frame: package_of(frame) in NOT_THE_USERS, frames)
        call = users_call(frames)
        if call is not None and "joblib" in map(package_of, called):
            yield call


def package_of(frame):
    """Get the name of the package that the code of a frame belongs to."""
    return frame.f_globals.get("__name__", "").partition(".")[0]
