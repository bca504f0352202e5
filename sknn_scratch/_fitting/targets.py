"""Labels to targets and back."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.utils import check_array
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import column_or_1d

from sknn_scratch._core.losses import (
    logistic_log_probabilities,
    softmax_log_probabilities,
    softmax_probabilities,
)


@dataclass(frozen=True)
class LabelEncoding:
    """How labels are written as targets, and read off logits.

    Attributes
    ----------
    kind : {"binary", "multiclass", "multilabel"}
    classes : ndarray of shape (n_classes,)
        Sorted labels; the column numbers for multilabel y.
    """

    kind: str
    classes: np.ndarray

    @classmethod
    def of(cls, y, classes=None):
        """Find the encoding of ``y``, whose labels are all in ``classes`` if that is given."""
        if y.ndim == 2:
            return cls("multilabel", np.arange(y.shape[1]))
        labels = np.unique(y) if classes is None else unique_labels(plain_labels(classes))
        return cls("multiclass" if len(labels) > 2 else "binary", labels)

    @property
    def loss(self):
        """Name of the loss in ``LOSSES``."""
        return "softmax" if self.kind == "multiclass" else "logistic"

    @property
    def n_outputs(self):
        """One for two classes, else one for each class or label."""
        return 1 if self.kind == "binary" else len(self.classes)

    def encode(self, y, dtype):
        """Write labels (n_samples,) or (n_samples, n_labels) as targets (n_samples, n_outputs).

        They must be this encoding's: those it was found of, or checked.
        """
        if self.kind == "multilabel":
            return 2 * np.ascontiguousarray(y, dtype=dtype) - 1
        codes = np.searchsorted(self.classes, y)
        if self.kind == "binary":
            return (2 * codes - 1).astype(dtype)[:, np.newaxis]
        targets = np.zeros((len(y), len(self.classes)), dtype)
        targets[np.arange(len(y)), codes] = 1
        return targets

    def check_classes(self, classes):
        """Raise ValueError if ``classes`` are given and are not this encoding's."""
        if classes is not None and not np.array_equal(np.unique(plain_labels(classes)), self.classes):
            raise ValueError(
                f"classes={classes} does not fit {self.kind} y with the classes {self.classes.tolist()}."
            )

    def check(self, y):
        """Raise ValueError if ``y`` has other labels than this encoding."""
        if (y.ndim == 2) != (self.kind == "multilabel"):
            raise ValueError(f"y is of another kind than the {self.kind} y of the first fit.")
        if self.kind == "multilabel":
            if y.shape[1] != len(self.classes):
                raise ValueError(f"y has {y.shape[1]} labels, expected {len(self.classes)}.")
        elif len(unknown := np.setdiff1d(y, self.classes)):
            raise ValueError(
                f"y contains classes that are unknown to the model: {unknown.tolist()}. "
                f"Its classes are {self.classes.tolist()}."
            )

    def decode(self, logits):
        """Read labels off logits (n_samples, n_outputs)."""
        if self.kind == "multilabel":
            return (logits > 0).astype(np.int64)
        if self.kind == "binary":
            return self.classes[(logits[:, 0] > 0).astype(np.intp)]
        return self.classes[logits.argmax(axis=1)]

    def probabilities(self, logits):
        """Probabilities (n_samples, n_classes), or of each label (n_samples, n_labels)."""
        if self.kind == "multiclass":
            return softmax_probabilities(logits)
        if self.kind == "multilabel":
            return expit(logits)
        probabilities = np.empty((len(logits), 2), logits.dtype)
        expit(-logits[:, 0], out=probabilities[:, 0])
        expit(logits[:, 0], out=probabilities[:, 1])
        return probabilities

    def log_probabilities(self, logits):
        """Logarithms of the probabilities, exact where these underflow."""
        if self.kind == "binary":
            logits = np.hstack([-logits, logits])
        if self.kind == "multiclass":
            return softmax_log_probabilities(logits)
        return logistic_log_probabilities(logits)


def plain_labels(y):
    """Turn pandas' nullable integers and booleans into NumPy's; scikit-learn would make floats of them."""
    if not hasattr(y, "dtype") or isinstance(y, np.ndarray):
        return y
    labels = np.asarray(y)
    return labels if labels.dtype.kind in "biu" else y


def are_plain_labels(y, predicted):
    """Whether true labels need no validation to be compared with predicted ones: all are integers.

    scikit-learn's validation takes several times as long as the prediction of some hundred rows.
    """
    return (
        type(y) is np.ndarray
        and y.ndim == 1
        and y.shape == predicted.shape
        and y.dtype == predicted.dtype
        and y.dtype.kind in "biu"
    )


def labels_of(y):
    """Validate array-like labels that come without the rows they belong to."""
    return check_labels(check_array(plain_labels(y), accept_sparse="csr", ensure_2d=False, dtype=None))


def check_labels(y):
    """Validate class labels (n_samples,) or a label indicator (n_samples, n_labels), dense or sparse."""
    if y.ndim == 1 and y.dtype.kind in "biu" and 2 * len(np.unique(y)) <= len(y):
        return y  # beyond doubt; to be told so by scikit-learn takes a tenth of the time of a small fit
    if y.dtype == object and any(label is None for label in y.flat):
        raise ValueError("y contains None; every row needs a label.")
    if y.dtype.kind == "S":
        raise ValueError("y contains bytes, which are no labels; make them strings with y.astype(str).")
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
            "labels. To predict numbers, use a regressor, such as scikit-learn's MLPRegressor; to predict "
            "classes, make labels of the numbers, such as np.digitize(y, bins), or y.astype(str) if each "
            "is a class of its own."
        )
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"Unknown label type: {kind}, of dtype {y.dtype}. y must hold class labels, all of one type (use "
            "y.astype(int) for integers of dtype object), or be a label indicator of zeros and ones."
        )
    return column_or_1d(y, warn=True)
