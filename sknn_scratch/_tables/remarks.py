"""What a user should know of the columns of a table: one warning for each sentence, with all its columns."""

from enum import StrEnum
from typing import Any, NamedTuple

from sknn_scratch._fitting.troubles import warn
from sknn_scratch._tables.columns import listed

MOST_LISTED = 5  # values in a message


class Sentence(StrEnum):
    """What is said of some columns: with {items}, and maybe {name} and {kind} of the first one."""

    ODD = (
        "Some values of X are not like the others of their column, and count as missing: {items}. If a "
        "column holds something else, say so: kinds={{{name!r}: 'categories'}}."
    )
    CODES = (
        "Text in X that is read as numbers may be codes or lists of codes: the columns {items}. If so, say "
        "it: kinds={{{name!r}: 'categories'}}."
    )
    ROUNDED = (
        "Whole numbers above 2**53 came as floats, in which neighbours are equal: the columns {items}. If "
        "they are ids, read them as text, such as with dtype={{{name!r}: str}} in pandas.read_csv."
    )
    PARTLY = (
        "Text in X that is mostly numbers or dates stays categories, since too much of it is not: {items}. "
        "Clean these columns, or say what they hold, such as kinds={{{name!r}: {kind!r}}}; then what cannot "
        "be read counts as missing."
    )
    UNITS = (
        "Text in X has numbers in several units, so it stays categories: {items}. Convert each of these "
        "columns to one unit first."
    )
    DOUBT = (
        "Text in X can be read in several ways, so it stays categories: {items}. Convert these columns first."
    )
    NEW_ODD = "Some values of X are not like those of their column in fit, and count as missing: {items}."
    NO_UNIT = "Some numbers of X have no unit, and count in that of their column: {items}."
    NOT_BOOLEAN = "The columns {items} of X had only 0 and 1 in fit, and now have other numbers."
    USELESS = (
        "Some columns of X carry no information, or only whether a value is missing: {items}. Drop them, or "
        "say what they hold, such as kinds={{{name!r}: 'nothing'}}. Numbers and dates in other formats must "
        "be converted first."
    )
    NEW_CODES = (
        "In fit, {items} had codes: rows with equal numbers had similar y. X has only other numbers there, "
        "of which nothing is known."
    )
    LOST_ZERO = (
        "Some categories of X began with a zero in fit, and count as unseen without it: {items}. Read these "
        "columns as text, such as with dtype={{{name!r}: str}} in pandas.read_csv."
    )
    UNKNOWN = (
        "The columns {items} of X have only values that fit has not seen, so they carry no information. "
        "Check how the values are written."
    )
    ALL_MISSING = (
        "In the columns {items} of X, all values are missing; in fit, none was. So these columns carry no "
        "information. Check where their values were lost, such as in a join."
    )


class Remark(NamedTuple):
    """What a user should know of a column: a sentence for all such columns, and its part about this one."""

    sentence: Sentence
    name: Any
    item: str = "{names}"  # those of all columns with the same item
    kind: str = ""  # what the column may hold


def some(texts):
    more = len(texts) - MOST_LISTED
    return listed(sorted(texts)[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def warn_of(remarks):
    """Give one warning for each sentence of remarks, with one list of the columns that have the same item."""
    by_sentence = {}
    for remark in remarks:
        by_sentence.setdefault(remark.sentence, {}).setdefault(remark.item, []).append(remark)
    for sentence, by_item in by_sentence.items():
        items = [
            item.replace("{names}", listed(one.name for one in those)) for item, those in by_item.items()
        ]
        first = next(iter(by_item.values()))[0]
        warn(sentence.format(items="; ".join(items), name=first.name, kind=first.kind))
