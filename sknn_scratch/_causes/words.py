"""Numbers in sentences, and tables of HTML that are readable on light and dark pages."""

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np


def quantity(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def round_number(number: float) -> str:
    """Write the first digit of a number, and zeros."""
    return f"{float(f'{number:.1g}'):g}"


def multiple_of(factor: float) -> str:
    """Write a factor before the thing it multiplies: "30% of", "2.5 times"."""
    if factor < 2:
        return f"{factor:.0%} of"
    factor = min(factor, np.finfo(float).max)  # an infinite number comes from an overflow
    return f"{factor:,.0f} times" if 10 <= factor < 1e6 else f"{factor:.2g} times"


def html_table(titles: Sequence[str], rows: Iterable[Sequence[str]], n_broken: int, caption: str) -> str:
    """Write rows of texts as a table, in which only the last ``n_broken`` columns have lines to break."""
    style = "padding:4px 10px;text-align:left;vertical-align:top"
    styles = [f"{style};white-space:nowrap"] * (len(titles) - n_broken) + [style] * n_broken

    def row(tag: str, texts: Sequence[str]) -> str:
        cells = zip(styles, map(escape, texts), strict=True)
        return "<tr>" + "".join(f'<{tag} style="{one}">{text}</{tag}>' for one, text in cells) + "</tr>"

    return (
        f'<table><caption style="caption-side:top;text-align:left">{escape(caption)}</caption>'
        f"<thead>{row('th', titles)}</thead><tbody>{''.join(row('td', one) for one in rows)}</tbody></table>"
    )
