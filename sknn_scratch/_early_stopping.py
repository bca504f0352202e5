"""The rows that validate while a network is trained: held out or given, and what is watched of them."""

import copy
import inspect
import math

import numpy as np
import scipy.sparse
from sklearn.metrics import check_scoring
from sklearn.metrics._scorer import _BaseScorer
from sklearn.utils import _safe_indexing

from sknn_scratch._core.losses import LOSSES
from sknn_scratch._core.network import make_batch, mean_loss
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.sparse import SparseRows
from sknn_scratch._fitted import set_layers
from sknn_scratch._inputs import validated_data
from sknn_scratch._targets import row_weights

# With "auto", training sets of at least this many rows are validated while training.
AUTO_EARLY_STOPPING_ROWS = 500


def stops_early(estimator, n_samples):
    """Whether some of the training rows shall be held out to validate."""
    if estimator.early_stopping == "auto":
        return n_samples >= AUTO_EARLY_STOPPING_ROWS
    return bool(estimator.early_stopping)


def held_out_validation(model, inputs, encoded, weights, rows):
    """Make the validation of some of the training rows."""
    X, y, targets = encoded.X, encoded.y, encoded.targets
    weights = None if weights is None else weights[rows]
    validation = validation_batch(X[rows], targets[rows], weights, encoded.encoding)
    X_user = inputs.X if hasattr(inputs.X, "columns") else X
    return validation, scorer_of(model, _safe_indexing(X_user, rows), y[rows], weights)


def given_validation(model, inputs, encoding, dtype):
    """Make the validation of X_val, y_val and sample_weight_val."""
    try:
        X, y = validated_data(model, inputs.X_val, inputs.y_val, dtype, reset=False)
        encoding.check(y)
        targets = encoding.encode(y, dtype)
        weights = row_weights(inputs.sample_weight_val, model.class_weight, X, y, encoding.classes)
    except ValueError as error:
        raise ValueError(f"In X_val, y_val or sample_weight_val: {error}") from error
    validation = validation_batch(X, targets, weights, encoding)
    return validation, scorer_of(model, inputs.X_val, y, weights)


def validation_batch(X, targets, weights, encoding):
    """Make a batch of the validation rows."""
    X = SparseRows([X], stacked=False) if scipy.sparse.issparse(X) else X
    return make_batch(X, targets, weights, LOSSES[encoding.loss])


def scorer_of(model, X, y, weights):
    """Make a function that scores parameters on the validation rows, or None to watch the loss."""
    if model.scoring == "loss":
        return None
    scorer = check_scoring(model, model.scoring)
    is_weighted = weights is not None and takes_weights(scorer)
    weighted = {"sample_weight": weights} if is_weighted else {}

    def score(params):
        snapshot = copy.copy(model)
        set_layers(snapshot, params)
        try:
            value = float(scorer(snapshot, X, y, **weighted))
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"scoring={model.scoring!r} cannot score the {len(y)} validation rows: {error}"
            ) from error
        if math.isnan(value):
            raise ValueError(
                f"scoring={model.scoring!r} gave NaN for the {len(y)} validation rows; use another scorer, "
                "or other validation rows (validation_fraction, X_val)."
            )
        return value

    return score


def takes_weights(scorer):
    """Whether a scorer, or the metric that scikit-learn made it of, has a parameter ``sample_weight``."""
    function = scorer._score_func if isinstance(scorer, _BaseScorer) else scorer
    parameters = inspect.signature(function).parameters
    return "sample_weight" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


@np.errstate(all="ignore")
def validation_value(network, data, params):
    """Evaluate what is watched of the validation rows: their loss, or minus their score."""
    if data.score is not None:
        return -data.score(params)
    return float(mean_loss(network, view_parameters(params, network.shape), data.validation))
