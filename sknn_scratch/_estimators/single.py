"""What the estimators of one network share: training, ``transform`` and the outputs."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blocks import predict_hidden, predict_outputs, row_blocks
from sknn_scratch._estimators.base import BaseShallowNN
from sknn_scratch._estimators.names import ATTRIBUTES_ELSEWHERE
from sknn_scratch._fitting.callbacks import Training
from sknn_scratch._fitting.fitted import adopt, attributes_of, fitted_layers, fitted_model, fitted_network
from sknn_scratch._fitting.inputs import ArrayLike
from sknn_scratch._fitting.passes import train_fits
from sknn_scratch._fitting.plan import plan_fit
from sknn_scratch._fitting.threads import threads_for_blocks
from sknn_scratch._fitting.troubles import troubles_of, warn
from sknn_scratch._targets.checks import check_outputs


class SingleNetwork(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseShallowNN):
    """Training of one network, and what it computes."""

    coefs_: list[Array]
    intercepts_: list[Array]
    n_iter_: int
    best_iter_: int
    stop_reason_: str
    solver_: str
    learning_rate_: float
    tol_: float
    alpha_: float
    alpha_path_: dict[str, Array]
    history_: dict[str, Array]
    loss_curve_: Array

    if not TYPE_CHECKING:  # pragma: no branch - with it, no misspelt name would be an error for type checkers

        def __getattr__(self, name: str) -> Any:
            try:
                return object.__getattribute__(self, name)  # again, for the error of Python
            except AttributeError as error:
                if name in ATTRIBUTES_ELSEWHERE:
                    error.args = (f"{error}. Use {ATTRIBUTES_ELSEWHERE[name]} instead.",)
                raise

    def _fit(self, inputs):
        ((_, troubles),) = train_and_adopt([Training(plan_fit(self, inputs))])
        for trouble in troubles:
            warn(*trouble)
        return self

    def transform(self, X: ArrayLike) -> Array:
        """Compute the values of the hidden units.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)

        Returns
        -------
        hidden : ndarray of shape (n_samples, n_hidden)
        """
        return self._compute(predict_hidden, self._rows(X))

    def _outputs(self, X):
        return self._compute(predict_outputs, self._rows(X))

    @np.errstate(over="ignore", invalid="ignore", under="ignore")  # the outputs are checked
    def _compute(self, compute, X):
        """Apply ``compute`` to validated rows, in blocks."""
        layers = fitted_layers(self)
        n_features, n_hidden = layers.w_hidden.shape
        blocks = row_blocks(X.n_samples, n_hidden, layers.w_hidden.dtype)
        largest_product = blocks[0].stop * n_features * n_hidden
        with threads_for_blocks(len(blocks), largest_product) as map_blocks:
            outputs = compute(fitted_network(self), layers, X, map_blocks)
            check_outputs(outputs)
        return outputs

    @property
    def _dtype(self):
        return self.coefs_[0].dtype

    @property
    def _n_features_out(self):
        return self.coefs_[0].shape[1]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"] if self.dtype is None else [self.dtype]
        return tags


def train_and_adopt(trainings):
    """Train planned fits, and let their estimators adopt the results; list each with the troubles of its fit.

    KeyboardInterrupt is raised if Control-C came in ``partial_fit``, since a loop of calls must end, or
    before each network has made an epoch, since a network without one is no model.
    """
    with ExitStack() as fit_tasks:
        for training in trainings:
            fit_tasks.enter_context(training.fit_task())
        train_fits(trainings)
        runs = [training.run for training in trainings]
        is_interrupted = any(run.is_interrupted for run in runs)
        if is_interrupted and (
            trainings[0].fit.encoded.is_part or not all(run.state.history for run in runs)
        ):
            raise KeyboardInterrupt
        return [(training.estimator, adopt_result(training)) for training in trainings]


def adopt_result(training):
    fitted = fitted_model(training.fit, training.run.state)
    troubles = troubles_of(training.fit, fitted)
    training.report_end()
    adopt(training.estimator, attributes_of(fitted))
    return troubles
