"""Who is asked to confirm what another member entered in their name, and whether they have (DESIGN 6, `--for`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crmctl.errors import CrmctlError
from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.monthly import asked_in, find_row, rows_in
from crmctl.model.record import Record

if TYPE_CHECKING:
    from crmctl.ledger.ledger import Ledger
    from crmctl.ledger.reading.proposed import Origin, Proposed


def asked_to_confirm(draft: Proposed, dossier_id: str, compartment: str, origin: Origin) -> tuple[str, ...]:
    """The member, where somebody else enters something for them and they will be able to look at it.

    Who has left, has no key or does not read that part is not asked: they could never answer. Of a month's file each
    entry is asked about by itself.
    """
    ledger, member = draft.ledger, origin.for_member
    if member is None or member == ledger.member_id:
        return ()
    org, today = ledger.in_force.org, ledger.today
    known = org.members.get(member)
    if known is None or not known.has_access or not known.active(today):
        return ()
    readers = ledger.expected_readers(draft.dossier(dossier_id), compartment)
    reads = member in readers or any(member in org.group_members(name, today) for name in readers if "." in name)
    return (member,) if reads else ()


def unconfirmed(record: Record, path: str) -> Iterator[Finding]:
    """What nobody has confirmed yet of what was entered for them: told, and no fault."""
    asked = [(record.id, record.by, member) for member in record.to_confirm]
    asked += [(str(row["id"]), str(row["by"]), member) for row in rows_in(record.data) for member in asked_in(row)]
    for record_id, by, member in asked:
        args = {"member": member, "by": by}
        yield Finding(
            "REV030", N_("Entered for {member}, who has not confirmed it yet"), "info", path, "for", args,
            f"crmctl confirm {record_id} --unchanged",
        )  # fmt: skip


def dropped(ledger: Ledger, path: str, record: Record) -> Iterator[Finding]:
    """Whose confirmation some version claims that they never gave: only a version of their own does.

    Of a month's file the versions are looked through where it holds an entry made for somebody: it has one for each
    entry, and most have none.
    """
    rows = rows_in(record.data)
    if rows and not any(row.get("for") or asked_in(row) for row in rows):
        return
    for _version in range(record.rev - 1):
        try:
            earlier = ledger.read(path, record.prev or "")
        except CrmctlError:
            return  # told by what follows the chain of versions, or not to be opened any more
        left = [member for member in earlier.to_confirm if member not in record.to_confirm]
        for row in rows_in(earlier.data):
            now = find_row(record.data, str(row["id"]))
            left += [member for member in asked_in(row) if now is not None and member not in asked_in(now)]
        for member in dict.fromkeys(left):
            if member != record.by:
                message = N_("{by} took away that {member} was asked to confirm it")
                yield Finding("CHK030", message, "error", path, "to_confirm", {"by": record.by, "member": member})
        record = earlier
