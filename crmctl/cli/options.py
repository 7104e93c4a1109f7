"""The options many commands share, as annotations: `def show(who: str, as_json: AsJson = False)`.

Help is marked with `N_` and put into the user's language when the command is built.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from crmctl.clock import FIRST_YEAR, LAST_YEAR
from crmctl.i18n import N_, _

Function = TypeVar("Function", bound=Callable[..., Any])


def iso_date(text: str) -> date:
    """`2026-11-22` as a date of the years that are reckoned with. Raises typer.BadParameter for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(_("{value} is not a date like 2026-11-22", value=repr(text))) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise typer.BadParameter(_("The year must lie between {first} and {last}", first=FIRST_YEAR, last=LAST_YEAR))
    return day


# `directory` must be the parameter's name: `crmctl -C DIR command` fills it by that
LedgerDir = Annotated[
    Path,
    typer.Option("-C", metavar=N_("DIR"), help=N_("The ledger's folder, or one inside it."), show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help=N_("Answer with one JSON document."))]
DryRun = Annotated[bool, typer.Option("--dry-run", help=N_("Show what would happen and change nothing."))]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=N_("Do not ask."))]
At = Annotated[
    str | None,
    typer.Option("--at", metavar=N_("DATE|STATE"), help=N_("Look at the ledger as it was then."), show_default=False),
]
AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of",
        metavar=N_("DATE"),
        parser=iso_date,
        help=N_("Take this date for today."),
        show_default=False,
    ),
]


def details(text: str) -> Callable[[Function], Function]:
    """Give a command the longer explanation (a msgid) its help page shows under the one line."""

    def mark(function: Function) -> Function:
        function.details = text  # type: ignore[attr-defined]
        return function

    return mark
