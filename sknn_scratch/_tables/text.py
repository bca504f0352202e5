"""What texts look like, and how different ones are read in one style.

A style is one way to write values. Its ``read`` converts a text, or gives None if the text is not written so.
"""

# Text is read as numbers or dates if at most this share of its different values, words for missing ones
# aside, are no such thing.
MOST_ODD = 0.1
# What stands for a missing value among numbers or dates, in lower case.
MISSING_WORDS = {"?", "-", "--", ".", "..", "...", "*", "na", "n/a", "#n/a", "n.a.", "nan", "nat", "<na>"}
MISSING_WORDS |= {"null", "nil", "none", "missing", "unknown", "not available"}
# Text of digits alone may be codes, if all have one length, at least that of zip codes. With at most so many
# different values, it needs no warning: the ramps of the numbers can give each of them its own effect.
MOST_CODES, LENGTH_OF_CODES = 20, 5
MOST_DIGITS = 15  # of a code; a float holds no more
# Free text has so many words on average, and at least so many different values, more than half as many as
# there are rows with text.
WORDS_OF_FREE_TEXT, FEWEST_FREE_TEXTS = 2.5, 50


def is_missing_word(text):
    return text.strip().lower() in MISSING_WORDS


def read_texts(texts, style, most_odd):
    """Read different texts: a dict with None for odd ones, or empty if more than ``most_odd`` are odd."""
    values, n_odd = {}, 0
    for text in texts:
        values[text] = style.read(text)
        n_odd += values[text] is None
        if n_odd > most_odd:
            return {}
    return values


def are_free(texts, values):
    """Whether different texts are notes, titles and the like; values (n_samples,) are those of all rows."""
    if len(texts) < FEWEST_FREE_TEXTS or 2 * len(texts) <= sum(value is not None for value in values):
        return False
    return sum(len(text.split()) for text in texts) >= WORDS_OF_FREE_TEXT * len(texts)


def is_code(text):
    return text.strip("() ").isdecimal()


def n_digits(texts):
    """Count the digits of different texts, if all have nothing else and equally many; else 0."""
    lengths = {len(text.strip()) for text in texts}
    return lengths.pop() if len(lengths) == 1 and all(map(is_code, texts)) else 0


def may_be_codes(texts):
    return len(texts) > MOST_CODES and n_digits(texts) >= LENGTH_OF_CODES


def are_padded_codes(texts):
    """Whether different texts are digits of one length, of which some begin with zeros, as zip codes are."""
    return 0 < n_digits(texts) <= MOST_DIGITS and any(map(has_first_zero, texts))


def are_versions(texts):
    """Whether different texts are like 1.1 and 1.10, which are one number."""
    return any("." in text[:-2] and text[-1] == "0" and text[:-1] in texts for text in texts)


def joins_letters_to_digits(text):
    return text.isalnum() and not text.isalpha() and not text.isdecimal()


def in_one_spelling(text):
    """Write a text in lower case, without zeros at the beginning and needless blanks."""
    return " ".join(text.lower().split()).lstrip("0")


def has_first_zero(text):
    """Whether a text begins with a zero that a number would not have, as 012 and 01.2 do."""
    return text.strip()[:1] == "0" and text.strip()[1:2].isdecimal()
