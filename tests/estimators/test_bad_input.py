"""Bad input: each case raises an error that names it, and leaves the earlier model as it was."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from scipy.special import expit
from sklearn import config_context
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknn_scratch import (
    Activation,
    DivergenceWarning,
    NetworkDisplay,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNRegressor,
    diagnose,
)
from sknn_scratch._core.activations import ACTIVATIONS
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.schedules import SCHEDULES
from tests.helpers import METHODS, make_data, refused

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_data("binary", n_samples=40, n_features=3)
_, Y_MULTI = make_data("multilabel", n_samples=40, n_features=3)
Y_THREE = np.column_stack([Y, Y_MULTI])
NAN, INF = float("nan"), float("inf")
ONES = np.ones(len(X))
INDICATOR = "indicator of zeros and ones"
FOR_TABLES = r"For a table with text, dates or missing values, use tabular_pipeline\('classifier'\)\.$"
either_classifier = pytest.mark.parametrize("Classifier", [ShallowNNClassifier, ShallowNNEnsembleClassifier])
NO_WEIGHT = "non-zero|positive and finite sum"  # scikit-learn's words since 1.9, or ours

BAD_PARAMS = {
    "n_hidden": [0, 1.5, "many", True],
    "activation": ["swish", np.sin, Activation],
    "init_scale": [-0.1, "xavier", INF, True],
    "learning_rate": [0, "constant", None, NAN, True],
    "solver": ["newton", None],
    "batch_size": [0, 1.5, "all", True],
    "max_iter": [0, 1.5, "all", INF, True],
    "alpha": [-1, "chosen", NAN],
    "dropout": [-0.1, 1, 1.0, "auto", NAN],
    "momentum": [-0.1, 1, "auto"],
    "nesterov": ["yes", None, 2],
    "beta_1": [-0.1, 1, NAN],
    "beta_2": [-0.1, 1, NAN],
    "epsilon": [0, INF],
    "learning_rate_schedule": ["invscaling", None],
    "tol": [-1, "least", INF],
    "n_iter_no_change": [0, 1.5, NAN, -INF],
    "gradient_tol": [-1, None, INF],
    "max_grad_norm": [0, INF, "1", True],
    "early_stopping": ["yes", None, 2],
    "validation_fraction": [0, 0.0, 1.0, -1, NAN],
    "scoring": ["log-loss", None],
    "class_weight": ["auto", 3, [1, 2]],
    "dtype": ["float16", np.float32],
    "warm_start": ["yes", 2],
    "random_state": ["seed", -1, 1.5],
    "verbose": ["yes", -1, None],
}


def test_every_parameter_is_tried():
    assert BAD_PARAMS.keys() == ShallowNNClassifier().get_params().keys()


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD_PARAMS.items() for value in values]
)
def test_bad_parameter_is_named_by_fit_and_not_before(name, value):
    classifier = ShallowNNClassifier(**{name: value})
    assert classifier.get_params()[name] is value
    with refused(classifier, f"'{name}' parameter", (TypeError, ValueError)):
        classifier.fit(X, Y)


def test_every_partial_fit_names_a_bad_parameter_unless_scikit_learn_is_told_not_to_look():
    classifier = ShallowNNClassifier(2, alpha=-1)
    with refused(classifier, "'alpha' parameter"):
        classifier.partial_fit(X, Y, classes=[0, 1])
    classifier.set_params(alpha=1).partial_fit(X, Y, classes=[0, 1]).set_params(alpha=-1)
    with refused(classifier, "'alpha' parameter"):
        classifier.partial_fit(X, Y)
    with config_context(skip_parameter_validation=True):
        assert classifier.set_params(alpha=1, tol=-1).partial_fit(X, Y).n_iter_ == 2


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("activation", ACTIVATIONS),
        ("solver", ["auto", *SOLVERS]),
        ("learning_rate_schedule", ["auto", *SCHEDULES]),
        ("scoring", ["loss", "accuracy", "adjusted_mutual_info_score"]),
    ],
)
def test_choices_are_listed_in_their_order(name, choices):
    with pytest.raises(ValueError, match=r"must be a str among \{" + ", ".join(map(repr, choices))):
        ShallowNNClassifier(**{name: "swish"}).fit(X, Y)


def score_nan(estimator, X, y):
    return NAN


def score_string(estimator, X, y):
    return "good"


with_nan, with_inf = X.copy(), X.copy()
with_nan[3, 1], with_inf[3, 1] = NAN, INF
X_THREE, Y_OF_THREE = make_data("multiclass", n_samples=30, n_features=3)
ALL_ZERO = {"X_val": X_THREE[Y_OF_THREE == 0], "y_val": Y_OF_THREE[Y_OF_THREE == 0]}
UNWATCHED = {"early_stopping": np.False_, "X_val": X, "y_val": Y}
CANNOT_SCORE = "cannot score the 4 validation rows"
# Parameters and arguments of fit, which else gets X and Y. scikit-learn's checks try more.
BAD_FITS = [
    ({"X": scipy.sparse.csr_array(with_inf)}, "infinity"),
    ({"X": pd.DataFrame({"a": ["x"] * 40})}, rf"could not convert.*: 'x'\. {FOR_TABLES}"),
    ({"X": with_nan}, rf"ShallowNNClassifier needs an X of numbers, .* contains NaN\. {FOR_TABLES}"),
    ({"X": X * 1e300, "dtype": "float32"}, "float32"),
    ({"y": np.array([b"a", b"b"])[Y]}, r"y contains bytes.*y\.astype\(str\)"),
    (
        {"y": np.linspace(0, 1.5, 40)},
        r"Unknown label type: continuous\. .* this is a classifier.* ShallowNNRegressor.* np\.digitize",
    ),
    ({"y": np.where(Y, INF, 0)}, "infinity"),
    ({"y": Y.astype(object)}, r"dtype object.*y\.astype\(int\)"),
    ({"y": np.array([True, False] * 20, dtype=object)}, r"y\.astype\(bool\)"),  # as of a column with gaps
    ({"y": np.array(["a", 0] * 20, dtype=object)}, "all of one type"),  # which cannot be sorted
    ({"y": set(range(40))}, r"y must be a list or an array, got \{0, 1"),
    ({"y": (label for label in Y)}, r"y must be a list or an array, got <generator"),
    ({"y": [["a", "b"], ["a"]] * 20}, r"y has lists of different lengths\..*MultiLabelBinarizer"),
    ({"X": [[10**400]] * 40}, "needs an X of numbers, .*int too large to convert"),
    ({"X": [[1, 2], [3]] * 20}, "needs an X of numbers, .*inhomogeneous"),
    ({"y": np.zeros(40)}, r"y has one class or none: \[0.0\]"),
    ({"y": np.column_stack([Y, Y + 1])}, "multiclass-multioutput, .*MultiOutputClassifier"),
    ({"y": X[:, :2]}, "continuous-multioutput.* this is a classifier"),
    ({"y": 2 * Y_MULTI - 1}, INDICATOR),
    ({"y": scipy.sparse.csr_array(2 * Y_MULTI)}, INDICATOR),
    ({"sample_weight": np.r_[-1.0, ONES[1:]]}, "Negative values"),
    ({"sample_weight": ONES * 1e308}, "finite sum"),
    ({"sample_weight": "balanced"}, "sample_weight must have a number .* got 'balanced'.* class_weight"),
    ({"sample_weight": {0: 1, 1: 2}}, "sample_weight must have a number .* class_weight"),
    ({"sample_weight": ONES * 0}, NO_WEIGHT),
    ({"class_weight": {0: 1, 5: 2}}, r"not in y: \[5\]. The classes are \[0, 1\]"),
    ({"class_weight": {"c": 1}, "y": np.array(["a", "b"])[Y]}, r"\['c'\]. The classes are \['a', 'b'\]"),
    ({"class_weight": {0: -1}}, "class_weight must have finite weights"),
    ({"class_weight": {0: None}}, "class_weight must have finite weights"),
    ({"class_weight": {0: 0, 1: 0}}, "sample_weight times class_weight"),
    ({"class_weight": {0: 1}, "y": Y_MULTI}, "'balanced' or None for multilabel"),
    ({"X_val": X}, "X_val and y_val must be given together"),
    ({"y_val": Y}, "X_val and y_val must be given together"),
    ({"sample_weight_val": ONES}, "sample_weight_val needs X_val"),
    ({"X_val": X[:, :2], "y_val": Y}, "In X_val.* 2 features"),
    ({"X_val": with_nan, "y_val": Y}, r"In X_val.*NaN.* A Pipeline transforms X_val only if .*\.$"),
    ({"X_val": X, "y_val": [None, *Y[1:]]}, "In X_val.*1 of 40 values of y are missing"),
    ({"X_val": X[:5], "y_val": Y}, r"In X_val.*\[5, 40\]"),
    ({"X_val": X[:0], "y_val": Y[:0]}, r"In X_val.*0 sample\(s\)"),
    ({"X_val": X, "y_val": Y + 1}, r"In X_val.*unknown to the model: \[2\]"),
    ({"X_val": X, "y_val": Y_MULTI}, "In X_val, y_val.*another kind"),
    ({"y": Y_MULTI, "X_val": X, "y_val": 2 * Y_MULTI}, INDICATOR),
    (ALL_ZERO | {"X": X_THREE, "y": Y_OF_THREE, "class_weight": {0: 0}}, r"In X_val.*sum, but it is 0"),
    ({"X_val": X, "y_val": Y, "sample_weight_val": -ONES}, "sample_weight_val.*Negative"),
    ({"X_val": X, "y_val": Y, "sample_weight_val": 0 * ONES}, f"sample_weight_val.*({NO_WEIGHT})"),
    ({"X_val": X, "y_val": Y, "sample_weight_val": [1.0]}, r"sample_weight_val.*\(40,\)"),
    (UNWATCHED, "X_val and y_val are for early stopping, but early_stopping=False"),
    ({"validation_fraction": 0.99}, "validation_fraction=0.99 would take all training rows"),
    ({"validation_fraction": 40}, "validation_fraction=40 would take all training rows"),
    ({"X": X[:3], "y": ["a", "b", "c"]}, "validation_fraction=0.1 of 3 rows leaves no row to validate with"),
    ({"scoring": score_nan}, f"scoring=.*score_nan.* {CANNOT_SCORE}: it gave NaN"),
    ({"scoring": score_string}, f"scoring=.*score_string.* {CANNOT_SCORE}: could not convert"),
    ({"scoring": "roc_auc", "y": np.arange(40) % 3}, "scoring='roc_auc' cannot score .*multi_class"),
    ({"solver": "lbfgs", "max_grad_norm": 2}, "max_grad_norm=2 needs a stochastic solver"),
    ({"solver": "lbfgs", "dropout": 0.1}, "dropout=0.1 needs a stochastic solver"),
]


@pytest.mark.parametrize(("given", "message"), BAD_FITS)
def test_bad_fit(given, message):
    data = {"X": X, "y": Y} | {one: given[one] for one in given.keys() - BAD_PARAMS.keys()}
    params = {"early_stopping": True, "max_iter": 2} | {one: given[one] for one in given.keys() & BAD_PARAMS}
    classifier = ShallowNNClassifier(**params)
    with refused(classifier, message):
        classifier.fit(**data)


def test_class_weights_may_name_a_class_that_a_fold_lacks():
    network = ShallowNNClassifier(class_weight={0: 1, 1: 2}, max_iter=2, random_state=0)
    expected = network.fit(X, Y).coefs_
    network.set_params(class_weight={0: 1, 1: 2, 2: 5}).fit(X, Y)
    np.testing.assert_array_equal(network.coefs_[0], expected[0])


FIRST = {"classes": [0, 1]}
BAD_STREAMS = {
    "no classes": ([(X, Y, {})], "classes must be passed on the first call"),
    "a set of classes": ([(X, Y, {"classes": {0, 1}})], r"classes must be a list or an array, got \{0, 1\}"),
    "the number of classes": ([(X, Y, {"classes": 2})], r"classes must be a list or an array, got 2\."),
    "an unknown label at first": ([(X, Y + 1, FIRST)], r"unknown to the model: \[2\]"),
    "an unknown label later": ([(X, Y, FIRST), (X, Y + 1, {})], r"unknown to the model: \[2\]"),
    "strings for integers": ([(X, np.array(["a", "b"])[Y], FIRST)], r"unknown to the model: \['a', 'b'\]"),
    "other classes": ([(X, Y, FIRST), (X, Y, {"classes": [0, 1, 2]})], r"classes=\[0, 1, 2\] does not fit"),
    "one class": ([(X, 0 * Y, {"classes": [0]})], r"classes has one class or none: \[0\]"),
    "a missing class": ([(X, Y, {"classes": [0, 1, NAN]})], r"1 of 3 values of classes .*; leave them out"),
    "a missing class later": ([(X, Y, FIRST), (X, Y, {"classes": [0, None]})], "1 of 2 values of classes"),
    "labels of 0 and 2": ([(X, 2 * Y_MULTI, {})], INDICATOR),
    "classes of another multilabel y": ([(X, Y_MULTI, {"classes": [0, 1, 2]})], "does not fit multilabel y"),
    "one label less": ([(X, Y_THREE, {}), (X, Y_MULTI, {})], "y has 2 labels, expected 3"),
    "one label more": ([(X, Y_MULTI, {}), (X, Y_THREE, {})], "y has 3 labels, expected 2"),
    "multilabel, then binary": ([(X, Y_MULTI, {}), (X, Y, {})], "another kind than the multilabel y"),
    "binary, then multilabel": ([(X, Y, FIRST), (X, Y_MULTI, {})], "another kind than the binary y"),
    "other features": ([(X, Y, FIRST), (X[:, :2], Y, {})], "2 features"),
    "weights of zero": ([(X, Y, FIRST | {"sample_weight": 0 * ONES})], NO_WEIGHT),
}


@pytest.mark.parametrize("name", BAD_STREAMS)
def test_bad_stream(name):
    (*good_calls, (x, y, fields)), message = BAD_STREAMS[name]
    classifier = ShallowNNClassifier(random_state=0)
    for good_x, good_y, good_fields in good_calls:
        classifier.partial_fit(good_x, good_y, **good_fields)
    with refused(classifier, message):
        classifier.partial_fit(x, y, **fields)


BAD_WARM_STARTS = {
    "n_hidden": ({"n_hidden": 3}, X, Y, "n_hidden=3, but the fitted network has n_hidden=8 and"),
    "features": ({}, X[:, :2], Y, "2 features"),
    "new class": ({}, X, Y + 1, r"unknown to the model: \[2\]"),
    "more classes": ({}, X, np.arange(40) % 3, r"unknown to the model: \[2\]"),
    "other names": ({}, X, np.array(["a", "b"])[Y], r"unknown to the model: \['a', 'b'\]"),
    "fewer classes": ({}, X, 0 * Y, r"must have the same classes as before: \[0, 1\]"),
    "multilabel": ({}, X, Y_MULTI, "another kind than the binary y"),
}


@pytest.mark.parametrize("name", BAD_WARM_STARTS)
def test_warm_start_that_cannot_go_on(name):
    params, x, y, message = BAD_WARM_STARTS[name]
    classifier = ShallowNNClassifier(8, warm_start=True, max_iter=2, random_state=0).fit(X, Y)
    classifier.set_params(**params)
    with refused(classifier, message):
        classifier.fit(x, y)


@pytest.fixture(scope="module")
def fitted():
    return ShallowNNClassifier(8, max_iter=5, random_state=0).fit(X, Y)


@pytest.mark.parametrize("method", METHODS)
def test_rows_to_predict_are_checked(fitted, method):
    predict = getattr(fitted, method)
    for bad, message in (
        (with_nan, FOR_TABLES),
        (with_inf, "infinity"),
        (X[:, :2], "2 features"),
        (X[0], "2D array"),
        (X[:0], r"0 sample\(s\)"),
        ([["a"] * 3], FOR_TABLES),
        (X + 1j, "Complex"),
    ):
        with pytest.raises(ValueError, match=message):
            predict(bad)
    single = ShallowNNClassifier(8, dtype="float32", max_iter=2).fit(X, Y)
    with pytest.raises(ValueError, match="too large for dtype"):
        getattr(single, method)(X * 1e300)


@pytest.mark.parametrize(
    ("y", "message"), [([None] * 40, "40 of 40 values of y are missing"), (set(Y), "y must be a list")]
)
@pytest.mark.parametrize("Network", [ShallowNNClassifier, ShallowNNRegressor])
def test_labels_to_score_with_are_checked(Network, y, message):
    network = Network(2, max_iter=2, alpha=1, random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match=message):
        network.score(X, y)


@either_classifier
@pytest.mark.parametrize(("dtype", "scale"), [("float64", 1e308), ("float32", 1e20), ("float32", 1e100)])
def test_initial_weights_whose_squares_overflow_are_named(dtype, scale, Classifier):
    failed, x = Classifier(3, init_scale=scale, dtype=dtype, random_state=0), np.arange(60.0).reshape(30, 2)
    with pytest.warns(DivergenceWarning, match=r"Likely cause: large initial weights.*init_scale"):
        failed.fit(x, np.arange(30) % 2)
    with pytest.raises(ValueError, match="overflow"):
        failed.predict(x)


def test_numpy_does_not_warn_of_numbers_that_overflow():
    steep = ShallowNNRegressor(1, "softplus", 1e100, solver="adam", max_iter=1, random_state=0).fit(X, Y)
    assert steep.score(X, Y) == -np.inf
    steep.coefs_ = [1e200 * np.ones_like(weights) for weights in steep.coefs_]
    NetworkDisplay.from_estimator(steep)
    still = ShallowNNClassifier(1, solver="adamw", alpha=1e-300, learning_rate=1e3, max_iter=1).fit(X, Y)
    assert "strong penalty" not in {finding.name for finding in diagnose(still, X, Y)}


def largest_rows(dtype, n_rows=5):
    rows = np.zeros((n_rows, 3), dtype)
    rows[[1, 3]] = np.finfo(dtype).max * np.array([1, -1, 1], dtype)
    return rows


@pytest.mark.parametrize(
    ("method", "dtype", "container"),
    [
        ("predict", "float64", np.asarray),
        ("predict_proba", "float32", scipy.sparse.csr_array),
        ("predict_log_proba", "float32", pd.DataFrame),
        ("decision_function", "float32", np.asarray),
        ("transform", "float64", scipy.sparse.csr_array),
    ],
)
def test_rows_that_overflow_the_network(method, dtype, container):
    params = {"init_scale": 10.0, "max_iter": 2, "dtype": dtype, "random_state": 0}
    steep = ShallowNNClassifier(8, "relu", **params).fit(X, Y)
    remedy = {"float64": r"Pipeline\.", "float32": r"Pipeline, or train with dtype='float64'\."}[dtype]
    message = (
        r"^For 2 of 5 rows of X \(row 1 is the first\), the values of the network overflow "
        rf"{dtype}\. If the fit has seen such rows, it has failed: .*{remedy}"
    )
    with np.errstate(all="raise"), pytest.raises(ValueError, match=message):
        getattr(steep, method)(container(largest_rows(dtype)))
    ensemble = ShallowNNEnsembleClassifier(8, "relu", **params, n_networks=2).fit(X, Y)
    for estimator in (ensemble, make_pipeline(FunctionTransformer(), steep)):
        with pytest.raises(ValueError, match="X has values that are too large"):
            estimator.predict(largest_rows(dtype))


def test_finite_outputs_whose_sum_overflows_are_given():
    classifier = ShallowNNClassifier(8, "relu", max_iter=2).fit(X, Y)
    classifier.coefs_ = [np.eye(3), np.ones((3, 1))]
    classifier.intercepts_ = [np.zeros(3), np.zeros(1)]
    rows = np.full((4, 3), 0.3 * np.finfo(float).max)
    np.testing.assert_array_equal(classifier.transform(rows), rows)


def test_predictions_do_not_change_with_the_parameters(fitted):
    before = fitted.predict_proba(X), fitted.transform(X)
    params = fitted.get_params()
    fitted.set_params(activation="tanh", n_hidden=3, dtype="float32", alpha=-1)
    np.testing.assert_array_equal(fitted.predict_proba(X), before[0])
    np.testing.assert_array_equal(fitted.transform(X), before[1])
    fitted.set_params(**params)


@pytest.mark.parametrize(("function", "derivative"), [("tanh", np.cos), (np.sin, None), (np.sin, ["x"])])
def test_an_activation_is_made_of_callables(function, derivative):
    with pytest.raises(TypeError, match="must be a callable that can be hashed"):
        Activation(function, derivative)


@pytest.mark.parametrize(
    ("name", "functions"),
    [("function", (lambda z: np.ones(()), np.cos)), ("derivative", (np.tanh, lambda z: np.ones((2, 1))))],
)
def test_an_activation_works_elementwise(name, functions):
    with pytest.raises(ValueError, match=f"{name} must work elementwise, but returns the shape"):
        Activation(*functions)


@pytest.mark.parametrize(
    ("function", "slip"), [(np.tanh, lambda z: 1 - z**2), (expit, lambda z: z * (1 - z)), (np.cos, np.sin)]
)
def test_a_derivative_is_that_of_its_function(function, slip):
    with pytest.raises(ValueError, match=r"derivative must be that of function, but is -?\S+ at z = -?\S+, "):
        Activation(function, slip)


def test_an_activation_may_be_undefined_in_places_or_in_single_precision():
    with warnings.catch_warnings(action="error"):
        Activation(np.log, lambda z: 1 / z)
        Activation(lambda z: np.float32(50) * np.tanh(z.astype(np.float32)), lambda z: 50 / np.cosh(z) ** 2)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"solver": "lbfgs"}, "which needs all rows at once; use 'adam', 'adamw' or 'sgd'."),
        ({"early_stopping": True}, "since one epoch at a time cannot stop early; use 'auto' or False."),
        ({"class_weight": "balanced"}, "since a part of the rows does not tell the balance; use a dict."),
    ],
)
@either_classifier
def test_a_missing_partial_fit_says_why(params, reason, Classifier):
    without, ((name, value),) = Classifier(**params), params.items()
    assert not hasattr(without, "partial_fit")
    assert hasattr(Classifier, "partial_fit")
    assert not hasattr(Classifier(early_stopping=np.True_), "partial_fit")
    assert hasattr(Classifier(early_stopping=np.False_, class_weight={0: 2}), "partial_fit")
    for fit_part in (
        lambda: without.partial_fit(X, Y, classes=[0, 1]),
        lambda: Classifier.partial_fit(without, X, Y),
    ):
        with pytest.raises(AttributeError) as caught:
            fit_part()
        told = f"{Classifier.__name__} has no 'partial_fit' with {name}={value!r}, {reason}"
        assert str(caught.value.__cause__) == told


@either_classifier
def test_predictions_may_underflow_although_the_user_forbids_it(Classifier):
    few = {"n_networks": 2} if Classifier is ShallowNNEnsembleClassifier else {}
    for y in (Y, np.arange(40) % 3, Y_MULTI):
        fitted = Classifier(3, "gelu", max_iter=3, dtype="float32", random_state=0, **few).fit(X, y)
        with np.errstate(under="raise"):
            for rows in (1e-200 * X, 1e-30 * X, 1e3 * X):
                fitted.predict(rows)
                fitted.predict_proba(rows)
                fitted.predict_log_proba(rows)
