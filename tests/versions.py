"""What the tests need of scikit-learn that only some of its versions have: callbacks, and a check."""

import pytest

from sknn_scratch._fitting.sklearn_versions import HAS_CALLBACKS

__all__ = [
    "HAS_CALLBACKS",
    "SKIPPED_CHECKS",
    "ProgressBar",
    "ScoringMonitor",
    "get_context_path",
    "needs_callbacks",
    "needs_names_of_polars",
]

needs_callbacks = pytest.mark.needs_callbacks  # conftest.py selects such tests by the version
needs_names_of_polars = needs_callbacks  # which the same version of scikit-learn reads first

if HAS_CALLBACKS:  # since 1.9
    from sklearn.callback import ProgressBar, ScoringMonitor
    from sklearn.callback._callback_context import get_context_path

    SKIPPED_CHECKS = {"check_array_api_input"}  # NumPy arrays are all that is promised
else:
    ProgressBar = ScoringMonitor = get_context_path = None
    SKIPPED_CHECKS = set()
