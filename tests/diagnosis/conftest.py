"""Rows, and a network that has nothing to be found."""

import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning

from sknn_scratch import SymmetryWarning
from tests.helpers import make_data, small_network


def fit(X, y, n_hidden=16, **parameters):
    """Fit a network that has nothing to be found, unless the parameters see to it."""
    settled = {"init_scale": 0.01, "learning_rate": 0.02, "max_iter": 300}
    return small_network(n_hidden=n_hidden, **settled | parameters).fit(X, y)


@pytest.fixture(autouse=True)
def _broken_trainings_warn():
    with warnings.catch_warnings():
        for category in (ConvergenceWarning, SymmetryWarning):
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("ignore", "Features such as")
        yield


@pytest.fixture(scope="session")
def data():
    return make_data("multiclass", 300)


@pytest.fixture(scope="session")
def healthy(data):
    return fit(*data)
