"""The names of the columns that a transformer makes."""

from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._estimators.pickles import VersionedPickles
from sknn_scratch._fitting.inputs import ArrayLike
from sknn_scratch._fitting.sklearn_versions import _check_feature_names_in


class NamingTransformer(VersionedPickles, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A transformer whose ``_names_out`` makes the new names, maybe with repeats, from those of X."""

    def get_feature_names_out(self, input_features: ArrayLike = None) -> NDArray[Any]:
        """Name the columns that ``transform`` makes; no two have the same name.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X. None is their names in training, or x0, x1, ...

        Returns
        -------
        names : ndarray of str
        """
        check_is_fitted(self)
        return without_repeats(self._names_out(_check_feature_names_in(self, input_features)))


def without_repeats(names):
    """Make an array of names; one that repeats an earlier one gets a number."""
    used: dict[str, None] = {}
    for name in names:
        new, numbers = name, count(2)
        while new in used:
            new = f"{name}_{next(numbers)}"
        used[new] = None
    return np.array(list(used), dtype=object)
