"""The hidden inputs of a network, in which one column of a table can take the values of other rows.

A hidden input is a sum over all features. So only the terms of this column are computed anew.
"""

from typing import Any, NamedTuple

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._estimators.single import SingleNetwork
from sknn_scratch._fitting.fitted import copied
from sknn_scratch._tables.relevance import RelevantComponents


class HiddenSums(NamedTuple):
    """The hidden inputs of a network on rows."""

    encoded: Array  # (n_rows, n_encoded)
    weights: Array  # (n_encoded, n_hidden)
    sums: Array  # (n_rows, n_hidden)
    network: Any  # the same network, as one whose features are its hidden inputs

    def mixed(self, rows, moved, donors):
        """Compute those of rows (n,) with some encoded features of other rows: (n, n_hidden)."""
        terms = self.encoded[:, moved] @ self.weights[moved]
        return self.sums[rows] + (terms[donors] - terms[rows])


def sums_of(steps, networks, encoded):
    """Make the HiddenSums of networks after some steps, on encoded rows; none if these are no sums."""
    are_ours = all(isinstance(one, SingleNetwork) for one in networks)
    if not are_ours or any(type(step) is not RelevantComponents for step in steps):
        return []
    features = encoded
    for relevant in steps:
        features = relevant.transform(features)
    made = []
    for network in networks:
        weights = network.coefs_[0].astype(np.float64)
        sums = features @ weights + network.intercepts_[0]
        for relevant in reversed(steps):
            weights = weights if relevant.components_ is None else relevant.components_.T @ weights
            weights = weights * relevant.scale_[:, np.newaxis]
        made.append(HiddenSums(encoded, weights, sums, of_hidden_inputs(network)))
    return made


def of_hidden_inputs(network):
    """Copy a network, as one whose features are the hidden inputs of this one."""
    w_hidden, w_output = network.coefs_
    b_hidden, b_output = network.intercepts_
    copy = copied(network)
    vars(copy).pop("feature_names_in_", None)
    copy.n_features_in_ = len(b_hidden)
    copy.coefs_ = [np.eye(len(b_hidden), dtype=w_hidden.dtype), w_output]
    copy.intercepts_ = [np.zeros_like(b_hidden), b_output]
    return copy
