"""L-BFGS: SciPy chooses the steps, from the gradients of all rows at the last points.

SciPy computes in float64. A network in float32 is evaluated at the nearest numbers of its own precision.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import scipy.optimize
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Array
from sknn_scratch._core.state import StopReason

Evaluate: TypeAlias = Callable[[Array], tuple[float, Array]]

# A gain is negligible if it is at most this number of rounding errors of the objective, or of 1 if that is
# larger. In float64, this is the limit of scikit-learn's LogisticRegression.
ROUNDINGS = 64
# Of SciPy's rules to stop, only those are left that find nothing to gain at all.
NO_LIMITS = {"ftol": 0.0, "gtol": 0.0, "maxiter": 10**9, "maxfun": 10**9}


def minimise(
    evaluate: Evaluate, start: Array, on_iteration: Callable[[float, StopReason | None], bool]
) -> None:
    """Minimise a function of vectors (n,), iteration by iteration.

    ``evaluate(x)`` returns the value and the gradient (n,) at x, in float64, but rounded as the dtype of the
    start. ``on_iteration`` gets the value at the end of an iteration, where the function was evaluated last,
    and a reason to stop, or None. It returns whether to stop.
    """
    x = start.astype(np.float64)

    def evaluate_or_turn_back(tried: Array) -> tuple[float, Array]:
        found, slope = evaluate(tried)
        if math.isfinite(found) and np.isfinite(slope).all():
            return found, slope
        step = tried - x  # zero at the start
        return turn_back(step, value, gradient) if step.any() else (found, slope)

    evaluate_at = with_memory(evaluate_or_turn_back)
    (value, gradient), stops = evaluate_at(x), False

    def end_iteration(intermediate_result: scipy.optimize.OptimizeResult) -> None:
        nonlocal x, value, gradient, stops
        earlier, x = value, intermediate_result.x.copy()
        value, gradient = evaluate_at(x)  # goes back there if need be
        is_over = is_negligible(earlier - value, value, np.float64)
        stops = on_iteration(value, StopReason.CONVERGED if is_over else None)
        if stops:
            raise StopIteration

    result = scipy.optimize.minimize(
        lambda x: evaluate_at(x)[0],
        x,
        method="L-BFGS-B",
        jac=lambda x: evaluate_at(x)[1],
        callback=end_iteration,
        options=NO_LIMITS,
    )
    if not stops:  # SciPy found no better point
        value, gradient = evaluate_at(result.x)
        with np.errstate(over="ignore"):
            promise = float(np.square(gradient).sum())  # the gain of a step, if the gradient were constant
        is_minimum = is_negligible(promise, value, start.dtype)
        on_iteration(value, StopReason.CONVERGED if is_minimum else StopReason.LINE_SEARCH_FAILED)


def turn_back(step: Array, value: float, gradient: Array) -> tuple[float, Array]:
    """Give a value and a gradient (n,) at the end of a step (n,) from a point, where the function overflows.

    They are of a parabola that has the value and the slope of the point at its start, and is lowest after
    a quarter of the step. SciPy cannot find its way back from infinity.
    """
    fall = abs(float(gradient @ step))
    return value + fall, step * (3 * fall / (step @ step))


def with_memory(evaluate: Evaluate) -> Evaluate:
    """Let a function keep its result at the point where it was evaluated last."""
    last_point = b""
    last_result: tuple[float, Array] = math.nan, np.empty(0)

    def evaluate_at(x: Array) -> tuple[float, Array]:
        nonlocal last_point, last_result
        point = x.tobytes()  # quicker to compare than arrays
        if point != last_point:
            last_point, last_result = point, evaluate(x)
        return last_result

    return evaluate_at


def is_negligible(gain: float, value: float, dtype: DTypeLike) -> bool:
    return gain <= ROUNDINGS * float(np.finfo(dtype).eps) * max(1.0, abs(value))
