"""What a model predicts for rows in which a column has the values of other rows.

Effects and importances need nothing else. No value is made up: each is taken from a row of the
table. So text, dates and missing values stay as they are, in any library.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._displays.slices import name_of
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._fitting.sklearn_versions import _num_samples, _safe_indexing
from sknn_scratch._tables.columns import BOOLEANS, DATES, DATES_IN_ZONES, columns_of
from sknn_scratch._tables.dates import CALENDAR_PART, parts_of
from sknn_scratch._tables.table_encoder import TableEncoder, sources_of_features, typed_columns

MAX_VALUES = 2**22  # of the rows that are predicted at once


class Part(NamedTuple):
    """What has an effect: a column, or a part of the calendar of a column of dates."""

    name: str
    values: np.ndarray  # (n_rows,) floats, dates, or texts and None
    positions: list  # of what comes from it, in the table that is mixed


class MixedRows:
    """A table, and what a model predicts for mixtures of its rows.

    A TableEncoder encodes the table once. Each encoded feature comes from one column, or from one part of a
    column of dates. So features can be mixed instead of columns, which saves most of the time. With other
    models, the columns are mixed and predicted as they are.

    ``parts`` has a list of Parts for each column, and ``last`` is the last step of a Pipeline.
    """

    def __init__(self, model, X):
        if hasattr(model, "fit"):
            check_is_fitted(model)
        model = getattr(model, "best_estimator_", model)  # of a search
        self.n_rows = _num_samples(X)
        steps = list(model) if isinstance(model, Pipeline) else [model]
        self.last, self.classes = steps[-1], getattr(model, "classes_", None)
        self.has_probabilities = hasattr(model, "predict_proba")
        self._networks = self.last.estimators_ if isinstance(self.last, Ensemble) else [self.last]
        self._table = X if hasattr(X, "iloc") or hasattr(X, "with_columns") else np.asarray(X)
        encoder = steps[0] if len(steps) > 1 and isinstance(steps[0], TableEncoder) else None
        columns = typed_columns(X, encoder)
        encoded = None if encoder is None else encoder.transform(X)
        if isinstance(encoded, np.ndarray) and None not in (sources := sources_of_features(encoder)):
            precision = getattr(self.last, "_dtype", encoded.dtype)
            self._table, steps = encoded.astype(precision), steps[1:]
            positions = positions_by_part(columns, sources)
        else:
            names = list(columns_of(self._table))
            taken = columns if set(columns) <= set(names) else names
            positions = {one: {"": [names.index(of)]} for one, of in zip(columns, taken, strict=True)}
        self._earlier = steps[:-1]
        self.parts = {
            name_of(one): [part_of(name_of(one), part, at, *typed) for part, at in positions[one].items()]
            for one, typed in columns.items()
        }

    @cached_property
    def predicted(self):
        """What the whole model predicts for the rows as they are: (n_rows, n_outputs)."""
        return self.predict(np.arange(self.n_rows))[0]

    def predict(self, rows, positions=(), donors=None):
        """Predict mixtures of rows: outputs (1 + n_networks, n, n_outputs), the first of the whole model.

        A single network has no outputs of its own beside those of the model. At some positions of ``parts``,
        the values are those of other rows, whose numbers (n,) are the donors.
        """
        donors = rows if donors is None else donors
        n_at_once = max(1, MAX_VALUES // self._table.shape[1])
        outputs = [
            self._outputs(mixed(self._table, rows[part], positions, donors[part]))
            for part in gen_batches(len(rows), n_at_once)
        ]
        return np.concatenate(outputs, axis=1)

    def _outputs(self, table):
        """Predict a table: the mean of the networks first, then each network if there are several."""
        for step in self._earlier:
            table = step.transform(table)
        outputs = np.stack([self._outputs_of(network, table) for network in self._networks])
        if len(outputs) > 1:
            outputs = np.concatenate([outputs.mean(axis=0, keepdims=True), outputs])
        return outputs

    def _outputs_of(self, network, table):
        """Predict probabilities, numbers or, as zeros and ones, classes: (n_rows, n_outputs)."""
        if self.has_probabilities:
            outputs = network.predict_proba(table)
        else:
            outputs = np.asarray(network.predict(table))
            if self.classes is not None:
                outputs = (outputs[:, np.newaxis] == self.classes).astype(float)
        return outputs.reshape(len(outputs), -1)


def positions_by_part(columns, sources):
    """Make a dict of the positions of features by column and by part, of their sources: (column, part)."""
    positions = {name: {} for name in columns}
    for position, (column, part) in enumerate(sources):
        is_date = columns[column][0] in (DATES, DATES_IN_ZONES)
        shown_as = CALENDAR_PART.get(part.removeprefix("_"), "") if is_date else ""
        positions[column].setdefault(shown_as, []).append(position)
    return {column: parts or {"": []} for column, parts in positions.items()}  # some have no features


def part_of(column, part, positions, kind, values):
    """Make a Part: of a column of a kind with values (n_rows,), all of it if ``part`` is empty."""
    if part:
        return Part(f"{column}: {part}", parts_of(values)[part], positions)
    if kind == BOOLEANS:
        names = {0.0: "False", 1.0: "True"}
        texts = [None if np.isnan(one) else names.get(one, f"{one:g}") for one in values.tolist()]
        values = np.array(texts, dtype=object)
    return Part(column, values, positions)


def mixed(table, rows, positions, donors):
    """Take rows of a data frame or an array, with some columns of other rows."""
    new = _safe_indexing(table, rows)
    if hasattr(table, "with_columns"):  # polars
        return new.with_columns(table[:, position][donors] for position in positions)
    if hasattr(table, "iloc"):  # pandas
        for position in positions:
            new.isetitem(position, table.iloc[:, position].array.take(donors))
    else:
        new[:, positions] = table[np.ix_(donors, positions)]
    return new
