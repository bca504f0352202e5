"""``train_together``: a backend of joblib under which networks that are fitted by its calls share passes.

All of scikit-learn's model selection hands its fits to ``joblib.Parallel``, which asks the active backend to
run them. Ours gathers the calls of one ``Parallel``. It gives those that fit networks to meetings (see
``meeting``), spreads these and all other calls over the backend that was active before, and hands back the
results.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from joblib import Parallel, delayed, parallel_config, register_parallel_backend
from joblib.parallel import FallbackToBackend, ParallelBackendBase, get_active_backend

from sknn_scratch._fitting.troubles import Trouble, warn_of
from sknn_scratch._search.jobs import by_fold, networks_of, spread
from sknn_scratch._search.meeting import Home, Report, run_together

NAME = "sknn_scratch"
# What joblib's Parallel tells its backend, and ours tells the Parallel that it runs.
PASSED_ON = ("temp_folder", "max_nbytes", "mmap_mode")


@contextmanager
def train_together(*, verbose: int = 0) -> Iterator[None]:
    """Train the networks that scikit-learn fits inside this block together.

    A small network spends most of its training in the overhead of small operations. Inside the block,
    whatever fits estimators through joblib trains the networks of its calls in shared passes: searches,
    halving ones too, :func:`~sklearn.model_selection.cross_validate`,
    :func:`~sklearn.model_selection.cross_val_score`, :func:`~sklearn.model_selection.cross_val_predict`,
    learning and validation curves, :class:`~sklearn.multiclass.OneVsRestClassifier` and others. Each call
    runs as it would without the block, but for one thing: when it fits a network, it waits until the other
    calls have come as far. So splits, scores and errors are the same, to the last bit (if BLAS is MKL, only
    with ``MKL_CBWR=COMPATIBLE`` in the environment). Only networks with ``random_state=None`` differ, since
    searches draw their seeds in another order.

    Parameters
    ----------
    verbose : int, default=0
        If positive, print how many fits were made together and why others were not.

    See Also
    --------
    VectorizedGridSearchCV : A grid search in such a block.

    Notes
    -----
    Networks are trained together if they have the same ``n_hidden``, ``activation``, ``solver``,
    ``nesterov``, ``beta_1``, ``beta_2``, ``epsilon``, ``batch_size``, precision, and numbers of training
    and validation rows, all with ``dropout`` or none, and all with a scorer or none. Networks of different
    ``n_hidden`` are not: padding with idle units would change how sums are rounded. The steps of a group
    touch at most 8 MiB together, so large networks are trained one by one. So are those that update only
    the features of a sparse batch (see the notes of :class:`ShallowNNClassifier`).

    The block is the backend "sknn_scratch" of joblib, so
    ``joblib.parallel_config(backend="sknn_scratch")`` does the same. The work goes to the backend that was
    active before, with the ``n_jobs`` of the caller: enter the block last, as in
    ``with parallel_config(backend="dask"), train_together():``. A fit that scikit-learn does not hand to
    joblib is made alone: that of a search's best candidate; those of
    :class:`~sklearn.feature_selection.RFECV` with ``n_jobs=None``; and of
    :class:`~sklearn.ensemble.BaggingClassifier`, which fits ``n_jobs`` estimators at a time, all but one of
    these. The times in results are each fit's share; those that are printed, and those of a learning curve
    with ``exploit_incremental_learning``, are until all were done.

    The calls of a worker run in one thread, one inside the other: a call that is about to train a network
    runs the next call first. A group is trained when it is full, or when no other call can join it. At most
    64 calls wait at a time. Their rows take at most 64 MiB for each worker (unless those of a single call
    take more), so calls with many rows run one after the other. The buffers of a group take at most 256 MiB.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sknn_scratch import ShallowNNClassifier, train_together
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = ShallowNNClassifier(learning_rate=0.01, max_iter=1000, random_state=0)
    >>> with train_together(verbose=1):
    ...     scores = cross_val_score(clf, X, y, cv=10)
    10 of 10 fits were made together.
    >>> bool(scores.mean() > 0.95)
    True
    """
    with parallel_config(backend=TogetherBackend(verbose=verbose)):
        yield


class TogetherBackend(ParallelBackendBase):
    """Gives every ``Parallel`` a backend of its own that gathers its calls.

    Parameters
    ----------
    verbose : int
        Whether to print a report.
    nesting_level, **options
        As for any backend.
    """

    supports_retrieve_callback = True
    supports_sharedmem = True
    uses_threads = True

    def __init__(self, verbose=0, **options):
        super().__init__(**options)
        self.verbose = verbose
        outer = {hint: get_active_backend(prefer=hint)[0] for hint in (None, "threads", "processes")}
        self.outer = outer[None].outer if isinstance(outer[None], TogetherBackend) else outer
        self.default_n_jobs = self.outer[None].default_n_jobs

    def effective_n_jobs(self, n_jobs):
        """Ask the backend that was active before: estimators may cut their work accordingly."""
        return self.outer[None].effective_n_jobs(n_jobs)

    def configure(self, n_jobs=1, parallel=None, prefer=None, require=None, **options):
        """Say which backend is to run the calls of a Parallel."""
        if require == "sharedmem" and not getattr(self.outer[prefer], "supports_sharedmem", False):
            raise FallbackToBackend(self.outer["threads"])
        if require == "sharedmem" or parallel.return_generator:  # calls that write to what they share, or
            raise FallbackToBackend(self.outer[prefer])  # whose results are asked for one by one
        raise FallbackToBackend(Gathering(self.outer[prefer], self.verbose))


class Gathering(ParallelBackendBase):
    """Runs the calls of a Parallel all at once, when their results are asked for.

    Parameters
    ----------
    outer : ParallelBackendBase
        Runs the calls.
    verbose : int
    """

    supports_retrieve_callback = True

    def __init__(self, outer, verbose):
        super().__init__(nesting_level=outer.nesting_level)
        self.outer, self.verbose = outer, verbose
        self.submitted = []

    def effective_n_jobs(self, n_jobs):
        """More than one, else Parallel would run the calls itself."""
        return max(2, self.outer.effective_n_jobs(n_jobs))

    def configure(self, n_jobs=1, parallel=None, prefer=None, require=None, **options):
        """Have a Parallel submit all its calls and be silent; keep what it was asked for."""
        self.options = {name: options[name] for name in PASSED_ON if name in options}
        self.options |= {"n_jobs": n_jobs, "verbose": parallel.verbose, "pre_dispatch": parallel.pre_dispatch}
        parallel.verbose, parallel.pre_dispatch = 0, "all"
        return self.effective_n_jobs(n_jobs)

    def submit(self, func, callback=None):
        """Keep a batch of calls."""
        self.submitted.append((func, callback))

    def retrieve_result_callback(self, out):
        """Get the results of a batch: they are there."""
        return out

    def terminate(self):
        """Forget the calls."""
        self.submitted = []

    @contextmanager
    def retrieval_context(self):
        """Run the calls. A Parallel that is used as a context comes here again with others."""
        submitted, self.submitted = self.submitted, []
        batches = [list(batch.items) for batch, _ in submitted]
        results = iter(self.run([call for batch in batches for call in batch]))
        for batch, (_, callback) in zip(batches, submitted, strict=True):
            callback([next(results) for _ in batch])
        yield

    def run(self, calls):
        """Run calls, those that fit networks together; return the results in order."""
        ours = by_fold({i: call for i, call in enumerate(calls) if any(True for _ in networks_of(call))})
        pieces = spread(ours, self.outer.effective_n_jobs(self.options["n_jobs"])) if ours else []
        home = Home(sys._getframe())
        tasks = [delayed(run_together)({i: calls[i] for i in piece}, home) for piece in pieces]
        others = [i for i in range(len(calls)) if i not in ours]
        done = Parallel(backend=self.outer, **self.options)([*tasks, *(calls[i] for i in others)])
        results, report = dict(zip(others, done[len(tasks) :], strict=True)), Report()
        for of_piece, report_of_piece in done[: len(tasks)]:
            results |= of_piece
            report.add(report_of_piece)
        tell(report, self.verbose)
        return [results[i] for i in range(len(calls))]


def tell(report, verbose):
    """Warn as other processes would have, and if no fit was made together; if verbose, print a summary."""
    warn_of(report.troubles)
    reasons = [f"{n} alone: {reason}" for reason, n in report.reasons.most_common()]
    if verbose > 0 and report.n_fits:
        summary = f"{report.n_together} of {report.n_fits} fits were made together."
        print("\n  ".join([summary, *reasons]))  # noqa: T201 - that is what verbose asks for
    if report.n_fits > 1 and not report.n_together:
        message = f"None of {report.n_fits} fits were made together. {'; '.join(reasons)}."
        warn_of([Trouble(message, UserWarning)])


register_parallel_backend(NAME, TogetherBackend)
