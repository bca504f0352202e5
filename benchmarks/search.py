"""Searches and ensembles whose networks are trained together.

The time is the time of the whole fit of a search: training, scoring and refit. All searches train for the
same number of epochs, with the same batches, for the same number of candidates. Another table has other
tools inside ``train_together``, and one an ensemble of eight networks beside one network. The last table
shows for which networks a vectorised search pays: six candidates, each with an alpha that the data choose.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - for the next line
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_val_score, learning_curve
from sklearn.preprocessing import StandardScaler

from harness import (
    SECONDS,
    Comparison,
    Options,
    Table,
    Timing,
    forget_choices,
    limit_threads,
    report_progress,
    time_in_turn,
)
from rivals import MLP, mlp_classifier, our_classifier
from sknn_scratch import (
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    VectorizedGridSearchCV,
    train_together,
)
from work import DIGITS, TINY, Work

VECTORIZED, PLAIN, OF_MLP = "VectorizedGridSearchCV", "GridSearchCV", f"GridSearchCV of {MLP}"
TOGETHER, ORDINARY = "in train_together", "without it"
N_NETWORKS = 8
DATA = {"iris": load_iris, "breast cancer": load_breast_cancer, "digits": load_digits}
NETWORKS = {
    "the defaults": ShallowNNClassifier(random_state=0),
    "100 units, adam": ShallowNNClassifier(100, solver="adam", random_state=0),
    "16 units, adam": ShallowNNClassifier(16, solver="adam", random_state=0),
}
GRID = {"activation": ["relu", "tanh"], "init_scale": ["glorot", "he", 0.1]}
WAYS = {VECTORIZED: VectorizedGridSearchCV, PLAIN: GridSearchCV}


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
        """Make the searches that are compared."""
        rates = np.logspace(-4, -2, self.n_rates).tolist()
        alphas = np.logspace(-4, 0, self.n_alphas).tolist()
        ours, mlp = our_classifier(self.work), mlp_classifier(self.work)
        grid = {"learning_rate": rates, "alpha": alphas}
        grid_of_mlp = {"learning_rate_init": rates, "alpha": alphas}
        return {
            VECTORIZED: VectorizedGridSearchCV(ours, grid, cv=5, n_jobs=self.n_jobs),
            PLAIN: GridSearchCV(ours, grid, cv=5, n_jobs=self.n_jobs),
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
    """Compare searches of both kinds, then an ensemble with one network."""
    with limit_threads(1):
        for search in SEARCHES:
            yield search_table(search.scaled(options.quick), min(options.repeats, 3))
        yield tools_table(SMALL_WORK.scaled(options.quick), options.repeats)
        yield ensemble_table(SMALL_WORK.scaled(options.quick), options.repeats)
        yield networks_table(dict(list(DATA.items())[:1]) if options.quick else DATA, min(options.repeats, 3))


def search_table(search: Search, repeats: int) -> Table:
    """Compare the ways of one search."""
    comparison = Comparison(
        title=f"{search.n_rates * search.n_alphas} candidates × 5 folds on {search.data}",
        how=f"{search.work.name}, {search.work.epochs} epochs; n_jobs={search.n_jobs}, each with one BLAS "
        f"thread; interleaved repetitions: {repeats}.",
        base=VECTORIZED,
        unit=SECONDS,
    )
    return comparison.table(time_both_precisions(search.ways(), search.work, repeats))


def tools(work: Work) -> dict[str, Callable[[Any, Any], object]]:
    """Make calls of scikit-learn's tools that fit many networks."""
    network = our_classifier(work)
    grid = {"learning_rate": np.logspace(-4, -2, 4).tolist(), "alpha": np.logspace(-4, 0, 4).tolist()}
    halving = HalvingGridSearchCV(network, grid, cv=5, factor=2, random_state=0)
    return {
        "cross_val_score, 10 folds": partial(cross_val_score, network, cv=10),
        "HalvingGridSearchCV, 16 candidates, 5 folds": halving.fit,
        "learning_curve, 5 sizes, 5 folds": partial(learning_curve, network, cv=5),
    }


def tools_table(work: Work, repeats: int) -> Table:
    """Compare scikit-learn's tools inside ``train_together`` with the same outside."""
    X, y = work.data("float32")
    tasks = {}
    for name, call in tools(work).items():
        report_progress(f"2 ways, {name}")

        def inside(call: Callable[[Any, Any], object] = call) -> None:
            with train_together():
                call(X, y)

        tasks[name] = time_in_turn({TOGETHER: inside, ORDINARY: partial(call, X, y)}, repeats)
    comparison = Comparison(
        title="Other tools on breast cancer",
        how=f"{work.name}, {work.epochs} epochs, float32; one process, one BLAS thread; interleaved "
        f"repetitions: {repeats}.",
        base=TOGETHER,
        unit=SECONDS,
    )
    return comparison.table(tasks)


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


def networks_table(data: dict[str, Callable[..., Any]], repeats: int) -> Table:
    """Compare searches of usual networks."""
    tasks = {}
    for network_name, network in NETWORKS.items():
        for data_name, load in data.items():
            report_progress(f"2 ways, {network_name}, {data_name}")
            X, y = load(return_X_y=True)
            X = StandardScaler().fit_transform(X)
            ways = {name: partial(anew, kind(network, GRID, cv=5), X, y) for name, kind in WAYS.items()}
            tasks[f"{network_name}, {len(y):,} rows"] = time_in_turn(ways, repeats)
    comparison = Comparison(
        title="Six candidates × 5 folds of usual networks",
        how=f"Two activations and three init_scales, on {', '.join(data)}, standardised; float64, one "
        f"process, one BLAS thread; interleaved repetitions: {repeats}.",
        base=VECTORIZED,
        unit=SECONDS,
    )
    return comparison.table(tasks)


def anew(search: Any, X: np.ndarray, y: np.ndarray) -> None:
    """Fit a search without what the process remembers of others."""
    forget_choices()
    search.fit(X, y)


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
