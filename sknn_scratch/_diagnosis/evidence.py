"""Measurements of a fitted network: its weights, its history, and its hidden layer on data."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sknn_scratch._core.activations import SATURATED_SLOPE
from sknn_scratch._core.blocks import mean_loss, predict_outputs, row_blocks
from sknn_scratch._core.network import make_batch
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._diagnosis import references
from sknn_scratch._estimators.inspection import activate, hidden_inputs
from sknn_scratch._fitting.causes import measure_features, spaced_rows, standardised, strongest_pull
from sknn_scratch._fitting.fitted import fitted_layers, fitted_network, kept_epoch, target_kind_of

# Where a loss was measured.
TRAINING, VALIDATION, ON_DATA = "in training", "in validation", "on X, y"
# A guess of a constant is perfect, so its loss is no measure.
UNKNOWN_GUESS = "all y were equal, or came in calls of partial_fit; then pass y"
# Simple models need at least this many rows, and this many rows for each feature.
LEAST_ROWS = 20
ROWS_PER_FEATURE = 3


class HiddenLayer(NamedTuple):
    """How the hidden layer responds to data."""

    flat_fraction: float  # share of all hidden inputs where the absolute slope is below 0.05
    dead_fraction: float  # share of the units that are flat for every row
    mean_slope: float  # mean of the absolute slopes


class Errors(NamedTuple):
    """Errors: shares of wrong rows, or a regressor's shares of unexplained variance."""

    network: float
    simple_model: float
    n_rows: int

    @property
    def chance(self):
        """Standard error of the difference between the network and a simple model."""
        return math.sqrt((self.network + self.simple_model) / self.n_rows)


@dataclass
class Evidence:
    """A fitted network, and data as it sees them."""

    fitted: object  # ShallowNNClassifier or ShallowNNRegressor
    rows: object  # DenseRows or SparseRows
    feature_names: object  # (n_features,)
    y: object = None  # labels or numbers of the rows: (n_samples,) or (n_samples, n_outputs)

    @cached_property
    def hidden_layer(self):
        """Measure the hidden layer, block by block of the rows."""
        n_samples, n_hidden = self.rows.n_samples, self.fitted.coefs_[0].shape[1]
        n_flat, slopes = np.zeros(n_hidden), 0.0
        for block in row_blocks(n_samples, n_hidden, self.fitted.coefs_[0].dtype):
            z = hidden_inputs(self.fitted, self.rows.take(block))
            slope = np.abs(activate(self.fitted, z)[1])
            n_flat += (slope < SATURATED_SLOPE).sum(axis=0)
            slopes += slope.sum(dtype=float)
        n_values = n_samples * n_hidden
        return HiddenLayer(n_flat.sum() / n_values, float(np.mean(n_flat == n_samples)), slopes / n_values)

    @cached_property
    def labels(self):
        """Validate y (n_samples,) or (n_samples, n_outputs)."""
        kinds = self.fitted._target_kinds
        y = kinds.alone(self.y)
        if len(y) != self.rows.n_samples:
            raise ValueError(f"X has {self.rows.n_samples} rows, but y has {len(y)}.")
        target_kind_of(self.fitted).check(y)
        kinds.check_domain(self.fitted, y)
        return y

    @cached_property
    def predicted(self):
        """Predict labels like y."""
        outputs = predict_outputs(fitted_network(self.fitted), fitted_layers(self.fitted), self.rows)
        return target_kind_of(self.fitted).decode(outputs)

    @cached_property
    def loss_range(self):
        """The least loss, and that of a network that predicts the same for all rows, of fit or else of X."""
        if hasattr(self.fitted, "_loss_range_"):
            return self.fitted._loss_range_
        if self.y is None:
            return 0.0, 0.0
        kind, shares = target_kind_of(self.fitted), np.full(len(self.labels), 1 / len(self.labels))
        return kind.loss_range(self.fitted, kind.encode(self.labels, float), shares)

    @property
    def loss_of_a_guess(self):
        """By how much the loss of a guess is above the least loss; None if it is unknown."""
        least, guess = self.loss_range
        return guess - least or None

    @cached_property
    def known_losses(self):
        """Collect the mean losses of the weights that were kept, by where they were measured."""
        known = {}
        for where, name in ((TRAINING, "loss"), (VALIDATION, "val_loss")):
            column = self.fitted.history_.get(name, ())
            kept = kept_epoch(self.fitted, column)
            if kept is not None and np.isfinite(column[kept]):
                known[where] = float(column[kept])
        if TRAINING in known:
            known[TRAINING] = max(0.0, known[TRAINING] - self.penalty)
        if self.y is not None:
            known[ON_DATA] = float(mean_loss(*self._network, self._batch(slice(None))))
        return known

    @cached_property
    def overfitting_gap(self):
        """By how much the loss of new rows is higher, in losses of a guess; None if it is unknown."""
        known = self.known_losses
        if len(known) < 2 or self.loss_of_a_guess is None:
            return None
        highest = max(loss for where, loss in known.items() if where != TRAINING)
        return max(0.0, highest - self.lowest_loss) / self.loss_of_a_guess

    @property
    def lowest_loss(self):
        """Lowest mean loss on training rows, or on rows that may be training rows."""
        return min(loss for where, loss in self.known_losses.items() if where != VALIDATION)

    @property
    def penalty(self):
        """Penalty in the recorded loss of the weights that were kept."""
        if SOLVERS[self.fitted.solver_].decouples_penalty:
            return 0.0
        return 0.5 * self.fitted._penalty_rate_ * sum(float(np.vdot(w, w)) for w in self.fitted.coefs_)

    @property
    def estimates_centre(self):
        """Whether the network estimates what simple models do: classes, means or medians."""
        return self._network[0].loss.estimates_centre

    @property
    def _network(self):
        loss = target_kind_of(self.fitted).loss_of(self.fitted)
        return fitted_network(self.fitted)._replace(loss=loss), fitted_layers(self.fitted)

    def _batch(self, rows):
        """Take rows with their labels, weighted by class as in training."""
        target_kind, labels = target_kind_of(self.fitted), self.labels[rows]
        targets = target_kind.encode(labels, self.fitted.coefs_[0].dtype)
        return make_batch(self.rows.take(rows), targets, target_kind.row_weights(self.fitted, None, labels))

    @cached_property
    def sample(self):
        """Numbers of at most a thousand rows, evenly spaced."""
        return spaced_rows(self.rows.n_samples)

    @cached_property
    def strongest_pull(self):
        """How strongly the loss pulls at a new hidden unit, in the best direction."""
        return strongest_pull(self._network[0], self._batch(self.sample))

    @cached_property
    def errors(self):
        """Errors in the sample (see ``TargetKind``): of the network and of the better simple model.

        The simple models are the five nearest neighbours and a linear model. They have not seen the label of
        the row that they predict.
        """
        batch, target_kind = self._batch(self.sample), target_kind_of(self.fitted)
        targets, shares = batch.targets.values.T, batch.targets.shares[0]
        truth = self.labels[self.sample]
        X = standardised(batch.X.source, self.features)

        def error(outputs):
            errors = target_kind.errors(outputs, truth)
            return float(np.average(errors.reshape(len(errors), -1).mean(axis=1), weights=shares))

        simple = (of(X, targets) for of in (references.of_neighbours, references.of_linear_model))
        return Errors(
            error(predict_outputs(*self._network, batch.X)),
            min(error(target_kind.outputs_of_means(means)) for means in simple),
            len(truth),
        )

    @property
    def has_enough_rows(self):
        """Whether simple models can be trained on the rows of the sample."""
        n_samples, n_features = len(self.sample), self.rows.n_features
        return n_samples >= max(LEAST_ROWS, ROWS_PER_FEATURE * n_features)

    @cached_property
    def features(self):
        """Measure the features."""
        return measure_features(self.rows.source)

    def history(self, name):
        """Get the values of a column of the history that are known; there may be none."""
        column = np.asarray(self.fitted.history_.get(name, []), float)
        return column[~np.isnan(column)]
