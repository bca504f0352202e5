"""Labels of every kind give the same results as NumPy arrays, and are given back."""

from decimal import Decimal, localcontext
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import accuracy_score

from sknn_scratch._targets.labels import Multiclass, Multilabel
from tests.core import textbook
from tests.core.textbook import EXTREMES
from tests.helpers import assert_same_model, both_precisions, every_kind, make_data, small_network

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

make_classifier = partial(small_network, n_hidden=6, max_iter=20, learning_rate=0.02)

X2, Y2 = make_data("binary")
X4, Y4 = make_data("multilabel")
LETTERS = np.array(["a", "b"])[Y2]

LABELS = {  # labels, and the classes that are found, in order
    "int64": (Y2, np.array([0, 1])),
    "int8": ((Y2 - 1).astype(np.int8), np.array([-1, 0], np.int8)),
    "negative and far apart": (np.where(Y2, 2**62, -(2**62)), np.array([-(2**62), 2**62])),
    "bool": (Y2 == 1, np.array([False, True])),
    "float": (Y2 * 2.0, np.array([0.0, 2.0])),
    "str": (LETTERS, np.array(["a", "b"])),
    "object": (LETTERS.astype(object), np.array(["a", "b"], object)),
    "list of str": (LETTERS.tolist(), np.array(["a", "b"])),
    "dates": (np.array(["2020-01-01", "2021-01-01"], "datetime64[D]")[Y2], None),
    "pandas Series": (pd.Series(Y2), np.array([0, 1])),
    "pandas str": (pd.Series(LETTERS), np.array(["a", "b"], object)),
    "pandas string": (pd.Series(LETTERS, dtype="string"), np.array(["a", "b"], object)),
    "pandas category": (pd.Categorical(LETTERS, ["b", "c", "a"]), np.array(["a", "b"], object)),
    "pandas Int64": (pd.Series(Y2, dtype="Int64"), np.array([0, 1])),
    "pandas boolean": (pd.Series(Y2 == 1, dtype="boolean"), np.array([False, True])),
    "polars String": (pl.Series(LETTERS), np.array(["a", "b"])),
    "polars Categorical": (pl.Series(LETTERS, dtype=pl.Categorical), np.array(["a", "b"], object)),
    "polars Boolean": (pl.Series(Y2 == 1), np.array([False, True])),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_of_any_type(name):
    y, classes = LABELS[name]
    classifier = make_classifier().fit(X2, y)
    if classes is not None:
        assert_array_equal(classifier.classes_, classes)
        assert classifier.classes_.dtype.kind == classes.dtype.kind
    predicted = classifier.predict(X2)
    assert len(set(predicted.tolist())) == 2
    assert predicted.dtype == classifier.classes_.dtype
    assert_array_equal(predicted, classifier.classes_[(classifier.decision_function(X2) > 0).astype(int)])
    assert_same_model(classifier, make_classifier().fit(X2, Y2), rtol=0)


@pytest.mark.parametrize("name", ["str", "pandas Int64", "negative and far apart"])
def test_partial_fit_takes_classes_of_any_type(name):
    y, _ = LABELS[name]
    classifier = make_classifier().partial_fit(X2, y, classes=y[::-1])
    assert_array_equal(classifier.classes_, make_classifier().fit(X2, y).classes_)
    assert classifier.partial_fit(X2[:3], y[:3], classes=y).n_iter_ == 2


def test_a_column_and_classes_that_are_one_hot_are_warned_of():
    with pytest.warns(UserWarning, match=r"exactly one label\. .*y\.argmax"):
        make_classifier(max_iter=2).fit(X2, np.eye(2)[Y2])
    with pytest.warns(DataConversionWarning, match="column-vector"):
        classifier = make_classifier().fit(X2, Y2[:, np.newaxis])
    assert classifier.predict(X2).shape == Y2.shape
    assert_same_model(classifier, make_classifier().fit(X2, Y2), rtol=0)


FRAMES = [partial(pd.DataFrame, columns=["left", "right"]), partial(pl.DataFrame, schema=["left", "right"])]
ARRAYS = [scipy.sparse.csr_matrix, scipy.sparse.coo_array, np.bool_, np.float64, np.asfortranarray]


@pytest.mark.parametrize("convert", [*FRAMES, *ARRAYS, np.ndarray.tolist])
def test_label_indicators_of_any_type(convert):
    classifier = make_classifier().fit(X4, convert(Y4))
    assert_same_model(classifier, make_classifier().fit(X4, Y4), rtol=0)
    predicted = classifier.predict(X4)
    assert_array_equal(predicted, classifier.predict_proba(X4) > 0.5)
    assert 0 < classifier.score(X4, Y4) == accuracy_score(Y4, predicted) < np.mean(predicted == Y4) < 1


@every_kind
def test_predictions_are_the_formulas_of_the_documentation(kind):
    X, y = make_data(kind)
    classifier = make_classifier(activation="tanh").fit(X, y)
    (w_hidden, w_output), (b_hidden, b_output) = classifier.coefs_, classifier.intercepts_
    n_outputs = {"binary": 1, "multiclass": 3, "multilabel": 2}[kind]
    assert (w_hidden.shape, w_output.shape) == ((4, 6), (6, n_outputs))
    assert (b_hidden.shape, b_output.shape) == ((6,), (n_outputs,))
    hidden = np.tanh(X @ w_hidden + b_hidden)
    assert_allclose(classifier.transform(X), hidden)
    logits = hidden @ w_output + b_output
    assert_allclose(classifier.decision_function(X), logits[:, 0] if kind == "binary" else logits)
    if kind == "multiclass":
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    else:
        probabilities = 1 / (1 + np.exp(-logits))
    if kind == "binary":
        probabilities = np.hstack([1 - probabilities, probabilities])
    assert_array_equal(classifier.classes_, np.arange(probabilities.shape[1]))
    assert_allclose(classifier.predict_proba(X), probabilities)
    assert_allclose(classifier.predict_log_proba(X), np.log(probabilities))
    labels = probabilities > 0.5 if kind == "multilabel" else probabilities.argmax(axis=1)
    assert_array_equal(classifier.predict(X), labels)


@np.errstate(all="raise", under="ignore")
@both_precisions
@pytest.mark.parametrize("kind", [Multiclass, Multilabel])
def test_probabilities_equal_exact_arithmetic(kind, dtype):
    outputs = np.array(np.meshgrid(EXTREMES, EXTREMES, [0.5]), dtype).reshape(3, -1).T
    before, accuracy = outputs.copy(), 4 * np.finfo(dtype).eps
    of_kind = {Multiclass: textbook.log_softmax, Multilabel: lambda row: [*map(textbook.log_sigmoid, row)]}
    with localcontext(prec=50):
        rows = [[Decimal(float(value)) for value in row] for row in outputs]
        exact = np.array([*map(of_kind[kind], rows)], float)
    log_probabilities = kind(np.arange(3)).log_probabilities(outputs)
    probabilities = kind(np.arange(3)).probabilities(outputs)
    assert log_probabilities.dtype == probabilities.dtype == dtype
    assert_allclose(log_probabilities, exact, rtol=accuracy, atol=accuracy * 40)
    for row, found, logs in zip(outputs, probabilities, exact, strict=True):
        assert_allclose(found, np.exp(logs), rtol=accuracy * max(1, *abs(row)), atol=np.finfo(dtype).tiny)
    assert_array_equal(outputs, before)
