"""Grid and randomised search that train the networks of many candidates and folds in one pass.

scikit-learn's search turns candidates and folds into jobs, and has joblib run these. That is the one place
where the searches here differ: the networks of the jobs are trained together. All else, from the splits to
``cv_results_``, is scikit-learn's.
"""

import numpy as np
import scipy.sparse
from joblib import effective_n_jobs
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.parallel import delayed
from sklearn.utils.validation import _num_samples

from sknn_scratch._classifier import ShallowNNClassifier
from sknn_scratch._jobs import families_of, fit_and_score_together, prepare_rows
from sknn_scratch._together import GROUP_BYTES


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
        calls = list(calls)
        results = {}
        families = families_of(calls)
        while families:
            _, (_, X, y), _ = calls[0]
            at_once = max(self.n_workers, GROUP_BYTES // rough_bytes(X))
            results |= self.run_together(families[:at_once], X, y)
            families = families[at_once:]
        rest = [number for number in range(len(calls)) if number not in results]
        results.update(zip(rest, self.parallel(calls[number] for number in rest), strict=True))
        return [results[number] for number in range(len(calls))]

    def run_together(self, families, X, y):
        """Run the jobs of some families; return the results of those that did not fail, by number."""
        is_pipeline = isinstance(families[0][0].candidate.estimator, Pipeline)
        if is_pipeline:
            all_rows = self.parallel(delayed(prepare_rows)(jobs, X, y) for jobs in families)
        else:  # they are only slices, not worth a worker's while
            all_rows = [prepare_rows(jobs, X, y) for jobs in families]
        jobs = [
            (job, rows)
            for family, rows in zip(families, all_rows, strict=True)
            if rows is not None
            for job in family
        ]
        parts = self.parallel(delayed(fit_and_score_together)(part) for part in spread(jobs, self.n_workers))
        return {number: result for part in parts for number, result in part.items()}


def spread(jobs, n_workers):
    """Cut jobs (job, rows) into parts; like networks stay together, and every worker gets some of each kind.

    It need not be known for sure whether two networks can be trained together: that is found later.
    """
    kinds = {}
    for job, rows in jobs:
        network = job.candidate.network
        kind = (network.n_hidden, network.activation, network.solver, network.batch_size)
        kinds.setdefault(kind, []).append((job, rows))
    parts = [kind[i::n_workers] for kind in kinds.values() for i in range(n_workers)]
    return [part for part in parts if part]


def rough_bytes(X):
    """Estimate the bytes of a matrix, a data frame or a list."""
    if scipy.sparse.issparse(X):
        return 1 + 2 * X.data.nbytes
    return 1 + np.asarray(_safe_indexing(X, [0])).nbytes * _num_samples(X)


class _VectorizedSearch:
    """What makes a search of scikit-learn's train networks together."""

    _doc_link_module = ShallowNNClassifier._doc_link_module
    _doc_link_template = ShallowNNClassifier._doc_link_template

    def _run_search(self, evaluate_candidates, callback_ctx=None):
        # evaluate_candidates is a function within scikit-learn's fit, whose variable ``parallel`` runs the
        # jobs. Should there be no such variable some day, the search still works, in the ordinary way.
        names, cells = evaluate_candidates.__code__.co_freevars, evaluate_candidates.__closure__
        if "parallel" in names:
            cell = cells[names.index("parallel")]
            cell.cell_contents = TogetherParallel(cell.cell_contents)
        super()._run_search(evaluate_candidates, callback_ctx=callback_ctx)


class VectorizedGridSearchCV(_VectorizedSearch, GridSearchCV):
    """GridSearchCV."""


class VectorizedRandomizedSearchCV(_VectorizedSearch, RandomizedSearchCV):
    """RandomizedSearchCV."""
