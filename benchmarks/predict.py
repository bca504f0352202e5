"""The time of a prediction.

The predictions are for one row, as in a service, for a thousand rows, and for a million. They include the
validation of the input. PyTorch gets its input as an array and returns its output as an array. It does not
validate anything.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from harness import (
    MICROSECONDS,
    Comparison,
    Options,
    Table,
    Timing,
    limit_threads,
    report_progress,
    time_calls,
)
from rivals import MLP, OURS, TORCH, rivals_for
from work import Work, normal_rows

# Rows, and how many calls make one measurement.
N_ROWS = {1: 1_000, 1_000: 100, 1_000_000: 1}
TRAINING_ROWS = 2_000
NETWORKS = (
    Work("50 features, 64 units, 2 classes", partial(normal_rows, 50, 2), TRAINING_ROWS, 64, 200),
    Work("64 features, 100 units, 10 classes", partial(normal_rows, 64, 10), TRAINING_ROWS, 100, 200),
)


def answer(options: Options) -> Iterator[Table]:
    how = f"Time of a call; one BLAS thread; interleaved repetitions: {options.repeats}."
    with limit_threads(1):
        for dtype in ("float64", "float32"):
            tasks = {}
            for work in NETWORKS:
                tasks |= time_predictions(work, dtype, options)
            yield Comparison(f"predict_proba in {dtype}", how, OURS, MICROSECONDS).table(tasks)


def rows_to_predict(work: Work, n_rows: int, dtype: str) -> tuple[Any, Any]:
    return replace(work, n_samples=max(n_rows, work.n_samples)).data(dtype)


def time_predictions(work: Work, dtype: str, options: Options) -> dict[str, dict[str, Timing]]:
    report_progress(f"{work.name}, {dtype}")
    X, y = rows_to_predict(work, work.n_samples if options.quick else max(N_ROWS), dtype)
    X_train, y_train = X[: work.n_samples], y[: work.n_samples]
    models = {
        rival.name: rival.train(work, X_train, y_train) for rival in rivals_for(work, X, OURS, MLP, TORCH)
    }
    tasks = {}
    for n_rows, n_calls in N_ROWS.items():
        some = X[:n_rows]
        calls = {name: partial(model.predict_proba, some) for name, model in models.items()}
        n_calls = 1 if options.quick else n_calls
        tasks[f"{work.name}; rows: {len(some):,}"] = time_calls(calls, n_calls, options.repeats)
    return tasks
