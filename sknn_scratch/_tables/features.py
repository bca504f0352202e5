"""The features of a table: arrays (n_samples,), each known by its column and the part of it, as in "_hour".

A part is "", unless a column has several features. Columns with too many categories become means of y.
"""

from collections import Counter

import numpy as np
import scipy.sparse
from sklearn.base import clone
from sklearn.utils.multiclass import type_of_target

from sknn_scratch._tables.columns import NUMBERS
from sknn_scratch._tables.encoder import check_not_infinite

MANY = "many"  # the encoder of columns with too many categories, beside those of numbers and of categories
# A column has too many if more than this share of its rows have a category that another row has too, and that
# the encoder of categories would merge with others.
MOST_MERGED = 0.1
# So have the columns with the most categories, until the encoder of categories makes at most so many numbers
# of a table: 0.4 GB in double precision, and two more copies of them exist for a while.
MOST_NUMBERS = 50_000_000
# About as many features as the encoder of numbers makes of a mean of y, without fine bins. It is no gain to
# replace fewer.
FEATURES_OF_A_MEAN = 10
# The types of y of which there are means.
CONTINUOUS = "continuous"
ONE_TARGET = {"binary", "multiclass", CONTINUOUS}
# TargetEncoder needs as many rows as it has folds, and before scikit-learn 1.9 so many of one class.
FEWEST_ROWS = 5


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


# --- Too many categories ---


@np.errstate(invalid="ignore")  # scikit-learn casts an infinite y to integers before it refuses it
def too_many_categories(features, texts, y, categories, many):
    """Choose among features of text those of which too many rows would be merged, or that are too wide.

    ``categories`` encodes them, and ``many`` does so with the help of y, or is None.
    """
    counts = None if many is None or not texts or y is None else class_counts(y, many)
    if counts is None or max(counts, default=0) < FEWEST_ROWS:
        return []
    encoder = clone(categories).fit(as_array(features, texts), y)
    groups = rare_groups(encoder, texts).items()
    chosen = [one for one, group in groups if share_with_others(features[one], group) > MOST_MERGED]
    n_means = len(counts) if len(counts) > 2 else 1
    inputs = (texts[position] for position in inputs_of_features(encoder, len(texts)) if position is not None)
    widths = Counter(one for one in inputs if one not in chosen)
    n_features = widths.total()
    for one, width in widths.most_common():
        if n_features * len(y) <= MOST_NUMBERS or width <= FEATURES_OF_A_MEAN * n_means:
            break
        chosen.append(one)
        n_features -= width
    return [one for one in texts if one in chosen]


def class_counts(y, many):
    """Count the rows of each class, or all rows of numbers; None if ``many`` cannot take y."""
    target_type = getattr(many, "target_type", "auto")
    if target_type == "auto":
        try:
            target_type = type_of_target(y, input_name="y")
        except TypeError:  # labels that cannot be sorted: the network says so
            return None
    if target_type not in ONE_TARGET or np.shape(y)[1:] not in ((), (1,)):
        return None
    return [len(y)] if target_type == CONTINUOUS else np.unique(y, return_counts=True)[1].tolist()


def rare_groups(encoder, inputs):
    """Get the rare categories of its inputs that a fitted encoder has grouped; there may be none."""
    groups = zip(inputs, getattr(encoder, "infrequent_categories_", ()), strict=False)
    return {one: group for one, group in groups if group is not None}


def share_with_others(values, group):
    """Compute the share of rows (n_samples,) whose category is in a group, and in another row too."""
    counts = Counter(values)
    return sum(counts[one] for one in group if counts[one] > 1) / len(values)
