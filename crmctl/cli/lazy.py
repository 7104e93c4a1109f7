"""Commands that are imported only when they run; a table stands for them in help and completion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from typer._click.core import Context
from typer._click.exceptions import UsageError as TyperUsageError
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command_from_info
from typer.models import CommandInfo

from crmctl.cli.helptext import METAVARS, HelpContext
from crmctl.errors import UsageError
from crmctl.i18n import _

if TYPE_CHECKING:
    from typer._click.core import Command as ClickCommand
    from typer._click.core import Parameter
    from typer._click.formatting import HelpFormatter
    from typer._click.shell_completion import CompletionItem


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: `module:function`, its one-line help (a msgid) and the panel it is listed under.

    A longer explanation is the function's `details` attribute, set by `options.details`.
    """

    target: str
    help: str
    panel: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """Commands under one noun, like `key new`.

    `default` is the subcommand meant when none is named (`review` is `review list`); with
    `catch_all` also when the first word is not a subcommand (`report NAME`).
    """

    help: str
    commands: Mapping[str, Entry] = field(default_factory=dict)
    panel: str = ""
    hidden: bool = False
    default: str | None = None
    catch_all: bool = False


Table = Mapping[str, Entry | Family]


def _show_help(ctx: Context, _parameter: Parameter, value: object) -> None:
    # not click's echo: it opens an ASCII stdout anew as UTF-8, behind make_streams_safe's back
    if value and not ctx.resilient_parsing:
        print(ctx.get_help())
        ctx.exit()


class _Spoken:
    """What our commands and groups share: our words, and `-C` before the command as its default."""

    context_class: type[Context] = HelpContext

    def get_help_option(self, ctx: Context) -> TyperOption | None:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = _("Show this message and exit.")
            option.callback = _show_help
        return cast("TyperOption | None", option)

    def make_context(
        self, info_name: str | None, args: list[str], parent: Context | None = None, **extra: Any
    ) -> Context:
        if parent is not None:
            chosen = parent.find_root().params.get("directory")
            if chosen is not None:
                extra.setdefault("default_map", {"directory": str(chosen)})
        return cast("Context", super().make_context(info_name, args, parent, **extra))  # type: ignore[misc]

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        try:
            return cast("list[str]", super().parse_args(ctx, args))  # type: ignore[misc]
        except TyperUsageError as error:
            # the parser below does not say where it was; the hint needs the command
            error.ctx = error.ctx or ctx
            raise

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        pieces: list[str] = super().collect_usage_pieces(ctx)  # type: ignore[misc]
        return [piece[1:-1] if piece.startswith("{") and piece.endswith("}") else piece for piece in pieces]


class Command(_Spoken, TyperCommand):
    """One command in the user's language."""


class LazyGroup(_Spoken, TyperGroup):
    """A group known by its table; a member's module is imported when that member is called."""

    def __init__(
        self, name: str, table: Table, *, family: Family | None = None, panels: Sequence[str] = (), **attributes: Any
    ) -> None:
        """`family` when this is the group of a noun; `panels` in their order; the rest is for Typer's group."""
        super().__init__(
            name=name,
            rich_markup_mode=None,
            subcommand_metavar=_("COMMAND [ARGS]..."),
            options_metavar=_("[OPTIONS]"),
            no_args_is_help=family is None or family.default is None,
            **attributes,
        )
        self.table = table
        self.family = family
        self.panels = panels

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002
        """The names, in the table's order."""
        return list(self.table)

    def get_command(self, ctx: Context, cmd_name: str) -> ClickCommand | None:  # noqa: ARG002
        """Import and build the command; None for a name the table lacks."""
        entry = self.table.get(cmd_name)
        if entry is None:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = build(cmd_name, entry)
        return self.commands[cmd_name]

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Put the default subcommand in where none is named."""
        if self.family is not None and self.family.default is not None and self._unnamed(ctx, args):
            args = [self.family.default, *args]
        return super().parse_args(ctx, args)

    def _unnamed(self, ctx: Context, args: Sequence[str]) -> bool:
        if not args:
            return True
        if args[0] in self.table or args[0] in self.get_help_option_names(ctx):
            return False
        return args[0].startswith("-") or (self.family is not None and self.family.catch_all)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, ClickCommand | None, list[str]]:
        """Find the command that `args` begin with, or name the nearest ones.

        Raises UsageError for a name the table lacks.
        """
        name = args[0]
        command = self.get_command(ctx, name)
        if command is not None or ctx.resilient_parsing:
            return (name if command else None), command, args[1:]
        near = get_close_matches(name, [known for known, entry in self.table.items() if not entry.hidden])
        raise UsageError(
            _("No such command: {name}", name=f"{ctx.command_path} {name}"),
            hint=_("Did you mean {names}?", names=", ".join(near))
            if near
            else _("Run {command} --help", command=ctx.command_path),
        )

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002
        """One section a panel."""
        panels: dict[str, list[tuple[str, str]]] = {panel: [] for panel in self.panels}
        for name, entry in self.table.items():
            if not entry.hidden:
                panels.setdefault(entry.panel, []).append((name, _(entry.help)))
        for panel, rows in ((panel, rows) for panel, rows in panels.items() if rows):
            with formatter.section(_(panel) if panel else _("Commands")):
                formatter.write_dl(rows)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """The commands first: they are what people come for."""
        self.format_commands(ctx, formatter)
        TyperCommand.format_options(cast("TyperCommand", self), ctx, formatter)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """Complete from the table, importing nothing."""
        from typer._click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=_(entry.help))
            for name, entry in self.table.items()
            if name.startswith(incomplete) and not entry.hidden
        ]
        return [*names, *super(TyperGroup, self).shell_complete(ctx, incomplete)]


def build(name: str, entry: Entry | Family) -> Command | LazyGroup:
    """The click command behind a table entry."""
    if isinstance(entry, Family):
        return LazyGroup(name, entry.commands, family=entry, help=_(entry.help), hidden=entry.hidden)
    module, _colon, attribute = entry.target.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), attribute)
    paragraphs = [_(entry.help), _(getattr(function, "details", ""))]
    info = CommandInfo(
        name=name,
        cls=Command,
        callback=function,
        help="\n\n".join(filter(None, paragraphs)),
        options_metavar=_("[OPTIONS]"),
        hidden=entry.hidden,
    )
    command = cast("Command", get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None))
    speak(command.params)
    return command


def speak(parameters: Sequence[Parameter]) -> None:
    """Put help and placeholders of `parameters` into the user's language, at the last moment.

    Command modules mark theirs with `N_`: nothing is chosen at import.
    """
    for parameter in parameters:
        text = getattr(parameter, "help", None)
        if text:
            parameter.help = _(text)  # type: ignore[attr-defined]
        parameter.metavar = _(parameter.metavar) if parameter.metavar else _placeholder(parameter)


def _placeholder(parameter: Parameter) -> str | None:
    """What stands for the value on a help page; None leaves it to Typer (choices, formats)."""
    kind = str(parameter.type.name)
    if kind not in METAVARS:
        return None
    word = _(METAVARS[kind]) if parameter.param_type_name == "option" else str(parameter.name).upper()
    return word if parameter.nargs == 1 else f"{word}..."
