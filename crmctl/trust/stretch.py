"""`crmctl verify`: what stands here, from where it was last proved, or a named stretch of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from crmctl import clock
from crmctl.errors import NotFound, UsageError
from crmctl.i18n import _
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.ledger import MAIN
from crmctl.trust.pin import Pin, read_pin, write_pin
from crmctl.trust.seen import SeenBlobs
from crmctl.trust.verify import Judge, Progress, Verified

_SERVERS_MAIN = "refs/remotes/origin/main"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A range of main: after `old` (None: from where it was last proved), up to and with `new`."""

    old: str | None
    new: str


def verify_here(repo: Repository, words: str | None, *, full: bool, progress: Progress) -> tuple[Verified, str | None]:
    """Verify this copy's main and keyring. Returns the outcome and the commit it started behind.

    What the server has too is remembered as proved; own commits that it lacks may still change their place.
    `words` is `OLD..NEW` or `OLD..`: then nothing is remembered. Raises NotFound, UsageError.
    """
    judge = Judge(repo, clock.now("UTC"), progress=progress)
    if words is not None:
        stretch = _stretch(repo, words)
        pin = _trusted(repo, stretch.old) if stretch.old else None
        return judge.verify(pin, stretch.new, _keyring(judge, stretch.new)), stretch.old
    main = repo.resolve(MAIN)
    if main is None:
        raise NotFound(_("There is no ledger here yet"), where=str(repo.path), hint="crmctl init DIR")
    pin = None if full else read_pin(repo)
    start = pin.tip if pin else None
    shared = _shared(repo, main)
    first: Verified | None = None
    if shared:
        keyring = _keyring(judge, shared, _SERVERS_MAIN)
        first = judge.verify(pin, shared, keyring)
        if not first.clean or first.pin is None:
            return first, start
        write_pin(repo, first.pin)
        pin = first.pin
        if shared == main and keyring == _keyring(judge, main):
            return first, start
    rest = judge.verify(pin, main, _keyring(judge, main))
    if rest.clean and rest.pin and not repo.refs("refs/remotes/origin"):
        write_pin(repo, rest.pin)
    return _both(first, rest), start


def _both(first: Verified | None, rest: Verified) -> Verified:
    if first is None:
        return rest
    new = [finding for finding in rest.findings if finding not in first.findings]
    return Verified(first.commits + rest.commits, (*first.findings, *new), rest.pin)


def _shared(repo: Repository, main: str) -> str | None:
    """The server's main as last fetched, where this copy has taken it in."""
    server = repo.resolve(_SERVERS_MAIN)
    if server is None:
        return None
    return server if is_ancestor(repo, server, main) else None


def _keyring(judge: Judge, main: str, beside: str = "") -> str | None:
    ref = keyring_ref(judge.set_ups.at(main).settings.epoch)
    if beside:
        ref = ref.replace("refs/heads/", beside.removesuffix("main"))
    return judge.repo.resolve(ref)


def _stretch(repo: Repository, words: str) -> Stretch:
    old, dots, new = words.partition("..")
    if dots and (new.startswith(".") or not old):
        raise UsageError(_("Not a range: {range}", range=words), hint="crmctl verify OLD..NEW")
    if not dots:
        old, new = "", words
    named = [repo.resolve(name) for name in ([old] if old else []) + [new or MAIN]]
    if not all(named):
        raise NotFound(_("There is no such commit: {range}", range=words), hint="crmctl log")
    return Stretch(named[0] if old else None, named[-1] or "")


def _trusted(repo: Repository, old: str) -> Pin:
    """A pin at a commit the caller trusts: every sealed blob of its history counts as seen."""
    seen = SeenBlobs(recent=_blobs(repo, old))
    dates = repo.run("log", "--first-parent", "--format=%ct", old).split()
    latest = datetime.fromtimestamp(max(map(int, dates)), clock.now("UTC").tzinfo)
    root = repo.run("rev-list", "--first-parent", "--max-parents=0", old).decode().split()
    judge = Judge(repo, clock.now("UTC"))
    return Pin(root[-1] if root else old, old, _keyring(judge, old), latest, seen)


def _blobs(repo: Repository, commit: str) -> Iterator[str]:
    listing = repo.run("rev-list", "--objects", "--no-object-names", commit, "--", "customers", "offices")
    return (line.decode("ascii") for line in listing.split())
