"""`crmctl demo DIR`: an invented company to try everything on."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.options import AsJson, details
from crmctl.cli.out import Out
from crmctl.cli.progress import progress
from crmctl.i18n import N_, _, label

if TYPE_CHECKING:
    from crmctl.demo.build import Built


@details(
    N_(
        "Example: crmctl demo demo\n\n"
        "Builds a company with people, customers and a year of records under the policies P23, P02 and P13 in a new "
        "folder, a shared place and copies of three of its members; beside it small companies under other policies. "
        "Everything in it is invented; nothing outside the folder is touched. The same seed gives the same company."
    )
)
def demo(
    directory: Annotated[Path, typer.Argument(metavar=N_("DIR"), help=N_("The new folder."))] = Path("crmctl-demo"),
    customers: Annotated[int, typer.Option("--customers", min=6, max=5000, help=N_("How many customers."))] = 300,
    seed: Annotated[int, typer.Option("--seed", help=N_("Another number, another company."))] = 7,
    as_json: AsJson = False,
) -> None:
    """Build an invented company to try things on."""
    from crmctl.demo.build import build

    out = Out(as_json)
    with progress(_("Building")) as done:
        built = build(directory, customers, seed, lambda _stage, count: done(count))
    data = {
        "path": str(built.path), "home": str(built.home), "company": built.company, "members": built.members,
        "records": dict(built.counts), "commits": built.commits,
        "copies": {member: str(path) for member, path in built.copies.items()},
        "pages": {name: str(path) for name, path in built.pages.items()},
        "followed": built.followed, "risen": built.risen,
        "scenes": [
            {"name": one.name, "company": one.company, "copy": str(one.copy), "member": one.member,
             "pages": {page.report: str(path) for page, path in one.pages.items()}}
            for one in built.scenes
        ],
    }  # fmt: skip
    out.result("demo", data, lambda: _guide(out, built))


def _guide(out: Out, built: Built) -> None:
    """What was built, and what to try, ready to be pasted."""
    from crmctl.demo.build import SELLER, SUPERVISOR

    names = _(", ").join(f"{label(built.labels[kind])} {count}" for kind, count in built.counts.items() if count)
    out.line(_("{company} is ready in {path}", company=built.company, path=built.path))
    out.line(
        _(
            "{members} people, {commits} signed changes: {names}",
            members=built.members,
            commits=built.commits,
            names=names,
        )
    )
    for page in built.pages.values():
        out.line(_("Open in a browser: {page}", page=page))
    out.line()
    out.line(_("Try this (paste it line by line):"))
    out.line()
    manager = next(iter(built.copies))
    sales, supervisor = built.copies[SELLER], built.copies[SUPERVISOR]
    out.line(_export(built.home))
    steps = (
        (_("What a salesperson sees"), _run(sales, "list", "customer", "--limit", "5")),
        (_("One customer"), _run(sales, "show", built.sample)),
        (_("Its card on a page"), _run(sales, "report", "card", "--customer", built.sample)),
        (_("What the supervisor sees: the whole department"), _run(supervisor, "report", "sales")),
        (_("Complaints, as the supervisor sees them"), _run(supervisor, "report", "complaints")),
        (
            _("The manager reads every card, but not the trade: compare what was opened"),
            _run(built.copies[manager], "report", "funnel"),
        ),
        (_("Hold everything against itself"), _run(sales, "check")),
    )
    for why, command in steps:
        out.line(f"# {why}")
        out.line(command)
    _year(out, built, supervisor)
    _scenes(out, built)


def _year(out: Out, built: Built, supervisor: Path) -> None:
    """The year of one customer under the policy, and what waits for somebody today."""
    out.line()
    out.line(
        _("{followed} had a VIP seat, paid late, was lowered, came on the blacklist and back from it. Follow it:",
          followed=built.followed)
    )  # fmt: skip
    out.line()
    known, day = built.followed, built.before.isoformat()
    steps = [
        (_("How its grade went"), ("grade", "history", known)),
        (_("Why it has this grade today"), ("grade", "explain", known)),
        (_("Why it had the seat before the breach"), ("grade", "explain", known, "--as-of", day)),
        (_("Who waited for the seat and has it now"), ("grade", "history", built.risen or known)),
        (_("How full the capped grades are"), ("grade", "caps")),
        (_("The blacklist, with who came back"), ("blacklist", "list", "--all")),
        (_("What happened, when, by whom"), ("log", known, "--all", "--limit", "30")),
        (_("What is due in the department, the most pressing first"), ("due", "--team")),
        (_("What a salesperson handed in for the supervisor"), ("review", "show")),
        (_("What runs by itself would do today"), ("cron", "--dry-run")),
    ]
    for said, words in steps:
        out.line(f"# {said}")
        out.line(_run(supervisor, *words))


def _scenes(out: Out, built: Built) -> None:
    """The small companies under other policies, each with what it shows."""
    out.line()
    out.line(_("Beside it lie small companies under other policies:"))
    out.line()
    for scene in built.scenes:
        out.line("# " + _("{head}: {text}", head=scene.company, text=scene.about))
        for page, drawn in scene.pages.items():
            asked = (("--customer", page.customer), ("--period", page.period))
            options = (word for option, value in asked if value for word in (option, value))
            out.line(_run(scene.copy, "report", page.report, *options))
            out.line("# " + _("Open in a browser: {page}", page=drawn))


def _export(home: Path) -> str:
    return f'$env:CRMCTL_HOME = "{home}"' if sys.platform == "win32" else f"export CRMCTL_HOME={shlex.quote(str(home))}"


def _run(copy: Path, *words: str) -> str:
    return shlex.join(["crmctl", "-C", str(copy), *words])
