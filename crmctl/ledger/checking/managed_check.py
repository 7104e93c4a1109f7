"""Whether customers are managed by whom their class asks for, as `check` tells it (R-GRD-16, R-GRD-34)."""

from __future__ import annotations

from collections.abc import Iterator

from crmctl.i18n import N_
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.due import agenda_of_duties
from crmctl.model.findings import Finding


def managed_faults(ledger: Ledger) -> Iterator[Finding]:
    """Customers whose class somebody of another role has to manage, as far as this member sees them."""
    standing, items = agenda_of_duties(ledger)
    codes = {managing.managed.code for managing in standing.managing}
    for item in items:
        if item.code in codes:
            args: dict[str, object] = {"department": item.department, "text": item.text, "told": item.told}
            message = N_("{department}: {text}; {told}")
            yield Finding(item.code, message, "error", item.dossier, "", args)
