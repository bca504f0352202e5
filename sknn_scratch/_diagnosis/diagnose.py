"""diagnose: from a fitted network to a report with remedies."""

from dataclasses import replace

import numpy as np

from sknn_scratch._causes.evidence import Evidence
from sknn_scratch._causes.findings import SEVERITIES, look_for
from sknn_scratch._causes.words import quantity
from sknn_scratch._diagnosis.checks import CHECKS, OF_FEATURES
from sknn_scratch._diagnosis.report import Diagnosis
from sknn_scratch._fitting.fitted import fitted_layers, fitted_network, target_kind_of
from sknn_scratch._fitting.inputs import ArrayLike
from sknn_scratch._inspection import FittedNetwork, Inspected, checked_targets
from sknn_scratch._tables.encoders import Features
from sknn_scratch._tables.table_encoder import TableEncoder


def diagnose(estimator: FittedNetwork, X: ArrayLike, y: ArrayLike = None) -> Diagnosis:
    """Look for problems of a fitted network, and say what to fix first.

    It looks at

    - the data: one column gives y away, outliers in y, and unscaled features, outliers and tiny features,
      which a :func:`tabular_pipeline` scales
    - the parameters and the steps: large initial weights, strong penalty, exploding gradient
    - the hidden units: identical units, saturation, dead units, vanishing gradient
    - the result: overfitting, stopped too early, not converged, nothing learned, underfitting
    - if nothing was learned, further causes: frequent bends, no signal, small steps

    Each finding compares a number with two limits, and has a meaning and a remedy. If a finding probably
    follows from another one, it is listed below it.

    Parameters
    ----------
    estimator : ShallowNNClassifier, ShallowNNRegressor, their ensembles, or Pipeline
        Fitted; a Pipeline must end in one of these. Of an ensemble, the first network is diagnosed.
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Rows as the estimator takes them: some of the training rows, or new ones.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Their labels, or the numbers to predict. Some findings need y, such as a penalty that is too strong.
        Overfitting can be found only with rows that the fit has not seen, unless it had validation rows.

    Returns
    -------
    diagnosis : Diagnosis
        An iterable of findings. Print it, or make it the last line of a notebook cell.

    See Also
    --------
    TrainingCurveDisplay : The history as a picture.
    ActivationDisplay : Saturation as a picture.

    Notes
    -----
    The hidden units are measured on at most a million hidden inputs, those of evenly spaced rows of X.

    Losses are in units of the loss of the best constant prediction for the training set, which for a
    classifier is the entropy of the class frequencies. An error is the share of wrong rows or, for a
    regressor, of the variance of y that is not explained.

    The penalty is compared with the loss for a network without hidden units, which gives all rows the same
    outputs. Let d be the gradient of the loss at these outputs, minus its mean. A new unit with input weights
    u of length one and output weights v lowers the loss by ``|v| |mean(d g(u x + b))|``, and its penalty is
    ``rate (1 + |v|^2) / 2``. So for relu, no unit lowers the objective if the rate is larger than the pull
    ``|mean(d g(u x + b))|`` of the loss in all directions u, of which a few hundred are tried.

    A column gives y away if it explains nearly all of the variance of y. Each row is predicted by the mean y
    of the two rows before it and the two behind it in the order of the column, of at most ten thousand rows.

    Simple models are the five nearest neighbours and a ridge regression or classification, the better one in
    cross-validation on at most a thousand rows. Since they predict means, quantiles are not compared.

    Examples
    --------
    Eight units that start at zero stay the same:

    >>> import warnings
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknn_scratch import ShallowNNClassifier, diagnose
    >>> X, y = load_iris(return_X_y=True)
    >>> with warnings.catch_warnings(action="ignore"):
    ...     clf = ShallowNNClassifier(8, "tanh", init_scale=0, max_iter=50).fit(scale(X), y)
    >>> diagnosis = diagnose(clf, scale(X), y)
    >>> diagnosis.ok
    False
    >>> diagnosis.fix_first.name, diagnosis.fix_first.value
    ('identical units', 0.875)
    >>> print(diagnosis.fix_first.remedy)
    Start from random weights: init_scale='auto' or a small number.
    """
    inspected = Inspected(estimator)
    fitted = inspected.network
    if inspected.earlier and isinstance(inspected.earlier[0], TableEncoder):
        X = inspected.earlier[0]._features_of(X)
    rows, feature_names = fitted._rows(inspected.rows(X)), inspected.feature_names
    kind, weights, columns = target_kind_of(fitted), None, columns_of(X, rows, feature_names)
    if y is not None:
        y = checked_targets(fitted, y, rows.n_samples)
        weights = kind.row_weights(fitted, None, y)
    network = fitted_network(fitted)._replace(loss=kind.loss)
    evidence = Evidence(fitted, network, fitted_layers(fitted), rows, feature_names, y, weights, columns)
    is_of_table = any(isinstance(step, TableEncoder) for step in inspected.earlier)
    left_out = OF_FEATURES if is_of_table else ()
    looked_for = {name: check for name, check in CHECKS.items() if name not in left_out}
    with np.errstate(all="ignore"):  # what overflows is a finding
        found, not_checked = look_for(looked_for, evidence, evidence.has_learned_nothing)
    not_checked |= dict.fromkeys(left_out, "a TableEncoder scales the features")
    checks = tuple(replace(finding, cause=cause_of(name, found)) for name, finding in found.items())
    units = quantity(fitted.coefs_[0].shape[1], f"{inspected.activation} unit")
    subject = f"{type(fitted).__name__} with {units}"
    subject += "" if inspected.name is None else f", {inspected.name}"
    return Diagnosis(subject, checks, not_checked)


def columns_of(X, rows, feature_names):
    """List the columns of a table that a TableEncoder has read, or the dense features of rows, with names."""
    if isinstance(X, Features):
        return [(name, values) for (name, _), values in X.items()]
    matrix = rows.source
    return list(zip(feature_names, matrix.T, strict=True)) if isinstance(matrix, np.ndarray) else ()


def cause_of(name, found):
    """Find the first finding that explains this one and is at least as severe; None if there is none."""
    severity = found[name].severity
    as_severe = () if severity == "ok" else SEVERITIES[: SEVERITIES.index(severity) + 1]
    for cause, other in found.items():
        if other.severity in as_severe and name in CHECKS[cause].explains:
            return cause_of(cause, found) or cause
    return None
