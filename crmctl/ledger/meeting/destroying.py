"""Destroy a dossier: its keys leave the server, new clones and each member's copy (DESIGN 3, R-UPD-07, R-UPD-08).

What was sealed stays in the history and opens for nobody any more. A copy that never syncs cannot be reached,
and whoever could read may have kept what was read: the tombstone says who that was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from crmctl.errors import InvalidInput, Refused
from crmctl.i18n import _
from crmctl.ledger.changing.placing import author_of, waits
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.transaction import Change, RefMove, move_refs, write
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.meeting.epochs import erase_old_epochs
from crmctl.ledger.outbox import outboxes
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.access import access_to
from crmctl.ledger.reading.key_register import this_device
from crmctl.ledger.reading.tombstones import tombstones
from crmctl.model.dossier import Dossier, folder_of, wraps_folder
from crmctl.model.tombstone import RECEIPT, Tombstone, receipt_path
from crmctl.model.values import Value
from crmctl.policy.review import asks_about

_REASONS = "destroy_reason"
_ROLES = ("head", "management")


@dataclass(frozen=True, slots=True)
class Destroyed:
    """The tombstone, how many files went, and the commit (None on a dry run)."""

    tombstone: Tombstone
    files: int
    commit: str | None


def destroy(ledger: Ledger, who: str, reason: str, *, dry_run: bool = False) -> Destroyed:
    """Put a tombstone in a dossier's place and begin the keyring anew without its keys.

    Raises Refused for who may not, for a copy that is not in step with its server and while a change of the
    dossier waits for review; InvalidInput for a reason the policy does not know.
    """
    customer = lookup.customer(ledger, who)
    dossier = ledger.landed.dossier(customer)
    _may(ledger, dossier)
    known = ledger.in_force.pack.vocab.get(_REASONS, {})
    if reason not in known:
        raise InvalidInput(
            _("There is no such reason: {reason}", reason=reason), where="--reason", hint=", ".join(known)
        )
    _in_step(ledger)
    if any(box.readers(wraps_folder(customer)) for box in outboxes(ledger.repo, ledger.in_force.settings.epoch)):
        raise Refused(_("A change of this customer waits for review"), where=customer, hint="crmctl review list")
    readers = sorted({item.member for item in access_to(ledger, dossier) if item.standing != "waits"})
    request = _asked_for(ledger, dossier)
    stone = Tombstone(customer, ledger.today, ledger.member_id, reason, tuple(readers), request)
    edits: dict[str, bytes | None] = {path: None for path, _oid in ledger.repo.walk(ledger.main, folder_of(customer))}
    files = len(edits)
    edits[stone.path] = dump(stone.encode())
    if waits(ledger, dict(edits)):
        raise Refused(
            _("A rule of the policy wants the removal of these records approved; destruction does not wait for that"),
            where=customer, rule="R-REV-09",
        )  # fmt: skip
    if dry_run:
        return Destroyed(stone, files, None)
    commit = _write(ledger, stone, edits)
    if ledger.repo.resolve("refs/remotes/origin/main") is None:
        from crmctl.ledger.snapshot.purge import purge

        erase_old_epochs(ledger.reopened())
        purge(ledger.reopened())
        give_receipts(ledger.reopened())
    return Destroyed(stone, files, commit)


def give_receipts(ledger: Ledger) -> int:
    """Say for this device that the keys of destroyed dossiers are gone here. Returns for how many it was said."""
    device = this_device()
    mine = f"{ledger.member_id}.{device}"
    missing = [
        item.tombstone.id for item in tombstones(ledger)
        if ledger.member_id in item.tombstone.readers and mine not in item.devices
    ]  # fmt: skip
    if not missing:
        return 0
    edits: dict[str, bytes | None] = {}
    for dossier in missing:
        said: dict[str, Value] = {
            "schema": RECEIPT, "id": dossier, "member": ledger.member_id, "device": device,
            "on": ledger.today.isoformat(),
        }  # fmt: skip
        edits[receipt_path(dossier, ledger.member_id, device)] = dump(said)
    message = f"erased {len(missing)} dossiers\n\nCrmctl-Action: erased\n"
    write(ledger.repo, [Change(MAIN, ledger.main, edits, message)], ledger.identity.sign, author_of(ledger), ledger.now)
    return len(missing)


def _may(ledger: Ledger, dossier: Dossier) -> None:
    member, today = ledger.member, ledger.today
    if not any(member.holds(role, name, today) for role in _ROLES for name in dossier.assignments):
        raise Refused(
            _("Only {roles} may do this", roles=", ".join(_ROLES)), where=dossier.id, rule="R-REV-09",
            hint="crmctl member list --role head",
        )  # fmt: skip


def _asked_for(ledger: Ledger, dossier: Dossier) -> str | None:
    """The approved request, where there is one. Raises Refused where the policy wants one and there is none."""
    request = dossier.allowed.get("destroy")
    if request is None and asks_about(ledger.in_force.pack.review, ledger.values(), "destroy"):
        raise Refused(
            _("The policy wants this asked for and approved first"), where=dossier.id, rule="R-REV-09",
            hint=f"crmctl request destruction_request {dossier.id} --set why=…",
        )  # fmt: skip
    return request


def _in_step(ledger: Ledger) -> None:
    repo, epoch = ledger.repo, ledger.in_force.settings.epoch
    pairs = {"main": ledger.main, f"keyring/{epoch}": ledger.keyring.tip}
    there = {name: repo.resolve(f"refs/remotes/origin/{name}") for name in pairs}
    if ledger.pending.stacks or (any(there.values()) and there != pairs):
        raise Refused(_("This copy and its server are not in step"), where=str(repo.path), hint="crmctl sync")


def _write(ledger: Ledger, stone: Tombstone, edits: dict[str, bytes | None]) -> str:
    settings = ledger.in_force.settings
    ref = keyring_ref(settings.epoch + 1)
    left = ledger.repo.resolve(ref)
    if left:  # of a destruction that was broken off
        move_refs(ledger.repo, [RefMove(ref, None, left)])
    root = write(
        ledger.repo, [_next_epoch(ledger, stone.id, ref)], ledger.identity.sign, author_of(ledger), ledger.now
    )[-1]
    edits["ledger.yaml"] = dump(replace(settings, epoch=settings.epoch + 1, root=root).encode())
    message = f"destroy {stone.id}\n\nCrmctl-Action: destroy\nCrmctl-Record: {stone.id}\nCrmctl-Keyring: {root}\n"
    change = Change(MAIN, ledger.main, edits, message)
    return write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)[-1]


def _next_epoch(ledger: Ledger, dossier_id: str, ref: str) -> Change:
    """The keyring's next beginning: all it holds but the dossier's wraps, with no commit before it."""
    settings, tip = ledger.in_force.settings, ledger.keyring.tip
    folder = wraps_folder(dossier_id)
    head: dict[str, Value] = {"schema": "crmctl/keyring/1", "ledger": settings.id, "epoch": settings.epoch + 1}
    edits: dict[str, bytes | None] = {path: None for path, _oid in ledger.repo.walk(tip or "", folder)}
    edits["keyring.yaml"] = dump(head)
    message = f"keyring of {settings.id}\n\nCrmctl-Main: {ledger.main}\n"
    return Change(ref, None, edits, message, parents=[], tree=tip, expected=None)
