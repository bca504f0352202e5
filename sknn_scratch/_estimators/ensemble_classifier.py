"""``ShallowNNEnsembleClassifier``."""

from typing import ClassVar

from sknn_scratch._estimators.classification import Classification
from sknn_scratch._estimators.classifier import ShallowNNClassifier
from sknn_scratch._estimators.docstrings import with_entries_of
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._estimators.parameters import EnsembleClassifierParameters


@with_entries_of(ShallowNNClassifier)
class ShallowNNEnsembleClassifier(EnsembleClassifierParameters, Classification, Ensemble):
    """Several networks from different seeds, whose probabilities are averaged.

    The networks have different initial weights, different orders of the rows and, with early stopping,
    different validation rows. So they make different errors. The log-loss of the averaged probabilities is
    never above the mean of their log-losses, and often below all of them. With the solvers adam, adamw and
    sgd, the networks are trained in one pass, which takes much less time than training them one after the
    other.

    With ``alpha="auto"``, the alphas that were tried are spread over the networks, by the weights
    exp(-n d / 4): d is by how much the mean loss of the n held-out rows is above that of the best alpha.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Seed for the seeds of the networks.
    verbose : int, default=0
        If not 0, print a line for each network after every epoch and at its end.
    n_networks : int or "auto", default=8
        Number of networks. "auto" is 4 for fewer than 1,500 rows, and 2 for more, as in
        :func:`tabular_pipeline`.
    n_jobs : int, default=None
        Number of workers for the networks. Except with lbfgs, one is usually best: it trains all in one pass.

    Attributes
    ----------
    estimators_ : list of ShallowNNClassifier
        The fitted networks.
    n_iter_ : ndarray of shape (n_networks,)
        Number of epochs of each network.
    alpha_ : ndarray of shape (n_networks,)
        The strength of the penalty of each network.
    history_ : list of dict
        The ``history_`` of each network.

    See Also
    --------
    ShallowNNClassifier : A single network.

    Notes
    -----
    ``decision_function`` returns the logits of the averaged probabilities p: log(p / (1 - p)) for two classes
    and for labels, else log(p).

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknn_scratch import ShallowNNEnsembleClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> ensemble = ShallowNNEnsembleClassifier(random_state=0)
    >>> clf = make_pipeline(StandardScaler(), ensemble)
    >>> clf.fit(X_train, y_train).score(X_test, y_test) > 0.95
    True
    """

    estimators_: list[ShallowNNClassifier]

    _network: ClassVar = ShallowNNClassifier
