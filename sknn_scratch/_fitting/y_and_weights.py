"""Checks of y and of the weights of its rows, and one weight for each row."""

import sys
from numbers import Real

import numpy as np
import scipy.sparse
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d

from sknn_scratch._fitting.sklearn_versions import _check_sample_weight

LARGEST = float(np.finfo(float).max)


def check_none_missing(values, name="y"):
    """Raise ValueError if array-like values, of any shape, contain NaN, NaT, pandas.NA or None."""
    if values is None or scipy.sparse.issparse(values):
        return
    try:
        values = np.asarray(values)
    except (ValueError, TypeError):  # not an array at all: the validation says so
        return
    if values.dtype.kind == "O":
        n_missing = sum(map(is_missing, values.flat))
    elif values.dtype.kind in "fcmM":
        n_missing = np.count_nonzero(values != values)  # only a missing value is unlike itself
    else:
        return
    if n_missing:
        count = f"{n_missing} of {values.size} values of {name}"
        raise ValueError(f"{count} are missing (NaN, NaT, NA or None); drop these rows.")


def is_missing(value):
    """Whether an object stands for a missing value."""
    if value is None or value is getattr(sys.modules.get("pandas"), "NA", None):
        return True
    return not isinstance(value, str | list | tuple | np.ndarray) and bool(value != value)


def plain_labels(y):
    """Turn pandas' nullable integers and booleans into NumPy's; scikit-learn would turn them into floats."""
    if not hasattr(y, "dtype") or isinstance(y, np.ndarray):
        return y
    labels = np.asarray(y)
    return labels if labels.dtype.kind in "biu" else y


def check_labels(y):
    """Validate class labels (n_samples,) or a label indicator (n_samples, n_labels), dense or sparse."""
    if y.ndim == 1 and y.dtype.kind in "biu" and 2 * len(np.unique(y)) <= len(y):
        return y  # surely class labels; scikit-learn's check takes a tenth of the time of a small fit
    if y.dtype.kind == "S":
        raise ValueError("y contains bytes, not labels; convert them to strings with y.astype(str).")
    try:
        kind = type_of_target(y, input_name="y")
    except TypeError:  # they cannot be sorted
        kind = "mixed"
    if kind == "multilabel-indicator":
        y = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
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
            "y.astype(int) for integers of dtype object), or be a label indicator of zeros and ones."
        )
    return column_or_1d(y, warn=True)


def checked_sample_weight(sample_weight, X):
    """Validate the user's weights (n_samples,) of the rows of X; None stays None."""
    if sample_weight is None:
        return None
    return _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)


def combine_weights(sample_weight, by_class):
    """Multiply sample weights and class weights, each (n_samples,) or None for ones."""
    given = [weights for weights in (by_class, sample_weight) if weights is not None]
    if not given:
        return None
    weights = np.prod(given, axis=0) if len(given) > 1 else given[0]
    with np.errstate(over="ignore"):
        total = weights.sum()
    if not 0 < total < np.inf:
        raise ValueError(
            "The weights of the rows, sample_weight times class_weight, must have a positive and finite sum, "
            f"but it is {total}. Pass at least one row with a positive weight, of a class with a positive "
            "weight, and no weights that overflow."
        )
    return weights


def class_weights(class_weight, y, classes, sample_weight):
    """Compute the class weight of each row (n_samples,).

    Balanced weights count the sample weights, so a weight of two is the same as a row that is there twice.
    """
    if y.ndim == 2:
        if isinstance(class_weight, dict):
            raise ValueError(
                "class_weight must be 'balanced' or None for multilabel y, whose rows have no single class "
                f"that a dict could name, got {class_weight}; use sample_weight instead."
            )
        weights = [class_weights("balanced", label, np.unique(label), sample_weight) for label in y.T]
        return np.prod(weights, axis=0)
    if isinstance(class_weight, dict):
        by_class = _given_class_weights(class_weight, classes)
    else:
        counted = np.ones(len(y)) if sample_weight is None else sample_weight
        rows = counted > 0
        present = np.unique(y[rows])
        by_class = np.zeros(len(classes))
        by_class[np.isin(classes, present)] = compute_class_weight(
            class_weight, classes=present, y=y[rows], sample_weight=counted[rows]
        )
    return by_class[np.searchsorted(classes, y)]


def _given_class_weights(class_weight, classes):
    labels = list(classes)  # tolist() would convert dates to other types
    unknown = [label for label in class_weight if label not in labels]
    if unknown and any(label not in class_weight for label in labels):  # a fold may lack a named class
        raise ValueError(
            f"class_weight has classes that are not in y: {unknown}. The classes are {classes.tolist()}."
        )
    if not all(isinstance(weight, Real) and 0 <= weight <= LARGEST for weight in class_weight.values()):
        raise ValueError(f"class_weight must have finite weights that are not negative, got {class_weight}.")
    return np.array([class_weight.get(label, 1.0) for label in labels])
