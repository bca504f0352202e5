"""The features of a table: arrays (n_samples,), each known by its column and the part of it, as in "_hour".

A part is "", unless a column has several features.
"""

import numpy as np
import scipy.sparse

from sknn_scratch._tables.columns import NUMBERS
from sknn_scratch._tables.encoder import check_not_infinite


def features_of(kinds, values):
    """Make the features of columns, from their values (n_samples,)."""
    features = {
        (name, part): feature
        for name, kind in kinds.items()
        for part, feature in kind.features(values[name]).items()
    }
    check_not_infinite((name, one) for (name, _), one in features.items() if kinds[name].encoder == NUMBERS)
    if not features:
        raise ValueError("X has no column with values.")
    return features


def means_of(inputs, means):
    """Make features of means (n_samples, a multiple of n_inputs): one of an input, or one for each class."""
    n_means = means.shape[1] // len(inputs)
    parts = ["_mean"] if n_means == 1 else [f"_mean{number}" for number in range(n_means)]
    return dict(zip([(name, part) for name, _ in inputs for part in parts], means.T, strict=True))


def as_array(features, inputs):
    """Make an array (n_samples, n_inputs) of some features."""
    return np.stack([features[one] for one in inputs], axis=1)


def joined(encoded):
    """Join encoded features (n_samples, any number)."""
    if len(encoded) == 1:
        return encoded[0]
    is_sparse = any(map(scipy.sparse.issparse, encoded))
    return scipy.sparse.hstack(encoded, format="csr") if is_sparse else np.hstack(encoded)


def inputs_of_features(encoder, n_inputs):
    """List for each feature of a fitted encoder the position of its input, or None if its name hides it."""
    names = encoder.get_feature_names_out([f"{position}:" for position in range(n_inputs)])
    numbers = [str(name).partition(":")[0] for name in names]
    return [int(number) if number.isdigit() else None for number in numbers]
