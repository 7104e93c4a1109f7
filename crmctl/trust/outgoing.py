"""The pre-push hook of a member's copy: what others would refuse does not leave it (DESIGN 6).

`crmctl sync` proves what it sends by itself; this is for pushes made by hand.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from crmctl import clock
from crmctl.errors import BadConfiguration, InvalidInput
from crmctl.i18n import _
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.remote import TALKING_VARIABLE
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.ledger import MAIN
from crmctl.model.findings import Finding
from crmctl.trust.authority import authority
from crmctl.trust.hook import Pushed
from crmctl.trust.pin import read_pin
from crmctl.trust.verify import Judge
from crmctl.trust.words import found

_HEADS = "refs/heads/"
_KEYRINGS = "refs/heads/keyring/"
_MARK = "crmctl hook pre-push"


def judge_outgoing(repo: Repository, pushed: list[Pushed]) -> list[Finding]:
    """Everything that is wrong with what is about to be sent: branches, then main and keyring.

    What is not main and not a keyring is only asked for its name: others' branches are for the server to judge.
    """
    findings = [finding for item in pushed for finding in _branch(repo, item)]
    sent = {item.ref: item.new for item in pushed if item.new}
    keyrings = [ref for ref in sent if ref.startswith(_KEYRINGS)]
    main = sent.get(MAIN) or _servers(repo, MAIN)
    if findings or main is None or not (MAIN in sent or keyrings):
        return findings
    judge = Judge(repo, clock.now("UTC"))
    pin = read_pin(repo)
    try:
        ref = keyring_ref(judge.set_ups.at(main).settings.epoch)
    except (BadConfiguration, InvalidInput) as error:
        return [found("TRU035", main, error.where or "", why=error.what)]
    foreign = [found("TRU072", "", name) for name in keyrings if name != ref]
    keyring = sent.get(ref) or _servers(repo, ref)
    if pin and keyring in {None, pin.keyring} and is_ancestor(repo, main, pin.tip):
        return foreign  # proved before
    return foreign or list(judge.verify(pin, main, keyring).findings)


def install_client(path: Path) -> Path:
    """Put the hook into a member's copy; as often as you like. Returns the hook's file.

    Raises BadConfiguration for a bare repository, where another hook is in place, or where Git looks elsewhere.
    """
    repo = Repository(path)
    if repo.is_bare:
        raise BadConfiguration(
            _("This hook belongs to a member's copy; a server's repository has its own"), where=str(path),
            hint="crmctl hook install REPO.git",
        )  # fmt: skip
    for scope in ("--local", "--global", "--system"):
        elsewhere = repo.run("config", scope, "--get", "core.hooksPath", check=False).decode("utf-8", "replace").strip()
        if elsewhere:
            raise BadConfiguration(
                _("Git takes its hooks from another folder"), where=elsewhere,
                hint="git config --unset core.hooksPath",
            )  # fmt: skip
    file = repo.common_dir / "hooks" / "pre-push"
    if file.exists() and _MARK not in file.read_text("utf-8", "replace"):
        raise BadConfiguration(_("There is another pre-push hook already"), where=str(file))
    file.parent.mkdir(exist_ok=True)
    file.write_text(_script(), "utf-8")
    file.chmod(0o755)
    return file


def _script() -> str:
    return (
        "#!/bin/sh\n"
        f"# {_MARK}: refuses what others would refuse to take\n"
        f'[ -n "${TALKING_VARIABLE}" ] && exit 0  # crmctl itself: it has proved what it sends\n'
        f"exec {shlex.quote(sys.executable)} -P -m crmctl hook pre-push\n"
    )


def _branch(repo: Repository, item: Pushed) -> Iterator[Finding]:
    name = item.ref.removeprefix(_HEADS)
    if not item.ref.startswith(_HEADS) or not authority().knows_branch(name):
        yield found("TRU072", "", item.ref)
    elif item.ref != MAIN and not item.ref.startswith(_KEYRINGS):
        return  # comes and goes
    elif item.new is None:
        yield found("TRU070", "", item.ref)
    elif item.old and not is_ancestor(repo, item.old, item.new):
        yield found("TRU071", item.new, item.ref)


def _servers(repo: Repository, ref: str) -> str | None:
    return repo.resolve(ref.replace(_HEADS, "refs/remotes/origin/")) or repo.resolve(ref)
