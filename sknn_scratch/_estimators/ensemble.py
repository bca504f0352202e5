"""Ensembles: several networks are trained in one pass, and their predictions are averaged."""

import copy
from collections import Counter
from collections.abc import Callable
from inspect import signature
from itertools import chain
from numbers import Integral
from operator import itemgetter
from typing import Any, ClassVar, Literal, overload

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from sknn_scratch._core.activations import Activation, Array
from sknn_scratch._core.network import predict_outputs
from sknn_scratch._estimators.base import BaseShallowNN
from sknn_scratch._estimators.classification import Classification
from sknn_scratch._estimators.classifier import ShallowNNClassifier
from sknn_scratch._estimators.docstrings import with_entries_of
from sknn_scratch._estimators.parameters import Number, parameters_of
from sknn_scratch._estimators.regression import Regression
from sknn_scratch._estimators.regressor import ShallowNNRegressor
from sknn_scratch._estimators.single import SingleNetwork
from sknn_scratch._fitting.callbacks import fit_of_many
from sknn_scratch._fitting.fitted import adopt, clear_fitted, data_attributes, target_kind_of
from sknn_scratch._fitting.inputs import ArrayLike
from sknn_scratch._fitting.plan import check_combinations, draw_seed
from sknn_scratch._fitting.stacks import Fit, cut_into_groups, fit_group
from sknn_scratch._fitting.troubles import warn_of
from sknn_scratch._fitting.validation import given_validation


class Ensemble(BaseShallowNN):
    """Training of several networks, and the average of their outputs.

    A subclass names the class of its networks, ``_network``.
    """

    _network: ClassVar[type[SingleNetwork]]
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseShallowNN._parameter_constraints,
        "n_networks": [Number(Integral, 1, None, closed="left")],
        "n_jobs": [Number(Integral, None, None, closed="neither"), None],
    }

    def _fit(self, inputs):
        self._check(inputs)
        networks = self._networks(inputs)
        with fit_of_many(self, inputs, self.n_networks) as tasks:
            members = list(zip(range(self.n_networks), networks, tasks, strict=True))
            n_parts = min(effective_n_jobs(self.n_jobs), self.n_networks)
            if n_parts == 1:  # in this thread, so that ``train_together`` can train them with others
                parts = [fit_networks(members, inputs)]
            else:
                parts = Parallel(n_jobs=n_parts)(
                    delayed(fit_networks)(members[i::n_parts], inputs) for i in range(n_parts)
                )
            fits = sorted((fit for part in parts for fit in part), key=itemgetter(0))
            _, networks, troubles = map(list, zip(*fits, strict=True))
            warn_of(counted(chain.from_iterable(troubles), self.n_networks))
            adopt(self, data_attributes(networks[0]) | {"estimators_": networks})
        return self

    def _goes_on(self, inputs):
        return hasattr(self, "estimators_") and (inputs.partial or self.warm_start)

    def _check(self, inputs):
        """Validate and encode the data once for all networks, so that errors name the ensemble's class."""
        check_combinations(self, inputs)
        model, goes_on = copy.copy(self), self._goes_on(inputs)
        if not goes_on:
            clear_fitted(model)
        encoded = inputs.encoded_for(model, goes_on)
        vars(model).update(encoded.attributes)
        if inputs.X_val is not None:
            given_validation(model, inputs, encoded.target_kind, encoded.X.dtype)

    def _networks(self, inputs):
        """Make new networks, or copies of the fitted networks if the fit continues with them."""
        own = {name: getattr(self, name) for name in signature(self._network).parameters}
        del own["random_state"]
        if not self._goes_on(inputs):
            rng = check_random_state(self.random_state)
            return [self._network(**own, random_state=draw_seed(rng)) for _ in range(self.n_networks)]
        if len(self.estimators_) != self.n_networks:
            raise ValueError(
                f"n_networks={self.n_networks}, but there are {len(self.estimators_)} fitted networks to "
                "train further; set n_networks back, or start anew with fit and warm_start=False."
            )
        return [copy.copy(network).set_params(**own) for network in self.estimators_]

    def _outputs(self, X):
        all_outputs = self._all_outputs(X)
        return target_kind_of(self).average(all_outputs)

    def _all_outputs(self, X):
        """Yield the outputs (n_samples, n_outputs) of each network."""
        X = self._rows(X)
        return (one._compute(predict_outputs, X) for one in self.estimators_)

    @property
    def _dtype(self):
        return self.estimators_[0]._dtype

    @property
    def n_iter_(self) -> NDArray[np.integer]:
        """Number of epochs of each network."""
        return np.array([network.n_iter_ for network in self.estimators_])

    @property
    def solver_(self) -> str:
        """The solver of the networks."""
        return self.estimators_[0].solver_

    @property
    def history_(self) -> list[dict[str, Array]]:
        """The ``history_`` of each network."""
        return [network.history_ for network in self.estimators_]


def fit_networks(members, inputs):
    """Fit networks to the same rows.

    Parameters
    ----------
    members : list of (int, SingleNetwork, ParentTask or None)
    inputs : FitInput

    Returns
    -------
    list of (int, SingleNetwork, list of Trouble)
        The number of each network, the fitted network, and its warnings.

    Raises
    ------
    KeyboardInterrupt
        If the fits were interrupted before each network had made an epoch, or in ``partial_fit``.
    """
    fits = [Fit(network, inputs, number=number, parent=parent) for number, network, parent in members]
    for fit in fits:
        fit.reporter.label = f"network {fit.number}"
    for group in cut_into_groups(fits):
        fit_group(group)
        if any(fit.is_interrupted for fit in group):
            if inputs.partial:
                raise KeyboardInterrupt  # else a loop of calls would continue, without this call's rows
            break
    if any(fit.is_untrained for fit in fits):
        raise KeyboardInterrupt  # their average would not be a model
    return [(fit.number, fit.network, fit.troubles) for fit in fits]


def counted(troubles, n_networks):
    """Join equal troubles into one, which says how many networks have it."""
    return [
        trouble._replace(message=f"{n} of {n_networks} networks: {trouble.message}")
        for trouble, n in Counter(troubles).items()
    ]


@with_entries_of(ShallowNNClassifier)
class ShallowNNEnsembleClassifier(Classification, Ensemble):
    """Several networks from different seeds, whose probabilities are averaged.

    The networks have different initial weights, different orders of the rows and, with early stopping,
    different validation rows. So they make different errors. The log-loss of the averaged probabilities is
    never above the mean of their log-losses, and often below all of them. The networks are trained in one
    pass, which takes much less time than training them one after the other.

    Parameters
    ----------
    warm_start : bool, default=False
        Whether ``fit`` continues with the networks of the last fit.
    random_state : int, RandomState instance or None, default=None
        Seed for the seeds of the networks.
    verbose : int, default=0
        If not 0, print a line for each network after every epoch and at its end.
    n_networks : int, default=8
        Number of networks.
    n_jobs : int, default=None
        Number of workers for the networks. One is usually best: it trains all networks in one pass.

    Attributes
    ----------
    estimators_ : list of ShallowNNClassifier
        The fitted networks.
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted; the column numbers if y was multilabel.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had any.
    n_iter_ : ndarray of shape (n_networks,)
        Number of epochs of each network.
    solver_ : str
        The solver of the last call: ``solver``, or the one that "auto" has chosen.
    history_ : list of dict
        The ``history_`` of each network.

    See Also
    --------
    ShallowNNClassifier : A single network.

    Notes
    -----
    ``decision_function`` returns the logits of the averaged probabilities p: log(p / (1 - p)) for two classes
    and for labels, else log(p).

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknn_scratch import ShallowNNEnsembleClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> ensemble = ShallowNNEnsembleClassifier(random_state=0)
    >>> clf = make_pipeline(StandardScaler(), ensemble)
    >>> clf.fit(X_train, y_train).score(X_test, y_test) > 0.95
    True
    """

    estimators_: list[ShallowNNClassifier]

    _network: ClassVar = ShallowNNClassifier
    _parameter_constraints: ClassVar[dict[str, Any]] = (
        Classification._parameter_constraints | Ensemble._parameter_constraints
    )

    def __init__(
        self,
        n_hidden: int = 100,
        activation: str | Activation = "relu",
        init_scale: float | str = "glorot",
        learning_rate: float = 0.005,
        *,
        solver: str = "auto",
        batch_size: int | Literal["auto"] | None = "auto",
        max_iter: int = 200,
        alpha: float = 1.0,
        dropout: float = 0.0,
        momentum: float = 0.9,
        nesterov: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        learning_rate_schedule: str = "constant",
        max_grad_norm: float | None = None,
        tol: float = 1e-3,
        n_iter_no_change: int | Literal["auto"] = "auto",
        gradient_tol: float = 0.0,
        early_stopping: bool | Literal["auto"] = "auto",
        validation_fraction: float = 0.1,
        scoring: str | Callable[..., float] = "loss",
        class_weight: dict[Any, Any] | Literal["balanced"] | None = None,
        dtype: str | None = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        n_networks: int = 8,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(**parameters_of(BaseShallowNN, locals()))
        self.class_weight = class_weight
        self.n_networks = n_networks
        self.n_jobs = n_jobs


@with_entries_of(ShallowNNRegressor)
class ShallowNNEnsembleRegressor(Regression, Ensemble):
    """Several networks from different seeds, whose predictions are averaged.

    The networks have different initial weights, different orders of the rows and, with early stopping,
    different validation rows. So they make different errors. The squared error of the averaged predictions is
    never above the mean of their squared errors. The networks are trained in one pass, which takes much less
    time than training them one after the other.

    Parameters
    ----------
    warm_start : bool, default=False
        Whether ``fit`` continues with the networks of the last fit.
    random_state : int, RandomState instance or None, default=None
        Seed for the seeds of the networks.
    verbose : int, default=0
        If not 0, print a line for each network after every epoch and at its end.
    n_networks : int, default=8
        Number of networks.
    n_jobs : int, default=None
        Number of workers for the networks. One is usually best: it trains all networks in one pass.

    Attributes
    ----------
    estimators_ : list of ShallowNNRegressor
        The fitted networks.
    y_offset_, y_scale_ : float, or ndarray of shape (n_targets,) if y had columns
        The same for all networks, see :class:`ShallowNNRegressor`.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had any.
    n_iter_ : ndarray of shape (n_networks,)
        Number of epochs of each network.
    solver_ : str
        The solver of the last call: ``solver``, or the one that "auto" has chosen.
    history_ : list of dict
        The ``history_`` of each network.

    See Also
    --------
    ShallowNNRegressor : A single network.

    Notes
    -----
    With several targets, each network predicts all of them.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknn_scratch import ShallowNNEnsembleRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> reg = make_pipeline(StandardScaler(), ShallowNNEnsembleRegressor(random_state=0))
    >>> reg.fit(X_train, y_train).score(X_test, y_test) > 0.2
    True
    >>> y_mean, y_std = reg.predict(X_test, return_std=True)
    >>> y_std.shape
    (111,)
    """

    estimators_: list[ShallowNNRegressor]

    _network: ClassVar = ShallowNNRegressor
    _parameter_constraints: ClassVar[dict[str, Any]] = (
        Regression._parameter_constraints | Ensemble._parameter_constraints
    )

    def __init__(
        self,
        n_hidden: int = 100,
        activation: str | Activation = "relu",
        init_scale: float | str = "glorot",
        learning_rate: float = 0.005,
        *,
        loss: str = "squared_error",
        quantile: float = 0.5,
        huber_delta: float = 0.5,
        solver: str = "auto",
        batch_size: int | Literal["auto"] | None = "auto",
        max_iter: int = 200,
        alpha: float = 3.0,
        dropout: float = 0.0,
        momentum: float = 0.9,
        nesterov: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        learning_rate_schedule: str = "constant",
        max_grad_norm: float | None = None,
        tol: float = 1e-3,
        n_iter_no_change: int | Literal["auto"] = "auto",
        gradient_tol: float = 0.0,
        early_stopping: bool | Literal["auto"] = "auto",
        validation_fraction: float = 0.1,
        scoring: str | Callable[..., float] = "loss",
        dtype: str | None = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        n_networks: int = 8,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(**parameters_of(BaseShallowNN, locals()))
        self.loss = loss
        self.quantile = quantile
        self.huber_delta = huber_delta
        self.n_networks = n_networks
        self.n_jobs = n_jobs

    @overload
    def predict(self, X: ArrayLike, return_std: Literal[False] = ...) -> Array: ...

    @overload
    def predict(self, X: ArrayLike, return_std: Literal[True]) -> tuple[Array, Array]: ...

    def predict(self, X: ArrayLike, return_std: bool = False) -> Array | tuple[Array, Array]:
        """Predict y: the mean of the networks' predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
        return_std : bool, default=False
            Whether to return also how much the networks differ.

        Returns
        -------
        y_mean : ndarray of float64, of shape (n_samples,) or (n_samples, n_targets)
            In the units of the y of ``fit``.
        y_std : ndarray like y_mean
            The standard deviation of the networks' predictions; only with ``return_std``.

        Notes
        -----
        The spread is small where there were data, and grows where the networks extrapolate. It does not
        contain the noise of y, so it is not a prediction interval (for an interval, fit two quantiles). It is
        not a calibrated posterior, as :class:`~sklearn.gaussian_process.GaussianProcessRegressor` has: if all
        networks make the same error, it is small.
        """
        if not return_std:
            return super().predict(X)
        target_kind = target_kind_of(self)
        predictions = np.stack([target_kind.decode(outputs) for outputs in self._all_outputs(X)])
        return predictions.mean(axis=0), predictions.std(axis=0)
