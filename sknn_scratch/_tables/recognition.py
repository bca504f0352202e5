"""Which kind each column of a table has: what ``fit`` decides, or what its user says."""

from collections.abc import Mapping
from dataclasses import replace

from sknn_scratch._tables.columns import CATEGORIES, NOTHING, TEXT, listed
from sknn_scratch._tables.kind import TOLD
from sknn_scratch._tables.kinds import KINDS, Categories
from sknn_scratch._tables.remarks import Remark, Sentence
from sknn_scratch._tables.text import MOST_CODES, MOST_ODD

# With more odd texts than MOST_ODD, up to this share, a column stays categories, and a warning says so.
MOST_ODD_DOUBTED = 0.5
NAMES = (TEXT, CATEGORIES)  # the kinds of text that is neither numbers nor dates


def kinds_of(read, told):
    """Decide the kinds of columns, by their names, and list remarks on those that are in doubt.

    ``told`` are the kinds that a user wants, by the names of the columns, or None.
    """
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
        if column.type not in KINDS and told.get(name) != NOTHING
    ]
    if others:
        raise ValueError(
            f"X has columns that hold neither numbers nor categories nor dates: {', '.join(others)}. Drop "
            "them, or make numbers, dates or strings of them first."
        )
    kinds, remarks = {}, []
    for name, column in read.items():
        if name in told:
            kinds[name] = told_kind(column, told[name])
            continue
        kinds[name], *doubts = readings_in_doubt(column)
        remarks += [remark_on(doubts, column)] if doubts else []
    return kinds, remarks


def readings_in_doubt(column):
    """List the kind of a column, and what it may be instead if it stays categories."""
    readings = readings_of(column, MOST_ODD)
    is_sure = len(readings) == 1
    if readings[0].name in NAMES and column.type == TEXT and len(column.texts) > MOST_CODES:
        readings = readings_of(column, MOST_ODD_DOUBTED)
        is_sure = readings[0].name in NAMES
    return readings if is_sure else [Categories(is_explained=True), *readings]


def readings_of(column, most_odd):
    """List the readings of the first kind that can read a column with at most this share of odd texts."""
    return next(filter(None, (kind.readings(column, most_odd) for kind in KINDS.values())))


def told_kind(column, told):
    """Read a column of a fit as the kind that a user wants, or raise ValueError."""
    readings = [KINDS[NOTHING]()] if told == NOTHING else KINDS[told].readings(column, TOLD)
    if not readings:
        reason = f"has {column.type} that cannot be read so, such as {column.example}"
    elif len(readings) > 1:
        reason = f"can be read so in several ways: {ways_to_read(column, readings)}"
    else:
        return replace(readings[0], is_explained=True)
    raise ValueError(
        f"kinds says that the column {column.name!r} of X holds {told}, but it {reason}. Convert it first."
    )


def remark_on(doubts, column):
    if len(doubts) > 1:
        return Remark(Sentence.DOUBT, column.name, ways_to_read(column, doubts))
    return Remark(Sentence.PARTLY, column.name, doubts[0].among(doubts[0].odd), doubts[0].name)


def ways_to_read(column, readings):
    """Say of one text of a column what it is in each reading."""
    ways = {text: {str(one.style.read(text)): None for one in readings} for text in sorted(column.texts)}
    text = max(ways, key=lambda text: len(ways[text]))
    values = (value.removesuffix(" 00:00:00") for value in ways[text])
    return f"{text!r} is {' or '.join(values)}"
