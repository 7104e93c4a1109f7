"""`crmctl init DIR`: found a ledger."""

from __future__ import annotations

import getpass
import re
from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.ask import ask_passphrase, ask_text, can_ask
from crmctl.cli.options import AsJson, details
from crmctl.cli.out import Out
from crmctl.errors import UsageError
from crmctl.i18n import N_, _
from crmctl.model.kinds import Label


@details(
    N_(
        "Example: crmctl init sales --company 某某公司 --department east=东区,East "
        "--department west=西区,West --as alice\n\n"
        "A department is written KEY=中文名,English. Without --department there is one, called sales."
    )
)
def init(
    directory: Annotated[Path, typer.Argument(metavar=N_("DIR"), help=N_("The new ledger's folder."))],
    company: Annotated[str | None, typer.Option("--company", help=N_("The company's name."))] = None,
    department: Annotated[
        list[str] | None, typer.Option("--department", metavar="KEY=NAME", help=N_("A department; may be repeated."))
    ] = None,
    member: Annotated[
        str | None, typer.Option("--as", metavar=N_("MEMBER"), help=N_("Your short name in the ledger."))
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help=N_("Your full name."))] = None,
    pack: Annotated[list[str] | None, typer.Option("--pack", help=N_("A policy pack besides base."))] = None,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help=N_("Keep the keys without a passphrase (machines only)."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Found a ledger in a new folder."""
    from crmctl.ledger.keys.identity import home_directory, members_with_identity
    from crmctl.ledger.setup.founding import Founding, found

    out = Out(as_json)
    founder = member or default_member()
    company = company or ask_text(_("Company"), option="--company")
    departments = read_departments(department or ["sales=销售部,Sales"])
    home = home_directory()
    passphrase = None if no_passphrase else new_passphrase(known=founder in members_with_identity(home))
    founding = Founding(company, departments, founder, name or founder, ("base", *(pack or [])), passphrase=passphrase)
    founded = found(directory, founding, home)

    def show() -> None:
        out.line(_("The ledger of {company} is ready in {path}", company=company, path=founded.path))
        out.say(_("Recovery key: {path}. Copy it to a safe place offline and remove it here.", path=founded.recovery))
        out.say(_("Next: crmctl -C {path} add customer", path=founded.path))

    data = {
        "path": str(founded.path),
        "id": founded.ledger_id,
        "commit": founded.commit,
        "recovery": str(founded.recovery),
    }
    out.result("init", data, show)


def default_member() -> str:
    """A member id from the login name."""
    login = re.sub(r"[^a-z0-9_-]", "", getpass.getuser().lower())
    return login if re.match(r"[a-z]", login) else "me"


def new_passphrase(*, known: bool) -> str:
    """Ask for the passphrase of new keys, or for that of the keys already here. Raises NoKey without a terminal."""
    if known:
        return ask_passphrase(_("Passphrase"))
    if not can_ask():
        from crmctl.errors import NoKey

        raise NoKey(
            _("New keys need a passphrase, and there is no terminal to ask for it at"),
            hint=_("At a machine nobody sits at: --no-passphrase"),
        )
    return ask_passphrase(_("New passphrase"), repeat=True)


def read_departments(pairs: list[str]) -> dict[str, Label]:
    """`east=东区,East` pairs as id → label. Raises UsageError."""
    found: dict[str, Label] = {}
    for pair in pairs:
        key, equals, names = pair.partition("=")
        zh, _comma, en = (part.strip() for part in names.replace("，", ",").partition(","))
        right = equals and zh and re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", key) and key not in {"all", "core"}
        if not right or key in found:
            raise UsageError(
                _("A department is written KEY=NAME, the key in small letters: {text}", text=pair),
                hint="--department east=东区,East",
            )
        found[key] = (zh, en or zh)
    return found
