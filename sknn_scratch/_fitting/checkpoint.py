"""The file of a checkpoint: what it contains, how it is written, and how a fit is resumed from it.

The file is a line with the format and a digest, and an uncompressed .npz archive of arrays and of JSON with
everything else. Nothing in it is pickled. If the digest is right, the contents are what was written, and need
no checks. They do not include the data. The user passes these again, and their fingerprints are compared.
"""

import io
import json
import os
import shutil
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from inspect import signature
from pathlib import Path

import numpy as np
import scipy.sparse

from sknn_scratch._core.state import State
from sknn_scratch._core.stopping import StopReason
from sknn_scratch._fitting.fitted import DATA_ATTRIBUTES, attributes_of, set_layers

# The fitted attributes that a fit needs before its training; all others follow from the state.
NEEDED = (*DATA_ATTRIBUTES, "history_", "alpha_", "alpha_path_", "_seed_", "_seen_weight_")

FORMAT = b"sknn_scratch checkpoint, format 8, "  # another number whenever the contents change


class CheckpointError(ValueError):
    """A file is not a checkpoint, is damaged, or does not belong to the data of ``resume``."""


@dataclass(frozen=True)
class Contents:
    """The contents of a checkpoint."""

    params: dict  # those parameters of the estimator that a file can contain
    fitted: dict  # attributes before the training
    fingerprints: dict  # of the data
    state: State
    every: int = 1  # number of epochs between two writes

    def after(self, state, choice):
        """Make the contents for a later state, and with the choice of alpha if it has been made."""
        fitted = self.fitted
        if choice is not None and choice.losses:
            fitted = fitted | {"alpha_": choice.alpha, "alpha_path_": choice.path}
        return replace(self, fitted=fitted, state=state)

    def check_data(self, data):
        """Raise ValueError unless the data are those of the fit."""
        now = fingerprints(data)
        if changed := [part for part in now if now[part] != self.fingerprints[part]]:
            raise ValueError(f"they differ in {' and '.join(changed)}.")


@contextmanager
def data_of(stored):
    """Turn a ValueError about the data into a CheckpointError if they should be those of a stored fit."""
    try:
        yield
    except ValueError as error:
        if stored is None:
            raise
        raise CheckpointError(
            f"The data are not those of the fit that wrote the checkpoint: {error} Pass the same values in "
            "the same order and format. To train the network further on other data, use warm_start=True."
        ) from error


def contents_of(fit):
    """Describe a fit at its start, or raise ValueError if it cannot be resumed."""
    check_resumable(fit)
    params = {}
    for name, value in fit.model.get_params(deep=False).items():
        with suppress(TypeError):  # a file cannot contain it
            to_json(value, [])
            params[name] = value
    return Contents(
        params=params,
        fitted=attributes_of(fit.model, NEEDED),
        fingerprints=fingerprints(fit.run.data),
        state=fit.run.state,
    )


def check_resumable(fit):
    """Raise ValueError for a fit that needs more than its state to go on."""
    if fit.partial:
        raise ValueError(
            "Checkpoint is for fit, not for partial_fit. Save the estimator itself between two calls, with "
            "pickle or joblib, and remove the Checkpoint with set_callbacks()."
        )
    if fit.run.config.optimizer.takes_all_rows:
        raise ValueError(
            f"Checkpoint is for stochastic solvers, but with solver={fit.model.solver!r} this fit is by "
            f"{fit.run.config.solver}. Set solver='adam', or remove the Checkpoint with set_callbacks()."
        )


def read_stored_fit(cls, path, params):
    """Read a checkpoint; return the estimator of class ``cls`` as it was before training, and the contents.

    ``params`` are the values of the parameters that a file cannot contain.
    """
    contents, names, params = read_contents(path), signature(cls).parameters, params or {}
    if not contents.params.keys() <= names.keys():
        raise CheckpointError(
            f"{path} has other parameters than {cls.__name__}; call resume of the class that wrote it."
        )
    missing = [name for name in names if name not in contents.params]
    if set(missing) != set(params):
        raise ValueError(
            f"params must be the parameters that {path} cannot contain, {missing}, with their values in the "
            f"fit; got {list(params)}. All others are in the file, and cannot be changed."
        )
    estimator = cls(**contents.params, **params)
    vars(estimator).update(contents.fitted)
    set_layers(estimator, contents.state.params)
    return estimator, contents


def fingerprints(data):
    """Hash the training data, part by part."""
    held_out = data.validation
    validation = () if held_out is None else (held_out.X.source, *held_out.targets)
    return {
        "X": fingerprint(data.X.source),
        "y": fingerprint(data.targets),
        "sample_weight": fingerprint(data.row_weights),
        "the rows to validate with": fingerprint(data.rows, *validation),
    }


def fingerprint(*parts):
    """Hash arrays, CSR matrices or Nones, with shapes and dtypes; memory-mapped arrays are not copied."""
    result = sha256()
    for part in parts:
        arrays = (part.data, part.indices, part.indptr) if scipy.sparse.issparse(part) else (part,)
        for array in arrays if part is not None else ():
            result.update(f"{part.shape}{array.shape}{array.dtype.str}".encode())
            result.update(np.ascontiguousarray(array))
    return result.hexdigest()


def regular_file(path):
    """Follow symbolic links to a file, which need not exist yet; raise OSError if there is something else."""
    target = Path(os.path.realpath(path))
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise OSError(f"{path} is a directory, a device, a pipe or a loop of links; pass the path of a file.")
    return target


def write_contents(path, contents):
    """Write a file, so that after a crash at any moment either the old file or the new one is there."""
    target = regular_file(path)
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.unlink(missing_ok=True)  # of a process that was killed
    try:
        with open(temporary, "xb") as file:
            with suppress(FileNotFoundError):
                shutil.copymode(target, temporary)
            file.writelines(parts_of(contents))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def parts_of(contents):
    """Make the line and the archive."""
    version = sys.modules["sknn_scratch"].__version__  # to import it would be circular
    arrays, archive = [], io.BytesIO()
    text = json.dumps(to_json(vars(contents), arrays))  # floats are written so that the same ones are read
    np.savez(archive, *arrays, text=np.frombuffer(text.encode(), np.uint8))
    archive = archive.getbuffer()
    return FORMAT + f"by version {version}, sha256 {sha256(archive).hexdigest()}\n".encode(), archive


def read_contents(path):
    """Read a file; raise CheckpointError if it is damaged or of another format, OSError if there is none."""
    line, _, archive = regular_file(path).read_bytes().partition(b"\n")
    if not line.startswith(FORMAT):
        raise CheckpointError(
            f"{path} is no checkpoint, or one of another version of sknn_scratch: it begins with "
            f"{line[:100]}, not with {FORMAT}. Pass a file that Checkpoint wrote, install the version that "
            "wrote it, or fit anew."
        )
    if not line.endswith(sha256(archive).hexdigest().encode()):
        raise CheckpointError(f"{path} is damaged. Use a copy of it, or fit anew.")
    with np.load(io.BytesIO(archive)) as arrays:  # refuses pickles
        text = arrays["text"].tobytes()
        return Contents(**json.loads(text, object_hook=lambda written: from_json(written, arrays)))


def to_json(value, arrays):
    """Write a value so that ``from_json`` reads an equal one, and append its arrays; TypeError if it cannot.

    Each dict in the JSON has one key, which says what the value is.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case np.bool() | np.integer() | np.float32():
            return value.item()
        case dict():
            return {"dict": [[to_json(key, arrays), to_json(one, arrays)] for key, one in value.items()]}
        case np.ndarray() if value.dtype == object:
            return {"objects": [to_json(one, arrays) for one in value]}
        case np.ndarray():
            arrays.append(value)
            return {"array": f"arr_{len(arrays) - 1}"}  # as NumPy names it
        case np.random.Generator():
            return {"generator": to_json(value.bit_generator.state, arrays)}
        case StopReason():
            return {"reason": value.name}
        case State(history=history):
            # All epochs in one array: a long history takes longer to write as JSON than an epoch to train.
            first = dict(*history[:1])
            values = np.array([[record[name] for name in first] for record in history])
            fields = vars(value) | {"history": {"first": first, "values": values}}
            return {"state": to_json(fields, arrays)}
    raise TypeError(f"A checkpoint cannot contain {value!r}.")


def from_json(written, arrays):
    """Read a dict that ``to_json`` wrote; the values in it are read already."""
    ((kind, value),) = written.items()
    match kind:
        case "dict":
            return dict(value)
        case "objects":
            return np.array(value, object)
        case "array":
            return arrays[value]
        case "generator":
            rng = np.random.default_rng()
            rng.bit_generator.state = value
            return rng
        case "reason":
            return StopReason[value]
        case _:  # "state"
            names, rows = value["history"]["first"], value["history"]["values"].tolist()
            return State(**value | {"history": [dict(zip(names, row, strict=True)) for row in rows]})
