"""Schedules of the learning rate: the factor by which it is multiplied in an epoch.

A schedule is a function of progress, from 0 at the first epoch to (max_iter - 1) / max_iter at the last.
The adaptive one is constant, but divides the learning rate whenever the patience is at its end.

To add a schedule, write its function and give it a line in ``SCHEDULES``.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class Schedule(NamedTuple):
    """How the learning rate changes."""

    factor: Callable[[float], float]
    divides_on_plateau: bool = False  # instead of stopping there


def constant(progress: float) -> float:
    """1 in all epochs."""
    return 1.0


def cosine(progress: float) -> float:
    """(1 + cos(pi p)) / 2: from one to zero (Loshchilov and Hutter, 2017)."""
    return (1 + math.cos(math.pi * progress)) / 2


SCHEDULES: Mapping[str, Schedule] = MappingProxyType(
    {
        "constant": Schedule(constant),
        "cosine": Schedule(cosine),
        "adaptive": Schedule(constant, divides_on_plateau=True),
    }
)
