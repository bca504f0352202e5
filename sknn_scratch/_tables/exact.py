"""Whether different numbers of a column are equal in double precision, as long ids are."""

from decimal import Decimal
from numbers import Integral

import numpy as np

from sknn_scratch._tables.columns import LARGEST_EXACT
from sknn_scratch._tables.kind import float_of
from sknn_scratch._tables.text import MOST_DIGITS

MOST_OF_64_BITS = 2.0**64  # larger numbers are hardly ids


def have_collisions(column, style, odd):
    """Whether different whole numbers of a column are equal as floats, or all its different numbers are.

    A style reads its texts, but for the odd ones.
    """
    exact = exact_texts(column.texts - odd, style) if column.is_text else exact_numbers(column.values)
    pairs = [(number, float_of(number)) for number in exact]
    pairs = [(number, as_float) for number, as_float in pairs if np.isfinite(as_float)]
    whole = [as_float for number, as_float in pairs if number == int(number)]
    return len(set(whole)) < len(whole) or len({as_float for _, as_float in pairs}) == 1 < len(pairs)


def exact_texts(texts, style):
    """Make a set of the exact numbers of texts; an empty one if all are short."""
    are_short = all(len(text) <= MOST_DIGITS for text in texts)
    return set() if are_short else {Decimal(style.written(text)) for text in texts}


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
    return LARGEST_EXACT <= np.abs(present).max() < MOST_OF_64_BITS and bool(
        (present == np.round(present)).all()
    )
