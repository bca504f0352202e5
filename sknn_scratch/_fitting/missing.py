"""Missing values in y, of every library."""

import sys

import numpy as np
import scipy.sparse


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
        raise ValueError(f"{count} are missing (NaN, NaT, NA or None); leave them out.")


def is_missing(value):
    """Whether an object stands for a missing value."""
    if value is None or value is getattr(sys.modules.get("pandas"), "NA", None):
        return True
    return not isinstance(value, str | list | tuple | np.ndarray) and bool(value != value)
