"""All private names that this package imports from scikit-learn.

Any version of scikit-learn may move or remove them. No other module of this package imports a private name,
so with a version that lacks one, the import of this package raises the error below. Private attributes of
scikit-learn's objects cannot be imported; the modules that deal with these objects use them.
"""

import sklearn

SUPPORTED = ("1.7", "1.8", "1.9")  # the tested versions; pyproject.toml names the lowest
HAS_CALLBACKS = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 9)

try:
    from sklearn.base import _clone_parametrized, _fit_context
    from sklearn.metrics._scorer import _BaseScorer
    from sklearn.utils import _safe_indexing
    from sklearn.utils._param_validation import Interval, StrOptions
    from sklearn.utils.validation import _check_feature_names_in, _check_sample_weight, _num_samples

    if HAS_CALLBACKS:  # pragma: no branch - one version is installed
        from sklearn.callback._callback_support import callback_management_context
except ImportError as error:
    raise ImportError(
        f"sknn_scratch supports scikit-learn {', '.join(SUPPORTED)} and does not work with the installed "
        f'{sklearn.__version__} ({error.msg}): pip install "scikit-learn=={SUPPORTED[-1]}.*", '
        "or install a newer sknn_scratch."
    ) from error

__all__ = [
    "HAS_CALLBACKS",
    "Interval",
    "StrOptions",
    "_BaseScorer",
    "_check_feature_names_in",
    "_check_sample_weight",
    "_clone_parametrized",
    "_fit_context",
    "_num_samples",
    "_safe_indexing",
    "callback_management_context",
]
