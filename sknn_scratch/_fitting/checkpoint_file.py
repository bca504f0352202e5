"""A training state on disk: written whole or not at all, read back bit for bit.

The file is an uncompressed .npz archive of plain arrays. Nothing in it is pickled. The array "header"
contains JSON in UTF-8: the name and number of the format, the numbers of the state, and the caller's header.

A file may come from anyone. So everything in it is checked against the tables of ``checkpoint_schema`` before
it is used, and reading the file takes at most a few times its size in memory.
"""

import glob
import io
import json
import math
import os
import re
import secrets
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib import metadata
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from sknn_scratch._core.state import State
from sknn_scratch._fitting.checkpoint_schema import (
    DOCUMENT,
    FORMAT,
    FORMAT_NUMBER,
    MEMORY,
    STATE,
    TABLE,
    VECTOR,
    VECTOR_OR_TABLE,
    VECTORS,
    WRITTEN_STATE,
    Json,
    Kind,
    Malformed,
    check_record,
)

Arrays: TypeAlias = dict[str, np.ndarray[Any, Any]]

# The .npy format, version 1, as NumPy writes arrays in C order.
NPY_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..{'descr': '([^']{2,3})', 'fortran_order': False, "
    rb"'shape': \(([\d, ]{0,60})\), } *\n",
    re.DOTALL,
)

# What zipfile may raise for a damaged or malicious archive.
ZIP_ERRORS = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
)


class CheckpointError(ValueError):
    """A file is not a checkpoint, is damaged, or does not belong to the data of ``resume``."""


def write_checkpoint(path: str | os.PathLike[str], state: State, header: Json) -> None:
    """Write a state, so that after a crash at any moment either the old file or the new one exists.

    1. Remove temporary files of earlier calls that crashed.
    2. Write a temporary file in the same directory, and wait until it is on the disk.
    3. Rename it, which is atomic.
    4. Wait until the renaming is on the disk.

    Parameters
    ----------
    path : str or path-like
        The file. An existing file is replaced. Only one training at a time may write to it.
    state : State
        It is not changed.
    header : dict
        Any JSON object.
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
    """Flush a renaming to the disk. Windows cannot open a directory, and needs no flush."""
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
    with naming_the_file(path):
        members = read_members(contents)
        _, header = npy_parts(members.pop("header.npy", b""))
        document = parse_json(header)
        check_format(path, document)
        check_record(document, DOCUMENT, "header")
        check_record(document["state"], WRITTEN_STATE, "state")
        check_declared(document["arrays"])
        arrays = read_arrays(members, document["arrays"])
        return unpack(arrays, document["state"]), document["header"]


@contextmanager
def naming_the_file(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn a Malformed into the error for the user."""
    try:
        yield
    except Malformed as error:
        raise CheckpointError(
            f"{path} is damaged or is no checkpoint of sknn_scratch ({error}). "
            "Pass a file that Checkpoint wrote; if this is one, use a copy of it, or fit anew."
        ) from error


def read_members(contents: bytes) -> dict[str, bytes]:
    """Read the members of an archive, and check their checksums.

    Compressed members, and members that claim to be larger than the file, are refused before they are read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            members = archive.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise Malformed("it is compressed")
            if sum(max(member.file_size, member.compress_size) for member in members) > len(contents):
                raise Malformed("its members are larger than the file")
            if len({member.filename for member in members}) < len(members):
                raise Malformed("two of its members have the same name")
            return {member.filename: archive.read(member) for member in members}
    except ZIP_ERRORS as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error


def npy_parts(member: bytes) -> tuple[list[Any], bytes]:
    """Split a member into the description of an array, [dtype, length, ...], and its data."""
    header = NPY_HEADER.match(member)
    if header is None:
        raise Malformed("it has other arrays than its header says")
    dtype, shape = (part.decode() for part in header.groups())
    return [dtype, *map(int, re.findall(r"\d+", shape))], member[header.end() :]


def parse_json(text: bytes) -> Any:
    """Parse JSON; raise Malformed if it is invalid or nested too deeply."""
    try:
        return json.loads(text.decode())
    except (RecursionError, ValueError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error


def check_format(path: str | os.PathLike[str], document: Any) -> None:
    """Raise CheckpointError for a file of another program or of another format."""
    is_ours = isinstance(document, dict) and document.get("format") == FORMAT
    if not is_ours or type(document.get("format_number")) is not int:
        raise CheckpointError(f"{path} is no checkpoint of sknn_scratch; pass a file that Checkpoint wrote.")
    if document["format_number"] != FORMAT_NUMBER:
        raise CheckpointError(
            f"{path} was written in format {document['format_number']}, by sknn_scratch "
            f"{document.get('package_version')}; the installed version reads format {FORMAT_NUMBER}. Install "
            "the version that wrote the file to resume it, or fit anew."
        )


def check_declared(declared: Json) -> None:
    """Check the arrays that a file declares: the history, vectors like the parameters, the memory."""
    like_params = Kind("as params", lambda description: description == declared["params"])
    kinds = dict.fromkeys((name for name in declared if name in VECTORS), like_params)
    kinds |= dict.fromkeys((name for name in declared if name.startswith(MEMORY)), VECTOR_OR_TABLE)
    kinds |= {"params": VECTOR, "history": TABLE}
    check_record(declared, kinds, "arrays")


def write_arrays(file: BinaryIO, arrays: Arrays) -> None:
    """Write arrays as an .npz, uncompressed."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read_arrays(members: Mapping[str, bytes], declared: Json) -> Arrays:
    """Read the arrays that the header declares; raise Malformed if one is missing or left over."""
    arrays = {}
    for name, description in declared.items():
        found, data = npy_parts(members.get(f"{name}.npy", b""))
        dtype, *shape = description
        if found != description or len(data) != np.dtype(dtype).itemsize * math.prod(shape):
            raise Malformed("it has other arrays than its header says")
        arrays[name] = np.frombuffer(data, dtype).reshape(shape).copy()
    if len(members) > len(arrays):
        raise Malformed("it has other arrays than its header says")
    return arrays


def pack(state: State, header: Json) -> Arrays:
    """Turn a state into arrays; a number that is missing in an epoch's record is NaN."""
    names = list(dict.fromkeys(name for record in state.history for name in record))
    values = [[record.get(name, np.nan) for name in names] for record in state.history]
    arrays: Arrays = {"history": np.array(values, np.float64).reshape(len(values), len(names))}
    arrays |= {f"{MEMORY}{name}": array for name, array in state.memory.items()}
    vectors = {name: attrgetter(name)(state) for name in VECTORS}
    arrays |= {name: array for name, array in vectors.items() if array is not None}
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
    """Describe each array as [dtype, length, ...]."""
    return {name: [array.dtype.str, *array.shape] for name, array in arrays.items()}


def numbers_of(state: State) -> Json:
    """Get all of a state that is not an array; Python writes floats so that it reads the same numbers."""
    return {name: kind.write(attrgetter(name)(state)) for name, kind in STATE.items()}


def unpack(arrays: Arrays, numbers: Json) -> State:
    """Turn arrays back into a state."""
    memory = {name.removeprefix(MEMORY): array for name, array in arrays.items() if name.startswith(MEMORY)}
    fields = {name: kind.read(numbers[name]) for name, kind in STATE.items()}
    fields |= {name: arrays.get(name) for name in VECTORS}
    state = State(memory=memory, history=read_history(arrays["history"], numbers["history_names"]), **fields)
    if max(state.best_epoch, state.fallback_epoch) > state.epoch:
        raise Malformed("its best epoch comes after its last")
    return state


def read_history(table: np.ndarray[Any, Any], names: list[str]) -> list[dict[str, float]]:
    """Turn a table (n_epochs, n_names) back into records."""
    n_epochs, n_names = table.shape
    if len(names) != n_names or (n_epochs > 0 and "loss" not in names):
        raise Malformed("its history has other columns than its header says")
    return [dict(zip(names, row, strict=True)) for row in table.tolist()]


@cache
def package_version() -> str:
    """Get the version of the installed package, or "unknown" if it is not installed."""
    try:
        return metadata.version("sknn-scratch")
    except metadata.PackageNotFoundError:
        return "unknown"
