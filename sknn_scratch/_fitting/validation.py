"""The value that is watched during training, on validation rows that are held out or given."""

import inspect
import math
from dataclasses import replace

import numpy as np
import scipy.sparse
from sklearn.metrics import check_scoring

from sknn_scratch._fitting.fitted import copied, set_layers
from sknn_scratch._fitting.sklearn_versions import _BaseScorer


def with_validation(data, model, validation):
    """Add encoded validation rows, if there are any, and what is watched on them."""
    if validation is None:
        return data
    return replace(data, validation=validation.batch, score=scorer_of(model, validation))


def scorer_of(model, rows):
    """Make a function that scores parameters on the validation rows, or None to watch the loss."""
    if model.scoring == "loss":
        return None
    scorer = check_scoring(model, model.scoring)
    is_weighted = rows.weights is not None and takes_weights(scorer)
    weighted = {"sample_weight": rows.weights} if is_weighted else {}
    X, y = with_all_features(rows.X, model), rows.y

    def score(params):
        snapshot = copied(model)
        vars(snapshot).pop("feature_names_in_", None)  # X is an array, also if the user's is a data frame
        set_layers(snapshot, params)
        try:
            value = float(scorer(snapshot, X, y, **weighted))
            if math.isnan(value):
                raise ValueError("it gave NaN; use another scorer, or other validation rows.")
        except Exception as error:  # a user's scorer may raise anything
            raise ValueError(
                f"scoring={model.scoring!r} cannot score the {len(y)} validation rows: {error}"
            ) from error
        return value

    return score


def with_all_features(X, model):
    """Give zeros to the features that a model's network lacks."""
    features, shape = model._features_, (X.shape[0], model.n_features_in_)
    if features is None:
        return X
    if scipy.sparse.issparse(X):
        return type(X)((X.data, features[X.indices], X.indptr), shape=shape)
    all_features = np.zeros(shape, X.dtype)
    all_features[:, features] = X
    return all_features


def takes_weights(scorer):
    """Whether a scorer, or the metric inside scikit-learn's scorer, has a parameter ``sample_weight``."""
    function = scorer._score_func if isinstance(scorer, _BaseScorer) else scorer
    parameters = inspect.signature(function).parameters
    return "sample_weight" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
