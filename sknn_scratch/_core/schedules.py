"""Schedules of the learning rate: the factor that multiplies it in each epoch.

A schedule is a function of progress, from 0 at the first epoch to (max_iter - 1) / max_iter at the last.
"adaptive" is constant, but divides the learning rate after n_iter_no_change epochs without an improvement.
The learning rate is the mean of "one_cycle", about, and the largest of the others.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class Schedule(NamedTuple):
    """How the learning rate changes."""

    factor: Callable[[float], float]
    divides_on_plateau: bool = False  # divide the learning rate there instead of stopping
    ends: bool = False  # it is zero after ``max_iter`` epochs, so nothing would change any more


def constant(progress: float) -> float:
    return 1.0


def cosine(progress: float) -> float:
    """(1 + cos(pi progress)) / 2: from one to zero (Loshchilov and Hutter, 2017)."""
    return (1 + math.cos(math.pi * progress)) / 2


WARM_UP = 0.3  # the share of the training in which one_cycle rises
FIRST_FACTOR, HIGHEST_FACTOR = 0.08, 2.0


def one_cycle(progress: float) -> float:
    """From a small factor to two, then to zero, along two cosines (Smith and Topin, 2019)."""
    if progress < WARM_UP:
        return FIRST_FACTOR + (HIGHEST_FACTOR - FIRST_FACTOR) * (1 - cosine(progress / WARM_UP))
    return HIGHEST_FACTOR * cosine((progress - WARM_UP) / (1 - WARM_UP))


SCHEDULES: Mapping[str, Schedule] = MappingProxyType(
    {
        "constant": Schedule(constant),
        "cosine": Schedule(cosine, ends=True),
        "one_cycle": Schedule(one_cycle, ends=True),
        "adaptive": Schedule(constant, divides_on_plateau=True),
    }
)
