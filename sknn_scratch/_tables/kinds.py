"""The kinds of columns: one class for each, which recognises its columns in ``fit``, and reads them later.

``fit`` asks the KINDS in their order. The first that can read a column takes it, with an object that knows
how this column is written. To add a kind, write a class and give it a place in KINDS.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, ClassVar

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
from sknn_scratch._tables.remarks import Remark, Sentence, some
from sknn_scratch._tables.text import (
    BooleanStyle,
    DurationStyle,
    count_dates_of_digits,
    date_styles,
    is_missing_word,
    is_time_of_day,
    likely_styles,
    number_styles,
    read_texts,
)

# A user who says what a column holds allows any share.
TOLD = 1.0
# Text of digits alone may be codes. With at most so many different values, it needs no warning: the ramps of
# the numbers can give each of them its own effect. Where no column has numbers that are no text, as in a file
# read with dtype=str, only values of one length need it, if they are as long as zip codes.
MOST_CODES, LENGTH_OF_CODES = 20, 5
# So many different numbers that may be dates, such as 20200131, are dates. By chance, one of 27 may be.
FEWEST_DATES = 5
# The end of the names of features that are codes.
CODE = "_code"
# Zeros, ones, true and false have fewer spellings than this.
MOST_BOOLEANS = 20


@dataclass
class Kind:
    """How one column is read."""

    name: ClassVar[str]  # that of the type of columns.py whose values it takes as they are, too
    more_types: ClassVar[set[str]] = set()  # of which it takes them as well

    style: Any = None  # how its text is written: a style of text.py
    odd: frozenset[str] = frozenset()  # the texts that ``fit`` could not read; they count as missing
    is_explained: bool = False  # the user has said what it holds, or is told why it may say nothing

    # --- In fit ---

    @classmethod
    def readings(cls, column: Column, most_odd: float) -> list[Any]:
        """List the ways to read a column with at most this share of odd texts: none, one, or several.

        Several leave a doubt.
        """
        if column.type in {cls.name, *cls.more_types}:
            return [cls(*cls.styles(set())[:1])]
        if column.type == TEXT or (most_odd == TOLD and column.is_text):
            return cls.readings_of_text(column.texts, most_odd)
        return []

    @classmethod
    def readings_of_text(cls, texts: set[str], most_odd: float) -> list[Any]:
        """List the readings of different texts that leave the fewest of them odd."""
        missing = set(filter(is_missing_word, texts))
        present = texts - missing
        found: dict[tuple[Any, ...], Kind] = {}
        for style in cls.styles(present):
            values = read_texts(present, style, len(present) * most_odd)
            odd = {text for text, value in values.items() if value is None}
            if len(odd) < len(values) and (most_odd == TOLD or cls.is_clear(present - odd, odd)):
                found.setdefault(tuple(values.values()), cls(style, frozenset(odd | missing)))
        fewest = min((len(one.odd) for one in found.values()), default=0)
        return [one for one in found.values() if len(one.odd) == fewest]

    @staticmethod
    def styles(texts: set[str]) -> list[Any]:
        """List the ways in which texts may be written. The first is that of a column that is no text."""
        return []

    @staticmethod
    def is_clear(texts: set[str], odd: set[str]) -> bool:
        """Whether texts that can be read as this kind, and some odd ones, can be nothing else."""
        return True

    def prepare(self, values: np.ndarray) -> None:
        """Measure the values (n_samples,) of the fit."""

    def remarks(self, name: Any, column: Column, is_beside_numbers: bool) -> Iterator[Remark]:
        """Say what a user should know of a column of the fit; others may have numbers that are no text."""
        if self.odd:
            yield Remark(Sentence.ODD, name, self.among(self.odd))

    def useless(self, name: Any, values: np.ndarray) -> Iterator[Remark]:
        """Say why the values (n_samples,) of the fit carry no information, if they carry none."""
        if (values == values[0]).all():
            yield Remark(Sentence.USELESS, name, "always the same value in {names}")

    # --- Ever after ---

    def read(self, column: Column, name: Any) -> tuple[np.ndarray, list[Remark]]:
        """Convert a column to an array (n_samples,), and say what the fit gives no reason to expect in it.

        Raise ValueError if it has values of another kind, or only text that cannot be read.
        """
        if column.type in {self.name, *self.more_types, NOTHING}:
            return self.convert(column.values), []
        texts = column.texts if column.is_text and self.style is not None else set()
        values = {text: self.style.read(text) for text in texts}
        odd = {
            text for text, value in values.items() if value is None and not is_missing_word(text)
        } - self.odd
        if not values or (odd and all(value is None for value in values.values())):
            raise ValueError(
                f"The column {name!r} of X had {self.name} in fit, and now has {column.type}, such as "
                f"{column.example}. Convert it to the type that it had in fit."
            )
        remarks = [Remark(Sentence.NEW_ODD, name, self.among(odd))] if odd else []
        places = {text: place for place, text in enumerate(values)}
        distinct = self.convert([*values.values(), None])
        return distinct[[places.get(text, -1) for text in column.values]], remarks

    def convert(self, values: Any) -> np.ndarray:
        """Convert values of the types of this kind, and None, to an array (n_samples,).

        Usually it has floats: float32 stays, all else becomes float64.
        """
        if isinstance(values, np.ndarray):
            return values if values.dtype == np.float32 else values.astype(np.float64, copy=False)
        return np.array(list(map(float_of, values)), dtype=np.float64)

    def features(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Make features (n_samples,), by the ends of their names, of values (n_samples,): floats or text."""
        return {"": values}

    def among(self, texts: set[str] | frozenset[str]) -> str:
        """Write odd texts for a remark."""
        return f"{some(texts)} among the {self.name} of {{names}}"


# --- The kinds ---


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
        if column.is_text and len(column.texts) > MOST_BOOLEANS:
            return []
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

    codes: frozenset[float] = frozenset()  # the numbers of the fit, if they are codes: see codes.py

    @staticmethod
    def styles(texts):
        return number_styles(texts)

    @classmethod
    def readings(cls, column, most_odd):
        are_dates = most_odd != TOLD and dates_of_digits(column, most_odd) is not None
        return [] if are_dates else super().readings(column, most_odd)

    @staticmethod
    def is_clear(texts, odd):
        is_few = len(texts) <= MOST_CODES
        if odd and all(map(is_code, texts)) and (is_few or any(map(joins_letters_to_digits, odd))):
            return False
        return not any(map(has_first_zero, texts))

    def remarks(self, name, column, is_beside_numbers):
        yield from super().remarks(name, column, is_beside_numbers)
        is_clear = column.type != TEXT or self.odd or self.is_explained or self.codes
        if not is_clear and may_be_codes(column.texts, is_beside_numbers):
            yield Remark(Sentence.CODES, name)

    def read(self, column, name):
        values, remarks = super().read(column, name)
        if self.style.unit and column.type == NUMBERS:
            remarks.append(Remark(Sentence.NO_UNIT, name, f"{self.style.unit} in {{names}}"))
        present = values[~np.isnan(values)].tolist() if self.codes else []
        if present and self.codes.isdisjoint(present):
            remarks.append(Remark(Sentence.NEW_CODES, name))
        return values, remarks

    def features(self, values):
        return {"": values} | ({CODE: texts_of_numbers(values)} if self.codes else {})


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
        return have_units or len(others) > len(texts) / 2

    def convert(self, values):
        """Convert to seconds."""
        unit = getattr(values, "dtype", "timedelta64[us]")  # nanoseconds stay
        return np.asarray(values, dtype=unit) / np.timedelta64(1, "s")


@dataclass
class Dates(Kind):
    """Dates and times, also as text: 2020-01-31, 31/01/2020, Jan 31, 2020, Jan 2020, 10:30 PM, 20200131."""

    name = DATES

    means: dict[str, float] = field(default_factory=dict)  # of the parts that vary

    @classmethod
    def readings(cls, column, most_odd):
        return super().readings(dates_of_digits(column, most_odd) or column, most_odd)

    @classmethod
    def readings_of_text(cls, texts, most_odd):
        found = super().readings_of_text(texts, most_odd)
        dates = {one.style: [one.style.read(text) for text in texts - one.odd] for one in found}
        likely = likely_styles(dates) if len(found) > 1 else list(dates)
        return [one for one in found if one.style in likely]

    @classmethod
    def styles(cls, texts):
        return date_styles(texts, has_zone=cls.name == DATES_IN_ZONES)

    def read(self, column, name):
        has_digits = column.type == NUMBERS and self.style.order == "digits"
        return super().read(as_text(column) if has_digits else column, name)

    def prepare(self, values):
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
        self.known = frozenset(values) - {None}

    @property
    def are_all_rare(self):
        """Whether the encoder has merged all texts of the fit."""
        return self.known <= self.rare

    @property
    def without_first_zero(self):
        """What the texts of the fit that begin with a zero would be as numbers; merged ones do not count."""
        return {text.lstrip("0") for text in self.known - self.rare if has_first_zero(text)}

    def remarks(self, name, column, is_beside_numbers):
        if len(self.doubts) == 1:
            (doubt,) = self.doubts
            yield Remark(Sentence.PARTLY, name, doubt.among(doubt.odd), doubt.name)
        elif self.doubts:
            yield Remark(Sentence.DOUBT, name, f"{ways_to_read(column, self.doubts)} in {{names}}")

    def useless(self, name, values):
        if len({*values}) > 1 and self.are_all_rare:
            says_missing = None in values and None not in self.rare
            sentence = Sentence.ONLY_WHETHER_MISSING if says_missing else Sentence.USELESS
            yield Remark(sentence, name, f"{len(self.known)} different values, all too rare, in {{names}}")
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


def is_code(text):
    """Whether a text has only digits, maybe in parentheses."""
    return text.strip("() ").isdecimal()


def may_be_codes(texts, is_beside_numbers):
    """Whether different texts may be codes: many, all of digits, maybe beside numbers that are no text."""
    lengths = {len(text.strip()) for text in texts}
    are_likely = is_beside_numbers or (len(lengths) == 1 and max(lengths) >= LENGTH_OF_CODES)
    return are_likely and len(texts) > MOST_CODES and all(map(is_code, texts))


def joins_letters_to_digits(text):
    """Whether a text is like 12a."""
    return text.isalnum() and not text.isalpha() and not text.isdecimal()


def has_first_zero(text):
    """Whether a text begins with a zero that a number would not have, as 012 and 01.2 do."""
    return text.strip()[:1] == "0" and text.strip()[1:2].isdecimal()


def float_of(value):
    """Convert a number, a boolean or None to a float."""
    try:
        return np.nan if value is None else float(value)
    except OverflowError:
        return np.inf


def are_zeros_and_ones(values):
    """Whether numbers (n_samples,) are all 0 or 1, but for missing ones."""
    return bool(((values == 0) | (values == 1) | np.isnan(values)).all())
