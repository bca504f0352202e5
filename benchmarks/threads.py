"""Threads on an idle and on a busy machine.

The same fits and predictions run with one BLAS thread, with all threads, and by the rule of the package.
They run on an idle machine, and while another process keeps every other core busy. A ratio above 1 is slower
than with one thread. Only the wide network has batches that are large enough for threads in a fit. In the
other fits, a difference between "automatic" and "one thread" is noise of the machine. If PyTorch is
installed, its loop trains the same network with one thread and with all threads. The machine must be idle at
the start.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from unittest import mock

from harness import (
    MILLISECONDS,
    Comparison,
    Options,
    Table,
    Timing,
    is_installed,
    limit_threads,
    n_cores,
    report_progress,
    time_in_turn,
)
from rivals import our_classifier, train_torch
from sknn_scratch._fitting import threads as _threads
from work import DIGITS, MNIST_LIKE, TABLE, TINY, Work

ONE, ALL, AUTOMATIC = "one thread", "all threads", "automatic"
WIDE = replace(
    MNIST_LIKE,
    name="wide: 20,000 × 784, 1,024 units, 10 classes, batch 1,000",
    n_samples=20_000,
    n_hidden=1_024,
    batch_size=1_000,
)
# How many epochs: few, since with all threads on a busy machine a step may take a hundred times as long.
WORKS = tuple(
    replace(work, epochs=epochs)
    for work, epochs in ((TINY, 100), (DIGITS, 20), (TABLE, 1), (MNIST_LIKE, 1), (WIDE, 1))
)


def answer(options: Options) -> Iterator[Table]:
    """Compare the three ways, on the idle machine and on the busy one."""
    n_busy = max(1, n_cores() - 1)
    for machine, load in (("idle", nullcontext()), ("busy", busy_loops(n_busy))):
        comparison = Comparison(
            title=f"On {'an' if machine == 'idle' else 'a'} {machine} machine",
            how=f"float32; interleaved repetitions: {options.repeats}; all threads are {n_cores()}; "
            f"processes that run beside: {n_busy if machine == 'busy' else 0}.",
            base=ONE,
            unit=MILLISECONDS,
        )
        with load:
            tasks = {}
            for work in WORKS:
                report_progress(f"{machine}: {work.name}")
                tasks |= time_ways(work.scaled(options.quick), options.repeats)
        yield comparison.table(tasks)


def time_ways(work: Work, repeats: int) -> dict[str, dict[str, Timing]]:
    """Time a fit and a prediction of all its rows in the three ways, and PyTorch's fit in two."""
    X, y = work.data("float32")
    fitted = our_classifier(work).fit(X, y)
    calls = {
        f"fit, {work.name}": partial(our_classifier(work).fit, X, y),
        f"predict_proba, {work.name}": partial(fitted.predict_proba, X),
    }
    tasks = {
        task: time_in_turn({way: partial(run, call) for way, run in WAYS.items()}, repeats)
        for task, call in calls.items()
    }
    if is_installed("torch"):
        n_threads = {ONE: 1, ALL: n_cores()}
        tasks[f"PyTorch, {work.name}"] = time_in_turn(
            {way: partial(train_torch, work, X, y, n_threads=n) for way, n in n_threads.items()}, repeats
        )
    return tasks


def with_threads(n_threads: int, call: Callable[[], object]) -> None:
    """Call with this number of BLAS threads, and without the rule."""
    no_limit = mock.patch.multiple(_threads._Limit, enter=mock.DEFAULT, leave=mock.DEFAULT)
    with limit_threads(n_threads), no_limit, mock.patch.object(_threads, "MAX_THREADS", 1):
        call()


def with_rule(call: Callable[[], object]) -> None:
    """Call with all BLAS threads allowed, and let the rule decide."""
    with limit_threads(n_cores()):
        call()


WAYS = {ONE: partial(with_threads, 1), ALL: partial(with_threads, n_cores()), AUTOMATIC: with_rule}


@contextmanager
def busy_loops(n: int) -> Iterator[None]:
    """Keep n cores busy from other processes within this context."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
