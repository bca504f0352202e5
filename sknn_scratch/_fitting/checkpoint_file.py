"""A record on disk: written whole or not at all, and read back bit for bit.

A record is a dataclass. Its type hints say what its fields may be: numbers, strings, enums, vectors, random
generators, other records, dicts of arrays, or a history. The numbers and arrays in it get dotted names, such
as "state.memory.velocity".

The file is an uncompressed .npz archive. Its members are the arrays, by these names, and "header", JSON with
everything else. Each has a checksum, as in every .zip file. Nothing in it is pickled. Arrays are made from
the bytes in the file. So whatever a file claims, reading it takes a few times its size in memory, or 25 times
if it is full of the shortest JSON.
"""

import glob
import io
import json
import os
import reprlib
import secrets
import struct
import sys
import tokenize
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import is_dataclass
from enum import Enum, EnumType
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

Arrays: TypeAlias = dict[str, NDArray[Any]]
Leaves: TypeAlias = dict[str, Any]  # numbers, strings and arrays by their dotted names
Table: TypeAlias = dict[str, NDArray[np.float64]]  # columns of equal length
Records: TypeAlias = list[dict[str, float]]  # the rows of such a table

COUNTS = range(2**64)
FORMAT = "sknn_scratch checkpoint"
FORMAT_NUMBER = 6  # 1 had the parameters in another order, 2 to 5 other names

# What the readers of .zip, .npy and JSON raise for bytes that are none.
DAMAGE = (
    *(EOFError, LookupError, OverflowError, RuntimeError, SyntaxError, TypeError, ValueError),
    *(struct.error, tokenize.TokenError, zipfile.BadZipFile),
)


class CheckpointError(ValueError):
    """A file is not a checkpoint, is damaged, or does not belong to the data of ``resume``."""


class Malformed(Exception):
    """A part of a file is invalid; ``naming_the_file`` turns it into a CheckpointError."""


def require(condition: Any, reason: str) -> None:
    """Raise Malformed unless a condition holds."""
    if not condition:
        raise Malformed(reason)


# --- The file ---


def write_record(path: str | os.PathLike[str], record: Any) -> None:
    """Write a record, so that after a crash at any moment either the old file or the new one exists.

    1. Remove temporary files of earlier calls that crashed.
    2. Write a temporary file in the same directory, and wait until it is on the disk.
    3. Rename it, which is atomic.
    4. Wait until the renaming is on the disk.

    Only one training at a time may write to a file.
    """
    target = regular_file(path)
    for leftover in target.parent.glob(f".{glob.escape(target.name)}.{'[0-9a-f]' * 16}.tmp"):
        leftover.unlink(missing_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            np.savez(file, **members_of(record))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    flush_directory(target.parent)


def regular_file(path: str | os.PathLike[str]) -> Path:
    """Follow symbolic links to a file, which need not exist yet; raise OSError if there is something else."""
    target = Path(os.path.realpath(path))
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise OSError(
            f"{path} is no regular file, but a device, a pipe, a directory or a loop of links; pass the path "
            "of a file."
        )
    return target


def flush_directory(directory: Path) -> None:
    """Flush a renaming to the disk. Windows cannot open a directory, and needs no flush."""
    with suppress(PermissionError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_record(path: str | os.PathLike[str], cls: type) -> Any:
    """Read a record of a class.

    CheckpointError is raised for a damaged file, another format, or a wrong field; OSError for no file.
    """
    contents = regular_file(path).read_bytes()
    with naming_the_file(path):
        arrays = arrays_in(contents)
        header = header_from(path, arrays)
        leaves = header["values"] | arrays
        record = record_from(cls, leaves)
        require(not leaves, f"it has unknown fields: {', '.join(leaves)}")
        return record


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


def members_of(record: Any) -> Arrays:
    """Turn a record into the members of the archive."""
    leaves = leaves_of(record)
    arrays = {name: leaf for name, leaf in leaves.items() if isinstance(leaf, np.ndarray)}
    header = {
        "format": FORMAT,
        "format_number": FORMAT_NUMBER,
        "package_version": sys.modules["sknn_scratch"].__version__,  # to import it would be circular
        "values": {name: leaf for name, leaf in leaves.items() if name not in arrays},
    }
    # Python writes floats so that it reads the same numbers.
    return arrays | {"header": np.frombuffer(json.dumps(header).encode(), np.uint8)}


def arrays_in(contents: bytes) -> Arrays:
    """Read the members of an archive, and check their checksums; refuse those larger than the file."""
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            members = archive.infolist()
            is_stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
            require(is_stored, "it is compressed")
            n_bytes = sum(max(member.file_size, member.compress_size) for member in members)
            require(n_bytes <= len(contents), "its members are larger than the file")
            return {one.filename.removesuffix(".npy"): array_in(archive.read(one)) for one in members}
    except DAMAGE as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error


def header_from(path: str | os.PathLike[str], arrays: Arrays) -> dict[str, Any]:
    """Take the header from the arrays; raise CheckpointError for a file of another program or format."""
    try:
        header = json.loads(arrays.pop("header").tobytes())
        is_ours = header["format"] == FORMAT and type(header["format_number"]) is int
    except DAMAGE:
        is_ours = False
    if not is_ours:
        raise CheckpointError(f"{path} is no checkpoint of sknn_scratch; pass a file that Checkpoint wrote.")
    if header["format_number"] != FORMAT_NUMBER:
        raise CheckpointError(
            f"{path} was written in format {header['format_number']}, by sknn_scratch "
            f"{header.get('package_version')}; the installed version reads format {FORMAT_NUMBER}. Install "
            "the version that wrote the file to resume it, or fit anew."
        )
    require(isinstance(header.get("values"), dict), "its header has no values")
    return header


def array_in(member: bytes) -> NDArray[Any]:
    """Read an .npy file; unlike ``np.load``, do not allocate what the header claims before reading it."""
    file = io.BytesIO(member)
    np.lib.format.read_magic(file)
    # A short header cannot be nested deeply.
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=500)
    if dtype.kind not in "biufUmM":
        raise ValueError(f"a member has the dtype {dtype}")
    array = np.frombuffer(member, dtype, offset=file.tell())
    return array.reshape(shape, order="F" if is_fortran else "C").copy()


# --- From a record to its leaves, and back ---

hints_of = cache(get_type_hints)


def leaves_of(record: Any, prefix: str = "") -> Leaves:
    """Flatten a record; ``record_from`` is the inverse."""
    leaves: Leaves = {}
    for field, hint in hints_of(type(record)).items():
        name, value = prefix + field, getattr(record, field)
        if is_dataclass(hint):
            leaves |= leaves_of(value, f"{name}.")
        elif hint == Records:
            columns = value[0] if value else ()
            leaves |= {f"{name}.{key}": np.array([row[key] for row in value]) for key in columns}
        elif get_origin(hint) is dict:
            leaves |= {f"{name}.{key}": array for key, array in value.items()}
        else:
            leaves[name] = leaf_of(value)
    return leaves


def leaf_of(value: Any) -> Any:
    """Turn a value into an array or JSON."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value.tolist()
    return value


def record_from(cls: type, leaves: Leaves, prefix: str = "") -> Any:
    """Make a record from leaves, which are removed; raise Malformed if one is missing or wrong."""
    values: dict[str, Any] = {}
    for field, hint in hints_of(cls).items():
        name = prefix + field
        if is_dataclass(hint):
            values[field] = record_from(hint, leaves, f"{name}.")
        elif hint == Records:
            table = table_from(leaves, name)
            rows = zip(*(column.tolist() for column in table.values()), strict=True)
            values[field] = [dict(zip(table, row, strict=True)) for row in rows]
        elif hint == Table:
            values[field] = table_from(leaves, name)
        elif get_origin(hint) is dict:
            values[field] = arrays_from(leaves, name)
        else:
            values[field] = value_from(leaves, name, hint)
    return cls(**values)


def arrays_from(leaves: Leaves, name: str) -> Arrays:
    """Take the arrays of a dict from the leaves."""
    names = [one for one in leaves if one.startswith(f"{name}.")]
    for one in names:
        require(isinstance(leaves[one], np.ndarray), f"{one} cannot be {reprlib.repr(leaves[one])}")
    return {one.removeprefix(f"{name}."): leaves.pop(one) for one in names}


def table_from(leaves: Leaves, name: str) -> Table:
    """Take columns of equal length from the leaves."""
    table = arrays_from(leaves, name)
    shapes = {column.shape for column in table.values()}
    are_floats = all(column.dtype == np.float64 for column in table.values())
    is_table = len(shapes) <= 1 and all(len(shape) == 1 for shape in shapes)
    require(are_floats and is_table, f"{name} must have columns of float64, of equal length")
    return table


def value_from(leaves: Leaves, name: str, hint: Any) -> Any:
    """Take a value from the leaves."""
    require(name in leaves, f"{name} is missing")
    leaf = leaves.pop(name)
    for kind in get_args(hint) if isinstance(hint, UnionType) else [hint]:
        with suppress(AttributeError, KeyError, OverflowError, TypeError, ValueError):
            return as_kind(kind, leaf)
    raise Malformed(f"{name} cannot be {reprlib.repr(leaf)}")


def as_kind(kind: Any, leaf: Any) -> Any:
    """Turn a leaf into a value of a kind, or raise one of the errors that ``value_from`` suppresses."""
    if isinstance(kind, EnumType):
        return kind[leaf]
    if kind is np.random.Generator:
        return restored_rng(leaf)
    if get_origin(kind) is get_origin(NDArray[Any]):
        return vector_of(leaf, scalar_of(kind))
    if type(leaf) is not kind or leaf != leaf or (kind is int and leaf not in COUNTS):
        raise ValueError
    return leaf


def scalar_of(array_hint: Any) -> Any:
    """Get the type of an array's scalars, from an alias (NDArray since NumPy 2.5) or from its dtype."""
    last = get_args(array_hint)[-1]
    return get_args(last)[0] if get_origin(last) is np.dtype else last


def restored_rng(state: Any) -> np.random.Generator:
    """Make a generator that continues the stream of another one."""
    rng = np.random.default_rng(0)
    rng.bit_generator.state = state
    if rng.bit_generator.state != state:
        raise ValueError
    return rng


def vector_of(leaf: Any, scalar: Any) -> NDArray[Any]:
    """Accept a vector of finite scalars of a type, or make one of strings."""
    vector = leaf
    if isinstance(leaf, list) and all(isinstance(one, str) for one in leaf):
        vector = np.array(leaf, object)
    is_right = scalar is Any or issubclass(vector.dtype.type, scalar)
    if not is_right or vector.ndim != 1 or (vector.dtype.kind == "f" and not np.isfinite(vector).all()):
        raise ValueError
    return vector
