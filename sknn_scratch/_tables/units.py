"""The units of numbers that are written as text: what stands before and after a number."""

import re
from collections import Counter
from typing import NamedTuple

from sknn_scratch._tables.text import MOST_ODD

SIGN = "[+-]?"
# A currency before the number, or any unit after it.
CURRENCY = r"[A-Z]{0,2}[$€£¥₹]|AUD|CAD|CHF|CNY|EUR|GBP|INR|JPY|USD|Rs\.?"
WITH_UNIT = re.compile(rf"({SIGN})({CURRENCY}|)\s?({SIGN}[\d.,'\u2019\s]*\d\.?)\s?([^\d\s.,'\u2019+-]\D*)?")
IS_CURRENCY = re.compile(CURRENCY)
# Other spellings of a unit, in lower case and without the s of a plural.
SPELLINGS = {"$": "usd us$ dollar", "€": "eur euro", "£": "gbp", "₹": "inr rs", "%": "percent pct"}
SPELLINGS = {spelling: unit for unit, spellings in SPELLINGS.items() for spelling in spellings.split()}


class Parts(NamedTuple):
    """The parts of a number."""

    sign: str = ""
    before: str = ""
    number: str = ""
    after: str = ""

    @property
    def unit(self):
        """What stands before and after the number, in either order: "€ 12" and "12 €"."""
        return " ".join(sorted(filter(None, (self.before, self.after))))


def parts_of_number(text):
    """Cut a text into the parts of a number, which are empty if it is none."""
    match = WITH_UNIT.fullmatch(with_minus(text))
    return Parts(*match.groups("")) if match else Parts()


def numbers_among(texts):
    return [one for one in map(parts_of_number, texts) if one.number]


def with_minus(text):
    """Strip a text, and write a minus sign as a program does: also for (12), as accountants write -12."""
    text = text.strip().replace("\u2212", "-")
    return f"-{text[1:-1]}" if text[:1] == "(" and text[-1:] == ")" else text


def alike(unit):
    """Write a unit in one of its spellings: $ for USD, kg for KG, year for years. mW and MW differ."""
    return " ".join(sorted(set(map(in_one_spelling, unit.split()))))


def in_one_spelling(word):
    word = word.rstrip(".")
    word = word[:1] + word[1:].lower() if word[:1] in ("m", "M") else word.lower()
    word = word.removesuffix("s") if len(word) > 2 and word.isalpha() else word
    return SPELLINGS.get(word, word)


def common_unit(parts):
    """Choose the unit of numbers, from their parts, in its most frequent spelling.

    Say whether those without a unit are of it, too. They are if it is a currency, and hardly any number has
    another one: beside 12a, 12 is a house, and beside 45%, 0.45 may be a share.
    """
    spellings, counts = Counter(one.unit for one in parts), Counter()
    n_bare = spellings.pop("", 0)
    for spelling, count in spellings.items():
        counts[alike(spelling)] += count
    unit = max(spellings, key=lambda one: (counts[alike(one)], spellings[one], one), default="")
    n_of_unit = counts[alike(unit)]
    n_others = counts.total() - n_of_unit
    is_currency = any(map(IS_CURRENCY.fullmatch, unit.split()))
    takes_bare = is_currency and n_bare > 0 and n_others <= MOST_ODD * len(parts)
    return (unit if takes_bare or n_of_unit > n_bare else ""), takes_bare
