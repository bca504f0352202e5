"""What displays and diagnosis read from a fitted estimator: its network, and its hidden layer on data."""

from contextlib import suppress
from typing import TypeAlias

import numpy as np
import scipy.sparse
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._core.activations import ACTIVATIONS, Activation, activation_of
from sknn_scratch._core.blocks import predict_hidden
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._estimators.single import SingleNetwork
from sknn_scratch._fitting.fitted import fitted_layers, fitted_network, target_kind_of
from sknn_scratch._fitting.sklearn_versions import _check_feature_names_in, _num_samples, _safe_indexing

# A fitted network, alone or as the last step; or an ensemble, whose first network is meant.
FittedNetwork: TypeAlias = SingleNetwork | Ensemble | Pipeline


def network_of(estimator):
    """Find the fitted network: the estimator, the last step of a Pipeline, or the first of an ensemble."""
    fitted = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if isinstance(fitted, Ensemble):
        check_is_fitted(fitted, "estimators_")
        fitted = fitted.estimators_[0]
    if not isinstance(fitted, SingleNetwork):
        raise TypeError(
            "estimator must be a fitted network or ensemble of this package, or a Pipeline that ends in one, "
            f"got {type(fitted).__name__}. Of a search, pass its best_estimator_. EffectsDisplay shows any "
            "estimator."
        )
    check_is_fitted(fitted, "coefs_")
    return fitted


def place_of_network(estimator):
    """Say which network ``network_of`` finds in an ensemble; None if the estimator has only one."""
    fitted = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    return f"first of {len(fitted.estimators_)} networks" if isinstance(fitted, Ensemble) else None


def has_earlier_steps(estimator):
    """Whether a Pipeline has steps before the network."""
    return isinstance(estimator, Pipeline) and len(estimator) > 1


def network_input(estimator, X):
    """Pass X through the steps of a Pipeline before the network."""
    return estimator[:-1].transform(X) if has_earlier_steps(estimator) else X


def feature_names_of(estimator):
    """Names (n_features,) of the features as the network sees them."""
    fitted = network_of(estimator)
    if has_earlier_steps(estimator) and not hasattr(fitted, "feature_names_in_"):
        with suppress(AttributeError):  # not every step can name its output
            names = estimator[:-1].get_feature_names_out()
            if names is not None:  # it is None if all steps are "passthrough"
                return names
    return _check_feature_names_in(fitted)  # those of the fit, else x0, x1, ...


def output_names(fitted):
    """Names (n_outputs,) of the classes, labels or targets."""
    return target_kind_of(fitted).output_names()


def hidden_inputs(fitted, rows):
    """Compute the hidden inputs z = X w + b (n_samples, n_hidden) of validated rows."""
    linear = fitted_network(fitted)._replace(activate=ACTIVATIONS["identity"])
    return predict_hidden(linear, fitted_layers(fitted), rows)


def activate(fitted, z):
    """Compute the hidden values g(z) and the slopes g'(z), two new arrays like z."""
    hidden, slope = z.copy(), np.empty_like(z)
    activation_of(fitted._activation_)(hidden, slope)
    return hidden, slope


def activation_name(fitted):
    """Name the activation; the user's own activation has the name of its function."""
    if isinstance(fitted._activation_, Activation):
        return getattr(fitted._activation_.function, "__name__", "custom")
    return fitted._activation_


def some_rows(X, n_rows):
    """Take at most n_rows rows of X, evenly spaced."""
    n_samples = _num_samples(X)
    if n_samples <= n_rows:
        return X
    if scipy.sparse.issparse(X):
        X = X.tocsr()  # not all other formats can be indexed
    return _safe_indexing(X, np.linspace(0, n_samples - 1, n_rows).astype(int))
