"""Rows of every kind give the same results as NumPy arrays; precision, names and outputs."""

from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sknn_scratch import ShallowNNClassifier, diagnose
from tests.helpers import assert_same_model, make_data, peak_memory, small_network
from tests.versions import needs_names_of_polars

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

make_classifier = partial(small_network, n_hidden=6, max_iter=8, learning_rate=0.02)

X3, Y3 = make_data("multiclass")

DENSE = {
    "Fortran order": np.asfortranarray,
    "a view": lambda X: np.repeat(X, 2, axis=0)[::2, :],
    "reversed": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "other byte order": lambda X: X.astype(X.dtype.newbyteorder()),
    "list": np.ndarray.tolist,
    "long double": lambda X: X.astype(np.longdouble),
    "object": lambda X: X.astype(object),
    "pandas": pd.DataFrame,
    "polars": lambda X: pl.DataFrame(X, schema=list("abcd")),
}
PRECISIONS = {  # of the rows, the parameter and the network
    "single": (np.float32, None, np.float32),
    "double": (np.float64, None, np.float64),
    "half": (np.float16, None, np.float64),
    "single, other byte order": (np.dtype(np.float32).newbyteorder(), None, np.float64),
    "integers": (np.int8, None, np.float64),
    "booleans": (np.bool_, None, np.float64),
    "single to double": (np.float32, "float64", np.float64),
    "integers to single": (np.int64, "float32", np.float32),
}


@pytest.mark.parametrize("name", DENSE)
def test_dense_rows_of_any_kind(name):
    X = DENSE[name](X3)
    classifier, reference = (make_classifier(batch_size=16).fit(x, Y3) for x in (X, X3))
    assert_same_model(classifier, reference, rtol=0)
    assert_allclose(classifier.predict_proba(X), reference.predict_proba(X3), rtol=1e-12)


SPARSE_X = np.where(abs(X3) < 1, 0, X3)


def with_int64_indices(X):
    X = scipy.sparse.csr_matrix(X)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


def unsorted(X):
    X = scipy.sparse.csr_array(X)
    for start, end in zip(X.indptr[:-1], X.indptr[1:], strict=True):
        X.indices[start:end], X.data[start:end] = X.indices[start:end][::-1], X.data[start:end][::-1]
    X.has_sorted_indices = False
    return X


def with_duplicates(X):
    X = scipy.sparse.csr_array(X)
    halves = np.repeat(X.data / 2, 2), np.repeat(X.indices, 2), 2 * X.indptr
    return scipy.sparse.csr_array(halves, X.shape)


def with_stored_zeros(X):
    rows, columns = np.indices(X.shape)
    return scipy.sparse.coo_array((X.ravel(), (rows.ravel(), columns.ravel())), X.shape).tocsr()


UNUSUAL = [unsorted, with_duplicates, with_stored_zeros]
SPARSE = [scipy.sparse.csr_matrix, scipy.sparse.csc_array, with_int64_indices, *UNUSUAL]


@pytest.mark.parametrize(("container", "solver"), [*zip(SPARSE, ["adam", "sgd", "lbfgs"] * 2, strict=True)])
def test_sparse_rows_give_what_dense_rows_give(container, solver):
    X = container(SPARSE_X)
    params = {"solver": solver, "batch_size": 16, "early_stopping": True}
    classifier, reference = (make_classifier(**params).fit(x, Y3) for x in (X, SPARSE_X))
    assert_same_model(classifier, reference, rtol=1e-6)
    for method in ("predict_proba", "predict_log_proba", "decision_function", "transform"):
        assert_allclose(getattr(classifier, method)(X), getattr(reference, method)(SPARSE_X), rtol=1e-6)


def test_wide_dense_rows_give_what_sparse_rows_give():
    """L-BFGS trains in the space of the dense rows."""
    wide, weights = np.random.default_rng(0).normal(size=(60, 200)), np.arange(60.0) % 4
    wide.flags.writeable = False
    make = partial(make_classifier, solver="lbfgs", warm_start=True)
    kinds = (wide, scipy.sparse.csr_array(wide))
    assert_same_model(*(make().fit(x, Y3, weights).fit(x[:40], Y3[:40]) for x in kinds), rtol=1e-6)


@pytest.mark.parametrize("container", UNUSUAL)
def test_sparse_rows_are_left_alone_also_if_they_are_measured(container):
    """The arrays are read-only, as in joblib's workers."""
    X = container(SPARSE_X)
    indices, data = X.indices.copy(), X.data.copy()
    for array in (X.indices, X.data, X.indptr):
        array.flags.writeable = False
    fitted = make_classifier(learning_rate=1e-9, n_iter_no_change=1)
    with pytest.warns(ConvergenceWarning, match="Likely cause"):
        fitted.fit(X, Y3)
    diagnose(fitted, X, Y3)
    fitted.partial_fit(X, Y3).predict(X)
    make_classifier(alpha="auto", early_stopping=True).fit(X, Y3, X_val=X, y_val=Y3)
    assert_array_equal(X.indices, indices)
    assert_array_equal(X.data, data)


@pytest.mark.parametrize("stored", [[0.0], [1.0, -1.0]])
def test_a_stored_zero_is_no_value(stored):
    """Of many features, nothing is known of those that occur in no row."""
    X = scipy.sparse.random_array((200, 3000), density=0.005, format="csr", random_state=0)
    y = np.arange(200) % 2
    column = np.flatnonzero(np.bincount(X.indices, minlength=3000) == 0)[0]
    data, indices = np.append(X.data, stored), np.append(X.indices, [column] * len(stored))
    indptr = np.append(X.indptr[:-1], len(data))  # in the last row
    classifier = make_classifier(n_hidden=64, batch_size=8, max_iter=2)
    given = clone(classifier).fit(scipy.sparse.csr_array((data, indices, indptr), shape=X.shape), y)
    assert not given.coefs_[0][column].any()
    assert_same_model(given, classifier.fit(X, y), rtol=0)


@pytest.mark.parametrize("fitted_on", ["dense", "sparse"])
def test_sparse_and_dense_rows_mix(fitted_on):
    X = {"dense": SPARSE_X, "sparse": scipy.sparse.csr_array(SPARSE_X)}
    classifier = make_classifier(early_stopping=True).fit(X[fitted_on], Y3, X_val=X["dense"], y_val=Y3)
    assert_allclose(classifier.predict_proba(X["dense"]), classifier.predict_proba(X["sparse"]))
    classifier.set_params(warm_start=True).fit(X["sparse"], Y3, X_val=X["dense"], y_val=Y3)
    assert classifier.n_iter_ == 16


@pytest.mark.parametrize("early_stopping", [False, True])
def test_sparse_rows_are_never_densified(early_stopping):
    n_samples, n_features = 500, 50_000  # 200 MB if it were dense
    rng = np.random.default_rng(0)
    columns = rng.integers(n_features, size=5 * n_samples)
    ends = np.arange(0, 5 * n_samples + 1, 5)
    X = scipy.sparse.csr_array((np.ones(5 * n_samples), columns, ends), shape=(n_samples, n_features))
    y = np.arange(n_samples) % 2
    classifier = make_classifier(n_hidden=2, max_iter=2, solver="auto", early_stopping=early_stopping)

    def use():
        classifier.fit(X, y)
        if not early_stopping:
            classifier.partial_fit(X, y)
        for method in (classifier.predict, classifier.predict_log_proba, classifier.transform):
            assert len(method(X)) == n_samples

    assert peak_memory(use) < 25e6


@pytest.mark.parametrize(("name", "solver"), list(zip(PRECISIONS, ["adam", "lbfgs"] * 4, strict=True)))
def test_precision(name, solver):
    given, dtype, expected = PRECISIONS[name]
    X = (SPARSE_X * 4).astype(given)
    reference = make_classifier(solver=solver, early_stopping=True).fit(X.astype(expected), Y3)
    kinds = [X]
    if X.dtype.isnative and X.dtype != np.float16:  # SciPy has no such sparse rows
        kinds.append(scipy.sparse.csr_array(X))
    for rows in kinds:
        classifier = make_classifier(dtype=dtype, solver=solver, early_stopping=True).fit(rows, Y3)
        assert {array.dtype for array in classifier.coefs_ + classifier.intercepts_} == {np.dtype(expected)}
        for method in ("predict_proba", "predict_log_proba", "decision_function", "transform"):
            assert getattr(classifier, method)(rows).dtype == expected
        if rows is X:
            assert_same_model(classifier, reference, rtol=0)


def test_a_fit_to_rows_without_names_forgets_the_earlier_names():
    classifier = make_classifier().fit(pd.DataFrame(X3, columns=list("abcd")), Y3)
    assert_array_equal(classifier.feature_names_in_, list("abcd"))
    assert not hasattr(classifier.fit(X3, Y3), "feature_names_in_")


@pytest.mark.parametrize(
    "make_frame",
    [
        pd.DataFrame,
        pytest.param(lambda X, columns: pl.DataFrame(X, schema=columns), marks=needs_names_of_polars),
    ],
)
def test_early_stopping_on_a_frame_gives_no_warning(make_frame):
    frame = make_frame(X3, columns=list("abcd"))
    scored = {"early_stopping": True, "scoring": "accuracy"}
    classifier, reference = (make_classifier(**scored).fit(x, Y3) for x in (frame, X3))
    assert_array_equal(classifier.history_["val_score"], reference.history_["val_score"])
    classifier.fit(frame, Y3, X_val=frame, y_val=Y3)
    assert_array_equal(classifier.feature_names_in_, list("abcd"))


# --- Many sparse features, of which few occur ---

HASHED_X = scipy.sparse.random_array((60, 2**14), density=1e-3, format="csr", random_state=0)
HASHED_Y = np.arange(60) % 2
HAS_OCCURRED = np.bincount(HASHED_X.indices, minlength=2**14) > 0


@pytest.mark.parametrize(
    "params", [{}, {"alpha": "auto"}, {"alpha": 0.0}, {"solver": "lbfgs"}, {"scoring": "accuracy"}]
)
def test_sparse_features_that_do_not_occur_have_no_weight_and_change_nothing(params):
    settings = {"batch_size": 16} | params
    validated = {"X_val": HASHED_X[:20], "y_val": HASHED_Y[:20]} if "scoring" in params else {}
    classifier = make_classifier(**settings).fit(HASHED_X, HASHED_Y, **validated)
    assert not classifier.coefs_[0][~HAS_OCCURRED].any()
    if validated:
        validated["X_val"] = HASHED_X[:20, HAS_OCCURRED]
    reference = make_classifier(**settings).fit(HASHED_X[:, HAS_OCCURRED], HASHED_Y, **validated)
    assert_array_equal(classifier.coefs_[0][HAS_OCCURRED], reference.coefs_[0])
    for name in set(reference.history_) - {"seconds"}:
        assert_array_equal(classifier.history_[name], reference.history_[name])


def test_dense_features_that_do_not_occur_have_no_weight_either():
    for params in ({}, {"early_stopping": True, "scoring": "accuracy"}):
        sparse, dense = (make_classifier(**params).fit(x, HASHED_Y) for x in (HASHED_X, HASHED_X.toarray()))
        assert not dense.coefs_[0][~HAS_OCCURRED].any()
        assert_same_model(dense, sparse, rtol=1e-9)


def test_features_that_only_rows_of_the_validation_have_know_nothing():
    """So do those of rows that count for nothing."""
    weights = np.append(np.zeros(10), np.ones(50))
    X_val, y_val = HASHED_X[:10], HASHED_Y[:10]
    classifier = make_classifier().fit(HASHED_X, HASHED_Y, weights, X_val=X_val, y_val=y_val)
    reference = make_classifier().fit(HASHED_X[10:], HASHED_Y[10:], X_val=X_val, y_val=y_val)
    assert_same_model(classifier, reference, rtol=1e-12)
    assert not classifier.coefs_[0][np.bincount(HASHED_X[10:].indices, minlength=2**14) == 0].any()
    held_out = make_classifier(early_stopping=True, max_iter=1).fit(HASHED_X, HASHED_Y)
    assert held_out.coefs_[0].any(axis=1).sum() < HAS_OCCURRED.sum()
    y = np.append(np.full(10, 2), HASHED_Y[10:])
    by_class = make_classifier(class_weight={2: 0}).fit(HASHED_X, y)
    assert_same_model(by_class, make_classifier().fit(HASHED_X, y, y < 2), rtol=0)


@pytest.mark.parametrize("keeps_on", ["fit", "partial_fit"])
def test_sparse_features_may_occur_later(keeps_on):
    classifier = make_classifier(warm_start=True).fit(HASHED_X, HASHED_Y)
    getattr(classifier, keeps_on)(HASHED_X[:, ::-1].tocsr(), HASHED_Y)
    assert_array_equal(classifier.coefs_[0].any(axis=1), HAS_OCCURRED | HAS_OCCURRED[::-1])
    getattr(classifier, keeps_on)(np.ones((60, 2**14)), HASHED_Y)  # all occur
    assert classifier.coefs_[0].all()
    assert classifier.coefs_[0].shape == (2**14, 6)


def test_the_memory_of_a_fit_is_that_of_the_features_that_occur():
    """Training all features would take 11 times the weights with Adam, and 45 times with L-BFGS.

    There are no two arrays of all weights at a time, also if the fit warns.
    """
    for solver, most in (("adam", 2), ("lbfgs", 4)):
        fit = make_classifier(solver=solver, n_hidden=64).fit
        assert peak_memory(lambda fit=fit: fit(HASHED_X, HASHED_Y)) < most * 8 * 64 * 2**14


def test_rows_without_any_value():
    X, y = scipy.sparse.csr_array((4, 20_000)), np.array([0, 1, 0, 1])
    clf = ShallowNNClassifier(n_hidden=64, max_iter=2, tol=1e9, n_iter_no_change=1, batch_size=2).fit(X, y)
    assert_array_equal(clf.predict_proba(X), clf.predict_proba(X)[[0] * 4])
    assert clf.partial_fit(X[:1], y[:1]).n_iter_ == 3
