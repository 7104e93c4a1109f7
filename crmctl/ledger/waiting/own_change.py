"""Which own change a person means to take back: by its number, by what it was about, or the last one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from crmctl.errors import NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.objects import CommitInfo
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.people import member_name

UNDOES = "Crmctl-Undoes"
_NUMBERS = ("Crmctl-Action", "number")  # those stay, whatever becomes of the record
_NUMBER = re.compile(r"[0-9a-f]{4,40}")
_RECORD = re.compile(r"[A-Z]{1,3}-[0-9A-Z]{2,}")


def own_change(ledger: Ledger, named: str | None) -> CommitInfo:
    """The change meant: `named` is its number or its beginning, a record's id or a customer; without it the last one.

    Raises NotFound where there is none, Refused for somebody else's and for what is no change of records.
    """
    info = _named(ledger, named) if named else _last_own(ledger)
    _must_be_own(ledger, info)
    return info


def _named(ledger: Ledger, named: str) -> CommitInfo:
    if _NUMBER.fullmatch(named.lower()):
        oid = ledger.repo.resolve(named.lower())
        if oid is not None:
            return ledger.repo.commit(oid)
        raise NotFound(_("This change is not in the ledger: {change}", change=named), hint="crmctl log")
    about = named.upper() if _RECORD.fullmatch(named.upper()) else _customer(ledger, named)
    words = ["--no-merges", "--extended-regexp", f"--grep=^Crmctl-Record: {about}"]
    found = _not_undone(ledger.repo.commits(ledger.repo.run("rev-list", *words, ledger.head).decode().split()))
    newest = next(found, None)
    if newest is None:
        raise NotFound(_("No change of {what} can be taken back", what=named), hint=f"crmctl log {about}")
    return newest


def _customer(ledger: Ledger, named: str) -> str:
    try:
        return lookup.customer(ledger, named)
    except NotFound as error:
        raise NotFound(
            _("{what} is neither a change's number nor a record or customer of yours", what=named),
            hint=_("crmctl undo takes back your last change; crmctl undo ID that of a record"),
        ) from error


def _not_undone(infos: Iterable[CommitInfo]) -> Iterator[CommitInfo]:
    """Without the undos and what they took back; the newest must come first."""
    taken_back: set[str] = set()
    for info in infos:
        undoes = [value for key, value in info.trailers if key == UNDOES]
        taken_back.update(undoes)
        if not undoes and info.oid not in taken_back and _NUMBERS not in info.trailers:
            yield info


def _last_own(ledger: Ledger) -> CommitInfo:
    """The newest own change here that the server lacks and no undo has taken back."""
    repo = ledger.repo
    order = "--date-order" if ledger.pending.stacks else "--topo-order"
    unshared = repo.run("rev-list", order, "--no-merges", ledger.head, *not_shared(ledger)).decode().split()
    mine = (info for info in repo.commits(unshared) if info.author.name == ledger.member_id)
    last = next(_not_undone(mine), None)
    if last is not None:
        return last
    if ledger.pending.stacks:  # handed in, but approved by nobody yet
        return max(repo.commits(stack.tip for stack in ledger.pending.stacks), key=lambda info: info.committed_at)
    raise NotFound(
        _("There is no change of yours that only you have"), hint=_("Name one: crmctl undo CHANGE; crmctl log")
    )


def not_shared(ledger: Ledger) -> list[str]:
    """What tells Git to leave out the changes that the server has."""
    return [f"^{oid}" for oid in sorted(set(ledger.repo.refs("refs/remotes/").values()))]


def _must_be_own(ledger: Ledger, info: CommitInfo) -> None:
    if not is_ancestor(ledger.repo, info.oid, ledger.head):
        raise NotFound(_("This change is not in the ledger: {change}", change=info.oid[:10]), hint="crmctl log")
    if info.author.name != ledger.member_id:
        name = member_name(ledger, info.author.name)
        raise Refused(
            _("{member} made this change", member=name), where=info.oid[:10],
            hint=_("Ask {member}, or correct the record: crmctl update", member=name),
        )  # fmt: skip
    if len(info.parents) != 1:
        raise Refused(_("This is no change of records"), where=info.oid[:10], hint="crmctl log")
