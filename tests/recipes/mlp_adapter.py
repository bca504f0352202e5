"""scikit-learn's own tests of MLPClassifier and MLPRegressor, with our estimators in their place.

``DIFFERENCES`` lists the cases in which ours behaves in another way on purpose, each with its reason.
"""

import ast
import inspect

import numpy as np
from sklearn.neural_network.tests import test_mlp

from sknn_scratch import ShallowNNClassifier, ShallowNNRegressor

DEFAULTS = {
    "solver": "adam",
    "alpha": 1e-4,
    "learning_rate": 1e-3,
    "tol": 1e-4,
    "n_iter_no_change": 10,
    "early_stopping": False,
}
OUR_NAMES = {
    "hidden_layer_sizes": "n_hidden",
    "learning_rate": "learning_rate_schedule",
    "learning_rate_init": "learning_rate",
    "nesterovs_momentum": "nesterov",
}
LEFT_OUT = ("shuffle", "power_t", "max_fun")  # they have no meaning here

PRIVATE = "the case reads or sets private attributes of MLPClassifier"
COUNTS_ON = "n_iter_ counts the epochs of all calls, since training continues; max_iter limits each call"
MAX_FUN = "there is no max_fun: max_iter is the limit, and the line search has its own"
NO_PARTS = "partial_fit with early_stopping=True is an AttributeError, so that hasattr tells it beforehand"
DIFFERENCES = {
    "test_fit": PRIVATE,
    "test_gradient": PRIVATE,
    "test_adaptive_learning_rate": PRIVATE,
    "test_n_iter_no_change": PRIVATE,
    "test_n_iter_no_change_inf": PRIVATE,
    "test_learning_rate_warmstart": "the schedule 'invscaling' is not there; 'cosine' and 'one_cycle' are",
    "test_lbfgs_classification_maxfun[X0-y0]": MAX_FUN,
    "test_lbfgs_classification_maxfun[X1-y1]": MAX_FUN,
    "test_lbfgs_regression_maxfun[X0-y0]": MAX_FUN,
    "test_partial_fit_regression": "partial_fit divides the penalty by the rows of all calls",
    "test_nonfinite_params": "a divergence keeps the last good weights, with a warning",
    "test_predict_proba_multilabel": "log-probabilities tell labels apart whose probabilities round to 1",
    "test_shuffle": "the rows are always shuffled",
    "test_verbose_sgd": "verbose lines say epoch, not Iteration",
    "test_warm_start": "the error for other classes has other words",
    "test_warm_start_full_iteration[MLPClassifier]": COUNTS_ON,
    "test_warm_start_full_iteration[MLPRegressor]": COUNTS_ON,
    "test_early_stopping_stratified": "a class of one row stays in training, so it is no error",
    "test_minimum_input_sample_size": "the error for too few validation rows has other words",
    "test_mlp_param_dtypes[MLPRegressor-float32]": "predictions are in units of y, always in float64",
    "test_preserve_feature_names[MLPClassifier]": "a single class is an error: there is nothing to learn",
    **{
        f"test_mlp_warm_start_no_convergence[{solver}-{estimator}]": COUNTS_ON
        for solver in ("sgd", "adam", "lbfgs")
        for estimator in ("MLPClassifier", "MLPRegressor")
    },
    "test_mlp_partial_fit_after_fit[MLPClassifier]": NO_PARTS,
    "test_mlp_partial_fit_after_fit[MLPRegressor]": NO_PARTS,
}


def our_params(params):
    """Translate MLPClassifier's parameters to ours."""
    ours = {OUR_NAMES.get(name, name): value for name, value in params.items() if name not in LEFT_OUT}
    if isinstance(ours.get("n_hidden"), tuple):
        ours["n_hidden"] = ours["n_hidden"][0]  # the other layers have no meaning either
    if ours.get("n_iter_no_change") == np.inf:
        ours["n_iter_no_change"] = 10**9
    if ours.get("early_stopping"):
        ours.setdefault("scoring", "accuracy")
    return DEFAULTS | ours


class Adapter:
    """The names of MLPClassifier for an estimator of ours."""

    def __init__(self, **params):
        super().__init__(**our_params(params))
        self.learning_rate_init = self.learning_rate

    @classmethod
    def _get_param_names(cls):
        return cls.ours._get_param_names()

    @property
    def validation_scores_(self):
        return list(self.history_["val_score"]) if "val_score" in self.history_ else None

    @property
    def best_validation_score_(self):
        return None if self.validation_scores_ is None else max(self.validation_scores_)

    @property
    def best_loss_(self):
        return self.loss_curve_.min() if self.validation_scores_ is None else None


class MLPClassifier(Adapter, ShallowNNClassifier):
    ours = ShallowNNClassifier


class MLPRegressor(Adapter, ShallowNNRegressor):
    ours = ShallowNNRegressor

    def __init__(self, **params):
        super().__init__(**({"scoring": "r2"} if params.get("early_stopping") else {}), **params)


def cases():
    """Run scikit-learn's test module with our estimators; return its test functions by their names."""
    tree = ast.parse(inspect.getsource(test_mlp))
    tree.body = [one for one in tree.body if not is_import_of_mlp(one)]
    namespace = {"MLPClassifier": MLPClassifier, "MLPRegressor": MLPRegressor, "__name__": __name__}
    exec(compile(tree, test_mlp.__file__, "exec"), namespace)
    return {name: value for name, value in namespace.items() if name.startswith("test_")}


def is_import_of_mlp(node):
    """Whether a statement imports the estimators that ours replace."""
    return isinstance(node, ast.ImportFrom) and node.module == "sklearn.neural_network"
