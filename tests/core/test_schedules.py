import math

import pytest

from sknn_scratch._core.schedules import SCHEDULES

# The factor at some progress, as a textbook gives it; a schedule that is added needs a line.
EXPECTED = {
    "constant": {0.0: 1.0, 0.25: 1.0, 0.999: 1.0},
    "cosine": {0.0: 1.0, 1 / 3: 0.75, 0.5: 0.5, 2 / 3: 0.25, 0.75: (1 - math.sqrt(0.5)) / 2, 1.0: 0.0},
    "one_cycle": {0.0: 0.04, 0.15: 0.52, 0.3: 1.0, 0.65: 0.5, 1.0: 0.0},
    "adaptive": {0.0: 1.0, 0.25: 1.0, 0.999: 1.0},
}
every_schedule = pytest.mark.parametrize("name", SCHEDULES)


@every_schedule
def test_factors_are_those_of_the_textbook(name):
    for progress, factor in EXPECTED[name].items():
        assert SCHEDULES[name].factor(progress) == pytest.approx(factor, rel=1e-13, abs=1e-15)


@every_schedule
def test_factors_are_positive_and_at_most_one_as_long_as_there_are_epochs(name):
    for n_epochs in (1, 2, 7, 1000):
        factors = [SCHEDULES[name].factor(epoch / n_epochs) for epoch in range(n_epochs)]
        assert all(0 < factor <= 1 for factor in factors)


def test_the_adaptive_schedule_alone_divides_on_a_plateau():
    assert {name for name, schedule in SCHEDULES.items() if schedule.divides_on_plateau} == {"adaptive"}
