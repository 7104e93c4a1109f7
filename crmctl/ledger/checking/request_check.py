"""Requests that say they were approved, against the approvals they landed with; and those that do not say so yet."""

from __future__ import annotations

from collections.abc import Iterator

from crmctl.errors import CrmctlError
from crmctl.i18n import N_
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.requests_approved import approved_requests
from crmctl.model.dossier import folder_of
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.policy.review import AREAS


def request_faults(ledger: Ledger) -> Iterator[Finding]:
    """What of the requests this member can open does not follow from their approvals, where the policy asks for any."""
    if not any(trigger.what not in AREAS for rule in ledger.in_force.pack.review for trigger in rule.on):
        return  # of records nobody approves anything: who decided is a field like others
    paths = [
        (path, kind.effect.decided.state) for kind in ledger.in_force.kinds.values()
        if kind.effect and kind.effect.decided for path in _paths(ledger, kind)
    ]  # fmt: skip
    approved = approved_requests(ledger) if paths else {}
    for path, state in paths:
        if path in approved:
            continue
        try:
            record = ledger.read(path)
        except CrmctlError:
            continue  # told by the check of the file
        if record.state == state:
            message = N_("It says that it was approved, and nobody approved it")
            yield Finding("REV031", message, "error", path, "state", {"by": record.by})


def _paths(ledger: Ledger, kind: Kind) -> Iterator[str]:
    for department in ledger.in_force.org.departments:
        folder = f"{folder_of(f'office/{department}')}/{kind.compartment}/{kind.folder}"
        if ledger.repo.entry(ledger.main, folder) is not None:
            yield from (path for path, _oid in ledger.repo.walk(ledger.main, folder))
