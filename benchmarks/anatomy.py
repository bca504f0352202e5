"""Where the time of a training step goes.

A clock around each part of a step measures its time, in the same fits as in the table of training steps. The
clocks take time too, in the tiny network a fifth of the step. So read the shares, not the sums. "Rows":
their order and their gathering. "Once an epoch": the history and the stopping rules. "Update": with the
penalty. "Rest": the loop, the biases, the clocks, the products of sparse rows, and, for sparse text, the
gathering and writing of weights.

The hardware limits the products, the square root and division of Adam, and the gathering of rows. A NumPy
call on a few hundred numbers takes 0.3 to 1 µs, and nearly all of it is the call itself. In the tiny
network, nearly all calls are of this kind.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from unittest import mock

from harness import Options, Table, limit_threads, number, report_progress
from rivals import our_classifier
from sknn_scratch._core import batches, network, rows, training
from sknn_scratch._core.losses import Logistic, Softmax
from sknn_scratch._core.optimizers import Adam
from sknn_scratch._fitting import fitted
from work import DIGITS, MNIST_LIKE, SPARSE_TEXT, TABLE, TINY, Work

WORKS = (
    TINY,
    DIGITS,
    replace(TABLE, epochs=1),
    replace(MNIST_LIKE, epochs=1),
    replace(SPARSE_TEXT, epochs=1),
)
PRODUCTS, ACTIVATION, LOSS, UPDATE = "products", "activation", "loss", "update"
ROWS, EPOCH, REST = "rows", "once an epoch", "rest"
RUN_EPOCH = "run_epoch"
PARTS = (PRODUCTS, ACTIVATION, LOSS, UPDATE, ROWS, EPOCH, REST)


class Clocks:
    """Seconds that each part has taken."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def around(self, part: str, function: Callable) -> Callable:
        """Count the time of all calls of a function as the time of a part."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[part] += time.perf_counter() - start

        return timed

    def patches(self) -> list[Any]:
        """Put a clock around every part."""
        return [
            *(self._patch(module, "dot", PRODUCTS) for module in (network, rows)),
            self._patch(Adam, "step", UPDATE),
            mock.patch.object(
                fitted, "ACTIVATIONS", {"relu": self.around(ACTIVATION, fitted.ACTIVATIONS["relu"])}
            ),
            *(
                self._patch(loss, name, LOSS)
                for loss in (Logistic, Softmax)
                for name in ("gradient", "of_rows")
            ),
            self._patch(batches.GatheredBatches, "gather", ROWS),
            self._patch(batches.Batches, "_shuffled", ROWS),
            self._patch(training, "run_epoch", RUN_EPOCH),
            *(self._patch(training, name, EPOCH) for name in ("measure", "end_epoch")),
        ]

    def _patch(self, owner: Any, name: str, part: str) -> Any:
        return mock.patch.object(owner, name, self.around(part, getattr(owner, name)))


def answer(options: Options) -> Iterator[Table]:
    """Measure the parts of a step for each work, in both precisions."""
    with limit_threads(1):
        for dtype in ("float64", "float32"):
            rows = []
            for work in WORKS:
                report_progress(f"{work.name}, {dtype}")
                rows.append([work.name, *take_apart(work.scaled(options.quick), dtype)])
            yield Table(f"The parts of a step in {dtype}", ("", "step, µs", *PARTS), rows, "One BLAS thread.")


def take_apart(work: Work, dtype: str) -> list[str]:
    """Time a step, and the share of each part."""
    X, y = work.data(dtype)
    our_classifier(work).fit(X, y)
    clocks = Clocks()
    with ExitStack() as patches:
        for patch in clocks.patches():
            patches.enter_context(patch)
        our_classifier(work).fit(X, y)
    of = clocks.seconds
    seconds = of[RUN_EPOCH] + of[EPOCH]
    of[REST] = seconds - sum(of[part] for part in PARTS)
    n_steps = work.epochs * work.steps_per_epoch
    return [number(seconds / n_steps * 1e6), *(f"{100 * of[part] / seconds:.0f} %" for part in PARTS)]
