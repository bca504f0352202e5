"""The report: its order, its text and its HTML."""

import math
import xml.etree.ElementTree as ET

import pytest

from sknn_scratch import Diagnosis, Finding, diagnose


def some_findings():
    return (
        Finding("dead units", "ok", 0.0, (0.25, 0.5), "None are dead.", "Nothing."),
        Finding("saturation", "warning", 0.6, (0.5, 0.75), "Many <are> flat.", "Scale & wait."),
        Finding("unscaled features", "problem", 1040.3, (10.0, 100.0), "Large.", "Scale.", unit=""),
    )


def test_text():
    assert str(Diagnosis("a network", some_findings(), {"overfitting": "it needs y"})) == "\n".join(
        [
            "Diagnosis of a network: 1 problem, 1 warning",
            "Fix first: unscaled features",
            "",
            "problem      unscaled features           1040  (limit 100)",
            "             Large.",
            "             -> Scale.",
            "",
            "warning      saturation                   60%  (limit 50%)",
            "             Many <are> flat.",
            "             -> Scale & wait.",
            "",
            "ok           dead units                    0%  (limit 25%)",
            "",
            "not checked  overfitting: it needs y",
        ]
    )
    assert repr(diagnosis := Diagnosis("a network", some_findings()[:1], {})) == str(diagnosis)
    assert str(diagnosis).startswith("Diagnosis of a network: no problem found\n")
    assert str(Diagnosis("a network", some_findings()[2:], {})).endswith("-> Scale.")


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [(0.874, "%", "87%"), (0.0123, "%", "1.2%"), (0.0, "%", "0%"), (12.3, "%", "12x"),
     (math.inf, "%", "inf"), (1.2345, "", "1.23"), (1040.3, "", "1040"), (1e30, "", "1e+30"),
     (27.0, "of 200 epochs", "27 of 200 epochs")],
)  # fmt: skip
def test_numbers(value, unit, written):
    finding = Finding("a", "ok", value, (1.0, 2.0), "b", "c", unit)
    assert finding.written(value) == written


def test_html_is_a_well_formed_table(data, healthy):
    for diagnosis in (Diagnosis("a <b>", some_findings(), {"c": "d & e"}), diagnose(healthy, *data)):
        html = diagnosis._repr_html_()
        table = ET.fromstring(html)
        rows = table.findall("tbody/tr")
        assert len(rows) == len(diagnosis.checks) + len(diagnosis.not_checked)
        for row in rows[: len(diagnosis.checks)]:
            assert (row[3].text is not None) == (row[1].text != "not converged")  # it has no limit
        widths = {sum(int(cell.get("colspan", 1)) for cell in row) for row in rows}
        assert widths == {len(table.findall("thead/tr/th"))}
    assert "script" not in html
    table = ET.fromstring(Diagnosis("a network", some_findings(), {})._repr_html_())
    severities = ["".join(row[0].itertext()) for row in table.findall("tbody/tr")]
    assert severities == ["✗ problem", "▲ warning", "✓ ok"]


def test_effects_stand_below_their_cause_and_send_to_it():
    def finding(name, severity, cause=None):
        return Finding(name, severity, 1.0, None, "So it is.", f"Mend {name}.", cause=cause)

    listed = ("a warning", "b warning a", "c problem", "d warning c", "e problem c", "f ok")
    checks = tuple(finding(*one.split()) for one in listed)
    diagnosis = Diagnosis("a network", checks, {})
    assert [one.name for one in diagnosis] == ["c", "e", "d", "a", "b"]
    assert diagnosis.fix_first.name == "c"
    assert str(diagnosis).splitlines()[1] == "Fix first: c"
    assert "-> Probably an effect of: c. Fix that first." in str(diagnosis)
    assert "Mend e" not in str(diagnosis)
    assert "Mend a" in diagnosis._repr_html_()
    assert "Mend b" not in diagnosis._repr_html_()
    assert len(diagnosis) == 5
    assert not diagnosis.ok
    healthy = Diagnosis("a network", checks[-1:], {})
    assert healthy.ok
    assert healthy.fix_first is None
