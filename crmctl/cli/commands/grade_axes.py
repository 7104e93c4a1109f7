"""`crmctl grade axes|mix`: the ways of grading in force, and how the grades are spread."""

from __future__ import annotations

from crmctl.cli.commands.grade import AxisName, Department, department_chosen
from crmctl.cli.commands.service_words import service_lines
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, AsOf, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import BadConfiguration
from crmctl.i18n import N_, _, finding_text, label
from crmctl.ledger.changing.regrading import run as decide
from crmctl.ledger.deciding import axes_here, axis_named, rules_for
from crmctl.rules.regrade import shares


@details(N_("Examples:\n\ncrmctl grade axes\n\ncrmctl grade axes --axis value"))
def axes(
    department: Department = None,
    axis: AxisName = None,
    as_of: AsOf = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List the ways customers are graded, or one with its grades and what they mean."""
    out = Out(as_json)
    ledger = open_ledger(directory)
    chosen = department_chosen(ledger, department)
    known = axes_here(ledger, chosen)
    names = [axis_named(ledger, axis, chosen)] if axis is not None else list(known)
    rows: list[dict[str, object]] = []
    lines: list[str] = []
    for name in names:
        vocab = ledger.in_force.pack.vocab.get(known[name][1], {})
        row: dict[str, object] = {"axis": name, "label": known[name][0]}
        try:
            read = rules_for(ledger, chosen, name, as_of or ledger.today).axis
            row |= {"grades": list(read.grading.grades), "record": read.records, "ready": True, "why": ""}
            for grade in read.grading.grades if axis is not None else ():
                lines += [label(vocab.get(grade, grade)), *(f"  {line}" for line in service_lines(ledger, read, grade))]
        except BadConfiguration as error:
            # what else is said follows from the values that nobody has set
            lost = [finding for finding in error.findings if finding.field.startswith("needs.")]
            why = "; ".join(dict.fromkeys(finding_text(finding) for finding in lost or error.findings))
            row |= {"grades": [], "record": None, "ready": False, "why": why}
        rows.append(row)

    def show() -> None:
        heads = [_("Axis"), _("Label"), _("Grades"), _("Put forward"), _("What is missing")]
        cells = [
            (
                row["axis"], label(known[str(row["axis"])][0]),
                ", ".join(label(ledger.in_force.pack.vocab.get(known[str(row["axis"])][1], {}).get(g, g))
                          for g in row["grades"]),  # type: ignore[attr-defined]  # a list, made above
                "" if row["record"] is None else _("yes") if row["record"] else _("no"), row["why"],
            )
            for row in rows
        ]  # fmt: skip
        table([(head, "left") for head in heads], cells)
        for line in lines:
            out.line(line)

    out.result("grade-axes", rows, show)


@details(N_("Example: crmctl grade mix --department east"))
def mix(
    department: Department = None,
    axis: AxisName = None,
    as_of: AsOf = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show how many hold each grade, against the share the department aims at."""
    out = Out(as_json)
    ledger = open_ledger(directory)
    chosen = department_chosen(ledger, department)
    done = decide(ledger, chosen, as_of or ledger.today, None, axis_named(ledger, axis, chosen))
    found = shares(done.rules.grading.grades, list(done.holders.values()), done.rules.axis.mix)
    data = {
        "department": chosen, "axis": done.rules.axis.name, "as_of": done.as_of,
        "grades": [
            {"grade": one.grade, "count": one.count, "of": one.of, "share": f"{float(one.share):.4f}",
             "from": None if one.low is None else f"{float(one.low):.4f}",
             "to": None if one.high is None else f"{float(one.high):.4f}", "off": f"{float(one.off):.4f}"}
            for one in found
        ],
    }  # fmt: skip

    def show() -> None:
        vocab = ledger.in_force.pack.vocab.get(done.rules.axis.words, {})
        heads = [_("Grade"), _("Customers"), _("Share"), _("Target"), _("Off by")]
        rows = [
            (
                label(vocab.get(one.grade, one.grade)), one.count, f"{float(one.share):.1%}",
                "" if one.low is None or one.high is None else f"{float(one.low):.0%}–{float(one.high):.0%}",
                "" if one.low is None else f"{float(one.off) * 100:+.1f}" if one.off else _("within"),
            )
            for one in found
        ]  # fmt: skip
        table([(heads[0], "left"), *((head, "right") for head in heads[1:])], rows)

    out.result("grade-mix", data, show)
