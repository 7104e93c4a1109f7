"""Hold every sealed file against the history of its path: what came back, was copied, or follows nothing.

Sealing gives other bytes each time, so that a sealed file belongs to one path for ever and never
comes back there; both show without a key. With keys each version names the one it replaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from crmctl.errors import CrmctlError
from crmctl.i18n import N_
from crmctl.ledger.git.objects import NO_OBJECT
from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding
from crmctl.model.record import Record

_TOPS = ("customers", "offices", "blacklist")
_ENTRY = re.compile(rb":\d{6} \d{6} ([0-9a-f]{40}) ([0-9a-f]{40}) [A-Z]")
_LONGEST = 10_000  # versions of one record between two landings


@dataclass(slots=True)
class Past:
    """What first-parent history says of each path.

    `before`: the version the present one replaced; `replaced`: what once lay there and does no more;
    `homes`: every path a blob ever lay at, the earliest first; `removed`: paths that were once empty again;
    `makers`: who signed the change that first had a blob.
    """

    before: dict[str, str | None] = field(default_factory=dict)
    replaced: dict[str, set[str]] = field(default_factory=dict)
    homes: dict[str, dict[str, None]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    makers: dict[str, str] = field(default_factory=dict)
    came_twice: bool = False


def lineage(
    ledger: Ledger, past: Past, sealed: Mapping[str, str], opened: Iterable[tuple[str, str, Record]]
) -> Iterator[Finding]:
    """Findings for `sealed` (path: blob id) and, where they could be `opened`, their envelopes."""
    wrong: set[str] = set()
    for path, oid in sealed.items():
        home = next(iter(past.homes.get(oid, {})), path)
        if home != path:
            yield Finding(
                "CHK013", N_("This sealed file is a copy of another record's"), "error", path, "", {"home": home}
            )
            wrong.add(path)
        elif oid in past.replaced.get(path, ()):
            yield Finding(
                "CHK012", N_("An earlier version of this record was put back in place of a later one"), "error", path
            )
            wrong.add(path)
    for path, oid, record in opened:
        maker = past.makers.get(oid, record.by)
        if maker != record.by and maker in ledger.in_force.org.members:
            args = {"by": record.by, "member": maker}
            yield Finding("CHK031", N_("It says {by} entered it, but {member} did"), "error", path, "by", args)
        if path not in wrong and path in past.before and not _follows(ledger, path, oid, record, past.before[path]):
            yield Finding(
                "CHK014", N_("This version does not follow the one it replaced"), "error", path, "rev",
                {"rev": record.rev, "by": record.by},
            )  # fmt: skip


def past_of(ledger: Ledger, since: str | None = None) -> Past:
    """The past of every sealed path; with `since` (a commit on that very line) only what came after it."""
    past = Past()
    listing = ledger.repo.run(
        "log", "--first-parent", "-m", "--raw", "-z", "--no-abbrev", "--no-renames", "--format=", ledger.head,
        *([f"^{since}"] if since else []), "--", *_TOPS, env={"GIT_INDEX_FILE": "/nonexistent"},
    )  # fmt: skip
    words = listing.split(b"\0")
    for meta, name in zip(words[::2], words[1::2], strict=False):
        match = _ENTRY.search(meta)
        if match is None or not name.endswith(b".age"):
            continue
        path = name.decode("utf-8", "surrogateescape")
        old, new = match[1].decode(), match[2].decode()
        if path not in past.before or past.before[path] is None:
            # newest first; behind a removal the version that was removed is what a new one follows
            past.before[path] = None if old == NO_OBJECT else old
        if old != NO_OBJECT:
            past.replaced.setdefault(path, set()).add(old)
        if new == NO_OBJECT:
            past.removed.add(path)
        else:
            past.came_twice |= new in past.homes
            homes = past.homes.setdefault(new, {})
            homes.pop(path, None)
            past.homes[new] = {path: None, **homes}
    past.makers = _makers(ledger, since)
    return past


def _makers(ledger: Ledger, since: str | None) -> dict[str, str]:
    """Who signed the change that brought each sealed blob: `verify` proves that the name is the signer's."""
    words = ["log", "--no-merges", "--reverse", "--raw", "-z", "--no-abbrev", "--no-renames", "--format=%x01%an"]
    range_ = [ledger.head, *([f"^{since}"] if since else []), "--", *_TOPS]
    listing = ledger.repo.run(*words, *range_, env={"GIT_INDEX_FILE": "/nonexistent"})
    found: dict[str, str] = {}
    maker = ""
    for word in listing.split(b"\0"):
        _head, mark, name = word.partition(b"\x01")
        if mark:
            maker = name.split(b"\n")[0].decode("utf-8", "replace")
        match = _ENTRY.search(word)
        if match is not None and match[2].decode() != NO_OBJECT:
            found.setdefault(match[2].decode(), maker)
    return found


def continues(ledger: Ledger, since: str) -> bool:
    """Whether first-parent history leads straight back to commit `since`."""
    if since == ledger.head:
        return True
    chain = ledger.repo.run("rev-list", "--first-parent", ledger.head, f"^{since}", check=False).split()
    return bool(chain) and ledger.repo.commit(chain[-1].decode()).parents[:1] == (since,)


def _follows(ledger: Ledger, path: str, oid: str, record: Record, before: str | None) -> bool:
    """Whether the chain of `prev` leads from this version to the one main had before it.

    Between two landings a member may have written several versions: those are opened one by one.
    """
    seen = {oid}
    for _version in range(_LONGEST):
        if record.prev == before:
            return record.rev == 1 if before is None else record.rev > 1
        if record.prev is None or record.prev in seen:
            return False
        seen.add(record.prev)
        try:
            earlier = ledger.read(path, record.prev)
        except CrmctlError:
            return False
        if earlier.rev != record.rev - 1 or earlier.id != record.id:
            return False
        record = earlier
    return False
