"""TableEncoder: from the columns of a table to the features of a network."""

import numpy as np
import scipy.sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._fitting.sklearn_versions import _check_feature_names_in
from sknn_scratch._fitting.troubles import warn
from sknn_scratch._tables import columns
from sknn_scratch._tables.columns import BOOLEANS, CATEGORIES, KINDS, NOTHING, NUMBERS, listed
from sknn_scratch._tables.dates import chosen_parts, fit_parts
from sknn_scratch._tables.encoder import check_not_infinite, without_repeats


class TableEncoder(TransformerMixin, BaseEstimator):
    """Encode each column of a table by the kind of its values in ``fit``.

    Numbers go to one encoder, with booleans, as 0 and 1, and the parts of dates. Categories go to another
    one. A column is found by its name. An array has no names; its columns are taken in their order.

    Parameters
    ----------
    numbers : transformer
        Encodes floats (n_samples, n_columns), in which NaN is a missing value.
    categories : transformer
        Encodes objects (n_samples, n_columns), each a string or, where a value is missing, None.

    Attributes
    ----------
    kinds_ : dict
        For the name of each column: "numbers", "booleans", "categories", "dates", "dates with a time zone" or
        "nothing". Numbers that are all 0 or 1 are booleans. A column of missing values only is left out.
    date_parts_ : dict
        For each column of dates, the parts that vary, and the mean of each.
    merged_categories_ : dict
        For each column of which ``categories`` has grouped rare categories: how many.
    encoders_ : dict
        The fitted encoders, "numbers" and "categories", if there are columns for them.
    n_features_in_, feature_names_in_ : int, ndarray of str
        The number of columns, and their names, if all are strings.
    """

    def __init__(self, numbers, categories):
        self.numbers = numbers
        self.categories = categories

    def fit(self, X, y=None):
        """Decide the kind of each column of a table, and fit the encoders."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X, y=None):
        """Fit, and encode the rows, as encoders do that use y for it."""
        read = {name: columns.read(column) for name, column in columns.columns_of(X).items()}
        check_kinds(read)
        kinds = {name: kind_in_fit(column) for name, column in read.items()}
        date_parts = {
            name: fit_parts(columns.as_dates(read[name].values))
            for name, kind in kinds.items()
            if kind in columns.DATE_KINDS
        }
        tables = make_tables(read, kinds, date_parts)
        encoders = {kind: clone(getattr(self, kind)) for kind in tables}
        encoded = [encoders[kind].fit_transform(as_array(table), y) for kind, table in tables.items()]
        self.kinds_, self.date_parts_, self.encoders_ = kinds, date_parts, encoders
        self._inputs = {kind: list(table) for kind, table in tables.items()}
        groups = self._of_categories("infrequent_categories_")
        self.merged_categories_ = {name: len(group) for name, group in groups.items() if group is not None}
        self.n_features_in_ = len(kinds)
        vars(self).pop("feature_names_in_", None)
        if all(isinstance(name, str) for name in kinds):
            self.feature_names_in_ = np.array(list(kinds), dtype=object)
        return joined(encoded)

    def transform(self, X):
        """Encode the rows of a table; raise ValueError or warn of what differs from the table of the fit."""
        check_is_fitted(self)
        read = {name: columns.read(column) for name, column in self._columns_in(X).items()}
        tables = make_tables(read, self.kinds_, self.date_parts_)
        for message in self._surprises(read, tables):
            warn(message)
        return joined([self.encoders_[kind].transform(as_array(table)) for kind, table in tables.items()])

    def get_feature_names_out(self, input_features=None):
        """Name the encoded columns; no two have the same name."""
        check_is_fitted(self)
        named = dict(zip(self.kinds_, _check_feature_names_in(self, input_features), strict=True))
        return without_repeats(
            output
            for kind, inputs in self._inputs.items()
            for output in self.encoders_[kind].get_feature_names_out(
                [named[one] + part for one, part in inputs]
            )
        )

    def _of_categories(self, attribute):
        """Get an attribute of the encoder of categories, by column; empty if it has no such attribute."""
        values = getattr(self.encoders_.get(CATEGORIES), attribute, ())
        return {
            name: value for (name, _), value in zip(self._inputs.get(CATEGORIES, ()), values, strict=False)
        }

    def _columns_in(self, X):
        """Take the columns of the fit from a table: by name or, if one of the two has none, in order."""
        found, names = columns.columns_of(X), list(self.kinds_)
        absent = [name for name in names if name not in found]
        if hasattr(X, "columns"):  # not an array
            if not absent:
                return {name: found[name] for name in names}
            if names != list(range(len(names))) or absent != names:
                raise ValueError(f"X must have all columns of the fit, but it has no {listed(absent)}.")
        if len(found) != len(names):  # in scikit-learn's words
            raise ValueError(
                f"X has {len(found)} features, but TableEncoder is expecting {len(names)} features as input."
            )
        if list(found) != names:
            warn("X or the table of fit has no column names, so columns are taken in their order.")
        return dict(zip(names, found.values(), strict=True))

    def _surprises(self, read, tables):
        """Say which columns have values that the fit gives no reason to expect."""
        empty = [name for name, kind in self.kinds_.items() if kind == NOTHING]
        unknown = [name for name in empty if read[name].kind != NOTHING]
        for name, known in self._of_categories("categories_").items():
            texts = set(tables[CATEGORIES][name, ""]) - {None}
            unknown += [name] * (bool(texts) and texts.isdisjoint(known))
        if unknown:
            yield (
                f"The columns {listed(unknown)} of X have only values that fit has not seen, so they carry "
                "no information. Check how the values are written."
            )
        booleans = [name for name, kind in self.kinds_.items() if kind == BOOLEANS]
        if others := [name for name in booleans if not are_zeros_and_ones(tables[NUMBERS][name, ""])]:
            yield f"The columns {listed(others)} of X had only 0 and 1 in fit, and now have other numbers."

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags


def check_kinds(read):
    """Raise ValueError if columns have values of no kind; the error names them."""
    others = [f"{name!r} ({column.kind})" for name, column in read.items() if column.kind not in KINDS]
    if others:
        raise ValueError(
            f"X has columns that hold neither numbers nor categories nor dates: {', '.join(others)}. Drop "
            "them, or make numbers, dates or strings of them first."
        )


def kind_in_fit(column):
    """Name the kind of a column; numbers that are all 0 or 1 are booleans."""
    if column.kind == NUMBERS and are_zeros_and_ones(columns.as_numbers(column.values)):
        return BOOLEANS
    return column.kind


def are_zeros_and_ones(values):
    """Whether numbers (n_samples,) are all 0 or 1, but for missing ones."""
    return bool(((values == 0) | (values == 1) | np.isnan(values)).all())


def make_tables(read, kinds, date_parts):
    """Make a table for each encoder: values (n_samples,) by the name of a column and the part of a date."""
    tables = {NUMBERS: {}, CATEGORIES: {}}
    for name, kind in kinds.items():
        if kind == NOTHING:
            continue
        values = columns.as_kind(read[name], kind, name)
        if name in date_parts:
            parts = chosen_parts(values, date_parts[name])
            tables[NUMBERS] |= {(name, f"_{part}"): numbers for part, numbers in parts.items()}
        else:
            tables[CATEGORIES if kind == CATEGORIES else NUMBERS][name, ""] = values
    check_not_infinite((name, values) for (name, _), values in tables[NUMBERS].items())
    if not any(tables.values()):
        raise ValueError("X has no column with values.")
    return {kind: table for kind, table in tables.items() if table}


def as_array(table):
    """Make an array (n_samples, n_columns) of a table."""
    return np.stack(list(table.values()), axis=1)


def joined(encoded):
    """Join encoded tables (n_samples, any number)."""
    if len(encoded) == 1:
        return encoded[0]
    is_sparse = any(map(scipy.sparse.issparse, encoded))
    return scipy.sparse.hstack(encoded, format="csr") if is_sparse else np.hstack(encoded)
