"""What a checkpoint contains, and how a fit is resumed from it.

It does not contain the data. The user passes them again, and their fingerprints are compared.
"""

import hashlib
import reprlib
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from inspect import signature
from types import NoneType
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from sknn_scratch._core.parameters import NetworkShape
from sknn_scratch._core.state import State
from sknn_scratch._fitting.checkpoint_file import (
    CheckpointError,
    Malformed,
    Table,
    leaves_of,
    naming_the_file,
    read_record,
    require,
)
from sknn_scratch._fitting.fitted import set_layers, target_kind_of


@dataclass(frozen=True)
class Fingerprints:
    """Hashes of the parts of the data."""

    X: str
    y: str
    sample_weight: str
    validation: str


@dataclass(frozen=True)
class Fitted:
    """The fitted attributes that a fit needs before its training; all others follow from the state.

    An attribute that the estimator does not have is None.
    """

    n_features_in_: int
    feature_names_in_: NDArray[np.object_] | None
    classes_: NDArray[Any] | None
    y_offset_: float | NDArray[np.float64] | None
    y_scale_: float | NDArray[np.float64] | None
    _target_kind_: str
    history_: Table
    alpha_: float | None
    alpha_path_: Table
    _seed_: int
    _seen_weight_: float


@dataclass(frozen=True)
class Contents:
    """The contents of a checkpoint."""

    params: dict  # those parameters of the estimator that JSON can represent, as ``to_json`` writes them
    fitted: Fitted
    fingerprints: Fingerprints
    state: State
    every: int = 1  # number of epochs between two writes

    def after(self, state, choice):
        """Make the contents for a later state, and with the choice of alpha if it has been made."""
        fitted = self.fitted
        if choice is not None and not choice.is_open:
            fitted = replace(fitted, alpha_=choice.alpha, alpha_path_=choice.path)
        return replace(self, fitted=fitted, state=state)


@dataclass(frozen=True)
class StoredFit:
    """An unfinished fit, read from a checkpoint."""

    path: object
    contents: Contents

    def check_fit(self, config, data):
        """Raise CheckpointError unless the data and the solver are the same as in the stored fit."""
        for part, fingerprint in vars(fingerprints(data)).items():
            if fingerprint != getattr(self.contents.fingerprints, part):
                words = "The part of the rows to validate with" if part == "validation" else part
                raise CheckpointError(
                    f"{words} is not the same as in the fit that wrote {self.path}. Pass the same "
                    "values in the same order and format; to train the network further on other data, use "
                    "warm_start=True."
                )
        state = self.contents.state
        own = described(config.optimizer.init(state.params))
        with naming_the_file(self.path):
            is_own = described(state.memory) in ({}, own)
            require(is_own, f"state.memory does not belong to {config.solver}")


def contents_of(fit):
    """Describe a fit at its start, or raise ValueError if it cannot be resumed."""
    if fit.partial:
        raise ValueError(
            "Checkpoint is for fit, not for partial_fit, which sees other rows at every call; save the "
            "estimator itself between two calls (pickle, joblib), and remove the callback with "
            "set_callbacks()."
        )
    if fit.run.config.optimizer.takes_all_rows:
        raise ValueError(
            "Checkpoint is not for the solver 'lbfgs', which 'auto' chooses for few rows: SciPy has its "
            "state. Use solver='adam', or remove the callback with set_callbacks()."
        )
    model = fit.model
    params = {}
    for name, value in model.get_params(deep=False).items():
        with suppress(TypeError):
            params[name] = to_json(value)
    attributes = {field.name: getattr(model, field.name, None) for field in fields(Fitted)}
    return Contents(
        params=params,
        fitted=Fitted(
            **attributes | {name: getattr(model, name, {}) for name in ("history_", "alpha_path_")}
        ),
        fingerprints=fingerprints(fit.run.data),
        state=fit.run.state,
    )


def read_stored_fit(cls, path, params):
    """Read a checkpoint; return the estimator of class ``cls`` as it was before training, and its StoredFit.

    ``params`` are the values of the parameters that JSON cannot represent.
    """
    contents = read_record(path, Contents)
    with naming_the_file(path):
        estimator = estimator_of(cls, contents)
        check_state(estimator, contents.state)
    params = {} if params is None else params
    check_params(path, [name for name in signature(cls).parameters if name not in contents.params], params)
    estimator.set_params(**params)
    set_layers(estimator, contents.state.params)
    return estimator, StoredFit(path, contents)


def estimator_of(cls, contents):
    """Make the estimator that the contents describe, after checking them."""
    require(
        contents.params.keys() <= signature(cls).parameters.keys(),
        f"it has other parameters than {cls.__name__}; call resume of the class that wrote it",
    )
    estimator = cls(**{name: from_json(name, written) for name, written in contents.params.items()})
    try:
        estimator._validate_params()
    except ValueError as error:
        raise Malformed(str(error)) from error
    require(contents.every >= 1, "every cannot be 0")
    vars(estimator).update({name: one for name, one in vars(contents.fitted).items() if one is not None})
    check_kind_of_y(estimator)
    return estimator


def check_kind_of_y(fitted):
    """Check the attributes that describe y."""
    try:
        target_kind_of(fitted)
    except KeyError as error:
        raise Malformed(f"fitted._target_kind_ cannot be {error}") from error
    except AttributeError as error:
        raise Malformed(f"fitted.{error.name} is missing") from error
    if hasattr(fitted, "y_scale_"):
        require(hasattr(fitted, "y_offset_"), "fitted.y_offset_ is missing")
        is_scale = np.shape(fitted.y_scale_) == np.shape(fitted.y_offset_) and np.all(fitted.y_scale_ > 0)
        require(is_scale, "fitted.y_scale_ must be positive, and have the shape of fitted.y_offset_")


def check_state(estimator, state):
    """Check that a state belongs to the network that the estimator describes."""
    n_outputs = target_kind_of(estimator).n_outputs
    shape = NetworkShape(estimator.n_features_in_, int(estimator.n_hidden), n_outputs)
    dtype = state.params.dtype
    require(dtype in (np.float32, np.float64), f"state.params cannot be of {dtype}")
    for name, found in described(leaves_of(replace(state, memory={}, history=[]), "state.")).items():
        is_like_params = found == (dtype, (shape.n_params,))
        require(is_like_params, f"{name} must have {shape.n_params} numbers of {dtype}, for {shape}")
    n_epochs = len(state.history)
    require(n_epochs or state.stop_reason is None, "state.history is missing")
    names = state.history[0] if state.history else {"loss", "learning_rate"}
    for name in ("loss", "learning_rate"):
        require(name in names, f"state.history.{name} is missing")
    require(state.n_reductions <= n_epochs, f"state.n_reductions cannot be {state.n_reductions}")


def described(leaves):
    """Get the dtype and the shape of each array."""
    return {name: (leaf.dtype, leaf.shape) for name, leaf in leaves.items() if isinstance(leaf, np.ndarray)}


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
    return Fingerprints(
        X=digest(arrays_of(data.X.source)),
        y=digest([data.targets]),
        sample_weight=digest([data.row_weights]),
        validation=digest(
            [data.rows, *(() if held_out is None else (*arrays_of(held_out.X.source), *held_out.targets))]
        ),
    )


def digest(arrays):
    """Hash arrays, or Nones, with their shapes and dtypes, without copying memory-mapped arrays."""
    result = hashlib.blake2b(digest_size=16)
    for array in arrays:
        if array is not None:
            result.update(f"{array.shape}{array.dtype.str}".encode())
            result.update(np.ascontiguousarray(array))
    return result.hexdigest()


def arrays_of(X):
    """List the arrays of a design matrix."""
    if scipy.sparse.issparse(X):
        return np.array(X.shape), X.data, X.indices, X.indptr
    return (X,)


# --- Parameters in JSON ---


def to_json(value):
    """Write a parameter so that ``from_json`` reads an equal value, or raise TypeError."""
    if type(value) is dict:
        return {"items": [[to_json(key), to_json(element)] for key, element in value.items()]}
    plain = value.item() if isinstance(value, np.generic) else value
    if type(plain) in (NoneType, bool, int, float, str):
        return plain
    raise TypeError(f"JSON cannot hold {value!r}.")


def from_json(name, written):
    """Read a parameter that ``to_json`` wrote; its dicts have no lists or dicts in them."""
    if not isinstance(written, dict | list):
        return written
    try:
        return dict(written["items"])
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed(f"params.{name} cannot be {reprlib.repr(written)}") from error
