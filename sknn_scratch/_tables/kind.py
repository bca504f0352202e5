"""What all kinds of columns have in common: how a column is recognised in ``fit``, and read later."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress
from typing import Any, ClassVar

import numpy as np

from sknn_scratch._tables.columns import NOTHING, TEXT, Column
from sknn_scratch._tables.remarks import Remark, Sentence, some
from sknn_scratch._tables.text import MOST_ODD, is_missing_word, read_texts

# Values are far outside those of the fit if they are so many times their range away.
FAR = 10.0
# A user who says what a column holds allows any share.
TOLD = 1.0


@dataclass
class Kind:
    """How one column is read."""

    name: ClassVar[str]  # that of the type of columns.py whose values it takes as they are, too
    more_types: ClassVar[set[str]] = set()  # of which it takes them as well

    style: Any = None  # how its text is written: see text.py
    odd: frozenset[str] = frozenset()  # the texts that ``fit`` could not read; they count as missing
    is_explained: bool = False  # the user has said what it holds, or is told why it may say nothing
    had_missing: bool = False  # in fit

    # --- In fit ---

    @classmethod
    def readings(cls, column: Column, most_odd: float) -> list[Any]:
        """List the ways to read a column with at most this share of odd texts; several leave a doubt."""
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
        most = len(present) * most_odd
        found: dict[tuple[Any, ...], Kind] = {}
        for style in cls.styles(present):
            values = read_texts(present, style, most)
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

    def prepare(self, values: np.ndarray, table: Any) -> None:
        """Measure the values (n_samples,) of the fit of a TableEncoder."""
        self.had_missing = bool(are_missing(values).any())

    def remarks(self, column: Column, values: np.ndarray) -> Iterator[Remark]:
        """Say what a user should know of a column of the fit, and of its values (n_samples,)."""
        if self.odd:
            yield Remark(Sentence.ODD, column.name, self.among(self.odd), self.name)
        if not self.is_explained:
            yield from self.useless(column, values)

    def useless(self, column: Column, values: np.ndarray) -> Iterator[Remark]:
        """Say why values carry no information, if they carry none."""
        if (values == values[0]).all():
            yield Remark(Sentence.USELESS, column.name, "always the same value")

    # --- In its report ---

    def read_from(self, type_of_values):
        """Say how the values of the fit, of this type, were written."""
        style = self.style.in_words if self.style and type_of_values != self.name else ""
        return f"{type_of_values}: {style}" if style else type_of_values

    def lost(self, n_merged):
        """Say which values of the fit are lost; ``n_merged`` categories have become one."""
        lost = [f"missing: {some(self.odd)}"] if self.odd else []
        return "; ".join([*lost, f"{n_merged} rare categories are one"] if n_merged else lost)

    # --- Ever after ---

    def as_written(self, column: Column) -> Column:
        """Make text of a column of a later table if its values are read as text."""
        return column

    def read(self, column: Column) -> np.ndarray:
        """Convert a column to an array (n_samples,), one of text in the style of the fit.

        Raise ValueError if it has values of another kind, or only text that cannot be read.
        """
        column = self.as_written(column)
        if column.type in {self.name, *self.more_types, NOTHING}:
            return self.convert(column.values)
        texts = column.texts if column.is_text and self.style is not None else set()
        values = {text: self.style.read(text) for text in texts}
        if not texts or (set(values.values()) == {None} and self.new_odd(texts)):
            style = f" ({self.style.in_words})" if self.style and self.style.in_words else ""
            raise ValueError(
                f"The column {column.name!r} of X had {self.name}{style} in fit, and now has {column.type}, "
                f"such as {column.example}. Convert it to what it had in fit."
            )
        places = {text: place for place, text in enumerate(values)}
        distinct = self.convert([*values.values(), None])
        return distinct[[places.get(text, -1) for text in column.values]]

    def surprises(self, column: Column, values: np.ndarray) -> Iterator[Remark]:
        """Say what is unlike the fit in a column of a later table, and in its values (n_samples,)."""
        are_lost = are_missing(values)
        if column.is_text and (odd := self.new_odd({*compress(column.values, are_lost)} - {None})):
            yield Remark(Sentence.NEW_ODD, column.name, self.among(odd))
        if not self.had_missing and np.count_nonzero(are_lost) >= (1 - MOST_ODD) * len(are_lost):
            yield Remark(Sentence.ALL_MISSING, column.name)

    def new_odd(self, texts: set[str]) -> set[str]:
        return {text for text in texts if not is_missing_word(text)} - self.odd

    def convert(self, values: Any) -> np.ndarray:
        """Convert values of the types of this kind, and None, to an array (n_samples,), usually of floats."""
        if isinstance(values, np.ndarray):
            return values if values.dtype == np.float32 else values.astype(np.float64, copy=False)
        return np.array(list(map(float_of, values)), dtype=np.float64)

    def features(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Make features (n_samples,), by the ends of their names, of values (n_samples,): floats or text."""
        return {"": values}

    def among(self, texts: set[str] | frozenset[str]) -> str:
        return f"{some(texts)} among the {self.name}"


@dataclass
class Measured(Kind):
    """What has a lowest and a highest value in the fit."""

    lowest: float = np.inf
    highest: float = -np.inf
    least_margin: ClassVar[float] = 0.0

    def prepare(self, values: np.ndarray, table: Any) -> None:
        super().prepare(values, table)
        present = self.measures(values)[~are_missing(values)]
        self.lowest = float(present.min(initial=np.inf))
        self.highest = float(present.max(initial=-np.inf))

    def surprises(self, column: Column, values: np.ndarray) -> Iterator[Remark]:
        yield from super().surprises(column, values)
        far = self.far_outside(self.measures(values))
        if len(far) and len(far) >= MOST_ODD * np.count_nonzero(~are_missing(values)):
            of_fit = f"{self.in_words(self.lowest)} to {self.in_words(self.highest)}"
            yield Remark(Sentence.FAR_OUTSIDE, column.name, some(set(map(self.in_words, far))), of_fit)

    @np.errstate(over="ignore")  # in single precision, limits may become infinite
    def far_outside(self, measures: np.ndarray) -> np.ndarray:
        """Choose the measures (n,) that are far from all of the fit, unless these were equal."""
        margin = FAR * (self.highest - self.lowest)
        if not margin > 0:  # all were equal
            return measures[:0]
        margin = max(margin, self.least_margin)
        far = measures[(measures < self.lowest - margin) | (measures > self.highest + margin)]
        return far[np.isfinite(far)]  # infinite ones are refused later

    def measures(self, values: np.ndarray) -> np.ndarray:
        """Make floats (n_samples,) of values, NaN if they are missing."""
        return values

    def in_words(self, measure: float) -> str:
        return f"{measure:.6g}"


def are_missing(values):
    """Say which of the values (n_samples,) of any kind are missing: None, NaN or NaT."""
    return np.equal(values, None) if values.dtype == object else np.isnan(values)


def float_of(value):
    try:
        return np.nan if value is None else float(value)
    except OverflowError:
        return np.inf
