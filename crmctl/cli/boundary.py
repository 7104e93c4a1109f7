"""The error boundary: whatever happens inside a command becomes words and an exit code here."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence

from crmctl import i18n
from crmctl.cli.console import make_streams_safe, shows_chinese
from crmctl.cli.out import finding_line, print_json, say
from crmctl.errors import Aborted, CrmctlError, ExitCode, GitFailed
from crmctl.i18n import _

_DISK = frozenset({errno.ENOSPC, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.EDQUOT, errno.EFBIG})


def main(arguments: Sequence[str]) -> int:
    """Run the command line `arguments` (without the program's name) and return the exit code."""
    # no plugin found on this machine looks on while records are checked
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    make_streams_safe()
    choose_language()
    return run_guarded(lambda: _invoke(arguments), as_json=wants_json(arguments))


def choose_language() -> None:
    """The user's language, before any command module loads; English where Chinese cannot be shown."""
    language = i18n.chosen_language()
    if not os.environ.get("CRMCTL_LANG") and not (shows_chinese(sys.stdout) and shows_chinese(sys.stderr)):
        language = "en"
    i18n.set_language(language)
    i18n.bind()


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether `--json` stands among the options."""
    words = list(arguments)
    return "--json" in (words[: words.index("--")] if "--" in words else words)


def run_guarded(command: Callable[[], int], *, as_json: bool) -> int:
    """Run `command`; every way it can end is an exit code, told in words where it failed."""
    try:
        code = _ended(command, as_json=as_json)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
    except BrokenPipeError:
        # whoever read our words has seen enough
        _silence()
        return int(ExitCode.DONE)
    return code


def _ended(command: Callable[[], int], *, as_json: bool) -> int:
    try:
        return command()
    except CrmctlError as error:
        return _told(error, as_json=as_json)
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last place anybody could catch it
        if _was_stopped(error):
            return _stopped()
        return _told(_foreseen(error), as_json=as_json) if _foreseen(error) else _bug(error, as_json=as_json)


def _stopped() -> int:
    say(_("Stopped"))
    return int(ExitCode.INTERRUPTED)


def _was_stopped(error: BaseException | None) -> bool:
    """Whether ^C lies behind it: Python passes one that meets the making of a class on as another error."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _invoke(arguments: Sequence[str]) -> int:
    # 60 ms: not before there is something to parse
    from typer import Abort
    from typer._click.exceptions import ClickException, NoArgsIsHelpError

    from crmctl.cli.app import invoke

    try:
        return invoke(arguments)
    except NoArgsIsHelpError as error:
        say(error.message)
        return int(ExitCode.USAGE)
    except ClickException as error:
        from crmctl.cli.usage import explain

        raise explain(error) from error
    except (Abort, EOFError) as error:
        raise Aborted(_("Nothing was changed")) from error


def _foreseen(error: Exception) -> CrmctlError | None:
    """A full, broken or closed disk is not a bug of ours."""
    if not isinstance(error, OSError) or error.errno not in _DISK:
        return None
    return GitFailed(
        _("The disk refused: {reason}", reason=os.strerror(error.errno)),
        where=str(error.filename) if error.filename else None,
        hint=_("Make room or give yourself the right to write there, then run it again"),
    )


def _told(error: CrmctlError | None, *, as_json: bool) -> int:
    assert error is not None
    if as_json:
        print_json("error", error_document(error), error.findings)
    else:
        say("\n".join(error_lines(error)))
    return int(error.exit_code)


def error_document(error: CrmctlError, code: int | None = None) -> dict[str, object]:
    """What `--json` says of an error."""
    return {
        "what": error.what,
        "where": error.where,
        "rule": error.rule,
        "hint": error.hint,
        "exit_code": int(error.exit_code) if code is None else code,
    }


def error_lines(error: CrmctlError) -> list[str]:
    """What happened, where, by which rule, every finding, and what to do next; a line each."""
    lines = [_("Error: {what}", what=error.what)]
    if error.where:
        lines.append(_("Where: {where}", where=error.where))
    if error.rule:
        lines.append(_("Rule: {rule}", rule=error.rule))
    lines += [f"  {finding_line(finding)}" for finding in error.findings]
    if error.hint:
        lines.append(_("Next: {hint}", hint=error.hint))
    return lines


def _bug(error: Exception, *, as_json: bool) -> int:
    from crmctl.cli.crash import place, write_log

    log = write_log(error)
    what = _("crmctl made a mistake: {kind} at {place}", kind=type(error).__name__, place=place(error))
    hint = _("Report it with {path}, which holds no record's content", path=log) if log else None
    if as_json:
        print_json("error", error_document(CrmctlError(what, hint=hint)))
    else:
        say(_("Error: {what}", what=what) + (f"; {hint}" if hint else ""))
    return int(ExitCode.BUG)


def _silence() -> None:
    """Point stdout at nothing, so that the interpreter's last flush cannot fail either."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nothing, stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
    os.close(nothing)
