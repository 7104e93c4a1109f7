"""`crmctl schedule show|install|remove`: let the machine start `crmctl cron` every day."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.errors import NotFound, UsageError
from crmctl.i18n import N_, _

Systemd = Annotated[bool, typer.Option("--systemd", help=N_("A timer of systemd instead of a crontab line."))]
Clock = Annotated[str, typer.Option("--time", metavar="HH:MM", help=N_("At which time of day."))]
Departments = Annotated[
    list[str] | None, typer.Option("--department", help=N_("Which department's; your own if not given."))
]
Folder = Annotated[
    Path | None, typer.Option("--to", metavar=N_("FOLDER"), help=N_("Where reports and backups are put."))
]
Write = Annotated[bool, typer.Option("--write", help=N_("Do it; without this it is only shown."))]


@details(N_("Examples:\n\ncrmctl schedule show\n\ncrmctl schedule show --systemd --time 02:30 --to backups"))
def show(
    systemd: Systemd = False,
    at: Clock = "02:30",
    department: Departments = None,
    to: Folder = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show what would start crmctl cron every day."""
    _install(directory, at, department, to, systemd=systemd, write=False, as_json=as_json)


@details(N_("Example: crmctl schedule install --write\n\nNothing is put in place without --write."))
def install(
    systemd: Systemd = False,
    at: Clock = "02:30",
    department: Departments = None,
    to: Folder = None,
    write: Write = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Let this machine start crmctl cron every day."""
    _install(directory, at, department, to, systemd=systemd, write=write, as_json=as_json)


@details(N_("Example: crmctl schedule remove --write"))
def remove(
    systemd: Systemd = False,
    write: Write = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Take the daily start away again."""
    from crmctl.cron.crontab import read_crontab, write_crontab
    from crmctl.cron.schedule import plan, remove_units, unit_folder, units, without_plan

    out = Out(as_json)
    daily = plan(open_ledger(directory), time())
    if systemd:
        there = [str(unit_folder() / name) for name in units(daily) if (unit_folder() / name).is_file()]
        if write:
            remove_units(daily)
    else:
        before = read_crontab()
        after = without_plan(before, daily)
        there = [daily.name] if after != before else []
        if write and there:
            write_crontab(after)

    def draw() -> None:
        for name in there:
            out.line(_("Removed: {name}", name=name) if write else _("Would be removed: {name}", name=name))
        if not there:
            out.line(_("Nothing of this ledger is there"))
        elif not write:
            out.say(_("Nothing was changed; to do it: --write"))

    out.result("schedule-remove", {"removed": there, "written": write and bool(there)}, draw)


def _install(
    directory: Path | None, at: str, departments: list[str] | None, to: Path | None, *, systemd: bool, write: bool,
    as_json: bool,
) -> None:  # fmt: skip
    from crmctl.cron.crontab import read_crontab, write_crontab
    from crmctl.cron.schedule import crontab_lines, plan, unit_folder, units, with_plan, write_units

    out = Out(as_json)
    ledger = open_ledger(directory)
    for name in departments or ():
        if name not in ledger.in_force.org.departments:
            raise NotFound(_("There is no department {key}", key=name), hint="crmctl department list")
    daily = plan(ledger, _time(at), departments or (), to)
    if systemd:
        files = {str(unit_folder() / name): content for name, content in units(daily).items()}
        if write:
            write_units(daily)
    else:
        files = {"crontab": "\n".join(crontab_lines(daily)) + "\n"}
        if write:
            write_crontab(with_plan(read_crontab(), daily))

    def draw() -> None:
        for name, content in files.items():
            out.line(f"{'' if name == 'crontab' else f'# {name}'}\n{content}".strip("\n"))
        if not write:
            out.say(_("Nothing was changed; to do it: crmctl schedule install --write"))
        elif systemd:
            out.say(_("Written. To switch it on: systemctl --user enable --now {name}", name=f"{daily.name}.timer"))
        else:
            out.say(_("Written to your crontab"))

    out.result("schedule", {"name": daily.name, "files": files, "written": write}, draw)


def _time(text: str) -> time:
    try:
        found = time.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise UsageError(_("Not a time of day: {text}", text=text), hint="--time 02:30")
    return found
