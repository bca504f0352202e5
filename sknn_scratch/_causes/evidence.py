"""What causes and findings are measured on: a fitted network, its history, and rows as it sees them."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from sknn_scratch._causes.features import measure_dense, measure_sparse
from sknn_scratch._causes.findings import Unmeasurable
from sknn_scratch._core.activations import ACTIVATIONS, SATURATED_SLOPE, values_and_slopes
from sknn_scratch._core.arrays import computed_once
from sknn_scratch._core.blocks import mean_loss, predict_hidden
from sknn_scratch._core.network import Network, Penalty, make_batch, shares_of
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.parameters import flatten, view_parameters
from sknn_scratch._core.rows import evenly

# As a share of the loss of constant outputs. A network whose loss is not below has learned nothing, or less
# than a hundredth of y. If the features say no more about y, the warning is a mistake.
UNLEARNED = 0.99
# At most this number of rows is compared with y.
SAMPLE_ROWS = 1000
MAX_VALUES = 1_000_000  # hidden inputs to look at
# Where a loss was measured.
TRAINING, VALIDATION, ON_DATA = "in training", "in validation", "on X, y"


@dataclass
class Evidence:
    """A fitted network, and rows as it sees them: those of its training, or some that are passed to it.

    What needs more, such as y, raises Unmeasurable.
    """

    fitted: object  # ShallowNNClassifier or ShallowNNRegressor
    network: Network  # with the loss
    layers: object  # Layers or Parameters
    rows: object  # DenseRows or SparseRows, with the features of the layers
    feature_names: object  # (n_features,)
    y: object  # validated labels or numbers of the rows (n_samples,) or (n_samples, n_outputs), or None
    row_weights: object  # (n_samples,); None for ones
    columns: object = ()  # names, each with the values (n_samples,): floats, or texts and None

    @property
    def target_kind(self):
        return self.fitted._target_kinds.of_fitted(self.fitted)

    @property
    def optimizer_class(self):
        return SOLVERS[self.fitted.solver_]

    @property
    def was_trained_by_parts(self):
        """Whether the last training was a ``partial_fit``: only ``fit`` knows the loss range of all rows."""
        return not hasattr(self.fitted, "_loss_range_")

    @computed_once
    def features(self):
        matrix = self.rows.source
        return measure_dense(matrix) if isinstance(matrix, np.ndarray) else measure_sparse(matrix)

    @property
    def labels(self):
        if self.y is None:
            raise Unmeasurable("it needs y")
        return self.y

    @computed_once
    def sample(self):
        """Numbers of some rows, evenly spaced."""
        return evenly(self.rows.n_samples, SAMPLE_ROWS)

    def batch(self, rows):
        """Make a batch of some rows, weighted as in training."""
        targets = self.target_kind.encode(self.labels[rows], self.layers.w_hidden.dtype)
        weights = None if self.row_weights is None else self.row_weights[rows]
        return make_batch(self.rows.take(rows), targets, weights)

    # --- Losses ---

    def history(self, name):
        """Get the values of a column of the history that are known; there may be none."""
        column = np.asarray(self.fitted.history_.get(name, []), float)
        return column[~np.isnan(column)]

    @computed_once
    def loss_range(self):
        """Get the least loss and the baseline loss: of the training rows of ``fit``, or else of X."""
        if not self.was_trained_by_parts:
            return self.fitted._loss_range_
        targets = self.target_kind.encode(self.labels, float)
        return self.target_kind.loss_range(targets, shares_of(len(targets), self.row_weights))

    def losses_of_epochs(self, *names):
        """Get the first of some losses that the epochs of a fit have, of two or more epochs."""
        if self.was_trained_by_parts:
            raise Unmeasurable("the calls of partial_fit may differ in their rows")
        losses = next(filter(len, map(self.history, names)), ())
        if len(losses) < 2:
            raise Unmeasurable("it needs the losses of two epochs")
        return losses

    @property
    def baseline_gap(self):
        """By how much the baseline loss is above the least loss; if they are equal, it is no measure."""
        least, baseline = self.loss_range
        if baseline == least:
            raise Unmeasurable("all y were equal")
        return baseline - least

    def relative_to_baseline(self, loss):
        return (loss - self.loss_range[0]) / self.baseline_gap

    @computed_once
    def loss_on_data(self):
        return float(mean_loss(self.network, self.layers, self.batch(slice(None))))

    @computed_once
    def known_losses(self):
        """Collect the mean losses of the weights that were kept, by where they were measured."""
        known, n_later_epochs = {}, self.fitted.n_iter_ - self.fitted.best_iter_
        for where, name in ((TRAINING, "loss"), (VALIDATION, "val_loss")):
            column = self.fitted.history_.get(name, ())  # maybe only the latest epochs
            if n_later_epochs < len(column) and np.isfinite(column[-1 - n_later_epochs]):
                known[where] = float(column[-1 - n_later_epochs])
        if TRAINING in known:
            known[TRAINING] = max(0.0, known[TRAINING] - self.penalty)
        if self.y is not None:
            known[ON_DATA] = self.loss_on_data
        if not known:
            raise Unmeasurable("no finite loss is known; pass y")
        return known

    @property
    def penalty(self):
        """The penalty in the recorded loss of the weights that were kept."""
        strengths, shape = [self.fitted._penalty_strength_], self.network.shape
        penalty = Penalty.of(strengths, shape, self.optimizer_class.decouples_penalty)
        return float(penalty.value(view_parameters(flatten(self.layers), shape)))

    @property
    def lowest_loss(self):
        return self.relative_to_baseline(min(self.known_losses.values()))

    @property
    def has_learned_nothing(self):
        with suppress(Unmeasurable):
            return self.lowest_loss > UNLEARNED
        return False

    # --- The hidden layer ---

    @computed_once
    def absolute_slopes(self):
        return np.abs(hidden_layer(self.network, self.layers, self.rows)[1])

    @property
    def is_flat(self):
        return self.absolute_slopes < SATURATED_SLOPE


def hidden_layer(network, layers, rows):
    """Compute the hidden inputs z and the slopes g'(z), both (n, n_hidden), of some rows, evenly spaced."""
    rows = rows.take(evenly(rows.n_samples, max(1, MAX_VALUES // network.shape.n_hidden)))
    z = predict_hidden(network._replace(activate=ACTIVATIONS["identity"]), layers, rows)
    return z, values_and_slopes(network.activate, z)[1]
