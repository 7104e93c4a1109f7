"""`crmctl flow list|start`: the flows of work the policy names, and one begun."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.assignments import values_of
from crmctl.cli.commands.handbook_words import kind_names, member_names, role_name, role_names
from crmctl.cli.commands.shared import SetOption, origin_of
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.i18n import N_, _, label


@details(N_("Examples:\n\ncrmctl flow list\n\ncrmctl flow list development_c1"))
def list_flows(
    flow: Annotated[str | None, typer.Argument(metavar=N_("FLOW"), help=N_("A flow's name: its steps."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List the flows of work the policy names and who coordinates each; of one flow its steps."""
    from crmctl.ledger.reading.handbook import flows, holders

    out = Out(as_json)
    ledger = open_ledger(directory)
    found = flows(ledger, flow)

    def kinds_of(one: object) -> str:
        return kind_names(ledger, getattr(one, "kinds", ()))

    def draw() -> None:
        if not found:
            out.say(_("No policy in force names a flow of work"))
            return
        heads = [
            _("Name"),
            _("Flow"),
            _("Coordinated by"),
            _("Held by"),
            _("With"),
            _("Recorded as"),
            _("Steps"),
            _("Clause"),
        ]
        rows = [
            (
                one.name, label(one.label), role_name(ledger, one.owner),
                member_names(ledger, holders(ledger, one.owner)),
                role_names(ledger, one.others), kind_names(ledger, [*one.kinds, *([one.of] if one.of else [])]),
                len(one.steps) or _("not said"), one.clause,
            )
            for one in found
        ]  # fmt: skip
        table([(head, "left") for head in heads], rows)
        steps = found[0].steps if flow is not None else ()
        if not steps:
            return
        out.line()
        states = ledger.in_force.kinds[found[0].of].states if found[0].of else {}
        table(
            [(_("Step"), "right"), (_("What"), "left"), (_("Post"), "left"), (_("Within"), "left"),
             (_("State"), "left"), (_("Recorded as"), "left")],
            [(number, label(step.text), role_name(ledger, step.who), step.within or "",
              label(states.get(step.state or "", "")), kinds_of(step))
             for number, step in enumerate(steps, 1)],
        )  # fmt: skip

    data = [{"held_by": holders(ledger, one.owner), "flow": one} for one in found]
    out.result("flows", data, draw)


@details(
    N_(
        "Examples:\n\ncrmctl flow start development_c1 --customer 某某超市 --set until=2026-12-31\n\n"
        "A step done: crmctl update FL-… --set steps.0.done_on=2026-11-20\n\n"
        "The end: crmctl advance FL-… done --set result=…"
    )
)
def start(
    flow: Annotated[str, typer.Argument(metavar=N_("FLOW"), help=N_("The flow's name; crmctl flow list."))],
    customer: Annotated[
        str | None, typer.Option("--customer", metavar=N_("WHO"), help=N_("The customer it is about."))
    ] = None,
    values: SetOption = None,
    department: Annotated[str | None, typer.Option("--department", help=N_("In which department."))] = None,
    reason: Annotated[str | None, typer.Option("--reason", help=N_("Why."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Begin a flow: its steps become due one after the other, each for who takes it."""
    from crmctl.ledger.affairs.flowing import begin
    from crmctl.policy.flows import RUN

    out = Out(as_json)
    ledger = open_ledger(directory)
    ledger_kind = ledger.in_force.kinds.get(RUN)
    fields = values_of(ledger_kind, values or [], None) if ledger_kind else {}
    done = begin(
        ledger, flow, fields, customer=customer, department=department, origin=origin_of(None, reason), dry_run=dry_run
    )
    entered = done.entered
    data = {
        "id": entered.id,
        "flow": done.flow.name,
        "steps": len(done.flow.steps),
        "commit": entered.commit,
        "dry_run": dry_run,
    }

    def draw() -> None:
        word = _("Would begin") if dry_run else _("Begun")
        out.line(f"{word}: {label(done.flow.label)} {entered.id}")
        if not done.flow.steps and "steps" not in fields:
            out.line(
                _(
                    "The policy says no steps of it; write them with crmctl update {id} --set steps.0.text=…",
                    id=entered.id,
                )
            )

    out.result("flow-start", data, draw, entered.findings)
