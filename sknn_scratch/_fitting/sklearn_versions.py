"""All that depends on scikit-learn's version: its private names, and its callback framework.

Any version of scikit-learn may move or remove a private name. No other module of this package imports one, so
with a version that lacks one, the import of this package raises the error below. Private attributes of
scikit-learn's objects cannot be imported; the modules that deal with these objects use them.

The callback framework is new in 1.9. Before, to set a callback is an error, so its other names are not used.
"""

from typing import Any, Self

import sklearn
from sklearn.utils.validation import validate_data

SUPPORTED = ("1.7", "1.8", "1.9")  # the tested versions; pyproject.toml names the lowest
HAS_CALLBACKS = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 9)

try:
    from sklearn.base import _fit_context
    from sklearn.metrics._scorer import _BaseScorer
    from sklearn.utils import _safe_indexing
    from sklearn.utils._param_validation import Interval, Options, StrOptions
    from sklearn.utils.validation import _check_feature_names_in, _check_sample_weight, _num_samples

    if HAS_CALLBACKS:
        from sklearn.callback import AutoPropagatedCallback, CallbackSupportMixin
        from sklearn.callback._callback_support import callback_management_context
    else:  # pragma: no cover - the task "lowest" runs it
        AutoPropagatedCallback = callback_management_context = None

        class CallbackSupportMixin:
            """An error in the place of scikit-learn's support for callbacks."""

            def set_callbacks(self, *callbacks: Any) -> Self:
                if callbacks:
                    raise TypeError(
                        f"set_callbacks({', '.join(map(repr, callbacks))}) needs scikit-learn 1.9 or newer, "
                        f'and {sklearn.__version__} is installed: pip install "scikit-learn>=1.9"'
                    )
                return self
except ImportError as error:
    raise ImportError(
        f"sknn_scratch supports scikit-learn {', '.join(SUPPORTED)} and does not work with the installed "
        f'{sklearn.__version__} ({error.msg}): pip install "scikit-learn=={SUPPORTED[-1]}.*", '
        "or install a newer sknn_scratch."
    ) from error

__all__ = [
    "HAS_CALLBACKS",
    "AutoPropagatedCallback",
    "CallbackSupportMixin",
    "Interval",
    "Options",
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
