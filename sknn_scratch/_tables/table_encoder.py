"""TableEncoder: from the columns of a table to the features of a network."""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._fitting.inputs import ArrayLike
from sknn_scratch._fitting.sklearn_versions import _check_feature_names_in
from sknn_scratch._fitting.troubles import Trouble, warn_of
from sknn_scratch._tables.columns import (
    BOOLEANS,
    CATEGORIES,
    DATES,
    DATES_IN_ZONES,
    KINDS,
    NOTHING,
    NUMBERS,
    Column,
    as_dates,
    as_kind,
    as_numbers,
    columns_of,
    listed,
    read,
)
from sknn_scratch._tables.dates import chosen_parts, fit_parts
from sknn_scratch._tables.encoder import check_not_infinite, without_repeats


class TableEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Encode each column of a table by the kind of its values in ``fit``.

    Numbers go to one encoder. So do booleans, as 0 and 1, and the parts of dates. Categories go to another
    one, as text, in which None is a missing value. A column without any value in ``fit`` is left out.

    A column is found by its name, whatever its place. An array has no names; its columns have places.

    Parameters
    ----------
    numbers : transformer
        Encodes floats (n_samples, n_columns), in which NaN is a missing value.
    categories : transformer
        Encodes objects (n_samples, n_columns), each a string or None.

    Attributes
    ----------
    kinds_ : dict
        For the name of each column: "numbers", "booleans", "categories", "dates", "dates with a time zone" or
        "nothing". Numbers that are all 0 or 1 are booleans.
    date_parts_ : dict
        For each column of dates, the parts that vary, and the mean of each.
    merged_categories_ : dict
        For each column of which ``categories`` has grouped rare categories: how many.
    encoders_ : dict
        The fitted encoders, "numbers" and "categories", if there are columns for them.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if all are strings.
    """

    kinds_: dict[Any, str]
    date_parts_: dict[Any, dict[str, float]]
    merged_categories_: dict[Any, int]
    encoders_: dict[str, Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    def __init__(self, numbers: Any, categories: Any) -> None:
        self.numbers = numbers
        self.categories = categories

    def fit(self, X: ArrayLike, y: ArrayLike = None) -> Self:
        """Decide the kind of each column, and fit the encoders.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_columns)
            The table.
        y : array-like, default=None
            For encoders that need it.

        Returns
        -------
        self : object
            The fitted encoder.

        Raises
        ------
        ValueError
            If columns have values of no kind, infinite values or the same name, or if no column has values.
        """
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: ArrayLike, y: ArrayLike = None) -> Any:
        """Fit, and encode the rows of the fit."""
        columns = {name: read(column) for name, column in columns_of(X).items()}
        check_kinds(columns)
        kinds = {name: kind_in_fit(column) for name, column in columns.items()}
        date_parts = {
            name: fit_parts(as_dates(columns[name].values))
            for name, kind in kinds.items()
            if kind in (DATES, DATES_IN_ZONES)
        }
        tables = make_tables(columns, kinds, date_parts)
        encoders = {kind: clone(getattr(self, kind)) for kind in tables}
        encoded = [encoders[kind].fit_transform(table, y) for kind, table in tables.items()]
        vars(self).pop("feature_names_in_", None)
        if all(isinstance(name, str) for name in kinds):
            self.feature_names_in_ = np.array(list(kinds), dtype=object)
        self.n_features_in_ = len(kinds)
        self.kinds_, self.date_parts_, self.encoders_ = kinds, date_parts, encoders
        groups = self._of_category_columns("infrequent_categories_")
        self.merged_categories_ = {name: len(group) for name, group in groups.items() if group is not None}
        return joined(encoded)

    def transform(self, X: ArrayLike) -> Any:
        """Encode rows.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_columns)
            A table with the columns of the fit. A data frame may have more, in any order.

        Returns
        -------
        encoded : ndarray or sparse matrix of shape (n_samples, n_features_out)
            Sparse if an encoder makes it sparse.

        Raises
        ------
        ValueError
            If a column of the fit is missing, or has values of another kind.

        Warns
        -----
        UserWarning
            If the columns of the fit had names and those of X have not, or the other way round. If a column
            has only values that are not in the fit, or if booleans have other numbers than 0 and 1.
        """
        check_is_fitted(self)
        columns = {name: read(column) for name, column in self._columns_in(X).items()}
        tables = make_tables(columns, self.kinds_, self.date_parts_)
        warn_of(Trouble(message, UserWarning) for message in self._surprises(columns, tables))
        return joined([self.encoders_[kind].transform(table) for kind, table in tables.items()])

    def get_feature_names_out(self, input_features: ArrayLike = None) -> NDArray[Any]:
        """Name the encoded columns; no two have the same name.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns. None is their names in ``fit``, or x0, x1, ...

        Returns
        -------
        names : ndarray of str
            What the encoders make of the names. Parts of a date "sold" are "sold_time", "sold_year", ...
        """
        check_is_fitted(self)
        name_of = dict(zip(self.kinds_, _check_feature_names_in(self, input_features), strict=True))
        inputs = {NUMBERS: [], CATEGORIES: [name_of[one] for one in self._names_of(CATEGORIES)]}
        for one in self._names_of(BOOLEANS, NUMBERS, DATES, DATES_IN_ZONES):
            parts = self.date_parts_.get(one)
            inputs[NUMBERS] += [f"{name_of[one]}_{part}" for part in parts] if parts else [name_of[one]]
        return without_repeats(
            name
            for kind, encoder in self.encoders_.items()
            for name in encoder.get_feature_names_out(inputs[kind])
        )

    def _names_of(self, *kinds: str) -> list[Any]:
        """List the columns of some kinds."""
        return [name for name, kind in self.kinds_.items() if kind in kinds]

    def _of_category_columns(self, attribute: str) -> dict[Any, Any]:
        """Give what the encoder of categories says of each column in an attribute, if it has it."""
        values = getattr(self.encoders_.get(CATEGORIES), attribute, ())
        return dict(zip(self._names_of(CATEGORIES), values, strict=False))

    def _columns_in(self, X):
        """Take the columns of the fit from a table, by name or, if one of the two has none, by place."""
        columns, names = columns_of(X), list(self.kinds_)
        absent = [name for name in names if name not in columns]
        is_array = not hasattr(X, "columns")
        if not is_array and not absent:
            return {name: columns[name] for name in names}
        if not is_array and (names != list(range(len(names))) or absent != names):
            raise ValueError(f"X must have all columns of the fit, but it has no {listed(absent)}.")
        if len(columns) != len(names):  # in scikit-learn's words
            raise ValueError(
                f"X has {len(columns)} features, but {type(self).__name__} is expecting {len(names)} "
                "features as input."
            )
        if list(columns) != names:
            of_X, of_fit = ("no names", "has") if is_array else ("names", "has not")
            message = f"The columns of X have {of_X}, and the fit {of_fit}. They are taken in their order."
            warn_of([Trouble(message, UserWarning)])
        return dict(zip(names, columns.values(), strict=True))

    def _surprises(self, columns: dict[Any, Column], tables: dict[str, np.ndarray]) -> Iterator[str]:
        """Say which columns have values that the fit gives no reason to expect."""
        known = self._of_category_columns("categories_")
        texts = dict(zip(known, tables[CATEGORIES].T, strict=True)) if known else {}
        unknown = [name for name in known if is_unknown(texts[name], known[name])]
        unknown += [name for name in self._names_of(NOTHING) if columns[name].kind != NOTHING]
        if unknown:
            yield (
                f"The columns {listed(unknown)} of X have no value that they have in the fit, so they say "
                "nothing about the predictions. Check how the values are written."
            )
        others = [
            name
            for name in self._names_of(BOOLEANS)
            if columns[name].kind == NUMBERS and not are_zeros_and_ones(columns[name])
        ]
        if others:
            yield f"The columns {listed(others)} of X have only 0 and 1 in the fit, and now other numbers."

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags


def is_unknown(texts, known):
    """Whether there are texts other than None, and none of them is known."""
    present = set(texts) - {None}
    return bool(present) and present.isdisjoint(known)


def check_kinds(columns):
    """Raise ValueError if columns have values of no kind; the error names them."""
    others = [f"{name!r} ({column.kind})" for name, column in columns.items() if column.kind not in KINDS]
    if others:
        raise ValueError(
            f"X has columns that hold neither numbers nor categories nor dates: {', '.join(others)}. Drop "
            "them, or make numbers, dates or strings of them first."
        )


def kind_in_fit(column):
    """Name the kind of a column; numbers that are all 0 or 1 are booleans."""
    return BOOLEANS if column.kind == NUMBERS and are_zeros_and_ones(column) else column.kind


def are_zeros_and_ones(column):
    """Whether the numbers of a column are all 0 or 1, but for missing ones."""
    values = as_numbers(column.values)
    return bool(((values == 0) | (values == 1) | np.isnan(values)).all())


def make_tables(columns, kinds, date_parts):
    """Make the tables of the encoders: floats (n_samples, n_numbers), objects (n_samples, n_categories)."""
    numbers, categories = [], []  # pairs of a name and values (n_samples,)
    for name, kind in kinds.items():
        if kind == NOTHING:
            continue
        values = as_kind(columns[name], kind, name)
        if kind == CATEGORIES:
            categories.append((name, values))
        elif name in date_parts:
            numbers += [(name, part) for part in chosen_parts(values, date_parts[name]).values()]
        else:
            numbers.append((name, values))
    check_not_infinite(numbers)
    pairs_of = {kind: pairs for kind, pairs in ((NUMBERS, numbers), (CATEGORIES, categories)) if pairs}
    if not pairs_of:
        raise ValueError("X has no column with values.")
    return {kind: np.stack([values for _, values in pairs], axis=1) for kind, pairs in pairs_of.items()}


def joined(encoded):
    """Join encoded tables (n_samples, any number)."""
    if len(encoded) == 1:
        return encoded[0]
    if any(map(scipy.sparse.issparse, encoded)):
        return scipy.sparse.hstack(encoded, format="csr")
    return np.hstack(encoded)
