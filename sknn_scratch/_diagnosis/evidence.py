"""Further evidence for a diagnosis: the hidden layer, the loss on other rows, what simple models predict."""

from contextlib import suppress

import numpy as np
from sklearn.base import is_classifier
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from sknn_scratch._causes.check import Unmeasurable
from sknn_scratch._causes.evidence import UNLEARNED, Evidence
from sknn_scratch._causes.features import standardised
from sknn_scratch._core.activations import SATURATED_SLOPE
from sknn_scratch._core.arrays import computed_once
from sknn_scratch._core.blocks import predict_outputs
from sknn_scratch._core.network import Penalty
from sknn_scratch._core.parameters import flatten, view_parameters
from sknn_scratch._fitting.fitted import fitted_layers, fitted_network, target_kind_of
from sknn_scratch._inspection import checked_targets, first_epoch, hidden_layer

# Where a loss was measured.
TRAINING, VALIDATION, ON_DATA = "in training", "in validation", "on X, y"
FOLDS = KFold(5, shuffle=True, random_state=0)
SIMPLE_CLASSIFIERS = RidgeClassifier(), KNeighborsClassifier()
SIMPLE_REGRESSORS = Ridge(), KNeighborsRegressor()


class Examination(Evidence):
    """Evidence of a fitted network that is diagnosed."""

    @classmethod
    def of(cls, fitted, rows, feature_names, y):
        """Collect the evidence of a fitted network on rows, and on their labels or numbers if y is given."""
        target_kind, weights = target_kind_of(fitted), None
        if y is not None:
            y = checked_targets(fitted, y, rows.n_samples)
            weights = target_kind.row_weights(fitted, None, y)
        network = fitted_network(fitted)._replace(loss=target_kind.loss)
        return cls(fitted, network, fitted_layers(fitted), rows, feature_names, y, weights)

    @computed_once
    def known_losses(self):
        """Collect the mean losses of the weights that were kept, by where they were measured."""
        known, kept = {}, self.fitted.best_iter_ - first_epoch(self.fitted)  # its index, if it is not gone
        for where, name in ((TRAINING, "loss"), (VALIDATION, "val_loss")):
            column = self.fitted.history_.get(name, ())
            if 0 <= kept < len(column) and np.isfinite(column[kept]):
                known[where] = float(column[kept])
        if TRAINING in known:
            known[TRAINING] = max(0.0, known[TRAINING] - self.penalty)
        if self.y is not None:
            known[ON_DATA] = self.loss_on_data
        if not known:
            raise Unmeasurable("no finite loss is known; pass y")
        return known

    @property
    def penalty(self):
        """Penalty in the recorded loss of the weights that were kept."""
        strengths, shape = [self.fitted._penalty_strength_], self.network.shape
        penalty = Penalty.of(strengths, shape, self.optimizer.decouples_penalty)
        return float(penalty.value(view_parameters(flatten(self.layers), shape)))

    @property
    def lowest_loss(self):
        """The lowest loss that is known, in baseline losses."""
        return self.relative_to_baseline(min(self.known_losses.values()))

    @property
    def has_learned_nothing(self):
        """Whether the lowest loss is the baseline, as far as it is known."""
        with suppress(Unmeasurable):
            return self.lowest_loss > UNLEARNED
        return False

    @computed_once
    def slopes(self):
        """Compute the absolute slopes |g'(z)| (n, n_hidden) of hidden inputs."""
        return np.abs(hidden_layer(self.fitted, self.rows)[1])

    @computed_once
    def is_flat(self):
        """Which of the hidden inputs (n, n_hidden) are where the activation is flat."""
        return self.slopes < SATURATED_SLOPE

    @computed_once
    def errors(self):
        """Errors in the sample: of the network, and of the better simple model in cross-validation.

        They are shares of wrong rows, or a regressor's shares of unexplained variance.
        """
        truth, batch = self.labels[self.sample], self.batch(self.sample)
        X = standardised(batch.X.source, self.features)

        def error(predicted):
            errors = predicted != truth
            if not is_classifier(self.fitted):
                spread = np.std(truth, axis=0)
                errors = np.square((predicted - truth) / np.where(spread > 0, spread, 1.0))
            of_rows = errors.reshape(len(truth), -1).mean(axis=1)
            return float(np.average(of_rows, weights=batch.targets.shares[0]))

        models = SIMPLE_CLASSIFIERS if is_classifier(self.fitted) else SIMPLE_REGRESSORS
        of_models = [error(cross_val_predict(model, X, truth, cv=FOLDS)) for model in models]
        predicted = self.target_kind.decode(predict_outputs(self.network, self.layers, batch.X))
        return error(predicted.reshape(truth.shape)), min(of_models)
