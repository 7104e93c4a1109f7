"""`crmctl help [TOPIC]`: the help of a command, or a page on exit codes, environment or words."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.options import AsJson, details
from crmctl.cli.out import Out
from crmctl.cli.topics import TOPICS, Topic
from crmctl.errors import NotFound
from crmctl.i18n import N_, _


@details(N_("Topics: exit-codes, environment, words. Any command's name shows that command's help."))
def explain(
    context: typer.Context,
    topic: Annotated[
        list[str] | None,
        typer.Argument(metavar=N_("[TOPIC|COMMAND...]"), help=N_("What to explain."), show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain a topic or a command."""
    words = topic or []
    if len(words) == 1 and words[0] in TOPICS:
        _page(words[0], TOPICS[words[0]], Out(as_json))
        return
    _command_help(context, words)


def _page(name: str, topic: Topic, out: Out) -> None:
    rows = [(_(term) if topic.terms_speak else term, _(meaning)) for term, meaning in topic.rows]

    def show() -> None:
        from crmctl.cli.helptext import HelpPage

        page = HelpPage()
        with page.section(_(topic.title)):
            page.write_dl(rows)
        out.line(page.getvalue().rstrip("\n"))

    entries = [{"name": term, "text": text} for (term, _meaning), (_shown, text) in zip(topic.rows, rows, strict=True)]
    out.result("help", {"topic": name, "title": _(topic.title), "entries": entries}, show)


def _command_help(context: typer.Context, words: list[str]) -> None:
    """Print the help page of the command named by `words`; of crmctl itself where there are none.

    Raises NotFound for a word that is neither a topic nor a command.
    """
    from crmctl.cli.lazy import LazyGroup

    place = context.find_root()
    for word in words:
        command = place.command.get_command(place, word) if isinstance(place.command, LazyGroup) else None
        if command is None:
            raise NotFound(
                _("There is no help on {topic}", topic=" ".join(words)),
                hint=_("Topics: {topics}", topics=", ".join(TOPICS)),
            )
        place = command.context_class(command, info_name=word, parent=place)
    print(place.command.get_help(place))
