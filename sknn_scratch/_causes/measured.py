"""The result of a measurement, and its limits."""

from typing import NamedTuple

SEVERITIES = ("problem", "warning", "ok")


class Unmeasurable(Exception):
    """Why something cannot be measured, in a few words."""


class Limits(NamedTuple):
    """A larger value is a warning, or a problem."""

    warning: float
    problem: float


class Measured(NamedTuple):
    """The result of a measurement: a number (larger is worse), its meaning, and the options of a remedy."""

    value: float
    limits: Limits | None  # None if ``judged`` is the severity, not the number
    meaning: str
    remedy: tuple[str, ...]
    is_share: bool = True
    judged: str = ""  # the severity if there are no limits

    @property
    def severity(self) -> str:
        """The severity: "problem", "warning" or "ok"."""
        if self.limits is None:
            return self.judged
        passed = [name for name, limit in self.limits._asdict().items() if self.value > limit]
        return passed[-1] if passed else "ok"
