"""Estimators of all kinds, and how much the predictions of their exported files differ from theirs."""

import warnings

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.exceptions import ConvergenceWarning

import sknn_scratch.onnx  # noqa: F401 - registers the converters
from sknn_scratch import (
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNEnsembleRegressor,
    ShallowNNRegressor,
)
from sknn_scratch._targets.numbers import NUMBER_LOSSES
from tests.helpers import KINDS, make_data

ENSEMBLE = {"n_networks": 3}
CLOSE = {"quantile": [0.6, 0.4, 0.5]}  # they cross
ONE = {"loss": "quantile", "quantile": [0.6]}
ESTIMATORS = {
    **{
        f"{kind} {cls.__name__}": (cls, {"kind": kind}, more)
        for cls, more in ((ShallowNNClassifier, {}), (ShallowNNEnsembleClassifier, ENSEMBLE))
        for kind in KINDS
    },
    **{
        f"{loss} {cls.__name__}": (cls, {"n_targets": n_targets}, {"loss": loss, **more})
        for cls, more in ((ShallowNNRegressor, {}), (ShallowNNEnsembleRegressor, ENSEMBLE))
        for n_targets, loss in enumerate(NUMBER_LOSSES, start=1)
    },
    "one quantile ShallowNNRegressor": (ShallowNNRegressor, {"n_targets": 1}, ONE),
    **{
        f"quantiles {cls.__name__}": (cls, {"n_targets": 1}, {"loss": "quantile", **CLOSE, **more})
        for cls, more in ((ShallowNNRegressor, {}), (ShallowNNEnsembleRegressor, ENSEMBLE))
    },
}


def fitted(name, activation, dtype):
    """Fit an estimator of ``ESTIMATORS``; return it with its rows."""
    cls, data, params = ESTIMATORS[name]
    X, y = numbers(**data) if "n_targets" in data else make_data(n_samples=90, **data)
    X = X.astype(dtype)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        return cls(20, activation, max_iter=20, random_state=0, **params).fit(X, y), X


def numbers(n_targets):
    """Make positive numbers of several sizes, one column or several."""
    X, _ = make_data("binary", n_samples=90)
    columns = np.exp(X[:, :1] + X[:, 1:2] * np.arange(n_targets)) * 10.0 ** np.arange(n_targets)
    return X, columns[:, 0] if n_targets == 1 else columns


def predict_by_onnx(model, X, **options):
    """Export a model, and predict with ONNX Runtime: labels and scores, or numbers alone."""
    options = {"zipmap": False, **options} if hasattr(model, "classes_") else None
    session = onnxruntime.InferenceSession(to_onnx(model, X[:1], options=options).SerializeToString())
    return session.run(None, {"X": X})


def difference(name, activation, dtype):
    """Compute the largest difference of a probability, or of a prediction in standard deviations of y."""
    model, X = fitted(name, activation, dtype)
    *labels, found = predict_by_onnx(model, X)
    assert found.dtype == dtype
    if not labels:
        expected = model.predict(X).reshape(found.shape)
        return float((np.abs(found - expected) / expected.std(axis=0)).max())
    assert (labels[0] == model.predict(X)).all()
    return float(np.abs(found - model.predict_proba(X)).max())
