"""The time of a prediction.

The predictions are for one row, as in a service, for a thousand rows, and for a million. They include the
validation of the input. PyTorch gets its input as an array and returns its output as an array. It does not
validate anything.
"""

from collections.abc import Iterator
from functools import partial

from harness import (
    MICROSECONDS,
    Comparison,
    Options,
    Table,
    Timing,
    limit_threads,
    repeated,
    report_progress,
    time_in_turn,
)
from rivals import MLP, OURS, TORCH_1, rivals_for
from work import Work, normal_table

# Rows, and how many calls make one measurement.
N_ROWS = {1: 1_000, 1_000: 100, 1_000_000: 1}
TRAINING_ROWS = 2_000
NETWORKS = {
    "50 features, 64 units, 2 classes": (50, 64, 2),
    "64 features, 100 units, 10 classes": (64, 100, 10),
}


def answer(options: Options) -> Iterator[Table]:
    """Compare predictions of small and large inputs, in both precisions."""
    for dtype in ("float64", "float32"):
        comparison = Comparison(
            title=f"predict_proba in {dtype}",
            how=f"Time of a call; one BLAS thread; interleaved repetitions: {options.repeats}.",
            base=OURS,
            unit=MICROSECONDS,
        )
        tasks = {}
        with limit_threads(1):
            for name in NETWORKS:
                tasks |= time_predictions(name, dtype, options)
        yield comparison.table(tasks)


def time_predictions(name: str, dtype: str, options: Options) -> dict[str, dict[str, Timing]]:
    """Time the predictions of one network."""
    report_progress(f"{name}, {dtype}")
    n_features, n_hidden, n_classes = NETWORKS[name]
    load = partial(normal_table, n_features=n_features, n_classes=n_classes)
    X, y = Work(name, load, max(N_ROWS), n_hidden, batch_size=200).scaled(options.quick).data(dtype)
    X_train, y_train = X[:TRAINING_ROWS], y[:TRAINING_ROWS]
    work = Work(name, load, TRAINING_ROWS, n_hidden, batch_size=200)
    models = {
        rival.name: rival.train(work, X_train, y_train) for rival in rivals_for(work, X, OURS, MLP, TORCH_1)
    }
    return {
        f"{name}; rows: {len(X[:n_rows]):,}": time_calls(
            models, X[:n_rows], 1 if options.quick else n_calls, options
        )
        for n_rows, n_calls in N_ROWS.items()
    }


def time_calls(models: dict, X, n_calls: int, options: Options) -> dict[str, Timing]:
    """Time ``n_calls`` calls of every model's predict_proba, and give the time of one."""
    calls = {name: repeated(partial(model.predict_proba, X), n_calls) for name, model in models.items()}
    timings = time_in_turn(calls, options.repeats)
    return {name: timing / n_calls for name, timing in timings.items()}
