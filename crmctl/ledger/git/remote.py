"""Clone, fetch and push with progress, through GitPython; nothing else uses it.

What a server says is shown without control characters, escapes and credentials.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from crmctl.errors import GitFailed, UsageError
from crmctl.i18n import _
from crmctl.ledger.git import sparse
from crmctl.ledger.git.environment import environment, failure, plain
from crmctl.ledger.git.index import note_index
from crmctl.ledger.git.lock import TALKING, Journal, drop_journal, ledger_lock, write_journal
from crmctl.ledger.git.mend import mend
from crmctl.ledger.git.repository import Repository

Progress = Callable[[str, int, int | None], None]

ALL_BRANCHES = "+refs/heads/*:refs/remotes/origin/*"
# Branches that come and go: what was handed in for review, and the wraps it needs.
PASSING = tuple(f"+refs/heads/{name}/*:refs/remotes/origin/{name}/*" for name in ("review", "outbox"))
# tells the pre-push hook of this copy that what is sent was proved already
TALKING_VARIABLE = "CRMCTL_TALKING"
_DEFAULT = "refs/remotes/origin/HEAD"  # another name for one of the others
_OPTIONS = (
    "-c", "protocol.ext.allow=never", "-c", "transfer.fsckObjects=true", "-c", "core.fsmonitor=false",
    "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "submodule.recurse=false", "-c", "core.quotepath=off",
    "-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=60", "-c", "core.fsync=all",
)  # fmt: skip
_HELPER = re.compile(r"^[A-Za-z0-9+.-]*::")
_STALE = re.compile(
    r"stale info|non-fast-forward|fetch first|cannot lock ref|reference already exists|failed to update ref"
    r"|incorrect old value|failed to lock|needs force|remote ref updated since checkout"
)
_PROGRESS_LINE = re.compile(
    r"(remote: )?(Enumerating|Counting|Compressing|Writing|Receiving|Unpacking) objects:|(remote: )?Resolving deltas:"
    r"|Finding sources:|(remote: )?Total \d+ \(delta"
)
_CONSEQUENCE = re.compile(r"atomic (push|transaction) fail")
_OID_OR_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/{}^~@-]*")


@dataclass(frozen=True, slots=True)
class RefMoved:
    """One remote-tracking ref that a fetch moved; None where it was or is not."""

    ref: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """What the server did.

    `stale`: somebody was first, fetch and try again. `refused`: a hook or a rule of the server
    said no, in the words of `said`. `refs` are the server's refs that it did not take, with its reason.
    """

    result: Literal["done", "stale", "refused"]
    refs: Mapping[str, str]
    said: str


def check_url(url: str) -> str:
    """The URL, if Git can be trusted with it. Raises UsageError for options and remote helpers."""
    host = url.split("://", 1)[-1].rsplit("@", 1)[-1] if "://" in url else url
    option = url.startswith("-") or host.startswith("-")
    if not url or option or _HELPER.match(url) or re.search(r"[\x00-\x1f\x7f]", url):
        raise UsageError(
            _("Not an address to clone from: {url}", url=plain(url)),
            hint=_("Give an https://, ssh:// or file:// address, or a folder"),
        )
    return url


def clone(url: str, directory: Path, progress: Progress | None = None) -> Repository:
    """A full clone, all branches and all history, with only the clear files checked out.

    Made beside `directory` and moved there when whole. Raises UsageError for a bad address or
    a folder that is not empty, GitFailed when the server or the disk refuses.
    """
    check_url(url)
    directory = Path(directory).absolute()
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError(_("{path} is not an empty folder", path=directory))
    source = str(Path(url).absolute()) if "://" not in url and Path(url).is_dir() else url
    part = directory.with_name(f".{directory.name}.part-{os.getpid()}")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        # --no-local: copying files would bring along objects that were meant to be forgotten
        words = ["clone", "--progress", "--no-checkout", "--no-local", "--origin=origin", "--template="]
        _checked(_talk(directory.parent, [*words, "--", source, str(part)], progress), "clone", directory)
        part.replace(directory)
    except OSError as error:
        raise GitFailed(_("{path} cannot be written", path=directory), where=str(directory)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    repo = Repository(directory)
    sparse.set_up(repo)
    head = repo.resolve("HEAD")
    if head:
        repo.run("read-tree", "-m", "-u", head)
        note_index(repo, head)
    return repo


def fetch_all_again(repo: Repository, progress: Progress | None = None) -> int:
    """Bring everything that `origin` holds once more and lay it beside what is here; no ref moves.

    For what got lost here: Git asks a server only for what follows what it believes to have. Returns how many packs
    came. Raises GitFailed when the server or the disk refuses.
    """
    url = repo.run("config", "--get", "remote.origin.url").decode().strip()
    part = repo.common_dir / f"again.part-{os.getpid()}"
    words = ["clone", "--progress", "--bare", "--no-local", "--template=", "-c", "transfer.fsckObjects=true"]
    try:
        _checked(_talk(repo.path, [*words, "--", url, str(part)], progress), "clone", repo.path)
        packs = sorted((part / "objects" / "pack").glob("*.pack"))
        for pack in packs:
            for file in sorted(pack.parent.glob(f"{pack.stem}.*"), key=lambda file: file.suffix == ".idx"):
                target = repo.common_dir / "objects" / "pack" / file.name
                if not target.exists():  # the index last: with it Git takes the pack for whole
                    file.replace(target)
    except OSError as error:
        raise GitFailed(_("{path} cannot be written", path=part), where=str(part)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return len(packs)


def fetch(
    repo: Repository, refspecs: Sequence[str] = (ALL_BRANCHES,), progress: Progress | None = None,
    *, prune: bool = False, wait_seconds: float = 10.0,
) -> list[RefMoved]:  # fmt: skip
    """Bring `refspecs` from `origin`, all or none; the remote-tracking refs that moved.

    Deletes no ref but, with `prune`, those of `refspecs` that the server no longer has, and never writes
    outside `refs/remotes/`. Raises GitFailed when the
    server cannot be reached, Conflict while another crmctl talks to it.
    """
    for refspec in refspecs:
        _check_fetch_refspec(refspec)
    before = repo.refs("refs/remotes/")
    words = ["fetch", "--progress", "--atomic", "--prune" if prune else "--no-prune", "--no-tags"]
    words += ["--no-write-fetch-head", "--no-recurse-submodules", "--end-of-options", "origin", *refspecs]
    with _talking(repo, wait_seconds) as descriptor:
        spoken = _talk(repo.path, words, progress, descriptor)
    _checked(spoken, "fetch", repo.path)
    after = repo.refs("refs/remotes/")
    # objects pile up where nobody runs plain Git; this one waits for nobody and holds no lock of ours
    repo.run("-c", "gc.auto=6700", "maintenance", "run", "--auto", "--quiet", check=False)
    moved = sorted(ref for ref in before.keys() | after.keys() if before.get(ref) != after.get(ref) and ref != _DEFAULT)
    return [RefMoved(ref, before.get(ref), after.get(ref)) for ref in moved]


def push(
    repo: Repository, refspecs: Sequence[str], lease: Mapping[str, str | None] | None = None, *,
    atomic: bool = True, hook: bool = True, progress: Progress | None = None, wait_seconds: float = 10.0,
) -> PushOutcome:  # fmt: skip
    """Push `refspecs` (`<commit or ref>:refs/heads/…`, or `:refs/heads/…` to delete) to `origin`.

    `lease`: where each of the server's refs must stand, None for "not there". A `+` or a
    deletion needs one. `hook` False leaves out the local pre-push hook. A push that the
    server rejects is an outcome; GitFailed means that it was not reached or broke off, and
    what it has is not known.
    """
    lease = lease or {}
    words = ["push", "--progress", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"]
    words += [*(["--atomic"] if atomic else []), *([] if hook else ["--no-verify"])]
    for refspec in refspecs:
        _check_push_refspec(refspec, lease)
    words += [f"--force-with-lease={_checked_ref(ref)}:{oid or ''}" for ref, oid in lease.items()]
    with _talking(repo, wait_seconds) as descriptor:
        spoken = _talk(repo.path, [*words, "--end-of-options", "origin", *refspecs], progress, descriptor)
    return _outcome(spoken, repo)


def _check_fetch_refspec(refspec: str) -> None:
    source, colon, target = refspec.removeprefix("+").partition(":")
    if not colon or not target.startswith("refs/remotes/") or not source.startswith("refs/"):
        raise ValueError(f"a fetch writes below refs/remotes/ only: {refspec!r}")


def _check_push_refspec(refspec: str, lease: Mapping[str, str | None]) -> None:
    source, colon, target = refspec.removeprefix("+").partition(":")
    if not colon or (source and not _OID_OR_NAME.fullmatch(source)):
        raise ValueError(f"not a refspec: {refspec!r}")
    _checked_ref(target)
    if (not source or refspec.startswith("+")) and target not in lease:
        raise ValueError(f"a forced push or deletion needs a lease: {refspec!r}")


def _checked_ref(ref: str) -> str:
    if not ref.startswith("refs/") or re.search(r"[\s:*?\[\\\x00-\x1f\x7f^~]|\.\.|@\{", ref):
        raise ValueError(f"not a ref: {ref!r}")
    return ref


@dataclass(frozen=True, slots=True)
class _Spoken:
    code: int
    output: list[str]
    errors: list[str]


def _checked(spoken: _Spoken, command: str, where: Path) -> None:
    if spoken.code != 0:
        raise failure(command, "\n".join(spoken.errors).encode(), where, spoken.code)


@contextlib.contextmanager
def _talking(repo: Repository, wait_seconds: float) -> Iterator[int]:
    with ledger_lock(repo, wait_seconds, purpose=TALKING) as descriptor:
        mend(repo, wait_seconds)  # now: a killed talk's Git may have outlived it until just before
        write_journal(repo, Journal(), TALKING)
        yield descriptor
        drop_journal(repo, TALKING)


@contextlib.contextmanager
def _clean_environment() -> Iterator[None]:
    """GitPython adds to the process's environment and cannot leave out: take out what leaked in."""
    wanted = environment()
    leaked = {name: os.environ.pop(name) for name in list(os.environ) if name not in wanted}
    try:
        yield
    finally:
        os.environ.update(leaked)


def _talk(cwd: Path, words: Sequence[str], progress: Progress | None, descriptor: int | None = None) -> _Spoken:
    from git.cmd import Git, handle_process_output

    output: list[str] = []
    errors: list[str] = []
    inherited: dict[str, Any] = {"pass_fds": (descriptor,)} if descriptor is not None and os.name != "nt" else {}
    with _clean_environment():
        child = Git(str(cwd)).execute(
            ["git", *_OPTIONS, *words], as_process=True, env=environment() | {TALKING_VARIABLE: "1"}, shell=False,
            universal_newlines=True, errors="replace", **inherited,
        )  # fmt: skip
    parse = _parser(progress)

    def on_error_line(line: str) -> None:
        if _PROGRESS_LINE.match(line):
            parse(line)
        else:
            errors.append(line)

    handle_process_output(child, output.append, on_error_line, decode_streams=False)
    return _Spoken(child.proc.wait(), output, errors)


def _parser(progress: Progress | None) -> Callable[[str], object]:
    from git import RemoteProgress

    class _Watch(RemoteProgress):
        def update(
            self, op_code: int, cur_count: str | float, max_count: str | float | None = None, _message: str = ""
        ) -> None:
            if progress is not None:
                total = int(float(max_count)) if max_count else None
                progress(_stage(op_code & self.OP_MASK), int(float(cur_count or 0)), total)

    return _Watch().new_message_handler()


def _stage(operation: int) -> str:
    stages = {16: _("Sending"), 32: _("Receiving"), 64: _("Checking"), 256: _("Unpacking")}
    return stages.get(operation, _("Preparing"))


def _outcome(spoken: _Spoken, repo: Repository) -> PushOutcome:
    rejected: dict[str, str] = {}
    for line in spoken.output:
        flag, _tab, rest = line.rstrip("\n").partition("\t")
        if flag == "!":
            pair, _tab, reason = rest.partition("\t")
            rejected[pair.partition(":")[2]] = plain(reason)
    lines = [plain(line.removeprefix("remote:")) for line in spoken.errors if line.startswith("remote:")]
    said = "\n".join(line for line in lines if line and not line.startswith("error: hook declined"))
    if spoken.code == 0:
        return PushOutcome("done", {}, said)
    if not rejected:
        text = "\n".join(spoken.errors)
        if re.search(r"pre-push|failed to push some refs", text) and not re.search(r"fatal:", text):
            return PushOutcome("refused", {}, said or plain(text))
        _checked(spoken, "push", repo.path)
    causes = [reason for reason in rejected.values() if not _CONSEQUENCE.search(reason)]
    if any("remote failed to report status" in reason for reason in causes):
        raise GitFailed(_("The connection broke off before the server answered"), where=str(repo.path))
    # A server whose whole transaction failed says only in its own words which ref was locked or had moved.
    reasons = causes or [line for line in lines if line.startswith("error:")]
    stale = bool(reasons) and all(_STALE.search(reason) for reason in reasons)
    return PushOutcome("stale" if stale else "refused", rejected, said)
