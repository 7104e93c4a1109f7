"""What the user's own Git asks of crmctl: merge two versions of a sealed file, show one in the clear.

Both fail closed: what cannot be opened or merged stays sealed and whole, nothing opened is ever written to a disk,
and what is sealed goes only to a key that this copy's own keyring opens.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace

from crmctl.errors import Conflict, CrmctlError, NoKey, TrustBroken
from crmctl.i18n import _
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.homes import blob_id, home_of
from crmctl.ledger.ledger import MAIN, Ledger, parse_dossier
from crmctl.model.dossier import Dossier, clear_path
from crmctl.model.merge import FieldConflict, merge
from crmctl.model.paths import Place, place_of

_MERGED = re.compile(r"GITHEAD_([0-9a-f]{40})")  # `git merge` names so what it brings in


def merged_by_hand(ledger: Ledger, path: str, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """The sealed merge of two versions that grew out of `base` (empty: both are new); None where ours says it all.

    The result replaces ours: that is the side Git builds on. Raises Conflict naming the fields, never a
    value; NoKey and TrustBroken for what does not open here.
    """
    from crmctl.ledger.changing.sealed_record import seal_record  # loads what a diff never needs

    place = place_of(path)
    if place is None or not place.is_record:
        raise Conflict(_("Two versions of this file cannot be put together"), where=path)
    there, dossier = _newest(ledger, place)
    before = there.open_record(path, base) if base else None
    mine, other = there.open_record(path, ours), there.open_record(path, theirs)
    data, conflicts = merge(before.data if before else {}, other.data, mine.data)
    marks, unsure = merge(before.unverified if before else {}, other.unverified, mine.unverified)
    if conflicts or unsure or (mine.schema, mine.kind) != (other.schema, other.kind):
        raise Conflict(
            _("Both sides changed {fields}", fields=_named([*conflicts, *unsure])), where=place.record_id,
            hint=_("Give up this merge and use crmctl sync; it names both values"),
        )  # fmt: skip
    confirmed = max(filter(None, [mine.confirmed_on, other.confirmed_on]), default=None)
    days = {name: str(day) for name, day in marks.items()}
    if (data, days, confirmed) == (mine.data, mine.unverified, mine.confirmed_on):
        return None
    own = other if other.by == ledger.member_id else mine
    made = mine.next_version(
        data, prev=blob_id(ours), by=ledger.member_id, at=ledger.now, reason=own.reason,
        for_=own.for_ if own.by == ledger.member_id else None, asks=other.to_confirm,
    )  # fmt: skip
    generation = dossier.compartments[place.compartment].generation
    made = replace(
        made, generation=generation, unverified=days, known_since=own.known_since, confirmed_on=confirmed
    )  # fmt: skip
    return seal_record(made, path, dossier)


def shown(ledger: Ledger, content: bytes, named: str = "") -> str:
    """A sealed file's text in the clear; one line in brackets where it does not open here. Never raises for it.

    `named` is its path where that is known; else the ledger's history is asked where it lies.
    """
    blob = blob_id(content)
    path = named if place_of(named) else home_of(ledger.repo, blob)
    place = place_of(path) if path else None
    if path is None or place is None:
        return sealed(blob, _("no customer or department of this copy has it"))
    try:
        return _opened(ledger, path, place, content)
    except NoKey:
        return sealed(blob, _("it does not open with your keys"))
    except CrmctlError:
        return sealed(blob, _("damaged, or not what belongs here"))


def sealed(blob: str, why: str) -> str:
    """What stands for a file that stays sealed; its blob id makes a change show as one."""
    return f"[{_('sealed {blob}: {why}', blob=blob[:10], why=why)}]\n"


def _opened(ledger: Ledger, path: str, place: Place, content: bytes) -> str:
    if place.is_record:
        return dump(ledger.open_record(path, content).encode()).decode()
    plain, _generation = ledger.open_sealed(path, content)
    return f"[{_('attachment of {size} bytes, {blob}', size=len(plain), blob=blob_id(content)[:10])}]\n"


def _named(conflicts: list[FieldConflict]) -> str:
    return ", ".join(dict.fromkeys(conflict.field for conflict in conflicts)) or _("its kind")


def _newest(ledger: Ledger, place: Place) -> tuple[Ledger, Dossier]:
    """The ledger where the compartment's key has its latest generation, of all sides a merge may bring together.

    Sealing to an earlier one would let somebody read on who no longer may. Raises NoKey where the latest is not ours to
    open (also when a server invented it), TrustBroken where two sides have another key under one number.
    """
    found: dict[int, tuple[str, Dossier]] = {}
    for commit in dict.fromkeys(_sides(ledger)):
        dossier = _dossier(ledger, commit, place.dossier)
        entry = dossier.compartments.get(place.compartment) if dossier else None
        if dossier is None or entry is None:
            continue
        known = found.setdefault(entry.generation, (commit, dossier))[1]
        if known.compartments[place.compartment].key != entry.key:
            raise TrustBroken(_("Two sides name another key for one generation"), where=clear_path(place.dossier))
    if not found:
        raise NoKey(_("There is no such compartment"), where=place.dossier)
    commit, dossier = found[max(found)]
    there = Ledger(ledger.repo, at=commit, home=ledger.home)
    there.ring.secret(dossier, place.compartment)
    return there, dossier


def _sides(ledger: Ledger) -> Iterator[str]:
    merging = [match[1] for match in map(_MERGED.fullmatch, os.environ) if match]
    for name in ("HEAD", MAIN, "refs/remotes/origin/main", *merging):
        commit = ledger.repo.resolve(name)
        if commit:
            yield commit


def _dossier(ledger: Ledger, commit: str, dossier_id: str) -> Dossier | None:
    path = clear_path(dossier_id)
    content = ledger.repo.read(commit, path)
    return parse_dossier(content, path) if content is not None else None
