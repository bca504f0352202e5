"""What the user passes to fit, validated and encoded."""

import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from sklearn.base import is_regressor

from sknn_scratch._core.data import MANY_FEATURES, Data
from sknn_scratch._core.network import make_batch
from sknn_scratch._core.rows import features_of_rows, rows_of
from sknn_scratch._fitting.fitted import DATA_ATTRIBUTES, attributes_of, is_fitted, target_kind_of
from sknn_scratch._fitting.sklearn_versions import _check_sample_weight, validate_data
from sknn_scratch._targets.base import TargetKind
from sknn_scratch._targets.checks import checked_values

# What users pass as rows, labels or weights: array-like, sparse, or a data frame. No one type covers these.
ArrayLike: TypeAlias = Any

# The dtypes that the parameter dtype allows. With None, float32 stays float32, and all else becomes float64.
DTYPES = {None: [np.float64, np.float32], "float32": np.float32, "float64": np.float64}

# How Python, NumPy and scikit-learn refuse text, dates, missing values, ragged lists and huge numbers.
OF_A_TABLE = re.compile(
    r"could not (convert|be promoted)|float\(\) argument|contains NaN|inhomogeneous|too large to convert"
)


@dataclass(eq=False)
class FitInput:
    """What a user passes to fit or partial_fit."""

    X: object
    y: object
    sample_weight: object = None
    X_val: object = None
    y_val: object = None
    sample_weight_val: object = None
    classes: object = None
    partial: bool = False
    groups: object = None


@dataclass(frozen=True)
class EncodedRows:
    """Validated and encoded rows."""

    X: object  # (n_rows, n_features), with the features of the network
    y: np.ndarray
    targets: np.ndarray  # (n_rows, n_outputs), for the loss
    weights: np.ndarray | None  # (n_rows,) of rows and of classes; None if all are one

    def take(self, rows):
        weights = None if self.weights is None else self.weights[rows]
        return EncodedRows(self.X[rows], self.y[rows], self.targets[rows], weights)

    @property
    def batch(self):
        return make_batch(rows_of(self.X), self.targets, self.weights)


@dataclass(frozen=True)
class EncodedData(EncodedRows):
    """Training rows. Networks that share them can be stacked without a copy."""

    target_kind: TargetKind
    attributes: dict  # the fitted attributes that follow from the data
    validation: EncodedRows | None  # X_val, y_val and sample_weight_val
    groups: np.ndarray | None  # (n_rows,): the number of each row's group
    is_part: bool  # whether the fit is a call of ``partial_fit``
    order: np.ndarray | None = None  # of the rows with a positive weight; None for that in X

    @property
    def data(self):
        """The rows with a positive weight, as the core takes them."""
        rows = self.order
        if rows is None and self.weights is not None and not self.weights.all():
            rows = np.flatnonzero(self.weights)
        weights = self.weights if rows is None else self.weights[rows]
        return Data(rows_of(self.X), self.targets, rows, weights)

    def only(self, rows, weights):
        """Train on these rows alone, in this order, with further weights (n_samples,)."""
        of_all = np.zeros(len(self.y))
        of_all[rows] = weights if self.weights is None else weights * self.weights[rows]
        return replace(self, weights=of_all, order=rows[of_all[rows] > 0])

    def astype(self, dtype):
        X, targets = (array.astype(dtype, copy=False) for array in (self.X, self.targets))
        return replace(self, X=X, targets=targets)


@np.errstate(all="ignore")  # what overflows is not finite, which is an error
def encode_data(model, inputs):
    """Validate and encode the training data, and the validation rows if they are given."""
    refuse_validation(model, inputs)
    goes_on = is_fitted(model)
    dtype = model._dtype if goes_on else DTYPES[model.dtype]
    X, y, sample_weight = validated(model, inputs.X, inputs.y, inputs.sample_weight, dtype, reset=not goes_on)
    if goes_on:
        target_kind = target_kind_of(model)
        target_kind.check_further(model, y, inputs, sample_weight)
    else:
        target_kind = model._target_kinds.first(model, y, inputs, sample_weight)
    weights = target_kind.row_weights(model, sample_weight, y)
    features = features_of_network(X, weights, model._features_ if goes_on else ())
    X, targets, validation = with_features(X, features), target_kind.encode(y, X.dtype), None
    if inputs.X_val is not None:
        try:
            validation = encode_validation(model, inputs, target_kind, features, X.dtype)
        except ValueError as error:
            reason = str(error).rstrip("\n").removesuffix(".")
            raise ValueError(
                f"In X_val, y_val or sample_weight_val: {reason}. A Pipeline transforms X_val only if its "
                "transform_input has it."
            ) from error
    attributes = attributes_of(model, DATA_ATTRIBUTES) | target_kind.fitted_attributes()
    attributes["_features_"] = features
    groups = numbers_of_groups(inputs.groups, X.shape[0])
    return EncodedData(X, y, targets, weights, target_kind, attributes, validation, groups, inputs.partial)


def refuse_validation(model, inputs):
    if (inputs.X_val is None) != (inputs.y_val is None):
        raise ValueError("X_val and y_val must be given together.")
    if inputs.X_val is None and inputs.sample_weight_val is not None:
        raise ValueError("sample_weight_val needs X_val and y_val.")
    if inputs.X_val is not None and not model.early_stopping:
        raise ValueError(
            "X_val and y_val are for early stopping, but early_stopping=False; set it to True or 'auto'."
        )


def encode_validation(model, inputs, target_kind, features, dtype):
    X, y, sample_weight = validated(
        model, inputs.X_val, inputs.y_val, inputs.sample_weight_val, dtype, reset=False
    )
    target_kind.check(y, sample_weight)
    weights = target_kind.row_weights(model, sample_weight, y)
    return EncodedRows(with_features(X, features), y, target_kind.encode(y, dtype), weights)


def features_of_network(X, weights, earlier):
    """Find the features (n_features,) that have occurred so far; None for all, unless at most half have.

    The others are zero in all rows. They have weights of zero, and take no part in the training. So a fit of
    a few rows of hashed text needs little memory, though the features are millions. ``earlier`` are the
    network's features so far.
    """
    if earlier is None or X.shape[1] < MANY_FEATURES:
        return None
    used = None if weights is None else np.flatnonzero(weights)
    has_occurred = features_of_rows(rows_of(X), used)
    has_occurred[np.asarray(earlier, np.intp)] = True
    features = np.flatnonzero(has_occurred) if has_occurred.any() else np.array([0])
    return features if 2 * len(features) <= X.shape[1] else None


def with_features(X, features):
    return X if features is None else X[:, features]


def validated(model, X, y, sample_weight, dtype, *, reset):
    """Validate rows, y and weights; X gets the dtype of the training, and sparse X becomes CSR."""
    y, rules = checked_values(y), {"accept_sparse": "csr", "order": "C", "multi_output": True}
    with recommending_pipeline(model):
        X, y = validate_data(model, X, y, dtype=dtype, reset=reset, **rules)
    X, y = canonical(X), model._target_kinds.validated(y)
    return X, y, checked_sample_weight(sample_weight, X)


@contextmanager
def recommending_pipeline(estimator):
    """Let an error say what takes an X with text, dates or missing values."""
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        reason = re.split(r"\n|\. This means", str(error))[0].removesuffix(".")  # the rest names other models
        if not OF_A_TABLE.search(reason):
            raise
        kind = "regressor" if is_regressor(estimator) else "classifier"
        raise (TypeError if isinstance(error, TypeError) else ValueError)(
            f"{type(estimator).__name__} needs an X of numbers, none of them missing: {reason}. For a table "
            f"with text, dates or missing values, use tabular_pipeline({kind!r})."
        ) from error


def canonical(X):
    """Copy a CSR matrix to sorted indices without duplicates or stored zeros, unless it has them already.

    SciPy would bring the user's matrix to this form in place, as soon as something asks for absolute values.
    """
    if not scipy.sparse.issparse(X) or (X.has_canonical_format and X.data.all()):
        return X
    X = X.copy()
    X.sum_duplicates()
    X.eliminate_zeros()
    return X


def checked_sample_weight(sample_weight, X):
    """Validate the user's weights (n_samples,) of the rows of X; None stays None."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, str | dict):
        raise ValueError(
            f"sample_weight must have a number for each row, got {sample_weight!r}. Weights of classes are a "
            "parameter of a classifier, class_weight."
        )
    return _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)


def numbers_of_groups(groups, n_samples):
    """Validate the groups (n_samples,) of rows: number each row's (n_samples,); None stays None."""
    if groups is None:
        return None
    labels = np.asarray(checked_values(groups, "groups"))
    if labels.shape not in ((n_samples,), (n_samples, 1)):
        raise ValueError(
            f"groups must have one value for each of the {n_samples} rows of X, got the shape {labels.shape}."
        )
    labels = labels.ravel()
    if labels.dtype == object:  # of several types, maybe
        labels = np.array([f"{type(one).__name__} {one}" for one in labels])
    distinct, numbers = np.unique(labels, return_inverse=True)
    if len(distinct) < 2:
        raise ValueError(
            "groups must have two different values or more, so that a group can be held out, got "
            f"{len(distinct)}. Rows that all belong together need no groups."
        )
    return numbers
