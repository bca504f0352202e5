"""The time of a training step.

The time of a step is the difference between a long fit and a fit of one epoch, divided by the number of
steps between them. So it includes what a fit does once an epoch, but not what it does once. The table of the
overhead of a fit has the rest. The last, shorter batch of an epoch counts as a step. All use Adam and relu,
and no rule stops the training early. Our network and MLPClassifier have an L2 penalty, PyTorch and skorch
have none. The data are scikit-learn's breast cancer and digits, standardised; normal random numbers; and
random texts as tf-idf, in which the frequency of a word is inverse to its rank (Zipf's law).
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
    time_in_turn,
)
from rivals import OURS, rivals_for
from work import DIGITS, FULL_BATCH, LBFGS, MNIST_LIKE, SPARSE_TEXT, TABLE, TINY, Work

WORKS = (TINY, DIGITS, TABLE, MNIST_LIKE, SPARSE_TEXT, FULL_BATCH, LBFGS)


def answer(options: Options) -> Iterator[Table]:
    """Compare the step of all rivals, in both precisions."""
    for dtype in ("float64", "float32"):
        comparison = Comparison(
            title=f"A training step in {dtype}",
            how=f"One BLAS thread unless said; interleaved repetitions: {options.repeats}.",
            base=OURS,
            unit=MICROSECONDS,
        )
        with limit_threads(1):
            yield comparison.table(
                {work.name: time_step(work.scaled(options.quick), dtype, options.repeats) for work in WORKS}
            )


def time_step(work: Work, dtype: str, repeats: int) -> dict[str, Timing]:
    """Time one step of every rival that can do the work."""
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
