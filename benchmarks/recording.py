"""The cost of recording the history.

Normal fits are compared with fits that keep only the loss of each epoch.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from unittest import mock

from harness import (
    MILLISECONDS,
    Comparison,
    Options,
    Table,
    Timing,
    limit_threads,
    report_progress,
    time_in_turn,
)
from rivals import our_classifier
from sknn_scratch._core import training
from sknn_scratch._core.state import Epoch
from work import DIGITS, FULL_BATCH, MNIST_LIKE, TABLE, TINY, Work

WORKS = (TINY, DIGITS, replace(TABLE, epochs=1), replace(MNIST_LIKE, epochs=1), FULL_BATCH)


def answer(options: Options) -> Iterator[Table]:
    """Compare fits with and without the measurements of ``history_``."""
    comparison = Comparison(
        title="The share of the history in the time of a fit",
        how=f"float32, one BLAS thread; interleaved repetitions: {options.repeats}.",
        base="loss only",
        unit=MILLISECONDS,
    )
    with limit_threads(1):
        yield comparison.table({work.name: time_fits(work.scaled(options.quick), options) for work in WORKS})


def time_fits(work: Work, options: Options) -> dict[str, Timing]:
    """Time fits with the whole history and with the loss only."""
    report_progress(work.name)
    X, y = work.data("float32")
    fit = partial(our_classifier(work).fit, X, y)

    def fit_with_loss_only() -> None:
        with mock.patch.object(training, "measure", loss_only):
            fit()

    return time_in_turn({"loss only": fit_with_loss_only, "whole history": fit}, options.repeats)


def loss_only(stack, seconds, mean, first, highest) -> list[Epoch]:
    """Stand in for ``training.measure``: the loss, and numbers that let the training go on."""
    unmeasured = {"gradient_norm_hidden": 1.0, "gradient_norm_output": 1.0}
    record = {"loss": float(mean), **unmeasured}
    return [Epoch(record, float(first), float(highest))]
