import math

import numpy as np
import pytest

from sknn_scratch._core.line_search import C_1, C_2, MOST_TRIALS, LineSearch, Trial, cubic_minimiser


def parabola(minimum, curvature=1.0):
    """Fall at first, with a minimum at some step."""
    return lambda t: (curvature * (t - minimum) ** 2 / 2, curvature * (t - minimum))


def valley(t):
    """Rosenbrock's function along the direction that its gradient gives at (-1.2, 1)."""
    x, y = -1.2 + 215.6 * t / 100, 1 + 88 * t / 100
    by_x, by_y = -2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2, (215.6 * by_x + 88 * by_y) / 100


def waves(t):
    return math.cos(20 * t) - t / 1000, -20 * math.sin(20 * t) - 1 / 1000


def flat_then_steep(t):
    """A function of Moré and Thuente (1994): -t / (t^2 + 2)."""
    return -t / (t * t + 2), (t * t - 2) / (t * t + 2) ** 2


SMOOTH = {
    "the first step": parabola(1.0),
    "a short step": parabola(1e-4, 1e6),
    "a long step": parabola(1e4, 1e-3),
    "a valley": valley,
    "flat, then steep": flat_then_steep,
}


def search(function, most=MOST_TRIALS + 1):
    """Return the search, and all its trials."""
    line = LineSearch(*function(0.0))
    trials = []
    while not line.is_over:
        trials.append(Trial(line.step, *function(line.step)))
        line.see(*trials[-1][1:])
        assert len(trials) <= most
    return line, trials


@pytest.mark.parametrize("function", SMOOTH.values(), ids=SMOOTH)
def test_an_accepted_step_meets_the_strong_wolfe_conditions(function):
    line, trials = search(function)
    (value_0, slope_0), (value, slope) = function(0.0), function(line.step)
    assert line.is_accepted
    assert line.step == trials[-1].step > 0
    assert value <= value_0 + C_1 * line.step * slope_0
    assert abs(slope) <= C_2 * abs(slope_0)


def test_a_good_first_step_is_the_only_one():
    assert len(search(parabola(1.5))[1]) == 1


def test_a_search_that_is_over_sees_nothing_more():
    line, _ = search(parabola(1.5))
    line.see(-5.0, -1.0)
    assert (line.step, line.is_over) == (1.0, True)


@pytest.mark.parametrize(
    ("value", "is_enough"), [(0.0, False), (-0.5 * C_1, False), (-C_1, True), (-2 * C_1, True)]
)
def test_a_flat_trial_is_accepted_only_if_the_objective_fell_enough(value, is_enough):
    line = LineSearch(0.0, -1.0)
    line.see(value, 0.0)
    assert line.is_accepted == line.is_over == is_enough
    assert line.step == 1.0 if is_enough else 0 < line.step < 1


@pytest.mark.parametrize("beyond", [(math.inf, math.nan), (math.nan, math.nan), (-1.0, math.nan)])
def test_a_step_to_where_there_are_no_numbers_is_shortened(beyond):
    line, trials = search(lambda t: parabola(0.01)(t) if t < 0.02 else beyond)
    assert len(trials) > 1
    assert 0 < line.step < 0.02


@pytest.mark.parametrize("kink", [0.3, 0.7, 3.0])
def test_at_a_kink_the_search_settles_for_the_best_step(kink):
    """No step has a small slope; but the objective falls up to the kink."""
    line, trials = search(lambda t: (abs(t - kink), math.copysign(1.0, t - kink)))
    assert abs(line.step - kink) < kink / 2
    assert not line.is_accepted
    assert trials[-1].step == line.step  # what was evaluated last belongs to the step
    assert len(trials) < 10


def test_an_interval_that_shrinks_slowly_is_halved():
    """The cubics see a steep wall at the upper end, and would creep up from the lower one."""
    _, trials = search(lambda t: (-t, -1.0) if t < 0.9 else (1e6 * (t - 0.9) - 0.9, 1e6))
    assert max(trial.step for trial in trials if trial.step < 0.9) > 0.8
    assert len(trials) < 10


def test_no_step_is_tried_close_to_an_end_of_the_interval():
    line = LineSearch(0.0, -1.0)
    line.see(-0.97, -0.95)
    far = line.step
    line.see(1e6, 5e5)  # the cubic has its minimum just beyond the first step
    assert line.step == pytest.approx(1 + 0.1 * (far - 1), rel=1e-12)


@pytest.mark.parametrize(
    ("value", "slope"),
    [(1.0, 0.0), (1.0, 2.0), (1.0, math.nan), (1.0, -math.inf), (math.nan, -1.0), (math.inf, -1.0)],
)
def test_where_nothing_falls_there_is_no_search(value, slope):
    line = LineSearch(value, slope)
    assert (line.step, line.is_over) == (0.0, True)


def test_a_slope_that_lies_ends_without_a_step():
    line, trials = search(lambda t: (t, -1.0))
    assert line.step == trials[-1].step == 0
    assert len(trials) == MOST_TRIALS + 1


def test_an_endless_fall_ends_with_the_longest_step():
    line, trials = search(lambda t: (-t, -1.0))
    assert line.step == max(trial.step for trial in trials) > 1e6
    assert len(trials) == MOST_TRIALS


def test_waves_end_at_a_step_that_is_low():
    line, _ = search(waves)
    assert line.step > 0
    assert waves(line.step)[0] < waves(0.0)[0]


def test_the_minimiser_of_a_cubic_is_exact():
    polynomial = np.polynomial.Polynomial([1.0, -3.0, 0.5, 1.0])
    slope = polynomial.deriv()
    (minimum,) = (root for root in slope.roots() if slope.deriv()(root) > 0)
    for a, b in [(0.0, 1.0), (2.0, 0.5), (-1.0, 3.0), (1.5, 1.2)]:
        trials = [Trial(t, polynomial(t), slope(t)) for t in (a, b)]
        assert cubic_minimiser(*trials) == pytest.approx(minimum, rel=1e-12)


def test_what_has_no_minimum_has_no_minimiser():
    rising = [Trial(t, t**3 + t, 3 * t**2 + 1) for t in (0.0, 1.0)]
    line = [Trial(t, -t, -1.0) for t in (0.0, 1.0)]
    assert math.isnan(cubic_minimiser(*rising))
    assert math.isnan(cubic_minimiser(*line))
    assert math.isnan(cubic_minimiser(Trial(0.0, 1.0, -1.0), Trial(1.0, math.inf, 1.0)))
