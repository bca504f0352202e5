"""Conversion to MLPClassifier and back: the same network, objective and gradient."""

import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sknn_scratch import Activation, ShallowNNClassifier, ShallowNNRegressor
from sknn_scratch._core.parameters import Layers, flatten
from sknn_scratch._estimators.mlp import MLP_ACTIVATIONS
from sknn_scratch._fitting.fitted import fitted_layers
from sknn_scratch._fitting.inputs import FitInput
from sknn_scratch._fitting.plan import plan_fit
from tests.helpers import KINDS, make_batch, make_data, make_problem, objective_and_gradient, small_network

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Every kind of label and every activation of MLPClassifier.
OF_MLP = [("binary", "identity"), ("multiclass", "logistic"), ("multilabel", "tanh"), ("multiclass", "relu")]
WEIGHTS = np.random.default_rng(0).integers(1, 5, size=60) / 4
METHODS = ["predict", "predict_proba", "predict_log_proba"]


def fitted_mlp(kind="multiclass", **params):
    params = {"hidden_layer_sizes": (5,), "max_iter": 15, "random_state": 0, "alpha": 0.7} | params
    return MLPClassifier(**params).fit(*make_data(kind))


def fitted_classifier(kind="multiclass", **params):
    return small_network(**{"n_hidden": 5, "max_iter": 15, "learning_rate": 0.02} | params).fit(
        *make_data(kind)
    )


def assert_same_predictions(one, other, X, rtol=1e-12):
    for method in METHODS:
        predicted, expected = getattr(one, method)(X), getattr(other, method)(X)
        assert predicted.shape == expected.shape
        if method == "predict":
            assert_array_equal(predicted, expected)
        else:
            assert_allclose(predicted, expected, rtol=rtol, atol=rtol)


def assert_same_network(one, other):
    for array, other_array in zip(
        one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True
    ):
        assert_array_equal(array, other_array, strict=True)
        assert not np.shares_memory(array, other_array)
    assert_array_equal(one.classes_, other.classes_)
    assert one.n_features_in_ == other.n_features_in_


# --- The same predictions ---


@pytest.mark.parametrize(("kind", "activation"), OF_MLP)
def test_from_mlp_predicts_the_same(kind, activation):
    mlp = fitted_mlp(kind, activation=activation)
    classifier = ShallowNNClassifier.from_mlp_classifier(mlp)
    X, y = make_data(kind, n_samples=200, seed=1)
    assert_same_network(classifier, mlp)
    assert_same_predictions(classifier, mlp, X)
    assert classifier.score(X, y) == mlp.score(X, y)


@pytest.mark.parametrize(("kind", "activation"), [*zip(itertools.cycle(KINDS), MLP_ACTIVATIONS)])
def test_to_mlp_predicts_the_same(kind, activation):
    classifier = fitted_classifier(kind, activation=activation)
    mlp = classifier.to_mlp_classifier()
    X, y = make_data(kind, n_samples=200, seed=1)
    assert isinstance(mlp, MLPClassifier)
    assert_same_network(mlp, classifier)
    assert_same_predictions(mlp, classifier, X)
    assert mlp.score(X, y) == classifier.score(X, y)


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back(kind):
    X, _ = make_data(kind)
    classifier, mlp = fitted_classifier(kind), fitted_mlp(kind)
    classifier_again = ShallowNNClassifier.from_mlp_classifier(classifier.to_mlp_classifier())
    mlp_again = ShallowNNClassifier.from_mlp_classifier(mlp).to_mlp_classifier()
    assert_same_network(classifier_again, classifier)
    assert_same_network(mlp_again, mlp)
    for method in METHODS:
        assert_array_equal(getattr(classifier_again, method)(X), getattr(classifier, method)(X))
        assert_array_equal(getattr(mlp_again, method)(X), getattr(mlp, method)(X))
    assert_array_equal(classifier_again.loss_curve_, classifier.loss_curve_)
    assert mlp_again.loss_curve_ == mlp.loss_curve_
    assert vars(mlp_again).keys() <= vars(mlp).keys()
    assert mlp_again.get_params() == mlp.get_params()


def test_names_of_classes_and_features_and_float32_are_kept():
    X, y = make_data("multiclass")
    X = pd.DataFrame(X.astype(np.float32), columns=list("abcd"))
    classifier = ShallowNNClassifier(max_iter=3, random_state=0).fit(X, np.array(["b", "a", "cc"])[y])
    mlp = classifier.to_mlp_classifier()
    again = ShallowNNClassifier.from_mlp_classifier(mlp)
    assert mlp.feature_names_in_.tolist() == again.feature_names_in_.tolist() == list("abcd")
    assert again.coefs_[0].dtype == np.float32
    assert_same_predictions(mlp, classifier, X, rtol=1e-5)
    assert_same_predictions(again, classifier, X, rtol=0)


def test_the_activation_is_that_of_the_fit():
    X, y = make_data("binary")
    classifier = ShallowNNClassifier(activation="tanh", max_iter=3).fit(X, y).set_params(activation="relu")
    assert classifier.to_mlp_classifier().activation == "tanh"


# --- The same objective and gradient ---


def mlp_objective_and_gradient(mlp, X, targets, weights):
    """Evaluate MLPClassifier's objective and its gradient, in the order of our flat parameters."""
    n_features, n_hidden = mlp.coefs_[0].shape
    sizes = (n_features, n_hidden, mlp.n_outputs_)
    coef_grads = [np.empty(shape) for shape in itertools.pairwise(sizes)]
    intercept_grads = [np.empty(size) for size in sizes[1:]]
    activations, deltas = [X, None, None], [None, None]
    objective, coef_grads, intercept_grads = mlp._backprop(
        X, targets, weights, activations, deltas, coef_grads, intercept_grads
    )
    return objective, flatten(Layers(*coef_grads, *intercept_grads))


@pytest.mark.parametrize(("kind", "activation"), OF_MLP)
@pytest.mark.parametrize(
    ("weights", "alpha"),
    [(np.full(60, 2.0), 0.7), (4 * WEIGHTS, 0)],
    ids=["", "weighted"],  # of 100 or more
)
def test_objective_and_gradient_are_those_of_mlp_classifier(kind, activation, weights, alpha):
    mlp = fitted_mlp(kind, activation=activation, alpha=alpha)
    classifier = ShallowNNClassifier.from_mlp_classifier(mlp).set_params(warm_start=True)
    problem = make_problem(kind)
    run = plan_fit(classifier, FitInput(*make_data(kind), weights)).run
    assert_array_equal(run.data.targets, problem.targets)
    flat = flatten(fitted_layers(classifier))
    penalty, batch = run.config.alpha / run.data.penalty_divisor, make_batch(problem, weights)
    objective, gradient = objective_and_gradient(run.config.network, flat, batch, penalty)
    zeros_and_ones = (problem.targets > 0).astype(float)
    expected, expected_gradient = mlp_objective_and_gradient(mlp, problem.X, zeros_and_ones, weights)
    assert_allclose(objective, expected, rtol=1e-12)
    assert_allclose(gradient, expected_gradient, rtol=1e-12, atol=1e-12)


# --- Parameters and fitted attributes ---


def test_parameters_are_taken_over_from_mlp():
    same = {"solver": "sgd", "alpha": 0.3, "batch_size": 11, "momentum": 0.8, "early_stopping": True}
    same |= {"validation_fraction": 0.3, "n_iter_no_change": 4, "tol": 0.01}
    renamed = {"learning_rate": "adaptive", "learning_rate_init": 0.05, "nesterovs_momentum": False}
    params = ShallowNNClassifier.from_mlp_classifier(fitted_mlp(**same, **renamed)).get_params()
    expected = same | {"learning_rate_schedule": "adaptive", "learning_rate": 0.05, "nesterov": False}
    expected |= {"n_hidden": 5, "max_iter": 15, "random_state": 0, "scoring": "accuracy", "dropout": 0.0}
    assert expected.items() <= params.items()


@pytest.mark.parametrize(
    "params",
    [
        {"learning_rate": "adaptive"},  # which MLPClassifier ignores unless the solver is sgd
        {"learning_rate": "invscaling", "solver": "sgd"},
        {"n_iter_no_change": np.inf},
        {"validation_fraction": 0.0},
        {"momentum": 1.0},
        {"batch_size": "auto", "verbose": False, "shuffle": False, "max_fun": 3},
    ],
)
def test_parameters_from_mlp_are_valid(params):
    classifier = ShallowNNClassifier.from_mlp_classifier(fitted_mlp(**params))
    assert classifier.learning_rate_schedule == "constant"
    classifier.set_params(max_iter=2).fit(*make_data("multiclass"))
    assert classifier.n_iter_ == 2


@pytest.mark.parametrize(
    "params",
    [
        {"learning_rate_schedule": "cosine", "batch_size": None, "dropout": 0.2},
        {"learning_rate_schedule": "one_cycle", "solver": "adamw"},
        {"learning_rate_schedule": "adaptive", "solver": "sgd", "nesterov": False},
        {"early_stopping": True, "scoring": "accuracy", "validation_fraction": 7},
        {"early_stopping": True},
        {"early_stopping": "auto", "class_weight": "balanced", "verbose": 0},
        {"solver": "lbfgs"},
    ],
)
def test_a_converted_mlp_can_be_fitted_anew_and_further(params):
    classifier = fitted_classifier(**params)
    mlp = classifier.to_mlp_classifier()
    for name in ("max_iter", "alpha", "tol", "random_state"):
        assert getattr(mlp, name) == getattr(classifier, name)
    assert mlp.solver == {"adamw": "adam"}.get(classifier.solver, classifier.solver)
    again = pickle.loads(pickle.dumps(mlp)).set_params(warm_start=True)
    assert again.fit(*make_data("multiclass")).n_iter_ >= 1
    assert mlp.set_params(max_iter=2).fit(*make_data("multiclass")).loss_ > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_converted_mlp_can_be_trained_by_parts(kind):
    mlp = fitted_classifier(kind).to_mlp_classifier()
    mlp.partial_fit(*make_data(kind))
    assert len(mlp.loss_curve_) == 15 + 1
    assert mlp.loss_curve_[-1] == pytest.approx(mlp.loss_curve_[-2], rel=0.1)


def test_losses_that_mlp_did_not_keep_do_no_harm():
    mlp = fitted_mlp(solver="lbfgs", max_iter=4)
    again = ShallowNNClassifier.from_mlp_classifier(mlp).to_mlp_classifier()
    assert_array_equal(again.loss_curve_, [np.nan] * 3 + [mlp.loss_])
    assert again.best_loss_ == again.loss_ == mlp.loss_


def test_a_converted_mlp_has_all_attributes_of_a_fitted_one():
    mlp = fitted_classifier().to_mlp_classifier()
    assert vars(fitted_mlp()).keys() - vars(mlp).keys() == {"_optimizer", "_random_state"}
    assert (mlp.n_iter_, mlp.n_layers_, mlp.n_outputs_, mlp.out_activation_) == (15, 3, 3, "softmax")
    assert mlp.loss_ == mlp.loss_curve_[-1]
    assert mlp.best_loss_ == min(mlp.loss_curve_)


def test_the_scores_of_early_stopping_are_taken_over():
    classifier = fitted_classifier(early_stopping=True, scoring="accuracy")
    mlp = classifier.to_mlp_classifier()
    assert mlp.validation_scores_ == classifier.history_["val_score"].tolist()
    assert mlp.best_validation_score_ == max(mlp.validation_scores_)
    again = ShallowNNClassifier.from_mlp_classifier(mlp)
    assert_array_equal(again.history_["val_score"], classifier.history_["val_score"])
    assert again.best_iter_ == classifier.best_iter_


@pytest.mark.parametrize(
    ("params", "stop_reason"),
    [
        ({}, "max_iter"),
        ({"tol": 10.0, "n_iter_no_change": 3}, "converged"),
        ({"tol": 10.0, "n_iter_no_change": 3, "early_stopping": True}, "no_improvement"),
        ({"solver": "lbfgs", "max_iter": 3}, "max_iter"),
        ({"solver": "lbfgs", "max_iter": 1000, "alpha": 30.0, "early_stopping": True}, "converged"),
    ],
)
def test_a_converted_classifier_has_all_attributes_of_a_fitted_one(params, stop_reason):
    mlp = fitted_mlp(**params)
    classifier = ShallowNNClassifier.from_mlp_classifier(mlp)
    names, own = (
        {name for name in vars(one) if name.endswith("_")} for one in (fitted_classifier(), classifier)
    )
    assert own == names
    assert classifier.stop_reason_ == stop_reason
    assert classifier.n_iter_ == mlp.n_iter_
    assert {len(column) for column in classifier.history_.values()} == {mlp.n_iter_}
    assert classifier.loss_curve_[-1] == mlp.loss_
    assert 1 <= classifier.best_iter_ <= classifier.n_iter_


@pytest.mark.parametrize("kind", KINDS)
def test_a_converted_classifier_can_be_trained_further(kind):
    X, y = make_data(kind)
    classifier = ShallowNNClassifier.from_mlp_classifier(fitted_mlp(kind, learning_rate_init=0.01))
    first = classifier.loss_curve_[-1]
    classifier = pickle.loads(pickle.dumps(classifier))
    for _ in range(10):
        classifier.partial_fit(X, y)
    assert classifier.n_iter_ == 25
    assert classifier.loss_curve_[-1] < first
    assert np.isnan(classifier.history_["learning_rate"][:15]).all()
    classifier.set_params(warm_start=True).fit(X, y)
    assert classifier.n_iter_ == 40
    assert classifier.loss_curve_[-1] < first


def test_an_mlp_trained_by_parts_can_be_converted():
    X, y = make_data("multiclass")
    mlp = MLPClassifier((4,), random_state=0)
    for _ in range(3):
        mlp.partial_fit(X, y, classes=[0, 1, 2, 3])
    classifier = ShallowNNClassifier.from_mlp_classifier(mlp)
    assert classifier.n_iter_ == 3
    assert classifier.stop_reason_ == "max_iter"
    assert_same_predictions(classifier, mlp, X)


def test_derived_classes_make_their_own_kind():
    class Derived(ShallowNNClassifier):
        pass

    assert type(Derived.from_mlp_classifier(fitted_mlp())) is Derived


# --- What cannot be converted ---


@pytest.mark.parametrize("activation", ["leaky_relu", Activation(np.sin, np.cos)])
def test_activations_that_mlp_lacks_are_refused(activation):
    with pytest.raises(ValueError, match=r"MLPClassifier does not have activation=.*'relu'"):
        fitted_classifier(activation=activation).to_mlp_classifier()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (ShallowNNClassifier, TypeError, "must be a fitted MLPClassifier"),
        (MLPRegressor, TypeError, "must be a fitted MLPClassifier"),
        (lambda: MLPClassifier, TypeError, "must be a fitted MLPClassifier"),
        (MLPClassifier, NotFittedError, "not fitted"),
        (
            lambda: fitted_mlp(hidden_layer_sizes=(4, 3)),
            ValueError,
            "has 2 hidden layers.*Classifier has one",
        ),
        (lambda: fitted_mlp(hidden_layer_sizes=()), ValueError, "has 0 hidden layers.*Classifier has one"),
        (lambda: fitted_mlp().fit([[0.0], [1.0]], [0.0, 0.0]), ValueError, r"only one class, \[0\.0\]"),
    ],
)
def test_what_cannot_be_converted_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        ShallowNNClassifier.from_mlp_classifier(make())


def test_what_is_not_fitted_is_refused():
    with pytest.raises(NotFittedError):
        ShallowNNClassifier().to_mlp_classifier()


@pytest.mark.parametrize(("given", "converted"), [(0.2, 0.2), (1, 0.1), (7, 0.1)])
def test_a_number_of_validation_rows_becomes_the_usual_share(given, converted):
    """MLPClassifier and MLPRegressor know shares only."""
    params = {"early_stopping": True, "validation_fraction": given, "max_iter": 2, "solver": "adam"}
    X, y = make_data("binary")
    classifier = ShallowNNClassifier(**params).fit(X, y).to_mlp_classifier()
    regressor = ShallowNNRegressor(**params).fit(X, y).to_mlp_regressor()
    assert classifier.validation_fraction == regressor.validation_fraction == converted
