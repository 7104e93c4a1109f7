"""The command table. A new command is one line here; its module is imported when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_params_convertors_ctx_param_name_from_function

from crmctl import __version__
from crmctl.cli.lazy import Entry, LazyGroup, Table, speak
from crmctl.i18n import N_, _

PROGRAM = "crmctl"

EVERY_DAY = N_("Every day")
RECORDS = N_("Customers and records")
REVIEW = N_("Review")
POLICY = N_("Policy, grades and reports")
PEOPLE = N_("Keys and people")
CARE = N_("Care of the ledger")

# name: Entry("module:function", N_("one line"), PANEL) or Family(N_("one line"), {name: Entry(…)}, PANEL).
# Panels appear in the order of their first line.
COMMANDS: Table = {
    "help": Entry("crmctl.cli.commands.help:explain", N_("Explain a command or a topic."), CARE),
}


def root() -> LazyGroup:
    """The `crmctl` command itself."""
    parameters, _convertors, _context = get_params_convertors_ctx_param_name_from_function(_root_options)
    speak(parameters)
    return LazyGroup(PROGRAM, COMMANDS, params=parameters, help=_("A customer ledger that is the policy."))


def invoke(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code.

    Raises whatever the command raises, and Typer's own exceptions for a bad command line.
    """
    group = root()
    _complete(group)
    if not arguments:
        with group.context_class(group, info_name=PROGRAM) as context:
            print(group.get_help(context))
        return 0
    try:
        with group.make_context(PROGRAM, list(arguments)) as context:
            result = group.invoke(context)
    except typer.Exit as leave:
        return leave.exit_code
    return int(result) if isinstance(result, int) else 0


def _complete(group: LazyGroup) -> None:
    """Answer the shell instead of running, when it asks what could come next."""
    from typer._completion_classes import completion_init

    completion_init()
    group._main_shell_completion({}, PROGRAM)  # noqa: SLF001 - Typer offers no public way in


def _show_version(_context: typer.Context, _parameter: Any, value: Any) -> None:
    if value:
        print(f"{PROGRAM} {__version__}")
        raise typer.Exit


def _install_completion(_context: typer.Context, _parameter: Any, value: Any) -> None:
    if value:
        from crmctl.cli.completion import install

        install()
        raise typer.Exit


def _show_completion(_context: typer.Context, _parameter: Any, value: Any) -> None:
    if value:
        from crmctl.cli.completion import show

        show()
        raise typer.Exit


def _root_options(
    directory: Annotated[
        Path | None,
        typer.Option("-C", metavar=N_("DIR"), help=N_("The ledger's folder, or one inside it."), show_default=False),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help=N_("Show the version and exit."), is_eager=True, callback=_show_version)
    ] = False,
    install_completion: Annotated[
        bool,
        typer.Option(
            "--install-completion",
            help=N_("Let this shell complete crmctl's commands."),
            is_eager=True,
            callback=_install_completion,
        ),
    ] = False,
    show_completion: Annotated[
        bool,
        typer.Option(
            "--show-completion",
            help=N_("Print the completion script of this shell."),
            is_eager=True,
            callback=_show_completion,
        ),
    ] = False,
) -> None:
    """Only read for its parameters."""
