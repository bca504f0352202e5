"""Checks of the values of y, and of the outputs of a network."""

import math
import reprlib
import sys

import numpy as np
import scipy.sparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d


def checked_values(values, name="y", remedy="drop these rows"):
    """Raise ValueError if values are no array-like, or contain NaN, NaT, pandas.NA or None.

    Returns the values, with pandas' nullable integers and booleans as NumPy's: scikit-learn would turn them
    into floats.
    """
    if values is None or scipy.sparse.issparse(values):
        return values
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name} has lists of different lengths. If these are the labels of a row, make an indicator of "
            f"zeros and ones: MultiLabelBinarizer().fit_transform({name})."
        ) from error
    if array.ndim == 0:
        raise ValueError(f"{name} must be a list or an array, got {reprlib.repr(values)}.")
    n_missing = 0
    if array.dtype.kind == "O":
        n_missing = sum(map(is_missing, array.flat))
    elif array.dtype.kind in "fcmM":
        n_missing = np.count_nonzero(array != array)  # only a missing value is unlike itself
    if n_missing:
        count = f"{n_missing} of {array.size} values of {name}"
        raise ValueError(f"{count} are missing (NaN, NaT, NA or None); {remedy}.")
    return array if hasattr(values, "dtype") and array.dtype.kind in "biu" else values


def is_missing(value):
    if value is None or value is getattr(sys.modules.get("pandas"), "NA", None):
        return True
    return not isinstance(value, str | list | tuple | np.ndarray) and bool(value != value)


def dense(y):
    """Make an array of a sparse y, and (n_samples,) of a column (n_samples, 1); any other y stays."""
    y = y.toarray() if scipy.sparse.issparse(y) else y
    if getattr(y, "shape", ())[1:] != (1,):
        return y
    return y.iloc[:, 0] if hasattr(y, "iloc") else np.asarray(y)[:, 0]


def check_labels(y):
    """Validate class labels (n_samples,) or a label indicator (n_samples, n_labels), dense or sparse."""
    y = y.toarray() if scipy.sparse.issparse(y) else y
    if y.ndim == 1 and y.dtype.kind in "biu" and 2 * len(np.unique(y)) <= len(y):
        return y  # surely class labels; scikit-learn's check takes a tenth of the time of a small fit
    if y.dtype.kind == "S":
        raise ValueError("y contains bytes, not labels; convert them to strings with y.astype(str).")
    try:
        kind = type_of_target(y, input_name="y")
    except TypeError:  # they cannot be sorted
        kind = "mixed"
    if kind == "multilabel-indicator":
        y = np.asarray(y)
        if not ((y == 0) | (y == 1)).all():
            others = sorted(set(np.unique(y).tolist()) - {0, 1})
            raise ValueError(f"A multilabel y must be an indicator of zeros and ones, but contains {others}.")
        return y
    if kind in ("continuous", "continuous-multioutput"):
        raise ValueError(
            f"Unknown label type: {kind}. y holds real numbers, but this is a classifier, which needs class "
            "labels. To predict numbers, use ShallowNNRegressor or tabular_pipeline('regressor'); to predict "
            "classes, convert the numbers to labels with np.digitize(y, bins), or with y.astype(str) if each "
            "number is a class."
        )
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"Unknown label type: {kind}, of dtype {y.dtype}. y must hold class labels, all of one type (use "
            "y.astype(int), y.astype(bool) or y.astype(str) for values of dtype object), or be a label "
            "indicator of zeros and ones. Several columns of labels need a MultiOutputClassifier."
        )
    if y.dtype.kind in "iuf":
        check_classification_targets(y)  # warns if so many labels may be numbers
    return column_or_1d(y, warn=True)


def check_outputs(outputs):
    """Raise ValueError if a network's values (n_rows, n_values) overflow."""
    if math.isfinite(outputs.sum()):
        return
    bad_rows = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
    if len(bad_rows):
        precision = "" if outputs.dtype == np.float64 else ", or train with dtype='float64'"
        raise ValueError(
            f"For {len(bad_rows)} of {len(outputs)} rows of X (row {bad_rows[0]} is the first), the values "
            f"of the network overflow {outputs.dtype}. If the fit has seen such rows, it has failed: scale "
            "the features, or decrease learning_rate. If not, X has values that are too large: correct these "
            f"rows; scale X as in training, with a scaler in a Pipeline{precision}."
        )
