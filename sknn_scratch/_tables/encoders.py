"""The features of a table, and the encoders that make the inputs of a network of them.

A feature is an array (n_samples,) of floats or, if it has categories, of text. It is known by its column and
the part of it, as in "_hour". A part is "", unless a column has several features. Columns with too many
categories also become means of y.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from sklearn import config_context
from sklearn.base import TransformerMixin, clone
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.multiclass import type_of_target

from sknn_scratch._tables.codes import numbers_of_rows
from sknn_scratch._tables.columns import CATEGORIES, NUMBERS, listed
from sknn_scratch._tables.means import CONTINUOUS, MeanEncoder, means_tell
from sknn_scratch._tables.piecewise_encoder import PiecewiseLinearEncoder, without_repeats
from sknn_scratch._tables.text_encoder import COMPONENT

# The encoders of columns with too many categories, beside those of numbers and of categories.
MANY, FREQUENT = "many", "frequent"
ORDER = (NUMBERS, CATEGORIES, FREQUENT)  # of what they make
# The encoder of categories merges rare ones. A category that only one row has tells nothing of other rows. So
# those count that are merged and have two rows or more. A column has too many categories if more than this
# share of its rows have one of these. Copies of a row count once: they would show it its own y.
MOST_MERGED = 0.1
# Beside their means of y, such columns keep their frequent categories, as long as their encoder makes at most
# so many numbers of them: more take much time.
MOST_BESIDE_MEANS = 10_000_000
# Of the other columns, those with the most categories become means alone, until the encoder of categories
# makes at most so many numbers of them: 0.4 GB in double precision, and two more copies of them exist for a
# while.
MOST_NUMBERS = 50_000_000
# About as many features as the encoder of numbers makes of a mean of y, without fine bins. It is no gain to
# replace fewer.
FEATURES_OF_A_MEAN = 10
# The types of y of which a category has one mean.
WITH_ONE_MEAN = {"binary", CONTINUOUS}
# These encode each column by itself, whatever the others hold.
COLUMN_BY_COLUMN = {PiecewiseLinearEncoder, OneHotEncoder, MeanEncoder}
# Also where a user wants frames, the encoders give arrays: TableEncoder names the columns, and has the index.
without_frames = config_context(transform_output="default")


class Features(dict):
    """The features of a table."""

    def mixed(self, rows, moved, donors):
        return Features({key: one[donors if key in moved else rows] for key, one in self.items()})


def features_of(kinds, values):
    """Make the Features of columns, from their values (n_samples,)."""
    features = Features(
        ((name, part), feature)
        for name, kind in kinds.items()
        for part, feature in kind.features(values[name]).items()
    )
    infinite = dict.fromkeys(
        name for (name, _), one in features.items() if one.dtype != object and np.isinf(one).any()
    )
    if infinite:
        raise ValueError(
            f"X has infinite values in {listed(infinite)}. Replace them by NaN, which means missing, or by a "
            "finite number."
        )
    if not features:
        raise ValueError("X has no column with values.")
    return features


# --- The encoders ---


@dataclass(frozen=True)
class Encoders:
    """The fitted encoders of the features of a table."""

    fitted: dict[str, Any]  # by NUMBERS, CATEGORIES, FREQUENT and MANY, if there are features for them
    inputs: dict[str, list[tuple[Any, str]]]  # the features of all but MANY; NUMBERS has the means of y, too
    many: list[tuple[Any, str]]  # the features that become means of y, by MANY
    components: list[tuple[Any, str]]  # the features that stay as they are, of text

    @without_frames
    def transform(self, features):
        """Encode features: (n_samples, n_features_out)."""
        if self.many:
            means = self.fitted[MANY].transform(as_array(features, self.many))
            features = features | means_of(self.many, means)
        return joined(
            [self.fitted[one].transform(as_array(features, inputs)) for one, inputs in self.inputs.items()]
            + arrays_of(features, self.components)
        )

    @property
    def are_column_by_column(self):
        return {type(one) for one in self.fitted.values()} <= COLUMN_BY_COLUMN

    def sources(self):
        """List the feature of which each encoded feature is made, if they encode column by column."""
        sources = {mean: one for one in self.many for mean in self._means_of(one)}
        inputs = [
            one for encoder, taken in self.inputs.items() for one in inputs_of(self.fitted[encoder], taken)
        ]
        return [*(sources.get(one, one) for one in inputs), *self.components]

    def _means_of(self, feature):
        column, part = feature
        return [one for one in self.inputs[NUMBERS] if one[0] == column and one[1].startswith(f"{part}_mean")]

    def feature_names(self, names):
        """Name the encoded features, from the names of the columns."""
        named = {
            encoder: [names[one] + part for one, part in inputs] for encoder, inputs in self.inputs.items()
        }
        return without_repeats(
            [
                name
                for encoder, inputs in named.items()
                for name in self.fitted[encoder].get_feature_names_out(inputs)
            ]
            + [names[one] + part for one, part in self.components]
        )


@without_frames
def fit_encoders(table, features, y):
    """Fit copies of the encoders of a TableEncoder: first ``many``, whose means of y are numbers like others.

    Returns the Encoders, and the encoded features (n_samples, n_features_out).
    """
    texts = [one for one, values in features.items() if values.dtype == object]
    tried = clone(table.categories).fit(as_array(features, texts), y) if texts else None
    many, beside = too_many_categories(features, texts, tried, y, table) if texts else ([], [])
    fitted, encoded = {}, []
    if many:
        fitted[MANY] = clone(table.many)
        features = features | means_of(many, fitted[MANY].fit_transform(as_array(features, many), y))
    components = [one for one in features if one[1].startswith(COMPONENT)]
    numbers = [one for one, values in features.items() if values.dtype != object and one not in components]
    few = [one for one in texts if one not in many]
    inputs = {encoder: taken for encoder, taken in zip(ORDER, (numbers, few, beside), strict=True) if taken}
    for encoder, taken in inputs.items():
        X = as_array(features, taken)
        is_tried = encoder == CATEGORIES and taken == texts
        if is_tried and type(tried).fit_transform is TransformerMixin.fit_transform:  # it cannot cross-fit
            fitted[encoder] = tried
            encoded.append(tried.transform(X))
        else:
            fitted[encoder] = clone(getattr(table, encoder))
            encoded.append(fitted[encoder].fit_transform(X, y))
    encoders = Encoders(fitted, inputs, many, components)
    return encoders, joined(encoded + arrays_of(features, components))


def means_of(inputs, means):
    """Make features of means (n_samples, a multiple of n_inputs): one of an input, or one for each class."""
    n_means = means.shape[1] // len(inputs)
    ends = ["_mean"] if n_means == 1 else [f"_mean{number}" for number in range(n_means)]
    return dict(zip([(column, part + end) for column, part in inputs for end in ends], means.T, strict=True))


def as_array(features, inputs):
    """Make an array (n_samples, n_inputs) of some features."""
    return np.stack([features[one] for one in inputs], axis=1)


def arrays_of(features, inputs):
    return [as_array(features, inputs)] if inputs else []


def joined(encoded):
    if len(encoded) == 1:
        return encoded[0]
    is_sparse = any(map(scipy.sparse.issparse, encoded))
    return scipy.sparse.hstack(encoded, format="csr") if is_sparse else np.hstack(encoded)


# --- Too many categories ---


def too_many_categories(features, texts, encoder, y, table):
    """Choose among features of text those that become means of y, and those of them that stay categories.

    The encoder of categories is fitted with all of them.
    """
    width_of_means = FEATURES_OF_A_MEAN * n_means_of(y, table.many)
    if not width_of_means:
        return [], []
    groups = rare_groups(encoder, texts)
    merged = [one for one, group in groups.items() if share_with_others(features[one], group) > MOST_MERGED]
    if merged:
        numbers = numbers_of_rows([*features.values(), np.ravel(y)])
        rows = np.unique(numbers, return_index=True)[1]
        merged = [one for one in merged if share_with_others(features[one][rows], groups[one]) > MOST_MERGED]
        merged = [one for one in merged if means_tell(features[one], np.ravel(y))]
    widths = widths_of(encoder, texts)
    others = Counter({one: width for one, width in widths.items() if one not in merged})
    alone = widest(others, MOST_NUMBERS / len(y), enough=width_of_means)
    beside = frequent_beside_means(features, merged, y, table.frequent) if merged and table.frequent else []
    return [one for one in texts if one in merged or one in alone], beside


def frequent_beside_means(features, merged, y, frequent):
    """Choose the features of which the encoder ``frequent`` makes some numbers, beside the means of y."""
    fitted = clone(frequent).fit(as_array(features, merged), y)
    widths = widths_of(fitted, merged)
    too_wide = widest(widths, MOST_BESIDE_MEANS / len(y), enough=1)
    return [one for one in merged if widths[one] > 1 and one not in too_wide]  # one is the group of all


def widest(widths, most, enough):
    """List the widest features of a Counter, so many that the others have at most ``most`` encoded features.

    Features of no more than ``enough`` encoded features are none of them.
    """
    chosen, n_features = [], widths.total()
    for one, width in widths.most_common():
        if n_features <= most or width <= enough:
            break
        chosen.append(one)
        n_features -= width
    return chosen


def rare_groups(encoder, inputs):
    groups = zip(inputs, getattr(encoder, "infrequent_categories_", ()), strict=False)
    return {one: group for one, group in groups if group is not None}


def widths_of(encoder, inputs):
    return Counter(inputs_of(encoder, inputs))


def inputs_of(encoder, inputs):
    """List the input of each feature that a fitted encoder makes, but for those whose names hide it."""
    names = encoder.get_feature_names_out([f"{number}:" for number in range(len(inputs))])
    numbers = [str(name).partition(":")[0] for name in names]
    return [inputs[int(number)] for number in numbers if number.isdigit()]


@np.errstate(invalid="ignore")  # scikit-learn casts an infinite y to integers before it refuses it
def n_means_of(y, many):
    """Count the means of y of a category: one, or one for each of several classes; 0 if there are none."""
    if many is None or y is None or np.shape(y)[1:] not in ((), (1,)):
        return 0
    if getattr(many, "target_type", "auto") == CONTINUOUS:
        return 1
    try:
        target_type = type_of_target(y, input_name="y")
    except TypeError:  # labels that cannot be sorted: the network says so
        return 0
    return len(np.unique(y)) if target_type == "multiclass" else int(target_type in WITH_ONE_MEAN)


def share_with_others(values, group):
    """Compute the share of rows (n_samples,) whose category is in a group, and in another row too."""
    counts = Counter(values)
    return sum(counts[one] for one in group if counts[one] > 1) / len(values)
