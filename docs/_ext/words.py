"""The words in figures, diagnoses and warnings of the Chinese pages.

The Chinese pages run the same code as the English ones. What it draws and says has English words, which are
replaced here. A word that is missing in the table, docs/zh/words.toml, is an error.
"""

import re
import tomllib
from html import escape, unescape
from pathlib import Path

# What is the same in both languages: names, formulas, units, numbers.
SAME = re.compile(
    r"(?:\b(?:sigmoid|tanh|relu|identity|glorot|softmax|sgd|adam|lbfgs|XOR|alpha|init_scale|learning_rate|max_iter|ShallowNNClassifier|no_improvement|converged|small_gradient)\b"
    r"|\bd[zwab]\b|[^A-Za-z]|(?<![A-Za-z])[A-Za-z](?![A-Za-z]))*"
)
WORDS = tomllib.loads((Path(__file__).parents[1] / "zh" / "words.toml").read_text(encoding="utf-8"))
# An entry with ``{}`` stands for any text in these places, but for several sentences. The longest one that
# fits holds.
PATTERNS = {
    re.compile(r"((?:(?!\. ).)+?)".join(map(re.escape, english.split("{}")))): chinese
    for english, chinese in sorted(WORDS.items(), key=lambda entry: -len(entry[0]))
    if "{}" in english
}
FULL_WIDTH = ("\uff0c", "\uff1a", "\u3002")  # comma, colon and full stop, which have their own space
TEXT = re.compile(r"<style.*?</style>|(?<=>)[^<>]+(?=<)|(?<=aria-label=\")[^\"]+", re.DOTALL)


def in_chinese(text):
    """Translate a text, or raise LookupError.

    Parameters
    ----------
    text : str
        As a person reads it, without markup.

    Returns
    -------
    text : str
    """
    if SAME.fullmatch(text):
        return text
    if text in WORDS:
        return WORDS[text]
    for pattern, chinese in PATTERNS.items():
        if match := pattern.fullmatch(text):
            return chinese.format(*map(in_chinese, match.groups()))
    sentences = re.split(r"(?<=\.) (?=[A-Z0-9])", text)
    if len(sentences) > 1:
        return "".join(map(in_chinese, sentences))
    raise LookupError(f"docs/zh/words.toml has no Chinese for {text!r}")


def translate_lines(text):
    """Translate what code prints, line by line.

    Parameters
    ----------
    text : str

    Returns
    -------
    text : str
    """
    return "\n".join(in_chinese(line.rstrip()) for line in text.splitlines())


def translate_markup(markup):
    """Translate all texts of an SVG or HTML.

    Parameters
    ----------
    markup : str

    Returns
    -------
    markup : str
    """

    def replaced(match):
        text = match[0]
        if text.startswith("<") or not text.strip():
            return text
        head, body, tail = re.fullmatch(r"(\s*)(.*?)(\s*)", text, re.DOTALL).groups()
        chinese = in_chinese(unescape(body))
        return head + escape(chinese, quote=False) + ("" if chinese.endswith(FULL_WIDTH) else tail)

    return TEXT.sub(replaced, markup)
