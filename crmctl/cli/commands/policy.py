"""`crmctl policy list|show|adopt|set|check|diff|coverage`: the rules in force."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details, iso_date
from crmctl.cli.out import Out, finding_line
from crmctl.cli.table import table
from crmctl.errors import ExitCode, NotFound, UsageError
from crmctl.i18n import N_, _, label
from crmctl.model.values import Value

if TYPE_CHECKING:
    from crmctl.policy.unset import Unset

_DIFFERENCES = {
    "same": N_("the same"), "changed": N_("changed"), "only here": N_("only in this ledger"),
    "only shipped": N_("not taken in"),
}  # fmt: skip
_MEANWHILE = {
    "nothing": N_("nothing is asked"), "open": N_("open, never late"), "runs": N_("asked all the same"),
}  # fmt: skip
_STATES = {
    "done": N_("done"), "partial": N_("partial"), "missing": N_("missing"), "out_of_scope": N_("not for a program"),
}  # fmt: skip


@details(N_("Example: crmctl policy list"))
def list_packs(
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List the packs: shipped, in this ledger, in force."""
    from crmctl.ledger.setup.policy_files import pack_states

    out = Out(as_json)
    states = pack_states(open_ledger(directory))
    heads = [_("Pack"), _("Label"), _("In force"), _("Version here"), _("Version shipped"), _("Unchanged")]
    rows = [
        (s.name, label(s.label), _("yes") if s.adopted else _("no"), s.here, s.shipped, _("yes") if s.same else _("no"))
        for s in states
    ]
    out.result("packs", states, lambda: table([(head, "left") for head in heads], rows))


@details(N_("Examples:\n\ncrmctl policy show\n\ncrmctl policy show base\n\ncrmctl policy show company"))
def show(
    pack: Annotated[str | None, typer.Argument(metavar=N_("PACK"), help=N_("A pack; company is your own."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show the values in force, or a pack as it stands in the ledger."""
    from crmctl.ledger.setup.setup_check import pack_path, setup_files

    out = Out(as_json)
    ledger = open_ledger(directory)
    if pack is not None:
        content = setup_files(ledger).get(pack_path(pack))
        if content is None:
            raise NotFound(_("There is no pack {name} in this ledger", name=pack), hint="crmctl policy list")
        raw = ledger.in_force.raw[pack_path(pack)]

        def draw_pack() -> None:
            _draw_header(raw)
            out.line()
            out.line(content.decode().rstrip("\n"))

        out.result("pack", raw, draw_pack)
        return
    from crmctl.policy.pack_files import packs_in_force
    from crmctl.policy.unset import unset_values

    in_force = ledger.in_force.pack
    asking = {pattern: list(terms) for pattern, terms in in_force.asking.items()}
    readers = {pattern: list(terms) for pattern, terms in in_force.reading.items()}
    unset = unset_values((raw for _path, raw in packs_in_force(ledger.in_force.raw)), in_force.values)
    data = {"values": dict(in_force.values), "readers": readers, "by_request": asking, "unset": unset}

    def draw() -> None:
        table(
            [(_("Value"), "left"), (_("Set to"), "left")],
            [(name, _plain(value)) for name, value in in_force.values.items()],
        )
        out.line()
        if unset:
            _draw_unset(unset)
            out.line()
        table(
            [(_("Compartment"), "left"), (_("Who reads"), "left"), (_("Only by request"), "left")],
            [(pattern, ", ".join(terms), ", ".join(asking.get(pattern, ()))) for pattern, terms in readers.items()],
        )

    out.result("policy", data, draw)


@details(
    N_(
        "Examples:\n\ncrmctl policy adopt base\n\ncrmctl policy adopt our-rules.yaml --dry-run\n\n"
        "Copies a shipped pack, or one in a file, into the ledger with the kinds it needs. "
        "A file whose pack is called company takes the place of your own. "
        "A changed copy of policy/calendar.yaml (working days and hours) is taken in the same way."
    )
)
def adopt(
    pack: Annotated[str, typer.Argument(metavar=N_("PACK|FILE"), help=N_("A shipped pack's name, or a file."))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take a pack into the ledger and put it in force."""
    from crmctl.ledger.setup.policy_files import adopt as take

    out = Out(as_json)
    done = take(open_ledger(directory), pack, dry_run=dry_run)
    data = {"pack": done.name, "files": list(done.files), "commit": done.commit, "dry_run": dry_run}

    def draw() -> None:
        if not done.files:
            out.line(_("{name} is in the ledger so already; nothing was written", name=done.name))
            return
        word = _("Would write") if dry_run else _("Written")
        for file in done.files:
            out.line(f"{word} {file}")

    out.result("policy-adopt", data, draw, done.findings)


@details(
    N_(
        "Examples:\n\ncrmctl policy set intake_working_days 2\n\ncrmctl policy set remind_days --unset\n\n"
        "crmctl policy set target_monthly 3000 --from 2027-01-01\n\n"
        "The values in force: crmctl policy show"
    )
)
def set_value(
    name: Annotated[str, typer.Argument(metavar=N_("NAME"), help=N_("The value's name."))],
    value: Annotated[str | None, typer.Argument(metavar=N_("VALUE"), help=N_("What it is set to."))] = None,
    unset: Annotated[bool, typer.Option("--unset", help=N_("Take your own value away again."))] = False,
    start: Annotated[
        date | None,
        typer.Option(
            "--from", metavar=N_("DATE"), parser=iso_date, help=N_("From this day on; until then what was set before.")
        ),
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Set a value the packs leave to the company."""
    from crmctl.ledger.setup.policy_files import set_value as put

    if (value is None) != unset:
        raise UsageError(_("Give a value, or --unset"), hint=f"crmctl policy set {name} …")
    out = Out(as_json)
    before, after, commit = put(open_ledger(directory), name, value, dry_run=dry_run, start=start)
    data = {"name": name, "before": before, "after": after, "commit": commit, "dry_run": dry_run}
    out.result("policy-set", data, lambda: out.line(f"{name}: {_plain(before)} → {_plain(after)}"))


@details(N_("Examples:\n\ncrmctl policy check\n\ncrmctl policy check our-rules.yaml"))
def check(
    file: Annotated[
        Path | None, typer.Argument(metavar=N_("FILE"), help=N_("A pack or kind not yet taken in."))
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Check kinds and packs: every name they use must be there."""
    from crmctl.ledger.setup.policy_files import check_policy

    out = Out(as_json)
    findings = check_policy(open_ledger(directory), file)
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = sum(finding.severity == "warning" for finding in findings)

    def draw() -> None:
        for finding in findings:
            out.line(finding_line(finding))
        out.line(_("{errors:error|errors}, {warnings:warning|warnings}", errors=errors, warnings=warnings))

    if as_json:
        out.result("policy-check", {"errors": errors, "warnings": warnings}, draw, findings)
    else:
        draw()
    if errors:
        raise typer.Exit(int(ExitCode.FINDINGS))


@details(N_("Examples:\n\ncrmctl policy diff\n\ncrmctl policy diff base"))
def diff(
    name: Annotated[str | None, typer.Argument(metavar=N_("PACK|KIND"), help=N_("Only this one."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show how this ledger's packs and kinds differ from the shipped ones."""
    from crmctl.ledger.setup.policy_files import differences

    out = Out(as_json)
    found = list(differences(open_ledger(directory), name))

    def draw() -> None:
        for item in found:
            if item.state != "same" or name is not None:
                out.line(f"{item.path}: {_(_DIFFERENCES[item.state])}")
            for line in item.lines:
                out.line(line)
        same = sum(item.state == "same" for item in found)
        out.say(_("{same} of {count} files are as shipped", same=same, count=len(found)))

    out.result("policy-diff", found, draw)


@details(N_("Examples:\n\ncrmctl policy coverage\n\ncrmctl policy coverage --area REC"))
def coverage(
    area: Annotated[str | None, typer.Option("--area", metavar="REC", help=N_("Only this area, one by one."))] = None,
    as_json: AsJson = False,
) -> None:
    """Show how much of the requirements crmctl meets, area by area."""
    from crmctl.ledger.disk.rulebook import counts, requirements

    out = Out(as_json)
    found = requirements()
    areas = list(dict.fromkeys(item.area for item in found))
    if area is not None and area.upper() not in areas:
        raise NotFound(_("There is no area {area}", area=area), hint=", ".join(areas))
    chosen = [item for item in found if area is None or item.area == area.upper()]
    by_area = {name: counts([item for item in chosen if item.area == name]) for name in areas}
    shown = {name: count for name, count in by_area.items() if area is None or name == area.upper()}
    data: dict[str, object] = {**counts(chosen), "total": len(chosen), "areas": shown}
    if area is not None:
        data["requirements"] = chosen
    heads = [_("Area"), _("Done"), _("Partial"), _("Missing"), _("Not for a program")]

    def draw() -> None:
        if area is not None:
            table(
                [(_("Requirement"), "left"), (_("State"), "left"), (_("Note"), "left")],
                [(item.id, _(_STATES[item.state]), item.note) for item in chosen],
            )
        else:
            rows = [(name, *count.values()) for name, count in [*shown.items(), (_("All"), counts(chosen))]]
            table([(heads[0], "left"), *((head, "right") for head in heads[1:])], rows)

    out.result("coverage", data, draw)


def _draw_unset(unset: list[Unset]) -> None:
    """What the packs ask the company and it has not said: crmctl policy set."""
    rows = [
        (
            one.name,
            "; ".join(label(use) for use in one.uses) or ", ".join(one.codes),
            _(_MEANWHILE[one.meanwhile]),
        )
        for one in unset
    ]
    table([(_("Not set yet"), "left"), (_("For"), "left"), (_("Until it is"), "left")], rows)


def _draw_header(raw: Value) -> None:
    """What a policy says of itself; what it leaves open is said to be so."""
    from crmctl.policy.header import header

    rows = [
        (_(part.title), "; ".join(label(text) for text in part.texts) or _("not said"))
        for part in header(raw if isinstance(raw, dict) else {})
    ]
    table([(_("Policy"), "left"), ("", "left")], rows)


def _plain(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "; ".join(
            _("{value} from {day}", value=step.get("is"), day=step.get("from"))
            if step.get("from") != date.min.isoformat()
            else str(step.get("is"))
            for step in value
            if isinstance(step, dict)
        )
    return "-" if value is None else str(value)


# What stands in data and is spoken to a person.
WORDS = (N_("done"), N_("partial"), N_("missing"), N_("error"), N_("warning"), N_("info"))
