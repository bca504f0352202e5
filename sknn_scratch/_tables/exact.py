"""Whether different numbers of a column are equal in double precision, as long ids are."""

from decimal import Decimal
from numbers import Integral

import numpy as np

from sknn_scratch._tables.columns import LARGEST_EXACT
from sknn_scratch._tables.kind import float_of
from sknn_scratch._tables.text import MOST_DIGITS

MOST_OF_64_BITS = 2.0**64  # larger numbers are hardly ids


def have_collisions(column, style, odd):
    """Whether different whole numbers of a column are equal as floats.

    A style reads its texts, but for the odd ones.
    """
    if not column.is_text:
        exact = exact_numbers(column.values)
    elif any(len(text) > MOST_DIGITS for text in column.texts - odd):
        exact = {Decimal(style.written(text)) for text in column.texts - odd}
    else:
        return False
    whole = [float_of(number) for number in exact if np.isfinite(float_of(number)) and number == int(number)]
    return len(set(whole)) < len(whole)


def exact_numbers(values):
    """Make a set of exact numbers; an empty one if they are floats, or short."""
    if not isinstance(values, np.ndarray):
        present = (value for value in values if value is not None)
        return {int(value) if isinstance(value, Integral) else value for value in present}
    is_long = values.dtype.kind in "iu" and max(values.max(), -int(values.min())) > LARGEST_EXACT
    return set(values.tolist()) if is_long else set()


def are_rounded(values):
    """Whether all values are whole numbers in floats (n_samples,), and some too large to be exact there."""
    if not isinstance(values, np.ndarray) or values.dtype != np.float64:
        return False
    present = values[~np.isnan(values)]
    is_large = LARGEST_EXACT <= np.abs(present).max() < MOST_OF_64_BITS
    return bool(is_large and (present == np.round(present)).all())
