"""Who is asked to confirm what another member entered in their name, and whether they have (DESIGN 6, `--for`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from crmctl.errors import CrmctlError
from crmctl.i18n import N_
from crmctl.ledger.reading.people import member_name
from crmctl.model.findings import Finding
from crmctl.model.monthly import asked_in, find_row, rows_in
from crmctl.model.record import Record

if TYPE_CHECKING:
    from crmctl.ledger.ledger import Ledger
    from crmctl.ledger.reading.proposed import Origin, Proposed

_ASKS = b"to_confirm"
_PREV = re.compile(rb"^prev: [\"']?([0-9a-f]{40})", re.MULTILINE)


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


def unconfirmed(ledger: Ledger, record: Record, path: str) -> Iterator[Finding]:
    """What nobody has confirmed yet of what was entered for them: told, and no fault."""
    asked = [(record.id, record.by, member) for member in record.to_confirm]
    asked += [(str(row["id"]), str(row["by"]), member) for row in rows_in(record.data) for member in asked_in(row)]
    for record_id, by, member in asked:
        args = {"member": member, "by": by, "name": member_name(ledger, member)}
        yield Finding(
            "REV030", N_("Entered for {name}, who has not confirmed it yet"), "info", path, "for", args,
            f"crmctl confirm {record_id} --unchanged",
        )  # fmt: skip


def dropped(ledger: Ledger, path: str, record: Record) -> Iterator[Finding]:
    """Whose confirmation some version claims that they never gave: only a version of their own does.

    A month's file has a version for each entry, most of them without any mark: they are read in full only where one
    of them has some, whatever the newest still says of it.
    """
    if rows_in(record.data) and not _ever_asked(ledger, path, record):
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
                message = N_("{by_name} took away that {name} was asked to confirm it")
                names = {"by_name": member_name(ledger, record.by), "name": member_name(ledger, member)}
                args = {"by": record.by, "member": member, **names}
                yield Finding("CHK030", message, "error", path, "to_confirm", args)
        record = earlier


def _ever_asked(ledger: Ledger, path: str, record: Record) -> bool:
    """Whether an earlier version asks somebody to confirm something; looked for in its text, not parsed."""
    earlier = record.prev
    for _version in range(record.rev - 1):
        if earlier is None:
            break
        try:
            plain, _generation = ledger.open_sealed(path, ledger.repo.read_blob(earlier))
        except CrmctlError:
            break  # told by what follows the chain of versions, or not to be opened any more
        if _ASKS in plain:
            return True
        found = _PREV.search(plain)
        earlier = found[1].decode() if found else None
    return False
