"""The kinds of columns: one class for each, which recognises its columns in ``fit``, and reads them later.

``fit`` asks the KINDS in their order. The first that can read a column takes it, with an object that knows
how this column is written. To add a kind, write a class and give it a place in KINDS.
"""

from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone

from sknn_scratch._tables.columns import (
    BOOLEANS,
    CATEGORIES,
    DATES,
    DATES_IN_ZONES,
    DURATIONS,
    NOTHING,
    NUMBERS,
    TEXT,
    texts_of,
)
from sknn_scratch._tables.dates import chosen_parts, fit_parts
from sknn_scratch._tables.kind import TOLD, Kind, are_missing
from sknn_scratch._tables.kind_of_numbers import Numbers, as_text, dates_of_digits
from sknn_scratch._tables.remarks import Remark, Sentence, some
from sknn_scratch._tables.text import are_free, has_first_zero
from sknn_scratch._tables.text_encoder import COMPONENT, TextEncoder
from sknn_scratch._tables.written_dates import DurationStyle, date_styles, have_few_years, is_time_of_day
from sknn_scratch._tables.written_numbers import BooleanStyle


class Nothing(Kind):
    """Only missing values, or what a user wants to be left out."""

    name = NOTHING

    def useless(self, column, values):
        yield Remark(Sentence.USELESS, column.name, "only missing values")

    def read(self, column):
        return np.full(len(column.values), None)

    def surprises(self, column, values):
        if column.type != NOTHING and not self.is_explained:
            yield Remark(Sentence.UNKNOWN, column.name)

    def features(self, values):
        return {}


class Booleans(Kind):
    """Booleans in all their spellings, and numbers that are all 0 or 1 in fit."""

    name = BOOLEANS
    more_types: ClassVar = {NUMBERS}

    @classmethod
    def readings(cls, column, most_odd):
        is_text = column.is_text  # also where a library calls it categories
        found = cls.readings_of_text(column.texts, 0) if is_text else super().readings(column, most_odd)
        return [one for one in found if not one.odd and are_zeros_and_ones(one.read(column))]

    @staticmethod
    def styles(texts):
        return [BooleanStyle()]

    def surprises(self, column, values):
        yield from super().surprises(column, values)
        if not are_zeros_and_ones(values):
            yield Remark(Sentence.NOT_BOOLEAN, column.name)


class Durations(Kind):
    """Spans of time, as numbers of seconds; also as text: 1h 20m, 2 days 03:04:05, PT1H20M."""

    name = DURATIONS

    @staticmethod
    def styles(texts):
        return [DurationStyle()]

    @staticmethod
    def is_clear(texts, odd):
        others = [text for text in texts if not is_time_of_day(text)]
        have_units = any(character.isalpha() for text in others for character in text)
        n_long = sum(text.count(":") == 2 for text in others)
        return have_units or n_long > 1 or len(others) > len(texts) / 2

    def convert(self, values):
        unit = getattr(values, "dtype", "timedelta64[us]")  # nanoseconds stay
        return np.asarray(values, dtype=unit) / np.timedelta64(1, "s")


@dataclass
class Dates(Kind):
    """Dates and times, also as text: 2020-01-31, 31/01/2020, Jan 31, 2020, Jan 2020, 10:30 PM, 20200131."""

    name = DATES

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
        clear = [one for one in found if have_few_years(map(one.style.read, texts - one.odd))]
        return clear if len(clear) == 1 else found

    @classmethod
    def styles(cls, texts):
        return date_styles(texts, has_zone=cls.name == DATES_IN_ZONES)

    def read(self, column):
        return super().read(self.as_written(column))

    def as_written(self, column):
        """Make text of numbers such as 20200131."""
        return as_text(column) if column.type == NUMBERS and self.style.order == "digits" else column

    def prepare(self, values, table):
        super().prepare(values, table)
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
class Text(Kind):
    """Free text, such as notes and titles: several words, of which hardly two rows have the same."""

    name = TEXT
    more_types: ClassVar = {CATEGORIES, NUMBERS, BOOLEANS}

    encoder: Any = None  # fitted with the texts of the fit

    @classmethod
    def readings(cls, column, most_odd):
        if most_odd == TOLD:
            return [cls()] if column.is_text else []
        return [cls()] if column.type == TEXT and are_free(column.texts, column.values) else []

    def prepare(self, values, table):
        super().prepare(values, table)
        self.encoder = clone(TextEncoder() if table.text is None else table.text).fit(values)

    convert = staticmethod(texts_of)

    def features(self, values):
        names = self.encoder.get_feature_names_out([COMPONENT])
        features = dict(zip(names, self.encoder.transform(values).T, strict=True))
        return features | ({"_missing": are_missing(values).astype(float)} if self.had_missing else {})


@dataclass
class Categories(Kind):
    """Names, as text, and what libraries call categories."""

    name = CATEGORIES
    more_types: ClassVar = {TEXT, NUMBERS, BOOLEANS}

    known: frozenset[str] = frozenset()  # the texts of the fit
    rare: frozenset[str | None] = frozenset()  # those of them that the encoder has merged

    def prepare(self, values, table):
        super().prepare(values, table)
        self.known = frozenset(values) - {None}

    @property
    def are_all_rare(self):
        return self.known <= self.rare

    def useless(self, column, values):
        if len({*values}) > 1 and self.are_all_rare:
            yield Remark(Sentence.RARE, column.name, f"{len(self.known)} different values, all too rare")
        else:
            yield from super().useless(column, values)

    convert = staticmethod(texts_of)

    def surprises(self, column, values):
        yield from super().surprises(column, values)
        texts = set(values) - {None}
        unknown = texts - self.known
        if lost := unknown & {text.lstrip("0") for text in self.known - self.rare if has_first_zero(text)}:
            yield Remark(Sentence.LOST_ZERO, column.name, some(lost))
        elif unknown and unknown == texts and not self.are_all_rare:
            yield Remark(Sentence.UNKNOWN, column.name)


KINDS = {
    kind.name: kind for kind in (Nothing, Booleans, Numbers, Durations, Dates, DatesInZones, Text, Categories)
}


def are_zeros_and_ones(values):
    return bool(((values == 0) | (values == 1) | np.isnan(values)).all())
