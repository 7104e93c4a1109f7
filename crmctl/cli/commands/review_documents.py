"""What `crmctl review --json` says."""

from __future__ import annotations

from crmctl.cli.commands.review_words import counts
from crmctl.cli.out import finding_document
from crmctl.review.approving import Approved
from crmctl.review.desk import Desk
from crmctl.review.inbox import Bundle, Handed
from crmctl.review.seen import Seen
from crmctl.rules.slots import Choice


def bundle_document(desk: Desk, bundle: Bundle) -> dict[str, object]:
    """A submission as JSON data."""
    given, needed = counts(bundle)
    return {
        "name": bundle.name, "authors": list(bundle.authors), "for_me": bundle.asks_me, "since": bundle.since,
        "age_days": (desk.ledger.today - bundle.since.date()).days, "approvals_given": given,
        "approvals_needed": needed,
        "with_findings": sum(bool(desk.looked[change.name].findings) for change in bundle.changes),
        "wrong": [finding_document(item) for item in bundle.wrong], "lacking": bundle.lacking,
        "changes": [change_document(desk, change, full=False) for change in bundle.changes],
    }  # fmt: skip


def change_document(desk: Desk, change: Handed, *, full: bool) -> dict[str, object]:
    """A change as JSON data; `full` with every record of it."""
    looked = desk.looked[change.name]
    document: dict[str, object] = {
        "name": change.name, "title": looked.title, "authors": list(change.authors), "about": list(change.about),
        "since": change.since, "for_me": change.asks_me, "clean": looked.clean, "conflict": change.conflict,
        "returned": change.returned, "unreadable": looked.unreadable,
        "findings": [finding_document(item) for item in looked.findings],
        "open": [
            {
                "code": item.wanted.code, "departments": list(item.wanted.departments),
                "slots": [str(slot) for slot in item.open],
            }
            for item in change.open
        ],
        "mine": [_choice(item) for item in change.mine],
    }  # fmt: skip
    if full:
        document["records"] = [_seen(seen) for seen in looked.records]
    return document


def _choice(item: Choice) -> dict[str, object]:
    return {
        "code": item.code, "act": item.slot.act, "role": item.role, "department": item.department,
        "stands_for": item.stands_for,
    }  # fmt: skip


def approved_document(item: Approved) -> dict[str, object]:
    """What came of approving as JSON data."""
    return {
        "name": item.bundle, "changes": list(item.changes), "given": [_choice(one) for one in item.given],
        "landed": item.landed, "left": list(item.left),
        "open": [str(slot) for standing in item.open for slot in standing.open],
    }  # fmt: skip


def _seen(seen: Seen) -> dict[str, object]:
    return {
                "id": seen.id, "kind": seen.kind.name if seen.kind else None, "path": seen.path, "opened": seen.opened,
                "new": seen.is_new, "removed": seen.is_gone, "by": seen.by or None, "for": seen.on_behalf,
                "reason": "; ".join(seen.reasons) or None, "entered": seen.entered or None,
                "happened": seen.happened or None,
                "readers": list(seen.readers), "lines": list(seen.lines),
                "changes": [{"field": c.field, "before": c.before, "after": c.after} for c in seen.changes],
                "assignments": [
                    {"department": move.department, "before": move.before, "after": move.after} for move in seen.moves
                ],
                "granted": [
                    {"member": grant.member, "compartment": grant.compartment, "until": grant.until, "given": given}
                    for grant, given in seen.granted
                ],
            }  # fmt: skip
