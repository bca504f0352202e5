"""The features of a table, and the encoders that make the inputs of a network of them.

A feature is an array (n_samples,) of floats or, if it has categories, of text. It is known by its column and
the part of it, as in "_hour". A part is "", unless a column has several features. Columns with too many
categories also become means of y.
"""

import math
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.base import TransformerMixin, clone
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import gen_batches
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import has_fit_parameter

from sknn_scratch._tables.columns import CATEGORIES, NUMBERS, listed
from sknn_scratch._tables.means import CONTINUOUS, means_tell, numbers_of_rows
from sknn_scratch._tables.text_encoder import COMPONENT

# The encoders of columns with too many categories, beside those of numbers and of categories.
MANY, FREQUENT = "many", "frequent"
COMPONENTS = "components"  # of text, which stay as they are
ORDER = (NUMBERS, CATEGORIES, FREQUENT, COMPONENTS)  # of what they make
# The encoder of categories merges rare ones. A category that only one row has tells nothing of other rows. So
# those count that are merged and have two rows or more. A column has too many categories if more than this
# share of its rows have one of these. Copies of a row count once: they would show it its own y.
MOST_MERGED = 0.1
# All columns together have at most so many features of categories, and of all rows, so many numbers. Else
# the rarest categories of the widest columns are merged too.
MOST_FEATURES, MOST_NUMBERS = 500, 15_000_000
FEWEST_CATEGORIES = 2  # of a column
BLOCK_ROWS = 2000  # that are encoded at once
# The types of y of which a category has means.
WITH_MEANS = {"binary", "multiclass", CONTINUOUS}


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

    fitted: dict[str, Any]  # by ORDER and MANY, if there are features for them
    inputs: dict[str, list[tuple[Any, str]]]  # by ORDER; NUMBERS has the means of y, too
    many: list[tuple[Any, str]]  # the features that become means of y, by MANY

    def transform(self, features):
        """Encode features: (n_samples, n_features_out)."""
        if self.many:
            means = self.fitted[MANY].transform(as_array(features, self.many))
            features = features | means_of(self.many, means)
        return self.without_means(features, {})

    def without_means(self, features, cross_fitted):
        """Encode features that have their means, block by block: so the encoded ones are in memory once.

        What is ``cross_fitted`` by some of the encoders (n_samples, n) is taken as it is.
        """
        X = {one: as_array(features, inputs) for one, inputs in self.inputs.items()} | cross_fitted

        def encode(rows):
            parts = []
            for one, values in X.items():
                part = values[rows] if one in cross_fitted else self.fitted[one].transform(values[rows])
                parts.append(part.toarray() if scipy.sparse.issparse(part) else part)
            return np.hstack(parts)

        blocks = list(gen_batches(len(next(iter(features.values()))), BLOCK_ROWS))
        first = encode(blocks[0])
        encoded = np.empty((blocks[-1].stop, first.shape[1]), first.dtype)
        for rows in blocks:
            encoded[rows] = encode(rows) if rows.start else first
        return encoded

    @property
    def rare(self):
        """The rare categories that are one group, by the name of the column."""
        return {
            name: group
            for encoder, inputs in self.inputs.items()
            for (name, _), group in rare_groups(self.fitted[encoder], inputs).items()
        }

    def names_out(self, names):
        """List the names of what the encoders make, by the names of the columns."""
        made = (
            self.fitted[encoder].get_feature_names_out([names[one] + end for one, end in inputs])
            for encoder, inputs in self.inputs.items()
        )
        return list(chain.from_iterable(made))


def fit_encoders(table, features, y, groups, units):
    """Fit copies of the encoders of a TableEncoder: first ``many``, whose means of y are numbers like others.

    ``units`` is called for the number (n_samples,) of each row's unit: see ``units_of``. Units are the groups
    of ``many``, so that no copy of a row tells its y.
    Returns the Encoders, and the encoded features (n_samples, n_features_out).
    """
    texts = [one for one, values in features.items() if values.dtype == object]
    unfitted = {NUMBERS: table.numbers, CATEGORIES: table.categories, FREQUENT: table.frequent}
    unfitted[COMPONENTS] = FunctionTransformer(feature_names_out="one-to-one")  # they stay as they are
    fitted, cross_fitted, many, beside = {}, {}, [], []
    if texts:
        fitted[CATEGORIES], most = fit_limited(table.categories, as_array(features, texts), y)
        unfitted |= {encoder: with_most(unfitted[encoder], most) for encoder in (CATEGORIES, FREQUENT)}
        many = too_many_categories(features, texts, fitted[CATEGORIES], y, table.many, units)
    if many:
        del fitted[CATEGORIES]
        fitted[MANY] = clone(table.many)
        own = groups_for(fitted[MANY], units())
        features = features | means_of(many, fitted[MANY].fit_transform(as_array(features, many), y, **own))
        if table.frequent:
            widths = widths_of(clone(unfitted[FREQUENT]).fit(as_array(features, many), y), many)
            beside = [one for one in many if widths[one] > 1]  # one is the group of all
    components = [one for one in features if one[1].startswith(COMPONENT)]
    numbers = [one for one, values in features.items() if values.dtype != object and one not in components]
    few = [one for one in texts if one not in many]
    inputs = dict(zip(ORDER, (numbers, few, beside, components), strict=True))
    inputs = {encoder: taken for encoder, taken in inputs.items() if taken}
    for encoder, taken in inputs.items():
        cross_fits = type(unfitted[encoder]).fit_transform is not TransformerMixin.fit_transform
        if encoder in fitted and not cross_fits:
            continue
        fitted[encoder] = clone(unfitted[encoder])
        X, own = as_array(features, taken), groups_for(fitted[encoder], groups)
        if cross_fits:
            cross_fitted[encoder] = fitted[encoder].fit_transform(X, y, **own)
        else:
            fitted[encoder].fit(X, y, **own)
    encoders = Encoders(fitted, inputs, many)
    return encoders, encoders.without_means(features, cross_fitted)


def groups_for(encoder, groups):
    return {} if groups is None or not has_fit_parameter(encoder, "groups") else {"groups": groups}


def means_of(inputs, means):
    """Make features of means (n_samples, a multiple of n_inputs): one of an input, or one for each class."""
    n_means = means.shape[1] // len(inputs)
    ends = ["_mean"] if n_means == 1 else [f"_mean{number}" for number in range(n_means)]
    return dict(zip([(column, part + end) for column, part in inputs for end in ends], means.T, strict=True))


def as_array(features, inputs):
    """Make an array (n_samples, n_inputs) of some features."""
    return np.stack([features[one] for one in inputs], axis=1)


# --- Too many categories ---


def fit_limited(encoder, texts, y):
    """Fit a copy of the encoder of categories, which makes not too many features of texts (n_samples, n).

    The limit of the features of a column comes second. It is infinite if it is not needed, or if the encoder
    has no such parameter.
    """
    fitted = clone(encoder).fit(texts, y)
    widths = np.array([*widths_of(fitted, range(texts.shape[1])).values()])
    most, limit = min(MOST_FEATURES, MOST_NUMBERS / len(texts)), math.inf
    if widths.sum() > most and hasattr(encoder, "max_categories"):
        low_enough = (one for one in range(widths.max()) if np.minimum(widths, one).sum() <= most)
        limit = max(FEWEST_CATEGORIES, *low_enough)
        fitted = clone(with_most(encoder, limit)).fit(texts, y)
    return fitted, limit


def with_most(encoder, limit):
    """Limit the features that an encoder makes of a column, if it can, unless the limit is infinite."""
    if math.isinf(limit) or not hasattr(encoder, "max_categories"):
        return encoder
    return clone(encoder).set_params(max_categories=min(limit, encoder.max_categories or limit))


def too_many_categories(features, texts, encoder, y, many, units):
    """Choose among features of text those that become means of y, by the fitted encoder of categories."""
    if not has_means(y, many):
        return []
    rare, y = rare_groups(encoder, texts), np.ravel(y)
    merged = [one for one, group in rare.items() if share_with_others(features[one], group) > MOST_MERGED]
    once = {
        one: features[one][np.unique(numbers_of_rows([features[one], units()]), return_index=True)[1]]
        for one in merged
    }
    merged = [one for one, values in once.items() if share_with_others(values, rare[one]) > MOST_MERGED]
    return [one for one in merged if means_tell(features[one], y, units())]


def rare_groups(encoder, inputs):
    groups = zip(inputs, getattr(encoder, "infrequent_categories_", ()), strict=False)
    return {one: group for one, group in groups if group is not None}


def widths_of(encoder, inputs):
    """Count the features that a fitted encoder makes of each input, but for those whose names hide it."""
    names = encoder.get_feature_names_out([f"{number}:" for number in range(len(inputs))])
    numbers = [str(name).partition(":")[0] for name in names]
    return Counter(inputs[int(number)] for number in numbers if number.isdigit())


@np.errstate(invalid="ignore")  # scikit-learn casts an infinite y to integers before it refuses it
def has_means(y, many):
    """Whether there is an encoder ``many``, and y has one mean, or one of each class."""
    if many is None or y is None or np.shape(y)[1:] not in ((), (1,)):
        return False
    if getattr(many, "target_type", "auto") == CONTINUOUS:
        return True
    try:
        return type_of_target(y, input_name="y") in WITH_MEANS
    except TypeError:  # labels that cannot be sorted: the network says so
        return False


def share_with_others(values, group):
    """Compute the share of rows (n_samples,) whose category is in a group, and in another row too."""
    counts = Counter(values)
    return sum(counts[one] for one in group if counts[one] > 1) / len(values)
