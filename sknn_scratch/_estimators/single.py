"""What the estimators of one network share: training, ``resume``, ``transform`` and the outputs."""

import os
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blocks import predict_hidden, predict_outputs, row_blocks
from sknn_scratch._estimators.base import BaseShallowNN
from sknn_scratch._estimators.methods import validates_parameters
from sknn_scratch._fitting.callbacks import Checkpoint, FitReporter
from sknn_scratch._fitting.checkpoint import read_stored_fit
from sknn_scratch._fitting.fitted import adopt, fitted_attributes, fitted_layers, fitted_network
from sknn_scratch._fitting.inputs import ArrayLike, FitInput
from sknn_scratch._fitting.plan import plan_fit
from sknn_scratch._fitting.stacks import Training, train_runs, trainer
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
    alpha_: float
    alpha_path_: dict[str, Array]
    history_: dict[str, Array]
    loss_curve_: Array

    @classmethod
    def resume(
        cls,
        path: str | os.PathLike[str],
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike = None,
        *,
        X_val: ArrayLike = None,
        y_val: ArrayLike = None,
        sample_weight_val: ArrayLike = None,
        params: Mapping[str, Any] | None = None,
        callbacks: Iterable[Any] = (),
    ) -> Self:
        """Continue a fit that did not finish, from the file that its :class:`Checkpoint` wrote.

        On the same machine and with the same library versions, it ends with the same weights, bit for bit,
        and with the same fitted attributes (except for ``history_["seconds"]``) as a fit that was never
        stopped. If the fit had finished, its model is returned without further training. If it was
        interrupted (Ctrl-C), it continues.

        Parameters
        ----------
        path : str or path-like
            The file. The estimator gets a ``Checkpoint`` for the same file, with the same ``every``.
        X, y, sample_weight : as in fit
            The same values as in ``fit``, with the rows in the same order. The file does not contain them.
        X_val, y_val, sample_weight_val : as in fit
            The same values as in ``fit``.
        params : dict, default=None
            The values of parameters that the file cannot contain: an :class:`Activation` of your own, a
            callable ``scoring``, a RandomState. Other parameters cannot be changed.
        callbacks : sequence of callbacks, default=()
            Further callbacks, for :meth:`set_callbacks`.

        Returns
        -------
        estimator : ShallowNNClassifier or ShallowNNRegressor
            A new, fitted estimator, with the parameters of the estimator whose fit did not finish.

        Raises
        ------
        CheckpointError
            If the file is damaged, has another format, or is not a checkpoint of this class, or if the data
            are not the data of the fit. It is a ValueError.
        OSError
            If there is no such file (then it is a FileNotFoundError), or it is a device or a pipe.

        See Also
        --------
        Checkpoint : Writes the file.

        Notes
        -----
        In a Pipeline, the network was trained on transformed rows, so pass these:
        ``resume(path, pipeline[:-1].transform(X), y)``.

        Examples
        --------
        A script that you can start again after each crash:

        >>> import tempfile
        >>> from pathlib import Path
        >>> from sklearn.datasets import load_iris
        >>> from sknn_scratch import Checkpoint, ShallowNNClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> directory = tempfile.TemporaryDirectory()
        >>> path = Path(directory.name) / "iris.checkpoint"
        >>> if path.exists():
        ...     clf = ShallowNNClassifier.resume(path, X, y)
        ... else:
        ...     clf = ShallowNNClassifier(solver="adam", max_iter=1000, random_state=0)
        ...     clf = clf.set_callbacks(Checkpoint(path, every=10)).fit(X, y)
        >>> clf.stop_reason_
        'converged'
        >>> directory.cleanup()
        """
        estimator, stored = read_stored_fit(cls, path, params)
        estimator.set_callbacks(Checkpoint(path, stored.every), *callbacks)
        inputs = FitInput(X, y, sample_weight, X_val, y_val, sample_weight_val)
        return estimator._go_on(inputs, stored)

    @validates_parameters()
    def _go_on(self, inputs, stored):
        return self._fit(inputs, stored)

    def _fit(self, inputs, stored=None):
        fit = plan_fit(self, inputs, stored)
        reporter = FitReporter(fit, *trainer.of_thread.labels)
        with reporter.fit_task():
            (run,) = train_runs([Training(fit, reporter)])
            if run.is_interrupted and (inputs.partial or not run.state.history):
                raise KeyboardInterrupt  # a loop of calls must end; a network without an epoch is no model
            for trouble in troubles_of(fit, run.state):
                warn(*trouble)
            reporter.report_end(run.state)
            adopt(self, fitted_attributes(fit, run.state))
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
