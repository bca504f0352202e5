"""What a check returns, and words that several checks use."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Values above these are worth a warning, and a problem."""

    warning: float
    problem: float


class Measured(NamedTuple):
    """A number that is the larger, the worse, what it means, and what to do."""

    value: float
    limits: Limits | None  # None if the number is not what decides
    meaning: str
    remedy: str
    is_share: bool = True
    judged: str = ""  # the severity where there are no limits

    @property
    def severity(self) -> str:
        """How bad it is: "problem", "warning" or "ok"."""
        if self.limits is None:
            return self.judged
        passed = [name for name, limit in self.limits._asdict().items() if self.value > limit]
        return passed[-1] if passed else "ok"


def remedy_for(solver, remedy):
    """Add to a remedy that names the learning rate that L-BFGS has none."""
    if solver != "lbfgs" or "learning_rate" not in remedy:
        return remedy
    return f"{remedy} The solver 'lbfgs' has no learning_rate."


def count(number, noun):
    """Write a number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def times(factor):
    """Write a factor."""
    return f"{factor:.2g} times" if factor < 10 else f"{factor:,.0f} times"
