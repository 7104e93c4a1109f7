"""Customer data given outside: authority, purpose, and the customer's consent or the law (R-ACL-07 to R-ACL-09).

One record of disclosure lies with each customer whose data goes, so that his file says who got what. It is in
the ledger before anything is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crmctl.errors import NotFound, Refused, UsageError
from crmctl.i18n import _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.redaction import check_classes
from crmctl.model.kinds import Kind

KIND = "disclosure"
_NEEDED = "export_needs_basis"
_ROLES = "disclosure_roles"
_VOCAB = "disclosure_basis"
_CONSENT, _LAW = "consent", "law"


@dataclass(frozen=True, slots=True)
class Giving:
    """To whom something goes, what for and on what basis; `law` and `consent` (the paper) say it in full.

    `customer` is set where a disclosure approved before (`record`) stands for it: of that customer only.
    """

    to: str
    purpose: str
    basis: str
    law: str | None = None
    consent: Path | None = None
    record: str | None = None
    customer: str | None = None

    def mark(self, ledger: Ledger) -> str:
        """What every page or row that leaves says of itself."""
        words = ledger.in_force.pack.vocab.get(_VOCAB, {})
        said = {
            "to": self.to, "purpose": self.purpose, "basis": label(words.get(self.basis, self.basis)),
            "day": ledger.today, "member": ledger.member.name,
        }  # fmt: skip
        return _("To {to} for {purpose}; {basis}; by {member} on {day}. Not to be passed on", **said)


def settled(
    ledger: Ledger, to: str | None, purpose: str | None, basis: str | None, *, law: str | None = None,
    consent: Path | None = None, under: str | None = None, along: Sequence[str] = (),
) -> Giving | None:  # fmt: skip
    """What was said about giving something outside; None where nothing was.

    `along` are the classes of sensitive fields said to go too.
    Raises UsageError for what is missing or no class, NotFound and Refused for `under`.
    """
    check_classes(ledger, along)
    if under is not None:
        if any(word is not None for word in (to, purpose, basis, law, consent)):
            raise UsageError(_("The disclosure says to whom and why already"), where=under, hint=f"--under {under}")
        return _approved(ledger, under)
    if to is None:
        if along or any(word is not None for word in (purpose, basis, law, consent)):
            raise UsageError(_("Say who gets it: --to WHOM"), hint="--to … --purpose … --basis consent|law")
        return None
    known = ledger.in_force.pack.vocab.get(_VOCAB, {})
    if not (to.strip() and purpose and purpose.strip() and basis in known):
        raise UsageError(_("Say for what purpose and on what basis"), hint=f"--purpose … --basis {'|'.join(known)}")
    if basis == _LAW and not law:
        raise UsageError(_("Say which law"), hint="--law …")
    if basis == _CONSENT and consent is None:
        raise UsageError(_("The customer's consent on paper is needed"), hint="--consent FILE")
    return Giving(to, purpose, str(basis), law, consent)


def must_say_why(ledger: Ledger, giving: Giving | None) -> None:
    """Raises Refused where the policy lets nothing leave in the clear without a basis and none was said."""
    if giving is None and ledger.in_force.pack.values.get(_NEEDED) is True:
        raise Refused(
            _("The policy wants to know who gets it, what for and on what basis"), rule="R-ACL-07",
            hint="--to … --purpose … --basis consent|law|internal",
        )  # fmt: skip


def disclose(ledger: Ledger, giving: Giving, customers: Sequence[str], what: str) -> tuple[str, ...]:
    """Put it on record with each of these customers, in one commit. Returns the records' ids.

    Raises Refused for who may not give it away, for consent of one that is meant for several, for another customer
    than an approved disclosure names, and where a disclosure has to be approved first.
    """
    from crmctl.ledger.changing.draft import Draft

    if giving.record is not None:
        if set(customers) - {giving.customer}:
            raise Refused(_("The disclosure is of another customer"), where=giving.record, rule="R-ACL-07")
        return (giving.record,)
    if giving.basis == _CONSENT and len(customers) > 1:
        raise Refused(
            _("Each customer consents for himself: this holds data of {count}", count=len(customers)), rule="R-ACL-08",
            hint=_("--customer names the one who consented"),
        )  # fmt: skip
    draft = Draft(ledger)
    kind = draft.kind(KIND)
    _needs_no_approval(ledger, kind)
    today = ledger.today.isoformat()
    values = {
        "on": today, "to_whom": giving.to, "what": what, "purpose": giving.purpose, "basis": giving.basis,
        "approved_by": ledger.member_id, "approved_on": today,
        **({"law": giving.law} if giving.basis == _LAW else {}),
        **({"consent_on": today} if giving.basis == _CONSENT else {}),
    }  # fmt: skip
    files = {"consent": giving.consent} if giving.basis == _CONSENT and giving.consent else None
    kept = [draft.new_record(kind, one, _place(ledger, one), values, files=files) for one in customers]
    draft.commit("disclose", KIND)
    return tuple(record.id for record in kept)


def _place(ledger: Ledger, customer: str) -> str:
    """The department in whose name the member may give this customer's data away. Raises Refused."""
    named = ledger.in_force.pack.values.get(_ROLES)
    roles = [str(role) for role in named] if isinstance(named, list) else ["head"]
    for department in ledger.dossier(customer).assignments:
        if any(ledger.member.holds(role, department, ledger.today) for role in roles):
            return department
    raise Refused(
        _("You may not give this customer's data outside"), where=customer, rule="R-ACL-07",
        hint=_("crmctl add disclosure, let it be approved, then --under its id"),
    )  # fmt: skip


def _needs_no_approval(ledger: Ledger, kind: Kind) -> None:
    for rule in ledger.in_force.pack.review:
        if any(trigger.action == "add" and trigger.what == kind.name for trigger in rule.on):
            raise Refused(
                _("A disclosure has to be approved before anything leaves"), rule=rule.code,
                hint=_("crmctl add disclosure, let it be approved, then --under its id"),
            )  # fmt: skip


def _approved(ledger: Ledger, record_id: str) -> Giving:
    found = lookup.record(ledger.landed, record_id)
    if found.kind != KIND:
        raise NotFound(_("This is no disclosure"), where=found.id, hint="crmctl list disclosure")
    data = ledger.landed.read(found.path).data
    texts = {name: str(data.get(name) or "") for name in ("to_whom", "purpose", "basis", "law")}
    return Giving(
        texts["to_whom"], texts["purpose"], texts["basis"], texts["law"] or None, record=found.id,
        customer=found.dossier,
    )  # fmt: skip
