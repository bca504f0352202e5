import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _floating_point_accidents_raise():
    """Underflow is none: exp(-1e4) is zero, and nothing else would be right."""
    with np.errstate(all="raise", under="ignore"):
        yield
