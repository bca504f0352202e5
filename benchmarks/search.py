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

from harness import SECONDS, Comparison, Options, Table, Timing, limit_threads, report_progress, time_in_turn
from rivals import MLP, mlp_classifier, our_classifier
from sknn_scratch import ShallowNNEnsembleClassifier
from work import DIGITS, TINY, Work

OURS, OF_MLP = "GridSearchCV", f"GridSearchCV of {MLP}"
N_NETWORKS = 8


@dataclass(frozen=True)
class Search:
    """A grid search over learning rates and penalties, five folds.

    Attributes
    ----------
    data : str
        For the table.
    work : Work
        The network that is trained for every candidate and fold.
    n_rates, n_alphas : int
        How many learning rates and how many penalties.
    n_jobs : int
        Processes.
    """

    data: str
    work: Work
    n_rates: int
    n_alphas: int
    n_jobs: int

    def scaled(self, quick: bool) -> "Search":
        """Make the search small, if ``quick``."""
        return replace(self, work=self.work.scaled(True), n_rates=2, n_alphas=2) if quick else self

    def ways(self) -> dict[str, Any]:
        """Make the searches that are compared: of our networks, and of scikit-learn's."""
        rates = np.logspace(-4, -2, self.n_rates).tolist()
        alphas = np.logspace(-4, 0, self.n_alphas).tolist()
        ours, mlp = our_classifier(self.work), mlp_classifier(self.work)
        grid = {"learning_rate": rates, "alpha": alphas}
        grid_of_mlp = {"learning_rate_init": rates, "alpha": alphas}
        return {
            OURS: GridSearchCV(ours, grid, cv=5, n_jobs=self.n_jobs),
            OF_MLP: GridSearchCV(mlp, grid_of_mlp, cv=5, n_jobs=self.n_jobs),
        }


SMALL_WORK = replace(TINY, epochs=50)
LARGE_WORK = replace(
    DIGITS, name="digits: 1,797 × 64, 64 units, 10 classes, batch 200", n_hidden=64, epochs=20
)
SEARCHES = (
    Search("breast cancer", SMALL_WORK, n_rates=3, n_alphas=4, n_jobs=1),
    Search("digits", LARGE_WORK, n_rates=10, n_alphas=10, n_jobs=2),
)


def answer(options: Options) -> Iterator[Table]:
    """Compare both searches, then an ensemble with one network."""
    with limit_threads(1):
        for search in SEARCHES:
            yield search_table(search.scaled(options.quick), min(options.repeats, 3))
        yield ensemble_table(SMALL_WORK.scaled(options.quick), options.repeats)


def search_table(search: Search, repeats: int) -> Table:
    """Compare one search of both."""
    comparison = Comparison(
        title=f"{search.n_rates * search.n_alphas} candidates × 5 folds on {search.data}",
        how=f"{search.work.name}, {search.work.epochs} epochs; n_jobs={search.n_jobs}, each with one BLAS "
        f"thread; interleaved repetitions: {repeats}.",
        base=OURS,
        unit=SECONDS,
    )
    return comparison.table(time_both_precisions(search.ways(), search.work, repeats))


def ensemble_table(work: Work, repeats: int) -> Table:
    """Compare an ensemble with one of its networks."""
    one_network = our_classifier(work)
    ways = {
        "one network": one_network,
        **{
            f"ensemble of {N_NETWORKS}, n_jobs={n_jobs}": ShallowNNEnsembleClassifier(
                **one_network.get_params(), n_networks=N_NETWORKS, n_jobs=n_jobs
            )
            for n_jobs in (1, 2)
        },
    }
    comparison = Comparison(
        title=f"An ensemble of {N_NETWORKS} on breast cancer",
        how=f"{work.name}, {work.epochs} epochs; each process with one BLAS thread; interleaved repetitions: "
        f"{repeats}.",
        base="one network",
        unit=SECONDS,
    )
    return comparison.table(time_both_precisions(ways, work, repeats))


def time_both_precisions(ways: dict[str, Any], work: Work, repeats: int) -> dict[str, dict[str, Timing]]:
    """Time the fit of each estimator."""
    tasks = {}
    for dtype in ("float64", "float32"):
        report_progress(f"{len(ways)} ways, {work.name}, {dtype}")
        X, y = work.data(dtype)
        tasks[dtype] = time_in_turn(
            {name: partial(estimator.fit, X, y) for name, estimator in ways.items()}, repeats
        )
    return tasks
