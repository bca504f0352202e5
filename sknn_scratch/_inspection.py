"""What displays and diagnosis read from a fitted estimator: its network, and y for it."""

from contextlib import suppress
from typing import Any, TypeAlias

from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._core.activations import Activation
from sknn_scratch._core.rows import evenly
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._estimators.single import SingleNetwork
from sknn_scratch._fitting.fitted import target_kind_of
from sknn_scratch._fitting.sklearn_versions import _check_feature_names_in, _num_samples, _safe_indexing

# A fitted network, alone or as the last step; or an ensemble, whose first network is meant.
FittedNetwork: TypeAlias = SingleNetwork | Ensemble | Pipeline


def steps_of(estimator: Any) -> list[Any]:
    """List the steps of a Pipeline and of those inside it, but no "passthrough"; or the estimator alone."""
    if not isinstance(estimator, Pipeline):
        return [estimator]
    steps = [step for step in estimator if step is not None and step != "passthrough"]
    return [one for step in steps for one in steps_of(step)]


class Inspected:
    """The network of a fitted estimator: itself, the last step of a Pipeline, or the first of an ensemble."""

    def __init__(self, estimator: FittedNetwork, name: str | None = None) -> None:
        *self.earlier, network = steps_of(estimator) or [estimator]
        self.name = name  # None is the place of the network in an ensemble, if it is in one
        if isinstance(network, Ensemble):
            check_is_fitted(network, "estimators_")
            self.name = f"first of {len(network.estimators_)} networks" if name is None else name
            network = network.estimators_[0]
        if not isinstance(network, SingleNetwork):
            raise TypeError(
                "estimator must be a fitted network or ensemble of this package, or a Pipeline that ends in "
                f"one, got {type(network).__name__}. Of a search, pass its best_estimator_. EffectsDisplay "
                "shows any estimator."
            )
        check_is_fitted(network, "coefs_")
        self.network = network

    def rows(self, X):
        for step in self.earlier:
            X = step.transform(X)
        return X

    @property
    def feature_names(self):
        """Names (n_features,) of the features as the network sees them."""
        if self.earlier and not hasattr(self.network, "feature_names_in_"):
            with suppress(AttributeError):  # not every step can name its output
                return make_pipeline(*self.earlier).get_feature_names_out()
        return _check_feature_names_in(self.network)  # those of the fit, else x0, x1, ...

    @property
    def activation(self):
        """Name of the activation; the user's own activation has the name of its function."""
        activation = self.network._activation_
        if isinstance(activation, Activation):
            return getattr(activation.function, "__name__", "custom")
        return activation


def checked_targets(fitted, y, n_samples):
    """Validate the y (n_samples,) or (n_samples, n_outputs) of rows that come after the fit."""
    y = fitted._target_kinds.alone(y)
    if len(y) != n_samples:
        raise ValueError(f"X has {n_samples} rows, but y has {len(y)}.")
    target_kind_of(fitted).check(y)
    return y


def some_rows(X, n_rows):
    n_samples = _num_samples(X)
    return X if n_samples <= n_rows else _safe_indexing(X, evenly(n_samples, n_rows))
