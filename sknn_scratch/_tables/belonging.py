"""Rows that seem to belong together, as the visits of a patient do, though a fit has no groups.

Independent rows have equal values by chance. The rows of a group have them in many columns at once: sex, age
and treatment stay the same from visit to visit. If a column names the groups, rows with the same name agree
in such columns. One of these proves nothing, since each city has one state.
"""

from itertools import islice

import numpy as np

from sknn_scratch._core.data import Data
from sknn_scratch._core.rows import evenly, rows_of
from sknn_scratch._fitting.observations import distinct_rows, hashes_of_rows, places_of_units
from sknn_scratch._fitting.trials import LEAST_ROWS
from sknn_scratch._tables.columns import CATEGORIES, NUMBERS, listed
from sknn_scratch._tables.means import means_tell, numbers_of_rows, texts_as_places
from sknn_scratch._tables.remarks import MOST_LISTED, Remark, Sentence
from sknn_scratch._tables.targets import numbers_of

# Rows of a group agree in at least so large a share of the other columns, and in so many.
LEAST_SHARE, FEWEST_COLUMNS = 1 / 3, 3
# They agree in a column if pairs of them differ there at most so often as other pairs do.
MOST_DIFFERENT = 0.05
# Groups have two rows on average, and no more than this share of all. Larger ones are categories.
LARGEST_GROUP = 0.05
# Equal rows with equal y seem to be copies where at most this share of the rows is different. Unless they are
# so many times as frequent as if the columns were independent, they may be equal by chance.
MOST_DISTINCT, MORE_THAN_BY_CHANCE = 0.5, 100
# So many columns may name the groups, and so many pairs of their rows are compared.
MOST_NAMES, MOST_PAIRS = 10, 500


def remarks_of_groups(X, kinds, columns, y):
    """List what is said of rows of X that seem to belong together, whose y is alike: one remark, or none.

    The columns (n_samples,) are numbers. Copies of a row count once: those of a bootstrap are no visits.
    """
    texts, numbers = ([one for one, kind in kinds.items() if kind.name == of] for of in (CATEGORIES, NUMBERS))
    numbers.sort(key=lambda name: (columns[name] != np.rint(columns[name])).any())  # an id before a size
    if y is None or not groups_in(columns, texts + numbers)[1]:
        return []
    rows = np.unique(numbers_of_rows(columns.values()), return_index=True)[1]
    columns = {name: one[rows] for name, one in columns.items()}
    name, others = groups_in(columns, texts + numbers)
    if not others or not means_tell(columns[name], np.asarray(y)[rows]):
        return []
    some = f"{len(others)} of {len(kinds)} columns, such as {listed(others[:MOST_LISTED])}"
    return [Remark(Sentence.GROUPS, name, some, f"X[{name!r}]" if hasattr(X, "columns") else f"X[:, {name}]")]


def remarks_of_equal_rows(columns, y):
    """List what is said of rows that seem to be copies, but are equal by chance: one remark, or none.

    Then they are as frequent as if columns were independent. Copies are far more frequent.
    """
    if y is None:
        return []
    data = data_of(columns, y)
    has_many_copies = LEAST_ROWS <= len(distinct_rows(data)[0]) <= MOST_DISTINCT * data.n_samples
    if not (has_many_copies and np.ptp(data.targets) > 0):
        return []
    of_columns = [share_of_equal_pairs(one) for one in data.X.source.T]
    of_rows = share_of_equal_pairs(hashes_of_rows(data.X, data.row_numbers))
    if MORE_THAN_BY_CHANCE * np.prod(of_columns) < of_rows:
        return []
    return [Remark(Sentence.EQUAL_ROWS, list(columns)[int(np.argmin(of_columns))])]


def share_of_equal_pairs(values):
    counts = np.unique(values, return_counts=True)[1]
    return np.sum(np.square(counts / len(values)))


def units_of(columns, y, groups):
    """Give the rows of a group, or a row and its copies, the same number (n_samples,).

    The numbers follow from rounded values of the columns and of y, whatever the order of rows and columns and
    the names of groups are.
    """
    data = data_of(columns, y)
    has_copies = len(distinct_rows(data, groups)[0]) < data.n_samples
    if groups is None and has_copies:
        groups = hashes_of_rows(data.X, data.row_numbers)
    both = rows_of(np.column_stack([data.X.source, data.targets]))
    any_order = np.zeros(both.n_features, int)  # of the columns
    rounded = hashes_of_rows(both, data.row_numbers, any_order, is_rounded=True)
    if groups is None:
        return np.argsort(np.lexsort((hashes_of_rows(both, data.row_numbers), rounded)))
    return places_of_units(rounded, groups)


def data_of(columns, y):
    """Make Data of columns and of y, in which equal values are equal numbers."""
    X = np.column_stack([*columns.values()]).astype(np.float64)
    targets = np.column_stack([numbers_of(one)[0] for one in np.asarray(y).reshape(len(X), -1).T])
    return Data(rows_of(X), targets.astype(np.float64))


def as_numbers(values):
    """Make numbers (n_samples,) that are equal where values are, and in their order."""
    numbers = texts_as_places(values)
    is_float = numbers.dtype.kind == "f"
    return np.where(np.isnan(numbers), np.inf, numbers) if is_float else numbers.astype(np.int64)


def groups_in(columns, may_name):
    """Find the column that names groups of rows, and the others in which these agree, if there are any."""
    columns = {name: numbers for name, numbers in columns.items() if (numbers != numbers[0]).any()}
    fewest = max(FEWEST_COLUMNS, LEAST_SHARE * (len(columns) - 1))
    if len(columns) <= fewest:
        return None, []
    names = (name for name in may_name if name in columns and are_groups(columns[name]))
    agreeing = {name: agreeing_columns(name, columns) for name in islice(names, MOST_NAMES)}
    name = max(agreeing, key=lambda name: len(agreeing[name]), default=None)
    others = agreeing.get(name, [])
    return name, others if len(others) >= fewest else []


def are_groups(numbers):
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
