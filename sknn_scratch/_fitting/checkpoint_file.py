"""A training state on disk: written whole or not at all, read back bit for bit.

The file is an .npz archive of plain arrays; nothing in it is pickled. One of them, "header", holds JSON
in UTF-8: the name and number of the format, the numbers of the state, and the caller's own header.

To change the format, raise ``FORMAT_NUMBER``; from the first release on, ``read_checkpoint`` must still read
the older numbers.
"""

import glob
import io
import json
import os
import secrets
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from sknn_scratch._core.state import Snapshot, State
from sknn_scratch._core.stopping import StopReason, Watch

Json: TypeAlias = dict[str, Any]
Arrays: TypeAlias = dict[str, np.ndarray[Any, Any]]

FORMAT = "sknn_scratch checkpoint"
FORMAT_NUMBER = 3  # 1 had the parameters in another order, 2 another name in its header
MEMORY = "memory."  # before the names of the optimiser's arrays

# Those of default_rng; their states are plain numbers, which JSON holds exactly.
BIT_GENERATORS = MappingProxyType({"PCG64": np.random.PCG64, "PCG64DXSM": np.random.PCG64DXSM})


class CheckpointError(ValueError):
    """A file is not a checkpoint, is damaged, or does not belong to the call that wants to use it."""


def write_checkpoint(path: str | os.PathLike[str], state: State, header: Json) -> None:
    """Write a state, so that after a crash at any instant there is the old file or the new one.

    1. Remove what a crash of an earlier call may have left behind.
    2. Write a temporary file in the same directory, and wait until it is on the disk.
    3. Rename it: that is one step for whoever looks at the directory.
    4. Wait until the renaming is on the disk.

    Parameters
    ----------
    path : str or path-like
        A file, which is replaced if it exists. Only one training at a time may write to it.
    state : State
        Is not changed.
    header : dict
        Whatever JSON can hold.
    """
    path = Path(path)
    for leftover in leftovers(path):
        leftover.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            write_arrays(file, pack(state, header))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    flush_directory(path.parent)


def leftovers(path: Path) -> Iterator[Path]:
    """Find the temporary files of calls that were killed."""
    return path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 16}.tmp")


def flush_directory(directory: Path) -> None:
    """Make a renaming last. Windows does not let a directory be opened, and needs no flush."""
    with suppress(PermissionError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_checkpoint(path: str | os.PathLike[str]) -> tuple[State, Json]:
    """Read what ``write_checkpoint`` wrote.

    Returns
    -------
    state : State
    header : dict
        The caller's.

    Raises
    ------
    CheckpointError
        If the file is damaged, is not a checkpoint, or is of another format.
    OSError
        If there is no such file, or it cannot be opened.
    """
    contents = Path(path).read_bytes()
    try:
        arrays = read_arrays(contents)
        document = json.loads(arrays.pop("header").tobytes())
        check_format(path, document)
        if shapes_of(arrays) != document["arrays"]:
            raise ValueError("it has other arrays than its header says")
        return unpack(arrays, document["state"]), document["header"]
    except CheckpointError:
        raise
    except Exception as error:  # a parser that is fed with anything may raise anything
        raise CheckpointError(
            f"{path} is damaged or is no checkpoint of sknn_scratch ({type(error).__name__}: {error}). "
            "Pass a file that Checkpoint wrote; if this is one, use a copy of it, or fit anew."
        ) from error


def check_format(path: str | os.PathLike[str], document: Json) -> None:
    """Raise CheckpointError for another program's file, or one of another format."""
    if document["format"] != FORMAT or not isinstance(document["format_number"], int):
        raise CheckpointError(f"{path} is no checkpoint of sknn_scratch; pass a file that Checkpoint wrote.")
    if document["format_number"] != FORMAT_NUMBER:
        raise CheckpointError(
            f"{path} was written in format {document['format_number']}, by sknn_scratch "
            f"{document['package_version']}; the installed version reads format {FORMAT_NUMBER}. Install the "
            "version that wrote the file to resume it, or fit anew."
        )


def write_arrays(file: BinaryIO, arrays: Arrays) -> None:
    """Write arrays as an .npz, uncompressed."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read_arrays(contents: bytes) -> Arrays:
    """Read the arrays of an .npz; each member is checked against its sum before it is parsed."""
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        return {
            name.removesuffix(".npy"): np.lib.format.read_array(
                io.BytesIO(archive.read(name)), allow_pickle=False
            )
            for name in archive.namelist()
        }


def pack(state: State, header: Json) -> Arrays:
    """Turn a state into arrays; what an epoch has no record of is NaN."""
    names = list(dict.fromkeys(name for record in state.history for name in record))
    values = [[record.get(name, np.nan) for name in names] for record in state.history]
    arrays: Arrays = {
        "params": state.params,
        "history": np.array(values, np.float64).reshape(len(values), len(names)),
    }
    arrays |= {f"{MEMORY}{name}": array for name, array in state.memory.items()}
    last_good = None if state.last_good is None else state.last_good.params
    optional = {"best_params": state.watch.best_params, "last_good": last_good}
    arrays |= {name: array for name, array in optional.items() if array is not None}
    document = {
        "format": FORMAT,
        "format_number": FORMAT_NUMBER,
        "package_version": package_version(),
        "arrays": shapes_of(arrays),
        "state": {"history_names": names, **numbers_of(state)},
        "header": header,
    }
    arrays["header"] = np.frombuffer(json.dumps(document).encode(), np.uint8)
    return arrays


def shapes_of(arrays: Arrays) -> Json:
    """List the arrays: an .npz does not notice if one of them is lost."""
    return {name: [array.dtype.str, *array.shape] for name, array in arrays.items()}


def numbers_of(state: State) -> Json:
    """All of a state that is no array; Python writes floats so that they read back exactly."""
    watch = state.watch
    return {
        "shuffle_rng": state.shuffle_rng.bit_generator.state,
        "dropout_rng": state.dropout_rng.bit_generator.state,
        "n_updates": state.n_updates,
        "n_reductions": state.n_reductions,
        "epochs_before": state.epochs_before,
        "best_value": watch.best_value,
        "best_epoch": watch.best_epoch,
        "epochs_without_improvement": watch.epochs_without_improvement,
        "loss_limit": state.loss_limit,
        "good_epoch": None if state.last_good is None else state.last_good.epoch,
        "stop_reason": None if state.stop_reason is None else state.stop_reason.name,
    }


def unpack(arrays: Arrays, numbers: Json) -> State:
    """Turn arrays back into a state."""
    memory = {name.removeprefix(MEMORY): array for name, array in arrays.items() if name.startswith(MEMORY)}
    return State(
        params=arrays["params"],
        shuffle_rng=restored_rng(numbers["shuffle_rng"]),
        dropout_rng=restored_rng(numbers["dropout_rng"]),
        memory=memory,
        n_updates=numbers["n_updates"],
        n_reductions=numbers["n_reductions"],
        history=[dict(zip(numbers["history_names"], row, strict=True)) for row in arrays["history"].tolist()],
        epochs_before=numbers["epochs_before"],
        watch=Watch(
            best_value=numbers["best_value"],
            best_epoch=numbers["best_epoch"],
            best_params=arrays.get("best_params"),
            epochs_without_improvement=numbers["epochs_without_improvement"],
        ),
        loss_limit=numbers["loss_limit"],
        last_good=Snapshot(numbers["good_epoch"], arrays["last_good"]) if "last_good" in arrays else None,
        stop_reason=None if numbers["stop_reason"] is None else StopReason[numbers["stop_reason"]],
    )


def restored_rng(saved: Mapping[str, Any]) -> np.random.Generator:
    """Make a generator that draws what the saved one would have drawn next."""
    bit_generator = BIT_GENERATORS[saved["bit_generator"]](0)
    bit_generator.state = saved
    return np.random.Generator(bit_generator)


@cache
def package_version() -> str:
    """Version of the installed package; "unknown" where it is used without being installed."""
    try:
        return metadata.version("sknn-scratch")
    except metadata.PackageNotFoundError:
        return "unknown"
