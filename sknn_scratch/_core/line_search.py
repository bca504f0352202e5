"""How far to go along a direction of descent (Nocedal and Wright, 2006, sections 3.1 and 3.5).

phi(t) is the objective at the step t, and phi'(t) its slope along the direction. A step is accepted if it
meets the strong Wolfe conditions (equations 3.7):

    phi(t) <= phi(0) + C_1 t phi'(0)        the objective falls enough
    |phi'(t)| <= C_2 |phi'(0)|              it could not fall much more

The book's algorithms 3.5 and 3.6 are one here. ``low`` is the best step so far. ``high`` is the other end of
an interval that contains acceptable steps, and at ``low`` the objective falls towards ``high``. As long as
there is no ``high``, the steps grow.
"""

import math
from typing import NamedTuple

C_1, C_2 = 1e-3, 0.9  # as in SciPy's L-BFGS-B: most first steps are accepted
LEAST_GROWTH, MOST_GROWTH = 1.1, 4.0  # of a step, as a multiple of its last growth
MARGIN = 0.1  # the share of the interval, at either end, in which no step is tried
SLOW = 0.66  # if more than this share of the interval is left, the next step halves it
# The search settles for ``low`` when the interval is narrower than NARROW times its upper end, as in SciPy:
# then it contains a kink, for example of relu. It also settles after MOST_TRIALS trials.
NARROW = 0.1
MOST_TRIALS = 20


class Trial(NamedTuple):
    """A step, and the objective and its slope there."""

    step: float
    value: float  # phi
    slope: float  # phi'


class LineSearch:
    """The search of one network: evaluate at ``step`` and pass the result to ``see``, until it ``is_over``.

    It starts with phi(0) and phi'(0). In the end, ``step`` is the step to take, or zero if none was found.
    """

    def __init__(self, value: float, slope: float) -> None:
        self.start = self.low = self.before_low = Trial(0.0, value, slope)
        self.high: Trial | None = None
        self.width = math.inf  # of the interval, at the last choice of a step in it
        self.n_trials = 0
        self.is_settled = False  # for ``low``
        self.is_accepted = False  # whether the last step meets the conditions
        self.is_over = not (math.isfinite(value) and -math.inf < slope < 0)
        self.step = 0.0 if self.is_over else 1.0

    def see(self, value: float, slope: float) -> None:
        """Record the objective and its slope at ``step``, and choose the next step."""
        if self.is_over:
            return
        trial = Trial(self.step, value, slope)
        self.n_trials += 1
        self.is_accepted = self._is_acceptable(trial)
        if self.is_settled or self.is_accepted:
            self.is_over = True
            return
        self._narrow(trial)
        self.is_settled = self.n_trials == MOST_TRIALS or self._is_narrow()
        self.is_over = self.is_settled and self.low is trial
        self.step = self.low.step if self.is_settled else self._next_step()

    def _is_acceptable(self, trial: Trial) -> bool:
        return self._is_lower(trial) and abs(trial.slope) <= C_2 * abs(self.start.slope)

    def _is_lower(self, trial: Trial) -> bool:
        """Whether the objective falls enough, and below ``low``; False for NaN."""
        limit = self.start.value + C_1 * trial.step * self.start.slope
        return trial.value <= limit and trial.value < self.low.value and math.isfinite(trial.slope)

    def _narrow(self, trial: Trial) -> None:
        """Make a trial one end of the interval."""
        if not self._is_lower(trial):
            self.high = trial
            return
        falls_towards = math.inf if self.high is None else self.high.step
        if trial.slope * (falls_towards - self.low.step) >= 0:  # the objective rises beyond the trial
            self.high = self.low
        self.low, self.before_low = trial, self.low

    def _is_narrow(self) -> bool:
        if self.high is None:
            return False
        return abs(self.high.step - self.low.step) <= NARROW * max(self.high.step, self.low.step)

    def _next_step(self) -> float:
        """Choose the minimiser of a cubic, but neither close to the ends nor too far beyond ``low``."""
        low, high = self.low, self.high
        if high is None:
            growth = low.step - self.before_low.step
            nearest, farthest = low.step + LEAST_GROWTH * growth, low.step + MOST_GROWTH * growth
            return clip(cubic_minimiser(self.before_low, low), nearest, farthest, otherwise=farthest)
        width, self.width = self.width, abs(high.step - low.step)
        if self.width > SLOW * width:
            return (low.step + high.step) / 2
        margin = MARGIN * (high.step - low.step)
        near_low, near_high = low.step + margin, high.step - margin
        return clip(cubic_minimiser(low, high), near_low, near_high, otherwise=near_low)


def cubic_minimiser(a: Trial, b: Trial) -> float:
    """Compute the minimiser of the cubic with the values and slopes of two trials (equation 3.59), or NaN."""
    d_1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step)
    square = d_1 * d_1 - a.slope * b.slope
    if not 0 <= square < math.inf:
        return math.nan
    d_2 = math.copysign(math.sqrt(square), b.step - a.step)
    divisor = b.slope - a.slope + 2 * d_2
    return b.step - (b.step - a.step) * (b.slope + d_2 - d_1) / divisor if divisor else math.nan


def clip(step: float, one_end: float, other_end: float, *, otherwise: float) -> float:
    """Clip a step to an interval; return ``otherwise`` for NaN."""
    low, high = sorted((one_end, other_end))
    return otherwise if math.isnan(step) else min(max(step, low), high)
