"""Validation rows, held out or given, and the value that is watched on them during training."""

import inspect
import math
import numbers
from dataclasses import replace

import numpy as np
import scipy.sparse
from sklearn.metrics import check_scoring

from sknn_scratch._fitting.fitted import copied, set_layers
from sknn_scratch._fitting.observations import strata_of_units
from sknn_scratch._fitting.sklearn_versions import _BaseScorer


def with_validation(data, model, encoded, holds_out, rng):
    """Add the validation rows: those of the user, or some of the data, which hold them out."""
    validation = encoded.validation
    if holds_out:
        rows, unit = data.row_numbers, "row" if encoded.groups is None else "group"
        strata, numbers = strata_of_units(encoded, rows)
        n_kept = encoded.target_kind.n_kept
        is_held_out = draw_held_out(strata, n_kept, model.validation_fraction, rng, unit)[numbers]
        validation = encoded.take(rows[is_held_out])
        data = data.part(~is_held_out)
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


def draw_held_out(strata, n_kept, validation_fraction, rng, unit="row"):
    """Say of each training row, or group of rows, whether it is held out to validate: (n_samples,).

    At least ``n_kept`` of every stratum (n_samples,) stay in training. The others are sorted by stratum, in
    random order within it, and held out at equal distances: so every stratum gives its share.
    """
    n_units = len(strata)
    order = rng.permutation(n_units)
    order = order[np.argsort(strata[order], kind="stable")]
    counts = np.bincount(strata)
    places = np.arange(n_units) - np.repeat(np.cumsum(counts) - counts, counts)  # of a row in its stratum
    to_spare = order[places >= n_kept]
    n_validation = min(validation_size(validation_fraction, n_units, unit), len(to_spare))
    if n_validation == 0:
        raise ValueError(
            f"validation_fraction={validation_fraction} of {n_units} {unit}s leaves no {unit} to "
            "validate with, since one of each class is kept for training; increase it, pass X_val and "
            "y_val, or set early_stopping=False."
        )
    evenly = (np.arange(n_validation) + 0.5) * len(to_spare) / n_validation
    is_held_out = np.zeros(n_units, bool)
    is_held_out[to_spare[evenly.astype(int)]] = True
    return is_held_out


def validation_size(validation_fraction, n_units, unit):
    """Turn a share (rounded up) or a number into a number of rows or groups."""
    if isinstance(validation_fraction, numbers.Integral):
        size = int(validation_fraction)
    else:
        size = math.ceil(float(validation_fraction) * n_units)
    if size >= n_units:
        number = f"n_{'groups' if unit == 'group' else 'samples'}={n_units}"
        raise ValueError(
            f"validation_fraction={validation_fraction} would take all training {unit}s ({number}); "
            "decrease it, pass X_val and y_val, or set early_stopping=False."
        )
    return size
