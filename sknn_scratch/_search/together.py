"""``train_together``: a joblib backend that trains the networks of its calls together.

scikit-learn's model selection gives its fits to ``joblib.Parallel``, and the active backend runs them. This
backend first gathers the calls of a ``Parallel``. The calls that fit networks are cut into pieces, and each
piece is run by a meeting (see ``meeting``). The pieces and all other calls then go to the backend that was
active before.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from joblib import Parallel, delayed, parallel_config, register_parallel_backend
from joblib.parallel import FallbackToBackend, ParallelBackendBase, get_active_backend

from sknn_scratch._core.blocks import equal_blocks
from sknn_scratch._fitting.troubles import warn
from sknn_scratch._search.calls import by_fold, fits_network
from sknn_scratch._search.meeting import run_together, this_process
from sknn_scratch._search.tally import tell


@contextmanager
def train_together(*, verbose: int = 0) -> Iterator[None]:
    """Train the networks that scikit-learn fits inside this block together.

    For a small network, most of the training time is the overhead of small operations. Inside the block, all
    tools that fit estimators through joblib train their networks in shared passes: searches (halving ones
    too), :func:`~sklearn.model_selection.cross_validate`, :func:`~sklearn.model_selection.cross_val_score`,
    :func:`~sklearn.model_selection.cross_val_predict`, learning and validation curves,
    :class:`~sklearn.multiclass.OneVsRestClassifier` and others. A call that fits a network waits until the
    other calls have reached the same point, and else runs as without the block. So splits, scores and errors
    are the same, to the last bit (if BLAS is MKL, only with ``MKL_CBWR=COMPATIBLE`` in the environment). Only
    networks with ``random_state=None`` differ: their seeds are drawn in another order.

    Parameters
    ----------
    verbose : int, default=0
        If positive, print how many networks were trained together, and why others were not.

    See Also
    --------
    VectorizedGridSearchCV : A grid search in such a block.

    Notes
    -----
    Networks are trained together if they have the same ``n_hidden``, ``activation``, ``solver``,
    ``nesterov``, ``beta_1``, ``beta_2``, ``epsilon``, ``batch_size``, precision, and numbers of training and
    validation rows, and if all or none have ``dropout``, and a scorer. The steps of a group use at most 8 MiB
    together. So large networks are trained one by one, and so are those with sparse rows, and those of the
    solver "lbfgs", which "auto" chooses for few rows: it is quick with one network, too.

    The block is the joblib backend "sknn_scratch", so ``joblib.parallel_config(backend="sknn_scratch")`` does
    the same. The calls go to the backend that was active before, with the ``n_jobs`` of the caller. So write
    this block last, as in ``with parallel_config(backend="dask"), train_together():``.

    A network is also trained alone if scikit-learn does not give its fit to joblib: the best candidate of a
    search, and the networks of :class:`~sklearn.feature_selection.RFECV` with ``n_jobs=None``. Of a
    :class:`~sklearn.ensemble.BaggingClassifier`, only the first networks of its ``n_jobs`` calls are trained
    together. The times in results are each fit's share. Printed times, and the times of a learning curve with
    ``exploit_incremental_learning``, include the time of the other networks.

    The calls of a worker run in one thread, one inside the other: a call that is about to train a network
    runs the next call first. At most 64 calls wait at a time, and their rows take at most 64 MiB for each
    worker, unless a single call takes more. The buffers of a group take at most 256 MiB.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sknn_scratch import ShallowNNClassifier, train_together
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = ShallowNNClassifier(solver="adam", alpha=1.0, max_iter=1000, random_state=0)
    >>> with train_together(verbose=1):
    ...     scores = cross_val_score(clf, X, y, cv=10)
    10 of 10 networks were trained together.
    >>> bool(scores.mean() > 0.95)
    True
    """
    with parallel_config(backend=TogetherBackend(verbose=verbose)):
        yield


class TogetherBackend(ParallelBackendBase):
    """Gives every ``Parallel`` its own backend, which gathers the calls.

    ``verbose`` prints a tally.
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
        """Ask the backend that was active before: estimators may cut their work by this number."""
        return self.outer[None].effective_n_jobs(n_jobs)

    def configure(self, n_jobs=1, parallel=None, prefer=None, require=None, **options):
        """Choose the backend that runs the calls of a Parallel."""
        if require == "sharedmem" and not getattr(self.outer[prefer], "supports_sharedmem", False):
            raise FallbackToBackend(self.outer["threads"])
        if require == "sharedmem" or parallel.return_generator:  # calls that write to shared memory, or whose
            raise FallbackToBackend(self.outer[prefer])  # results are needed one by one, cannot be gathered
        raise FallbackToBackend(Gathering(self.outer[prefer], self.verbose))


class Gathering(ParallelBackendBase):
    """Gathers the calls of a Parallel; when their results are needed, the backend ``outer`` runs them."""

    supports_retrieve_callback = True

    def __init__(self, outer, verbose):
        super().__init__(nesting_level=outer.nesting_level)
        self.outer, self.verbose = outer, verbose
        self.submitted = []

    def effective_n_jobs(self, n_jobs):
        """Give a number above one: with one, Parallel would run the calls itself."""
        return max(2, self.outer.effective_n_jobs(n_jobs))

    def configure(self, n_jobs=1, parallel=None, prefer=None, require=None, **options):
        """Let the Parallel submit all its calls and print nothing; keep its options."""
        self.options = {"n_jobs": n_jobs, "verbose": parallel.verbose, "pre_dispatch": parallel.pre_dispatch}
        parallel.verbose, parallel.pre_dispatch = 0, "all"
        return self.effective_n_jobs(n_jobs)

    def submit(self, func, callback=None):
        """Keep a batch of calls."""
        self.submitted.append((func, callback))

    def retrieve_result_callback(self, out):
        """Get the results of a batch, which are ready."""
        return out

    def terminate(self):
        """Forget the calls."""
        self.submitted = []

    @contextmanager
    def retrieval_context(self):
        """Run the calls. A Parallel that is used as a context comes here again with other calls."""
        submitted, self.submitted = self.submitted, []
        batches = [list(batch.items) for batch, _ in submitted]
        results = iter(self.run([call for batch in batches for call in batch]))
        for batch, (_, callback) in zip(batches, submitted, strict=True):
            callback([next(results) for _ in batch])
        yield

    def run(self, calls):
        """Run calls, and train their networks together; return the results in order."""
        ours = by_fold({i: call for i, call in enumerate(calls) if fits_network(call)})
        numbers, n_workers = list(ours), self.outer.effective_n_jobs(self.options["n_jobs"])
        parts = equal_blocks(len(numbers), min(n_workers, len(numbers))) if numbers else []
        pieces = [numbers[part] for part in parts]
        others = [i for i in range(len(calls)) if i not in ours]
        home = this_process()
        tasks = [delayed(run_together)({i: calls[i] for i in piece}, home) for piece in pieces]
        done = Parallel(backend=self.outer, **self.options)([*tasks, *(calls[i] for i in others)])
        results, tally = dict(zip(others, done[len(tasks) :], strict=True)), Counter()
        for of_piece, tally_of_piece, troubles in done[: len(tasks)]:
            results |= of_piece
            tally += tally_of_piece
            for trouble in troubles:
                warn(*trouble)
        tell(tally, self.verbose)
        return [results[i] for i in range(len(calls))]


register_parallel_backend("sknn_scratch", TogetherBackend)
