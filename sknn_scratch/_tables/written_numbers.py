"""Numbers and booleans that are written as text, in their styles."""

import re
from collections import Counter
from math import isfinite
from typing import NamedTuple

from sknn_scratch._tables.text import MOST_ODD, are_padded_codes

SIGN = "[+-]?"
# A currency before the number, or any unit after it.
CURRENCY = r"[A-Z]{0,2}[$€£¥₹]|AUD|CAD|CHF|CNY|EUR|GBP|INR|JPY|USD|Rs\.?"
WITH_UNIT = re.compile(rf"({SIGN})({CURRENCY}|)\s?({SIGN}[\d.,'\u2019\s]*\d\.?)\s?([^\d\s.,'\u2019+-]\D*)?")
IS_CURRENCY = re.compile(CURRENCY)
# Other spellings of a unit, in lower case and without the s of a plural.
SPELLINGS = {"$": "usd us$ dollar", "€": "eur euro", "£": "gbp", "₹": "inr rs", "%": "percent pct"}
SPELLINGS = {spelling: unit for unit, spellings in SPELLINGS.items() for spelling in spellings.split()}
BOOLEAN_WORDS = {"true": "1", "false": "0"}
# What stands between thousands, by the decimal separator; \u2019 is a curly apostrophe.
THOUSANDS = {".": r"[,'\u2019\s]", ",": r"[.'\u2019\s]"}
MARKS = {decimal: re.compile(marks) for decimal, marks in THOUSANDS.items()}
INDIAN = r"[1-9]\d?(?:,\d\d)+,\d{3}"  # 12,34,567
DIGITS = {
    ".": rf"(?:\d+|[1-9]\d{{0,2}}(?:{THOUSANDS['.']}\d{{3}})+|{INDIAN}|(?=\.\d))(?:\.\d*)?",
    ",": rf"(?:\d+|[1-9]\d{{0,2}}(?:{THOUSANDS[',']}\d{{3}})+|(?=,\d))(?:,\d*)?",
}
# With an exponent. After several digits, there must be a decimal mark or a sign: 523E57 is a code.
SCIENTIFIC = {
    mark: rf"(?:\d[eE]|\d+[eE](?=[+-])|(?:\d+[{mark}]\d*|[{mark}]\d+)[eE]){SIGN}\d+" for mark in DIGITS
}
NUMBERS = {
    decimal: re.compile(f"{SIGN}(?:{digits}|{SCIENTIFIC[decimal]})") for decimal, digits in DIGITS.items()
}
# What looks like thousands to those who write the other decimal separator.
THREE_DECIMALS = {mark: re.compile(rf"{SIGN}[1-9]\d{{0,2}}\{mark}\d{{3}}") for mark in DIGITS}
CURRENCIES_WITH_POINT = {"$", "£", "¥", "₹"}
# A point that is no decimal point, as in 1.234.567 and 1.234,50; and a number whose points may all be none.
POINT_OF_THOUSANDS = re.compile(r"\.\d{3}[.,]")
MAY_BE_THOUSANDS = re.compile(rf"{SIGN}\d{{1,3}}(?:\.\d{{3}})*")
HALVES_OF_A_DAY = {"am", "pm"}  # 6 pm is a time of day
# What multiplies a number, as an exponent: 24.3M, 950k.
MULTIPLES = {"k": "e3", "m": "e6", "b": "e9"}
# So many different numbers, some with a mark before three digits and some without it, have thousands. Of
# numbers with three decimals, either all have these, or a tenth of them end earlier, and hardly one is whole.
SURELY_THOUSANDS = 50
# Whole numbers that do not begin with a zero, with commas between them.
LIST = re.compile(r"\s*[1-9]\d{0,17}(?:,[1-9]\d{0,17})*\s*")


class NumberStyle(NamedTuple):
    """Numbers with this decimal separator and one unit, such as "%", "$" or "$ /kg", in any spelling."""

    decimal: str = "."
    unit: str = ""
    has_multiples: bool = False
    takes_bare: bool = False  # numbers without a unit count in this one
    is_padded: bool = False  # with zeros, as codes are

    @property
    def in_words(self):
        unit = f"in {self.unit}" if self.unit else ""
        return ", ".join(filter(None, [unit, "decimal comma" if self.decimal == "," else ""]))

    def read(self, text):
        number = float(self.written(text) or "inf")
        return number if isfinite(number) else None

    def written(self, text):
        """Write the number of a text as a program does."""
        text, exponent = with_minus(text), ""
        if self.unit or self.has_multiples:
            parts = parts_of_number(text)
            exponent = MULTIPLES.get(parts.after.lower(), "") if self.has_multiples else ""
            unit = (parts._replace(after="") if exponent else parts).unit
            if alike(unit) != alike(self.unit) and (unit or not self.takes_bare):
                return None
            text = parts.sign + parts.number
        if not NUMBERS[self.decimal].fullmatch(text):
            return None
        return MARKS[self.decimal].sub("", text).replace(",", ".") + exponent

    def has_three_decimals(self, text):
        return bool(THREE_DECIMALS[self.decimal].fullmatch(parts_of_number(text).number))


def number_styles(texts):
    """List the styles that texts may have: with one unit, and a decimal point or comma."""
    parts = [one for one in map(parts_of_number, texts) if one.number]
    has_multiples = are_multiples(parts)
    parts = [one._replace(after="") for one in parts] if has_multiples else parts
    unit, takes_bare = common_unit(parts)
    if unit.lower() in HALVES_OF_A_DAY:
        return []
    numbers = [one.number for one in parts]
    if have_thousands(numbers, ","):
        decimals = "."
    elif have_thousands(numbers, "."):
        decimals = ","
    else:
        decimals = ".," if may_have_decimal_comma(texts, numbers, unit) else "."
    is_padded = are_padded_codes(texts)
    return [NumberStyle(decimal, unit, has_multiples, takes_bare, is_padded) for decimal in decimals]


def may_be_lists(texts):
    """Whether texts with decimal commas may be lists of whole numbers, such as 4,6 beside 20,22 and 11."""
    lengths = {len(text.strip().rpartition(",")[2]) for text in texts if "," in text}
    return all(map(LIST.fullmatch, texts)) and (len(lengths) > 1 or lengths == {1})


def are_multiples(parts):
    """Whether the parts of numbers have thousands, millions and so on; m alone may be metres."""
    units = {one.after.lower() for one in parts}
    may_be = units <= {"", *MULTIPLES} and len(units) > 1 and ("k" in units or {"m", "b"} <= units)
    return may_be and not any(map(are_surely_metres, parts))


def are_surely_metres(parts):
    """Whether the parts of a number are those of 1500m: as millions, and no money, it would be 1.5b."""
    is_long = (NumberStyle().read(parts.number) or 0) >= 1000
    return is_long and not parts.before and parts.after.lower() == "m"


def have_thousands(numbers, mark):
    style = re.compile(rf"{SIGN}(?:\d{{1,3}}|[1-9]\d{{0,2}}(?:\{mark}\d{{3}})+)")
    n_marked = sum(mark in number for number in numbers)
    has_both = 0 < n_marked < len(numbers)
    return has_both and len(numbers) >= SURELY_THOUSANDS and all(map(style.fullmatch, numbers))


def may_have_decimal_comma(texts, numbers, unit):
    """Whether a comma may be the decimal separator of texts, with these numbers and this unit.

    It may in 1.250 beside 950. If all numbers have a point, a program has written three decimals, but not of
    euros.
    """
    if any(map(POINT_OF_THOUSANDS.search, numbers)):
        return True
    if any("," in text for text in texts):
        return CURRENCIES_WITH_POINT.isdisjoint(alike(unit).split())
    have_point = ["." in number for number in numbers]
    may_be = any(have_point) and ("€" in unit or not all(have_point))
    return may_be and all(map(MAY_BE_THOUSANDS.fullmatch, numbers))


class BooleanStyle(NumberStyle):
    """True and false in any case, 1 and 0, and the other numbers that a later table may have."""

    def written(self, text):
        return BOOLEAN_WORDS.get(text.strip().lower(), super().written(text))


# --- The parts of a number, and their unit ---


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
