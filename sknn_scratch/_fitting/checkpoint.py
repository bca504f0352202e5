"""What a checkpoint contains in addition to the training state, and how a fit is resumed from it.

It does not contain the data. The user passes them again, and their fingerprints are compared.
"""

import hashlib
import json
import math
import re
import reprlib
from dataclasses import dataclass

import numpy as np
import scipy.sparse

from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.parameters import NetworkShape
from sknn_scratch._core.state import State
from sknn_scratch._fitting import labels, reals
from sknn_scratch._fitting.checkpoint_file import (
    CheckpointError,
    naming_the_file,
    read_checkpoint,
    shapes_of,
)
from sknn_scratch._fitting.checkpoint_schema import (
    NAMES,
    OBJECT,
    TEXT,
    Kind,
    Malformed,
    check_record,
    number,
    one_of,
    record_of,
    whole_number,
)
from sknn_scratch._fitting.fitted import set_layers, target_kind_of
from sknn_scratch._fitting.labels import Labels
from sknn_scratch._fitting.reals import Reals


def are_labels(value):
    """Whether a value is an array of sortable labels."""
    is_array = isinstance(value, np.ndarray) and value.size > 0
    return is_array and (value.dtype != object or all(isinstance(label, str) for label in value))


def are_finite(value):
    """Whether a value is a finite float or a vector of finite floats."""
    is_vector = isinstance(value, np.ndarray) and value.ndim == 1 and value.size > 0 and value.dtype == float
    return (type(value) is float or is_vector) and bool(np.isfinite(value).all())


def are_feature_names(value):
    """Whether a value is an array of strings."""
    is_array = isinstance(value, np.ndarray) and value.dtype == object
    return is_array and all(isinstance(name, str) for name in value)


def is_history(value):
    """Whether a value is a dict of columns of equal length."""
    return (
        isinstance(value, dict)
        and all(isinstance(name, str) for name in value)
        and all(isinstance(column, np.ndarray) and column.dtype == float for column in value.values())
        and len(set(map(len, value.values()))) < 2
    )


# The fitted attributes that a fit sets before training; all others come from the training state.
FITTED_BEFORE_TRAINING = {
    "n_features_in_": whole_number(1, 2**40),
    "feature_names_in_": Kind("an array of strings", are_feature_names),
    "history_": Kind("columns of floats", is_history),
    "solver_": one_of(SOLVERS),
    "_seed_": whole_number(0, 2**31 - 1),
    "_seen_weight_": number("a number that is not negative", lambda value: value >= 0),
}
OF_KINDS = {
    Labels: {
        "classes_": Kind("an array of labels", are_labels),
        "_target_kind_": one_of(labels.KINDS),
    },
    Reals: {
        "y_offset_": Kind("finite numbers", are_finite),
        "y_scale_": Kind("positive numbers", lambda value: are_finite(value) and np.all(value > 0)),
        "_target_kind_": one_of(reals.KINDS),
    },
}
MAY_BE_MISSING = {"feature_names_in_", "history_"}

HEADER = {
    "params": OBJECT,
    "missing_params": NAMES,
    "fitted": OBJECT,
    "fingerprints": record_of(dict.fromkeys(["X", "y", "sample_weight", "validation"], TEXT)),
    "every": whole_number(1, math.inf),
}

# The dtypes that to_json writes; from_json accepts no others.
DTYPES = re.compile(r"[<>|=]([bi]1|[iuf][1248]|u1|U\d{1,7}|O|[mM]8(\[\d*\w+\])?)")
MOST_BYTES = 2**28  # of such an array: with a dtype of long strings, a small file would fill the memory


@dataclass(frozen=True)
class StoredFit:
    """An unfinished fit, read from a checkpoint."""

    path: object
    state: State
    header: dict

    def check_fit(self, config, data):
        """Raise CheckpointError unless the data and the solver are the same as in the stored fit."""
        for part, fingerprint in fingerprints(data).items():
            if fingerprint != self.header["fingerprints"][part]:
                words = "The part of the rows to validate with" if part == "validation" else part
                raise CheckpointError(
                    f"{words} is not the same as in the fit that wrote {self.path}. Pass the same "
                    "values in the same order and format; to train the network further on other data, use "
                    "warm_start=True."
                )
        if config.solver != self.header["fitted"]["solver_"]:
            raise CheckpointError(f"{self.path} is damaged (its memory does not belong to {config.solver}).")


def header_of(plan):
    """Describe a fit in JSON values, or raise ValueError if it cannot be resumed."""
    check_resumable(plan)
    fitted = plan.model
    params, missing = {}, []
    for name, value in fitted.get_params(deep=False).items():
        try:
            params[name] = to_json(value)
        except TypeError:
            missing.append(name)
    return {
        "params": params,
        "missing_params": missing,
        "fitted": {
            name: to_json(getattr(fitted, name))
            for name in fitted_before_training(fitted)
            if hasattr(fitted, name)
        },
        "fingerprints": fingerprints(plan.run.data),
    }


def fitted_before_training(estimator):
    """List the fitted attributes that an estimator has before training, and the kinds of their values."""
    return FITTED_BEFORE_TRAINING | OF_KINDS[estimator._target_kinds]


def check_resumable(plan):
    """Raise ValueError for a fit that cannot be resumed."""
    if plan.partial:
        raise ValueError(
            "Checkpoint is for fit, not for partial_fit, which sees other rows at every call; save the "
            "estimator itself between two calls (pickle, joblib), and remove the callback with "
            "set_callbacks()."
        )


def read_stored_fit(cls, path, params):
    """Read a checkpoint, and rebuild the estimator as it was before training.

    Parameters
    ----------
    cls : class
        ShallowNNClassifier or ShallowNNRegressor, or a subclass.
    path : str or path-like
    params : dict or None
        Values of the parameters that JSON cannot represent.

    Returns
    -------
    estimator : cls
    stored : StoredFit
    """
    state, header = read_checkpoint(path)
    with naming_the_file(path):
        check_record(header, HEADER, "header")
        estimator = read_estimator(cls, header)
        check_network(estimator, state)
    params = {} if params is None else params
    check_params(path, header["missing_params"], params)
    estimator.set_params(**params)
    set_layers(estimator, state.params)
    return estimator, StoredFit(path, state, header)


def read_estimator(cls, header):
    """Make an estimator with the parameters and the fitted attributes of a header, after checking them."""
    params = {name: from_json(written) for name, written in header["params"].items()}
    fitted = {name: from_json(written) for name, written in header["fitted"].items()}
    if {*params, *header["missing_params"]} != set(cls._get_param_names()):
        raise Malformed(
            f"it has other parameters than {cls.__name__}; call resume of the class that wrote it"
        )
    estimator = cls(**params)
    try:
        estimator._validate_params()
    except ValueError as error:
        raise Malformed(str(error)) from error
    absent = MAY_BE_MISSING - fitted.keys()
    kinds = {name: kind for name, kind in fitted_before_training(estimator).items() if name not in absent}
    check_record(fitted, kinds, "fitted")
    for name, value in fitted.items():
        setattr(estimator, name, value)
    return estimator


def check_network(estimator, state):
    """Check that a state belongs to the network that the estimator describes."""
    if estimator.solver not in ("auto", estimator.solver_):
        raise Malformed(f"solver_={estimator.solver_!r} is not what solver={estimator.solver!r} asks for")
    n_outputs = target_kind_of(estimator).n_outputs
    shape = NetworkShape(estimator.n_features_in_, int(estimator.n_hidden), n_outputs)
    if shape.n_params != len(state.params):
        raise Malformed(f"a network of {shape} does not have {len(state.params)} parameters")
    memory = SOLVERS[estimator.solver_].init(state.params)
    if state.memory and shapes_of(state.memory) != shapes_of(memory):
        raise Malformed(f"its memory does not belong to {estimator.solver_}")
    if len(getattr(estimator, "feature_names_in_", range(shape.n_features))) != shape.n_features:
        raise Malformed("the number of feature names is wrong")
    if any(len(column) > state.epochs_before for column in getattr(estimator, "history_", {}).values()):
        raise Malformed("its history is longer than the training was")


def check_params(path, missing, given):
    """Check that the given parameters are exactly those that are missing in the checkpoint."""
    if absent := [name for name in missing if name not in given]:
        example = ", ".join(f"{name!r}: ..." for name in absent)
        raise ValueError(
            f"{path} does not contain the value of {', '.join(absent)}, which JSON cannot represent. Pass "
            f"the value of the fit: resume(..., params={{{example}}})."
        )
    if surplus := [name for name in given if name not in missing]:
        raise ValueError(
            f"params={surplus} cannot be changed: a fit continues with the parameters that it started with. "
            f"Pass only the parameters that the checkpoint does not contain: {missing}."
        )


def fingerprints(data):
    """Hash the training data, part by part."""
    held_out = data.validation
    parts = {
        "X": arrays_of(data.X.source),
        "y": (data.targets,),
        "sample_weight": (data.row_weights,),
        "validation": (
            data.rows,
            *(() if held_out is None else (*arrays_of(held_out.X.source), *held_out.targets)),
        ),
    }
    return {part: digest(arrays) for part, arrays in parts.items()}


def arrays_of(X):
    """List the arrays of a design matrix."""
    if scipy.sparse.issparse(X):
        return np.array(X.shape), X.data, X.indices, X.indptr
    return (X,)


def digest(arrays):
    """Hash arrays, or Nones, with their shapes and dtypes, without copying memory-mapped arrays."""
    result = hashlib.blake2b(digest_size=16)
    for array in arrays:
        if array is not None:
            result.update(f"{array.shape}{array.dtype.str}".encode())
            result.update(np.ascontiguousarray(array))
    return result.hexdigest()


def to_json(value):
    """Write a value so that ``from_json`` reads the same value and type, or raise TypeError."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.generic) and type(value.item()) in (bool, int, float, str):
        return {"scalar": value.item(), "dtype": value.dtype.str}
    if isinstance(value, np.ndarray) and value.dtype.kind in "mM":  # dates, written as whole numbers
        return {"array": value.astype(np.int64).tolist(), "dtype": value.dtype.str}
    if isinstance(value, np.ndarray):
        return {"array": [to_json(element) for element in value.tolist()], "dtype": value.dtype.str}
    if isinstance(value, dict):
        return {"dict": [[to_json(key), to_json(element)] for key, element in value.items()]}
    raise TypeError(f"JSON cannot hold {value!r}.")


def from_json(written):
    """Read what ``to_json`` wrote; raise Malformed for anything else."""
    try:
        with np.errstate(all="ignore"):
            value = read_json(written)
        if json.dumps(to_json(value)) == json.dumps(written):
            return value
    except (OverflowError, RecursionError, TypeError, ValueError) as error:  # NumPy's, for wrong values
        raise Malformed(f"{type(error).__name__}: {error}") from error
    raise Malformed(f"{reprlib.repr(written)} does not read back as it was written")


def read_json(written):
    """Make the value that ``written`` represents."""
    match written:
        case {"scalar": value, "dtype": dtype}:
            return checked_dtype(dtype, 1).type(value)
        case {"array": list(values), "dtype": dtype}:
            return np.array([read_json(value) for value in values], checked_dtype(dtype, len(values)))
        case {"dict": list(items)}:
            return {read_json(key): read_json(value) for key, value in items}
    return written


def checked_dtype(name, n_values):
    """Make a dtype, if ``to_json`` writes it and the values would not fill the memory."""
    if not isinstance(name, str) or not DTYPES.fullmatch(name):
        raise Malformed(f"{reprlib.repr(name)} is no dtype of a parameter")
    dtype = np.dtype(name)
    if dtype.itemsize * n_values > MOST_BYTES:
        raise Malformed(f"{n_values} values of {name} are too many")
    return dtype
