"""What each field of a checkpoint may contain, and how the fields of a training state are written in JSON.

A file may come from anyone, so each field is checked against these tables before it is used.

To add a field of the training state, give it a line in ``STATE``, or in ``VECTORS`` if it is an array, and
raise ``FORMAT_NUMBER``.
"""

import math
import reprlib
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from sknn_scratch._core.stopping import StopReason

Json: TypeAlias = dict[str, Any]

FORMAT = "sknn_scratch checkpoint"
FORMAT_NUMBER = 6  # 1 had the parameters in another order, 2 to 5 other names in the header
MEMORY = "memory."  # before the names of the optimiser's arrays

# The bit generators of default_rng. Their states are plain numbers, which JSON represents exactly.
BIT_GENERATORS = MappingProxyType({"PCG64": np.random.PCG64, "PCG64DXSM": np.random.PCG64DXSM})


class Malformed(Exception):
    """A part of a file is invalid; ``naming_the_file`` turns it into a CheckpointError."""


class Kind(NamedTuple):
    """What a field of the file may contain, and how it is written in JSON."""

    words: str
    accepts: Callable[[Any], bool]  # of a value in JSON
    write: Callable[[Any], Any] = lambda value: value
    read: Callable[[Any], Any] = lambda written: written


def whole_number(lowest: int, highest: float) -> Kind:
    """Accept whole numbers of a range, including its ends."""
    words = f"a whole number from {lowest} to {highest}"
    return Kind(words, lambda value: type(value) is int and lowest <= value <= highest)


def number(words: str, is_in_range: Callable[[float], bool]) -> Kind:
    """Accept floats of a range."""
    return Kind(words, lambda value: type(value) is float and is_in_range(value), write=float)


def record_of(kinds: Mapping[str, Kind]) -> Kind:
    """Accept an object with exactly these fields."""

    def accepts(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() == kinds.keys()
            and all(kind.accepts(value[name]) for name, kind in kinds.items())
        )

    return Kind(f"an object with {', '.join(kinds)}", accepts)


def one_of(names: Collection[str]) -> Kind:
    """Accept these strings."""
    return Kind(f"one of {', '.join(names)}", lambda value: isinstance(value, str) and value in names)


def are_names(value: Any) -> bool:
    """Whether a value is a list of different strings."""
    return (
        isinstance(value, list)
        and all(isinstance(name, str) for name in value)
        and len(value) == len(set(value))
    )


def is_array_of(n_dimensions: int) -> Callable[[Any], bool]:
    """Make a function that says whether a value is [dtype, length, ...] of an array of n dimensions."""

    def is_description(value: Any) -> bool:
        return (
            isinstance(value, list)
            and len(value) == 1 + n_dimensions
            and isinstance(value[0], str)
            and value[0] in FLOATS
            and all(LENGTH.accepts(length) for length in value[1:])
        )

    return is_description


def restored_rng(saved: Mapping[str, Any]) -> np.random.Generator:
    """Make a generator that continues the stream of the saved one."""
    bit_generator = BIT_GENERATORS[saved["bit_generator"]](0)
    bit_generator.state = saved
    return np.random.Generator(bit_generator)


def check_record(record: Json, kinds: Mapping[str, Kind], where: str) -> None:
    """Check that a record has exactly the fields of a table, and each field a value of its kind."""
    if record.keys() != kinds.keys():
        raise Malformed(f"{where} must have the fields {', '.join(kinds)}, got {reprlib.repr([*record])}")
    for name, kind in kinds.items():
        if not kind.accepts(record[name]):
            raise Malformed(f"{name} must be {kind.words}, got {reprlib.repr(record[name])}")


FLOATS = tuple(np.dtype(name).str for name in ("float32", "float64"))
COUNT = whole_number(0, 2**64 - 1)
LENGTH = whole_number(0, 2**40)
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
TEXT = Kind("a string", lambda value: isinstance(value, str))
NAMES = Kind("a list of different names", are_names)
LIMIT = number("a positive number or Infinity", lambda value: value > 0)
NOT_NAN = number("a number other than NaN", lambda value: not math.isnan(value))
REASON = Kind(
    f"null or {one_of(StopReason.__members__).words}",
    lambda value: value is None or one_of(StopReason.__members__).accepts(value),
    lambda reason: reason and reason.name,
    lambda written: written and StopReason[written],
)
GENERATOR = record_of(
    {
        "bit_generator": one_of(BIT_GENERATORS),
        "state": record_of({name: whole_number(0, 2**128 - 1) for name in ("state", "inc")}),
        "has_uint32": whole_number(0, 1),
        "uinteger": whole_number(0, 2**32 - 1),
    }
)._replace(
    words="the state of a random generator",
    write=lambda generator: generator.bit_generator.state,
    read=restored_rng,
)
VECTOR = Kind("a vector of floats", is_array_of(1))
TABLE = Kind("a table of floats", is_array_of(2))
VECTOR_OR_TABLE = Kind("an array of floats", lambda value: VECTOR.accepts(value) or TABLE.accepts(value))

# The fields of a State and of the records in it, except the arrays, the memory and the history.
STATE: Mapping[str, Kind] = MappingProxyType(
    {
        "shuffle_rng": GENERATOR,
        "dropout_rng": GENERATOR,
        "n_updates": COUNT,
        "n_reductions": whole_number(0, 500),  # even the largest float is below the minimum after fewer
        "epochs_before": COUNT,
        "epochs_without_improvement": COUNT,
        "best_value": NOT_NAN,
        "best_epoch": COUNT,
        "fallback_epoch": COUNT,
        "loss_limit": LIMIT,
        "stop_reason": REASON,
    }
)
# The fields that are arrays (n_params,). A None is not written.
VECTORS = ("params", "best_params", "fallback_params")

# The fields in the file, with the names of the history's columns.
WRITTEN_STATE: Mapping[str, Kind] = MappingProxyType({**STATE, "history_names": NAMES})

DOCUMENT: Mapping[str, Kind] = MappingProxyType(
    {
        "format": one_of([FORMAT]),
        "format_number": whole_number(FORMAT_NUMBER, FORMAT_NUMBER),
        "package_version": TEXT,
        "arrays": OBJECT,
        "state": OBJECT,
        "header": OBJECT,
    }
)
