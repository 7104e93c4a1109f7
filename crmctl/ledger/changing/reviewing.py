"""What a change asks for in approvals, by the policy in force: asked by whoever writes, and again by whoever verifies.

Everything here is seen from paths and clear files, without a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from crmctl.errors import CrmctlError
from crmctl.ledger.changing.routing import Trailers, routes_of
from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.git.plan import BlobRef, Edit
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.in_force import InForce
from crmctl.ledger.ledger import parse_dossier
from crmctl.model.dossier import Dossier, clear_path
from crmctl.model.org import Member
from crmctl.model.paths import dossier_of
from crmctl.model.values import Value
from crmctl.policy.review import Slot
from crmctl.rules.slots import Given, Standing, Wanted, open_slots, together, wanted
from crmctl.rules.triggers import Touched

__all__ = [
    "Given", "Slot", "Standing", "Touched", "Wanted", "must_wait", "open_slots", "slots_wanted", "together", "touched",
    "touched_by",
]  # fmt: skip

DossierAt = Callable[[str], Dossier | None]
_POLICY = "policy/"
# Stands for every part: of a file that does not read nobody can tell what it changes.
_ANY = ("*",)
PartsOf = Callable[[str], frozenset[str]]


def slots_wanted(in_force: InForce, author: Member, day: date, changes: Sequence[Touched]) -> tuple[Wanted, ...]:
    """The approvals the policy asks of an author's change on a day; none for what lands freely.

    A demand that `blocks` keeps the change pending; one of acknowledgements only lets it land at once.
    """
    pack = in_force.pack
    if not pack.review or not changes:
        return ()
    return wanted(pack.review, in_force.kinds, in_force.org, in_force.values.on(day), author, day, changes)


def must_wait(demands: Iterable[Wanted]) -> bool:
    """Whether a change with these demands waits for somebody."""
    return any(demand.blocks for demand in demands)


def touched_by(
    repo: Repository, base: str, edits: Mapping[str, Edit], trailers: Trailers = ()
) -> tuple[Touched, ...]:  # fmt: skip
    """What edits (path: content, BlobRef or None to delete) touch on commit `base`; `trailers` say how it is routed."""

    def before(dossier_id: str) -> Dossier | None:
        return _parsed(repo.read(base, clear_path(dossier_id)), clear_path(dossier_id))

    def after(dossier_id: str) -> Dossier | None:
        path = clear_path(dossier_id)
        if path not in edits:
            return before(dossier_id)
        edit = edits[path]
        return _parsed(repo.read_blob(edit.oid) if isinstance(edit, BlobRef) else edit, path)

    def parts(path: str) -> frozenset[str]:
        edit = edits[path]
        return changed_parts(repo.read(base, path), repo.read_blob(edit.oid) if isinstance(edit, BlobRef) else edit)

    there = {path: repo.entry(base, path) is not None for path in edits}
    files = [(path, there[path], edit is not None) for path, edit in edits.items() if there[path] or edit is not None]
    return touched(files, before, after, parts, trailers)


def touched(
    files: Iterable[tuple[str, bool, bool]], before: DossierAt, after: DossierAt, parts: PartsOf, trailers: Trailers
) -> tuple[Touched, ...]:
    """Files (path, whether it was there, whether it is there afterwards) with the dossiers they lie in.

    `parts` tells which parts of a file of the policy differ, `trailers` are the commit's.
    """
    routes = routes_of(trailers)
    dossiers: dict[str, tuple[Dossier | None, Dossier | None]] = {}
    found = []
    for path, was, now in files:
        dossier_id = dossier_of(path)
        if dossier_id is not None and dossier_id not in dossiers:
            dossiers[dossier_id] = before(dossier_id), after(dossier_id)
        pair = dossiers[dossier_id] if dossier_id else (None, None)
        inside = parts(path) if path.startswith(_POLICY) else frozenset[str]()
        found.append(Touched(path, "remove" if not now else "change" if was else "add", *pair, inside, routes(path)))
    return tuple(found)


def changed_parts(before: bytes | None, after: bytes | None) -> frozenset[str]:
    """What a file of the policy says differently at its top level, by name; all it names where one does not read."""
    was, now = _mapping(before), _mapping(after)
    return frozenset(name for name in {*was, *now} if was.get(name) != now.get(name) or name in _ANY)


def _mapping(content: bytes | None) -> Mapping[str, Value]:
    try:
        raw = load(content, "") if content is not None else {}
    except CrmctlError:
        raw = None
    return raw if isinstance(raw, dict) else dict.fromkeys(_ANY)


def _parsed(content: bytes | None, path: str) -> Dossier | None:
    if content is None:
        return None
    try:
        return parse_dossier(content, path)
    except CrmctlError:
        return None
