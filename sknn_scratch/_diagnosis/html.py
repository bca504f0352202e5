"""A diagnosis as an HTML table, for notebooks: plain HTML, readable on light and dark pages."""

from html import escape
from typing import Any

SIGNS = {"problem": "✗", "warning": "▲", "ok": "✓"}  # in the colour of the text, on any page
CELL = "padding:4px 10px;text-align:left;vertical-align:top"


def table(diagnosis: Any) -> str:
    """Write a Diagnosis as an HTML table."""
    healthy = [finding for finding in diagnosis.checks if finding.severity == "ok"]
    rows = [*map(row, diagnosis.findings), *map(row, healthy)]
    rows += [unchecked_row(*item) for item in diagnosis.not_checked.items()]
    head = "".join(
        f'<th style="{CELL}">{title}</th>'
        for title in ("", "finding", "number", "limit", "meaning and remedy")
    )
    first = f"<br/>Fix first: <b>{escape(diagnosis.fix_first.name)}</b>" if diagnosis.fix_first else ""
    return (
        '<table style="border-collapse:collapse">'
        f'<caption style="caption-side:top;text-align:left;padding:4px 10px">Diagnosis of '
        f"{escape(diagnosis.subject)}: <b>{escape(diagnosis.summary)}</b>{first}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def row(finding):
    """Write a finding as a row; without a remedy if all is well."""
    words = escape(finding.meaning)
    if finding.severity != "ok":
        title = "<b>Remedy:</b> " if finding.cause is None else ""
        words += f"<br/>{title}{escape(finding.advice)}"
    cells = (
        f'<span style="white-space:nowrap"><b>{SIGNS[finding.severity]}</b> {finding.severity}</span>',
        f'<span style="white-space:nowrap">{escape(finding.name)}</span>',
        finding.written(finding.value),
        "" if finding.limits is None else finding.written(finding.threshold),
        words,
    )
    return "<tr>" + "".join(f'<td style="{CELL}">{cell}</td>' for cell in cells) + "</tr>"


def unchecked_row(name, reason):
    """Write a check that was not possible as a row."""
    return (
        f'<tr style="opacity:0.65"><td style="{CELL}">-</td><td style="{CELL}">{escape(name)}</td>'
        f'<td style="{CELL}" colspan="2">not checked</td><td style="{CELL}">{escape(reason)}</td></tr>'
    )
