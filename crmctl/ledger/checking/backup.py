"""Keep a whole ledger in one file, and make a working copy from such a file (R-AUD-22).

The file is a plain Git bundle of every branch: `git clone FILE` reads it too. Records lie in it
sealed as they are in the ledger; no member's key is in it. It is built beside the ledger, which
is only read, and read back whole before it gets its name.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crmctl import __version__, clock
from crmctl.errors import BadConfiguration, CrmctlError, GitFailed, InvalidInput, NotFound, TrustBroken, UsageError
from crmctl.i18n import _
from crmctl.ledger.checking.check import Checked, check
from crmctl.ledger.disk.files import sync_folder
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.index import note_index
from crmctl.ledger.git.objects import FILE_MODE, Who, encode_commit
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.sparse import set_up
from crmctl.ledger.keys.identity import members_with_identity
from crmctl.ledger.ledger import MAIN, Ledger, claim_clone
from crmctl.ledger.pending import VIEW
from crmctl.model.values import Value

NOTE_REF, NOTE_FILE, SCHEMA = "refs/crmctl/backup", "backup.yaml", "crmctl/backup/1"
_KEPT = ("refs/heads/", "refs/remotes/origin/", "refs/tags/")
_SYMBOLIC = "refs/remotes/origin/HEAD"
_HEADERS = (b"# v2 git bundle\n", b"# v3 git bundle\n")
_HOW_TO_READ = """\
A backup of a crmctl ledger: a Git bundle of all branches.
Restore it:  crmctl restore FILE DIR   or without crmctl:  git clone FILE DIR
Records are sealed with age; the members' keys are not in here.

crmctl 客户台账的备份：全部分支的 Git bundle。
恢复：crmctl restore FILE DIR；没有 crmctl 时：git clone FILE DIR
记录用 age 加密；成员的密钥不在其中。
"""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """The finished file: its size in bytes, the branches in it, and where main and the keyring stand."""

    path: Path
    size: int
    branches: int
    main: str
    keyring: str | None


@dataclass(frozen=True, slots=True)
class Restored:
    """The new copy, whose it is (None: not said), when the backup was made, and what the check found."""

    path: Path
    head: str
    member: str | None
    made_at: str
    checked: Checked


def backup(ledger: Ledger, file: Path, *, overwrite: bool = False) -> BackedUp:
    """Write every branch of the ledger's copy into `file` (0600), which appears whole or not at all.

    Raises UsageError when the file exists, NotFound when its folder does not, BadConfiguration for a
    copy that lacks part of the history, GitFailed when Git or the disk refuses.
    """
    repo, file = ledger.repo, file.resolve()
    if not file.parent.is_dir():
        raise NotFound(_("There is no folder {path}", path=file.parent), hint=_("Make it first, or name another"))
    if file.is_dir() or (file.exists() and not overwrite):
        raise UsageError(_("{path} is there already", path=file), hint=_("Give another name, or --force"))
    if repo.is_shallow:
        raise BadConfiguration(
            _("This copy lacks the older history, so it cannot be a backup"), where=str(repo.path),
            hint="git fetch --unshallow",
        )  # fmt: skip
    refs = {ref: oid for kept in (*_KEPT, VIEW) for ref, oid in repo.refs(kept).items() if ref != _SYMBOLIC}
    with _folder_beside(file) as part:
        made = part / "backup"
        with _scratch(part / "from", repo) as scratch:
            note = _note(scratch, refs)
            _point(scratch, {**refs, NOTE_REF: note})
            scratch.run("symbolic-ref", "HEAD", MAIN)
            scratch.run("bundle", "create", "--quiet", "--version=2", str(made), "--all")
        _read_back(part / "back", made, {**refs, NOTE_REF: note})
        made.chmod(0o600)
        _to_disk(made)
        size = made.stat().st_size
        made.replace(file)
    sync_folder(file.parent)
    keyring = refs.get(ledger.keyring.ref)
    return BackedUp(file, size, sum(ref.startswith(_KEPT[0]) for ref in refs), refs[MAIN], keyring)


def restore(file: Path, directory: Path, member: str | None, home: Path) -> Restored:
    """Make a working copy from a backup in `directory`, which must be absent or empty.

    Raises UsageError for a folder that is not empty, NotFound, InvalidInput (no backup, or cut
    off), TrustBroken when the keyring in it is not the ledger's own. Nothing is left there then.
    """
    directory = directory.resolve()
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError(_("{path} is not an empty folder", path=directory), hint=_("crmctl restore FILE NEW-FOLDER"))
    _must_be_bundle(file)
    part = directory.with_name(f".{directory.name}.part-{os.getpid()}")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        made_at = _unpack(file.resolve(), part)
        whose = _claim(part, member, home)
        if directory.exists():
            directory.rmdir()
        part.replace(directory)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    ledger = Ledger(directory, home=home)
    return Restored(directory, ledger.head, whose, made_at, check(ledger, keyless=True))


@contextlib.contextmanager
def _folder_beside(file: Path) -> Iterator[Path]:
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.new")
    part.mkdir(mode=0o700)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def _scratch(path: Path, lender: Repository | None) -> Iterator[Repository]:
    """An empty repository; with `lender` it sees that one's objects without having them."""
    with Repository.create(path, bare=True) as scratch:
        if lender:
            alternates = scratch.git_dir / "objects" / "info" / "alternates"
            alternates.parent.mkdir(exist_ok=True)
            alternates.write_text(f"{lender.common_dir / 'objects'}\n", "utf-8", "surrogateescape")
        yield scratch


def _note(scratch: Repository, refs: dict[str, str]) -> str:
    """A commit of its own that says what the file is; unsigned, because a backup needs no key."""
    now = clock.now()
    branches: dict[str, Value] = {ref: oid for ref, oid in sorted(refs.items()) if ref.startswith(_KEPT[0])}
    said: dict[str, Value] = {
        "schema": SCHEMA, "made_at": now.isoformat(), "crmctl": __version__, "branches": branches,
    }  # fmt: skip
    lines = b""
    for name, content in (("README.txt", _HOW_TO_READ.encode()), (NOTE_FILE, dump(said))):
        oid = scratch.run("hash-object", "-w", "--stdin", input=content).decode().strip()
        lines += f"{FILE_MODE} blob {oid}\t{name}\n".encode()
    tree = scratch.run("mktree", input=lines).decode().strip()
    commit = encode_commit(tree, [], Who("crmctl", "backup@crmctl.invalid"), now, "backup")
    return scratch.run("hash-object", "-t", "commit", "-w", "--stdin", input=commit).decode().strip()


def _point(scratch: Repository, refs: dict[str, str]) -> None:
    lines = "".join(f"create {ref} {oid}\n" for ref, oid in refs.items())
    scratch.run("update-ref", "--stdin", input=lines.encode("utf-8", "surrogateescape"))


def _read_back(path: Path, bundle: Path, refs: dict[str, str]) -> None:
    """Unpack the file where nothing else is, every object checked; raises GitFailed when anything lacks."""
    with _scratch(path, None) as empty:
        empty.run("bundle", "verify", "--quiet", str(bundle))
        empty.run("-c", "fetch.fsckObjects=true", "bundle", "unbundle", str(bundle))
        tips = "".join(f"{oid}\n" for oid in sorted(set(refs.values())))
        empty.run("rev-list", "--objects", "--quiet", "--stdin", input=tips.encode())


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _must_be_bundle(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            head = opened.read(len(_HEADERS[0]))
    except OSError as error:
        raise NotFound(
            _("The file cannot be read"), where=str(file), hint=_("Check its name, and that you may read it")
        ) from error
    if head not in _HEADERS:
        raise InvalidInput(_("This is not a backup of a ledger"), where=str(file), hint="crmctl backup FILE")


def _unpack(file: Path, part: Path) -> str:
    """The copy at `part`, set up and held against its own keyring root. Returns when the backup was made."""
    with Repository.create(part) as repo:
        everything = [f"+{kept}*:{kept}*" for kept in (*_KEPT, "refs/crmctl/")]
        try:
            repo.run(
                "-c", "transfer.fsckObjects=true", "fetch", "--quiet", "--no-tags", "--update-head-ok",
                "--no-write-fetch-head", "--end-of-options", str(file), *everything,
            )  # fmt: skip
        except GitFailed as error:
            raise InvalidInput(
                _("The backup is damaged or cut off"), where=str(file), hint=_("Take an earlier backup or another copy")
            ) from error
        head = repo.resolve(MAIN)
        if head is None:
            raise InvalidInput(_("This is not a backup of a ledger"), where=str(file), hint="crmctl backup FILE")
        set_up(repo)
        repo.run("read-tree", "-m", "-u", head)
        note_index(repo, head)
        made_at = _made_at(repo)
        if repo.resolve(NOTE_REF):
            repo.run("update-ref", "-d", NOTE_REF)
    rooted(Ledger(part))
    return made_at


def _made_at(repo: Repository) -> str:
    note = repo.resolve(NOTE_REF)
    return repo.commit(note).at.isoformat() if note else "?"


def rooted(ledger: Ledger) -> None:
    """Hold the keyring against the root pinned in ledger.yaml. Raises TrustBroken, NotFound."""
    settings, keyring = ledger.in_force.settings, ledger.keyring
    if keyring.tip is None:
        raise NotFound(
            _("The keyring is missing: without it no record opens"), where=keyring.ref,
            hint=_("Fetch it from another copy or a backup"),
        )  # fmt: skip
    roots = ledger.repo.run("rev-list", "--max-parents=0", keyring.tip).decode().split()
    if roots != [settings.root]:
        raise TrustBroken(_("The keyring does not begin where the ledger says"), where=keyring.ref)


def _claim(part: Path, member: str | None, home: Path) -> str | None:
    """Whose copy it is: as said, else the only member of the ledger whose keys are on this machine."""
    ledger = Ledger(part, home=home)
    known = ledger.in_force.org.members
    if member is not None and member not in known:
        raise NotFound(_("There is no member {member}", member=member), hint=", ".join(sorted(known)))
    here = [name for name in members_with_identity(home) if name in known]
    whose = member or (here[0] if len(here) == 1 else None)
    if whose:
        claim_clone(ledger.repo, whose)
    view = ledger.repo.resolve(VIEW)
    if view and ledger.repo.commit(view).author.name != whose:
        ledger.repo.run("update-ref", "-d", VIEW)  # what waits is the author's to hand in, nobody else's
    ledger.repo.close()
    return whose


def keys_of(ledger: Ledger) -> list[Path]:
    """Where the keys lie that a backup does not hold: the members' and the recovery key, if they are here."""
    found = [ledger.home / "identities" / member for member in members_with_identity(ledger.home)]
    with contextlib.suppress(CrmctlError):
        found += sorted((ledger.home / "recovery").glob(f"{ledger.in_force.settings.id}.*"))
    return found
