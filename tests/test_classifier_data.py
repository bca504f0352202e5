"""Labels and rows of every kind give the same results as NumPy arrays."""

import re
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import accuracy_score

from sknn_scratch import Checkpoint, ShallowNNClassifier
from tests.helpers import KINDS, assert_same_model, make_data

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_FEATURES = 4


def make_classifier(**params):
    return ShallowNNClassifier(
        **(
            {
                "solver": "adam",
                "alpha": 1.0,
                "n_hidden": 6,
                "max_iter": 8,
                "learning_rate": 0.02,
                "random_state": 0,
            }
            | params
        )
    )


# --- Labels ---

X2, Y2 = make_data("binary")
X3, Y3 = make_data("multiclass")
X4, Y4 = make_data("multilabel")
LETTERS = np.array(["a", "b"])[Y2]

LABELS = {  # labels, and the classes that are found, in order
    "int64": (Y2, np.array([0, 1])),
    "int8": ((Y2 - 1).astype(np.int8), np.array([-1, 0], np.int8)),
    "uint64": (Y2.astype(np.uint64), np.array([0, 1], np.uint64)),
    "negative and far apart": (np.where(Y2, 2**62, -(2**62)), np.array([-(2**62), 2**62])),
    "bool": (Y2 == 1, np.array([False, True])),
    "float": (Y2 * 2.0, np.array([0.0, 2.0])),
    "str": (LETTERS, np.array(["a", "b"])),
    "object": (LETTERS.astype(object), np.array(["a", "b"], object)),
    "list of int": (Y2.tolist(), np.array([0, 1])),
    "list of str": (LETTERS.tolist(), np.array(["a", "b"])),
    "dates": (np.array(["2020-01-01", "2021-01-01"], "datetime64[D]")[Y2], None),
    "pandas Series": (pd.Series(Y2), np.array([0, 1])),
    "pandas str": (pd.Series(LETTERS), np.array(["a", "b"], object)),
    "pandas string": (pd.Series(LETTERS, dtype="string"), np.array(["a", "b"], object)),
    "pandas category": (pd.Categorical(LETTERS, ["b", "c", "a"]), np.array(["a", "b"], object)),
    "pandas Int64": (pd.Series(Y2, dtype="Int64"), np.array([0, 1])),
    "pandas boolean": (pd.Series(Y2 == 1, dtype="boolean"), np.array([False, True])),
    "polars Series": (pl.Series(Y2), np.array([0, 1])),
    "polars String": (pl.Series(LETTERS), np.array(["a", "b"])),
    "polars Categorical": (pl.Series(LETTERS, dtype=pl.Categorical), np.array(["a", "b"], object)),
    "polars Boolean": (pl.Series(Y2 == 1), np.array([False, True])),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_of_any_type(name):
    y, classes = LABELS[name]
    classifier = make_classifier(max_iter=40).fit(X2, y)
    if classes is not None:
        assert_array_equal(classifier.classes_, classes)
        assert classifier.classes_.dtype.kind == classes.dtype.kind
    predicted = classifier.predict(X2)
    assert predicted.dtype == classifier.classes_.dtype
    assert_array_equal(predicted, classifier.classes_[(classifier.decision_function(X2) > 0).astype(int)])
    reference = make_classifier(max_iter=40).fit(X2, Y2)
    assert_same_model(classifier, reference, rtol=0)
    assert classifier.score(X2, y) == reference.score(X2, Y2)


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_score_is_scikit_learns_accuracy(name, weighted):
    y, _ = LABELS[name]
    classifier = make_classifier(max_iter=3).fit(X2, y)
    weights = np.random.default_rng(0).random(len(X2)) if weighted else None
    expected = accuracy_score(y, classifier.predict(X2), sample_weight=weights)
    score = classifier.score(X2, y, weights)
    assert type(score) is float
    assert score == expected
    assert 0 < score < 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_score_of_every_kind_is_scikit_learns_accuracy(kind):
    X, y = make_data(kind)
    classifier = make_classifier().fit(X, y)
    assert classifier.score(X, y) == accuracy_score(y, classifier.predict(X))


@pytest.mark.parametrize("y", [Y2[:-1], Y2[:1], Y2 + 0.5, np.column_stack([Y2, Y2])])
def test_labels_that_cannot_be_scored_are_refused(y):
    classifier = make_classifier().fit(X2, Y2)
    with pytest.raises((ValueError, TypeError)) as expected:
        accuracy_score(y, classifier.predict(X2))
    with pytest.raises(type(expected.value)) as found:
        classifier.score(X2, y)
    assert str(found.value) == str(expected.value)


def test_labels_of_another_type_score_what_scikit_learn_says():
    """It refuses them since 1.9, and finds them all wrong before."""
    classifier, y = make_classifier().fit(X2, Y2), Y2.astype(str)
    try:
        expected = accuracy_score(y, classifier.predict(X2))
    except (ValueError, TypeError) as error:
        with pytest.raises(type(error), match=re.escape(str(error))):
            classifier.score(X2, y)
    else:
        assert classifier.score(X2, y) == expected == 0


@pytest.mark.parametrize("name", ["str", "pandas Int64", "bool", "polars String", "negative and far apart"])
def test_partial_fit_takes_classes_of_any_type(name):
    y, _ = LABELS[name]
    classifier = make_classifier().partial_fit(X2, y, classes=y[::-1])
    assert_array_equal(classifier.classes_, make_classifier().fit(X2, y).classes_)
    assert classifier.partial_fit(X2[:3], y[:3], classes=y).n_iter_ == 2


def test_column_vector_warns():
    with pytest.warns(DataConversionWarning, match="column-vector"):
        classifier = make_classifier().fit(X2, Y2[:, np.newaxis])
    assert classifier.predict(X2).shape == Y2.shape
    assert_same_model(classifier, make_classifier().fit(X2, Y2), rtol=0)


@pytest.mark.parametrize(
    "convert",
    [
        scipy.sparse.csr_matrix,
        scipy.sparse.csc_array,
        scipy.sparse.coo_array,
        np.bool_,
        np.float32,
        np.asfortranarray,
        np.ndarray.tolist,
        lambda y: pd.DataFrame(y, columns=["left", "right"]),
        lambda y: pl.DataFrame(y, schema=["left", "right"]),
    ],
)
def test_label_indicators_of_any_type(convert):
    classifier = make_classifier(max_iter=40).fit(X4, convert(Y4) if convert is not np.float32 else Y4 * 1.0)
    assert_same_model(classifier, make_classifier(max_iter=40).fit(X4, Y4), rtol=0)
    assert_array_equal(classifier.predict(X4), classifier.predict_proba(X4) > 0.5)
    assert classifier.score(X4, Y4) > 0.5


def test_labels_that_all_rows_or_none_have():
    indicator = np.column_stack([Y4, np.zeros(len(Y4), int), np.ones(len(Y4), int)])
    classifier = make_classifier(max_iter=300, alpha=0.0).fit(X4, indicator)
    assert_array_equal(classifier.predict(X4)[:, 2:], indicator[:, 2:])


SHAPES = {"binary": (2, (60,)), "multiclass": (3, (60, 3)), "multilabel": (2, (60, 2))}


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_and_probabilities(kind):
    X, y = make_data(kind)
    n_classes, logits_shape = SHAPES[kind]
    classifier = make_classifier().fit(X, y)
    assert_array_equal(classifier.classes_, np.arange(n_classes))
    assert classifier.predict(X).shape == y.shape
    assert classifier.decision_function(X).shape == logits_shape
    probabilities = classifier.predict_proba(X)
    assert probabilities.shape == (60, n_classes)
    if kind != "multilabel":
        assert_allclose(probabilities.sum(axis=1), 1)
        assert_array_equal(classifier.predict(X), probabilities.argmax(axis=1))
    assert_allclose(np.exp(classifier.predict_log_proba(X)), probabilities)
    assert classifier.transform(X).shape == (60, 6)
    n_outputs = {"binary": 1, "multiclass": 3, "multilabel": 2}[kind]
    assert [array.shape for array in classifier.coefs_] == [(N_FEATURES, 6), (6, n_outputs)]
    assert [array.shape for array in classifier.intercepts_] == [(6,), (n_outputs,)]


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_the_formula_of_the_documentation(kind):
    X, y = make_data(kind)
    classifier = make_classifier(activation="tanh").fit(X, y)
    (w_hidden, w_output), (b_hidden, b_output) = classifier.coefs_, classifier.intercepts_
    hidden = np.tanh(X @ w_hidden + b_hidden)
    assert_allclose(classifier.transform(X), hidden)
    logits = hidden @ w_output + b_output
    assert_allclose(classifier.decision_function(X), logits[:, 0] if kind == "binary" else logits)
    if kind == "multiclass":
        expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    else:
        expected = 1 / (1 + np.exp(-logits))
    assert_allclose(classifier.predict_proba(X)[:, -expected.shape[1] :], expected)


# --- Rows ---


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def not_contiguous(X):
    return np.repeat(X, 2, axis=0)[::2, :]


def swapped(X):
    return X.astype(X.dtype.newbyteorder())


DENSE = {
    "Fortran order": np.asfortranarray,
    "a view": not_contiguous,
    "reversed": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "read-only": read_only,
    "other byte order": swapped,
    "list": np.ndarray.tolist,
    "long double": lambda X: X.astype(np.longdouble),
    "object": lambda X: X.astype(object),
    "pandas": pd.DataFrame,
    "polars": lambda X: pl.DataFrame(X, schema=list("abcd")),
}


@pytest.mark.parametrize("name", DENSE)
def test_dense_rows_of_any_kind(name):
    X = DENSE[name](X3)
    classifier = make_classifier(batch_size=16).fit(X, Y3)
    reference = make_classifier(batch_size=16).fit(X3, Y3)
    assert_same_model(classifier, reference, rtol=0)
    assert_allclose(classifier.predict_proba(X), reference.predict_proba(X3), rtol=1e-12)


def test_integers_and_booleans_are_computed_in_float64():
    for X in ((X3 * 10).astype(np.int8), X3 > 0, (X3 * 10).astype(np.float16)):
        classifier = make_classifier().fit(X, Y3)
        assert_same_model(classifier, make_classifier().fit(X.astype(float), Y3), rtol=0)
        assert classifier.coefs_[0].dtype == np.float64
        assert classifier.predict_proba(X).dtype == np.float64


def test_memory_mapped_rows(tmp_path):
    np.save(tmp_path / "X.npy", X3)
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    classifier = make_classifier(batch_size=16).fit(X, Y3)
    reference = make_classifier(batch_size=16).fit(X3, Y3)
    assert_same_model(classifier, reference, rtol=0)
    assert_array_equal(classifier.predict_proba(X), reference.predict_proba(X3))


def test_fit_leaves_the_data_alone():
    X, y, weight = X3.copy(), Y3.copy(), np.arange(60.0)
    make_classifier(early_stopping=True).fit(X, y, weight)
    assert_array_equal(X, X3)
    assert_array_equal(y, Y3)
    assert_array_equal(weight, np.arange(60.0))


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


SPARSE = {
    "CSR array": scipy.sparse.csr_array,
    "CSR matrix": scipy.sparse.csr_matrix,
    "CSC array": scipy.sparse.csc_array,
    "CSC matrix": scipy.sparse.csc_matrix,
    "COO": scipy.sparse.coo_array,
    "int64 indices": with_int64_indices,
    "unsorted": unsorted,
    "duplicates": with_duplicates,
    "stored zeros": with_stored_zeros,
}


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("name", SPARSE)
def test_sparse_rows_give_what_dense_rows_give(name, solver):
    X = SPARSE[name](SPARSE_X)
    params = {"solver": solver, "batch_size": 16, "early_stopping": True}
    classifier = make_classifier(**params).fit(X, Y3)
    reference = make_classifier(**params).fit(SPARSE_X, Y3)
    assert_same_model(classifier, reference, rtol=1e-6)
    for method in ("predict_proba", "predict_log_proba", "decision_function", "transform"):
        assert_allclose(getattr(classifier, method)(X), getattr(reference, method)(SPARSE_X), rtol=1e-6)


def test_sparse_rows_are_left_alone():
    X = unsorted(SPARSE_X)
    indices, data = X.indices.copy(), X.data.copy()
    make_classifier(batch_size=16).fit(X, Y3).predict(X)
    assert_array_equal(X.indices, indices)
    assert_array_equal(X.data, data)
    assert not X.has_sorted_indices


@pytest.mark.parametrize("fitted_on", ["dense", "sparse"])
def test_sparse_and_dense_rows_mix(fitted_on):
    X = {"dense": SPARSE_X, "sparse": scipy.sparse.csr_array(SPARSE_X)}
    classifier = make_classifier(early_stopping=True).fit(X[fitted_on], Y3, X_val=X["dense"], y_val=Y3)
    assert_allclose(classifier.predict_proba(X["dense"]), classifier.predict_proba(X["sparse"]))
    classifier.set_params(warm_start=True).fit(X["sparse"], Y3, X_val=X["dense"], y_val=Y3)
    assert classifier.n_iter_ == 16


@pytest.mark.parametrize("early_stopping", [False, True])
def test_sparse_rows_are_never_densified(early_stopping):
    n_samples, n_features = 1000, 50_000  # 400 MB if it were dense
    rng = np.random.default_rng(0)
    columns = rng.integers(n_features, size=5 * n_samples)
    X = scipy.sparse.csr_array((np.ones(5 * n_samples), columns, np.arange(0, 5 * n_samples + 1, 5)))
    X.resize(n_samples, n_features)
    y = np.arange(n_samples) % 2
    classifier = ShallowNNClassifier(2, max_iter=2, early_stopping=early_stopping, random_state=0)
    tracemalloc.start()
    try:
        classifier.fit(X, y).partial_fit(X, y) if not early_stopping else classifier.fit(X, y)
        for method in (classifier.predict, classifier.predict_log_proba, classifier.transform):
            assert len(method(X)) == n_samples
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50e6


# --- Precision ---


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(
    ("dtype_of_X", "dtype", "expected"),
    [
        (np.float32, None, np.float32),
        (np.float64, None, np.float64),
        (np.float32, "float64", np.float64),
        (np.float64, "float32", np.float32),
        (np.int64, "float32", np.float32),
    ],
)
def test_precision(sparse, dtype_of_X, dtype, expected):
    X = (SPARSE_X * 4).astype(dtype_of_X)
    X = scipy.sparse.csr_array(X) if sparse else X
    for solver in ("adam", "lbfgs"):
        classifier = make_classifier(dtype=dtype, solver=solver, early_stopping=True).fit(X, Y3)
        assert {array.dtype for array in classifier.coefs_ + classifier.intercepts_} == {np.dtype(expected)}
        for method in ("predict_proba", "predict_log_proba", "decision_function", "transform"):
            assert getattr(classifier, method)(X).dtype == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_order_of_bytes_changes_nothing(dtype):
    X = X3.astype(dtype)
    swapped = make_classifier().fit(X.astype(X.dtype.newbyteorder()), Y3)
    assert swapped.coefs_[0].dtype == dtype
    assert_same_model(swapped, make_classifier().fit(X, Y3), rtol=0)


def test_both_precisions_start_and_learn_alike():
    single = make_classifier(dtype="float32", max_iter=30).fit(X3, Y3)
    double = make_classifier(max_iter=30).fit(X3, Y3)
    assert_same_model(single, double, rtol=1e-3)


def test_a_model_keeps_its_precision_when_it_is_trained_further():
    classifier = make_classifier().partial_fit(X3.astype(np.float32), Y3, classes=[0, 1, 2])
    classifier.partial_fit(X3, Y3)
    assert classifier.coefs_[0].dtype == np.float32


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_far_from_the_training_rows(kind):
    X, y = make_data(kind)
    classifier = make_classifier(max_iter=50).fit(X, y)
    far = X * 1e6
    log_probabilities = classifier.predict_log_proba(far)
    assert np.isfinite(log_probabilities).all()
    assert log_probabilities.min() < -1e4  # where exp underflows to zero
    assert np.isfinite(classifier.predict_proba(far)).all()


# --- Feature names and outputs ---


def test_feature_names_are_kept_and_checked():
    frame = pd.DataFrame(X3, columns=list("abcd"))
    classifier = make_classifier().fit(frame, Y3)
    assert_array_equal(classifier.feature_names_in_, list("abcd"))
    with pytest.raises(ValueError, match="feature names"):
        classifier.predict(frame[list("dcba")])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        classifier.predict(X3)
    assert not hasattr(classifier.fit(X3, Y3), "feature_names_in_")


@pytest.mark.parametrize("make_frame", [pd.DataFrame, lambda X, columns: pl.DataFrame(X, schema=columns)])
def test_early_stopping_on_a_frame_gives_no_warning(make_frame):
    frame = make_frame(X3, columns=list("abcd"))
    classifier = make_classifier(early_stopping=True, scoring="accuracy").fit(frame, Y3)
    reference = make_classifier(early_stopping=True, scoring="accuracy").fit(X3, Y3)
    assert_array_equal(classifier.history_["val_score"], reference.history_["val_score"])
    classifier.fit(frame, Y3, X_val=frame, y_val=Y3)
    assert_array_equal(classifier.feature_names_in_, list("abcd"))


def test_names_of_the_hidden_units():
    classifier = make_classifier().fit(X3, Y3)
    assert_array_equal(classifier.get_feature_names_out(), [f"shallownnclassifier{i}" for i in range(6)])


@pytest.mark.parametrize(("library", "frame_type"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_set_output(library, frame_type):
    classifier = make_classifier().set_output(transform=library).fit(X3, Y3)
    hidden = classifier.transform(X3)
    assert isinstance(hidden, frame_type)
    assert list(hidden.columns) == list(classifier.get_feature_names_out())
    assert isinstance(classifier.predict_proba(X3), np.ndarray)


def test_a_wide_sparse_network_knows_nothing_of_features_it_has_not_seen():
    rng = np.random.default_rng(0)
    X = scipy.sparse.random_array((200, 2**15), density=1e-3, format="csr", random_state=rng)
    y = np.arange(200) % 2
    params = {"n_hidden": 8, "max_iter": 3, "random_state": 0, "tol": 0}
    classifier = make_classifier(**params).fit(X, y)
    is_used = np.bincount(X.indices, minlength=2**15) > 0
    assert not classifier.coefs_[0][~is_used].any()
    assert classifier.coefs_[0][is_used].all()
    seen = classifier.coefs_[0].copy()
    classifier.partial_fit(X[:, ::-1].tocsr(), y)
    assert classifier.coefs_[0][is_used].all()  # what was learned is not unlearned
    assert (classifier.coefs_[0] != seen).any()
    # Without a penalty nothing would take them, and in a stream they may still come.
    assert make_classifier(**params | {"alpha": 0.0}).fit(X, y).coefs_[0].all()
    assert make_classifier(**params).partial_fit(X, y, [0, 1]).coefs_[0].all()


def test_an_empty_batch_of_a_wide_sparse_network():
    X, y = scipy.sparse.csr_array((4, 20_000)), np.array([0, 1, 0, 1])
    clf = ShallowNNClassifier(n_hidden=64, max_iter=2, tol=1e9, n_iter_no_change=1, batch_size=2).fit(X, y)
    assert_array_equal(clf.predict_proba(X), clf.predict_proba(X)[[0] * 4])
    assert clf.partial_fit(X[:1], y[:1]).n_iter_ == 3


def test_dates_are_labels_like_others(tmp_path):
    X, codes = make_data("multiclass")
    y = np.array(["2020-01-01", "2021-01-01", "2022-01-01"], "M8[D]")[codes]
    params = {"solver": "adam", "max_iter": 5, "random_state": 0, "tol": 1e9, "n_iter_no_change": 5}
    clf = ShallowNNClassifier(**params).set_callbacks(Checkpoint(tmp_path / "dates.npz")).fit(X, y)
    resumed = ShallowNNClassifier.resume(tmp_path / "dates.npz", X, y)
    assert_array_equal(resumed.predict(X), clf.predict(X))
    assert resumed.classes_.dtype == clf.classes_.dtype == y.dtype
    weighted = ShallowNNClassifier(class_weight={y[0]: 5.0}, **params).fit(X, y)
    by_code = ShallowNNClassifier(class_weight={codes[0]: 5.0}, **params).fit(X, codes)
    assert_array_equal(weighted.coefs_[0], by_code.coefs_[0])
