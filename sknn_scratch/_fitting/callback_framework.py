"""scikit-learn's callback framework, which is new in 1.9; before, what a Checkpoint needs of it.

The other modules use these names, and do not ask which version is installed.
"""

from contextlib import nullcontext
from typing import Any, Self

import sklearn

from sknn_scratch._fitting.sklearn_private import HAS_CALLBACKS, _clone_parametrized

__all__ = [
    "AutoPropagatedCallback",
    "CallbackSupport",
    "NeedsNoFramework",
    "callback_management_context",
]


class NeedsNoFramework:
    """A callback that this package calls itself, so that it works with every version of scikit-learn."""


if HAS_CALLBACKS:
    from sklearn.callback import AutoPropagatedCallback
    from sklearn.callback import CallbackSupportMixin as CallbackSupport

    from sknn_scratch._fitting.sklearn_private import callback_management_context
else:

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
