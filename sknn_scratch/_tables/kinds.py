"""The kinds of columns: one class for each, which recognises its columns in ``fit``, and reads them later.

``fit`` asks the KINDS in their order. The first that can read a column takes it, with an object that knows
how this column is written. To add a kind, write a class and give it a place in KINDS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone

from sknn_scratch._tables.columns import BOOLEANS, CATEGORIES, NOTHING, NUMBERS, TEXT, listed, texts_of
from sknn_scratch._tables.kind import TOLD, Kind, are_missing
from sknn_scratch._tables.kind_of_dates import Dates, DatesInZones, Durations
from sknn_scratch._tables.kind_of_numbers import Numbers
from sknn_scratch._tables.remarks import Remark, Sentence, some
from sknn_scratch._tables.text import MOST_CODES, MOST_ODD, are_free, in_one_spelling
from sknn_scratch._tables.text_encoder import COMPONENT, TextEncoder
from sknn_scratch._tables.written_numbers import BooleanStyle

# With more odd texts than MOST_ODD, up to this share, a column stays categories, and a warning says so.
MOST_ODD_DOUBTED = 0.5
NAMES = (TEXT, CATEGORIES)  # the kinds of text that is neither numbers nor dates


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
        unknown = set(values) - self.known - {None}
        known = set(map(in_one_spelling, self.known - self.rare if unknown else ()))
        if respelled := {text for text in unknown if in_one_spelling(text) in known}:
            yield Remark(Sentence.RESPELLED, column.name, some(respelled))
        elif unknown and not self.are_all_rare:
            n_known, n_unknown = (sum(map(one.__contains__, values)) for one in (self.known, unknown))
            if n_unknown >= (1 - MOST_ODD) * (n_known + n_unknown):
                yield Remark(Sentence.UNKNOWN, column.name)


def are_zeros_and_ones(values):
    return bool(((values == 0) | (values == 1) | np.isnan(values)).all())


# --- Which kind each column has: what ``fit`` decides, or what its user says ---

KINDS = {
    kind.name: kind for kind in (Nothing, Booleans, Numbers, Durations, Dates, DatesInZones, Text, Categories)
}


def kinds_of(read, told):
    """Decide the kinds of columns, by their names, and list remarks on those that are in doubt.

    ``told`` are the kinds that a user wants, by the names of the columns, or None.
    """
    told = {} if told is None else told
    if not isinstance(told, Mapping):
        raise TypeError(f"kinds must be a dict from names of columns to what they hold, got {told!r}.")
    if absent := [name for name in told if name not in read]:
        raise ValueError(f"kinds names columns that X does not have: {listed(absent)}. X has {listed(read)}.")
    if others := [kind for kind in told.values() if kind not in list(KINDS)]:
        raise ValueError(f"kinds must have values of {listed(KINDS)}, got {listed(others)}.")
    others = [
        f"{name!r} ({column.type})"
        for name, column in read.items()
        if column.type not in KINDS and told.get(name) != NOTHING
    ]
    if others:
        raise ValueError(
            f"X has columns that hold neither numbers nor categories nor dates: {', '.join(others)}. Drop "
            "them, or make numbers, dates or strings of them first."
        )
    kinds, remarks = {}, []
    for name, column in read.items():
        if name in told:
            kinds[name] = told_kind(column, told[name])
            continue
        kinds[name], *doubts = readings_in_doubt(column)
        remarks += [remark_on(doubts, column)] if doubts else []
    return kinds, remarks


def readings_in_doubt(column):
    """List the kind of a column, and what it may be instead if it stays categories."""
    readings = readings_of(column, MOST_ODD)
    is_sure = len(readings) == 1
    if readings[0].name in NAMES and column.type == TEXT and len(column.texts) > MOST_CODES:
        readings = readings_of(column, MOST_ODD_DOUBTED)
        is_sure = readings[0].name in NAMES
    return readings if is_sure else [Categories(is_explained=True), *readings]


def readings_of(column, most_odd):
    """List the readings of the first kind that can read a column with at most this share of odd texts."""
    return next(filter(None, (kind.readings(column, most_odd) for kind in KINDS.values())))


def told_kind(column, told):
    """Read a column of a fit as the kind that a user wants, or raise ValueError."""
    readings = [KINDS[NOTHING]()] if told == NOTHING else KINDS[told].readings(column, TOLD)
    if not readings:
        reason = f"has {column.type} that cannot be read so, such as {column.example}"
    elif len(readings) > 1:
        reason = f"can be read so in several ways: {ways_to_read(column, readings)}"
    else:
        return replace(readings[0], is_explained=True)
    raise ValueError(
        f"kinds says that the column {column.name!r} of X holds {told}, but it {reason}. Convert it first."
    )


def remark_on(doubts, column):
    if len(doubts) > 1:
        return Remark(Sentence.DOUBT, column.name, ways_to_read(column, doubts))
    return Remark(Sentence.PARTLY, column.name, doubts[0].among(doubts[0].odd), doubts[0].name)


def ways_to_read(column, readings):
    """Say of one text of a column what it is in each reading."""
    ways = {text: {str(one.style.read(text)): None for one in readings} for text in sorted(column.texts)}
    text = max(ways, key=lambda text: len(ways[text]))
    values = (value.removesuffix(" 00:00:00") for value in ways[text])
    return f"{text!r} is {' or '.join(values)}"
