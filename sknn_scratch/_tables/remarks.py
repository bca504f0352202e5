"""What a user should know of the columns of a table: one warning for each sentence, with all its columns."""

from typing import Any, NamedTuple

from sknn_scratch._fitting.troubles import warn
from sknn_scratch._tables.columns import listed

MOST_LISTED = 5  # values in a message


class Remark(NamedTuple):
    """What a user should know of a column: a sentence for all such columns, and its part about this one."""

    sentence: str  # with {items}, and maybe {name}: the name of the first column
    name: Any
    item: str


ODD = (
    "Some values of X are not like the others of their column, and count as missing: {items}. If a column "
    "holds something else, say so: kinds={{{name!r}: 'categories'}}."
)
CODES = (
    "Text in X that has only digits is read as numbers: the columns {items}. If they are codes, say so: "
    "kinds={{{name!r}: 'categories'}}."
)
DOUBT = "Text in X can be read in two ways, so it stays categories. Convert it first: {items}."
NEW_ODD = "Some values of X are not like those of their column in fit, and count as missing: {items}."
NO_UNIT = (
    "The columns {items} of X had numbers with a unit in fit, and now have numbers alone. These must be in "
    "the same unit."
)
NOT_BOOLEAN = "The columns {items} of X had only 0 and 1 in fit, and now have other numbers."
USELESS = (
    "Some columns of X carry no information: {items}. Drop them, or say what they hold, such as "
    "kinds={{{name!r}: 'nothing'}}."
)
UNKNOWN = (
    "The columns {items} of X have only values that fit has not seen, so they carry no information. Check "
    "how the values are written."
)


def some(texts):
    """List a few texts for a message."""
    more = len(texts) - MOST_LISTED
    return listed(sorted(texts)[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def warn_of(remarks):
    """Give one warning for each sentence of remarks."""
    by_sentence = {}
    for remark in remarks:
        by_sentence.setdefault(remark.sentence, []).append(remark)
    for sentence, those in by_sentence.items():
        warn(sentence.format(items="; ".join(one.item for one in those), name=those[0].name))
