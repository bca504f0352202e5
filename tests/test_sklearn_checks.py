"""scikit-learn's own checks of the estimators, for configurations that cover all code paths."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

from sknn_scratch import (
    MeanEncoder,
    PiecewiseLinearEncoder,
    RelevantComponents,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNEnsembleRegressor,
    ShallowNNRegressor,
    tabular_pipeline,
)
from sknn_scratch._core.activations import ACTIVATIONS
from sknn_scratch._core.loss import NUMBERS, POSITIVE
from sknn_scratch._core.losses import LOSSES
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._targets.numbers import NUMBER_LOSSES
from tests.versions import SKIPPED_CHECKS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Small and fast, but good enough for the checks that ask for accuracy.
QUICK = {"solver": "adam", "n_hidden": 16, "learning_rate": 0.1, "alpha": 0.1, "max_iter": 10}
# Long enough for a rule to end the training, or to lower the learning rate.
UNTIL_IT_STOPS = QUICK | {"max_iter": 40}
# Several values in a configuration: the checks see the way into a fit and out of it.
CLASSIFIERS = {
    "defaults": {},
    "sgd without momentum, leaky_relu, adaptive, gradient_tol": UNTIL_IT_STOPS
    | {"solver": "sgd", "learning_rate": 0.5, "momentum": 0.0, "learning_rate_schedule": "adaptive"}
    | {"activation": "leaky_relu", "gradient_tol": 1e-3, "tol": 0.0},
    # Two checks compare a row alone with the same row among others, and rows in another order, to 1e-7, which
    # is less than one rounding of a float32. Under the heavy penalty the weights are so small that the biases
    # rule, and these do not depend on the other rows; and the sum over two units rounds little. What is
    # promised of any weights: see test_rounding.py.
    "softplus, float32": QUICK | {"activation": "softplus", "dtype": "float32", "alpha": 10.0, "n_hidden": 2},
    "everything at once": QUICK
    | {"activation": "tanh", "init_scale": "glorot", "dropout": 0.1, "class_weight": "balanced"}
    | {"solver": "sgd", "nesterov": False, "learning_rate": 0.3, "learning_rate_schedule": "cosine"}
    | {"batch_size": 16, "max_iter": 10, "alpha": 0.01}
    | {"early_stopping": True, "validation_fraction": 3},
}
REGRESSORS = {
    "defaults": {},
    "absolute_error, adamw, elu, one_cycle, early stopping": QUICK
    | {"loss": "absolute_error", "solver": "adamw", "activation": "elu", "early_stopping": True}
    | {"learning_rate_schedule": "one_cycle"},
    "huber, silu, float32": QUICK
    | {"loss": "huber", "activation": "silu", "dtype": "float32", "alpha": 30.0},
    "poisson, lbfgs, gelu": QUICK | {"loss": "poisson", "solver": "lbfgs", "activation": "gelu"},
    "gamma, lbfgs, sigmoid": QUICK | {"loss": "gamma", "solver": "lbfgs", "activation": "sigmoid"},
    "quantiles, sgd, logistic, constant": QUICK
    | {"loss": "quantile", "quantile": [0.5, 0.1, 0.9], "solver": "sgd", "activation": "logistic"}
    | {"learning_rate_schedule": "constant"},
}
ENSEMBLES = {
    "classifiers, defaults": ShallowNNEnsembleClassifier(n_networks=2),
    "regressors, defaults": ShallowNNEnsembleRegressor(n_networks=2),
    "regressors, identity": ShallowNNEnsembleRegressor(**QUICK, activation="identity", n_networks=2),
}

# In these messages, the checks want the words of check_array.
OTHER_WORDS = dict.fromkeys(
    ("check_complex_data", "check_estimators_empty_data_messages"), "it has words of its own, about tables"
)
TRANSFORMERS = {
    "PiecewiseLinearEncoder": (PiecewiseLinearEncoder(), {}),
    "TableEncoder": (tabular_pipeline()["columns"], OTHER_WORDS),
    "MeanEncoder": (MeanEncoder(), {}),
    "RelevantComponents": (RelevantComponents(), {}),
    "RelevantComponents of a network": (
        RelevantComponents(ShallowNNRegressor(4, alpha=1.0, random_state=0)),
        {},
    ),
}

TRANSFORMER_CHECKS = ("data_not_an_array", "general", "preserve_dtypes", "n_iter")
SPARSE_CHECKS = ("estimator_sparse_array", "estimator_sparse_matrix")
CHECKS_OF_SHAPES = (*SPARSE_CHECKS, "regressors_train", "supervised_y_2d")
WEIGHT_EQUIVALENCES = [f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse")]


def why_weights_are_no_repeats(params):
    """Give the reasons why, in a network, a weight of two cannot be the same as a row that is there twice."""
    reasons = {
        "repeats change which rows share a mini-batch": params["batch_size"] not in ("auto", None),
        "dropout draws anew for every row": params["dropout"],
        "the random split parts a row from its repeat": params["early_stopping"] is True,
        "the check compares to 1e-7, single precision is coarser": params["dtype"] == "float32",
    }
    return [reason for reason, applies in reasons.items() if applies]


def assert_no_complaint(estimator, expected=None):
    """Run the checks; ``expected`` are the names of those that cannot pass, with the reasons."""
    params, expected = estimator.get_params(), expected or {}
    if "batch_size" in params and (reasons := why_weights_are_no_repeats(params)):
        expected |= dict.fromkeys(WEIGHT_EQUIVALENCES, "; ".join(reasons))
    outcomes = check_estimator(estimator, expected_failed_checks=expected, on_skip=None, on_fail=None)
    statuses = {one["check_name"]: one["status"] for one in outcomes if one["status"] != "passed"}
    # None is declared that would pass.
    assert statuses == dict.fromkeys(SKIPPED_CHECKS, "skipped") | dict.fromkeys(expected, "xfail")
    assert len(outcomes) > 40


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("activation", ACTIVATIONS),
        ("solver", SOLVERS),
        ("learning_rate_schedule", SCHEDULES),
        ("loss", NUMBER_LOSSES),
    ],
)
def test_every_value_is_in_a_configuration(name, values):
    estimators = [ShallowNNClassifier(**params) for params in CLASSIFIERS.values()]
    estimators += [ShallowNNRegressor(**params) for params in REGRESSORS.values()]
    tried = {estimator.get_params().get(name) for estimator in [*estimators, *ENSEMBLES.values()]}
    assert set(values) <= tried, "add it to a configuration in CLASSIFIERS or REGRESSORS"


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_scikit_learn_has_no_complaint_about_classifiers(name):
    assert_no_complaint(ShallowNNClassifier(**CLASSIFIERS[name]))


@pytest.mark.parametrize("name", REGRESSORS)
def test_scikit_learn_has_no_complaint_about_regressors(name):
    reg, expected = ShallowNNRegressor(**REGRESSORS[name]), {}
    if LOSSES[reg.loss].domain is not NUMBERS:
        expected["check_regressor_multioutput"] = "it trains on negative y, whatever the tags say"
    if LOSSES[reg.loss].domain is POSITIVE:
        reason = "it trains on the numbers of classes, from zero on"
        expected |= {f"check_transformer_{name}": reason for name in TRANSFORMER_CHECKS}
    if np.ndim(reg.quantile) > 0:
        reason = "predictions have a column for each quantile"
        expected |= {f"check_{name}": reason for name in CHECKS_OF_SHAPES}
    assert_no_complaint(reg, expected)


@pytest.mark.parametrize("name", ENSEMBLES)
def test_scikit_learn_has_no_complaint_about_ensembles(name):
    assert_no_complaint(ENSEMBLES[name])


@pytest.mark.filterwarnings("ignore:Columns of X that need a look")
@pytest.mark.parametrize("name", TRANSFORMERS)
def test_scikit_learn_has_no_complaint_about_transformers(name):
    assert_no_complaint(*TRANSFORMERS[name])
