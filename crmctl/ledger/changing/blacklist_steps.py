"""Whether a step of a blacklist entry may be taken: by whom, after what (R-BLK-02, R-BLK-03, R-BLK-08, R-BLK-11).

Held by every draft, so that `update`, `advance` and an import obey it like `crmctl blacklist`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from crmctl.errors import NoKey, Refused
from crmctl.i18n import _, label
from crmctl.model.kinds import Kind
from crmctl.model.values import Value
from crmctl.policy.blacklist import PERSON, Blacklist, Level
from crmctl.rules.blacklist import LISTED, Listed, bar_of, term_end, term_over

if TYPE_CHECKING:
    from crmctl.ledger.reading.proposed import Proposed

Data = Mapping[str, object]
# Who proposes an entry decides nothing about it.
_APART = ("verify", "sign")
_FIXED = ("customer", "level", "of_department", "valid_from", "valid_to")


def must_be_allowed(
    draft: Proposed, rules: Blacklist, kind: Kind, dossier_id: str, before: Data, after: Mapping[str, Value]
) -> None:
    """Hold a new version of an entry, or of a notice, against the policy. Raises Refused (BLK002, BLK003, BLK006)."""
    level = rules.levels.get(str(after.get("level")))
    if level is None:
        raise Refused(_("The policy has no such level of the blacklist"), rule="BLK006", hint="crmctl policy show")
    department = dossier_id.removeprefix("office/")
    if kind.name == rules.notice:
        _may_post(draft, rules, level, department)
        return
    _steps(draft, level, department, before, after)
    _own_approvals(draft, department, before, after)
    if after.get("admission") and after.get("admission") != before.get("admission"):
        _admission_passed(draft, after)
    _stands(before, after)
    state, was = after.get("state"), before.get("state")
    if state == was:
        return
    if state in {"verified", "rejected"}:
        _looked_at(draft, level, department, after)
    elif state == "in_force":
        _enters(level, department, after)
    elif state == "shortened":
        _shortens(level, after)
    elif state == "readmitted":
        _readmits(draft, rules, level, before, after)
    elif state == "expired" and not _over(draft, level, after):
        raise Refused(_("Its term is not over"), rule="BLK006", hint="crmctl blacklist list")


def may_act(draft: Proposed, role: str, department: str) -> bool:
    """Whether the member at work holds a role in the department or the whole company."""
    ledger = draft.ledger
    return ledger.member.holds(role, department, ledger.today)


def _steps(draft: Proposed, level: Level, department: str, before: Data, after: Data) -> None:
    me = draft.ledger.member_id
    for step, name in PERSON.items():
        who = after.get(name)
        if who is None or who == before.get(name):
            continue
        if who != me:
            raise Refused(
                _("Everybody takes a step under their own name: {field} can only be {me}", field=name, me=me),
                rule="BLK002", hint=_("{who} does it in their own copy", who=who),
            )  # fmt: skip
        roles = level.roles(step)
        if roles and not any(may_act(draft, role, department) for role in roles):
            raise Refused(_role_needed(draft, level, roles), rule="BLK002", hint="crmctl member list")
        if step in _APART and who == after.get("proposed_by"):
            raise Refused(
                _("Who proposed an entry may not decide about it"), rule="BLK003",
                hint=_("Let another one do it who has the role"),
            )  # fmt: skip


def _role_needed(draft: Proposed, level: Level, roles: tuple[str, ...]) -> str:
    vocab = draft.ledger.in_force.pack.vocab
    named = ", ".join(label(vocab.get("role", {}).get(role, role)) for role in roles)
    spoken = label(vocab.get("blacklist_level", {}).get(level.name, level.name))
    return _("This step of the list ({level}) belongs to: {roles}", level=spoken, roles=named)


def _may_post(draft: Proposed, rules: Blacklist, level: Level, department: str) -> None:
    roles = (*level.roles("sign"), *level.roles("shorten"), *rules.readmit.roles)
    if not any(may_act(draft, role, department) for role in roles):
        raise Refused(_role_needed(draft, level, roles), rule="BLK002", hint="crmctl member list")


def _stands(before: Data, after: Data) -> None:
    """What was decided stays: an entry in force keeps its customer, level and days."""
    if before.get("state") in LISTED and any(before.get(name) != after.get(name) for name in _FIXED):
        raise Refused(
            _("An entry in force keeps its customer, level and days"), rule="BLK006", hint="crmctl blacklist shorten"
        )


def _looked_at(draft: Proposed, level: Level, department: str, after: Data) -> None:
    roles = (*level.roles("verify"), *level.roles("sign"))
    mine = after.get("state") == "rejected" and after.get("proposed_by") == draft.ledger.member_id
    if roles and not mine and not any(may_act(draft, role, department) for role in roles):
        raise Refused(_role_needed(draft, level, roles), rule="BLK002", hint="crmctl member list")
    if after.get("state") == "verified" and level.roles("verify") and not after.get("verified_by"):
        raise Refused(_("It has to be verified first"), rule="BLK006", hint="crmctl blacklist verify ENTRY")


def _enters(level: Level, department: str, after: Data) -> None:
    if level.roles("verify") and not after.get("verified_by"):
        raise Refused(_("It has to be verified first"), rule="BLK006", hint="crmctl blacklist verify ENTRY")
    since = _day(after, "valid_from")
    longest, until = (term_end(since, level.term) if since else None), _day(after, "valid_to")
    if longest and until and until > longest:
        raise Refused(
            _("The policy's term ends on {day}; a longer one needs a new entry", day=longest), rule="BLK006",
        )  # fmt: skip
    if level.bars == "own department" and after.get("of_department") != department:
        raise Refused(
            _("A department lists for itself only: it is {department} here", department=department), rule="BLK006"
        )


def _shortens(level: Level, after: Data) -> None:
    since, until, cut = _day(after, "valid_from"), _day(after, "valid_to"), _day(after, "shortened_on")
    longest = term_end(since, level.term) if since else None
    end = min((day for day in (until, longest) if day), default=None)
    if cut and end and cut > end:
        raise Refused(_("A term is only cut short: it ends on {day} anyway", day=end), rule="BLK006")


def _readmits(draft: Proposed, rules: Blacklist, level: Level, before: Data, after: Data) -> None:
    if not _over(draft, level, before):
        raise Refused(
            _("Its term is not over"), rule="BLK006", hint=_("Under special circumstances: crmctl blacklist shorten")
        )
    missing = [name for name in rules.readmit.require if not after.get(name)]
    if missing:
        raise Refused(_("Readmitting needs: {names}", names=", ".join(missing)), rule="BLK006")
    _approved(draft, rules, after)


def _approved(draft: Proposed, rules: Blacklist, after: Data) -> None:
    given = approvals(after)
    people = [str(one.get("who")) for one in given]
    missing = [role for role in rules.readmit.roles if role not in {str(one.get("role")) for one in given}]
    if missing:
        named = ", ".join(label(draft.ledger.in_force.pack.vocab.get("role", {}).get(role, role)) for role in missing)
        raise Refused(_("Readmitting still needs the approval of: {roles}", roles=named), rule="BLK006")
    if len(people) != len(set(people)):
        raise Refused(_("Two approvals need two different persons"), rule="BLK003")


def _own_approvals(draft: Proposed, department: str, before: Data, after: Data) -> None:
    me = draft.ledger.member_id
    for one in approvals(after):
        if one in approvals(before):
            continue
        if one.get("who") != me or not may_act(draft, str(one.get("role")), department):
            raise Refused(_("An approval is given by oneself, in a role one holds"), rule="BLK002")


def _admission_passed(draft: Proposed, after: Data) -> None:
    from crmctl.ledger.reading import lookup

    found = lookup.record(draft.ledger, str(after.get("admission")))
    try:
        record = draft.record(found.path)
    except NoKey:
        return  # it was held against the list when a reader of it named it
    since, on = _day(after, "valid_from"), _day(record.data, "decided_on")
    if found.dossier != after.get("customer") or record.state != "admitted" or not (on and since and on > since):
        raise Refused(
            _("The admission must be this customer's, passed, and decided after {day}", day=since), where=found.id,
            rule="BLK006", hint=f"crmctl show {found.id}",
        )  # fmt: skip


def approvals(data: Data) -> list[dict[str, Value]]:
    """The approvals of a readmission so far."""
    given = data.get("approvals")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _over(draft: Proposed, level: Level, data: Data) -> bool:
    bar = bar_of(listed_of("", data), level)
    return bar is not None and term_over(bar, draft.ledger.today)


def listed_of(entry: str, data: Data) -> Listed:
    """An entry's record as the rules see it."""
    department = data.get("of_department")
    return Listed(
        entry, str(data.get("customer")), str(data.get("level")), str(data.get("state")),
        str(department) if department else None, _day(data, "valid_from"), _day(data, "valid_to"),
        _day(data, "shortened_on"), _day(data, "readmitted_on"),
    )  # fmt: skip


def _day(data: Data, name: str) -> date | None:
    value = data.get(name)
    return date.fromisoformat(str(value)) if value else None
