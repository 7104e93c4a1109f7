"""What may lie in a ledger at all, whoever brings it: plain files, known places, sealed as they must be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from crmctl.errors import CrmctlError
from crmctl.ledger.disk.yamlio import load, load_canonical
from crmctl.ledger.git.objects import FILE_MODE, NO_OBJECT
from crmctl.ledger.git.plan import check_path
from crmctl.ledger.git.repository import PathChange, Repository
from crmctl.ledger.keys.seal import check_header
from crmctl.model.findings import Finding
from crmctl.model.paths import place_of
from crmctl.trust.authority import Authority, PathRule
from crmctl.trust.words import found

_RAW = re.compile(rb":\d{6} \d{6} [0-9a-f]{40} ([0-9a-f]{40}) [A-Z]")


def too_large(repo: Repository, authority: Authority, wanted: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """New blobs over the largest limit, named without reading them."""
    limit = max(authority.limits.values())
    wanted, known = list(wanted), list(known)
    if known:  # the walk over objects would mark everything that is known, however little is new
        return _too_large_since(repo, limit, wanted, known)
    words = ["--objects", f"--filter=blob:limit={limit + 1}", "--filter-print-omitted", "--no-object-names"]
    tips = "".join([*(f"{oid}\n" for oid in wanted), *(f"^{oid}\n" for oid in known)])
    listing = repo.run("rev-list", *words, "--stdin", input=tips.encode())
    return frozenset(line[1:].decode() for line in listing.split() if line.startswith(b"~"))


def _too_large_since(repo: Repository, limit: int, wanted: list[str], known: list[str]) -> frozenset[str]:
    listing = repo.run(
        "-c", "log.showRoot=true", "log", "-m", "--raw", "-z", "--no-abbrev", "--no-renames", "--format=", *wanted,
        *(f"^{oid}" for oid in known), "--", env={"GIT_INDEX_FILE": "/nonexistent"},
    )  # fmt: skip
    blobs = {match[1] for match in map(_RAW.search, listing.split(b"\0")) if match} - {NO_OBJECT.encode()}
    if not blobs:
        return frozenset()
    sizes = repo.run(
        "cat-file", "--buffer", "--batch-check=%(objectname) %(objectsize)", input=b"\n".join(sorted(blobs)) + b"\n"
    )
    pairs = (line.split() for line in sizes.splitlines())
    # a link to another repository names no object here; whether it may stand there is asked elsewhere
    return frozenset(oid.decode() for oid, size in pairs if size.isdigit() and int(size) > limit)


class FileCheck:
    """Looks at each new file of a commit."""

    def __init__(self, repo: Repository, authority: Authority, large: frozenset[str]) -> None:
        self._repo = repo
        self._authority = authority
        self._large = large

    def findings(self, commit: str, treeish: str, changes: list[PathChange]) -> Iterator[Finding]:
        """What is wrong with the files a commit adds or changes; `treeish` is how it leaves main."""
        wanted: dict[str, tuple[PathChange, PathRule]] = {}
        for change in changes:
            rule = self._authority.rule(change.path)
            faults = list(self._place(commit, change, rule))
            yield from faults
            if change.new_oid and rule and not faults:
                wanted[change.path] = (change, rule)
        yield from self._contents(commit, wanted)
        yield from self._collisions(commit, treeish, changes)

    def _place(self, commit: str, change: PathChange, rule: PathRule | None) -> Iterator[Finding]:
        if not change.new_oid:
            return
        if change.new_mode != FILE_MODE:
            yield found("TRU030", commit, change.path, mode=change.new_mode)
        elif rule is None or not _plain(change.path) or (rule.sort == "sealed" and place_of(change.path) is None):
            yield found("TRU031", commit, change.path)
        elif change.new_oid in self._large:
            yield found("TRU034", commit, change.path, limit=max(self._authority.limits.values()))

    def _contents(self, commit: str, wanted: Mapping[str, tuple[PathChange, PathRule]]) -> Iterator[Finding]:
        oids = [change.new_oid or "" for change, _rule in wanted.values()]
        for (change, rule), (_oid, content) in zip(wanted.values(), self._repo.read_blobs(oids), strict=True):
            limit = self._authority.limits["sealed" if rule.sort == "sealed" else "clear"]
            if len(content) > limit:
                yield found("TRU034", commit, change.path, limit=limit)
                continue
            try:
                _holds(change.path, rule.sort, content)
            except CrmctlError as error:
                yield found("TRU033" if rule.sort == "sealed" else "TRU035", commit, change.path, why=error.what)

    def _collisions(self, commit: str, treeish: str, changes: list[PathChange]) -> Iterator[Finding]:
        looked: set[str] = set()
        for change in changes:
            if change.old_oid or not change.new_oid:
                continue
            folder, names = "", change.path.split("/")
            for name in names:
                if folder not in looked:
                    looked.add(folder)
                    yield from self._twins(commit, treeish, folder)
                folder = f"{folder}/{name}" if folder else name

    def _twins(self, commit: str, treeish: str, folder: str) -> Iterator[Finding]:
        entry = self._repo.entry(treeish, folder)
        if entry is None or entry.kind != "tree":
            return
        seen: dict[str, str] = {}
        for name in self._repo.tree(entry.oid):
            other = seen.setdefault(_folded(name), name)
            if other != name:
                path = f"{folder}/{name}" if folder else name
                yield found("TRU032", commit, path, other=other)


def _holds(path: str, sort: str, content: bytes) -> None:
    """Raise where a file is not what its place says. Raises TrustBroken, InvalidInput."""
    if sort == "sealed":
        check_header(content, path)
    elif sort == "dossier":
        load_canonical(content, path)
    elif path.endswith(".yaml"):
        load(content, path)


def _plain(path: str) -> bool:
    try:
        check_path(path)
    except CrmctlError:
        return False
    return True


def _folded(name: str) -> str:
    return name if name.isascii() and name.islower() else unicodedata.normalize("NFC", name).casefold()
