"""Questions to a person: at a terminal only, never the only way, and never hanging."""

from __future__ import annotations

import sys

from crmctl.cli.console import is_terminal
from crmctl.cli.out import say
from crmctl.cli.text import safe
from crmctl.errors import Aborted, NoKey, UsageError
from crmctl.i18n import _

_YES = frozenset({"y", "yes", "是", "好", "对"})
_TRIES = 3


def can_ask() -> bool:
    """Whether somebody is there to answer: both ends of the conversation are a terminal."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def confirm(question: str, *, yes: bool = False) -> None:
    """Return when the person agrees or `yes` (from `--yes`) says so beforehand.

    Raises Aborted on any other answer, UsageError where nobody can be asked.
    """
    if yes:
        return
    if not can_ask():
        raise UsageError(_("This needs a yes, and there is no terminal to ask at"), hint=_("Add --yes if you are sure"))
    if _answer(_("{question} [y/N]", question=question) + " ").strip().lower() not in _YES:
        raise Aborted(_("Nothing was changed"))


def ask_text(question: str, *, option: str, default: str | None = None) -> str:
    """One line of text; empty input takes `default`, and is asked again where there is none.

    `option` is how the answer can be given on the command line. Raises UsageError where nobody
    can be asked, Aborted when the input ends.
    """
    if not can_ask():
        raise UsageError(_("Not given: {question}", question=question), hint=_("Give it with {option}", option=option))
    prompt = f"{question} [{default}]: " if default else f"{question}: "
    for _attempt in range(_TRIES):
        answer = _answer(prompt).strip() or default
        if answer:
            return answer
    raise Aborted(_("Nothing was changed"))


def ask_passphrase(question: str, *, repeat: bool = False) -> str:
    """A passphrase, not echoed; asked twice with `repeat` (a new one).

    Raises NoKey where nobody can be asked, Aborted when the input ends or the two differ.
    """
    if not can_ask():
        raise NoKey(
            _("The passphrase is needed, and there is no terminal to ask for it at"),
            hint=_("Run crmctl unlock at a terminal first"),
        )
    for _attempt in range(_TRIES):
        answer = _hidden(f"{question}: ")
        if not repeat or answer == _hidden(f"{_('Once more')}: "):
            return answer
        say(_("The two are not the same"))
    raise Aborted(_("Nothing was changed"))


def _answer(prompt: str) -> str:
    # not input(): its prompt goes to stdout when readline is there, and stdout is for results
    sys.stderr.write(safe(prompt))
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise Aborted(_("Nothing was changed"))
    return line


def _hidden(prompt: str) -> str:
    import getpass

    try:
        return getpass.getpass(safe(prompt), stream=sys.stderr)
    except EOFError:
        raise Aborted(_("Nothing was changed")) from None
