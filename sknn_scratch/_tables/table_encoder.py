"""TableEncoder: from the columns of a table to the features of a network."""

from functools import cache, partial
from typing import Any, ClassVar, Self

import numpy as np
from sklearn import config_context
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._fitting.inputs import ArrayLike, numbers_of_groups
from sknn_scratch._fitting.sklearn_versions import _num_samples
from sknn_scratch._fitting.troubles import warn
from sknn_scratch._tables.belonging import as_numbers, remarks_of_equal_rows, remarks_of_groups, units_of
from sknn_scratch._tables.codes import find_codes
from sknn_scratch._tables.columns import Column, as_categories, columns_of, listed, read_all
from sknn_scratch._tables.encoders import Features, features_of, fit_encoders
from sknn_scratch._tables.kind_of_dates import Dates
from sknn_scratch._tables.kinds import KINDS, Categories, kinds_of
from sknn_scratch._tables.means import CONTINUOUS
from sknn_scratch._tables.names import NamingTransformer
from sknn_scratch._tables.remarks import OF_FIT, OF_LATER_TABLES, texts_by_column, warn_of
from sknn_scratch._tables.report import ColumnsReport, report_of
from sknn_scratch._targets.checks import checked_values, dense
from sknn_scratch._targets.numbers import NumberKinds

# Also where a user wants frames, the encoders of the columns give arrays.
without_frames = config_context(transform_output="default")


class TableEncoder(NamingTransformer):
    """Encode each column of a table by the kind of its values in ``fit``.

    ``numbers`` gets numbers, booleans as 0 and 1, and the parts of dates; ``categories`` gets categories. If
    these make more than 500 features, or 15 million numbers in all rows, its ``max_categories`` is lowered,
    if it has any. A column goes to ``many`` and ``frequent`` instead if too many of its rows would be in the
    group of rare categories, and if the means of y by category tell something of other rows. A column is
    found by its name, or in an array, by its place.

    Parameters
    ----------
    numbers : transformer
        Encodes floats (n_samples, n_columns), in which NaN is a missing value.
    categories : transformer
        Encodes strings (n_samples, n_columns), in which None is a missing value.
    many : transformer, default=None
        Encodes the same with the help of y, as floats (n_samples, a multiple of n_columns) for ``numbers``.
        None means that ``categories`` gets all columns.
    frequent : transformer, default=None
        Encodes the frequent categories of the columns that go to ``many``, as ``categories`` does. None means
        that these columns become numbers alone.
    kinds : dict, default=None
        The kinds of some columns, as in ``kinds_``, where ``fit`` must not decide.
    text : transformer, default=None
        Encodes a column of free text (n_samples,), strings and None, as floats (n_samples, n_components).
        None is a :class:`TextEncoder`.

    Attributes
    ----------
    kinds_ : dict
        For the name of each column: "numbers", "booleans", "categories", "dates", "dates with a time zone",
        "durations", "text" or "nothing", which is left out.
    codes_ : list
        The names of the columns of numbers that are codes, and so categories, too.
    date_parts_ : dict
        For each column of dates, the parts that vary, and the mean of each.
    merged_categories_ : dict
        For each column of which ``categories`` or ``frequent`` has grouped rare categories: how many.
    target_encoded_ : list
        The names of the columns that went to ``many``.
    encoders_ : dict
        The fitted encoders, if there are columns for them: "numbers", "categories", "frequent", "many", and
        "components", which leaves those of text as they are.
    n_features_in_, feature_names_in_ : int, ndarray of str
        The number of columns, and their names, if all are strings.
    report_ : list of dict
        What became of each column.

    See Also
    --------
    tabular_pipeline : Has it as the first step.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.preprocessing import OneHotEncoder
    >>> from sknn_scratch import PiecewiseLinearEncoder, TableEncoder
    >>> X = pd.DataFrame({"size": [2.0, 3.5, None], "colour": ["red", "blue", "red"]})
    >>> encoder = TableEncoder(PiecewiseLinearEncoder(), OneHotEncoder()).fit(X)
    >>> encoder.kinds_
    {'size': 'numbers', 'colour': 'categories'}
    >>> list(encoder.get_feature_names_out())
    ['size', 'size_missing', 'colour_blue', 'colour_red']
    """

    __metadata_request__fit: ClassVar = {"groups": True}

    def __init__(
        self,
        numbers: Any,
        categories: Any,
        many: Any = None,
        frequent: Any = None,
        kinds: dict[Any, str] | None = None,
        text: Any = None,
    ) -> None:
        self.numbers = numbers
        self.categories = categories
        self.many = many
        self.frequent = frequent
        self.kinds = kinds
        self.text = text

    def fit(self, X: ArrayLike, y: ArrayLike = None, *, groups: ArrayLike = None) -> Self:
        """Decide the kind of each column of a table, and fit the encoders.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,), default=None
            For encoders that use it.
        groups : array-like of shape (n_samples,), default=None
            Which rows belong together, for encoders that use y.

        Returns
        -------
        self : object
            The fitted encoder.
        """
        self.fit_transform(X, y, groups=groups)
        return self

    @without_frames
    def fit_transform(self, X: ArrayLike, y: ArrayLike = None, *, groups: ArrayLike = None) -> Any:
        """Fit, and encode the rows, as encoders do that use y for it.

        Parameters
        ----------
        X, y, groups : data frame or array-like
            As in ``fit``.

        Returns
        -------
        encoded : ndarray of shape (n_samples, n_features_out)
        """
        y = dense(checked_values(y))
        if y is not None and getattr(self.many, "target_type", None) == CONTINUOUS:
            y = NumberKinds.alone(y)  # booleans become numbers, and text is refused as by a network
        read = read_all(columns_of(X))
        groups = numbers_of_groups(groups, _num_samples(X))
        kinds, remarks = kinds_of(read, self.kinds)
        values = {name: kind.read(read[name]) for name, kind in kinds.items()}
        for name, kind in kinds.items():
            kind.prepare(values[name], self)
        columns = {name: as_numbers(one) for name, one in values.items()}
        units = cache(partial(units_of, columns, y, groups))
        find_codes(kinds, values, y, units)
        encoders, encoded = fit_encoders(self, features_of(kinds, values), y, groups, units)
        rare, target_encoded = encoders.rare, [name for name, _ in encoders.many]
        for name in rare.keys() - target_encoded:
            if isinstance(kinds[name], Categories):  # codes are numbers, too, and so never useless
                kinds[name].rare = frozenset(rare[name])
        if groups is None:
            remarks += remarks_of_groups(X, kinds, columns, y) + remarks_of_equal_rows(columns, y)
        for name, kind in kinds.items():
            remarks += kind.remarks(read[name], values[name])
        warn_of(OF_FIT, remarks, kinds)
        self._kinds, self._encoders = kinds, encoders
        self._report = report_of(kinds, read, encoders, texts_by_column(remarks))
        self.encoders_, self.target_encoded_ = encoders.fitted, target_encoded
        self.codes_ = [name for name, kind in kinds.items() if getattr(kind, "codes", ())]
        self.kinds_ = {name: kind.name for name, kind in kinds.items()}
        self.date_parts_ = {name: kind.means for name, kind in kinds.items() if isinstance(kind, Dates)}
        self.merged_categories_ = {name: len(group) for name, group in rare.items()}
        self.n_features_in_ = len(kinds)
        vars(self).pop("feature_names_in_", None)
        if all(isinstance(name, str) for name in kinds):
            self.feature_names_in_ = np.array(list(kinds), dtype=object)
        return encoded

    @property
    def report_(self) -> ColumnsReport:
        """What became of each column in ``fit``: a list of dicts, which is a table in a notebook.

        "column" is its name, "kind" what it holds, "read_from" what held its values, and how text was
        written. "n_features" is how many features it has, "became" which encoders made them, of which parts,
        "lost" what they cannot tell, and "remark" what ``fit`` said, with a remedy.
        """
        check_is_fitted(self)
        return ColumnsReport(self._report)

    @without_frames
    def transform(self, X: ArrayLike) -> Any:
        """Encode the rows of a table; raise ValueError or warn of what differs from the table of the fit.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            The table.

        Returns
        -------
        encoded : ndarray of shape (n_samples, n_features_out)
        """
        check_is_fitted(self)
        return self._encoders.transform(X if isinstance(X, Features) else self._features_of(X))

    def _names_out(self, names):
        return self._encoders.names_out(dict(zip(self.kinds_, names, strict=True)))

    def _features_of(self, X):
        return features_of(self._kinds, self._values_in(X))

    def _values_in(self, X):
        """Read the values (n_samples,) of the columns of the fit, and warn of what differs from them."""
        columns, kinds = read_all(self._columns_in(X)), self._kinds
        read = {name: kind.as_written(columns[name]) for name, kind in kinds.items()}
        values = {name: kind.read(read[name]) for name, kind in kinds.items()}
        remarks = [one for name, kind in kinds.items() for one in kind.surprises(read[name], values[name])]
        warn_of(OF_LATER_TABLES, remarks, kinds)
        return values

    def _columns_in(self, X):
        """Take the columns of the fit from a table: by name or, if one of the two has none, in order."""
        found, names = columns_of(X), list(self.kinds_)
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []  # its encoders decide
        return tags


def typed_columns(X):
    """Read the columns of a table: for each, the name of its kind and its values (n_samples,).

    The kinds are those that a TableEncoder would find, and what has none is categories. Values are floats
    with NaN, dates with NaT, or strings and None, which is all in a column of nothing.
    """
    read = {
        name: column if column.type in KINDS else Column(name, *as_categories(column.values))
        for name, column in read_all(columns_of(X)).items()
    }
    kinds, _ = kinds_of(read, told=None)
    return {name: (kind.name, kind.read(read[name])) for name, kind in kinds.items()}
