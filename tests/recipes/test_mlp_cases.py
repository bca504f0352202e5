"""scikit-learn's own tests of MLPClassifier and MLPRegressor, run with our estimators."""

import pytest

from tests.recipes.mlp_adapter import DIFFERENCES, cases

pytestmark = pytest.mark.filterwarnings("ignore")  # as in scikit-learn's own runs

globals().update(cases())


@pytest.fixture
def global_random_seed():
    """Stand in for the fixture of scikit-learn's own runs."""
    return 42


def test_every_difference_is_about_a_case():
    assert {name.partition("[")[0] for name in DIFFERENCES} <= cases().keys()
