"""What a checkpoint keeps of a fit beside its training state, and the way back to a plan.

The data are not kept: they are given again, and compared by their fingerprints.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from sknn_scratch._core.state import State
from sknn_scratch._fitting.checkpoint_file import CheckpointError, read_checkpoint
from sknn_scratch._fitting.fitted import DATA_ATTRIBUTES, set_layers
from sknn_scratch._fitting.plan import plan_fit

# The fitted attributes that a fit has before it trains; all others come from the training state.
FITTED_BEFORE_TRAINING = (*DATA_ATTRIBUTES, "history_", "_seed_")


@dataclass(frozen=True)
class StoredFit:
    """A fit that was broken off, as it lies on the disk."""

    path: object
    state: State
    header: dict


def header_of(plan):
    """Describe a fit in a way that JSON can hold, or raise ValueError if it could not be resumed."""
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
            name: to_json(getattr(fitted, name)) for name in FITTED_BEFORE_TRAINING if hasattr(fitted, name)
        },
        "shape": {name: int(n) for name, n in plan.run.config.network.shape._asdict().items()},
        "fingerprints": fingerprints(plan.run.data),
    }


def check_resumable(plan):
    """Raise ValueError for a fit whose checkpoint would not be worth anything."""
    if plan.model.solver == "lbfgs":
        raise ValueError(
            "Checkpoint cannot be used with solver='lbfgs', since SciPy keeps that solver's memory to "
            "itself; use solver='adam' or 'sgd', or remove the callback with set_callbacks()."
        )
    if plan.partial:
        raise ValueError(
            "Checkpoint is for fit, not for partial_fit, which sees other rows at every call; save the "
            "estimator itself between two calls (pickle, joblib), and remove the callback with "
            "set_callbacks()."
        )


def read_stored_fit(cls, path, params):
    """Read a checkpoint, and rebuild the estimator as it was before it was trained.

    Parameters
    ----------
    cls : class
        ShallowNNClassifier, or one derived from it.
    path : str or path-like
    params : dict or None
        Values for those parameters that JSON cannot hold.

    Returns
    -------
    estimator : cls
    stored : StoredFit
    """
    state, header = read_checkpoint(path)
    params = {} if params is None else params
    check_params(path, header["missing_params"], params)
    estimator = cls(**{name: from_json(value) for name, value in header["params"].items()}, **params)
    for name, value in header["fitted"].items():
        setattr(estimator, name, from_json(value))
    set_layers(estimator, state.params)
    return estimator, StoredFit(path, state, header)


def check_params(path, missing, given):
    """Check that just the parameters that the checkpoint does not hold are given."""
    if absent := [name for name in missing if name not in given]:
        example = ", ".join(f"{name!r}: ..." for name in absent)
        raise ValueError(
            f"{path} does not hold the value of {', '.join(absent)}, which JSON cannot write. Pass what "
            f"the fit had: resume(..., params={{{example}}})."
        )
    if surplus := [name for name in given if name not in missing]:
        raise ValueError(
            f"params={surplus} cannot be given: a fit goes on with the parameters that it began with. "
            f"Those that the checkpoint does not hold are {missing}."
        )


def plan_resumption(estimator, inputs, stored):
    """Plan to go on with a stored fit: its own plan, with the stored state in place of a fresh one."""
    plan = plan_fit(estimator, inputs, stored.state)
    for part, fingerprint in fingerprints(plan.run.data).items():
        if fingerprint != stored.header["fingerprints"][part]:
            words = "The part of the rows to validate with" if part == "validation" else part
            raise CheckpointError(
                f"{words} differs from what the fit that wrote {stored.path} was given. Pass the same "
                "values in the same order and format; to train the network further on other data, use "
                "warm_start=True."
            )
    return plan


def fingerprints(data):
    """Digest the training data, part by part."""
    held_out = data.validation
    parts = {
        "X": data.X.arrays,
        "y": (data.targets,),
        "sample_weight": (data.row_weights,),
        "validation": (
            data.rows,
            *(() if held_out is None else (*held_out.X.arrays, *held_out.targets)),
        ),
    }
    return {part: digest(arrays) for part, arrays in parts.items()}


def digest(arrays):
    """Hash arrays, or Nones, with their shapes and dtypes; a memory-mapped one is not copied."""
    result = hashlib.blake2b(digest_size=16)
    for array in arrays:
        if array is not None:
            result.update(f"{array.shape}{array.dtype.str}".encode())
            result.update(np.ascontiguousarray(array))
    return result.hexdigest()


def to_json(value):
    """Write a value such that ``from_json`` gives back the same, of the same type; or raise TypeError."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.generic) and type(value.item()) in (bool, int, float, str):
        return {"scalar": value.item(), "dtype": value.dtype.str}
    if isinstance(value, np.ndarray) and value.dtype.kind in "mM":  # dates, which JSON has as whole numbers
        return {"array": value.astype(np.int64).tolist(), "dtype": value.dtype.str}
    if isinstance(value, np.ndarray):
        return {"array": [to_json(element) for element in value.tolist()], "dtype": value.dtype.str}
    if isinstance(value, dict):
        return {"dict": [[to_json(key), to_json(element)] for key, element in value.items()]}
    raise TypeError(f"JSON cannot hold {value!r}.")


def from_json(written):
    """Read what ``to_json`` wrote."""
    match written:
        case {"scalar": value, "dtype": dtype}:
            return np.dtype(dtype).type(value)
        case {"array": values, "dtype": dtype}:
            return np.array([from_json(value) for value in values], dtype)
        case {"dict": items}:
            return {from_json(key): from_json(value) for key, value in items}
    return written
