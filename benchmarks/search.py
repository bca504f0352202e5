"""Searches, and ensembles whose networks are trained together.

The time is the time of the whole fit of a search: training, scoring and refit. Both searches train for the
same number of epochs, with the same batches, for the same number of candidates. The last table has an
ensemble of eight networks beside one network.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV

from harness import SECONDS, Comparison, Options, Table, limit_threads, report_progress, time_in_turn
from rivals import MLP, mlp_classifier, our_classifier
from sknn_scratch import ShallowNNEnsembleClassifier
from work import DIGITS, TINY, Work

OURS, OF_MLP = "GridSearchCV", f"GridSearchCV of {MLP}"
N_NETWORKS = 8
SMALL_WORK = replace(TINY, epochs=50)
LARGE_WORK = replace(
    DIGITS, name="digits: 1,797 × 64, 64 units, 10 classes, batch 200", n_hidden=64, epochs=20
)


@dataclass(frozen=True)
class Search:
    """A grid search over learning rates and penalties, five folds, of a network for each of them."""

    data: str
    work: Work
    n_rates: int
    n_alphas: int
    n_jobs: int

    def ways(self) -> dict[str, Any]:
        rates = np.logspace(-4, -2, self.n_rates).tolist()
        alphas = np.logspace(-4, 0, self.n_alphas).tolist()
        ours, mlp = our_classifier(self.work), mlp_classifier(self.work)
        own = {"cv": 5, "n_jobs": self.n_jobs}
        return {
            OURS: GridSearchCV(ours, {"learning_rate": rates, "alpha": alphas}, **own),
            OF_MLP: GridSearchCV(mlp, {"learning_rate_init": rates, "alpha": alphas}, **own),
        }


SEARCHES = (
    Search("breast cancer", SMALL_WORK, n_rates=3, n_alphas=4, n_jobs=1),
    Search("digits", LARGE_WORK, n_rates=10, n_alphas=10, n_jobs=2),
)


def answer(options: Options) -> Iterator[Table]:
    with limit_threads(1):
        for search in SEARCHES:
            work, repeats = search.work.scaled(options.quick), min(options.repeats, 3)
            if options.quick:
                search = replace(search, work=work, n_rates=2, n_alphas=2)
            n_candidates = search.n_rates * search.n_alphas
            title = f"{n_candidates} candidates × 5 folds on {search.data}"
            how = f"n_jobs={search.n_jobs}, each with one BLAS thread"
            yield compare(title, how, OURS, search.ways(), work, repeats)
        work = SMALL_WORK.scaled(options.quick)
        ways = {"one network": our_classifier(work)}
        for n_jobs in (1, 2):
            ways[f"ensemble of {N_NETWORKS}, n_jobs={n_jobs}"] = our_ensemble(work, n_jobs)
        title, how = f"An ensemble of {N_NETWORKS} on breast cancer", "each process with one BLAS thread"
        yield compare(title, how, "one network", ways, work, options.repeats)


def our_ensemble(work: Work, n_jobs: int = 1) -> ShallowNNEnsembleClassifier:
    of_one = our_classifier(work).get_params()
    return ShallowNNEnsembleClassifier(**of_one, n_networks=N_NETWORKS, n_jobs=n_jobs)


def compare(title: str, how: str, base: str, ways: dict[str, Any], work: Work, repeats: int) -> Table:
    """Time the fit of each estimator in both precisions."""
    tasks = {}
    for dtype in ("float64", "float32"):
        report_progress(f"{len(ways)} ways, {work.name}, {dtype}")
        X, y = work.data(dtype)
        fits = {name: partial(estimator.fit, X, y) for name, estimator in ways.items()}
        tasks[dtype] = time_in_turn(fits, repeats)
    how = f"{work.name}, {work.epochs} epochs; {how}; interleaved repetitions: {repeats}."
    return Comparison(title, how, base, SECONDS).table(tasks)
