"""Give records their registration numbers once main holds them: without gaps, in order of landing (R-AUD-14).

Whoever syncs gives the numbers that are lacking. They go to the server before this copy has them, so that of two
who number at once one finds it done: no number is ever given twice, changed or left out. No key is needed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.transaction import Change, write
from crmctl.ledger.given_numbers import numbers_at
from crmctl.model.findings import Finding
from crmctl.model.numbers import TOP, Number, number_of
from crmctl.model.paths import lies_there, place_of

if TYPE_CHECKING:  # every command that writes reads this module
    from crmctl.ledger.git.gate import Gate, Progress
    from crmctl.ledger.git.repository import Repository
    from crmctl.ledger.in_force import InForce
    from crmctl.ledger.ledger import Ledger

ACTION = "number"
_TRAILERS = 20


def unnumbered(ledger: Ledger) -> dict[str, list[str]]:
    """Paths of records on main that wait for a number, by series, in the order in which they landed."""
    found: dict[str, list[str]] = {}
    for series in dict.fromkeys(_series(ledger.in_force)):
        taken = {number.record for number in numbers_at(ledger.repo, ledger.main, series)}
        paths = [path for path in _records(ledger, series) if path.rpartition("/")[2].split(".")[0] not in taken]
        if paths:
            found[series] = _as_landed(ledger.repo, ledger.main, paths)
    return found


def give_numbers(ledger: Ledger, gate: Gate | None = None, progress: Progress | None = None) -> int:
    """Number what main holds and push that. Returns how many were given; -1 when somebody else wrote first.

    The ledger must stand where its server does; its own main stays there: the next fetch brings the numbers. A
    server that refuses them from this member gets them from another.
    """
    from crmctl.ledger.git.remote import push
    from crmctl.ledger.ledger import MAIN

    change, count = _numbering(ledger, None)
    if change is None:
        return 0
    commit = write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)[-1]
    if gate:
        gate.given(ledger.repo, commit, ledger.keyring.tip)
    outcome = push(ledger.repo, [f"{commit}:{MAIN}"], progress=progress)
    return {"done": count, "stale": -1}.get(outcome.result, 0)


def number_alone(ledger: Ledger, kinds: Iterable[str], commit: str) -> str:
    """Number, after a commit with records of these kinds, what main holds where no server is: there is no other copy.

    Returns the commit it was given.
    """
    from crmctl.ledger.ledger import MAIN

    numbered = any(ledger.in_force.kinds[name].number for name in kinds)
    if not numbered or ledger.repo.run("config", "--get", "remote.origin.url", check=False).strip():
        return commit
    change, _count = _numbering(ledger.reopened().landed, MAIN)
    if change is not None:
        write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)
    return commit


def number_faults(ledger: Ledger) -> list[Finding]:
    """Gaps, numbers given twice, and records whose number is still to come."""
    from crmctl.i18n import N_

    faults = []
    for series in dict.fromkeys([*_series(ledger.in_force), *_folders(ledger)]):
        given = sorted(numbers_at(ledger.repo, ledger.main, series), key=lambda number: number.number)
        there = {number.number for number in given}
        for missing in sorted(set(range(1, max(there, default=0) + 1)) - there):
            message = N_("The number {number} is missing: somebody took it away or skipped it")
            faults.append(Finding("NUM001", message, "error", f"{TOP}/{series}", "", {"number": missing}))
        first: dict[str, Number] = {}
        for number in given:
            other = first.setdefault(number.record, number)
            if other is not number:
                message = N_("{record} has two numbers: {one} and {other}")
                args = {"record": number.record, "one": other.number, "other": number.number}
                faults.append(Finding("NUM002", message, "error", number.path, "", args))
    for series, paths in unnumbered(ledger).items():
        message = N_("{count} have no number yet; crmctl sync gives it")
        faults.append(Finding("NUM003", message, "info", f"{TOP}/{series}", "", {"count": len(paths)}))
    return faults


def _numbering(ledger: Ledger, ref: str | None) -> tuple[Change | None, int]:
    """The commit on main that gives every number that is lacking."""
    made: list[Number] = []
    for series, paths in unnumbered(ledger).items():
        last = max((number.number for number in numbers_at(ledger.repo, ledger.main, series)), default=0)
        made += [number_of(path, series, last + place) for place, path in enumerate(paths, 1)]
    if not made:
        return None, 0
    about = made[0].record if len(made) == 1 else f"{len(made)} records"
    lines = [f"Crmctl-Action: {ACTION}", *(f"Crmctl-Record: {number.record}" for number in made[:_TRAILERS])]
    lines += [f"Crmctl-Records: {len(made)}"] if len(made) > _TRAILERS else []
    message = f"{ACTION} {about}\n\n" + "\n".join(lines) + "\n"
    edits = {number.path: dump(number.encode()) for number in made}
    return Change(ref, ledger.main, edits, message, parents=[ledger.main]), len(made)


def _series(in_force: InForce) -> list[str]:
    return [kind.number for kind in in_force.kinds.values() if kind.number]


def _folders(ledger: Ledger) -> list[str]:
    entry = ledger.repo.entry(ledger.main, TOP)
    return sorted(ledger.repo.tree(entry.oid)) if entry and entry.kind == "tree" else []


def _records(ledger: Ledger, series: str) -> Iterator[str]:
    """Paths of the records of a series on main; their kinds lie in offices."""
    kinds = [kind for kind in ledger.in_force.kinds.values() if kind.number == series]
    for path, _oid in ledger.repo.walk(ledger.main, "offices"):
        place = place_of(path)
        if place is not None and place.is_record and any(lies_there(kind, place) for kind in kinds):
            yield path


def _as_landed(repo: Repository, main: str, paths: Sequence[str]) -> list[str]:
    """Paths in the order in which they came onto main's own line; within a landing as they were made."""
    if len(paths) < 2:
        return list(paths)
    line = repo.run("rev-list", "--first-parent", "--reverse", main).decode().split()
    landed: Mapping[int, list[str]] = defaultdict(list)
    for path in paths:
        landed[_first_with(repo, line, path)].append(path)
    return [path for place in sorted(landed) for path in _as_made(repo, line, place, landed[place])]


def _first_with(repo: Repository, line: Sequence[str], path: str) -> int:
    return bisect_left(line, True, key=lambda commit: repo.entry(commit, path) is not None)


def _as_made(repo: Repository, line: Sequence[str], place: int, paths: list[str]) -> list[str]:
    if len(paths) < 2:
        return paths
    since = [f"^{line[place - 1]}"] if place else []
    listing = repo.run(
        "log", "--reverse", "--topo-order", "--no-merges", "--diff-filter=A", "--no-renames", "--format=",
        "--name-only", line[place], *since, "--", *paths,
    )  # fmt: skip
    made = list(dict.fromkeys(listing.decode().split("\n")))
    return sorted(paths, key=lambda path: (made.index(path) if path in made else len(made), path))
