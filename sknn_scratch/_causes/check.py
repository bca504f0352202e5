"""What may be wrong with a network: how it is measured, and from which number on it is bad."""

from collections.abc import Callable
from typing import Any, NamedTuple

SEVERITIES = ("problem", "warning", "ok")


class Unmeasurable(Exception):
    """Why something cannot be measured, in a few words."""


class Measured(NamedTuple):
    """The result of a measurement: a number (larger is worse), its meaning, and the options of a remedy."""

    value: float
    meaning: str
    remedy: tuple[str, ...]
    severity: str = ""  # one of SEVERITIES; a check with limits decides it
    unit: str = ""  # of the value, if it is not that of the check


class Check(NamedTuple):
    """How to find something that may be wrong with a network."""

    measure: Callable[[Any], Measured]  # of the evidence; it may raise Unmeasurable
    limits: tuple[float, float] | None  # a larger number is a warning, a problem; None if ``measure`` decides
    explains: tuple[str, ...] = ()  # the names of what follows from it
    unit: str = "%"  # of the number, "%" for a share
    if_unlearned: bool = False  # whether it is looked for only if the network has learned nothing

    def judged(self, evidence):
        measured = self.measure(evidence)
        if self.limits is None:
            return measured
        warning, problem = self.limits
        value = measured.value
        return measured._replace(
            severity="problem" if value > problem else "warning" if value > warning else "ok"
        )
