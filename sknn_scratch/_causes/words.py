"""Numbers in sentences."""

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
