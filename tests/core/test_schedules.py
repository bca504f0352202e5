import math

import pytest

from sknn_scratch._core.schedules import SCHEDULES

# The factor at some progress, as a textbook gives it.
EXPECTED = {
    "constant": {0.0: 1.0, 0.25: 1.0, 0.999: 1.0},
    "cosine": {0.0: 1.0, 1 / 3: 0.75, 0.5: 0.5, 2 / 3: 0.25, 0.75: (1 - math.sqrt(0.5)) / 2, 1.0: 0.0},
    "one_cycle": {0.0: 0.08, 0.15: 1.04, 0.3: 2.0, 0.65: 1.0, 1.0: 0.0},
    "adaptive": {0.0: 1.0, 0.25: 1.0, 0.999: 1.0},
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_factors_are_those_of_the_textbook(name):
    for progress, factor in EXPECTED[name].items():
        assert SCHEDULES[name].factor(progress) == pytest.approx(factor, rel=1e-13, abs=1e-15)
    assert SCHEDULES[name].ends == (EXPECTED[name].get(1.0) == 0)
