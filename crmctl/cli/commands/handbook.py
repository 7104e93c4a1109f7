"""`crmctl policy guide|posts`: what the policy tells people, and what each post does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.commands.handbook_words import kind_names, member_names, role_name, role_names
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.i18n import N_, _, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crmctl.ledger.ledger import Ledger
    from crmctl.policy.posts import Post


@details(N_("Examples:\n\ncrmctl policy guide\n\ncrmctl policy guide p03\n\ncrmctl policy guide --for sales"))
def guide(
    pack: Annotated[str | None, typer.Argument(metavar=N_("PACK"), help=N_("Only this pack, in force or not."))] = None,
    reader: Annotated[
        str | None,
        typer.Option("--for", metavar=N_("ROLE"), help=N_("What this post is told; customer: what customers are.")),
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show what the policy asks of people and no program can judge: conduct, attitude, work outside."""
    from crmctl.ledger.reading.handbook import guidance
    from crmctl.policy.guidance import CUSTOMER

    out = Out(as_json)
    ledger = open_ledger(directory)
    found = [
        one for one in guidance(ledger, pack)
        if reader is None or reader in one.readers or (not one.readers and reader != CUSTOMER)
    ]  # fmt: skip

    def draw() -> None:
        if not found:
            out.say(_("No policy in force says anything of the kind; crmctl policy guide PACK shows another pack's"))
            return
        out.say(_("For people to keep: crmctl neither checks it nor reminds of it."))
        table(
            [(_("About"), "left"), (_("For whom"), "left"), (_("What"), "left"), (_("Clause"), "left")],
            [(label(one.about), _readers(ledger, one.readers), label(one.text), one.clause) for one in found],
        )

    out.result("guidance", found, draw)


@details(N_("Examples:\n\ncrmctl policy posts\n\ncrmctl policy posts specialist"))
def posts(
    role: Annotated[str | None, typer.Argument(metavar=N_("ROLE"), help=N_("Only this post."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show the posts the policy knows: who holds them, whom they answer to, their duties and rights."""
    from crmctl.ledger.reading.handbook import holders, posts

    out = Out(as_json)
    ledger = open_ledger(directory)
    found = posts(ledger, role)

    def draw() -> None:
        if not found:
            out.say(_("No policy in force says what posts do"))
            return
        table(
            [(_("Post"), "left"), (_("Role"), "left"), (_("Held by"), "left"), (_("Answers to"), "left")],
            [
                (
                    _title(ledger, post),
                    post.role,
                    member_names(ledger, holders(ledger, post.role)),
                    role_names(ledger, post.answers_to),
                )
                for post in found
            ],
        )
        out.line()
        heads = [_("Post"), _("Duty or right"), _("What"), _("Recorded as"), _("Flows"), _("Rules"), _("Clause")]
        table([(head, "left") for head in heads], [row for post in found for row in _rows(ledger, post)])

    out.result("posts", [{"held_by": holders(ledger, post.role), "post": post} for post in found], draw)


def _rows(ledger: Ledger, post: Post) -> Iterator[tuple[str, ...]]:
    for word, items in ((_("duty"), post.duties), (_("right"), post.rights)):
        for one in items:
            yield (
                _title(ledger, post), word, label(one.text), kind_names(ledger, one.kinds), ", ".join(one.flows),
                ", ".join(one.rules), one.clause,
            )  # fmt: skip


def _title(ledger: Ledger, post: Post) -> str:
    return label(post.title) if post.title else role_name(ledger, post.role)


def _readers(ledger: Ledger, readers: tuple[str, ...]) -> str:
    from crmctl.policy.guidance import CUSTOMER

    return ", ".join(_("customers") if one == CUSTOMER else role_name(ledger, one) for one in readers) or _("everybody")
