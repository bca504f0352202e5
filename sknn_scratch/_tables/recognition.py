"""Which kind each column of a table has: what ``fit`` decides, or what its user says."""

from collections.abc import Mapping
from dataclasses import replace

from sknn_scratch._tables.columns import CATEGORIES, NOTHING, TEXT, listed
from sknn_scratch._tables.kind import TOLD
from sknn_scratch._tables.kinds import KINDS, TYPES, Categories, ways_to_read
from sknn_scratch._tables.text import MOST_CODES, MOST_ODD

# With more odd texts than MOST_ODD, up to this share, a column stays categories, and a warning says so.
MOST_ODD_DOUBTED = 0.5
NAMES = (TEXT, CATEGORIES)  # the kinds of text that is neither numbers nor dates


def kinds_of(read, told):
    """Decide the kinds of columns; ``told`` are those that a user wants, by their names, or None."""
    told = {} if told is None else told
    if not isinstance(told, Mapping):
        raise TypeError(f"kinds must be a dict from names of columns to what they hold, got {told!r}.")
    if absent := [name for name in told if name not in read]:
        raise ValueError(f"kinds names columns that X does not have: {listed(absent)}. X has {listed(read)}.")
    if others := [kind for kind in told.values() if kind not in list(KINDS)]:
        raise ValueError(f"kinds must have values of {listed(KINDS)}, got {listed(others)}.")
    others = [
        f"{name!r} ({column.type})"
        for name, column in read.items()
        if column.type not in TYPES and told.get(name) != NOTHING
    ]
    if others:
        raise ValueError(
            f"X has columns that hold neither numbers nor categories nor dates: {', '.join(others)}. Drop "
            "them, or make numbers, dates or strings of them first."
        )
    return {
        name: told_kind(column, name, told[name]) if name in told else kind_of(column)
        for name, column in read.items()
    }


def kind_of(column):
    readings = readings_of(column, MOST_ODD)
    is_sure = len(readings) == 1
    if readings[0].name in NAMES and column.type == TEXT and len(column.texts) > MOST_CODES:
        readings = readings_of(column, MOST_ODD_DOUBTED)
        is_sure = readings[0].name in NAMES
    return readings[0] if is_sure else Categories(is_explained=True, doubts=tuple(readings))


def readings_of(column, most_odd):
    """List the readings of the first kind that can read a column with at most this share of odd texts."""
    return next(filter(None, (kind.readings(column, most_odd) for kind in KINDS.values())))


def told_kind(column, name, told):
    """Read a column of a fit as the kind that a user wants, or raise ValueError."""
    readings = KINDS[told].readings(column, TOLD)
    if not readings:
        reason = f"has {column.type} that cannot be read so, such as {column.example}"
    elif len(readings) > 1:
        reason = f"can be read so in several ways: {ways_to_read(column, readings)}"
    elif units := readings[0].several_units(column):
        reason = f"has several units: {units}"
    else:
        return replace(readings[0], is_explained=True)
    raise ValueError(
        f"kinds says that the column {name!r} of X holds {told}, but it {reason}. Convert it first."
    )
