"""The report of all findings: as text, and as HTML that is readable on light and dark pages."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sknn_scratch._causes.findings import SEVERITIES, Finding
from sknn_scratch._causes.words import html_table, quantity

TEXT_WIDTH = 88
SIGNS = {"problem": "✗", "warning": "▲", "ok": "✓"}
TITLES = ("", "finding", "number", "limit", "meaning", "remedy")  # of the table


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """The result of :func:`diagnose`: iterate over the findings, print it, or show it in a notebook.

    Parameters
    ----------
    subject : str
        What was examined.
    checks : tuple of Finding
        All checks, also those without a problem.
    not_checked : dict of str to str
        The checks that were not possible, and why.

    See Also
    --------
    diagnose : Returns the diagnosis of a network.

    Examples
    --------
    >>> from sknn_scratch import Diagnosis
    >>> diagnosis = Diagnosis("a network", (), {"overfitting": "it needs y"})
    >>> print(diagnosis)
    Diagnosis of a network: no problem found
    <BLANKLINE>
    not checked  overfitting: it needs y
    """

    subject: str
    checks: tuple[Finding, ...]
    not_checked: dict[str, str]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The checks that found something: the causes, problems first, each with its effects below it."""
        found = [finding for finding in self.checks if finding.severity != "ok"]
        found.sort(key=lambda finding: SEVERITIES.index(finding.severity))
        causes = [finding for finding in found if finding.cause is None]
        return tuple(
            finding
            for cause in causes
            for finding in (cause, *(effect for effect in found if effect.cause == cause.name))
        )

    @property
    def _healthy(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.checks if finding.severity == "ok")

    @property
    def fix_first(self) -> Finding | None:
        """The finding to begin with; None if there is none."""
        return next(iter(self.findings), None)

    @property
    def ok(self) -> bool:
        """Whether there is no problem; there may be warnings."""
        return all(finding.severity != "problem" for finding in self.checks)

    @property
    def summary(self) -> str:
        """The number of problems and warnings, in words."""
        counts = Counter(finding.severity for finding in self.checks)
        words = [quantity(counts[one], one) for one in ("problem", "warning") if counts[one]]
        return ", ".join(words) or "no problem found"

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __repr__(self) -> str:
        lines = [f"Diagnosis of {self.subject}: {self.summary}"]
        if self.fix_first:
            lines += [f"Fix first: {self.fix_first.name}"]
        for finding in self.findings:
            lines += ["", headline(finding), *indented(finding.meaning), *indented(f"-> {finding.advice}")]
        if self._healthy:
            lines += ["", *map(headline, self._healthy)]
        if self.not_checked:
            lines += [""]
            lines += [f"not checked  {name}: {reason}" for name, reason in self.not_checked.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        checks = [(one, one.advice) for one in self.findings] + [(one, "") for one in self._healthy]
        rows = [
            (f"{SIGNS[one.severity]} {one.severity}", one.name, *one._numbers, one.meaning, advice)
            for one, advice in checks
        ]
        rows += [("- not checked", name, "", "", why, "") for name, why in self.not_checked.items()]
        first = f" Fix first: {self.fix_first.name}" if self.fix_first else ""
        caption = f"Diagnosis of {self.subject}: {self.summary}.{first}"
        return html_table(TITLES, rows, n_broken=2, caption=caption)


def headline(finding: Finding) -> str:
    written, limit = finding._numbers
    number, _, unit = written.partition(" ")
    line = f"{finding.severity:<11}  {finding.name:<24} {number:>7} {unit}".rstrip()
    return f"{line}  (limit {limit})" if limit else line


def indented(text: str) -> list[str]:
    return textwrap.wrap(text, TEXT_WIDTH, initial_indent=" " * 13, subsequent_indent=" " * 13)
