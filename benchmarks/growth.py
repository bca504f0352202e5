"""How the time of a fit grows with the data and the network.

Each fit is one epoch in float32. Either the rows, the features or the units grow, and the others stay the
same.
"""

from collections.abc import Iterator
from functools import partial

from harness import MILLISECONDS, Comparison, Options, Table, limit_threads, report_progress, time_in_turn
from rivals import FLOOR, MLP, OURS, TORCH_1, rivals_for
from work import Work, normal_table


def work_of(n_samples: int, n_features: int, n_hidden: int) -> Work:
    """Make a work of this size."""
    load = partial(normal_table, n_features=n_features, n_classes=2)
    return Work(f"{n_samples:,} × {n_features:,}, {n_hidden:,} units", load, n_samples, n_hidden, 256)


SWEEPS = {
    "rows": [work_of(n, 50, 64) for n in (10_000, 30_000, 100_000, 300_000, 1_000_000)],
    "features": [work_of(10_000, d, 64) for d in (10, 30, 100, 300, 1_000, 3_000, 10_000)],
    "units": [work_of(20_000, 50, h) for h in (4, 16, 64, 256, 1_024)],
}


def answer(options: Options) -> Iterator[Table]:
    """Compare fits along each sweep."""
    for growing, works in SWEEPS.items():
        comparison = Comparison(
            title=f"More {growing}",
            how="One epoch, batches of 256, 2 classes, float32, one BLAS thread; "
            f"interleaved repetitions: {options.repeats}.",
            base=OURS,
            unit=MILLISECONDS,
        )
        with limit_threads(1):
            yield comparison.table({work.name: time_fit(work, options) for work in works})


def time_fit(work: Work, options: Options):
    """Time one fit of every rival."""
    report_progress(work.name)
    work = work.scaled(options.quick)
    X, y = work.data("float32")
    rivals = rivals_for(work, X, OURS, MLP, TORCH_1, FLOOR)
    return time_in_turn({rival.name: partial(rival.train, work, X, y) for rival in rivals}, options.repeats)
