"""`crmctl why CODE`: what a rule says, by the policy of the ledger one stands in, else as it ships."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.context import open_quietly
from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import CrmctlError
from crmctl.i18n import N_, _, label
from crmctl.model.values import Value

if TYPE_CHECKING:
    from crmctl.ledger.disk.rulebook import Requirement, Rule
    from crmctl.ledger.ledger import Ledger

_STATES = {
    "done": N_("done"), "partial": N_("partial"), "missing": N_("missing"), "out_of_scope": N_("not for a program"),
}  # fmt: skip
_DOES = {
    "kinds": N_("Kinds"), "fields": N_("Fields"), "commands": N_("Commands"), "reports": N_("Reports"),
    "rules": N_("Rules"),
}  # fmt: skip


@details(N_("Examples:\n\ncrmctl why REC001\n\ncrmctl why R-ACL-01"))
def why(
    code: Annotated[str, typer.Argument(metavar=N_("CODE"), help=N_("A rule's code, as REC001 or R-ACL-01."))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Explain a rule by its code."""
    from crmctl.ledger.disk.rulebook import requirement, rule, rules
    from crmctl.policy.pack_files import packs_in_force

    out, ledger = Out(as_json), _here(directory)
    packs = [_mapping(raw) for _path, raw in packs_in_force(ledger.in_force.raw)] if ledger else None
    asked = requirement(code)
    if asked is not None:
        named = [one for one in rules(packs).values() if one.requirement == asked.id]
        out.result("requirement", {"requirement": asked, "rules": named}, lambda: _draw_requirement(asked, named))
        return
    found = rule(code, packs)
    out.result("rule", found, lambda: _draw(found, ledger))


def _here(directory: Path | None) -> Ledger | None:
    """The ledger one stands in; a rule can be asked for anywhere, also where the ledger does not load."""
    try:
        ledger = open_quietly(directory)
        return ledger if ledger.in_force.raw else None
    except CrmctlError:
        return None


def _draw(found: Rule, ledger: Ledger | None) -> None:
    pack = found.pack
    if pack and not found.in_force:
        pack = _("{pack} (not in force in this ledger)", pack=pack)
    table([(found.code, "left"), (label(found.text), "left")], [
        (head, text)
        for head, text in (
            (_("Severity"), _(found.severity)), (_("Policy"), pack), (_("Time"), _time(found, ledger)),
            (_("Clause"), found.clause), (_("Requirement"), found.requirement),
            (_("What to do"), label(found.remedy) if found.remedy else ""),
        ) if text
    ])  # fmt: skip


def _time(found: Rule, ledger: Ledger | None) -> str:
    """The time a clock gives, with what the company set where the policy asks it."""
    name = found.within.removeprefix("$")
    if name == found.within or ledger is None or not found.in_force:
        return found.within
    value = ledger.values().get(name)
    return f"{name} = {_('not said') if value is None else value}"


def _draw_requirement(asked: Requirement, named: list[Rule]) -> None:
    rows = [(_("State"), _(_STATES[asked.state]))]
    rows += [(_(_DOES.get(sort, sort)), ", ".join(names)) for sort, names in asked.does.items()]
    rows += [(_("Note"), asked.note)] if asked.note else []
    rows += [(one.code, f"{label(one.text)} ({one.clause})" if one.clause else label(one.text)) for one in named]
    table([(asked.id, "left"), ("", "left")], rows)


def _mapping(raw: object) -> Mapping[str, Value]:
    return raw if isinstance(raw, dict) else {}
