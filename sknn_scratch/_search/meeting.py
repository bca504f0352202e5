"""Where fits meet: each call, when it is about to train a network, first has the next call come as far.

The calls are nested in each other, in one thread: the first one calls the second from within its fit, that
one the third, and so on. The innermost trains the networks of all in shared passes. Then each goes on to its
end, the innermost first. A group that is full is trained at once, so networks that are too large to gain by
company wait for no other. What a call does before the training and after it, from the split of a fold to
the score, is its own code, so its results and its errors are those of the call alone. Control-C ends all, as
it ends any nested calls.
"""

import sys
import threading
import traceback
import warnings
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter

from sklearn import config_context, get_config

from sknn_scratch._core.stackable import waiting_bytes
from sknn_scratch._fitting.stacks import (
    Groups,
    bytes_of,
    reason_alone,
    train_group,
    trainer,
)
from sknn_scratch._fitting.troubles import Trouble, calls_nested_by, package_of, warn_of
from sknn_scratch._search.jobs import label_of

# What calls that wait may keep in memory: with rows that take more, company gains little.
WAITING_BYTES = 2**26
# Calls that are nested in each other. A group is hardly ever larger, and the stack is kept from overflowing.
MAX_CALLS = 64
# Of Python, from one call to the next in it: a network takes about 15, and each Pipeline around it 5 more.
FRAMES_OF_CALL = 40
# Code that runs on our behalf: an error that passes through no other is a fault of ours.
OURS = {"sknn_scratch", "numpy", "scipy", *sys.stdlib_module_names}


@dataclass
class Report:
    """How fits were made.

    Attributes
    ----------
    n_fits : int
        Networks that were trained.
    n_together : int
        How many of them were not trained alone.
    reasons : Counter
        Why the others were.
    troubles : list of Trouble
        What another process would have warned of.
    """

    n_fits: int = 0
    n_together: int = 0
    reasons: Counter = field(default_factory=Counter)
    troubles: list = field(default_factory=list)

    def add(self, other):
        """Count what another report counts."""
        self.n_fits += other.n_fits
        self.n_together += other.n_together
        self.reasons += other.reasons
        self.troubles += other.troubles

    def note(self, group):
        """Note that a group has been trained."""
        self.n_fits += len(group)
        if len(group) > 1:
            self.n_together += len(group)
        else:
            self.reasons[reason_alone(group[0])] += 1


class Home:
    """Where the results of calls go: the frame that waits for them, which no other process gets."""

    def __init__(self, frame):
        self.frame = frame

    def __reduce__(self):
        return Home, (None,)


def run_together(calls, home):
    """Run calls, whose networks are trained in shared passes, perhaps in another process.

    The warnings of another process go home: there they point at the user's line, and cannot be lost.

    Parameters
    ----------
    calls : dict of int to (function, args, kwargs)
    home : Home

    Returns
    -------
    results : dict
        By the same keys.
    report : Report
    """
    meeting, n_frames = Meeting(calls), FRAMES_OF_CALL * min(len(calls), MAX_CALLS)
    with (
        room_for_frames(n_frames),
        calls_nested_by(Meeting.run_next, home.frame),
        meeting.training_its_fits(),
    ):
        if home.frame is not None:
            return meeting.run(), meeting.report
        with warnings.catch_warnings(record=True) as caught:
            results = meeting.run()
    troubles = [Trouble(str(warning.message), warning.category) for warning in caught]
    return results, replace(meeting.report, troubles=troubles)


@dataclass
class Job:
    """A call that has begun.

    Attributes
    ----------
    fits : list of Fit
        Those that it has asked for last.
    n_bytes : int
        About how much memory it takes while it waits.
    waited : float
        Seconds that it waited for training, less its share of that.
    """

    label: str
    fits: list = field(default_factory=list)
    n_bytes: int = 0
    waited: float = 0.0

    def take_in(self, fits):
        """Take fits, and count their memory: rows to train on and to score, and a copy for a common pass."""
        self.fits = fits
        inputs = {id(fit.inputs): fit.inputs for fit in fits}.values()
        self.n_bytes = sum(3 * bytes_of(one.X) for one in inputs) + sum(
            waiting_bytes(fit.run) for fit in fits
        )
        for fit in fits:
            fit.reporter.add_label(self.label)

    def corrected(self, result):
        """Take the time that other calls took out of a result that gives the time of the fit."""
        if isinstance(result, dict) and "fit_time" in result:
            result["fit_time"] = max(0.0, result["fit_time"] - self.waited)
        return result


class Meeting:
    """Nests calls in each other, and trains the networks that they fit.

    Parameters
    ----------
    calls : dict of int to (function, args, kwargs)

    Attributes
    ----------
    starting : deque of (int, call)
        The calls that have not begun.
    jobs : list of Job
        Those that have begun and not ended, the innermost last.
    waiting : Groups
        The fits that are not trained yet.
    errors : dict of int to Exception
        What calls have failed with.
    own_error : Exception or None
        What the meeting itself has failed with: no call may take it for its own.
    config : dict
        scikit-learn's, which a fit changes for what is nested in it.
    """

    def __init__(self, calls):
        self.starting = deque(calls.items())
        self.jobs, self.waiting = [], Groups()
        self.results, self.errors, self.own_error = {}, {}, None
        self.config = get_config()
        self.report = Report()

    def run(self):
        """Run all calls; return their results, or raise the error of the first among those that failed."""
        while self.starting:
            self.run_next()
        if self.own_error is not None:
            raise self.own_error
        if self.errors:
            raise self.errors[min(self.errors)]
        return self.results

    def run_next(self):
        """Run a call to its end, and others within it."""
        number, (function, args, kwargs) = self.starting.popleft()
        job = Job(label_of(number, kwargs))
        self.jobs.append(job)
        try:
            with config_context(**self.config):
                self.results[number] = job.corrected(function(*args, **kwargs))
        except Exception as error:  # of the call's own, which ends no call that began before it
            self.errors[number] = error
            self.starting.clear()
        finally:
            self.jobs.pop()

    @contextmanager
    def training_its_fits(self):
        """Have the fits of this thread come here to be trained."""
        outer, trainer.of_thread = trainer.of_thread, self
        try:
            yield
        finally:
            trainer.of_thread = outer

    def shared_inputs(self, network, inputs):
        """Find inputs that are equal to these, of an earlier fit that such a network may share them with.

        So the rows of a fold are validated once, and stacked without a copy. A network that goes on from an
        earlier fit may know other classes than the others.
        """
        if inputs.partial or hasattr(network, "coefs_"):
            return inputs
        kind = type(network)
        earlier = [fit for job in self.jobs for fit in job.fits if type(fit.network) is kind]
        known = {id(fit.inputs): fit.inputs for fit in earlier}.values()
        return next((one for one in known if one.is_equal_to(inputs)), inputs)

    def train(self, fits):
        """Train fits of the innermost call, with those of others."""
        start, job = perf_counter(), self.jobs[-1]
        job.take_in(fits)
        for fit in fits:
            self.train_groups(self.waiting.add(fit))
        while self.must_wait(fits) and self.starting and self.has_room():
            self.run_next()
        if self.must_wait(fits):
            self.train_groups(self.waiting.rest())
        if self.own_error is not None:
            raise self.own_error
        job.waited += perf_counter() - start - sum(fit.seconds for fit in fits)
        for fit in fits:
            if fit.error is not None:
                raise fit.error

    def must_wait(self, fits):
        """Whether some of the fits of a call are not trained yet, and can be."""
        return self.own_error is None and not all(fit.is_done for fit in fits)

    def has_room(self):
        """Whether one more call, if it is like those that have begun, stays within the memory."""
        n_bytes = [job.n_bytes for job in self.jobs]
        return len(n_bytes) < MAX_CALLS and sum(n_bytes) + max(n_bytes) <= WAITING_BYTES

    def train_groups(self, groups):
        """Train groups of fits that have waited."""
        try:
            for group in groups:
                self.train_one_group(group)
        except Exception as error:
            self.own_error = error
            self.starting.clear()

    def train_one_group(self, group):
        """Train a group, and note how long it took."""
        start = perf_counter()
        self.train_or_note_errors(group)
        self.report.note(group)
        for fit in group:
            fit.seconds = (perf_counter() - start) / len(group)
        if any(fit.is_interrupted for fit in group):
            raise KeyboardInterrupt  # else there would be scores of networks that are cut short

    def train_or_note_errors(self, group):
        """Train a group. If that fails, train each network alone, so that an error is its own."""
        try:
            train_group(group)
            return
        except Exception as error:
            if len(group) == 1:
                group[0].error = error
                return
            if is_fault_of_ours(error):
                warn_of([fault(traceback.format_exc())])
        for fit in group:
            fit.start_again()
            self.train_or_note_errors([fit])


@contextmanager
def room_for_frames(n_frames):
    """Raise the limit of recursion, so that nested calls have as much room as one after the other."""
    change_recursion_limit(n_frames)
    try:
        yield
    finally:
        change_recursion_limit(-n_frames)


def change_recursion_limit(change):
    """Change it by a number of frames: other threads may do so too."""
    with recursion_limit_lock:
        sys.setrecursionlimit(sys.getrecursionlimit() + change)


recursion_limit_lock = threading.Lock()


def is_fault_of_ours(error):
    """Whether an error comes from our code: from no callback, scorer or activation of the user's."""
    return {package_of(frame) for frame, _ in traceback.walk_tb(error.__traceback__)} <= OURS


def fault(trace):
    """Say that our code has failed, with this traceback."""
    message = (
        "Networks could not be trained together, by a fault of sknn_scratch, and are trained one by one. "
        f"Please report it:\n{trace}"
    )
    return Trouble(message, RuntimeWarning)
