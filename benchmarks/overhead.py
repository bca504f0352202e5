"""The overhead of a fit, without the training.

A fit of one epoch on 100 rows is nearly all checks, encodings and records.
"""

from collections.abc import Iterator
from functools import partial

from harness import MICROSECONDS, Comparison, Options, Table, limit_threads, repeated, time_in_turn
from rivals import OURS, rivals_for
from work import Work, normal_table

N_CALLS = 200
WORKS = (
    Work(
        "100 × 30, 16 units, 2 classes, batch 100",
        partial(normal_table, n_features=30, n_classes=2),
        n_samples=100,
        n_hidden=16,
        batch_size=100,
    ),
    Work(
        "100 × 64, 100 units, 10 classes, batch 100",
        partial(normal_table, n_features=64, n_classes=10),
        n_samples=100,
        n_hidden=100,
        batch_size=100,
    ),
)


def answer(options: Options) -> Iterator[Table]:
    """Compare fits that are nearly empty."""
    n_calls = 2 if options.quick else N_CALLS
    comparison = Comparison(
        title="A fit of one epoch on 100 rows",
        how="Time of a fit; float64; one BLAS thread unless said; "
        f"interleaved repetitions: {options.repeats}.",
        base=OURS,
        unit=MICROSECONDS,
    )
    tasks = {}
    with limit_threads(1):
        for work in WORKS:
            X, y = work.data("float64")
            calls = {
                rival.name: repeated(partial(rival.train, work, X, y), n_calls)
                for rival in rivals_for(work, X)
            }
            timings = time_in_turn(calls, options.repeats)
            tasks[work.name] = {name: timing / n_calls for name, timing in timings.items()}
    yield comparison.table(tasks)
