"""The kinds of columns: one class for each, which recognises its columns in ``fit``, and reads them later.

``fit`` asks the KINDS in their order. The first that can read a column takes it, with an object that knows
how this column is written. To add a kind, write a class and give it a place in KINDS.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import ClassVar

import numpy as np

from sknn_scratch._tables.columns import (
    BOOLEANS,
    CATEGORIES,
    DATES,
    DATES_IN_ZONES,
    DURATIONS,
    NOTHING,
    NUMBERS,
    TEXT,
    Column,
    converted,
    text_of,
)
from sknn_scratch._tables.dates import chosen_parts, fit_parts
from sknn_scratch._tables.kind import TOLD, Kind
from sknn_scratch._tables.remarks import Remark, Sentence, some
from sknn_scratch._tables.text import (
    MOST_CODES,
    are_padded_codes,
    has_first_zero,
    is_code,
    joins_letters_to_digits,
    may_be_codes,
)
from sknn_scratch._tables.written_dates import (
    DurationStyle,
    count_dates_of_digits,
    date_styles,
    is_time_of_day,
    likely_styles,
)
from sknn_scratch._tables.written_numbers import BooleanStyle, number_styles, units_of

# So many different numbers that may be dates, such as 20200131, are dates. By chance, one of 27 may be.
FEWEST_DATES = 5
# Codes have so many rows on average: fewer tell nothing of each.
ROWS_OF_A_CODE = 2
# The end of the names of features that are codes.
CODE = "_code"


class Nothing(Kind):
    """Only missing values, or what a user wants to be left out."""

    name = NOTHING

    @classmethod
    def readings(cls, column, most_odd):
        return [cls()] if most_odd == TOLD or column.type == NOTHING else []

    def useless(self, name, values):
        yield Remark(Sentence.USELESS, name, "only missing values in {names}")

    def read(self, column, name):
        has_values = column.type != NOTHING and not self.is_explained
        return np.full(len(column.values), None), [Remark(Sentence.UNKNOWN, name)] * has_values

    def features(self, values):
        return {}


class Booleans(Kind):
    """Booleans in all their spellings, and numbers that are all 0 or 1 in fit."""

    name = BOOLEANS
    more_types: ClassVar = {NUMBERS}

    @classmethod
    def readings(cls, column, most_odd):
        found = super().readings(column, TOLD)  # also where a library calls them categories
        return [one for one in found if not one.odd and are_zeros_and_ones(one.read(column, "")[0])]

    @staticmethod
    def styles(texts):
        return [BooleanStyle()]

    def read(self, column, name):
        values, remarks = super().read(column, name)
        if not are_zeros_and_ones(values):
            remarks.append(Remark(Sentence.NOT_BOOLEAN, name))
        return values, remarks


@dataclass
class Numbers(Kind):
    """Numbers, also as text: 12.50, $1,250.00, 45.3%, 12,50, 1.2k. Codes are categories, too."""

    name = NUMBERS
    has_digits = True

    are_padded: bool = False  # with zeros, so they are codes
    codes: frozenset[float] = frozenset()  # the numbers of the fit, if they are codes: see codes.py

    styles = staticmethod(number_styles)

    @classmethod
    def readings(cls, column, most_odd):
        are_dates = most_odd != TOLD and dates_of_digits(column, most_odd) is not None
        return [] if are_dates else super().readings(column, most_odd)

    @staticmethod
    def is_clear(texts, odd):
        is_few = len(texts) <= MOST_CODES
        if odd and all(map(is_code, texts)) and (is_few or any(map(joins_letters_to_digits, odd))):
            return False
        return (not odd and are_padded_codes(texts)) or not any(map(has_first_zero, texts))

    @classmethod
    def readings_of_text(cls, texts, most_odd):
        found = super().readings_of_text(texts, most_odd)
        return [replace(one, are_padded=are_padded_codes(texts - one.odd)) for one in found]

    def prepare(self, values):
        super().prepare(values)
        if self.are_padded and not self.is_explained:
            present = values[~np.isnan(values)].tolist()
            if len({*present}) <= len(present) / ROWS_OF_A_CODE:
                self.codes = frozenset(present)

    def remarks(self, name, column):
        yield from super().remarks(name, column)
        is_clear = column.type != TEXT or self.odd or self.is_explained or self.codes
        if not is_clear and may_be_codes(column.texts):
            yield Remark(Sentence.CODES, name)

    def read(self, column, name):
        if self.style.unit and self.lacks_unit(column):
            alone = replace(self, style=self.style._replace(unit=""))
            values, remarks = alone.read(column, name)
            return values, [*remarks, Remark(Sentence.NO_UNIT, name, f"{self.style.unit} in {{names}}")]
        values, remarks = super().read(column, name)
        present = values[~np.isnan(values)].tolist() if self.codes else []
        if present and self.codes.isdisjoint(present):
            remarks.append(Remark(Sentence.NEW_CODES, name))
        return values, remarks

    def lacks_unit(self, column):
        """Whether a column has no unit. Its text must be sure to have the decimal separator of the fit."""
        if not column.is_text:
            return column.type == NUMBERS
        texts = column.texts
        are_alone = set(units_of(texts)) == {""}
        return are_alone and (self.style.decimal == "." or any("," in text for text in texts))

    def features(self, values):
        return {"": values} | ({CODE: texts_of_numbers(values)} if self.codes else {})


class Durations(Kind):
    """Spans of time, as numbers of seconds; also as text: 1h 20m, 2 days 03:04:05, PT1H20M."""

    name = DURATIONS
    has_digits = True

    @staticmethod
    def styles(texts):
        return [DurationStyle()]

    @staticmethod
    def is_clear(texts, odd):
        others = [text for text in texts if not is_time_of_day(text)]
        have_units = any(character.isalpha() for text in others for character in text)
        n_long = sum(text.count(":") == 2 and not text.startswith("24:00:00") for text in others)
        return have_units or n_long > 1 or len(others) > len(texts) / 2

    def convert(self, values):
        """Convert to seconds."""
        unit = getattr(values, "dtype", "timedelta64[us]")  # nanoseconds stay
        return np.asarray(values, dtype=unit) / np.timedelta64(1, "s")


@dataclass
class Dates(Kind):
    """Dates and times, also as text: 2020-01-31, 31/01/2020, Jan 31, 2020, Jan 2020, 10:30 PM, 20200131."""

    name = DATES
    has_digits = True

    means: dict[str, float] = field(default_factory=dict)  # of the parts that vary

    @classmethod
    def readings(cls, column, most_odd):
        if column.type == NUMBERS:
            column = dates_of_digits(column, most_odd) or column
        return super().readings(column, most_odd)

    @classmethod
    def readings_of_text(cls, texts, most_odd):
        found = super().readings_of_text(texts, most_odd)
        if len(found) < 2:
            return found
        likely = likely_styles(
            {one.style: [one.style.read(text) for text in texts - one.odd] for one in found}
        )
        return [one for one in found if one.style in likely]

    @classmethod
    def styles(cls, texts):
        return date_styles(texts, has_zone=cls.name == DATES_IN_ZONES)

    def read(self, column, name):
        are_digits = column.type == NUMBERS and self.style.order == "digits"
        return super().read(as_text(column) if are_digits else column, name)

    def prepare(self, values):
        super().prepare(values)
        self.means = fit_parts(values)

    def convert(self, values):
        """Convert to datetime64[us], those with a time zone in UTC."""
        if not isinstance(values, np.ndarray):
            values = [
                value.astimezone(UTC).replace(tzinfo=None) if getattr(value, "tzinfo", None) else value
                for value in values
            ]
        return np.asarray(values, dtype="datetime64[us]")

    def features(self, values):
        return {f"_{part}": numbers for part, numbers in chosen_parts(values, self.means).items()}


class DatesInZones(Dates):
    """Dates and times with a time zone, which count in UTC."""

    name = DATES_IN_ZONES


@dataclass
class Categories(Kind):
    """Text, and what libraries call categories."""

    name = CATEGORIES
    more_types: ClassVar = {TEXT, NUMBERS, BOOLEANS}

    doubts: tuple[Kind, ...] = ()  # what the text may be instead
    known: frozenset[str] = frozenset()  # the texts of the fit
    rare: frozenset[str | None] = frozenset()  # those of them that the encoder has merged

    def prepare(self, values):
        super().prepare(values)
        self.known = frozenset(values) - {None}

    @property
    def are_all_rare(self):
        """Whether the encoder has merged all texts of the fit."""
        return self.known <= self.rare

    @property
    def without_first_zero(self):
        """What the texts of the fit that begin with a zero would be as numbers; merged ones do not count."""
        return {text.lstrip("0") for text in self.known - self.rare if has_first_zero(text)}

    def remarks(self, name, column):
        if len(self.doubts) == 1:
            (doubt,) = self.doubts
            yield Remark(Sentence.PARTLY, name, doubt.among(doubt.odd), doubt.name)
        elif self.doubts:
            yield Remark(Sentence.DOUBT, name, f"{ways_to_read(column, self.doubts)} in {{names}}")

    def useless(self, name, values):
        if len({*values}) > 1 and self.are_all_rare:
            item = f"{len(self.known)} different values, all too rare, in {{names}}"
            yield Remark(Sentence.USELESS, name, item)
        else:
            yield from super().useless(name, values)

    def convert(self, values):
        """Convert to strings, and None for missing values. Equal numbers have equal strings."""
        texts = np.empty(len(values), dtype=object)
        texts[:] = converted(values, text_of)
        return texts

    def read(self, column, name):
        values, remarks = super().read(column, name)
        texts = set(values) - {None}
        unknown = texts - self.known
        if unknown and (lost := unknown & self.without_first_zero):
            remarks.append(Remark(Sentence.LOST_ZERO, name, f"{some(lost)} in {{names}}"))
        elif unknown and unknown == texts and not self.are_all_rare:
            remarks.append(Remark(Sentence.UNKNOWN, name))
        return values, remarks


KINDS = {kind.name: kind for kind in (Nothing, Booleans, Numbers, Durations, Dates, DatesInZones, Categories)}
TYPES = {TEXT, *KINDS}  # of values that some kind takes


def ways_to_read(column, readings):
    """Say of one text of a column what it is in each reading."""
    ways = {text: {str(one.style.read(text)): None for one in readings} for text in sorted(column.texts)}
    text = max(ways, key=lambda text: len(ways[text]))
    values = (value.removesuffix(" 00:00:00") for value in ways[text])
    return f"{text!r} is {' or '.join(values)}"


def texts_of_numbers(values):
    """Write numbers (n_samples,) as text, and NaN as None."""
    distinct, places = np.unique(values, return_inverse=True)
    return Categories().convert(distinct)[places]


def as_text(column):
    """Make a column of text of one with numbers."""
    return Column(TEXT, texts_of_numbers(Numbers().convert(column.values)).tolist())


def dates_of_digits(column, most_odd):
    """Make a column of text of one with numbers or text such as 20200131, if these are dates; else None."""
    if column.type == NUMBERS:
        numbers = Numbers().convert(column.values)
        n_odd = np.count_nonzero(~np.isnan(numbers) & ~((numbers >= 19_000_101) & (numbers < 21_000_000)))
        column = as_text(column) if n_odd <= most_odd * len(numbers) else column
    n_dates = count_dates_of_digits(column.texts, most_odd) if column.type == TEXT else 0
    return column if n_dates >= (1 if most_odd == TOLD else FEWEST_DATES) else None


def are_zeros_and_ones(values):
    """Whether numbers (n_samples,) are all 0 or 1, but for missing ones."""
    return bool(((values == 0) | (values == 1) | np.isnan(values)).all())
