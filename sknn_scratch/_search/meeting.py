"""Nested calls: a call that is about to train a network runs the next call first.

All calls run in one thread. The first call runs the second from within its fit, the second runs the third,
and so on. The innermost call trains the networks of all calls in shared passes. Then each call continues to
its end, the innermost first. A full group is trained at once, so networks that are too large to share a pass
do not wait. A call runs its own code before and after the training, from the split of a fold to the score.
So its results and errors are the same as without the other calls. Ctrl-C or an error of ours ends them all.
"""

import os
import sys
import traceback
import uuid
import warnings
from collections import Counter, deque
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from time import perf_counter
from typing import NamedTuple

import numpy as np
from sklearn import config_context, get_config

from sknn_scratch._core.data import Data
from sknn_scratch._fitting.groups import Groups, kept_bytes, this_thread, train_group
from sknn_scratch._fitting.plan import plan_fit
from sknn_scratch._fitting.threads import settings_lock
from sknn_scratch._fitting.troubles import Trouble, warn
from sknn_scratch._search.calls import name_of
from sknn_scratch._search.tally import how_trained

# What waiting calls may keep in memory. With larger rows, training together gains little.
WAITING_BYTES = 2**26
# Calls that are nested in each other. A group is hardly ever larger, and the call stack does not overflow.
MAX_CALLS = 64
# Python frames from one call to the next call in it. A network takes about 15, and each Pipeline around it 5.
FRAMES_OF_CALL = 40
IDENTITY = uuid.uuid4().hex  # of this process and its forks
FAULT = (
    "Networks could be trained one by one, but not together. If the error is not from your own code, please "
    "report it as a bug of sknn_scratch:\n"
)


class MeetingError(BaseException):
    """The end of all nested calls by an error of ours, its ``__cause__``; no call may take it for its own."""


def this_process():
    """Identify the process: others may have its number on another machine, or its identity after a fork."""
    return IDENTITY, os.getpid()


def run_together(calls, home):
    """Run numbered calls for a caller in the process ``home``.

    Returns their results by number, a tally of networks by how they were trained and, from another process,
    the warnings, so that the caller can repeat them.
    """
    meeting, n_frames = Meeting(calls), FRAMES_OF_CALL * min(len(calls), MAX_CALLS)
    catching = nullcontext([]) if home == this_process() else warnings.catch_warnings(record=True)
    with room_for_frames(n_frames), trained_by(meeting), catching as caught:
        results = meeting.run()
    return results, meeting.tally, [Trouble(str(one.message), one.category) for one in caught]


@dataclass
class BegunCall:
    """A call that has begun."""

    name: str  # in verbose lines
    data: Data | None = None  # of its latest fit
    n_bytes: int = 0  # estimate of the memory that it takes while it waits
    waited: float = 0.0  # seconds, without its own share of the training


class End(NamedTuple):
    """How a training has ended."""

    error: Exception | None  # if it has failed
    seconds: float  # its share of the time of its group


class Meeting:
    """Nests numbered calls in each other, and trains the networks that they fit."""

    def __init__(self, calls):
        self.starting = deque(calls.items())  # the calls that have not begun
        self.begun = []  # BegunCalls that have not ended, the innermost last
        self.waiting = Groups()  # the trainings that have not begun
        self.ends = {}  # of the trainings that have ended
        self.results, self.errors = {}, {}  # of calls, by number
        self.config = get_config()  # at the start: a fit changes it for the calls that are nested in it
        self.tally = Counter()  # of networks, by how they were trained

    def run(self):
        """Run all calls; return their results, or raise the error of the first call that failed."""
        try:
            while self.starting:
                self.run_next()
        except MeetingError as error:
            raise error.__cause__ from None
        if self.errors:
            raise self.errors[min(self.errors)]
        return self.results

    def run_next(self):
        """Run a call to its end, and others within it."""
        number, (function, args, kwargs) = self.starting.popleft()
        call = BegunCall(name_of(number, kwargs))
        self.begun.append(call)
        try:
            with config_context(**self.config):
                self.results[number] = result = function(*args, **kwargs)
            if isinstance(result, dict) and "fit_time" in result:  # it contains the time of other calls
                result["fit_time"] = max(0.0, result["fit_time"] - call.waited)
        except Exception as error:  # it belongs to this call, and does not end the calls around it
            self.errors[number] = error
            self.starting.clear()
        finally:
            self.begun.pop()

    def train(self, trainings):
        """Train runs of the innermost call, together with the runs of other calls."""
        start, call = perf_counter(), self.begun[-1]
        for training in trainings:
            training.name = ", ".join(filter(None, [call.name, training.name]))
            share_rows(training.run, [one.data for one in reversed(self.begun) if one.data is not None])
            call.data = training.run.data
        call.n_bytes = bytes_of_calls_rows([training.run for training in trainings])
        for training in trainings:
            self.train_groups(self.waiting.add(training))
        while not self.have_ended(trainings) and self.starting and self.has_room():
            self.run_next()
        if not self.have_ended(trainings):
            self.train_groups(self.waiting.rest())
        ends = [self.ends.pop(training) for training in trainings]
        call.waited += perf_counter() - start - sum(end.seconds for end in ends)
        for end in ends:
            if end.error is not None:
                raise end.error

    def have_ended(self, trainings):
        """Whether all trainings of a call have ended."""
        return self.ends.keys() >= set(trainings)

    def has_room(self):
        """Whether the memory allows one more call like the calls that have begun."""
        n_bytes = [call.n_bytes for call in self.begun]
        return len(n_bytes) < MAX_CALLS and sum(n_bytes) + max(n_bytes) <= WAITING_BYTES

    def train_groups(self, groups):
        """Train groups that have waited, and note how they ended."""
        try:
            for group in groups:
                start = perf_counter()
                errors = errors_in_training(group)
                self.tally[how_trained(group)] += len(group)
                seconds = (perf_counter() - start) / len(group)
                self.ends |= {training: End(error, seconds) for training, error in errors.items()}
                if group[0].run.is_interrupted:
                    raise KeyboardInterrupt  # else networks that did not finish would get scores
        except Exception as error:
            raise MeetingError from error


def errors_in_training(group):
    """Train a group; return the error of each training, or None. If all fail, each is tried again alone."""
    try:
        train_group(group)
    except Exception as error:
        if len(group) == 1:
            return {group[0]: error}
        report, errors = traceback.format_exc(), {}
        for training in group:
            start_again(training.fit)
            errors |= errors_in_training([training])
        if type(error) not in map(type, errors.values()):
            warn(FAULT + report, RuntimeWarning)
        return errors
    return dict.fromkeys(group)


def start_again(fit):
    """Take the run as it was before the training."""
    inputs = replace(fit.inputs, seed=fit.model._seed_)
    fit.run = replace(plan_fit(fit.estimator, inputs).run, config=fit.run.config)


def bytes_of_calls_rows(runs):
    """Count the bytes of the waiting runs of a call: rows to train on, to score, and copied for a pass."""
    rows = {run.data.source: sum(one.nbytes for one in run.data.X.arrays) for run in runs}
    return 3 * sum(rows.values()) + sum(map(kept_bytes, runs))


def share_rows(run, known):
    """Give a run the rows and targets of known data if they are equal, so that no pass copies them."""
    for data in known:
        arrays, others = ([one.targets, *one.X.arrays] for one in (run.data, data))
        if len(arrays) == len(others) and all(map(are_equal, arrays, others)):
            run.data = replace(run.data, X=data.X, targets=data.targets)
            return


def are_equal(one, other):
    """Whether arrays have the same dtype and are equal. The first row distinguishes most arrays quickly."""
    if one is other:
        return True
    are_alike = one.dtype == other.dtype and np.array_equal(one[:1], other[:1])
    return are_alike and np.array_equal(one, other)


@contextmanager
def trained_by(meeting):
    """Let a meeting train the fits of this thread."""
    earlier, this_thread.train = this_thread.train, meeting.train
    try:
        yield
    finally:
        this_thread.train = earlier


@contextmanager
def room_for_frames(n_frames):
    """Raise the recursion limit, so that nested calls have as much room as calls one after the other."""
    with settings_lock:  # all threads share the limit
        sys.setrecursionlimit(sys.getrecursionlimit() + n_frames)
    try:
        yield
    finally:
        with settings_lock:
            sys.setrecursionlimit(sys.getrecursionlimit() - n_frames)
