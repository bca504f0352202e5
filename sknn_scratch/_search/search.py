"""Grid and randomised search that train the networks of many candidates and folds in one pass."""

from typing import Any, Self

from numpy.typing import NDArray
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

from sknn_scratch._estimators.docstrings import with_entries_of
from sknn_scratch._fitting.inputs import ArrayLike
from sknn_scratch._fitting.troubles import Trouble, warn_of
from sknn_scratch._search.jobs import holds_network
from sknn_scratch._search.together import train_together


class _VectorizedSearch:
    """What makes a search of scikit-learn's train networks together."""

    cv_results_: dict[str, Any]
    best_estimator_: Any
    best_score_: float
    best_params_: dict[str, Any]
    best_index_: int
    scorer_: Any
    n_splits_: int
    refit_time_: float
    multimetric_: bool
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    def fit(self, X: ArrayLike, y: ArrayLike = None, **params: Any) -> Self:
        """Fit all candidates on all folds, and the best one to all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_labels), default=None
            What to predict: class labels, or a label indicator; for a regressor, numbers.
        **params : dict
            For the ``fit`` of the estimator, the scorer and the splitter, as in scikit-learn's searches.

        Returns
        -------
        self : object
            The fitted search.
        """
        if not holds_network(self):
            message = "No fits are made together: the candidates contain no network of sknn_scratch."
            warn_of([Trouble(message, UserWarning)])
            return super().fit(X, y, **params)
        with train_together(verbose=self.verbose):
            return super().fit(X, y, **params)


class VectorizedGridSearchCV(_VectorizedSearch, GridSearchCV):
    """Grid search that trains the networks of many candidates and folds in one pass.

    A small network spends most of its training in the overhead of small operations. Here the networks of
    all candidates and folds go through them together, each with its own rows, seed, learning rate, initial
    weights, penalty and dropout, and each until it stops. Splits, scores and ``best_params_`` are those of
    :class:`~sklearn.model_selection.GridSearchCV`, in a fraction of the time. It is this search in the block
    :func:`train_together`, whose notes say what is trained together.

    Parameters
    ----------
    estimator : estimator
        A network of this package, or a Pipeline or another estimator that contains one. Any other is searched
        as by :class:`~sklearn.model_selection.GridSearchCV`, with a warning.
    param_grid : dict or list of dict
        Parameter names and, for each, a list of values to try.
    scoring : str, callable, list, tuple or dict, default=None
        How to score a fitted candidate on the test rows of a fold; None is its ``score``.
    n_jobs : int, default=None
        Number of workers that the networks are spread over. Any backend of joblib will do.
    refit : bool, str or callable, default=True
        Whether, or by which score, to fit the best candidate to all rows.
    cv : int, cross-validation generator or iterable, default=None
        The folds; None is five.
    verbose : int, default=0
        What to print: a summary, which says how many fits were made together and why others were not; from
        2 on a line for every fit, from 3 on its scores.
    pre_dispatch : int or str, default="2*n_jobs"
        How many jobs to hand to the workers in advance.
    error_score : "raise" or float, default=np.nan
        What to do, or the score to note, if a fit fails.
    return_train_score : bool, default=False
        Whether to score the training rows too.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        Parameters, scores and times of all candidates. A fit's time is its share of the time that the
        networks took together.
    best_estimator_ : estimator
        The best candidate, fitted to all rows, if ``refit`` is not False.
    best_score_ : float
        Its mean score over the folds.
    best_params_ : dict
        Its parameters.
    best_index_ : int
        Its position in ``cv_results_``.
    scorer_ : callable or dict
        What scores the candidates.
    n_splits_ : int
        Number of folds.
    refit_time_ : float
        Seconds that fitting the best candidate took.
    multimetric_ : bool
        Whether there are several scores.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had any.

    See Also
    --------
    VectorizedRandomizedSearchCV : Tries some combinations, drawn at random.
    train_together : The same for cross-validation and other searches.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn_scratch import ShallowNNClassifier, VectorizedGridSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> grid = {"learning_rate": [0.001, 0.01], "alpha": [0.1, 1.0, 10.0]}
    >>> search = VectorizedGridSearchCV(
    ...     ShallowNNClassifier(solver="adam", max_iter=1000, random_state=0), grid
    ... )
    >>> bool(search.fit(X, y).best_score_ > 0.95)
    True
    >>> len(search.cv_results_["params"]) * search.n_splits_
    30
    """


@with_entries_of(VectorizedGridSearchCV)
class VectorizedRandomizedSearchCV(_VectorizedSearch, RandomizedSearchCV):
    """Randomised search that trains the networks of many candidates and folds in one pass.

    As :class:`VectorizedGridSearchCV`, which says what is trained together, but for combinations of
    parameters that are drawn at random, the same as by
    :class:`~sklearn.model_selection.RandomizedSearchCV`.

    Parameters
    ----------
    estimator : estimator
        A network of this package, or a Pipeline or another estimator that contains one. Any other is searched
        as by :class:`~sklearn.model_selection.RandomizedSearchCV`, with a warning.
    param_distributions : dict or list of dict
        Parameter names and, for each, a list of values or a distribution with a method ``rvs``, such as
        those of scipy.stats.
    n_iter : int, default=10
        How many combinations to try.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Attributes
    ----------
    cv_results_, best_estimator_, best_score_, best_params_, best_index_
        As in :class:`VectorizedGridSearchCV`; so are ``scorer_``, ``n_splits_``, ``refit_time_``,
        ``multimetric_``, ``classes_``, ``n_features_in_`` and ``feature_names_in_``.

    See Also
    --------
    VectorizedGridSearchCV : Tries all combinations.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sknn_scratch import ShallowNNClassifier, VectorizedRandomizedSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> distributions = {"learning_rate": loguniform(1e-3, 1e-1), "alpha": loguniform(0.01, 10)}
    >>> network = ShallowNNClassifier(solver="adam", max_iter=1000, random_state=0)
    >>> search = VectorizedRandomizedSearchCV(network, distributions, n_iter=8, random_state=0)
    >>> bool(search.fit(X, y).best_score_ > 0.95)
    True
    """
