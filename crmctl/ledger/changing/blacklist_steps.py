"""What an entry of the blacklist may say, and become (R-BLK-06, R-BLK-08). Who approves it is the matter of `review:`.

Held by every draft, so that `update`, `advance` and an import obey it like `crmctl blacklist`; asked again where
somebody approves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from crmctl.errors import CrmctlError, NoKey, Refused
from crmctl.i18n import N_, _, finding_text
from crmctl.model.findings import Finding
from crmctl.model.values import Value
from crmctl.policy.blacklist import Blacklist
from crmctl.rules.blacklist import entry_faults

if TYPE_CHECKING:
    from crmctl.ledger.ledger import Ledger

Data = Mapping[str, object]


def must_be_allowed(
    ledger: Ledger, rules: Blacklist, dossier_id: str, before: Data, after: Mapping[str, Value]
) -> None:
    """Hold a new or changed entry against the policy. Raises Refused (BLK006)."""
    if rules.outdated:
        first = "" if ledger.in_force.kinds[rules.kind].addressee else f"crmctl schema add {rules.kind}; "
        raise Refused(
            _("The policy in force does not say yet who approves an entry of the blacklist"), rule="BLK006",
            hint=f"{first}crmctl policy adopt p23",
        )  # fmt: skip
    fault = next(step_faults(ledger, rules, dossier_id, before, after, ledger.today), None)
    if fault is not None:
        raise Refused(finding_text(fault), where=fault.where or None, rule=fault.code, hint=_hint(fault))


def step_faults(
    ledger: Ledger, rules: Blacklist, dossier_id: str, before: Data, after: Mapping[str, Value], today: date
) -> Iterator[Finding]:
    """What the policy forbids of a new (`before` empty) or changed entry made `today`."""
    yield from entry_faults(rules, dossier_id.removeprefix("office/"), before, after, today)
    if after.get("admission") and after.get("admission") != before.get("admission"):
        yield from _admission_passed(ledger, after)


def _admission_passed(ledger: Ledger, after: Data) -> Iterator[Finding]:
    from crmctl.ledger.reading import lookup

    try:
        found = lookup.record(ledger, str(after.get("admission")))
        record = ledger.read(found.path)
    except NoKey:
        return  # a reader of it, who approves, is told
    except CrmctlError as error:
        yield Finding("BLK006", N_("{why}"), "error", str(after.get("admission")), "admission", {"why": error.what})
        return
    since, on = _day(after, "valid_from"), _day(record.data, "decided_on")
    if found.dossier != after.get("customer") or record.state != "admitted" or not (on and since and on > since):
        message = N_("The admission must be this customer's, passed, and decided after {day}")
        yield Finding("BLK006", message, "error", found.id, "admission", {"day": since})


def _hint(fault: Finding) -> str | None:
    if fault.field == "admission":
        return f"crmctl show {fault.where}"
    return _(fault.hint) if fault.hint else None


def _day(data: Data, name: str) -> date | None:
    value = data.get(name)
    return date.fromisoformat(str(value)) if value else None
