"""What is measured of a fitted network: its weights, its history, and its hidden layer on data."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sknn_scratch._core.activations import SATURATED_SLOPE
from sknn_scratch._core.network import make_batch, mean_loss, predict_outputs, row_blocks
from sknn_scratch._estimators.inspection import activate, hidden_inputs_of_rows
from sknn_scratch._fitting.fitted import fitted_layers, fitted_network, fitted_targets, kept_epoch
from sknn_scratch._fitting.labels import labels_of

# Where a loss is from.
TRAINING, VALIDATION, ON_DATA = "in training (penalty included)", "in validation", "on X, y"


class HiddenLayer(NamedTuple):
    """How the hidden layer responds to data."""

    flat_fraction: float  # share of all hidden inputs where the slope is below 0.05 in size
    dead_fraction: float  # share of the units that are flat for every row
    mean_slope: float  # mean size of the slopes


@dataclass
class Evidence:
    """A fitted classifier, and data as it sees them.

    Attributes
    ----------
    clf : ShallowNNClassifier
        Fitted.
    rows : DenseRows or SparseRows
        Validated rows.
    feature_names : array-like of shape (n_features,)
        Their names.
    y : array-like of shape (n_samples,) or (n_samples, n_labels), or None
        Their labels.
    """

    clf: object
    rows: object
    feature_names: object
    y: object = None

    @cached_property
    def hidden_layer(self):
        """Measure the hidden layer, block by block of the rows."""
        n_samples, n_hidden = self.rows.n_samples, self.clf.coefs_[0].shape[1]
        n_flat, slopes = np.zeros(n_hidden), 0.0
        for block in row_blocks(n_samples, n_hidden, self.clf.coefs_[0].dtype):
            z = hidden_inputs_of_rows(self.clf, self.rows.take(block))
            slope = np.abs(activate(self.clf, z)[1])
            n_flat += (slope < SATURATED_SLOPE).sum(axis=0)
            slopes += slope.sum(dtype=float)
        n_values = n_samples * n_hidden
        return HiddenLayer(n_flat.sum() / n_values, float(np.mean(n_flat == n_samples)), slopes / n_values)

    @cached_property
    def labels(self):
        """Validate y: (n_samples,), or (n_samples, n_labels) of zeros and ones."""
        y = labels_of(self.y)
        if len(y) != self.rows.n_samples:
            raise ValueError(f"X has {self.rows.n_samples} rows, but y has {len(y)}.")
        fitted_targets(self.clf).check(y)
        return y

    @cached_property
    def predicted(self):
        """Predict labels like y."""
        logits = predict_outputs(fitted_network(self.clf), fitted_layers(self.clf), self.rows)
        return fitted_targets(self.clf).decode(logits)

    @cached_property
    def loss_of_a_guess(self):
        """Loss of a network that gives all classes the same probability."""
        return fitted_targets(self.clf).loss_of_a_guess(self.clf)

    @cached_property
    def known_losses(self):
        """Collect the mean losses of the weights that were kept, by where they are from."""
        known = {}
        for where, name in ((TRAINING, "loss"), (VALIDATION, "val_loss")):
            column = self.clf.history_.get(name, ())
            kept = kept_epoch(self.clf, column)
            if kept is not None and np.isfinite(column[kept]):
                known[where] = float(column[kept])
        if self.y is not None:
            known[ON_DATA] = self._loss_on_data()
        return known

    def _loss_on_data(self):
        """Mean loss on X and y, weighted by class as in training."""
        encoding, clf = fitted_targets(self.clf), self.clf
        targets = encoding.encode(self.labels, clf.coefs_[0].dtype)
        weights = encoding.row_weights(clf, None, self.labels)
        batch = make_batch(self.rows, targets, weights)
        network = fitted_network(clf)._replace(loss=encoding.loss_of(clf))
        return float(mean_loss(network, fitted_layers(clf), batch))

    @cached_property
    def feature_sizes(self):
        """Root mean square (n_features,) of each feature."""
        matrix = self.rows.source
        if isinstance(matrix, np.ndarray):
            with np.errstate(over="ignore"):  # infinite is large enough to be found
                return np.sqrt(np.vecdot(matrix, matrix, axis=0) / len(matrix))
        return np.sqrt(np.asarray(matrix.multiply(matrix).mean(axis=0)).ravel())

    def history(self, name):
        """Get the known values of a column of the history, maybe none."""
        column = np.asarray(self.clf.history_.get(name, []), float)
        return column[~np.isnan(column)]
