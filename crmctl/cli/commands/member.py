"""`crmctl member add|list|show|role|leave`: who is in the ledger."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details, iso_date
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import NotFound, UsageError
from crmctl.i18n import N_, _
from crmctl.ledger.keys.identity import PublicKeys
from crmctl.model.org import Member, Role

RoleOption = Annotated[
    list[str] | None,
    typer.Option("--role", metavar="ROLE[@DEPARTMENT]", help=N_("A role, as sales@east or finance; may be repeated.")),
]


@details(
    N_(
        "Example: crmctl member add --key 'bob age1… ssh-ed25519 …' --name 鲍勃 --role sales@east "
        "--supervisor carol\n\n"
        "The key is the line `crmctl key new` printed for the new member (or a file with it)."
    )
)
def add(
    key: Annotated[str, typer.Option("--key", metavar=N_("LINE|FILE"), help=N_("What `crmctl key new` printed."))],
    name: Annotated[str | None, typer.Option("--name", help=N_("Full name."))] = None,
    role: RoleOption = None,
    supervisor: Annotated[str | None, typer.Option("--supervisor", metavar=N_("MEMBER"))] = None,
    territory: Annotated[str | None, typer.Option("--territory")] = None,
    pledged: Annotated[
        date | None,
        typer.Option(
            "--pledged", metavar=N_("DATE"), parser=iso_date, help=N_("When secrecy was promised in writing.")
        ),
    ] = None,
    device: Annotated[
        list[str] | None,
        typer.Option("--device", metavar=N_("DEVICE"), help=N_("A designated device, as crmctl key show prints it.")),
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Enrol a member."""
    from crmctl.ledger.setup.enrol import add_member

    out = Out(as_json)
    ledger = open_ledger(directory)
    keys = read_key_line(key)
    roles = read_roles(role or [], ledger.today, ledger.in_force.pack.company_roles)
    devices = tuple(device or [])
    commit = add_member(ledger, keys, name, roles, supervisor, territory, pledge=pledged, devices=devices)
    said = _("{member} is enrolled. Next: crmctl sync", member=keys.member)
    out.result("member-add", {"id": keys.member, "commit": commit}, lambda: out.line(said))


@details(N_("Example: crmctl member role bob supervisor@east sales@east"))
def role(
    member: Annotated[str, typer.Argument(metavar=N_("MEMBER"))],
    roles: Annotated[list[str], typer.Argument(metavar="ROLE[@DEPARTMENT]...")],
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Set the roles of a member."""
    from crmctl.ledger.setup.enrol import set_roles

    out = Out(as_json)
    ledger = open_ledger(directory)
    commit = set_roles(ledger, member, read_roles(roles, ledger.today, ledger.in_force.pack.company_roles))
    out.result("member-role", {"id": member, "commit": commit}, lambda: out.line(_("Done. Next: crmctl sync")))


@details(N_("Example: crmctl member leave bob --on 2026-12-31"))
def leave(
    member: Annotated[str, typer.Argument(metavar=N_("MEMBER"))],
    on: Annotated[
        date | None,
        typer.Option("--on", metavar=N_("DATE"), parser=iso_date, help=N_("The last day; today if not given.")),
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """End a membership."""
    from crmctl.ledger.setup.enrol import leave as end

    out = Out(as_json)
    ledger = open_ledger(directory)
    commit = end(ledger, member, on or ledger.today)
    out.result("member-leave", {"id": member, "commit": commit}, lambda: out.line(_("Done. Next: crmctl sync")))


@details(N_("Example: crmctl member device bob 3f2a90c1d7be. The member sees the number with crmctl key show."))
def device(
    member: Annotated[str, typer.Argument(metavar=N_("MEMBER"))],
    devices: Annotated[list[str], typer.Argument(metavar=N_("DEVICE..."))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Designate the devices a member works on."""
    from crmctl.ledger.setup.enrol import set_devices

    out = Out(as_json)
    commit = set_devices(open_ledger(directory), member, tuple(devices))
    out.result("member-device", {"id": member, "commit": commit}, lambda: out.line(_("Done. Next: crmctl sync")))


@details(N_("Example: crmctl member pledge bob --on 2026-11-20"))
def pledge(
    member: Annotated[str, typer.Argument(metavar=N_("MEMBER"))],
    on: Annotated[date, typer.Option("--on", metavar=N_("DATE"), parser=iso_date, help=N_("The day of the promise."))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Note that a member has promised secrecy in writing."""
    from crmctl.ledger.setup.enrol import pledge as promised

    out = Out(as_json)
    commit = promised(open_ledger(directory), member, on)
    out.result("member-pledge", {"id": member, "commit": commit}, lambda: out.line(_("Done. Next: crmctl sync")))


@details(N_("Example: crmctl member list --role supervisor"))
def list_members(
    role: Annotated[str | None, typer.Option("--role", help=N_("Only those who hold this role."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List the members."""
    out = Out(as_json)
    ledger = open_ledger(directory)
    members = [
        m for m in ledger.in_force.org.members.values()
        if role is None or any(r.role == role and r.active(ledger.today) for r in m.roles)
    ]  # fmt: skip
    columns = [
        (_("Member"), "left"),
        (_("Name"), "left"),
        (_("Roles"), "left"),
        (_("Supervisor"), "left"),
        (_("Until"), "left"),
    ]
    rows = [(m.id, m.name, _roles(m, ledger.today), m.supervisor, m.until) for m in members]
    out.result("members", [_document(m, ledger.today) for m in members], lambda: table(columns, rows))  # type: ignore[arg-type]


@details(N_("Example: crmctl member show bob"))
def show(
    member: Annotated[str, typer.Argument(metavar=N_("MEMBER"))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show a member."""
    out = Out(as_json)
    ledger = open_ledger(directory)
    found = ledger.in_force.org.members.get(member)
    if found is None:
        raise NotFound(_("There is no member {member}", member=member), hint="crmctl member list")
    document = _document(found, ledger.today)
    rows = [(key, ", ".join(value) if isinstance(value, list) else value) for key, value in document.items()]
    out.result("member", document, lambda: table([(_("Field"), "left"), (_("Value"), "left")], rows))


def read_key_line(text: str) -> PublicKeys:
    """`bob age1… ssh-ed25519 …`, or a file that holds such a line, as PublicKeys. Raises UsageError."""
    line = text
    if not text.count(" ") and Path(text).is_file():
        line = Path(text).read_text("utf-8").strip()
    parts = line.split()
    if len(parts) < 4 or not parts[1].startswith("age1") or parts[2] != "ssh-ed25519":
        raise UsageError(_("This is no key line"), hint=_("Paste what `crmctl key new` printed"))
    return PublicKeys(parts[0], parts[1], f"{parts[2]} {parts[3]}")


def read_roles(texts: list[str], today: date, company_roles: frozenset[str]) -> tuple[Role, ...]:
    """`sales@east`, `finance` as roles from today on. Raises UsageError."""
    roles = []
    for text in texts:
        name, at, department = text.partition("@")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or (at and not department):
            raise UsageError(_("Not a role: {text}", text=text), hint="sales@east, finance")
        if bool(at) == (name in company_roles):
            raise UsageError(
                _("{role} is held in a department", role=name)
                if not at
                else _("{role} is held in the whole company", role=name),
                hint=f"{name}@DEPARTMENT" if not at else name,
            )
        roles.append(Role(name, department or None, today))
    return tuple(roles)


def _roles(member: Member, today: date) -> str:
    return " ".join(f"{r.role}@{r.department}" if r.department else r.role for r in member.roles if r.active(today))


def _document(member: Member, today: date) -> dict[str, object]:
    return {
        "id": member.id, "name": member.name, "roles": _roles(member, today).split(), "supervisor": member.supervisor,
        "territory": member.territory, "from": member.since.isoformat(),
        "until": member.until.isoformat() if member.until else None, "opens": member.opens, "signs": member.signs,
        "pledge": member.pledge.isoformat() if member.pledge else None,
        "issued": member.issued.isoformat() if member.issued else None, "devices": list(member.devices),
    }  # fmt: skip
