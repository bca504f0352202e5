"""All that depends on scikit-learn's version: its private names, and its callback framework.

Any version of scikit-learn may move or remove a private name. No other module of this package imports one, so
with a version that lacks one, the import of this package raises the error below. Private attributes of
scikit-learn's objects cannot be imported; the modules that deal with these objects use them.

The callback framework is new in 1.9. Before, there is what a Checkpoint needs of it, by the same names.
"""

from contextlib import nullcontext
from traceback import walk_stack
from typing import Any, Self

import numpy as np
import sklearn
from sklearn.utils.validation import validate_data

SUPPORTED = ("1.7", "1.8", "1.9")  # the tested versions; pyproject.toml names the lowest
HAS_CALLBACKS = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 9)

try:
    from sklearn.base import _clone_parametrized, _fit_context
    from sklearn.metrics._scorer import _BaseScorer
    from sklearn.utils import _safe_indexing
    from sklearn.utils._param_validation import Interval, StrOptions
    from sklearn.utils.validation import _check_feature_names_in, _check_sample_weight, _num_samples

    if HAS_CALLBACKS:
        from sklearn.callback import AutoPropagatedCallback
        from sklearn.callback import CallbackSupportMixin as CallbackSupport
        from sklearn.callback._callback_support import callback_management_context
except ImportError as error:
    raise ImportError(
        f"sknn_scratch supports scikit-learn {', '.join(SUPPORTED)} and does not work with the installed "
        f'{sklearn.__version__} ({error.msg}): pip install "scikit-learn=={SUPPORTED[-1]}.*", '
        "or install a newer sknn_scratch."
    ) from error

__all__ = [
    "HAS_CALLBACKS",
    "AutoPropagatedCallback",
    "CallbackSupport",
    "Interval",
    "NeedsNoFramework",
    "StrOptions",
    "_BaseScorer",
    "_check_feature_names_in",
    "_check_sample_weight",
    "_fit_context",
    "_num_samples",
    "_safe_indexing",
    "callback_management_context",
    "validate_data",
]


class NeedsNoFramework:
    """A callback that this package calls itself, so that it works with every version of scikit-learn."""


if not HAS_CALLBACKS:

    class NamedArray(np.ndarray):  # pragma: no cover - the task "lowest" runs it
        """An array whose columns have names where scikit-learn before 1.9 looks for them."""

        def __dataframe__(self):
            return self

        def column_names(self):
            """List the names."""
            return self.names

    validate_named = validate_data

    def validate_data(estimator, X, *args, **params):  # pragma: no cover - likewise
        """Validate as scikit-learn does, with the names of a frame of polars 2 too."""
        if hasattr(X, "iter_columns"):
            names, X = X.columns, X.to_numpy().view(NamedArray)
            X.names = names
        return validate_named(estimator, X, *args, **params)

    class AutoPropagatedCallback:
        """No callback is one."""

    callback_management_context = nullcontext  # a callback that needs no framework leaves nothing to tidy up

    class CallbackSupport:
        """An estimator's callbacks that need no framework."""

        def set_callbacks(self, *callbacks: Any) -> Self:
            """Set the callbacks; raise TypeError for one that needs the framework."""
            for callback in callbacks:
                if not isinstance(callback, NeedsNoFramework):
                    raise TypeError(
                        f"set_callbacks takes only a Checkpoint with scikit-learn {sklearn.__version__}, not "
                        f"{callback!r}. Other callbacks need scikit-learn 1.9 or newer: "
                        'pip install "scikit-learn>=1.9"'
                    )
            vars(self).pop("_skl_callbacks", None)
            if callbacks:
                self._skl_callbacks = list(callbacks)
            return self

        def _init_callback_context(self, **task: Any) -> "SilentContext":
            context = SilentContext()
            for callback in getattr(self, "_skl_callbacks", []):
                callback.setup(self, context)
            return context

        def __sklearn_clone__(self) -> Self:
            """Copy the callbacks too, so that they can refuse to be set on a clone."""
            clone = _clone_parametrized(self)
            if hasattr(self, "_skl_callbacks"):
                clone._skl_callbacks = self._skl_callbacks
            return clone


class SilentContext:
    """The context of a fit whose callbacks need no framework: nothing is reported to them."""

    parent = None  # it is not known whether the fit is part of a larger one

    def call_on_fit_task_begin(self, **report: Any) -> None:
        """Do nothing."""

    def call_on_fit_task_end(self, **report: Any) -> bool:
        """Do nothing; no callback stops the training."""
        return False

    def subcontext(self, **task: Any) -> Self:
        """Keep silent inside too."""
        return self


def is_in_cross_validation() -> bool:
    """Whether scikit-learn's cross-validation has called this fit, for a fold."""
    modules = (frame.f_globals.get("__name__") for frame, _ in walk_stack(None))
    return "sklearn.model_selection._validation" in modules
