"""What a model predicts for rows in which a column has the values of other rows.

Effects and importances need nothing else. No value is made up: each is taken from a row of the table. So
text, dates and missing values stay as they are, in any library.
"""

from typing import NamedTuple

import numpy as np
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._core.arrays import computed_once
from sknn_scratch._displays.slices import name_of
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._fitting.sklearn_versions import _safe_indexing
from sknn_scratch._inspection import steps_of
from sknn_scratch._tables.columns import BOOLEANS, columns_of
from sknn_scratch._tables.table_encoder import TableEncoder, typed_columns

MAX_VALUES = 2**22  # of the rows that are predicted at once


class Column(NamedTuple):
    """A column of the table."""

    values: np.ndarray  # (n_rows,) floats, dates, or texts and None
    position: int


class MixedRows:
    """A table, and what a model predicts for mixtures of its rows.

    ``columns`` has a Column for each name. ``quantiles`` (n_quantiles,) are those that the model predicts.
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
        self._table = X if hasattr(X, "iloc") or hasattr(X, "with_columns") else np.asarray(X)
        encoder = next((step for step in self._earlier[:1] if isinstance(step, TableEncoder)), None)
        typed, names = typed_columns(X, encoder), list(columns_of(self._table))
        by_name = hasattr(X, "columns") and set(typed) <= set(names)  # as TableEncoder takes columns
        taken = typed if by_name else names
        self.columns = {
            name_of(one): Column(as_places(*typed[one]), names.index(of))
            for one, of in zip(typed, taken, strict=True)
        }

    @computed_once
    def predicted(self):
        """Predict the rows as they are, with the whole model: (n_rows, n_outputs)."""
        return self._outputs(self._table)[0]

    def predict(self, rows, position, donors):
        """Predict mixtures of rows: outputs (1 + n_networks, n, n_outputs), the first of the whole model.

        A single network has no outputs of its own beside those of the model. At one position, the values
        are those of other rows, whose numbers (n,) are the donors.
        """
        n_at_once = max(1, MAX_VALUES // self._table.shape[1])
        outputs = [
            self._outputs(mixed(self._table, rows[part], position, donors[part]))
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


def as_places(kind, values):
    """Write the numbers (n_rows,) of a column of booleans as texts; leave those of other kinds."""
    if kind != BOOLEANS:
        return values
    names = {0.0: "False", 1.0: "True"}
    texts = [None if np.isnan(one) else names.get(one, f"{one:g}") for one in values.tolist()]
    return np.array(texts, dtype=object)


def mixed(table, rows, position, donors):
    """Take rows of a data frame or an array, with a column of other rows."""
    new = _safe_indexing(table, rows)
    if hasattr(table, "with_columns"):  # polars
        return new.with_columns(table[:, position][donors])
    if hasattr(table, "iloc"):  # pandas
        new.isetitem(position, table.iloc[:, position].array.take(donors))
    else:
        new[:, position] = table[donors, position]
    return new
