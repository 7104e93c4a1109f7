"""The workflow a hosted forge runs on what is pushed to it: a shipped file, put into the ledger by an admin."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crmctl import __version__
from crmctl.errors import Conflict, InvalidInput, UsageError
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.administer import change_setup, must_administer
from crmctl.resources import data_path

PLACES = {
    "github": ".github/workflows/crmctl.yml", "gitlab": ".gitlab-ci.yml", "gitea": ".gitea/workflows/crmctl.yml",
}  # fmt: skip
# What pip takes: a name with a version, a wheel, an address. It is pasted into YAML between quotes.
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9@:/._+=~,<>!\[\] -]*")


@dataclass(frozen=True, slots=True)
class Installed:
    """What installing wrote: `commit` is None on a dry run and where the file was there already."""

    path: str
    content: str
    commit: str | None
    changed: bool


def workflow(host: str, package: str | None = None) -> str:
    """The workflow file for `github`, `gitlab` or `gitea`; `package` is what pip installs there.

    Raises InvalidInput for a package pip would not know.
    """
    wanted = package or f"crmctl=={__version__}"
    if not _PACKAGE.fullmatch(wanted):
        raise InvalidInput(_("Not what pip can install: {text}", text=wanted), hint=f"crmctl=={__version__}")
    text = (data_path("templates") / "ci" / f"{host}.yml").read_text("utf-8")
    return text.replace("@PACKAGE@", wanted)


def host_of(ledger: Ledger) -> str:
    """The forge this copy's server is, by its address. Raises UsageError where that does not say."""
    url = ledger.repo.run("config", "--get", "remote.origin.url", check=False).decode("utf-8", "replace").lower()
    found = [host for host, signs in _SIGNS.items() if any(sign in url for sign in signs)]
    if len(found) != 1:
        raise UsageError(
            _("Say which forge the ledger lies on"), hint="crmctl ci install --github | --gitlab | --gitea"
        )  # fmt: skip
    return found[0]


_SIGNS = {"github": ("github",), "gitlab": ("gitlab",), "gitea": ("gitea", "forgejo", "codeberg.org")}


def install(
    ledger: Ledger, host: str, package: str | None = None, *, replace: bool = False, dry_run: bool = False
) -> Installed:
    """Put the workflow into the ledger as one signed commit.

    Raises Refused for a member who is no admin, Conflict where another file is in its place and `replace` is not said.
    """
    must_administer(ledger)
    path, content = PLACES[host], workflow(host, package)
    before = ledger.repo.read(ledger.head, path)
    if before == content.encode():
        return Installed(path, content, None, changed=False)
    if before is not None and not (replace or dry_run):
        raise Conflict(
            _("There is another file in its place"),
            where=path, hint=f"crmctl ci install --{host} --replace",
        )  # fmt: skip
    commit = None if dry_run else change_setup(ledger, {path: content.encode()}, "ci-install", host)
    return Installed(path, content, commit, changed=True)
