"""Our L-BFGS and SciPy's, and a search of networks that are trained together.

Both minimise the same objective, with the same code for its evaluation, the same initial weights and the
same number of pairs in memory, until an iteration lowers the objective by no more than 64 roundings. An
evaluation is one pass over all rows, forward and back. It takes nearly all of the time. The final objectives
may belong to different minima, because a network has many. The last table has the time of a search over 60
small networks, trained together and one after the other.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Any

import numpy as np
import scipy.optimize
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_moons
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from harness import SECONDS, Comparison, Options, Table, limit_threads, number, report_progress, time_in_turn
from rivals import MLP, mlp_classifier, our_classifier
from sknn_scratch import ShallowNNClassifier, VectorizedGridSearchCV
from sknn_scratch._core.lbfgs import N_PAIRS, ROUNDINGS, Minimiser
from sknn_scratch._core.stack import Stack
from sknn_scratch._fitting.inputs import FitInput
from sknn_scratch._fitting.plan import plan_fit
from work import Work

XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
DATA: dict[str, Callable[[], tuple[Any, Any]]] = {
    "XOR": lambda: XOR,
    "moons": partial(make_moons, 200, noise=0.2, random_state=0),
    "iris": partial(load_iris, return_X_y=True),
    "wine, as it is": partial(load_wine, return_X_y=True),
    "breast cancer": lambda: standardised(load_breast_cancer),
    "digits": lambda: standardised(load_digits),
}
ACTIVATIONS = ("relu", "tanh", "sigmoid", "softplus")
MOST_ITERATIONS = 1000
ALPHAS = np.logspace(-4, 1, 12).tolist()


def standardised(load: Callable) -> tuple[Any, Any]:
    """Load a data set, and standardise it."""
    X, y = load(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def answer(options: Options) -> Iterator[Table]:
    """Compare evaluations and ends, then the times of searches."""
    with limit_threads(1):
        for dtype in ("float64", "float32"):
            yield minimisers_table(dtype, 20 if options.quick else MOST_ITERATIONS)
        yield search_table(options)


class Counted:
    """The objective of a classifier's fit, and how often it was evaluated."""

    def __init__(self, clf: ShallowNNClassifier, X: Any, y: Any) -> None:
        self.run = plan_fit(clf, FitInput(X, y)).run

    def ours(self, most: int) -> tuple[int, float]:
        """Count the evaluations of our minimiser, and get the objective at its end."""
        with closing(Stack([self.run], [self.run.data], map)) as stack, np.errstate(all="ignore"):
            ours, calls = stack.minimiser, []
            minimiser = Minimiser(ours.params, ours.grads, lambda: self._evaluate(ours, calls), ours.pairs)
            for n in range(most):
                (value,), (reason,) = minimiser.iterate(n)
                if reason is not None:
                    break
            return len(calls), float(value)

    def scipys(self, most: int) -> tuple[int, float]:
        """Count those of SciPy's."""
        with closing(Stack([self.run], [self.run.data], map)) as stack, np.errstate(all="ignore"):
            ours, calls = stack.minimiser, []

            def objective(x: Any) -> tuple[float, Any]:
                ours.params[0] = x
                (value,) = self._evaluate(ours, calls)
                return float(value), ours.grads[0].astype(float)

            start = ours.params[0].astype(float)
            limits = {"maxiter": most, "maxfun": 100 * most, "gtol": 0.0}
            limits |= {"maxcor": N_PAIRS, "ftol": ROUNDINGS * np.finfo(float).eps}
            end = scipy.optimize.minimize(objective, start, jac=True, method="L-BFGS-B", options=limits)
            return len(calls), float(end.fun)

    def _evaluate(self, minimiser: Minimiser, calls: list[int]) -> Any:
        calls.append(1)
        return minimiser.evaluate()


def minimisers_table(dtype: str, most: int) -> Table:
    """Compare evaluations and objectives, problem by problem."""
    rows, ratios, differences = [], [], []
    for name, load in DATA.items():
        X, y = load()
        for activation in ACTIVATIONS:
            report_progress(f"{name}, {activation}, {dtype}")
            clf = ShallowNNClassifier(
                16, activation, solver="lbfgs", alpha=0.1, dtype=dtype, early_stopping=False, random_state=0
            )
            n_scipys, end_of_scipys = Counted(clf, X, y).scipys(most)
            n_ours, end_of_ours = Counted(clf, X, y).ours(most)
            ratios.append(n_ours / n_scipys)
            differences.append(end_of_ours - end_of_scipys)
            cells = (n_scipys, n_ours, f"{ratios[-1]:.2f}×", f"{end_of_scipys:.6f}", f"{end_of_ours:.6f}")
            rows.append([f"{name}, {activation}", *map(str, cells)])
    total = [f"{np.median(ratios):.2f}×", "mean difference", f"{np.mean(differences):+.6f}"]
    rows.append(["median", "", "", *total])
    return Table(
        f"Evaluations and ends in {dtype}",
        ("", "evaluations, SciPy", "ours", "ours / SciPy", "end, SciPy", "ours"),
        rows,
        f"16 units, alpha=0.1, at most {number(most)} iterations.",
    )


def search_table(options: Options) -> Table:
    """Compare a search over 60 networks on iris with searches that train them one after the other."""
    work = Work("iris", lambda n: load_iris(return_X_y=True), 150, 16, 150, epochs=200, solver="lbfgs")
    X, y = work.data("float64")
    grid = {"alpha": ALPHAS[:2] if options.quick else ALPHAS}
    ways = {
        "VectorizedGridSearchCV": VectorizedGridSearchCV(our_classifier(work), grid, cv=5),
        "GridSearchCV": GridSearchCV(our_classifier(work), grid, cv=5),
        f"GridSearchCV of {MLP}": GridSearchCV(mlp_classifier(work), grid, cv=5),
    }
    report_progress("a search")
    times = time_in_turn({name: partial(way.fit, X, y) for name, way in ways.items()}, options.repeats)
    comparison = Comparison(
        title="12 candidates × 5 folds on iris, lbfgs",
        how=f"16 units, {work.epochs} iterations; one BLAS thread; repetitions: {options.repeats}.",
        base="VectorizedGridSearchCV",
        unit=SECONDS,
    )
    return comparison.table({"float64": times})
