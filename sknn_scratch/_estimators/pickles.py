"""Pickles name the version of this package that wrote them."""

import warnings
from typing import Any

from sklearn.exceptions import InconsistentVersionWarning

VERSION = "_sknn_scratch_version"


class VersionedPickles:
    """Warn if another version of this package wrote a pickle, as scikit-learn does for its own classes."""

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), VERSION: current_version()}  # type: ignore[dict-item]

    def __setstate__(self, state: dict[str, Any]) -> None:
        own = {name: value for name, value in state.items() if name != VERSION}
        written, current = state.get(VERSION, "unknown"), current_version()
        if written != current:
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=f"sknn_scratch.{type(self).__name__}",
                    current_sklearn_version=current,
                    original_sklearn_version=written,
                ),
                stacklevel=2,
            )
        super().__setstate__(own)  # type: ignore[misc]  # of BaseEstimator


def current_version() -> str:
    """Get the version of this package."""
    from sknn_scratch import __version__  # at the top, it would be circular

    return __version__
