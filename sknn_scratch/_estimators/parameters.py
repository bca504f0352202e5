"""The parameters of the estimators: names, types, valid values and defaults. Each stands here once.

``with_constructor`` says how the annotations are read. The docstring of ``ShallowNNClassifier`` explains the
parameters. The classes here have no bases of scikit-learn: since these have no types, mypy would accept any
arguments of the constructors.

Names are ``Literal`` types, so that type checkers find a misspelt one. A type cannot be computed from a
registry, so the names stand here too. A test compares them with the registries.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY
from numbers import Integral, Real
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from sklearn.metrics import get_scorer_names

from sknn_scratch._core.activations import Activation
from sknn_scratch._estimators.constructor import Number, Several, one_of, with_constructor
from sknn_scratch._fitting.sklearn_versions import Options

ActivationName: TypeAlias = Literal[
    "identity", "sigmoid", "logistic", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu"
]
LossName: TypeAlias = Literal["squared_error", "absolute_error", "huber", "poisson", "gamma", "quantile"]
Count: TypeAlias = Annotated[int, Number(Integral, 1, None, closed="left")]
Unlimited: TypeAlias = Annotated[
    float, Number(Integral, 1, None, closed="left"), Options(Real, {math.inf})
]  # a count, or infinity
Positive: TypeAlias = Annotated[float, Number(Real, 0, None, closed="neither")]
NotNegative: TypeAlias = Annotated[float, Number(Real, 0, None, closed="left")]
Share: TypeAlias = Annotated[float, Number(Real, 0, 1, closed="left")]  # below one
OfProbability: TypeAlias = Annotated[float, Number(Real, 0, 1, closed="neither")]
ShareOrCount: TypeAlias = Annotated[
    float, Number(Real, 0, 1, closed="neither"), Number(Integral, 1, None, closed="left")
]


@with_constructor
class CommonParameters:
    """The parameters of all estimators. Only the first four can be given by position."""

    n_hidden: Count = 100
    activation: ActivationName | Activation = "relu"
    init_scale: NotNegative | Literal["auto", "he", "glorot"] = "auto"
    learning_rate: Positive | Literal["auto"] = "auto"
    _: KW_ONLY
    alpha: NotNegative | Literal["auto"] = "auto"
    solver: Literal["auto", "adam", "adamw", "sgd", "lbfgs"] = "auto"
    batch_size: Count | Literal["auto"] | None = "auto"
    max_iter: Count | Literal["auto"] = "auto"
    dropout: Share | None = None
    momentum: Share = 0.9
    nesterov: bool = True
    beta_1: Share = 0.9
    beta_2: Share = 0.999
    epsilon: Positive = 1e-8
    learning_rate_schedule: Literal["auto", "constant", "cosine", "one_cycle", "adaptive"] = "auto"
    max_grad_norm: Positive | None = None
    tol: NotNegative | Literal["auto"] = "auto"
    n_iter_no_change: Unlimited | Literal["auto"] = "auto"
    gradient_tol: NotNegative = 0.0
    early_stopping: bool | Literal["auto"] = "auto"
    validation_fraction: ShareOrCount = 0.1
    scoring: Annotated[str, one_of(["loss", *get_scorer_names()])] | Callable[..., float] = "loss"
    dtype: Literal["float32", "float64"] | None = None
    warm_start: bool = False
    random_state: Annotated[int | np.random.RandomState | None, "random_state"] = None
    verbose: Annotated[int, "verbose"] = 0


@with_constructor
class ClassifierParameters(CommonParameters):
    _: KW_ONLY
    class_weight: dict[Any, Any] | Literal["balanced"] | None = None


@with_constructor
class RegressorParameters(CommonParameters):
    _: KW_ONLY
    loss: LossName = "squared_error"
    quantile: OfProbability | Annotated[Sequence[float], Several(Real, 0, 1, closed="neither")] | None = None
    huber_delta: Positive | None = None


@with_constructor
class EnsembleParameters:
    """The parameters that only ensembles have."""

    _: KW_ONLY
    n_networks: Count | Literal["auto"] = 8
    n_jobs: Annotated[int, Number(Integral, None, None, closed="neither")] | None = None


@with_constructor
class EnsembleClassifierParameters(EnsembleParameters, ClassifierParameters): ...


@with_constructor
class EnsembleRegressorParameters(EnsembleParameters, RegressorParameters): ...
