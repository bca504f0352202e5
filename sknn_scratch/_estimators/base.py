"""What all estimators share: the parameters, ``fit``, and the validation of rows."""

import math
from collections.abc import Callable, Sequence
from inspect import signature
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.metrics import get_scorer_names
from sklearn.utils.validation import check_is_fitted, validate_data

from sknn_scratch._core.activations import ACTIVATIONS, Activation
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.parameters import INIT_SCALES
from sknn_scratch._core.rows import rows_of
from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._estimators.methods import validates_parameters
from sknn_scratch._estimators.parameters import Number, ParameterNames, one_of
from sknn_scratch._fitting.callbacks import CallbackSupportMixin
from sknn_scratch._fitting.inputs import ArrayLike, FitInput
from sknn_scratch._fitting.sklearn_private import InvalidParameterError


def reason_against_parts(estimator: Any) -> str | None:
    """Say why an estimator cannot be trained by parts of the rows, if it cannot."""
    for parameter, value, reason in estimator._not_by_parts:
        given = getattr(estimator, parameter)
        if isinstance(given, str | bool | np.bool_) and given == value:
            name = type(estimator).__name__
            return f"{name} has no attribute 'partial_fit' with {parameter}={value!r}, {reason}."
    return None


class BaseShallowNN(CallbackSupportMixin, ParameterNames):
    """Parameters, ``fit``, and the validation of rows.

    A subclass has ``_target_kinds``, what its y may be; ``_fit(inputs)``, which trains; ``_outputs(X)``,
    which computes the outputs (n_samples, n_outputs); and, once fitted, ``_dtype``, the precision of its
    weights.
    """

    n_features_in_: int
    feature_names_in_: NDArray[Any]

    _target_kinds: ClassVar[Any]  # what y may be: see ``_fitting/targets.py``
    # Values of parameters that do not allow ``partial_fit``, and why.
    _not_by_parts: ClassVar[tuple[tuple[str, Any, str], ...]] = (
        ("solver", "lbfgs", "which needs all rows at once; use 'adam', 'adamw' or 'sgd'"),
        ("early_stopping", True, "since one epoch at a time cannot stop early; use 'auto' or False"),
    )
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_hidden": [Number(Integral, 1, None, closed="left")],
        "activation": [one_of(ACTIVATIONS), Activation],
        "init_scale": [Number(Real, 0, None, closed="left"), one_of(INIT_SCALES)],
        "learning_rate": [Number(Real, 0, None, closed="neither")],
        "solver": [one_of(["auto", *SOLVERS])],
        "batch_size": [Number(Integral, 1, None, closed="left"), one_of(["auto"]), None],
        "max_iter": [Number(Integral, 1, None, closed="left")],
        "alpha": [Number(Real, 0, None, closed="left")],
        "dropout": [Number(Real, 0, 1, closed="left")],
        "momentum": [Number(Real, 0, 1, closed="left")],
        "nesterov": ["boolean"],
        "beta_1": [Number(Real, 0, 1, closed="left")],
        "beta_2": [Number(Real, 0, 1, closed="left")],
        "epsilon": [Number(Real, 0, None, closed="neither")],
        "learning_rate_schedule": [one_of(SCHEDULES)],
        "max_grad_norm": [Number(Real, 0, None, closed="neither"), None],
        "tol": [Number(Real, 0, None, closed="left")],
        "n_iter_no_change": [Number(Integral, 1, None, closed="left"), one_of(["auto"])],
        "gradient_tol": [Number(Real, 0, None, closed="left")],
        "early_stopping": ["boolean", one_of(["auto"])],
        "validation_fraction": [
            Number(Real, 0, 1, closed="neither"),
            Number(Integral, 1, None, closed="left"),
        ],
        "scoring": [one_of(["loss", *get_scorer_names()]), callable],
        "dtype": [one_of(["float32", "float64"]), None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init_subclass__(cls) -> None:
        """Read the parameters of the constructor once. Cloning needs them, and then takes half the time."""
        super().__init_subclass__()
        if "__init__" in vars(cls):
            cls.__init__.__signature__ = signature(cls.__init__)

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
        dtype: str | None = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_hidden = n_hidden
        self.activation = activation
        self.init_scale = init_scale
        self.learning_rate = learning_rate
        self.solver = solver
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.alpha = alpha
        self.dropout = dropout
        self.momentum = momentum
        self.nesterov = nesterov
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.learning_rate_schedule = learning_rate_schedule
        self.max_grad_norm = max_grad_norm
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.gradient_tol = gradient_tol
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.dtype = dtype
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @validates_parameters()
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike = None,
        *,
        X_val: ArrayLike = None,
        y_val: ArrayLike = None,
        sample_weight_val: ArrayLike = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
            Training rows. Scale the features (see StandardScaler): the network then learns far better.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            What to predict: class labels, or a label indicator of zeros and ones. For a regressor, numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. A row of weight two counts like two copies of it, and a row of weight zero is
            left out. The penalty is divided by the sum of the weights, or by 100 if the sum is smaller. If
            the sum is far from the number of rows, change ``alpha`` accordingly.
        X_val, y_val, sample_weight_val : like X, y and sample_weight, default=None
            Rows to validate with, instead of a part of X. ``early_stopping`` must be True or "auto".

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        KeyboardInterrupt
            If Ctrl-C is pressed before the end of the first epoch, or outside the training. The estimator
            then stays as it was. Later in the training, Ctrl-C ends it with the weights of the last whole
            epoch, or of the best one with validation rows, and with a warning.
        """
        return self._fit(FitInput(X, y, sample_weight, X_val, y_val, sample_weight_val))

    def _fit_part(self, inputs):
        if not get_config()["skip_parameter_validation"]:
            self._validate_params()  # scikit-learn does this only on the first call
        return self._fit(inputs)

    def _validate_params(self):
        if isinstance(self.n_hidden, list | tuple):
            raise InvalidParameterError(not_one_number(type(self).__name__, self.n_hidden))
        super()._validate_params()

    def _rows(self, X):
        """Validate X for the core."""
        if not self._is_plain(X):
            check_is_fitted(self, "n_features_in_")
            X = validate_data(self, X, accept_sparse="csr", dtype=self._dtype, reset=False)
        return rows_of(X)

    def _is_plain(self, X):
        """Whether X is a finite array that the fitted network can take without validation.

        scikit-learn's validation takes several times as long as the prediction of a single row.
        """
        is_plain = (
            hasattr(self, "n_features_in_")
            and type(X) is np.ndarray
            and X.ndim == 2
            and X.shape[0] > 0
            and X.shape[1] == self.n_features_in_
            and X.dtype == self._dtype
            and not hasattr(self, "feature_names_in_")
        )
        with np.errstate(over="ignore", invalid="ignore"):
            return is_plain and math.isfinite(X.sum())

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def not_one_number(class_name: str, n_hidden: Sequence[Any]) -> str:
    """Write the error for an ``n_hidden`` in the form of MLPClassifier's ``hidden_layer_sizes``."""
    message = f"The 'n_hidden' parameter of {class_name} must be one number, got {n_hidden!r}."
    if len(n_hidden) == 1:
        return f"{message} Use n_hidden={n_hidden[0]!r}."
    return f"{message} There is one hidden layer; for more, use scikit-learn's MLPClassifier."
