"""Changes that are undone, whatever interrupts them: of global settings, and of an estimator.

Control-C may come at any moment, also while a ``with`` block is entered or left. Then the end of the block is
skipped. So a change of a global setting first registers its way back (``undone_by``), and the outermost
method goes all ways back that are still registered. It also restores what other libraries have changed.
"""

import threading
import traceback
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial, wraps
from typing import Any, TypeVar, cast

import numpy as np
from sklearn import get_config, set_config

Function = TypeVar("Function", bound=Callable[..., Any])


class _WaysBack(threading.local):
    """The functions that undo what has been changed in this thread, the latest last."""

    def __init__(self):
        self.functions = []


ways_back = _WaysBack()


@contextmanager
def undone_by(way_back):
    """Call a function at the end of the block, which changes something after this.

    The function may be called twice, and before the change. So it must always have the same result.
    """
    functions = ways_back.functions
    try:
        functions.append(way_back)
        yield
    finally:
        if way_back in functions:
            way_back()
            functions.remove(way_back)


@contextmanager
def changed(target, **attributes):
    """Change attributes of an object, for the time of the block."""
    earlier = {name: getattr(target, name) for name in attributes}
    with undone_by(partial(vars(target).update, earlier)):
        vars(target).update(attributes)
        yield


class Settings:
    """The settings at this moment: NumPy's, scikit-learn's, the filters of warnings, and our own."""

    def __init__(self):
        self.context = copy_context()  # contains NumPy's settings; this is quicker than to read them
        self.of_sklearn = get_config()
        self.filters = warnings.filters
        self.n_ways = len(ways_back.functions)

    def restore_after(self, error):
        """Restore the settings, after the blocks that ``error`` has left.

        The filters of warnings belong to all threads, so only Control-C restores them.
        """
        if isinstance(error, KeyboardInterrupt | MemoryError):  # others cannot come there
            close_contexts(error.__traceback__)
        functions = ways_back.functions
        while len(functions) > self.n_ways:
            functions[-1]()
            functions.pop()
        np.seterr(**self.context.run(np.geterr))
        set_config(**self.of_sklearn)
        if isinstance(error, KeyboardInterrupt) and warnings.filters is not self.filters:
            warnings.filters = self.filters
            with warnings.catch_warnings():  # its end tells the warnings module that its filters have changed
                pass


def close_contexts(trace):
    """If an error came while a ``with`` block was entered or left, let the ends of these blocks come now.

    Else they come when the traceback is forgotten, and may change settings once more.
    """
    if any(frame.f_globals.get("__name__") == "contextlib" for frame, _ in traceback.walk_tb(trace)):
        traceback.clear_frames(trace)


def keeps_settings(function: Function) -> Function:
    """Let a function leave all settings as they were if an error or Control-C ends it."""

    @wraps(function)
    def call(*args, **kwargs):
        settings = Settings()
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            settings.restore_after(error)
            raise

    return cast(Function, call)


def all_or_nothing(method: Function) -> Function:
    """Let a method leave its object and all settings as they were if an error or Control-C ends it.

    The values of attributes must not be changed in place.
    """
    keeping = keeps_settings(method)

    @wraps(method)
    def call(self, *args, **kwargs):
        attributes = dict(vars(self))
        try:
            return keeping(self, *args, **kwargs)
        except BaseException:
            self.__dict__ = attributes
            raise

    return cast(Function, call)
