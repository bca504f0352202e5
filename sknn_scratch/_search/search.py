"""Grid and randomised search that train the networks of many candidates and folds in one pass.

scikit-learn's search turns candidates and folds into jobs, and has joblib run these. That is the one place
where the searches here differ: the networks of the jobs are trained together. All else, from the splits to
``cv_results_``, is scikit-learn's.
"""

import warnings
from contextlib import suppress
from typing import Any

from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import delayed

from sknn_scratch._core.stack import COMMON_PARAMETERS
from sknn_scratch._estimators.docstrings import with_entries_of
from sknn_scratch._fitting.stacks import GROUP_BYTES, bytes_of
from sknn_scratch._fitting.troubles import warn_of
from sknn_scratch._search.jobs import OPTIONS, Fault, families_of, fit_and_score_together, prepare_rows


class TogetherParallel:
    """Runs the jobs of a search, in the place of joblib's ``Parallel``.

    1. Sort the jobs into families, by fold and setting of the earlier steps: their networks see the same
       rows.
    2. Prepare these rows: fit the earlier steps and transform.
    3. Spread the networks over the workers, like ones together; there they are trained and scored.
    4. Run all other jobs, and those in which something failed, as scikit-learn does.

    Parameters
    ----------
    parallel : sklearn.utils.parallel.Parallel
    """

    def __init__(self, parallel):
        self.parallel = parallel
        self.n_workers = effective_n_jobs(parallel.n_jobs)

    def __call__(self, calls):
        """Run calls of ``_fit_and_score``, each (function, args, kwargs); return their results in order."""
        calls, results, self.faults, n_together = list(calls), {}, {}, 0
        if are_known(calls):
            for part, faults, n_together_in_part in self.train_by_portions(calls):
                results |= unless_warnings_are_errors(part)
                self.faults |= faults
                n_together += n_together_in_part
            if calls[0][2]["verbose"] > 0:
                print(f"{n_together} of {len(calls)} fits were made together")  # noqa: T201 - verbose asks
        rest = [number for number in range(len(calls)) if number not in results]
        results.update(zip(rest, self.parallel(calls[number] for number in rest), strict=True))
        warn_of_our_faults(self.faults, results)
        return [results[number] for number in range(len(calls))]

    def train_by_portions(self, calls):
        """Yield the results of the networks, a portion of the folds after the other.

        A portion is trained when the next folds, if they are like the last, would not fit beside it. No name
        may hold its rows any longer, since the next folds are prepared after that.
        """
        families, jobs, held_bytes = families_of(calls), [], 0
        for start in range(0, len(families), self.n_workers):
            n_earlier = len(jobs)
            jobs += self.prepare(families[start : start + self.n_workers], calls)
            new_bytes = bytes_in_use(jobs[n_earlier:])
            held_bytes += new_bytes
            if held_bytes + new_bytes > GROUP_BYTES:
                yield from self.train(jobs)
                jobs, held_bytes = [], 0
        if jobs:
            yield from self.train(jobs)

    def prepare(self, families, calls):
        """Prepare the rows of some families; return their jobs (job, rows), but for those that failed."""
        _, (estimator, X, y), _ = calls[0]
        if not isinstance(estimator, Pipeline):  # they are only slices, not worth a worker's while
            all_rows = [prepare_rows(jobs, X, y) for jobs in families]
        else:
            all_rows = [None] * len(families)
            with suppress(Exception):  # a worker may be unable to send a fitted step back
                all_rows = self.parallel(delayed(prepare_rows)(jobs, X, y) for jobs in families)
        prepared = []
        for jobs, rows in zip(families, all_rows, strict=True):
            if isinstance(rows, Fault):
                self.faults |= {job.number: rows for job in jobs}
            elif rows is not None:
                prepared += [(job, rows) for job in jobs]
        return prepared

    def train(self, jobs):
        """Train and score the networks of jobs (job, rows), part by part as the workers share them out."""
        return self.parallel(delayed(fit_and_score_together)(part) for part in spread(jobs, self.n_workers))


def are_known(calls):
    """Whether scikit-learn makes its calls as it did when this was written; warn if it does not."""
    missing = {name for _, _, options in calls for name in OPTIONS - options.keys()}
    if missing:
        warnings.warn(
            "The networks of this search cannot be trained together, since this scikit-learn runs its "
            f"candidates in another way (without {', '.join(sorted(missing))}): they are fitted one by one.",
            RuntimeWarning,
            stacklevel=2,
        )
    return not missing and bool(calls)


def warn_of_our_faults(faults, results):
    """Warn of jobs that failed when trained together, but not when scikit-learn ran them."""
    ours = [fault for number, fault in faults.items() if results[number]["fit_error"] is None]
    if ours:
        warnings.warn(
            f"{len(ours)} fits could not be made together and were made one by one, by a fault of "
            f"sknn_scratch. Please report it:\n{ours[0].trace}",
            RuntimeWarning,
            stacklevel=2,
        )


def unless_warnings_are_errors(results):
    """Warn of what the fits have to warn of; return the results of those whose warnings are no errors.

    The workers cannot: the user's call is not on their stack, and what a process prints may be lost.
    """
    kept = {}
    for number, (result, troubles) in results.items():
        with suppress(Warning):
            warn_of(troubles)
            kept[number] = result
    return kept


def bytes_in_use(jobs):
    """Bytes of the rows of jobs (job, rows), whose training rows are put below each other once more."""
    distinct = {id(rows): rows for _, rows in jobs}.values()
    return sum(rows.n_bytes + bytes_of(rows.inputs.X) for rows in distinct)


def spread(jobs, n_workers):
    """Cut jobs (job, rows) into parts; like networks stay together, and every worker gets some of each kind.

    It need not be known for sure whether two networks can be trained together: that is found later.
    """
    kinds = {}
    for job, rows in jobs:
        network = job.candidate.network
        kind = tuple(getattr(network, name) for name in COMMON_PARAMETERS)
        kinds.setdefault(kind, []).append((job, rows))
    parts = [kind[i::n_workers] for kind in kinds.values() for i in range(n_workers)]
    return [part for part in parts if part]


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

    def _run_search(self, evaluate_candidates, callback_ctx=None):
        # evaluate_candidates is a function within scikit-learn's fit, whose variable ``parallel`` runs the
        # jobs. Should there be no such variable some day, the search still works, in the ordinary way.
        with suppress(AttributeError, ValueError):
            place = evaluate_candidates.__code__.co_freevars.index("parallel")
            cell = evaluate_candidates.__closure__[place]
            cell.cell_contents = TogetherParallel(cell.cell_contents)
        super()._run_search(evaluate_candidates, callback_ctx=callback_ctx)


class VectorizedGridSearchCV(_VectorizedSearch, GridSearchCV):
    """Grid search that trains the networks of many candidates and folds in one pass.

    A small network spends most of its training in the overhead of small operations. Here the networks of
    all candidates and folds go through them together, each with its own rows, seed, learning rate, initial
    weights, penalty and dropout, and each until it stops. Splits, scores and ``best_params_`` are those of
    :class:`~sklearn.model_selection.GridSearchCV`, in a fraction of the time.

    Networks are trained together if they have the same ``n_hidden``, ``activation``, ``solver``,
    ``nesterov``, ``beta_1``, ``beta_2``, ``epsilon``, ``batch_size``, precision, and numbers of training
    and validation rows, all with ``dropout`` or none, and all with a scorer or none. The steps of a group
    touch at most 8 MiB together, so large networks are trained one by one. So are those that update only the
    features of a sparse batch (see the notes of :class:`ShallowNNClassifier`). Each network is the same as
    from a fit of its own, to the last bit (if BLAS is MKL, only with ``MKL_CBWR=COMPATIBLE`` in the
    environment).

    The steps of a Pipeline before the network are fitted once for each fold and each setting of their
    parameters. If such a step draws random numbers without a seed, all candidates of a fold share the draw,
    and networks with ``random_state=None`` draw their seeds in another order. Everything else is fitted the
    ordinary way: other estimators, and a Pipeline that reports to callbacks or routes metadata.

    Parameters
    ----------
    estimator : ShallowNNClassifier, or Pipeline that ends in one
        Any other estimator is searched as by :class:`~sklearn.model_selection.GridSearchCV`.
    param_grid : dict or list of dict
        Parameter names and, for each, a list of values to try.
    scoring : str, callable, list, tuple or dict, default=None
        How to score a fitted candidate on the test rows of a fold; None is its ``score``. A callable of
        your own is given the whole Pipeline, which then transforms the rows anew for every candidate; it is a
        copy, and what BLAS computes with a copy may differ in the last bit.
    n_jobs : int, default=None
        Number of workers that the networks are spread over. Any backend of joblib will do.
    refit : bool, str or callable, default=True
        Whether, or by which score, to fit the best candidate to all rows.
    cv : int, cross-validation generator or iterable, default=None
        The folds; None is five.
    verbose : int, default=0
        What to print: a summary, which says how many fits were made together; from 2 on a line for every
        fit, from 3 on its scores.
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

    Notes
    -----
    The buffers of networks that are trained together stay within 256 MB for each worker, whatever the
    grid, and so do the rows of the folds that are kept in memory at once, unless a single one is larger.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn_scratch import ShallowNNClassifier, VectorizedGridSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> grid = {"learning_rate": [0.001, 0.01], "alpha": [0.1, 1.0, 10.0]}
    >>> search = VectorizedGridSearchCV(ShallowNNClassifier(max_iter=1000, random_state=0), grid)
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
    estimator : ShallowNNClassifier, or Pipeline that ends in one
        Any other estimator is searched as by :class:`~sklearn.model_selection.RandomizedSearchCV`.
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
    >>> network = ShallowNNClassifier(max_iter=1000, random_state=0)
    >>> search = VectorizedRandomizedSearchCV(network, distributions, n_iter=8, random_state=0)
    >>> bool(search.fit(X, y).best_score_ > 0.95)
    True
    """
