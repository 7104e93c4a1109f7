"""Tab completion: install or print the script of the shell in use."""

from __future__ import annotations

import typer
from typer._completion_shared import _get_shell_name, get_completion_script
from typer._completion_shared import install as typer_install

from crmctl.cli.out import say
from crmctl.errors import UsageError
from crmctl.i18n import _

_PROGRAM = "crmctl"
_VARIABLE = "_CRMCTL_COMPLETE"
_SHELLS = frozenset({"bash", "zsh", "fish", "powershell", "pwsh"})


def install() -> None:
    """Install the script for the shell this runs in. Raises UsageError where the shell is not known."""
    shell = _shell()
    try:
        _shell_name, path = typer_install(shell=shell, prog_name=_PROGRAM, complete_var=_VARIABLE)
    except typer.Exit:
        raise _unknown(shell) from None
    say(_("Completion for {shell} is in {path}; open a new terminal to use it", shell=shell, path=path))


def show() -> None:
    """Print the script for the shell this runs in. Raises UsageError where the shell is not known."""
    print(get_completion_script(prog_name=_PROGRAM, complete_var=_VARIABLE, shell=_shell()))


def _shell() -> str:
    shell = _get_shell_name()
    if shell not in _SHELLS:
        raise _unknown(shell)
    return str(shell)


def _unknown(shell: str | None) -> UsageError:
    return UsageError(
        _("There is no completion for this shell: {shell}", shell=shell or "?"),
        hint=_("Run it from {shells}", shells=", ".join(sorted(_SHELLS))),
    )
