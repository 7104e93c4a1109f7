"""Typer's complaints about a command line, as our own errors in the user's language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from typer._click import exceptions as click

from crmctl.errors import UsageError
from crmctl.i18n import N_, _

if TYPE_CHECKING:
    from typer._click.core import Parameter

_SENTENCES = tuple(
    (re.compile(pattern, re.DOTALL), msgid)
    for pattern, msgid in (
        (r"Got unexpected extra argument\(s\) \((?P<words>.*)\)", N_("Too many words: {words}")),
        (r"Option '(?P<name>.+)' requires an argument\.", N_("{name} needs a value")),
        (r"Option '(?P<name>.+)' requires (?P<count>\d+) arguments\.", N_("{name} needs {count:value|values}")),
        (r"Option '(?P<name>.+)' does not take a value\.", N_("{name} takes no value")),
        (r"Missing command\.", N_("A command is missing")),
        (r"(?P<value>'.*'|\".*\") is not a valid (?:integer|int)\.", N_("{value} is not a whole number")),
        (r"(?P<value>'.*'|\".*\") is not a valid float\.", N_("{value} is not a number")),
        (r"(?P<value>'.*'|\".*\") is not a valid boolean\..*", N_("{value} is neither yes nor no")),
        (r"(?P<value>'.*'|\".*\") is not one of (?P<choices>.*)\.", N_("{value} is not one of {choices}")),
        (r"(?P<value>\S+) is not in the range (?P<range>.*)\.", N_("{value} is not in the range {range}")),
        (r"(?P<value>'.*'|\".*\") does not match the formats? (?P<formats>.*)\.", N_("{value} is not like {formats}")),
        (r"(?:File|Directory|Path) (?P<path>'.*') does not exist\.", N_("{path} does not exist")),
        (r"File (?P<path>'.*') is a directory\.", N_("{path} is a folder")),
        (r"Directory (?P<path>'.*') is a file\.", N_("{path} is a file")),
        (r"(?:File|Directory|Path) (?P<path>'.*') is not readable\.", N_("{path} cannot be read")),
        (r"(?:File|Directory|Path) (?P<path>'.*') is not writable\.", N_("{path} cannot be written")),
    )
)
_MISSING = {"argument": N_("Missing: {name}"), "option": N_("Missing option: {name}")}


def explain(error: click.ClickException) -> UsageError:
    """The same complaint in our words, with the next command as its hint."""
    context = getattr(error, "ctx", None)
    hint = _("Run {command} --help", command=context.command_path) if context is not None else None
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        hint = _("Did you mean {names}?", names=", ".join(sorted(error.possibilities)))
    return UsageError(_what(error), hint=hint)


def _what(error: click.ClickException) -> str:
    parameter: Parameter | None = getattr(error, "param", None)
    if isinstance(error, click.MissingParameter):
        kind = error.param_type or (parameter.param_type_name if parameter is not None else "argument")
        return _(_MISSING.get(kind, _MISSING["argument"]), name=_name(parameter))
    if isinstance(error, click.NoSuchOption):
        return _("No such option: {name}", name=error.option_name)
    if isinstance(error, click.BadParameter) and parameter is not None:
        return _("{name}: {problem}", name=_name(parameter), problem=translated(error.message))
    if isinstance(error, click.FileError):
        return _("Cannot open {path}: {problem}", path=error.ui_filename, problem=error.message)
    return translated(error.format_message())


def _name(parameter: Parameter | None) -> str:
    if parameter is None:
        return "?"
    if parameter.param_type_name == "option":
        return " / ".join(parameter.opts)
    return parameter.metavar or str(parameter.name).upper()


def translated(sentence: str) -> str:
    """One of click's English sentences in the user's language; an unknown one as it is."""
    for pattern, msgid in _SENTENCES:
        match = pattern.fullmatch(sentence)
        if match:
            return _(msgid, **match.groupdict())
    return sentence
