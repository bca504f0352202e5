"""diagnose: from a fitted network to a report that a person can act on."""

from sknn_scratch._diagnosis.checks import CHECKS
from sknn_scratch._diagnosis.evidence import Evidence
from sknn_scratch._diagnosis.report import Diagnosis, Finding
from sknn_scratch._estimators.inspection import (
    FittedNetwork,
    activation_name,
    classifier_input,
    classifier_of,
    feature_names_of,
)
from sknn_scratch._fitting.inputs import Rows


def diagnose(estimator: FittedNetwork, X: Rows, y: Rows = None) -> Diagnosis:
    """Look for what may be wrong with a fitted network.

    Ten things are looked for: identical units, dead units, saturation, a vanishing gradient, an exploding
    gradient, overfitting, a training that stopped too early or has not converged, a rare class that is
    ignored, and features that are not scaled. Each is a number that is compared with two limits, and comes
    with its meaning and a remedy.

    Parameters
    ----------
    estimator : ShallowNNClassifier or Pipeline
        Fitted; a Pipeline must end in a ShallowNNClassifier.
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Rows as the estimator takes them: for the hidden layer, some of the training rows will do.
    y : array-like of shape (n_samples,) or (n_samples, n_labels), default=None
        Their labels. Overfitting can be seen only if these rows were not trained on.

    Returns
    -------
    diagnosis : Diagnosis
        An iterable of findings. Print it, or leave it as the last line of a notebook's cell.

    See Also
    --------
    TrainingCurveDisplay : The history as a picture.
    ActivationDisplay : Saturation as a picture.

    Notes
    -----
    Losses are measured in units of the loss of a guess: of a network that gives all classes the same
    probability. It is log(n_classes), or n_labels log(2).

    Examples
    --------
    Eight units that started from zero are still the same:

    >>> import warnings
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknn_scratch import ShallowNNClassifier, diagnose
    >>> X, y = load_iris(return_X_y=True)
    >>> with warnings.catch_warnings(action="ignore"):
    ...     clf = ShallowNNClassifier(8, "tanh", init_scale=0, max_iter=50).fit(scale(X), y)
    >>> diagnosis = diagnose(clf, scale(X))
    >>> diagnosis.ok
    False
    >>> diagnosis.findings[0].name, diagnosis.findings[0].value
    ('identical units', 0.875)
    """
    clf = classifier_of(estimator)
    rows = clf._rows(classifier_input(estimator, X))
    evidence = Evidence(clf, rows, feature_names_of(estimator), y)
    outcomes = {name: check(evidence) for name, check in CHECKS.items()}
    checks = tuple(outcome for outcome in outcomes.values() if isinstance(outcome, Finding))
    not_checked = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, str)}
    n_hidden = clf.coefs_[0].shape[1]
    subject = f"{type(clf).__name__} with {n_hidden} {activation_name(clf)} unit{'s' * (n_hidden > 1)}"
    return Diagnosis(subject, checks, not_checked)
