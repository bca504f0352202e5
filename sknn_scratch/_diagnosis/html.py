"""A diagnosis as an HTML table with small pictures, for notebooks: plain HTML and SVG, light and dark."""

from html import escape
from typing import Any

# The colours of Okabe and Ito (2008), each with a shape for readers who cannot tell the colours apart.
MARKS = {
    "problem": ("#D55E00", "M3 3 L13 13 M13 3 L3 13"),
    "warning": ("#E69F00", "M8 3 L14 13 L2 13 Z"),
    "ok": ("#009E73", "M3 8 L7 12 L13 4"),
}
BAR_WIDTH, BAR_HEIGHT = 110, 14
BEYOND = 1.3  # length of a bar, in units of its last limit
LEAST_OK = 10  # smallest width of the zone "ok" if the value is in it, even if its limit is 0
CELL = "padding:4px 10px;text-align:left;vertical-align:top"


def table(diagnosis: Any) -> str:
    """Write a Diagnosis as an HTML table."""
    healthy = [finding for finding in diagnosis.checks if finding.severity == "ok"]
    rows = [*map(row, diagnosis.findings), *map(row, healthy)]
    rows += [unchecked_row(*item) for item in diagnosis.not_checked.items()]
    head = "".join(
        f'<th style="{CELL}">{title}</th>'
        for title in ("", "finding", "number", "limit", "", "meaning and remedy")
    )
    first = f"<br/>Fix first: <b>{escape(diagnosis.fix_first.name)}</b>" if diagnosis.fix_first else ""
    return (
        '<table style="border-collapse:collapse">'
        f'<caption style="caption-side:top;text-align:left;padding:4px 10px">Diagnosis of '
        f"{escape(diagnosis.subject)}: <b>{escape(diagnosis.summary)}</b>{first}<br/>{legend()}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def legend():
    """Explain the colours and the line of a bar."""
    zones = " ".join(
        f'<span style="white-space:nowrap">{mark(severity)} {severity}{end}</span>'
        for severity, end in zip(reversed(MARKS), ",,.", strict=True)
    )
    return f"The line in a bar shows the number, on a scale of three zones: {zones}"


def row(finding):
    """Write a finding as a row; without a remedy if all is well."""
    words = escape(finding.meaning)
    if finding.severity != "ok":
        title = "<b>Remedy:</b> " if finding.cause is None else ""
        words += f"<br/>{title}{escape(finding.advice)}"
    cells = (
        mark(finding.severity),
        f'<span style="white-space:nowrap">{escape(finding.name)}</span>',
        finding.written(finding.value),
        "" if finding.limits is None else finding.written(finding.threshold),
        "" if finding.limits is None else bar(finding),
        words,
    )
    return "<tr>" + "".join(f'<td style="{CELL}">{cell}</td>' for cell in cells) + "</tr>"


def unchecked_row(name, reason):
    """Write a check that was not possible as a row."""
    return (
        f'<tr style="opacity:0.65"><td style="{CELL}">-</td><td style="{CELL}">{escape(name)}</td>'
        f'<td style="{CELL}" colspan="3">not checked</td><td style="{CELL}">{escape(reason)}</td></tr>'
    )


def mark(severity):
    """Draw a severity: a cross, a triangle or a tick."""
    color, path = MARKS[severity]
    return (
        f'{svg(16, 16, severity)}<path d="{path}" fill="none" stroke="{color}" stroke-width="2.5" '
        f'stroke-linejoin="round"/></svg>'
    )


def bar(finding):
    """Draw the value on a scale with the zones ok, warning and problem."""
    scale = BAR_WIDTH / (BEYOND * finding.limits[1] or 1.0)  # both limits may be zero
    ends = [0, *(scale * limit for limit in finding.limits), BAR_WIDTH]
    if finding.severity == "ok":
        ends[1] = max(ends[1], LEAST_OK)
    zones = "".join(
        f'<rect x="{start:.1f}" width="{end - start:.1f}" height="{BAR_HEIGHT}" fill="{MARKS[severity][0]}" '
        f'fill-opacity="0.35"/>'
        for severity, start, end in zip(("ok", "warning", "problem"), ends, ends[1:], strict=False)
        if end > start
    )
    x = min(max(scale * finding.value, 2), BAR_WIDTH - 2)
    words = f"{finding.written(finding.value)}, limit {finding.written(finding.threshold)}"
    return (
        f"{svg(BAR_WIDTH, BAR_HEIGHT, words)}{zones}"
        f'<rect x="{x - 2:.1f}" width="4" height="{BAR_HEIGHT}" fill="currentColor"/></svg>'
    )


def svg(width, height, words):
    """Open a picture; without a width, styles of notebooks and sites would shrink it to its cell."""
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" style="max-width:none" '
        f'role="img" aria-label="{words}"><title>{words}</title>'
    )
