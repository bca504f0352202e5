"""scikit-learn's private names: every one that this package uses, and nothing else.

They may move or go with any version of scikit-learn. Nothing else in this package imports a private name,
so a version that lacks one is named here, in a sentence, when the package is imported.
"""

import sklearn

SUPPORTED = "1.9"  # the versions that were tried; pyproject.toml names the lowest

try:
    from sklearn.base import _fit_context
    from sklearn.callback._callback_support import callback_management_context
    from sklearn.metrics._scorer import _BaseScorer
    from sklearn.utils import _safe_indexing
    from sklearn.utils._param_validation import Interval, InvalidParameterError, StrOptions
    from sklearn.utils.validation import _check_sample_weight, _num_samples
except ImportError as error:
    raise ImportError(
        f"sknn_scratch supports scikit-learn {SUPPORTED} and does not work with the installed "
        f'{sklearn.__version__} ({error.msg}): pip install "scikit-learn=={SUPPORTED}.*", '
        "or install a newer sknn_scratch."
    ) from error

__all__ = [
    "Interval",
    "InvalidParameterError",
    "StrOptions",
    "_BaseScorer",
    "_check_sample_weight",
    "_fit_context",
    "_num_samples",
    "_safe_indexing",
    "callback_management_context",
]
