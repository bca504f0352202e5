"""The kind of columns of numbers, of which some are codes or dates, and how their text is read."""

from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral

import numpy as np

from sknn_scratch._tables.columns import LARGEST_EXACT, NUMBERS, TEXT, texts_of
from sknn_scratch._tables.kind import TOLD, Measured, float_of
from sknn_scratch._tables.remarks import Remark, Sentence, some
from sknn_scratch._tables.text import (
    MOST_CODES,
    MOST_DIGITS,
    are_padded_codes,
    are_versions,
    has_first_zero,
    is_code,
    joins_letters_to_digits,
    may_be_codes,
    read_texts,
)
from sknn_scratch._tables.written_dates import DateStyle
from sknn_scratch._tables.written_numbers import may_be_lists, number_styles

# So many different numbers that may be dates, such as 20200131, are dates. By chance, one of 27 may be.
FEWEST_DATES = 5
# Codes have so many rows on average: fewer tell nothing of each.
ROWS_OF_A_CODE = 2
# The end of the names of features that are codes.
CODE = "_code"
MOST_OF_64_BITS = 2.0**64  # larger numbers are hardly ids


@dataclass
class Numbers(Measured):
    """Numbers, also as text: 12.50, $1,250.00, 45.3%, 12,50, 1.2k. Codes are categories, too."""

    name = NUMBERS

    codes: frozenset[float] = frozenset()  # the numbers of the fit, if they are codes: see codes.py
    were_whole: bool = False  # the numbers of the fit

    styles = staticmethod(number_styles)

    @classmethod
    def readings(cls, column, most_odd):
        found = super().readings(column, most_odd)
        if most_odd == TOLD:
            return found
        is_sure = len(found) == 1
        are_lost = is_sure and have_collisions(column, found[0].style, found[0].odd)
        return [] if are_lost or dates_of_digits(column, most_odd) is not None else found

    @staticmethod
    def is_clear(texts, odd):
        is_few = len(texts) <= MOST_CODES
        if odd and all(map(is_code, texts)) and (is_few or any(map(joins_letters_to_digits, odd))):
            return False
        return (not odd and are_padded_codes(texts)) or not any(map(has_first_zero, texts))

    def prepare(self, values, table):
        super().prepare(values, table)
        present = values[~np.isnan(values)]
        self.were_whole = bool((present == np.rint(present)).all())
        if self.style.is_padded and not self.is_explained:
            distinct = frozenset(present.tolist())
            if len(distinct) <= len(present) / ROWS_OF_A_CODE:
                self.codes = distinct

    def remarks(self, column, values):
        yield from super().remarks(column, values)
        if self.style.takes_bare:
            yield Remark(Sentence.NO_UNIT, column.name, self.style.unit)
        if not self.is_explained and are_rounded(column.values):
            yield Remark(Sentence.ROUNDED, column.name)
        is_sure = column.type != TEXT or self.is_explained
        if not is_sure and self.may_have_codes(column.texts - self.odd):
            yield Remark(Sentence.CODES, column.name)

    def may_have_codes(self, texts):
        """Whether texts that are read as numbers may be codes, lists of codes, or versions."""
        if are_versions(texts) or (self.style.decimal == "," and may_be_lists(texts)):
            return True
        return not self.odd and not self.codes and may_be_codes(set(map(self.style.written, texts)))

    def surprises(self, column, values):
        yield from super().surprises(column, values)
        if column.type == NUMBERS and self.style.unit and not self.style.takes_bare:
            yield Remark(Sentence.NO_UNIT, column.name, self.style.unit)
        three_decimals = filter(self.style.has_three_decimals, column.texts if column.is_text else ())
        if self.were_whole and (new := set(three_decimals)):
            yield Remark(Sentence.NEW_DECIMALS, column.name, some(new))
        present = values[~np.isnan(values)].tolist() if self.codes else []
        if present and self.codes.isdisjoint(present):
            yield Remark(Sentence.NEW_CODES, column.name)

    def far_outside(self, measures):
        return measures[:0] if self.codes else super().far_outside(measures)  # codes have no unit

    def features(self, values):
        return {"": values} | ({CODE: texts_of_numbers(values)} if self.codes else {})


def texts_of_numbers(values):
    """Write numbers (n_samples,) as text, and NaN as None."""
    distinct, places = np.unique(values, return_inverse=True)
    return texts_of(distinct)[places]


def as_text(column):
    return column._replace(type=TEXT, values=texts_of_numbers(Numbers().convert(column.values)).tolist())


def dates_of_digits(column, most_odd):
    """Make a column of text of one with numbers or text such as 20200131, if these are dates; else None."""
    if column.type == NUMBERS:
        numbers = Numbers().convert(column.values)
        n_odd = np.count_nonzero((numbers < 19_000_101) | (numbers >= 21_000_000))
        column = as_text(column) if n_odd <= most_odd * len(numbers) else column
    if column.type != TEXT:
        return None
    dates = read_texts(column.texts, DateStyle("digits"), most_odd * len(column.texts))
    n_dates = len(dates) - list(dates.values()).count(None)
    return column if n_dates >= (1 if most_odd == TOLD else FEWEST_DATES) else None


# --- Whole numbers that are not exact in double precision, as long ids are ---


def have_collisions(column, style, odd):
    """Whether different whole numbers of a column are equal as floats, unless all are floats, or short.

    A style reads its texts, but for the odd ones.
    """
    values, exact = column.values, ()
    if column.is_text:
        texts = column.texts - odd
        if any(len(text) > MOST_DIGITS for text in texts):
            exact = {Decimal(style.written(text)) for text in texts}
    elif not isinstance(values, np.ndarray):
        present = (value for value in values if value is not None)
        exact = {int(value) if isinstance(value, Integral) else value for value in present}
    elif values.dtype.kind in "iu" and max(values.max(), -int(values.min())) > LARGEST_EXACT:
        exact = set(values.tolist())
    whole = [float_of(number) for number in exact if np.isfinite(float_of(number)) and number == int(number)]
    return len(set(whole)) < len(whole)


def are_rounded(values):
    """Whether all values are whole numbers in floats (n_samples,), and some too large to be exact there."""
    if not isinstance(values, np.ndarray) or values.dtype != np.float64:
        return False
    present = values[~np.isnan(values)]
    is_large = LARGEST_EXACT <= np.abs(present).max() < MOST_OF_64_BITS
    return bool(is_large and (present == np.round(present)).all())
