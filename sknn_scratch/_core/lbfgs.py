"""L-BFGS (Nocedal, 1980): steps of Newton's method, with second derivatives estimated from the last steps."""

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import add_multiple
from sknn_scratch._core.state import StopReason

Evaluate: TypeAlias = Callable[[Array], tuple[float, Array]]

REMEMBERED_STEPS = 10
# The conditions of Wolfe (1969): a step lowers the function by at least this share of what the slope at its
# start promises, and leaves at most this share of the slope at its end.
SHARE_OF_PROMISE, SHARE_OF_SLOPE = 1e-3, 0.9
# While the slope at the end of a step is too steep, the step becomes so many times as long.
GROWTH = 4.0
# While the value is too high, the step becomes shorter. It keeps at least and at most these shares.
NEAREST, FARTHEST = 0.1, 0.5
MOST_LENGTHS = 20  # that are tried in one direction
# A gain is negligible if it is at most this number of rounding errors of the objective, or of 1 if that is
# larger. In float64, this is the limit of scikit-learn's LogisticRegression.
ROUNDINGS = 64


class Point(NamedTuple):
    """A point (n,) with the value and the gradient (n,) of the function there."""

    x: Array
    value: float
    gradient: Array


class Step(NamedTuple):
    """What a step teaches: over a way (n,), the gradient has changed by ``change`` (n,)."""

    way: Array
    change: Array
    curvature: float  # their product, which is positive


class End(NamedTuple):
    """The end of a step of some length, with the value and the slope in its direction there."""

    length: float
    value: float
    slope: float


def minimise(
    evaluate: Evaluate, start: Array, on_iteration: Callable[[float, StopReason | None], bool]
) -> None:
    """Minimise a function of vectors (n,), iteration by iteration.

    ``evaluate(x)`` returns the value and the gradient (n,) at x. ``on_iteration`` gets the value at the end
    of an iteration, where the function was evaluated last, and a reason to stop, or None. It returns whether
    to stop.
    """
    here, steps = Point(start.copy(), *evaluate(start)), deque[Step](maxlen=REMEMBERED_STEPS)
    while True:
        there = search(evaluate, here, direction_from(here.gradient, steps))
        if there is None and steps:
            steps.clear()  # they may mislead: try the steepest direction
            continue
        if there is None:
            break
        steps.append(step_between(here, there))
        is_over = is_negligible(here.value - there.value, there.value, np.float64)
        here = there
        if on_iteration(here.value, StopReason.CONVERGED if is_over else None):
            return
    evaluate(here.x)  # goes back there
    promise = square_of(here.gradient)  # the gain of a step, if the gradient were constant
    is_minimum = is_negligible(promise, here.value, start.dtype)
    on_iteration(here.value, StopReason.CONVERGED if is_minimum else StopReason.LINE_SEARCH_FAILED)


@np.errstate(all="ignore")  # no search begins with numbers that are not finite
def step_between(here: Point, there: Point) -> Step:
    way, change = there.x - here.x, there.gradient - here.gradient
    return Step(way, change, float(way @ change))


@np.errstate(all="ignore")
def direction_from(gradient: Array, steps: Sequence[Step]) -> Array:
    """Compute the step (n,) of Newton's method, ``-H^-1 gradient``, with an estimate of the Hessian H.

    The two loops multiply by the estimated inverse: a multiple of the identity, corrected by one step after
    another so that it maps each change of the gradient to the way on which it happened. Without steps, the
    way goes down the gradient, and its length is at most 1.
    """
    direction, shares = -gradient, []
    for step in reversed(steps):
        share = float(step.way.dot(direction)) / step.curvature
        add_multiple(direction, -share, step.change)
        shares.append(share)
    if steps:
        direction *= steps[-1].curvature / square_of(steps[-1].change)
    else:
        direction /= max(1.0, math.sqrt(square_of(gradient)))
    for step, share in zip(steps, reversed(shares), strict=True):
        add_multiple(direction, share - float(step.change.dot(direction)) / step.curvature, step.way)
    return direction


@np.errstate(over="ignore")
def square_of(vector: Array) -> float:
    """Multiply a vector (n,) by itself; if single precision cannot hold the product, double can."""
    square = float(vector @ vector)
    return square if math.isfinite(square) else float(np.square(vector, dtype=np.float64).sum())


@np.errstate(all="ignore")
def search(evaluate: Evaluate, here: Point, direction: Array) -> Point | None:
    """Find a point in a direction (n,) that fulfils the conditions of Wolfe, or return None.

    A value or a slope that is not finite makes the step shorter.
    """
    slope = float(here.gradient @ direction)
    length, too_short, too_long = 1.0, End(0.0, here.value, slope), math.inf
    for _ in range(MOST_LENGTHS if -math.inf < slope < 0 else 0):
        x = here.x.copy()
        add_multiple(x, length, direction)
        there = Point(x, *evaluate(x))
        end = End(length, there.value, float(there.gradient @ direction))
        is_lower = end.value <= here.value + SHARE_OF_PROMISE * length * slope
        if not (is_lower and math.isfinite(end.slope)):
            too_long, length = length, lowest_between(too_short, end)
        elif end.slope < SHARE_OF_SLOPE * slope:
            too_short, length = end, GROWTH * length if too_long == math.inf else (length + too_long) / 2
        else:
            return there
    return None


def lowest_between(short: End, long: End) -> float:
    """Find the length where a parabola with the slope at one end and the values at both is lowest.

    The function is none: take at least a tenth and at most half of the way to the longer end.
    """
    width = long.length - short.length
    promise = -short.slope * width
    bend = long.value - short.value + promise
    share = promise / (2 * bend) if bend > 0 else 0.5
    return short.length + width * min(max(share, NEAREST), FARTHEST)


def is_negligible(gain: float, value: float, dtype: DTypeLike) -> bool:
    return gain <= ROUNDINGS * float(np.finfo(dtype).eps) * max(1.0, abs(value))
