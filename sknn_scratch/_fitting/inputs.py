"""What the user passes to fit, validated and encoded."""

import math
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from sklearn.utils.validation import validate_data

from sknn_scratch._fitting.fitted import data_attributes, fitted_encoding
from sknn_scratch._fitting.targets import LabelEncoding, check_labels, plain_labels

# What users pass as rows, labels or weights: array-like, sparse or of a data frame. No one type covers these.
Rows: TypeAlias = Any

# What the parameter dtype means: float32 stays float32, all else becomes float64.
DTYPES = {None: [np.float64, np.float32], "float32": np.float32, "float64": np.float64}


@dataclass(frozen=True)
class FitInput:
    """What a user passes to fit or partial_fit.

    ``encoded`` is a cache that ``plan_fit`` fills: networks that are planned on one and the same object share
    the validated data.
    """

    X: object
    y: object
    sample_weight: object = None
    X_val: object = None
    y_val: object = None
    sample_weight_val: object = None
    classes: object = None
    partial: bool = False
    encoded: dict = field(default_factory=dict, repr=False)  # EncodedData by the parameter dtype


@dataclass(frozen=True)
class EncodedData:
    """The training data, validated and encoded; networks that share it can be stacked without a copy."""

    X: object
    y: np.ndarray
    targets: np.ndarray
    encoding: LabelEncoding
    attributes: dict  # the fitted attributes that follow from the data


def encode_data(model, inputs, goes_on):
    """Validate and encode the training data."""
    dtype = model._dtype if goes_on else DTYPES[model.dtype]
    X, y = validated_data(model, inputs.X, inputs.y, dtype, reset=not goes_on)
    encoding = same_encoding(model, y, inputs) if goes_on else first_encoding(y, inputs)
    of_labels = {"classes_": encoding.classes, "_target_kind_": encoding.kind}
    return EncodedData(X, y, encoding.encode(y, X.dtype), encoding, data_attributes(model) | of_labels)


def validated_data(model, X, y, dtype, *, reset):
    """Validate X and y, in the precision of the training; sparse X as CSR."""
    X, y = validate_data(
        model,
        X,
        plain_labels(y),
        accept_sparse="csr",
        dtype=dtype,
        order="C",
        multi_output=True,
        reset=reset,
    )
    return X, check_labels(y)


def same_encoding(model, y, inputs):
    """Get the encoding of the first fit, after a check that it still suits the labels."""
    encoding = fitted_encoding(model)
    encoding.check(y)
    encoding.check_classes(inputs.classes)
    if not inputs.partial and y.ndim == 1 and len(np.unique(y)) != len(encoding.classes):
        raise ValueError(
            f"To go on, y must have the same classes as before: {encoding.classes.tolist()}. With "
            "warm_start=False, fit starts anew."
        )
    return encoding


def first_encoding(y, inputs):
    """Find the encoding of the labels."""
    if inputs.partial and inputs.classes is None and y.ndim == 1:
        raise ValueError("classes must be passed on the first call to partial_fit.")
    encoding = LabelEncoding.of(y, inputs.classes)
    encoding.check_classes(inputs.classes)
    if len(encoding.classes) < 2 and encoding.kind != "multilabel":
        source = "y" if inputs.classes is None else "classes"
        raise ValueError(
            f"{source} has only one class, {encoding.classes.tolist()}; a classifier needs two or more."
        )
    if inputs.classes is not None:
        encoding.check(y)
    return encoding


def check_outputs(outputs):
    """Raise ValueError if what a network computes for rows (n_rows, n_values) overflows."""
    if math.isfinite(outputs.sum()):
        return
    bad_rows = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
    if len(bad_rows):
        precision = "" if outputs.dtype == np.float64 else ", or train with dtype='float64'"
        raise ValueError(
            f"X has values that are too large: what the network computes for {len(bad_rows)} of "
            f"{len(outputs)} rows (row {bad_rows[0]} is the first) overflows {outputs.dtype}. Correct these "
            f"rows; scale X as in training, with a scaler in a Pipeline{precision}."
        )
