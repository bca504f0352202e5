"""Validation of class labels and of label indicators."""

import numpy as np
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d


def plain_labels(y):
    """Turn pandas' nullable integers and booleans into NumPy's; scikit-learn would turn them into floats."""
    if not hasattr(y, "dtype") or isinstance(y, np.ndarray):
        return y
    labels = np.asarray(y)
    return labels if labels.dtype.kind in "biu" else y


def are_plain_labels(y, predicted):
    """Whether true labels can be compared with predicted labels without validation: all are integers.

    scikit-learn's validation takes several times as long as the prediction of a few hundred rows.
    """
    return (
        type(y) is np.ndarray
        and y.ndim == 1
        and y.shape == predicted.shape
        and y.dtype == predicted.dtype
        and y.dtype.kind in "biu"
    )


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
            "labels. To predict numbers, use ShallowNNRegressor; to predict "
            "classes, convert the numbers to labels with np.digitize(y, bins), or with y.astype(str) if each "
            "number is a class."
        )
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"Unknown label type: {kind}, of dtype {y.dtype}. y must hold class labels, all of one type (use "
            "y.astype(int) for integers of dtype object), or be a label indicator of zeros and ones."
        )
    return column_or_1d(y, warn=True)
