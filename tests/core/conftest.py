import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _floating_point_accidents_raise():
    """Raise for all floating-point errors except underflow: exp(-1e4) is zero, which is right."""
    with np.errstate(all="raise", under="ignore"):
        yield
