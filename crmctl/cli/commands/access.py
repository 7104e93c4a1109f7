"""`crmctl access WHO | --member M`: who can read what."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.commands.wording import customer_name, part_name
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, At, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import CrmctlError, NotFound, UsageError
from crmctl.i18n import N_, _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.access import Access
from crmctl.ledger.reading.people import member_name, reader_name
from crmctl.model.findings import Finding

_STANDING = {
    "was": N_("could read before, not what came since"),
    "reads": N_("can read"),
    "waits": N_("waits for a colleague's next sync"),
    "not meant": N_("can read, against the policy"),
}


@details(N_("Examples:\n\ncrmctl access 某某医院\n\ncrmctl access --member bob"))
def access(
    who: Annotated[
        str | None, typer.Argument(metavar=N_("WHO"), help=N_("A customer, by name, part of it, initials or id."))
    ] = None,
    member: Annotated[
        str | None, typer.Option("--member", metavar=N_("MEMBER"), help=N_("What this member can read."))
    ] = None,
    at: At = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show who can read a customer's parts, or what a member can read."""
    from crmctl.ledger.reading import lookup
    from crmctl.ledger.reading.access import access_of, access_to, former

    out = Out(as_json)
    if (who is None) == (member is None):
        raise UsageError(_("Name a customer, or a member with --member"), hint="crmctl access WHO")
    ledger = open_ledger(directory, at)
    if member is not None:
        if member not in ledger.in_force.org.members:
            raise NotFound(_("There is no member {member}", member=member), hint="crmctl member list")
        found = access_of(ledger, member)
    else:
        dossier = ledger.dossier(lookup.customer(ledger, who or ""))
        found = [*access_to(ledger, dossier), *former(ledger, dossier)]
    called = _names(ledger) if member is not None else {}
    data = [
        {
            "dossier": a.dossier, "compartment": a.compartment, "member": a.member, "through": a.through,
            "standing": a.standing, "until": a.until, "generation": a.generation,
        }
        for a in found
    ]  # fmt: skip
    draw = (lambda: _of_member(ledger, found, called)) if member is not None else (lambda: _to_customer(ledger, found))
    out.result("access", data, draw, list(_alarms(found)))


def _to_customer(ledger: Ledger, found: list[Access]) -> None:
    columns = [
        (_("Part"), "left"),
        (_("Member"), "left"),
        (_("Name"), "left"),
        (_("Because"), "left"),
        (_("Now"), "left"),
        (_("Generation"), "right"),
    ]
    rows = [
        (
            part_name(ledger, a.compartment), a.member, member_name(ledger, a.member), _because(ledger, a),
            _(_STANDING[a.standing]), str(a.generation),
        )
        for a in found
    ]  # fmt: skip
    table(columns, rows)  # type: ignore[arg-type]


def _of_member(ledger: Ledger, found: list[Access], called: dict[str, str]) -> None:
    columns = [(_("Id"), "left"), (_("Customer"), "left"), (_("Can read"), "left"), (_("Waits for"), "left")]
    by_dossier: dict[str, list[Access]] = {}
    for item in found:
        by_dossier.setdefault(item.dossier, []).append(item)
    rows = [
        (
            dossier, customer_name(ledger, called, dossier) if dossier in called or "/" in dossier else "",
            ", ".join(part_name(ledger, a.compartment) for a in items if a.standing != "waits"),
            ", ".join(part_name(ledger, a.compartment) for a in items if a.standing == "waits"),
        )
        for dossier, items in by_dossier.items()
    ]  # fmt: skip
    table(columns, rows)  # type: ignore[arg-type]


def _because(ledger: Ledger, item: Access) -> str:
    until = {
        grant.member: grant.until for grant in ledger.dossier(item.dossier).grants
        if grant.compartment in {item.compartment, "*"}
    }  # fmt: skip
    if item.standing == "was":
        return _("until {day}", day=item.until) if item.until else ""
    return ", ".join(
        _("allowed until {day}", day=until[reader]) if reader in until else _reader_name(ledger, reader)
        for reader in item.through
    )


def _reader_name(ledger: Ledger, reader: str) -> str:
    return reader_name(ledger, reader) if "." in reader else _("deals with the customer")


def _names(ledger: Ledger) -> dict[str, str]:
    """Names of the customers the person asking can open; none with a locked key: ids are shown then."""
    from crmctl.ledger.snapshot.names import names

    try:
        return {name.id: name.name for name in names(ledger)}
    except CrmctlError:
        return {}


def _alarms(found: list[Access]) -> list[Finding]:
    message = N_("{reader} can open it, which the policy does not say")
    return [
        Finding("KEY002", message, "error", f"{a.dossier} {a.compartment}", "", {"reader": a.member})
        for a in found if a.standing == "not meant"
    ]  # fmt: skip
