"""Reading rights given for a time, with a reason, and taken back (R-ACL-02).

A right ends by itself after its last day: nobody counts it any more, a holder's next sync takes the wraps
back and turns the key. What was read stays read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from crmctl.errors import InvalidInput, NoKey, NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.people import reader_name
from crmctl.model.dossier import Dossier, Grant

_LEADERS = ("supervisor", "head")
_KIND = "access_request"


@dataclass(frozen=True, slots=True)
class Given:
    """What a member or group may read of a customer, until when (included); the record of it, the commit."""

    customer: str
    reader: str
    compartments: tuple[str, ...]
    until: date | None
    record: str | None
    commit: str | None


def grant(
    ledger: Ledger, who: str, reader: str, until: date, reason: str, compartments: Sequence[str] = (), *,
    dry_run: bool = False,
) -> Given:  # fmt: skip
    """Let a member or group read parts of a customer until a day (included).

    `compartments` as `core`, `sales` (of the departments the giver leads) or `east/sales`; else those of the
    policy's `grant_compartments`. Raises NotFound, Refused for who leads none of the departments or for who
    reads it anyway, InvalidInput for a day that is past.
    """
    customer = lookup.customer(ledger, who)
    draft = Draft(ledger)
    dossier = draft.dossier(customer)
    _known(ledger, reader)
    if until < ledger.today:
        raise InvalidInput(_("{day} is past", day=until), where="--until")
    chosen = _chosen(ledger, dossier, compartments)
    _may_give(ledger, dossier, chosen)
    if reader == ledger.member_id:
        raise Refused(_("Nobody gives a reading right to himself"), where=customer, rule="R-ACL-02")
    unread = tuple(name for name in chosen if not _reads_anyway(ledger, dossier, reader, name))
    if not unread:
        raise Refused(
            _("{reader} can read this already", reader=reader_name(ledger, reader)),
            where=customer,
            hint=f"crmctl access {customer}",
        )
    granted(draft, customer, reader, unread, until)
    record = _record(draft, customer, reader, unread, until, reason)
    made = None if dry_run else draft.commit("grant", "customer")
    return Given(customer, reader, unread, until, record, made)


def granted(
    draft: Draft, dossier_id: str, reader: str, compartments: Iterable[str], until: date, *, keys: bool = True
) -> None:  # fmt: skip
    """Put a reading right into a draft, with the keys as far as this member has them; a holder's sync makes the rest.

    Without `keys` none are made: what is only asked for must not open before somebody approved it.

    An earlier right of the same reader to the same compartment is replaced. Who may give it is not asked here.
    """
    dossier = draft.dossier(dossier_id)
    names = list(dict.fromkeys(compartments))
    kept = [item for item in dossier.grants if item.member != reader or item.compartment not in names]
    added = [Grant(reader, name, until) for name in names]
    draft.put_dossier(replace(dossier, grants=(*kept, *added)))
    for name in names if keys else ():
        try:
            draft.wrapping.extend_readers(dossier_id, [name])
        except NoKey:
            continue


def revoke(
    ledger: Ledger, who: str, reader: str, reason: str, compartments: Sequence[str] = (), *, dry_run: bool = False
) -> Given:
    """Take reading rights back before their day, all of that reader or those of some compartments.

    The key is turned at once where this member reads the compartment. Raises NotFound, Refused.
    """
    customer = lookup.customer(ledger, who)
    draft = Draft(ledger)
    dossier = draft.dossier(customer)
    chosen = set(_chosen(ledger, dossier, compartments)) if compartments else None
    gone = [
        item for item in dossier.grants
        if item.member == reader and item.until >= ledger.today and (chosen is None or item.compartment in chosen)
    ]  # fmt: skip
    if not gone:
        name = reader_name(ledger, reader)
        raise NotFound(
            _("{reader} has no reading right here that was given for a time", reader=name), where=customer,
            hint=f"crmctl access {customer}",
        )  # fmt: skip
    names = tuple(item.compartment for item in gone)
    _may_give(ledger, dossier, names)
    draft.put_dossier(replace(dossier, grants=tuple(item for item in dossier.grants if item not in gone)))
    draft.wrapping.turn_where_due(customer, [name for name in names if name in dossier.compartments])
    record = _record(draft, customer, reader, names, None, reason)
    made = None if dry_run else draft.commit("revoke", "customer")
    return Given(customer, reader, names, None, record, made)


def _known(ledger: Ledger, reader: str) -> None:
    org = ledger.in_force.org
    if "." in reader:
        if reader not in org.groups:
            near = get_close_matches(reader, org.groups, 1)
            raise NotFound(_("There is no group {group}", group=reader), hint=", ".join(near or sorted(org.groups)))
        return
    member = org.members.get(reader)
    if member is None or not member.active(ledger.today):
        raise NotFound(_("There is no member {member}", member=reader), hint="crmctl member list")
    if not member.has_access:
        raise Refused(
            _("{member} has no keys yet", member=member.name),
            where=reader,
            rule="R-ACL-10",
            hint="crmctl member add --key …",
        )


def _chosen(ledger: Ledger, dossier: Dossier, wanted: Sequence[str]) -> tuple[str, ...]:
    """The compartments meant, as the dossier names them."""
    given = ledger.values().get("grant_compartments")
    names = wanted or ([str(name) for name in given] if isinstance(given, list) else ["core"])
    led = [name for name in dossier.assignments if _leads(ledger, name)]
    if not led:
        _may_give(ledger, dossier, names)
    found: list[str] = []
    for name in names:
        meant = [name] if name in dossier.compartments else [f"{department}/{name}" for department in led]
        known = [item for item in meant if item in dossier.compartments]
        if not known:
            raise NotFound(
                _("This customer has no part {name} that you could give", name=name), where=dossier.id,
                hint=", ".join(sorted(dossier.compartments)),
            )  # fmt: skip
        found += known
    return tuple(dict.fromkeys(found))


def _may_give(ledger: Ledger, dossier: Dossier, compartments: Iterable[str]) -> None:
    for name in compartments:
        department, slash, _short = name.partition("/")
        departments = [department] if slash else list(dossier.assignments)
        if not any(_leads(ledger, item) for item in departments):
            raise Refused(
                _("Only who leads {department} may do this", department=", ".join(departments)), where=dossier.id,
                rule="R-ACL-02", hint="crmctl member list --role supervisor",
            )  # fmt: skip


def _leads(ledger: Ledger, department: str) -> bool:
    return any(ledger.member.holds(role, department, ledger.today) for role in _LEADERS)


def _reads_anyway(ledger: Ledger, dossier: Dossier, reader: str, compartment: str) -> bool:
    """Whether the policy names the reader there without any right given for a time."""
    bare = replace(dossier, grants=())
    expected = ledger.expected_readers(bare, compartment)
    org = ledger.in_force.org
    groups = (name for name in expected if "." in name)
    return reader in expected or any(reader in org.group_members(name, ledger.today) for name in groups)


def _record(
    draft: Draft, customer: str, reader: str, compartments: Sequence[str], until: date | None, reason: str
) -> str | None:
    """The office's record of it; its state says whether the right was given or taken back."""
    ledger = draft.ledger
    place = next((name for name in draft.dossier(customer).assignments if _leads(ledger, name)), None)
    if place is None or _KIND not in ledger.in_force.kinds:
        return None
    kind = draft.kind(_KIND)
    today = ledger.today.isoformat()
    state = "approved" if until else "withdrawn" if "withdrawn" in kind.states else "expired"
    values = {
        "applicant": reader if "." not in reader else ledger.member_id, "customer": customer,
        "what": f"{reader}: {', '.join(compartments)}", "why": reason, "until": (until or ledger.today).isoformat(),
        "applied_on": today, "decided_by": ledger.member_id, "decided_on": today, "state": state,
    }  # fmt: skip
    return draft.new_record(kind, f"office/{place}", place, values).id
