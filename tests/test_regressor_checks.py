"""scikit-learn's own checks of a regressor, for every loss and with every solver."""

import pytest
from sklearn.utils.estimator_checks import check_estimator

from sknn_scratch import ShallowNNEnsembleRegressor, ShallowNNRegressor
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._fitting.reals import REAL_LOSSES
from tests.versions import SKIPPED_CHECKS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

QUICK = {"solver": "adam", "n_hidden": 16, "learning_rate": 0.05, "alpha": 0.1, "max_iter": 20}
# A solver sees only gradients, so that it does not matter which loss they are of.
PAIRS = [*((loss, "adam") for loss in REAL_LOSSES), *(("squared_error", solver) for solver in SOLVERS)]
CONFIGURATIONS = {f"{loss}, {solver}": QUICK | {"loss": loss, "solver": solver} for loss, solver in PAIRS} | {
    "defaults": {},
    "early stopping": QUICK | {"early_stopping": True, "loss": "huber"},
    "float32": QUICK | {"dtype": "float32", "alpha": 30.0, "loss": "huber"},
}
WEIGHT_EQUIVALENCES = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)


def expected_to_fail(params):
    """Name the checks that cannot pass, with the reasons."""
    expected = {}
    if params.get("loss") == "poisson":
        expected["check_regressor_multioutput"] = "it trains on negative y, whatever the tags say"
    if params.get("early_stopping") is True:
        reason = "the random split parts a row from its repeat"
        expected |= dict.fromkeys(WEIGHT_EQUIVALENCES, reason)
    if params.get("dtype") == "float32":
        reason = "the check compares to 1e-7, single precision is coarser"
        expected |= dict.fromkeys(WEIGHT_EQUIVALENCES, reason)
    return expected


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_scikit_learn_has_no_complaint(name):
    assert_no_complaint(ShallowNNRegressor(**CONFIGURATIONS[name]), expected_to_fail(CONFIGURATIONS[name]))


def test_scikit_learn_has_no_complaint_about_the_ensemble():
    assert_no_complaint(ShallowNNEnsembleRegressor(n_networks=2), {})


def assert_no_complaint(regressor, expected):
    outcomes = check_estimator(regressor, expected_failed_checks=expected, on_skip=None, on_fail=None)
    statuses = {one["check_name"]: one["status"] for one in outcomes if one["status"] != "passed"}
    assert statuses == dict.fromkeys(SKIPPED_CHECKS, "skipped") | dict.fromkeys(expected, "xfail")
    assert len(outcomes) >= 60
