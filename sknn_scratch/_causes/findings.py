"""A finding, and how a check of a network makes one: for the warning of a fit, and for ``diagnose``."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sknn_scratch._causes.remedies import remedy_for

SEVERITIES = ("problem", "warning", "ok")


class Unmeasurable(Exception):
    """Why something cannot be measured, in a few words."""


@dataclass(frozen=True)
class Finding:
    """One check of a fitted network: what was measured, what it means, and what to do.

    Parameters
    ----------
    name : str
        Name of the check, such as "dead units".
    severity : {"problem", "warning", "ok"}
        How bad it is.
    value : float
        The measured number. If there are limits, larger is worse.
    limits : (float, float) or None
        A value above the first is a warning, above the second a problem. None if it does not decide.
    meaning, remedy : str
        What the number means, and what to do.
    unit : str, default="%"
        Unit of the value, such as "of 200 epochs"; "%" for a share.
    cause : str, default=None
        Name of the finding that this one probably follows from.

    See Also
    --------
    diagnose : Returns the findings of a network.

    Examples
    --------
    >>> from sknn_scratch import Finding
    >>> finding = Finding(
    ...     "dead units", "warning", 0.3, (0.25, 0.5), "A third is dead.", "Scale the features."
    ... )
    >>> finding.threshold
    0.25
    """

    name: str
    severity: str
    value: float
    limits: tuple[float, float] | None
    meaning: str
    remedy: str
    unit: str = "%"
    cause: str | None = None

    @property
    def threshold(self) -> float | None:
        """The limit that was exceeded, or the first limit if none was; None without limits."""
        if self.limits is None:
            return None
        return self.limits[1] if self.severity == "problem" else self.limits[0]

    @property
    def advice(self) -> str:
        """What to do: the remedy, or, for an effect, to fix its cause."""
        return self.remedy if self.cause is None else f"Probably an effect of: {self.cause}. Fix that first."

    def written(self, value: float) -> str:
        """Write a value as text.

        Parameters
        ----------
        value : float
            The value of this finding, or one of its limits.

        Returns
        -------
        text : str
        """
        if self.unit != "%":
            number = f"{value:.0f}" if 100 <= value < 1e6 else f"{value:.3g}"
            return f"{number} {self.unit}".rstrip()
        if value < 0.1:
            return f"{100 * value:.2g}%"
        if value < 10:
            return f"{value:.0%}"
        return f"{value:.0f}x" if math.isfinite(value) else "inf"

    @property
    def _numbers(self) -> tuple[str, str]:
        limit = self.threshold
        return self.written(self.value), "" if limit is None else self.written(limit)


class Measured(NamedTuple):
    """A number (larger is worse), its meaning, and the options of a remedy."""

    value: float
    meaning: str
    remedy: Iterable[str]
    severity: str = ""  # one of SEVERITIES, for a check without limits
    unit: str = ""  # of the value, if it is not that of the check


class Check(NamedTuple):
    """How to find something that may be wrong with a network."""

    measure: Callable[[Any], Measured]  # of the evidence; it may raise Unmeasurable
    limits: tuple[float, float] | None  # a larger number is a warning, a problem; None if ``measure`` decides
    explains: tuple[str, ...] = ()  # the names of what follows from it
    unit: str = "%"  # of the number, "%" for a share
    if_unlearned: bool = False  # whether it is looked for only if the network has learned nothing

    def find(self, name: str, evidence: Any) -> Finding:
        value, meaning, options, severity, unit = self.measure(evidence)
        if self.limits is not None:
            warning, problem = self.limits
            severity = "problem" if value > problem else "warning" if value > warning else "ok"
        remedy = remedy_for(evidence.fitted, options)
        return Finding(name, severity, float(value), self.limits, meaning, remedy, unit or self.unit)


def look_for(
    checks: Mapping[str, Check], evidence: Any, is_unlearned: bool
) -> tuple[dict[str, Finding], dict[str, str]]:
    """Measure what may be wrong: findings, and the reasons why others are impossible, by their names."""
    found, reasons = {}, {}
    for name, check in checks.items():
        if is_unlearned or not check.if_unlearned:
            try:
                found[name] = check.find(name, evidence)
            except Unmeasurable as reason:
                reasons[name] = str(reason)
    return found, reasons
