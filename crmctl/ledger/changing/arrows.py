"""Hold a step from state to state against the policy's `arrows:` (R-CMP-05 and others): asked by every draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from crmctl.errors import CrmctlError, InvalidInput, Refused
from crmctl.i18n import N_, _, label
from crmctl.ledger.given_numbers import number_here
from crmctl.ledger.reading.references import references_in
from crmctl.model.dossier import is_office
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind, Label
from crmctl.model.paths import SUFFIX, record_path
from crmctl.model.record import Record
from crmctl.model.values import Value
from crmctl.policy.arrows import NEW, NUMBER, REASON, ArrowRule

if TYPE_CHECKING:
    from crmctl.ledger.reading.proposed import Origin, Proposed

_MISSING = "REC001"
_NOT_YOURS = "REC012"


def must_follow(
    draft: Proposed, kind: Kind, old: Record, after: dict[str, Value], origin: Origin
) -> dict[str, Value]:  # fmt: skip
    """Check the step `old` takes to the state in `after`; returns `after` without what the step clears.

    Raises InvalidInput naming everything the step still needs, Refused for somebody who may not take it.
    """
    rules = [rule for rule in draft.ledger.in_force.pack.arrows if rule.kind == kind.name]
    target = str(after.get("state") or "")
    if not rules or not kind.states or target == old.state:
        return after
    fitting = [rule for rule in rules if rule.fits(old.state or kind.first_state or "", target, after)]
    for rule in fitting:
        _must_be_allowed(draft, rule, kind, old, after)
    _must_have(draft, fitting, kind, old, after, origin)
    cleared = {name for rule in fitting for name in rule.clear if after.get(name) == old.data.get(name)}
    return {name: value for name, value in after.items() if name not in cleared}


def must_begin(
    draft: Proposed, kind: Kind, dossier_id: str, compartment: str, after: Mapping[str, Value]
) -> None:  # fmt: skip
    """Check the state a record is entered in (`new > STATE`). Raises InvalidInput, Refused."""
    fitting = [
        rule for rule in draft.ledger.in_force.pack.arrows
        if rule.kind == kind.name and rule.fits(NEW, str(after.get("state") or ""), after)
    ]  # fmt: skip
    if not fitting:
        return
    made = Record(
        schema=kind.schema, id="", kind=kind.name, dossier=dossier_id, compartment=compartment, generation=1, rev=1,
        prev=None, by=draft.ledger.member_id, for_=None, at=draft.ledger.now.isoformat(), reason=None,
        data=dict(after), unverified={}, known_since=None,
    )  # fmt: skip
    for rule in fitting:
        _must_be_allowed(draft, rule, kind, made, after)
    _must_have(draft, fitting, kind, made, after, None)


def _must_have(
    draft: Proposed, fitting: Iterable[ArrowRule], kind: Kind, old: Record, after: Mapping[str, Value],
    origin: Origin | None,
) -> None:  # fmt: skip
    fitting = list(fitting)
    missing = [
        Finding(rule.code or _MISSING, N_("Missing: {label}"), "error", old.id, group[0],
                {"label": _named(draft, kind, group)})
        for rule in fitting for group in rule.require if not _given(draft, group, old, after, origin)
    ]  # fmt: skip
    if missing:
        said = next((rule.text for rule in fitting if rule.text and rule.code == missing[0].code), None)
        what = label(said) if said else _("{kind}: {count} to correct", kind=label(kind.label), count=len(missing))
        rule_code = missing[0].code
        hint = _hint(kind, old, str(after.get("state")), [finding.field for finding in missing])
        raise InvalidInput(what, where=old.id, rule=rule_code, findings=missing, hint=hint)


def _must_be_allowed(draft: Proposed, rule: ArrowRule, kind: Kind, old: Record, after: Mapping[str, Value]) -> None:
    if rule.by and not _is_one_of(draft, rule.by, old, after):
        who = ", ".join(_who(draft, kind, word) for word in rule.by)
        raise Refused(
            label(rule.text) if rule.text else _("This step is taken by: {who}", who=who), where=old.id,
            rule=rule.code or _NOT_YOURS, hint=_("Ask one of these: {who}", who=who),
        )  # fmt: skip
    if rule.not_by and _is_one_of(draft, rule.not_by, old, after):
        who = ", ".join(_who(draft, kind, word) for word in rule.not_by)
        raise Refused(
            label(rule.text) if rule.text else _("This step is not taken by: {who}", who=who), where=old.id,
            rule=rule.code or _NOT_YOURS, hint=_("It is for somebody else to do"),
        )  # fmt: skip


def _is_one_of(draft: Proposed, words: Iterable[str], old: Record, after: Mapping[str, Value]) -> bool:
    """Whether the member who writes is meant; on somebody's behalf counts as oneself."""
    ledger = draft.ledger
    me, today = ledger.member_id, ledger.today
    place = old.dossier if is_office(old.dossier) else old.compartment
    department = place.removeprefix("office/").partition("/")[0]
    assignment = draft.dossier(old.dossier).assignments.get(department)
    for word in words:
        if assignment is not None and word == "owner" and assignment.owner == me:
            return True
        if assignment is not None and word == "team" and me in assignment.team:
            return True
        if assignment is not None and word == "keeper" and assignment.keeper == me:
            return True
        if _said(after, word) == me or ledger.member.holds(word, department, today):
            return True
    return False


def _said(data: Mapping[str, Value], name: str) -> Value:
    """What stands at a field, or at one of a group (`plan.by`)."""
    outer, _dot, inner = name.partition(".")
    value = data.get(outer)
    return value.get(inner) if inner and isinstance(value, dict) else value


def _given(
    draft: Proposed, group: tuple[str, ...], old: Record, after: Mapping[str, Value], origin: Origin | None
) -> bool:  # fmt: skip
    kind = draft.ledger.in_force.kinds[old.kind]
    for name in group:
        outer, _dot, inner = name.partition(".")
        value = after.get(outer)
        if inner and isinstance(value, dict):
            value = value.get(inner)
        if inner and isinstance(value, list) and not all(isinstance(one, dict) and one.get(inner) for one in value):
            continue  # of a list every entry says it
        if value not in (None, "", [], {}):
            return True
        if name == REASON and kind.field(REASON) is None and origin and origin.reason:
            return True
        if name == NUMBER and kind.number and number_here(draft.ledger, old.id):
            return True
        if kind.field(outer) is None and name in draft.ledger.in_force.kinds and _refers(draft, name, old):
            return True
    return False


def _refers(draft: Proposed, name: str, old: Record) -> bool:
    """Whether a record of that kind in the same place refers to this one; what does not open tells nothing."""
    kind, ledger = draft.ledger.in_force.kinds[name], draft.ledger
    compartment = old.compartment.rpartition("/")[0] + "/" + kind.compartment
    folder = record_path(kind, old.dossier, compartment.lstrip("/"), "-").rpartition("/")[0]
    on_main = (path for path, _oid in ledger.repo.walk(ledger.head, folder) if path.endswith(SUFFIX))
    made = (kept.path for kept in draft.written() if kept.path.startswith(f"{folder}/"))
    for path in dict.fromkeys([*on_main, *made]):
        try:
            data = draft.record(path).data
        except CrmctlError:
            continue
        if any(reference.id == old.id for reference in references_in(kind, data)):
            return True
    return False


def _named(draft: Proposed, kind: Kind, group: tuple[str, ...]) -> Label:
    """What is missing, in both languages; alternatives side by side."""
    labels = [_label(draft, kind, name) for name in group]
    return (" / ".join(zh for zh, _en in labels), " / ".join(en for _zh, en in labels))


def _label(draft: Proposed, kind: Kind, name: str) -> Label:
    found = dict(kind.walk()).get(name)
    if found is not None:
        return found.label
    if name == NUMBER:
        return ("登记编号", "Registration number")
    other = draft.ledger.in_force.kinds.get(name)
    return other.label if other else ("原因", "Reason")


def _who(draft: Proposed, kind: Kind, word: str) -> str:
    field = kind.field(word)
    role = draft.ledger.in_force.pack.vocab.get("role", {}).get(word)
    staff = {"owner": _("who is responsible"), "team": _("who works on it"), "keeper": _("who keeps the data")}
    return label(field.label) if field else label(role) if role else staff.get(word, word)


def _hint(kind: Kind, old: Record, target: str, names: list[str]) -> str:
    fields = [f"--set {name}=…" for name in names if kind.field(name.partition(".")[0])]
    if NUMBER in names and kind.number:
        return "crmctl sync"
    fields += ["--reason …"] if REASON in names else []
    others = [name for name in names if name != REASON and kind.field(name.partition(".")[0]) is None]
    if others and not fields:
        return f"crmctl add {others[0]} --customer {old.dossier} …"
    return " ".join([f"crmctl advance {old.id} {target}", *fields])
