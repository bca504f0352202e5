"""What a model predicts for rows in which a column has the values of other rows.

Effects and importances need nothing else. No value is made up: each is taken from a row of the table. So
text, dates and missing values stay as they are, in any library.
"""

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._core.arrays import computed_once
from sknn_scratch._displays.places import WEEKDAYS
from sknn_scratch._displays.slices import name_of, position_of
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._fitting.sklearn_versions import _num_samples, _safe_indexing
from sknn_scratch._inspection import steps_of
from sknn_scratch._tables.columns import BOOLEANS
from sknn_scratch._tables.encoders import Features, features_of
from sknn_scratch._tables.kind_of_dates import ASPECTS, Dates, DatesInZones
from sknn_scratch._tables.relevance import RelevantComponents
from sknn_scratch._tables.table_encoder import TableEncoder, typed_columns

MAX_VALUES = 2**22  # of the rows that are predicted at once
ROUNDING = 1e-5  # by which encoded features may differ that are equal, as a share of their range


class Column(NamedTuple):
    """A column of the table, or an aspect of dates, such as the hour."""

    values: np.ndarray  # (n_rows,) floats, dates, or texts and None
    moved: Any  # what has the values of other rows: positions in a table or an array, or keys of Features


class MixedRows:
    """A table, and what a model predicts for mixtures of its rows.

    ``columns`` has a Column for each name, and ``names`` the names of each column of the table: of dates,
    those of their aspects. ``quantiles`` (n_quantiles,) are those that the model predicts.
    """

    def __init__(self, model, X):
        if not hasattr(model, "predict"):
            raise TypeError(
                f"model must be a fitted estimator that can predict, such as a pipeline, got {model!r}."
            )
        if hasattr(model, "fit"):
            check_is_fitted(model)
        model = getattr(model, "best_estimator_", model)  # of a search
        *self._earlier, last = steps_of(model)
        self.classes = getattr(model, "classes_", None)
        if isinstance(self.classes, list):
            raise TypeError(
                f"{type(last).__name__} predicts several columns of labels. Pass a model of one of them, "
                "such as one of the estimators_ of a MultiOutputClassifier."
            )
        self.has_probabilities = hasattr(model, "predict_proba")
        loss = getattr(last, "_loss_", vars(last))  # of another estimator, its parameters
        self.quantiles = np.atleast_1d(loss.get("quantile", ()) if loss.get("loss") == "quantile" else ())
        self._networks = last.estimators_ if isinstance(last, Ensemble) else [last]
        self._n_features = np.shape(X)[1]
        self._rows = np.arange(_num_samples(X))
        if self._earlier and isinstance(self._earlier[0], TableEncoder):
            encoder = self._earlier[0]
            kinds, values = encoder._kinds, encoder._values_in(X)
            self._table = features_of(kinds, values)
            columns = {one: aspects_of(one, kind, values[one], self._table) for one, kind in kinds.items()}
        else:
            self._table = X if hasattr(X, "iloc") or hasattr(X, "with_columns") else np.asarray(X)
            columns = {
                one: {name_of(one): Column(as_places(*typed), [position])}
                for position, (one, typed) in enumerate(typed_columns(X).items())
            }
        self.names = {name_of(one): list(aspects) for one, aspects in columns.items()}
        self.columns = {name: column for aspects in columns.values() for name, column in aspects.items()}
        if isinstance(self._table, Features):
            self._encode_once()

    def _encode_once(self):
        """Encode the table before any mixture, if each encoded feature is made of one column."""
        encoder, *later = self._earlier
        encoded = encoder.transform(self._table)
        are_numbers = isinstance(encoded, np.ndarray) and encoded.dtype.kind == "f"  # no frame, no objects
        if not are_numbers or np.isnan(encoded).any():
            return
        moved = [column.moved for column in self.columns.values()]
        sources = sources_of(encoded, encoder.transform, self._table, moved)
        if sources is None:
            return
        self.columns = {
            name: column._replace(moved=np.flatnonzero(sources == number))
            for number, (name, column) in enumerate(self.columns.items(), start=1)
        }
        self._table, self._n_features, self._earlier = encoded, encoded.shape[1], later
        if later and isinstance(later[0], RelevantComponents) and later[0].components_ is not None:
            relevant, *self._earlier = later
            components = relevant.transform(encoded)
            weights = (relevant.components_ * relevant.scale_).T.astype(components.dtype)
            self._table = Components(encoded, weights, components)

    @computed_once
    def predicted(self):
        """Predict the rows as they are, with the whole model: (n_rows, n_outputs)."""
        moved = next(iter(self.columns.values())).moved
        return self.predict(self._rows, moved, self._rows)[0]

    def names_of(self, column):
        """List the names for a column of the table, or an aspect, that a user gives by position or name."""
        if isinstance(column, str) and column in self.columns:
            return [column]
        names = list(self.names)
        return self.names[names[position_of(column, names, "columns")]]

    def predict(self, rows, moved, donors):
        """Predict mixtures of rows: outputs (1 + n_networks, n, n_outputs), the first of the whole model.

        A single network has no outputs of its own beside those of the model. The values that are ``moved``
        are those of other rows, whose numbers (n,) are the donors.
        """
        parts = []
        for part in gen_batches(len(rows), max(1, MAX_VALUES // self._n_features)):
            table = mixed(self._table, rows[part], moved, donors[part])
            for step in self._earlier:
                table = step.transform(table)
            parts.append([self._outputs_of(network, table) for network in self._networks])
        outputs = np.concatenate(parts, axis=1)
        return outputs if len(outputs) == 1 else np.vstack([[outputs.mean(axis=0)], outputs])

    def _outputs_of(self, network, table):
        """Predict probabilities, numbers or, as zeros and ones, classes: (n_rows, n_outputs)."""
        if self.has_probabilities:
            outputs = network.predict_proba(table)
        else:
            outputs = np.asarray(network.predict(table))
            if self.classes is not None:
                outputs = (outputs[:, np.newaxis] == self.classes).astype(float)
        return outputs.reshape(len(outputs), -1)


class Components(NamedTuple):
    """Relevant components of rows. They are sums over all features: only the terms of a column are mixed."""

    encoded: np.ndarray  # (n_rows, n_encoded)
    weights: np.ndarray  # (n_encoded, n_components)
    components: np.ndarray  # (n_rows, n_components)

    def mixed(self, rows, moved, donors):
        terms = self.encoded[:, moved] @ self.weights[moved]
        return self.components[rows] + (terms[donors] - terms[rows])


def aspects_of(name, kind, values, features):
    """Make the Columns, by name, of a column of a TableEncoder: of dates, one for each aspect that varies."""
    aspects = ASPECTS if isinstance(kind, Dates) else {}
    keys = {
        aspect: [(name, f"_{part}") for part in parts if (name, f"_{part}") in features]
        for aspect, parts in aspects.items()
    }
    if sum(map(bool, keys.values())) < 2:
        moved = [key for key in features if key[0] == name]
        return {name_of(name): Column(as_places(kind.name, values), moved)}
    made = {f"{name_of(name)}: trend": Column(values, keys.pop("trend"))}
    zone = " (UTC)" if isinstance(kind, DatesInZones) else ""
    for aspect, moved in keys.items():
        if moved:
            places = np.where(np.isnat(values), np.nan, features[moved[0]])
            if aspect == "weekday":
                places = as_texts(places, dict(enumerate(WEEKDAYS)))
            made[f"{name_of(name)}: {aspect}{zone}"] = Column(places, moved)
    return made


def as_places(kind, values):
    """Write the numbers (n_rows,) of a column of booleans as texts; leave other kinds."""
    return as_texts(values, {0: "False", 1: "True"}) if kind == BOOLEANS else values


def as_texts(numbers, names):
    """Write numbers (n_rows,) by their names, and NaN as None."""
    texts = [None if np.isnan(one) else names.get(one, f"{one:g}") for one in numbers.tolist()]
    return np.array(texts, dtype=object)


def sources_of(encoded, transform, table, moved):
    """Find for each ``encoded`` feature of a table the number of the column that it is made of.

    Columns are known by what is ``moved``, and have numbers from 1; 0 is a constant. There is a mixture for
    each binary digit: the columns whose number has this digit get the values of other rows. There, a feature
    of one column stays as it is, or is that of the other rows, which is a digit of its column's number. If a
    feature does neither, it is made of several columns, and the sources are None.
    """
    rows = np.arange(len(encoded))
    order = np.random.default_rng(0).permutation(rows)
    donors = np.empty_like(rows)
    donors[order] = np.roll(order, 1)  # one cycle: what is equal in each row and its donor is constant
    tolerance = ROUNDING * np.ptp(encoded, axis=0)
    sources = np.zeros(encoded.shape[1], int)
    for digit in range(len(moved).bit_length()):
        keys = [one for number, keys in enumerate(moved, start=1) if number >> digit & 1 for one in keys]
        found = transform(mixed(table, rows, keys, donors))
        stays, moves = (
            np.isclose(found, one, rtol=1e-12, atol=tolerance).all(axis=0)
            for one in (encoded, encoded[donors])
        )
        if not (stays | moves).all():
            return None
        sources |= ~stays << digit
    return sources


def mixed(table, rows, moved, donors):
    """Take rows of a table, with values of other rows in what is ``moved``."""
    if isinstance(table, Features | Components):
        return table.mixed(rows, moved, donors)
    new = _safe_indexing(table, rows)
    if hasattr(table, "with_columns"):  # polars
        return new.with_columns(table[:, moved][donors].get_columns())
    if hasattr(table, "iloc"):  # pandas
        for position in moved:
            new.isetitem(position, table.iloc[:, position].array.take(donors))
    else:
        new[:, moved] = table[donors][:, moved]
    return new
