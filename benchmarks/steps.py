"""The time of a training step, and of what a fit does besides.

The time of a step is the difference between a long fit and a fit of one epoch, divided by the number of
steps between them. So it includes what a fit does once an epoch, but not what it does once. The last table
has the rest: a fit of one epoch on 100 rows is nearly all checks, encodings and records. The last, shorter
batch of an epoch counts as a step. All use Adam and relu, and no rule stops the training early. Our network
and MLPClassifier have an L2 penalty, PyTorch and skorch have none. The data are scikit-learn's breast cancer
and digits, standardised; normal random numbers; and random texts as tf-idf, in which the frequency of a word
is inverse to its rank (Zipf's law). "Bare calls" is a lower bound for dense rows: only the calls of NumPy and
SciPy that a step needs.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from harness import (
    MICROSECONDS,
    Comparison,
    Options,
    Table,
    Timing,
    limit_threads,
    report_progress,
    time_calls,
    time_in_turn,
)
from rivals import OURS, rivals_for
from work import DIGITS, FULL_BATCH, LBFGS, MNIST_LIKE, SPARSE_TEXT, TABLE, TINY, Work, normal_rows

N_FITS = 200
WORKS = (TINY, DIGITS, TABLE, MNIST_LIKE, SPARSE_TEXT, FULL_BATCH, LBFGS)
SMALL_FITS = (
    Work("100 × 30, 16 units, 2 classes, batch 100", partial(normal_rows, 30, 2), 100, 16, 100),
    Work("100 × 64, 100 units, 10 classes, batch 100", partial(normal_rows, 64, 10), 100, 100, 100),
)


def answer(options: Options) -> Iterator[Table]:
    how = f"One BLAS thread unless said; interleaved repetitions: {options.repeats}."
    with limit_threads(1):
        for dtype in ("float64", "float32"):
            tasks = {
                work.name: time_step(work.scaled(options.quick), dtype, options.repeats) for work in WORKS
            }
            yield Comparison(f"A training step in {dtype}", how, OURS, MICROSECONDS).table(tasks)
        tasks = {work.name: time_fit(work, options) for work in SMALL_FITS}
        yield Comparison("A fit of one epoch on 100 rows, float64", how, OURS, MICROSECONDS).table(tasks)


def time_step(work: Work, dtype: str, repeats: int) -> dict[str, Timing]:
    report_progress(f"{work.name}, {dtype}")
    X, y = work.data(dtype)
    rivals = rivals_for(work, X)
    epochs = {"short": 1, "long": 1 + work.epochs}
    timings = time_in_turn(
        {
            (rival.name, length): partial(rival.train, replace(work, epochs=n), X, y)
            for rival in rivals
            for length, n in epochs.items()
        },
        repeats,
    )
    n_steps = work.epochs * work.steps_per_epoch
    return {
        rival.name: (timings[rival.name, "long"] - timings[rival.name, "short"]) / n_steps for rival in rivals
    }


def time_fit(work: Work, options: Options) -> dict[str, Timing]:
    report_progress(f"a fit, {work.name}")
    n_fits = 2 if options.quick else N_FITS
    X, y = work.data("float64")
    calls = {rival.name: partial(rival.train, work, X, y) for rival in rivals_for(work, X)}
    return time_calls(calls, n_fits, options.repeats)
