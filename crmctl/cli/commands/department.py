"""`crmctl department add|list|rename`: the departments that deal with customers."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import UsageError
from crmctl.i18n import N_, _, label
from crmctl.model.kinds import Label

Pair = Annotated[str, typer.Argument(metavar="KEY=NAME", help=N_("The key in small letters, then 中文名,English."))]


@details(N_("Example: crmctl department add north=北区,North"))
def add(
    pair: Pair,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Add a department."""
    from crmctl.ledger.setup.enrol import add_department

    key, name = read_pair(pair)
    commit = add_department(open_ledger(directory), key, name)
    out = Out(as_json)
    data = {"id": key, "label": list(name), "commit": commit}
    out.result("department-add", data, lambda: out.line(_("Done. Next: crmctl sync")))


@details(N_("Example: crmctl department rename north=北方区,North\n\nThe key stays; so do its customers."))
def rename(
    pair: Pair,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Give a department another name."""
    from crmctl.ledger.setup.enrol import rename_department

    key, name = read_pair(pair)
    commit = rename_department(open_ledger(directory), key, name)
    out = Out(as_json)
    data = {"id": key, "label": list(name), "commit": commit}
    out.result("department-rename", data, lambda: out.line(_("Done. Next: crmctl sync")))


@details(N_("Example: crmctl department list"))
def list_departments(
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List the departments."""
    from crmctl.ledger.affairs.dealing import departments_of

    out = Out(as_json)
    found = departments_of(open_ledger(directory))
    data = [{"id": key, "label": list(name), "until": until, "members": count} for key, name, until, count in found]
    heads = [(_("Department"), "left"), (_("Name"), "left"), (_("Until"), "left"), (_("Members"), "right")]
    rows = [(key, label(name), until, count) for key, name, until, count in found]
    out.result("departments", data, lambda: table(heads, rows))  # type: ignore[arg-type]


def read_pair(text: str) -> tuple[str, Label]:
    """`east=东区,East` as key and label. Raises UsageError."""
    key, equals, names = text.partition("=")
    zh, _comma, en = names.replace("，", ",").partition(",")
    if not equals or not zh or not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", key) or key in {"all", "core"}:
        raise UsageError(
            _("A department is written KEY=NAME, the key in small letters: {text}", text=text),
            hint="crmctl department add east=东区,East",
        )
    return key, (zh.strip(), (en or zh).strip())
