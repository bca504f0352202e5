"""The result of a check, and phrases that several checks use."""

from typing import NamedTuple

from sknn_scratch._core.optimizers import SOLVERS


class Limits(NamedTuple):
    """A larger value is a warning, or a problem."""

    warning: float
    problem: float


class Measured(NamedTuple):
    """The result of a check: a number (larger is worse), its meaning, and a remedy."""

    value: float
    limits: Limits | None  # None if ``judged`` is the severity, not the number
    meaning: str
    remedy: str
    is_share: bool = True
    judged: str = ""  # the severity if there are no limits

    @property
    def severity(self) -> str:
        """The severity: "problem", "warning" or "ok"."""
        if self.limits is None:
            return self.judged
        passed = [name for name, limit in self.limits._asdict().items() if self.value > limit]
        return passed[-1] if passed else "ok"


def remedy_for(solver, remedy):
    """Add to a remedy with the learning rate that the solver has none, if so."""
    if not SOLVERS[solver].takes_all_rows or "learning_rate" not in remedy:
        return remedy
    return f"{remedy} The solver {solver!r} has no learning_rate."


def count(number, noun):
    """Write a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def times(factor):
    """Write a factor."""
    return f"{factor:.2g} times" if factor < 10 else f"{factor:,.0f} times"
