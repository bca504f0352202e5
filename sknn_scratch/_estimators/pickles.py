"""Pickles name the version of this package that wrote them."""

import warnings
from typing import Any

from sklearn.exceptions import InconsistentVersionWarning

from sknn_scratch._version import __version__

VERSION = "_sknn_scratch_version"


class VersionedPickles:
    """Warn if another version of this package wrote a pickle, as scikit-learn does for its own classes."""

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), VERSION: __version__}  # type: ignore[dict-item]

    def __setstate__(self, state: dict[str, Any]) -> None:
        own = {name: value for name, value in state.items() if name != VERSION}
        written = state.get(VERSION, "unknown")
        if written != __version__:
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=f"sknn_scratch.{type(self).__name__}",
                    current_sklearn_version=__version__,
                    original_sklearn_version=written,
                ),
                stacklevel=2,
            )
        super().__setstate__(own)  # type: ignore[misc]  # of BaseEstimator
