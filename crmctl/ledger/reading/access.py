"""Who can read what: the policy's readers against the names on the keyring. No key is needed to see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import all_dossiers
from crmctl.model.access import RECOVERY
from crmctl.model.dossier import Dossier, clear_path, wraps_folder
from crmctl.model.wraps import GROUP, read_wraps

Standing = Literal["reads", "waits", "not meant", "was"]


@dataclass(frozen=True, slots=True)
class Access:
    """One member's standing with one compartment.

    `through` are the readers that give it: the member's own id, or groups. `waits`: the policy
    says so, a holder's next sync makes the key; `not meant`: a key lies there that the policy does not give; `was`: he
    had one of an earlier generation. `until` is the last day of a right given for a time (of `was`: the day it
    went), `generation` the compartment's present one (of `was`: the last he had).
    """

    dossier: str
    compartment: str
    member: str
    through: tuple[str, ...]
    standing: Standing
    until: str | None = None
    generation: int = 1


def access_to(ledger: Ledger, dossier: Dossier) -> list[Access]:
    """Who can read each compartment of a dossier, by compartment and member. Recovery, kept offline, is left out."""
    folder = wraps_folder(dossier.id)
    held = {reader: frozenset(wraps) for reader, wraps in ledger.keyring.readers(folder).items()}
    groups = _group_holders(ledger)
    return [item for name in dossier.compartments for item in _of_compartment(ledger, dossier, name, held, groups)]


def former(ledger: Ledger, dossier: Dossier) -> list[Access]:
    """Who once had a key of a compartment and reads it no more, as the keyring's history tells, by compartment.

    What they read then stays read; what was sealed later is under another key.
    """
    tip, folder = ledger.keyring.tip, wraps_folder(dossier.id)
    if tip is None:
        return []
    present = _lines_at(ledger, tip, folder)
    found: dict[tuple[str, str], Access] = {}
    gone_on = None
    listed = ledger.repo.run("log", "--format=%H %cs", tip, "--", folder).decode().split("\n")
    for commit, day in (line.split() for line in listed if line):
        for reader, lines in _lines_at(ledger, commit, folder).items():
            for name, generation in sorted(lines - present.get(reader, frozenset()), reverse=True):
                still = any(name == held for held, _number in present.get(reader, ()))
                if reader != RECOVERY and not still and (name, reader) not in found:
                    found[name, reader] = Access(dossier.id, name, reader, (reader,), "was", gone_on, generation)
        gone_on = day
    return [found[key] for key in sorted(found)]


def _lines_at(ledger: Ledger, commit: str, folder: str) -> dict[str, frozenset[tuple[str, int]]]:
    """Each reader's compartments and generations in a folder of the keyring as of a commit."""
    files = list(ledger.repo.walk(commit, folder)) if ledger.repo.entry(commit, folder) else []
    contents = dict(ledger.repo.read_blobs(sorted({oid for _path, oid in files})))
    return {path.rpartition("/")[2]: frozenset(read_wraps(contents[oid])) for path, oid in files}


def access_of(ledger: Ledger, member: str) -> list[Access]:
    """What a member can read: every compartment of every customer and office that names it."""
    groups = _group_holders(ledger)
    mine = {member, *ledger.in_force.org.groups_of(member, ledger.today)}
    held = _held_by(ledger, mine)
    found = []
    for dossier in _everything(ledger):
        present = held.get(wraps_folder(dossier.id), {})
        for name in dossier.compartments:
            found += [a for a in _of_compartment(ledger, dossier, name, present, groups) if a.member == member]
    return found


def _of_compartment(
    ledger: Ledger, dossier: Dossier, name: str, held: Mapping[str, frozenset[tuple[str, int]]],
    groups: Mapping[str, frozenset[str]],
) -> Iterator[Access]:  # fmt: skip
    org, key = ledger.in_force.org, (name, dossier.compartments[name].generation)
    expected = ledger.expected_readers(dossier, name) - {RECOVERY}
    actual = {reader for reader, lines in held.items() if key in lines} - {RECOVERY}
    through: dict[str, list[tuple[str, bool]]] = {}
    for reader in sorted(expected | actual):
        members = org.group_members(reader, ledger.today) if "." in reader else [reader]
        for member in members:
            opens = reader in actual and ("." not in reader or member in groups.get(reader, frozenset()))
            through.setdefault(member, []).append((reader, opens))
    for member, ways in sorted(through.items()):
        meant = [reader for reader, _opens in ways if reader in expected]
        opening = [reader for reader, opens in ways if opens]
        standing: Standing = "not meant" if not meant else "reads" if set(opening) & set(meant) else "waits"
        ends = [g.until for g in dossier.grants if g.member in meant and g.compartment in {name, "*"}]
        lasting = {*meant} - {g.member for g in dossier.grants}
        until = max(ends).isoformat() if ends and not lasting else None
        yield Access(dossier.id, name, member, tuple(meant or opening), standing, until, key[1])


def _group_holders(ledger: Ledger) -> dict[str, frozenset[str]]:
    """Who holds each group's present key."""
    holders: dict[str, frozenset[str]] = {}
    for group, key in ledger.in_force.org.groups.items():
        wraps = ledger.keyring.readers(f"groups/{group}")
        holders[group] = frozenset(member for member, lines in wraps.items() if (GROUP, key.generation) in lines)
    return holders


def _held_by(ledger: Ledger, readers: set[str]) -> dict[str, dict[str, frozenset[tuple[str, int]]]]:
    """Folder → reader → compartments and generations, of these readers, in one walk of the keyring."""
    tip = ledger.keyring.tip
    entries = [(p, oid) for p, oid in (ledger.repo.walk(tip, "") if tip else ()) if p.rpartition("/")[2] in readers]
    contents = dict(ledger.repo.read_blobs(sorted({oid for _path, oid in entries})))
    found: dict[str, dict[str, frozenset[tuple[str, int]]]] = {}
    for path, oid in entries:
        folder, _slash, reader = path.rpartition("/")
        if folder.startswith(("dossiers/", "offices/")):
            found.setdefault(folder, {})[reader] = frozenset(read_wraps(contents[oid]))
    return found


def _everything(ledger: Ledger) -> Iterator[Dossier]:
    yield from all_dossiers(ledger)
    for department in ledger.in_force.org.departments:
        office = f"office/{department}"
        if ledger.repo.entry(ledger.head, clear_path(office)):
            yield ledger.dossier(office)
