"""What a user should know of the columns of a table: one warning, with a line for each column."""

import os
import sys
from enum import StrEnum
from typing import Any, NamedTuple

import joblib.parallel
import sklearn

from sknn_scratch._fitting.troubles import warn
from sknn_scratch._tables.columns import listed

MOST_LISTED = 5  # values in a message
MOST_LINES = 20  # columns in a warning
# The first words of the warnings.
OF_FIT, OF_LATER_TABLES = "Columns of X that need a look", "Columns of X that are not as in fit"
# Code that fits or predicts many times with nearly the same rows, and words in the names of its functions. A
# search that has been fitted predicts with other rows.
PLACES = ("model_selection", "inspection", "calibration.py")
SEARCHES = tuple(os.path.join(os.path.dirname(sklearn.__file__), place) for place in PLACES)
REPEATING = ("fit", "permutation", "partial_dependence")
# What this process has heard, by the names of all columns: in a search, it is not said again.
HEARD: dict[tuple[Any, ...], set[Any]] = {}


class Sentence(StrEnum):
    """What is said of a column: what happens to it, and a remedy that loses none of its values."""

    ODD = (
        "counts as missing: {item}. Write these values as {kind}, or keep what they mean in a column of its "
        "own. If all are names, say so: kinds={{{name!r}: 'categories'}}."
    )
    CODES = (
        "its text is read as numbers, but may be codes or lists of codes. If so, say it: "
        "kinds={{{name!r}: 'categories'}}."
    )
    ROUNDED = (
        "whole numbers above 2**53 came as floats, in which neighbours are equal. If they are ids, read them "
        "as text, such as with dtype={{{name!r}: str}} in pandas.read_csv."
    )
    PARTLY = (
        "stays categories, since it has mostly {kind}, but not only: {item}. Write these values as {kind}, "
        "or add a copy of the column and say what to read there: kinds={{'copy of {name}': {kind!r}}}."
    )
    DOUBT = "stays categories, since it can be read in several ways: {item}. Convert it first."
    USELESS = (
        "tells nothing: {item}. Check where its values come from, or say that it has none: "
        "kinds={{{name!r}: 'nothing'}}."
    )
    RARE = (
        "tells only whether a value is missing: {item}. If these are numbers or dates in another format, "
        "convert them. If their words tell something, let them be read: kinds={{{name!r}: 'text'}}."
    )
    GROUPS = (
        "rows with the same value agree in {item}, and their y is alike. If they belong together, and rows "
        "of others will be predicted, pass groups={kind} to fit."
    )
    EQUAL_ROWS = (
        "rows that are equal in all columns have the same y, so they count as copies of one row. If each is "
        "an observation, as where y follows from this column, pass groups=range(len(X)) to fit."
    )
    NEW_ODD = "counts as missing, since it is unlike the values of fit: {item}. Write these values as there."
    NO_UNIT = "has numbers without a unit, which count in {item}. If they have another one, convert them."
    NEW_DECIMALS = (
        "had whole numbers in fit, and now has three digits after a decimal mark: {item}. If this mark "
        "separates thousands, leave it out."
    )
    FAR_OUTSIDE = (
        "has values far outside those of fit, which are {kind}: {item}. Check their unit, and how they were "
        "read."
    )
    NOT_BOOLEAN = "had only 0 and 1 in fit, and now has other numbers. Check what they stand for."
    NEW_CODES = (
        "had codes in fit: rows with equal numbers had similar y. Now it has only other numbers, of which "
        "nothing is known. Check that they are codes of the same list."
    )
    RESPELLED = (
        "has categories that fit has seen in another spelling, and that count as unseen now: {item}. Write "
        "them as in fit. If zeros are missing at the beginning, read the column as text, such as with "
        "dtype={{{name!r}: str}} in pandas.read_csv."
    )
    UNKNOWN = "has hardly a value that fit has seen, so it tells nothing. Check how they are written."
    ALL_MISSING = (
        "has lost all its values, or nearly all; in fit, none was missing. Check where, such as in a join."
    )


class Remark(NamedTuple):
    """What a user should know of a column."""

    sentence: Sentence
    name: Any
    item: str = ""  # what the sentence says of this column
    kind: str = ""  # what the column holds, or may hold

    def __str__(self):
        return self.sentence.format(**self._asdict())


def some(texts):
    more = len(texts) - MOST_LISTED
    return listed(sorted(texts)[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def warn_of(first_words, remarks, names):
    """Give one warning for all remarks, with a line for each column, of a table with these names.

    In a search, say only what this process has not heard of the column.
    """
    heard = HEARD.setdefault(tuple(names), set()) if remarks else set()
    said = [(one.name, one.sentence) for one in remarks]
    if heard and is_in_a_search(first_words):
        remarks = [one for one, key in zip(remarks, said, strict=True) if key not in heard]
    heard.update(said)
    if remarks:
        lines = lines_of(texts_by_column(remarks))
        n_more = len(lines) - MOST_LINES
        last = [f"- and {n_more} more"] if n_more > 0 else []
        warn("\n".join([f"{first_words} ({len(lines)} of {len(names)}):", *lines[:MOST_LINES], *last]))


def texts_by_column(remarks):
    texts = {}
    for one in remarks:
        texts.setdefault(one.name, []).append(str(one))
    return {name: " ".join(said) for name, said in texts.items()}


def lines_of(texts):
    return [f"- {name!r}: {text}" for name, text in texts.items()]


def is_in_a_search(first_words):
    """Whether scikit-learn has called this code as one of many times, or joblib to fit."""
    frame = sys._getframe()
    while frame is not None:
        code = frame.f_code
        is_joblib = code.co_filename == joblib.parallel.__file__ and first_words == OF_FIT
        repeats = any(word in code.co_name for word in REPEATING)
        if is_joblib or (repeats and code.co_filename.startswith(SEARCHES)):
            return True
        frame = frame.f_back
    return False
