"""Grid and randomised search that train the networks of many candidates and folds in one pass."""

from typing import Any, Self

from numpy.typing import NDArray
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

from sknn_scratch._estimators.docstrings import with_entries_of
from sknn_scratch._estimators.methods import all_or_nothing
from sknn_scratch._fitting.inputs import ArrayLike
from sknn_scratch._fitting.troubles import warn
from sknn_scratch._search.calls import has_network
from sknn_scratch._search.together import train_together


class _VectorizedSearch:
    """Lets a search of scikit-learn train its networks together."""

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
            Class labels, a label indicator, or numbers for regressors.
        **params : dict
            Parameters for the estimator's ``fit``, the scorer and the splitter, as in scikit-learn.

        Returns
        -------
        self : object
            The fitted search.
        """
        if not has_network(self):
            warn("No networks are trained together: the candidates contain no network of sknn_scratch.")
        with all_or_nothing(self), train_together(verbose=self.verbose):
            return super().fit(X, y, **params)


class VectorizedGridSearchCV(_VectorizedSearch, GridSearchCV):
    """Grid search that trains the networks of many candidates and folds in one pass.

    It is a :class:`~sklearn.model_selection.GridSearchCV` inside :func:`train_together`, with the same
    splits, scores and ``best_params_``. Each network has its own rows, seed, learning rate, initial weights,
    penalty and dropout, and stops on its own. This pays for small networks that adam trains, if ``alpha`` is
    given or searched; with the defaults, it takes about as long as without. The notes of
    :func:`train_together` say what is trained together.

    Parameters
    ----------
    estimator : estimator
        A network of this package, or a Pipeline or another estimator that contains one. Other estimators are
        searched as by scikit-learn, with a warning.
    param_grid : dict or list of dict
        Parameter names and, for each, a list of values to try.
    scoring : str, callable, list, tuple or dict, default=None
        How to score a fitted candidate on the test rows of a fold; None is its ``score``.
    n_jobs : int, default=None
        Number of workers for the networks. Any backend of joblib works.
    refit : bool, str or callable, default=True
        Whether, or by which score, to fit the best candidate to all rows.
    cv : int, cross-validation generator or iterable, default=None
        The folds; None is five.
    verbose : int, default=0
        What to print. 1: a summary that says how many networks were trained together, and why others were
        not. 2: also a line for every fit. 3: also its scores.
    pre_dispatch : int or str, default="2*n_jobs"
        How many jobs to give to the workers in advance.
    error_score : "raise" or float, default=np.nan
        What to do if a fit fails: raise the error, or use this score.
    return_train_score : bool, default=False
        Whether to score the training rows too.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        Parameters, scores and times of all candidates. The time of a fit is its share of the time of the
        networks that were trained together.
    best_estimator_ : estimator
        The best candidate, fitted to all rows, if ``refit`` is not False. The other attributes are as in
        :class:`~sklearn.model_selection.GridSearchCV` too.

    See Also
    --------
    VectorizedRandomizedSearchCV : Searches random combinations.
    train_together : The same for cross-validation and other searches.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn_scratch import ShallowNNClassifier, VectorizedGridSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> grid = {"activation": ["relu", "tanh"], "alpha": [0.1, 1.0, 10.0]}
    >>> network = ShallowNNClassifier(10, solver="adam", learning_rate=0.1, max_iter=1000, random_state=0)
    >>> search = VectorizedGridSearchCV(network, grid)
    >>> bool(search.fit(X, y).best_score_ > 0.95)
    True
    >>> len(search.cv_results_["params"]) * search.n_splits_
    30
    """


@with_entries_of(VectorizedGridSearchCV)
class VectorizedRandomizedSearchCV(_VectorizedSearch, RandomizedSearchCV):
    """Randomised search that trains the networks of many candidates and folds in one pass.

    It works like :class:`VectorizedGridSearchCV`, but draws combinations of parameters at random. They are
    the same as with :class:`~sklearn.model_selection.RandomizedSearchCV`.

    Parameters
    ----------
    param_distributions : dict or list of dict
        Parameter names and, for each, a list of values, or a distribution with a method ``rvs``, as in
        scipy.stats.
    n_iter : int, default=10
        How many combinations to try.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Attributes
    ----------
    best_params_ : dict
        The parameters of the best combination.

    See Also
    --------
    VectorizedGridSearchCV : Searches all combinations.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sknn_scratch import ShallowNNClassifier, VectorizedRandomizedSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> distributions = {"activation": ["relu", "tanh"], "alpha": loguniform(1, 10)}
    >>> network = ShallowNNClassifier(10, solver="adam", learning_rate=0.1, max_iter=1000, random_state=0)
    >>> search = VectorizedRandomizedSearchCV(network, distributions, n_iter=4, random_state=0)
    >>> bool(search.fit(X, y).best_score_ > 0.95)
    True
    """
