"""Numbers and booleans that are written as text, in their styles."""

import re
from collections import Counter
from math import isfinite
from typing import NamedTuple

BOOLEAN_WORDS = {"true": 1.0, "false": 0.0}
SIGN = "[+-]?"
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
# A currency before the number, or any unit after it.
CURRENCY = r"[A-Z]{0,2}[$€£¥₹]|CHF|EUR|GBP|USD|Rs\.?"
WITH_UNIT = re.compile(rf"({SIGN})({CURRENCY}|)\s?({SIGN}[\d.,'\u2019\s]*\d\.?)\s?([^\d\s.,'\u2019+-]\D*)?")
CURRENCIES_WITH_POINT = {"$", "£", "¥", "₹"}
# A point that is no decimal point, as in 1.234.567 and 1.234,50; and a number whose points may all be none.
POINT_OF_THOUSANDS = re.compile(r"\.\d{3}[.,]")
MAY_BE_THOUSANDS = re.compile(rf"{SIGN}\d{{1,3}}(?:\.\d{{3}})*")
HALVES_OF_A_DAY = {"am", "pm"}  # 6 pm is a time of day
# What multiplies a number, as an exponent: 24.3M, 950k.
MULTIPLES = {"k": "e3", "m": "e6", "b": "e9"}
# A limit, as in <0.5 and 90+, counts as the number itself, if at most this share of different texts are
# limits. With more, as in <18, 18-64 and 65+, they are categories.
OF_LIMITS, MOST_LIMITS = re.compile(r"^[<>\u2264\u2265]=?\s?|\+$"), 0.1
# So many different numbers, some with a mark before three digits and some without it, have thousands. Of
# numbers with three decimals, either all have these, or a tenth of them end earlier, and hardly one is whole.
SURELY_THOUSANDS = 50


class NumberStyle(NamedTuple):
    """Numbers with this decimal separator, and all with the same unit, such as "%", "$" or "$ /kg"."""

    decimal: str = "."
    unit: str = ""
    has_multiples: bool = False
    has_limits: bool = False

    def read(self, text):
        """Convert a text to a finite float."""
        text, exponent = with_minus(without_limit(text) if self.has_limits else text), ""
        if self.unit or self.has_multiples:
            sign, before, text, after = parts_of_number(text)
            exponent = MULTIPLES.get(after.lower(), "") if self.has_multiples else ""
            if unit_of(before, "" if exponent else after) != self.unit:
                return None
            text = sign + text
        if not NUMBERS[self.decimal].fullmatch(text):
            return None
        number = float(MARKS[self.decimal].sub("", text).replace(",", ".") + exponent)
        return number if isfinite(number) else None


def without_limit(text):
    """Strip a text, and what makes a limit of a number."""
    return OF_LIMITS.sub("", text.strip())


def with_minus(text):
    """Strip a text, and write a minus sign as a program does: also for (12), as accountants write -12."""
    text = text.strip().replace("\u2212", "-")
    return f"-{text[1:-1]}" if text[:1] == "(" and text[-1:] == ")" else text


def parts_of_number(text):
    """Cut a text into the sign, what stands before the number, the number, and what stands after it."""
    match = WITH_UNIT.fullmatch(with_minus(text))
    return match.groups("") if match else ("",) * 4


def unit_of(before, after):
    """Make a unit of what stands before a number and after it, in either order: "€ 12" and "12 €"."""
    return " ".join(sorted(filter(None, (before, after))))


def units_of(texts):
    """Iterate over the units of the numbers among texts; that of a number alone is empty."""
    return (unit_of(before, after) for _, before, number, after in map(parts_of_number, texts) if number)


def number_styles(texts):
    """List the styles that texts may have: with their most frequent unit, and a decimal point or comma."""
    n_limits = sum(without_limit(text) != text.strip() for text in texts)
    has_limits = 0 < n_limits <= MOST_LIMITS * len(texts)
    texts = {without_limit(text) for text in texts} if has_limits else texts
    parts = [one for one in map(parts_of_number, texts) if one[2]]
    has_multiples = are_multiples(parts)
    units = Counter(unit_of(before, "" if has_multiples else after) for _, before, _, after in parts)
    unit = max(sorted(units), key=units.get, default="")
    if unit.lower() in HALVES_OF_A_DAY:
        return []
    numbers = [number for _, _, number, _ in parts]
    if have_thousands(numbers, ","):
        decimals = "."
    elif have_thousands(numbers, "."):
        decimals = ","
    else:
        decimals = ".," if may_have_decimal_comma(texts, numbers, unit) else "."
    return [NumberStyle(decimal, unit, has_multiples, has_limits) for decimal in decimals]


def are_multiples(parts):
    """Whether the parts of numbers have thousands, millions and so on; m alone may be metres."""
    units = {after.lower() for *_, after in parts}
    may_be = units <= {"", *MULTIPLES} and len(units) > 1 and ("k" in units or {"m", "b"} <= units)
    return may_be and not any(map(are_surely_metres, parts))


def are_surely_metres(parts):
    """Whether the parts of a number are those of 1500m: as millions, and no money, it would be 1.5b."""
    _, before, number, after = parts
    return not before and after.lower() == "m" and (NumberStyle().read(number) or 0) >= 1000


def have_thousands(numbers, mark):
    """Whether numbers surely have this mark between thousands."""
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
        return CURRENCIES_WITH_POINT.isdisjoint(unit.split())
    have_point = ["." in number for number in numbers]
    may_be = any(have_point) and ("€" in unit or not all(have_point))
    return may_be and all(map(MAY_BE_THOUSANDS.fullmatch, numbers))


class BooleanStyle(NamedTuple):
    """True and false in any case, 1 and 0, and the other numbers that a later table may have."""

    def read(self, text):
        """Convert a text to a float."""
        return BOOLEAN_WORDS.get(text.strip().lower(), NumberStyle().read(text))
