"""Rows that seem to belong together, as the visits of a patient do, though a fit has no groups.

Independent rows have equal values by chance. The rows of a group have them in many columns at once: sex, age
and treatment stay the same from visit to visit. A column may name the groups. If it was dropped, rows agree
in most of what is rare. One column proves nothing, since each city has one state: most of them must agree.
"""

from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from sknn_scratch._core.rows import evenly
from sknn_scratch._tables.codes import numbers_of_rows
from sknn_scratch._tables.columns import CATEGORIES, NUMBERS, listed
from sknn_scratch._tables.means import means_tell, places_of_texts
from sknn_scratch._tables.remarks import MOST_LISTED, Remark, Sentence

# Rows of a group agree in at least so large a share of the other columns, and in so many. Rows without a name
# for their group share so much of what they tell.
LEAST_SHARE, FEWEST_COLUMNS = 1 / 3, 3
# They agree in a column if pairs of them differ there at most so often as other pairs do.
MOST_DIFFERENT = 0.05
# Groups have two rows on average, and no more than this share of all. Larger ones are categories.
LARGEST_GROUP = 0.05
# So many columns may name the groups, and so many pairs of their rows are compared.
MOST_NAMES, MOST_PAIRS = 10, 500
# So many rows are compared with all others. By chance, so large a share of them would find one like it.
ASKED_ROWS, LIKE_BY_CHANCE = 20, 0.01


class Groups(NamedTuple):
    """Groups of rows."""

    name: Any  # of a column in which the rows of a group agree
    others: list[Any]  # the names of more such columns
    numbers: np.ndarray  # (n_samples,): equal in a group
    are_named: bool  # the column has one value for each group


def remarks_of_groups(X, kinds, values, y):
    """List what is said of rows of X that seem to belong together, whose y is alike: one remark, or none.

    Copies of a row count once: those of a bootstrap are no visits.
    """
    columns = {name: as_numbers(one) for name, one in values.items()}
    texts, numbers = ([one for one, kind in kinds.items() if kind.name == of] for of in (CATEGORIES, NUMBERS))
    may_name = texts + sorted(numbers, key=lambda name: not are_whole(columns[name]))  # an id before a size
    if y is None or groups_in(columns, may_name) is None:
        return []
    rows = np.unique(numbers_of_rows(columns.values()), return_index=True)[1]
    groups = groups_in({name: one[rows] for name, one in columns.items()}, may_name)
    if groups is None or not means_tell(groups.numbers, np.asarray(y)[rows]):
        return []
    name, sentence = groups.name, Sentence.GROUPS if groups.are_named else Sentence.ALIKE_ROWS
    some = f"{len(groups.others)} of {len(values)} columns, such as {listed(groups.others[:MOST_LISTED])}"
    return [Remark(sentence, name, some, f"X[{name!r}]" if hasattr(X, "columns") else f"X[:, {name}]")]


def as_numbers(values):
    """Make numbers (n_samples,) that are equal where values are, and in their order."""
    if values.dtype == object:
        return places_of_texts(values)[1]
    return np.where(np.isnan(values), np.inf, values) if values.dtype.kind == "f" else values.view(np.int64)


def are_whole(numbers):
    return bool((numbers == np.rint(numbers)).all())


def groups_in(columns, may_name):
    """Find the Groups of the rows of columns (n_samples,): those that a column names, or of rows alike.

    Of several columns that may name them, the first are tried.
    """
    columns = {name: numbers for name, numbers in columns.items() if (numbers != numbers[0]).any()}
    fewest = max(FEWEST_COLUMNS, LEAST_SHARE * (len(columns) - 1))
    if len(columns) <= fewest:
        return None
    names = (name for name in may_name if name in columns and are_groups(columns[name]))
    agreeing = {name: agreeing_columns(name, columns) for name in islice(names, MOST_NAMES)}
    name = max(agreeing, key=lambda name: len(agreeing[name]), default=None)
    if name is not None and len(agreeing[name]) >= fewest:
        return Groups(name, agreeing[name], columns[name], are_named=True)
    name, *others = columns_of_alike_rows(columns) or [None]
    if len(others) < fewest:
        return None
    numbers = numbers_of_rows([columns[one] for one in (name, *others)])
    return Groups(name, others, numbers, are_named=False) if are_groups(numbers) else None


def are_groups(numbers):
    """Whether equal numbers (n_samples,) make groups of some rows each."""
    sizes = np.unique(numbers, return_counts=True)[1]
    return 2 * len(sizes) <= len(numbers) and sizes.max() <= LARGEST_GROUP * len(numbers)


def agreeing_columns(name, columns):
    """List the columns in which the rows of a group agree, from the column that names the groups.

    One that only rises or only falls with the groups is made of their numbers, such as the square of an age.
    """
    rows = np.argsort(columns[name], kind="stable")
    groups = columns[name][rows]
    pairs = np.flatnonzero(groups[1:] == groups[:-1])
    pairs = pairs[evenly(len(pairs), MOST_PAIRS)]
    mixed = np.random.default_rng(0).permutation(pairs)
    chosen = (rows[pairs], rows[pairs + 1], rows[mixed])
    first, second, other = (np.array([values[some] for values in columns.values()]) for some in chosen)
    agree = np.mean(first != second, axis=1) <= MOST_DIFFERENT * np.mean(first != other, axis=1)
    return [
        one
        for one, agrees, values in zip(columns, agree, first, strict=True)
        if agrees and one != name and not is_monotonic(values)
    ]


def is_monotonic(values):
    first, second = values[:-1], values[1:]
    return bool((first <= second).all() or (first >= second).all())


def columns_of_alike_rows(columns):
    """List the columns in which rows agree that share much of what they tell; none if most rows have no such.

    A value tells -log(f) if a share f of all rows has it. A row of independent values shares so much with one
    of n rows with a probability of at most n exp(-shared) times the product of all 2 - f (Chernoff's bound).
    """
    n_rows, found = len(next(iter(columns.values()))), []
    for n_asked, row in enumerate(evenly(n_rows, ASKED_ROWS), 1):
        told, enough, shared = 0.0, np.log(n_rows / LIKE_BY_CHANCE), np.zeros(n_rows)
        for values in columns.values():
            is_equal = values == values[row]
            share = np.count_nonzero(is_equal) / n_rows
            told -= np.log(share)
            enough += np.log(2 - share)
            shared -= np.log(share) * is_equal
        alike = shared >= max(LEAST_SHARE * told, enough)
        alike[row] = False
        if alike.any():
            found.append([np.mean(values[alike] == values[row]) for values in columns.values()])
        elif n_asked - len(found) >= min(n_rows, ASKED_ROWS) / 2:
            return []
    agreement = np.mean(found, axis=0)
    return [name for name, one in zip(columns, agreement, strict=True) if one >= 1 - MOST_DIFFERENT]
