"""Bad input: each case raises an error that names it, and leaves the earlier model as it was."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn import config_context
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, learning_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_classifiers_one_label_sample_weights

from sknn_scratch import Activation, DivergenceWarning, ShallowNNClassifier, ShallowNNEnsembleClassifier
from sknn_scratch._core.activations import ACTIVATIONS
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.schedules import SCHEDULES
from tests.helpers import AtEpoch, make_data
from tests.versions import needs_callbacks

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
# NumPy's, when scikit-learn casts and sums what it then refuses
ignore_casts = pytest.mark.filterwarnings("ignore:.* encountered in (cast|reduce):RuntimeWarning")

X, Y = make_data("binary", n_samples=40, n_features=3)
_, Y_MULTI = make_data("multilabel", n_samples=40, n_features=3)
Y_THREE = np.column_stack([Y, Y_MULTI])
NAN, INF = float("nan"), float("inf")
ONES = np.ones(len(X))
NO_WEIGHT = "non-zero|positive and finite sum"  # scikit-learn's words since 1.9, or ours

BAD_PARAMS = {
    "n_hidden": [0, -1, 1.5, "many", None, True, [3], (4,), NAN],
    "activation": ["swish", None, np.sin, 3, Activation],
    "init_scale": [-0.1, "xavier", None, NAN, INF, True],
    "learning_rate": [0, -1, "constant", None, NAN, INF, True, [0.1], 10**400],
    "solver": ["rmsprop", None, 1],
    "batch_size": [0, -1, 1.5, "all", True],
    "max_iter": [0, -1, 1.5, "auto", None, INF, True],
    "alpha": [-1, "chosen", None, NAN, INF],
    "dropout": [-0.1, 1, 1.0, "auto", None, NAN],
    "momentum": [-0.1, 1, "auto", None, NAN],
    "nesterov": ["yes", None, 2],
    "beta_1": [-0.1, 1, None, NAN],
    "beta_2": [-0.1, 1, None, NAN],
    "epsilon": [0, -1, None, NAN, INF],
    "learning_rate_schedule": ["invscaling", None, 1],
    "tol": [-1, "auto", None, NAN, INF],
    "n_iter_no_change": [0, -1, 1.5, None, INF],
    "gradient_tol": [-1, None, NAN, INF],
    "max_grad_norm": [0, -1, NAN, INF, "1", True],
    "early_stopping": ["yes", None, 2],
    "validation_fraction": [0, 0.0, 1.0, -1, 1.5, None, NAN],
    "scoring": ["log-loss", None, 3],
    "class_weight": ["auto", 3, [1, 2]],
    "dtype": ["float16", np.float32, float],
    "warm_start": ["yes", None, 2],
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
    with pytest.raises((TypeError, ValueError), match=f"'{name}' parameter"):
        classifier.fit(X, Y)
    assert not [attribute for attribute in vars(classifier) if attribute.endswith("_")]


def test_every_partial_fit_names_a_bad_parameter():
    classifier = ShallowNNClassifier(2, alpha=-1)
    with pytest.raises(ValueError, match="'alpha' parameter"):
        classifier.partial_fit(X, Y, [0, 1])
    classifier.set_params(alpha=1).partial_fit(X, Y, [0, 1]).set_params(alpha=-1)
    with pytest.raises(ValueError, match="'alpha' parameter"):
        classifier.partial_fit(X, Y)
    assert classifier.n_iter_ == 1


@pytest.mark.parametrize(
    ("n_hidden", "message"),
    [
        ((100,), r"must be one number, got \(100,\)\. Use n_hidden=100\."),
        ([7], r"must be one number, got \[7\]\. Use n_hidden=7\."),
        ((9, 5), r"must be one number, got \(9, 5\)\. There is one hidden layer.*MLPClassifier"),
    ],
)
@pytest.mark.parametrize("estimator", [ShallowNNClassifier, ShallowNNEnsembleClassifier])
def test_n_hidden_in_the_form_of_hidden_layer_sizes(estimator, n_hidden, message):
    with pytest.raises(ValueError, match=f"'n_hidden' parameter of {estimator.__name__} {message}"):
        estimator(n_hidden).fit(X, Y)


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("activation", ACTIVATIONS),
        ("solver", ["auto", *SOLVERS]),
        ("learning_rate_schedule", SCHEDULES),
        ("scoring", ["loss", "accuracy", "adjusted_mutual_info_score"]),
    ],
)
def test_choices_are_listed_in_their_order(name, choices):
    with pytest.raises(ValueError, match=r"must be a str among \{" + ", ".join(map(repr, choices))):
        ShallowNNClassifier(**{name: "swish"}).fit(X, Y)


def test_parameters_are_not_validated_if_scikit_learn_is_told_so():
    classifier = ShallowNNClassifier(2).partial_fit(X, Y, [0, 1]).set_params(tol=-1)
    with config_context(skip_parameter_validation=True):
        assert classifier.partial_fit(X, Y).n_iter_ == 2


def test_a_huge_initial_scale_overflows_in_silence():
    with pytest.warns(DivergenceWarning):
        classifier = ShallowNNClassifier(2, init_scale=1e308, solver="adam", max_iter=2, random_state=0).fit(
            X, Y
        )
    assert classifier.stop_reason_ == "diverged"


def test_numbers_of_other_types_are_accepted():
    classifier = ShallowNNClassifier(
        np.int64(3),
        learning_rate=np.float32(0.01),
        batch_size=np.int8(20),
        max_iter=np.int16(2),
        alpha=1,
        dropout=0,
        tol=np.float64(0),
        nesterov=np.True_,
        early_stopping=np.False_,
    ).fit(X, Y)
    assert classifier.n_iter_ == 2
    assert classifier.coefs_[0].shape == (3, 3)


with_nan, with_inf = X.copy(), X.copy()
with_nan[3, 1], with_inf[3, 1] = NAN, INF
# scikit-learn's checks try more.
BAD_X = {
    "NaN": (with_nan, "NaN"),
    "infinity": (with_inf, "infinity"),
    "sparse NaN": (scipy.sparse.csr_array(with_nan), "NaN"),
    "a frame of strings": (pd.DataFrame({"a": ["x"] * 40}), "could not convert"),
    "None": (None, "2D array"),
    "a number": (3.0, "2D array"),
    "too large for float32": (X * 1e300, "float32"),
}


@ignore_casts
@pytest.mark.parametrize("name", BAD_X)
def test_bad_X(name):
    bad, message = BAD_X[name]
    dtype = "float32" if name == "too large for float32" else None
    with pytest.raises(ValueError, match=message):
        ShallowNNClassifier(dtype=dtype, max_iter=2).fit(bad, Y)


BAD_Y = {
    "bytes": (np.array([b"a", b"b"])[Y], r"y contains bytes.*y\.astype\(str\)"),
    "missing": (None, "requires y"),
    "continuous": (
        np.linspace(0, 1.5, 40),
        r"Unknown label type: continuous\. .* this is a classifier.* ShallowNNRegressor.* np\.digitize",
    ),
    "NaN": (np.where(np.arange(40) == 3, NAN, Y), "NaN"),
    "NaN among strings": (np.array([*"ab" * 19, "a", NAN], dtype=object), "NaN"),
    "None among strings": (np.array([*"ab" * 19, "a", None], dtype=object), "None"),
    "pandas' NA": (pd.Series([1, 0] * 19 + [1, None], dtype="Int64"), "NaN"),
    "infinity": (np.where(Y, INF, 0), "infinity"),
    "complex": (Y + 1j, "Complex"),
    "integers as objects": (Y.astype(object), r"dtype object.*y\.astype\(int\)"),
    "numbers and strings": (np.array([0, "a"] * 20, dtype=object), "all of one type"),
    "strings and numbers": (np.array(["a", 0] * 20, dtype=object), "all of one type"),
    "one class": (np.zeros(40), r"one class, \[0.0\]"),
    "one class, a string": (np.array(["a"] * 40), r"one class, \['a'\]"),
    "fewer rows than X": (Y[:10], r"\[40, 10\]"),
    "two columns that are no indicator": (np.column_stack([Y, Y + 1]), "multiclass-multioutput"),
    "continuous columns": (X[:, :2], "continuous-multioutput.* this is a classifier"),
    "3-D": (np.zeros((40, 2, 2)), "dim 3"),
    "empty": ([], r"0 sample\(s\)"),
}


@pytest.mark.parametrize("name", BAD_Y)
def test_bad_y(name):
    bad, message = BAD_Y[name]
    with pytest.raises(ValueError, match=message):
        ShallowNNClassifier(max_iter=2).fit(X, bad)


BAD_SAMPLE_WEIGHT = {
    "negative": (np.r_[-1.0, ONES[1:]], "Negative values"),
    "NaN": (np.r_[NAN, ONES[1:]], "NaN"),
    "infinity": (np.r_[INF, ONES[1:]], "infinity"),
    "an infinite sum": (ONES * 1e308, "finite sum"),
    "all zero": (ONES * 0, NO_WEIGHT),
    "too few": (ONES[:3], r"\(40,\)"),
    "two columns": (np.ones((40, 2)), "must be 1D"),
    "strings": (["a"] * 40, "could not convert"),
    "one class only": (
        Y.astype(float),
        r"With this sample_weight, all rows with a positive weight are of one class, \[1\]",
    ),
}


@pytest.mark.parametrize("name", BAD_SAMPLE_WEIGHT)
def test_bad_sample_weight(name):
    bad, message = BAD_SAMPLE_WEIGHT[name]
    with pytest.raises(ValueError, match=message):
        ShallowNNClassifier(max_iter=2).fit(X, Y, sample_weight=bad)


BAD_CLASS_WEIGHT = {
    "unknown class": ({0: 1, 5: 2}, Y, r"not in y: \[5\]. The classes are \[0, 1\]"),
    "unknown string": ({"c": 1}, np.array(["a", "b"])[Y], r"\['c'\]. The classes are \['a', 'b'\]"),
    "negative": ({0: -1}, Y, "class_weight must have finite weights"),
    "NaN": ({0: NAN}, Y, "class_weight must have finite weights"),
    "infinity": ({0: INF}, Y, "class_weight must have finite weights"),
    "an integer above all floats": ({0: 10**400}, Y, "class_weight must have finite weights"),
    "a string": ({0: "heavy"}, Y, "class_weight must have finite weights"),
    "None": ({0: None}, Y, "class_weight must have finite weights"),
    "all zero": ({0: 0, 1: 0}, Y, "sample_weight times class_weight"),
    "one class left": ({0: 0}, Y, r"With this class_weight, all rows with .* one class, \[1\]"),
    "a dict for multilabel y": ({0: 1}, Y_MULTI, "'balanced' or None for multilabel"),
}


@pytest.mark.parametrize("name", BAD_CLASS_WEIGHT)
def test_bad_class_weight(name):
    bad, y, message = BAD_CLASS_WEIGHT[name]
    with pytest.raises(ValueError, match=message):
        ShallowNNClassifier(class_weight=bad, max_iter=2).fit(X, y)


BAD_VALIDATION = {
    "y_val is missing": ({"X_val": X}, "X_val and y_val must be given together"),
    "X_val is missing": ({"y_val": Y}, "X_val and y_val must be given together"),
    "weights alone": ({"sample_weight_val": ONES}, "sample_weight_val needs X_val"),
    "other features": ({"X_val": X[:, :2], "y_val": Y}, "In X_val.* 2 features"),
    "an unknown class": ({"X_val": X, "y_val": Y + 1}, r"In X_val.*unknown to the model: \[2\]"),
    "another kind of y": ({"X_val": X, "y_val": Y_MULTI}, "In X_val, y_val.*another kind"),
    "NaN": ({"X_val": with_nan, "y_val": Y}, "In X_val.*NaN"),
    "other lengths": ({"X_val": X[:5], "y_val": Y}, r"In X_val.*\[5, 40\]"),
    "no rows": ({"X_val": X[:0], "y_val": Y[:0]}, r"In X_val.*0 sample\(s\)"),
    "negative weights": ({"X_val": X, "y_val": Y, "sample_weight_val": -ONES}, "sample_weight_val.*Negative"),
    "weights of zero": (
        {"X_val": X, "y_val": Y, "sample_weight_val": 0 * ONES},
        f"sample_weight_val.*({NO_WEIGHT})",
    ),
    "too few weights": ({"X_val": X, "y_val": Y, "sample_weight_val": [1.0]}, r"sample_weight_val.*\(40,\)"),
}


def test_class_weights_may_name_a_class_that_a_fold_lacks():
    weights = {0: 1, 1: 2}
    fits = [
        ShallowNNClassifier(class_weight=class_weight, max_iter=2, random_state=0).fit(X, Y)
        for class_weight in (weights, {**weights, 2: 5})
    ]
    np.testing.assert_array_equal(fits[0].coefs_[0], fits[1].coefs_[0])


@pytest.mark.parametrize("name", BAD_VALIDATION)
def test_bad_validation_data(name):
    bad, message = BAD_VALIDATION[name]
    with pytest.raises(ValueError, match=message):
        ShallowNNClassifier(early_stopping=True, max_iter=2).fit(X, Y, **bad)


@pytest.mark.parametrize("no", [False, np.False_])
def test_validation_data_without_early_stopping(no):
    with pytest.raises(ValueError, match=r"X_val and y_val are for early stopping, but early_stopping=False"):
        ShallowNNClassifier(early_stopping=no).fit(X, Y, X_val=X, y_val=Y)


def test_validation_rows_whose_class_weighs_nothing():
    x, y = make_data("multiclass", n_samples=30)
    classifier = ShallowNNClassifier(early_stopping=True, class_weight={0: 0})
    with pytest.raises(ValueError, match=r"In X_val.*sum, but it is 0"):
        classifier.fit(x, y, X_val=x[y == 0], y_val=y[y == 0])


def test_one_class_left_by_both_kinds_of_weights():
    with pytest.raises(ValueError, match="With this sample_weight and class_weight, all rows"):
        ShallowNNClassifier(class_weight={1: 0}).fit(X, Y, sample_weight=1.0 - Y)


def test_a_search_passes_the_check_of_weights_that_leave_one_class():
    network = ShallowNNClassifier(2, max_iter=2, batch_size=5)
    search = GridSearchCV(network, {"alpha": [1.0]}, cv=2, error_score="raise")
    with pytest.raises(ValueError, match="sample_weight"):
        search.fit(X, Y, sample_weight=Y)
    check_classifiers_one_label_sample_weights("GridSearchCV", search)


@pytest.mark.parametrize("fraction", [0.99, 40, 1000])
def test_validation_fraction_that_leaves_nothing_to_train_on(fraction):
    classifier = ShallowNNClassifier(early_stopping=True, validation_fraction=fraction)
    with pytest.raises(ValueError, match=rf"validation_fraction={fraction} would take all training rows"):
        classifier.fit(X, Y)


def test_validation_fraction_that_leaves_nothing_to_validate_with():
    classifier = ShallowNNClassifier(early_stopping=True)
    with pytest.raises(ValueError, match=r"validation_fraction=0.1 of 3 rows leaves no row to validate with"):
        classifier.fit(X[:3], ["a", "b", "c"])


@pytest.mark.filterwarnings("ignore:The number of unique classes")  # scikit-learn warns before 1.9
def test_auto_validates_with_no_row_if_each_is_of_a_class_of_its_own():
    rows = np.random.default_rng(0).normal(size=(600, 3))
    classifier = ShallowNNClassifier(2, solver="adam", max_iter=2, random_state=0).fit(rows, np.arange(600))
    assert "val_loss" not in classifier.history_
    with pytest.raises(ValueError, match=r"0.1 of 600 rows leaves no row to validate with"):
        classifier.set_params(early_stopping=True).fit(rows, np.arange(600))
    twice = np.r_[np.arange(599), 0]
    validated = ShallowNNClassifier(2, solver="adam", max_iter=2, random_state=0).fit(rows, twice)
    assert "val_loss" in validated.history_


class UnorderedFrame:
    """A data frame that cannot be indexed by position, as that of Dask."""

    def __init__(self, values):
        self.values = values
        self.columns = [f"x{i}" for i in range(values.shape[1])]
        self.shape = values.shape

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)

    def __len__(self):
        return len(self.values)


@pytest.mark.parametrize("estimator", [ShallowNNClassifier, ShallowNNEnsembleClassifier])
def test_a_frame_without_positions_is_validated_by_its_loss_but_not_by_a_scorer(estimator):
    params = {"early_stopping": True, "max_iter": 3, "random_state": 0}
    of_frame = estimator(2, **params).fit(UnorderedFrame(X), Y)
    np.testing.assert_array_equal(
        of_frame.predict_proba(X), estimator(2, **params).fit(X, Y).predict_proba(X)
    )
    message = (
        r"scoring='accuracy' needs the validation rows of X, but a tests\.\S+\.UnorderedFrame cannot be "
        r"indexed by position\. .*X\.compute\(\)"
    )
    with pytest.raises(TypeError, match=message):
        estimator(2, scoring="accuracy", **params).fit(UnorderedFrame(X), Y)


def score_nan(estimator, X, y):
    return NAN


def score_string(estimator, X, y):
    return "good"


@pytest.mark.parametrize(
    ("scoring", "y", "message"),
    [
        (score_nan, Y, "scoring=.*score_nan.* gave NaN for the 4 validation rows"),
        (score_string, Y, "scoring=.*score_string.* cannot score the 4 validation rows: could not convert"),
        ("roc_auc", np.arange(40) % 3, "scoring='roc_auc' cannot score .*multi_class"),
    ],
)
def test_scorer_that_does_not_fit(scoring, y, message):
    with pytest.raises(ValueError, match=message):
        ShallowNNClassifier(early_stopping=True, scoring=scoring).fit(X, y)


@pytest.mark.parametrize(("name", "value"), [("max_grad_norm", 2), ("dropout", 0.1)])
def test_what_lbfgs_does_not_have(name, value):
    with pytest.raises(ValueError, match=f"{name}={value} needs a stochastic solver"):
        ShallowNNClassifier(solver="lbfgs", **{name: value}).fit(X, Y)


FIRST = {"classes": [0, 1]}
BAD_STREAMS = {
    "no classes": ([(X, Y, {})], "classes must be passed on the first call"),
    "empty classes": ([(X, Y, {"classes": []})], "classes is empty"),
    "an unknown label at first": ([(X, Y + 1, FIRST)], r"unknown to the model: \[2\]"),
    "an unknown label later": ([(X, Y, FIRST), (X, Y + 1, {})], r"unknown to the model: \[2\]"),
    "strings for integers": ([(X, np.array(["a", "b"])[Y], FIRST)], r"unknown to the model: \['a', 'b'\]"),
    "other classes": ([(X, Y, FIRST), (X, Y, {"classes": [0, 1, 2]})], r"classes=\[0, 1, 2\] does not fit"),
    "one class": ([(X, 0 * Y, {"classes": [0]})], r"classes has only one class, \[0\]"),
    "NaN": ([(X, Y, {"classes": [0, NAN]})], "NaN"),
    "classes of another multilabel y": ([(X, Y_MULTI, {"classes": [0, 1, 2]})], "does not fit multilabel y"),
    "one label less": ([(X, Y_THREE, {}), (X, Y_MULTI, {})], "y has 2 labels, expected 3"),
    "one label more": ([(X, Y_MULTI, {}), (X, Y_THREE, {})], "y has 3 labels, expected 2"),
    "multilabel, then binary": ([(X, Y_MULTI, {}), (X, Y, {})], "another kind than the multilabel y"),
    "binary, then multilabel": ([(X, Y, FIRST), (X, Y_MULTI, {})], "another kind than the binary y"),
    "other features": ([(X, Y, FIRST), (X[:, :2], Y, {})], "2 features"),
    "weights of zero": ([(X, Y, FIRST | {"sample_weight": 0 * ONES})], NO_WEIGHT),
}


@ignore_casts
@pytest.mark.parametrize("name", BAD_STREAMS)
def test_bad_stream(name):
    *good_calls, (x, y, fields) = BAD_STREAMS[name][0]
    classifier = ShallowNNClassifier(random_state=0)
    for good_x, good_y, good_fields in good_calls:
        classifier.partial_fit(good_x, good_y, **good_fields)
    before = dict(vars(classifier))
    with pytest.raises(ValueError, match=BAD_STREAMS[name][1]):
        classifier.partial_fit(x, y, **fields)
    assert vars(classifier).keys() == before.keys()
    assert all(vars(classifier)[name] is value for name, value in before.items())


BAD_WARM_STARTS = {
    "n_hidden": ({"n_hidden": 3}, X, Y, "n_hidden=3, but the fitted network has 8 hidden units"),
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
    before = classifier.predict_proba(X), classifier.n_iter_
    with pytest.raises(ValueError, match=message):
        classifier.set_params(**params).fit(x, y)
    np.testing.assert_array_equal(classifier.predict_proba(X), before[0])
    assert classifier.n_iter_ == before[1]


METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform")


@pytest.fixture(scope="module")
def fitted():
    return ShallowNNClassifier(8, max_iter=5, random_state=0).fit(X, Y)


@pytest.mark.parametrize("method", METHODS)
def test_rows_to_predict_are_checked(fitted, method):
    predict = getattr(fitted, method)
    for bad, message in (
        (with_nan, "NaN"),
        (with_inf, "infinity"),
        (X[:, :2], "2 features"),
        (X[0], "2D array"),
        (X[:0], r"0 sample\(s\)"),
        ([["a"] * 3], "could not convert"),
        (X + 1j, "Complex"),
    ):
        with pytest.raises(ValueError, match=message):
            predict(bad)


@ignore_casts
def test_rows_too_large_for_the_precision_of_the_model():
    single = ShallowNNClassifier(8, dtype="float32", max_iter=2).fit(X, Y)
    with pytest.raises(ValueError, match="too large for dtype"):
        single.predict(X * 1e300)


def steep_network(estimator=ShallowNNClassifier, dtype=None):
    return estimator(8, "relu", 10.0, max_iter=2, dtype=dtype, random_state=0).fit(X, Y)


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
    remedy = {"float64": r"Pipeline\.", "float32": r"Pipeline, or train with dtype='float64'\."}[dtype]
    steep = steep_network(dtype=dtype)
    message = rf"too large: .* 2 of 5 rows \(row 1 is the first\), the values .* overflow {dtype}.*{remedy}"
    with np.errstate(all="raise"), pytest.raises(ValueError, match=message):
        getattr(steep, method)(container(largest_rows(dtype)))


def test_rows_that_overflow_the_network_of_an_ensemble_or_in_a_pipeline():
    ensemble = steep_network(ShallowNNEnsembleClassifier)
    pipeline = make_pipeline(FunctionTransformer(), steep_network()).fit(X, Y)
    for estimator in (ensemble, pipeline):
        with pytest.raises(ValueError, match="X has values that are too large"):
            estimator.predict(largest_rows("float64"))


def test_finite_outputs_whose_sum_overflows_are_given():
    classifier = steep_network()
    classifier.coefs_ = [np.eye(3), np.ones((3, 1))]
    classifier.intercepts_ = [np.zeros(3), np.zeros(1)]
    rows = np.full((4, 3), 0.3 * np.finfo(float).max)
    np.testing.assert_array_equal(classifier.transform(rows), rows)


@pytest.mark.parametrize("method", METHODS)
def test_unfitted(method):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(ShallowNNClassifier(), method)(X)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        ShallowNNClassifier().get_feature_names_out()


# --- The earlier model stays whole ---


class Accident(Exception):
    """What a callback may raise."""


def have_an_accident():
    raise Accident


RAISE_AT_ONCE = AtEpoch(1, have_an_accident)
RAISE_LATER = AtEpoch(3, have_an_accident)
BAD_SCORER = {"early_stopping": True, "scoring": score_nan}
FAILURES = {
    "NaN": lambda clf: clf.fit(with_nan[:, :2], Y),
    "a parameter": lambda clf: clf.set_params(alpha=-1).fit(X, Y),
    "labels": lambda clf: clf.fit(X[:, :2], 0 * Y),
    "a combination": lambda clf: clf.set_params(solver="lbfgs", dropout=0.5).fit(X[:, :2], Y),
    "a scorer": lambda clf: clf.set_params(**BAD_SCORER).fit(X[:, :2], Y),
}
FAILURES_OF_CALLBACKS = {
    "fit": lambda clf: clf.set_callbacks(RAISE_LATER).fit(X[:, :2], Y + 5),
    "warm_start": lambda clf: clf.set_params(warm_start=True).set_callbacks(RAISE_LATER).fit(X, Y),
    "partial_fit": lambda clf: clf.set_callbacks(RAISE_AT_ONCE).partial_fit(X, Y),
}


@pytest.mark.parametrize(
    "fail",
    [
        *FAILURES.values(),
        *(pytest.param(fail, marks=needs_callbacks) for fail in FAILURES_OF_CALLBACKS.values()),
    ],
    ids=[*FAILURES, *FAILURES_OF_CALLBACKS],
)
def test_failed_fit_leaves_the_earlier_model_whole(fail):
    classifier = ShallowNNClassifier(8, max_iter=5, random_state=0).fit(X, Y)
    before = {name: value for name, value in vars(classifier).items() if name.endswith("_")}
    weights = [array.copy() for array in classifier.coefs_ + classifier.intercepts_]
    probabilities = classifier.predict_proba(X)
    with pytest.raises((Accident, ValueError)):
        fail(classifier)
    after = {name: value for name, value in vars(classifier).items() if name.endswith("_")}
    assert after.keys() == before.keys()
    assert all(after[name] is value for name, value in before.items())
    for now, then in zip(classifier.coefs_ + classifier.intercepts_, weights, strict=True):
        np.testing.assert_array_equal(now, then)
    np.testing.assert_array_equal(classifier.predict_proba(X), probabilities)
    assert classifier.n_features_in_ == 3


@needs_callbacks
def test_failed_first_fit_leaves_no_model():
    classifier = ShallowNNClassifier(max_iter=5).set_callbacks(RAISE_LATER)
    with pytest.raises(Accident):
        classifier.fit(X, Y)
    assert not [name for name in vars(classifier) if name.endswith("_")]


def test_predictions_do_not_change_with_the_parameters(fitted):
    before = fitted.predict_proba(X), fitted.transform(X)
    params = fitted.get_params()
    fitted.set_params(activation="tanh", n_hidden=3, dtype="float32", alpha=-1)
    np.testing.assert_array_equal(fitted.predict_proba(X), before[0])
    np.testing.assert_array_equal(fitted.transform(X), before[1])
    fitted.set_params(**params)


@pytest.mark.parametrize(("values", "sparse"), [((-1, 1), False), ((0, 2), True), ((3, 7), True)])
def test_a_multilabel_y_is_of_zeros_and_ones(values, sparse):
    X, y = make_data("multilabel")
    Y = np.array(values)[y]
    bad = scipy.sparse.csr_array(Y) if sparse else Y
    clf = ShallowNNClassifier(max_iter=3, tol=1e9, n_iter_no_change=1)
    for fit in (
        lambda: clf.fit(X, bad),
        lambda: clf.partial_fit(X, bad),
        lambda: clf.fit(X, y, X_val=X, y_val=bad),
    ):
        with pytest.raises(ValueError, match="indicator of zeros and ones"):
            fit()


@pytest.mark.parametrize(("function", "derivative"), [("tanh", np.cos), (np.sin, None), (np.sin, ["x"])])
def test_an_activation_is_made_of_callables(function, derivative):
    with pytest.raises(TypeError, match="must be a callable that can be hashed"):
        Activation(function, derivative)


@pytest.mark.parametrize("estimator", [ShallowNNClassifier, ShallowNNEnsembleClassifier])
def test_too_many_positions(estimator):
    message = f"{estimator.__name__} takes only n_hidden, activation, init_scale, learning_rate by position, "
    with pytest.raises(TypeError, match=f"^{message}but got 5 values without a name; name the other"):
        estimator(1, "relu", 0.1, 0.1, "adam")
    assert estimator(1, "relu", 0.1, 0.2).learning_rate == 0.2


# --- partial_fit that there is not ---

WITHOUT_PARTS = {
    "lbfgs": (
        {"solver": "lbfgs"},
        "with solver='lbfgs', which needs all rows at once; use 'adam', 'adamw' or 'sgd'.",
    ),
    "early stopping": (
        {"early_stopping": True},
        "with early_stopping=True, since one epoch at a time cannot stop early; use 'auto' or False.",
    ),
    "balanced": (
        {"class_weight": "balanced"},
        "with class_weight='balanced', since a part of the rows does not tell the balance; use a dict.",
    ),
}


@pytest.mark.parametrize("case", WITHOUT_PARTS)
@pytest.mark.parametrize("estimator", [ShallowNNClassifier, ShallowNNEnsembleClassifier])
def test_a_missing_partial_fit_says_why(case, estimator):
    params, reason = WITHOUT_PARTS[case]
    without = estimator(**params)
    assert not hasattr(without, "partial_fit")
    assert hasattr(estimator, "partial_fit")
    for fit_part in (lambda: without.partial_fit(X, Y, [0, 1]), lambda: estimator.partial_fit(without, X, Y)):
        with pytest.raises(AttributeError) as caught:
            fit_part()
        assert str(caught.value) == f"This {estimator.__name__!r} has no attribute 'partial_fit'"
        assert str(caught.value.__cause__) == f"{estimator.__name__} has no 'partial_fit' {reason}"


def test_a_learning_curve_of_sorted_classes_says_that_there_is_only_one():
    order = np.argsort(Y)
    with pytest.raises(ValueError, match=r"at least 2 classes, but y has only one class, "):
        learning_curve(
            ShallowNNClassifier(max_iter=2), X[order], Y[order], train_sizes=[0.2], cv=2, error_score="raise"
        )


@pytest.mark.parametrize("name", ["function", "derivative"])
@pytest.mark.parametrize("shape", [(), (2, 1)])
def test_an_activation_that_returns_another_shape(name, shape):
    functions = {"function": np.tanh, "derivative": np.cos} | {name: lambda z: np.ones(shape)}
    with pytest.raises(ValueError, match=f"The {name} of the activation must work elementwise"):
        ShallowNNClassifier(activation=Activation(**functions)).fit(X, Y)
