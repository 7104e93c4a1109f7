"""The server's pre-receive hook: what does not prove true does not get in (DESIGN 6)."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crmctl import clock
from crmctl.errors import BadConfiguration, Conflict, CrmctlError, InvalidInput
from crmctl.i18n import _, language
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.objects import NO_OBJECT
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.ledger import MAIN
from crmctl.model.findings import Finding
from crmctl.trust.authority import authority
from crmctl.trust.branches import beside_main, is_beside
from crmctl.trust.pin import Pin, read_pin, write_pin
from crmctl.trust.verify import Judge
from crmctl.trust.words import found

_HEADS = "refs/heads/"
_KEYRINGS = "refs/heads/keyring/"
_TRIES = 5
_LARGEST_PUSH = 512 * 1024 * 1024
_SETTINGS = {
    "receive.fsckObjects": "true",
    # the hook says which branch may be rewound or deleted; Git could only say it for all
    "receive.denyNonFastForwards": "false",
    "receive.denyDeletes": "false",
    "receive.maxInputSize": str(_LARGEST_PUSH),
}


@dataclass(frozen=True, slots=True)
class Pushed:
    """One line Git gives the hook: a ref, where it stood and where it shall stand (None: not there)."""

    ref: str
    old: str | None
    new: str | None


def read_pushed(lines: Iterable[str]) -> list[Pushed]:
    """The refs a push wants to move."""
    words = (line.split() for line in lines if line.strip())
    return [Pushed(ref, _oid(old), _oid(new)) for old, new, ref in words]


def _oid(text: str) -> str | None:
    return None if text == NO_OBJECT else text


def judge_push(repo: Repository, pushed: list[Pushed]) -> list[Finding]:
    """Everything that is wrong with a push; `repo` must see the objects in quarantine.

    Others push meanwhile. A push that somebody came before is not judged: Git takes none whose branches stand
    elsewhere than the pusher thought, and says so in words that make crmctl fetch and try again.
    Raises Conflict when others never stop.
    """
    findings = list(_branches(repo, pushed))
    for _time in range(_TRIES):
        if findings or any(repo.resolve(item.ref) != item.old for item in pushed):
            return findings
        now = _standing(repo)
        try:
            judged = _judged(repo, pushed, now)
        except CrmctlError:
            if now == _standing(repo):
                raise
            continue  # main and what was proved of it were not of one moment
        broken = any(finding.severity == "error" for finding in judged)
        if not broken or now == _standing(repo):
            return judged
    raise Conflict(_("Others are writing all the time; nothing is lost"), hint=_("Run crmctl sync again in a minute"))


def _standing(repo: Repository) -> dict[str, str | None]:
    return {ref: repo.resolve(ref) for ref in (MAIN, *_keyrings(repo))}


def _judged(repo: Repository, pushed: list[Pushed], now: dict[str, str | None]) -> list[Finding]:
    here = clock.now("UTC")
    pin = _proved(Judge(repo, here), now)
    wanted = {**now, **{item.ref: item.new for item in pushed}}
    main = wanted.get(MAIN)
    if main is None:
        early = [item.ref for item in pushed if is_beside(item.ref)]
        return [found("TRU072", "", name) for name in early]  # keys may come first; nothing can be said of them yet
    arriving = Judge(repo, here, arriving=pin is not None)  # a whole ledger's history is not of today
    try:
        ref = keyring_ref(arriving.set_ups.at(main).settings.epoch)
    except (BadConfiguration, InvalidInput) as error:
        return [found("TRU035", main, error.where or "", why=error.what)]
    over = {item.ref for item in pushed if item.new is None and item.ref.startswith(_KEYRINGS)}
    if any(int(_number(name)) >= int(_number(ref)) for name in over):
        return [found("TRU070", "", name) for name in sorted(over)]
    foreign = [item.ref for item in pushed if item.ref not in {MAIN, ref, *over} and not is_beside(item.ref)]
    findings = [found("TRU072", "", name) for name in foreign] or list(
        arriving.verify(pin, main, wanted.get(ref)).findings
    )
    if any(finding.severity == "error" for finding in findings):
        return findings
    today = Judge(repo, here, arriving=True)
    for item in pushed:
        if is_beside(item.ref):
            findings += beside_main(today, main, item.ref, item.old, item.new)
    return findings


def install(path: Path) -> Path:
    """Put the hook into a bare repository and prove what it holds. Returns the hook's file.

    Raises BadConfiguration for a repository with a work tree or with another hook in place, TrustBroken
    when what it holds already does not prove true.
    """
    from crmctl.trust.gate import Gate

    repo = Repository(path)
    if not repo.is_bare:
        raise BadConfiguration(
            _("A hook belongs to the server's repository, which has no files of its own"), where=str(path),
            hint="git init --bare FOLDER",
        )  # fmt: skip
    file = repo.common_dir / "hooks" / "pre-receive"
    content = _script()
    if file.exists() and _MARK not in file.read_text("utf-8", "replace"):
        raise BadConfiguration(_("There is another pre-receive hook already"), where=str(file))
    main = repo.resolve(MAIN)
    if main is not None:
        epoch = Judge(repo, clock.now("UTC")).set_ups.at(main).settings.epoch
        Gate().taken(repo, main, repo.resolve(keyring_ref(epoch)))
    for name, value in _SETTINGS.items():
        repo.run("config", name, value)
    file.parent.mkdir(exist_ok=True)
    file.write_text(content, "utf-8")
    file.chmod(0o755)
    return file


_MARK = "crmctl hook pre-receive"


def _script() -> str:
    """The hook speaks the language it was installed in: a server does not know the pusher's."""
    return (
        "#!/bin/sh\n"
        f"# {_MARK}: refuses what crmctl verify refuses\n"
        f"CRMCTL_LANG={shlex.quote(language())}; export CRMCTL_LANG\n"
        f"exec {shlex.quote(sys.executable)} -m crmctl hook pre-receive\n"
    )


def _branches(repo: Repository, pushed: list[Pushed]) -> Iterator[Finding]:
    rules = authority()
    for item in pushed:
        name = item.ref.removeprefix(_HEADS)
        if not item.ref.startswith(_HEADS) or not rules.knows_branch(name):
            yield found("TRU072", "", item.ref)
        elif is_beside(item.ref):
            continue
        elif item.new is None and item.ref.startswith(_KEYRINGS):
            continue  # an epoch that is over; which one it is shows below
        elif item.new is None:
            yield found("TRU070", "", item.ref)
        elif item.old and not is_ancestor(repo, item.old, item.new):
            yield found("TRU071", item.new, item.ref)


def _number(ref: str) -> str:
    number = ref.rpartition("/")[2]
    return number if number.isdigit() else "0"


def _keyrings(repo: Repository) -> list[str]:
    return sorted(repo.refs("refs/heads/keyring"))


def _proved(judge: Judge, now: dict[str, str | None]) -> Pin | None:
    """The pin brought up to what the server holds: the last push was judged but its pin not kept."""
    main = now[MAIN]
    if main is None:
        return None
    pin = read_pin(judge.repo)
    ref = keyring_ref(judge.set_ups.at(main).settings.epoch)
    if pin and pin.tip == main and pin.keyring == now.get(ref):
        return pin
    result = judge.verify(pin, main, now.get(ref))
    if not result.clean or result.pin is None:
        raise CrmctlError(_("What the server holds does not prove true"), hint="crmctl verify")
    write_pin(judge.repo, result.pin)
    return result.pin
