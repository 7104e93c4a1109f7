"""`crmctl resolve`: settle what was changed here and elsewhere, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from functools import partial
from typing import Annotated

import typer

from crmctl.cli.commands.wording import field_label, value_text
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out, say
from crmctl.cli.progress import clear_line, transfer
from crmctl.errors import Aborted, UsageError
from crmctl.i18n import N_, _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import member_name
from crmctl.model.findings import Finding


@details(
    N_(
        "Examples:\n\ncrmctl resolve            (at a terminal it asks field by field)\n\n"
        "crmctl resolve --mine phone --theirs address\n\ncrmctl resolve --all-theirs\n\n"
        "crmctl resolve --set phone=010-62345678   (a new value instead of both)\n\n"
        "What waits for review is handed in again afterwards."
    )
)
def resolve(
    mine: Annotated[list[str] | None, typer.Option("--mine", metavar=N_("FIELD"), help=N_("My value stays."))] = None,
    theirs: Annotated[
        list[str] | None, typer.Option("--theirs", metavar=N_("FIELD"), help=N_("The other's value stays."))
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help=N_("A new value instead of both."))
    ] = None,
    all_mine: Annotated[bool, typer.Option("--all-mine", help=N_("My values stay."))] = False,
    all_theirs: Annotated[bool, typer.Option("--all-theirs", help=N_("The others' values stay."))] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Settle what you and somebody else changed, field by field."""
    from crmctl.ledger.meeting.resolving import resolve as settle
    from crmctl.trust.gate import Gate

    if all_mine and all_theirs:
        raise UsageError(_("Take --all-mine or --all-theirs, not both"), hint="crmctl resolve --all-theirs")
    out, ledger = Out(as_json), open_ledger(directory)
    new = dict(_pair(text) for text in set_ or ())
    said = {**dict.fromkeys(mine or (), "ours"), **dict.fromkeys(theirs or (), "theirs"), **dict.fromkeys(new, "ours")}
    twice = [field for field in said if [*(mine or ()), *(theirs or ()), *new].count(field) > 1]
    if twice:
        raise UsageError(_("Say one thing only of {field}", field=twice[0]), hint=f"crmctl resolve --mine {twice[0]}")
    rest = "ours" if all_mine else "theirs" if all_theirs else None

    def choose(finding: Finding) -> str:
        stays = said.get(finding.field) or rest or _asked(ledger, finding, new)
        _must_be_possible(ledger, finding, new)
        return stays

    with transfer() as shown:
        done = settle(ledger, choose, look=partial(_must_clash, list(said)), gate=Gate(), progress=shown)
        fresh = _put_new(ledger.reopened(), [(item.where, item.field) for item in done], new)
        if done and fresh.pending.stacks:
            from crmctl.ledger.meeting.submitting import submit

            submit(fresh, gate=Gate(), progress=shown)
        elif any(item.field in new for item in done):
            from crmctl.ledger.meeting.sync import sync

            sync(fresh, shown, gate=Gate())

    def draw() -> None:
        if not done:
            out.line(_("Nothing to settle"))
        for item in done:
            stays = new.get(item.field, item.ours if item.stays == "ours" else item.theirs)
            what, field = _subject(ledger, item.where, item.field)
            said = _spoken(ledger, item.where, item.field, stays)
            out.line(_("{id} {field}: {value} stays", id=what, field=field, value=said))

    data = [
        {
            "id": item.where, "field": item.field, "ours": item.ours, "theirs": item.theirs, "by": item.member,
            "day": item.day, "stays": "new" if item.field in new else item.stays,
        }
        for item in done
    ]  # fmt: skip
    out.result("resolve", data, draw)


def _must_clash(said: Sequence[str], clashing: Sequence[Finding]) -> None:
    """Raise UsageError for a field that was not changed on both sides, with those that were."""
    fields = sorted({finding.field for finding in clashing})
    for name in [one for one in said if one not in fields]:
        near = (get_close_matches(name, fields, 1) or fields)[0]
        raise UsageError(
            _("{field} was not changed on both sides; to settle: {fields}", field=name, fields=", ".join(fields)),
            findings=clashing, hint=f"crmctl resolve --mine {near}",
        )  # fmt: skip


def _asked(ledger: Ledger, finding: Finding, new: dict[str, str]) -> str:
    """Let the person decide: 1 mine, 2 theirs, 3 something new.

    Raises UsageError where nobody can be asked, Aborted when the person leaves.
    """
    from crmctl.cli.keys import Keys, can_walk

    if not can_walk():
        raise UsageError(
            _("Say what stays"), where=finding.where, findings=[finding], hint=f"crmctl resolve --mine {finding.field}"
        )
    keys, args = Keys(), finding.args
    what, field = _subject(ledger, finding.where, finding.field)
    mine, theirs = (_spoken(ledger, finding.where, finding.field, str(args.get(name))) for name in ("ours", "theirs"))
    clear_line()
    say(_("You and {name} both changed {what}: {field}", name=_other(ledger, finding), what=what, field=field))
    say("  1  " + _("mine: {value}", value=mine))
    say("  2  " + _("{name} on {day}: {value}", name=_other(ledger, finding), day=args.get("day"), value=theirs))
    say("  3  " + _("something else"))
    while True:
        key = keys.key()
        if key in {"q", "\x1b", "\x04"}:
            raise Aborted(_("Nothing was changed"), hint="crmctl resolve")
        if key == "3":
            new[finding.field] = keys.line(f"{field}: ")
            return "ours"
        if key in {"1", "2"}:
            return "ours" if key == "1" else "theirs"


def _other(ledger: Ledger, finding: Finding) -> str:
    return member_name(ledger, str(finding.args.get("member") or ""))


def _subject(ledger: Ledger, where: str, field: str) -> tuple[str, str]:
    """Which record, by its name where it has one, and which field, in a person's words."""
    from crmctl.ledger.snapshot.names import names

    record_id, _space, kind_name = where.partition(" ")
    kind = ledger.in_force.kinds.get(kind_name)
    name = names(ledger).name_of(record_id) or (label(kind.label) if kind else "")
    return f"{name} {record_id}".strip(), field_label(kind, field) if kind else field


def _spoken(ledger: Ledger, where: str, field: str, value: str) -> str:
    kind = ledger.in_force.kinds.get(where.partition(" ")[2])
    return value_text(ledger, kind, field, value) if kind else value


def _must_be_possible(ledger: Ledger, finding: Finding, new: dict[str, str]) -> None:
    """Raise InvalidInput for a new value the field does not take, before anything is settled."""
    from crmctl.ledger.changing.draft import Origin
    from crmctl.ledger.changing.entry import update

    if finding.field in new:
        values = {finding.field: new[finding.field] or None}
        update(ledger.reopened(), finding.where.partition(" ")[0], values, Origin(), dry_run=True)


def _put_new(ledger: Ledger, settled: list[tuple[str, str]], new: dict[str, str]) -> Ledger:
    """The new values, entered like any other change; the ledger with them."""
    from crmctl.ledger.changing.draft import Origin
    from crmctl.ledger.changing.entry import update

    for where, field in settled:
        if field in new:
            update(ledger, where.partition(" ")[0], {field: new[field] or None}, Origin())
            ledger = ledger.reopened()
    return ledger


def _pair(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals:
        raise UsageError(_("Write FIELD=VALUE, not {text}", text=text), hint=f"--set {text}=…")
    return field, value
