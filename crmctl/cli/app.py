"""The command table. A new command is one line here; its module is imported when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_params_convertors_ctx_param_name_from_function

from crmctl import __version__
from crmctl.cli.lazy import Entry, Family, LazyGroup, Table, speak
from crmctl.i18n import N_, _

PROGRAM = "crmctl"

EVERY_DAY = N_("Every day")
RECORDS = N_("Customers and records")
REVIEW = N_("Review")
POLICY = N_("Policy, grades and reports")
PEOPLE = N_("Keys and people")
CARE = N_("Care of the ledger")
PANELS = (EVERY_DAY, RECORDS, REVIEW, POLICY, PEOPLE, CARE)

# name: Entry("module:function", N_("one line"), PANEL) or Family(N_("one line"), {name: Entry(…)}, PANEL).
# Within a panel commands appear in the table's order.
COMMANDS: Table = {
    "due": Entry("crmctl.cli.commands.due:due", N_("Show what is due, the latest first."), EVERY_DAY),
    "day": Family(
        N_("The plan of a day, and how it went."),
        {
            "plan": Entry("crmctl.cli.commands.day:plan", N_("Show, propose or change the plan of a day.")),
            "log": Entry("crmctl.cli.commands.day:log", N_("Report on a row of the day plan: it becomes a visit.")),
        },
        EVERY_DAY,
        default="plan",
    ),
    "add": Entry("crmctl.cli.commands.add:add", N_("Add a customer, visit, complaint or other record."), EVERY_DAY),
    "update": Entry("crmctl.cli.commands.update:update", N_("Change fields of a customer or record."), EVERY_DAY),
    "request": Entry("crmctl.cli.commands.request:request", N_("Ask for something that others approve."), EVERY_DAY),
    "advance": Entry("crmctl.cli.commands.update:advance", N_("Move a record to its next state."), EVERY_DAY),
    "confirm": Entry("crmctl.cli.commands.confirm:confirm", N_("Confirm that data is unchanged."), EVERY_DAY),
    "show": Entry("crmctl.cli.commands.show:show", N_("Show a customer's card or a record."), EVERY_DAY),
    "list": Entry("crmctl.cli.commands.list:list_records", N_("List records."), EVERY_DAY),
    "undo": Entry("crmctl.cli.commands.undo:undo", N_("Take back a change of yours."), EVERY_DAY),
    "sheet": Entry("crmctl.cli.commands.sheet:sheet", N_("Write records as a sheet to edit."), RECORDS),
    "import": Family(
        N_("Take in sheets: plan, apply, take back."),
        {
            "plan": Entry("crmctl.cli.commands.imports:plan", N_("Show what a sheet would change; write nothing.")),
            "apply": Entry("crmctl.cli.commands.imports:apply", N_("Write what a plan says.")),
            "revert": Entry(
                "crmctl.cli.commands.imports:revert", N_("Take an import back, but not what was changed since.")
            ),
        },
        RECORDS,
    ),
    "export": Entry("crmctl.cli.commands.export:export", N_("Write what you can open to a file."), RECORDS),
    "unseal": Entry("crmctl.cli.commands.unseal:unseal", N_("Open a file that was sealed to you."), RECORDS),
    "prove": Entry(
        "crmctl.cli.commands.prove:prove", N_("Make the search a record needs and keep its result."), RECORDS
    ),
    "sync": Entry("crmctl.cli.commands.sync:sync", N_("Exchange changes with the others."), EVERY_DAY),
    "submit": Entry(
        "crmctl.cli.commands.submit:submit", N_("Hand in your changes that somebody has to look at."), EVERY_DAY
    ),
    "resolve": Entry(
        "crmctl.cli.commands.resolve:resolve", N_("Settle what you and somebody else changed."), EVERY_DAY
    ),
    "review": Family(
        N_("What waits for your approval, and what others have to look at."),
        {
            "walk": Entry("crmctl.cli.commands.review:walk", N_("Go through what waits for you, a letter a step.")),
            "list": Entry("crmctl.cli.commands.review:list_waiting", N_("List what was handed in and waits.")),
            "show": Entry("crmctl.cli.commands.review:show", N_("Show changes: every field, old and new.")),
            "approve": Entry("crmctl.cli.commands.review:approve", N_("Approve changes.")),
            "return": Entry("crmctl.cli.commands.review:send_back", N_("Send changes back, with the reason.")),
            "refuse": Entry("crmctl.cli.commands.review:refuse", N_("Refuse requests for good, with the reason.")),
            "comment": Entry("crmctl.cli.commands.review:comment", N_("Tell authors something about changes.")),
        },
        RECORDS,
        default="walk",
    ),
    "log": Entry("crmctl.cli.commands.log:log", N_("Show what changed, when, by whom and why."), RECORDS),
    "blame": Entry("crmctl.cli.commands.log:blame", N_("Show who gave each field its value, and when."), RECORDS),
    "find": Entry("crmctl.cli.commands.find:find", N_("Find text in customers and records."), RECORDS),
    "query": Entry("crmctl.cli.commands.find:query", N_("Ask a question in SQL over what you can open."), RECORDS),
    "access": Entry("crmctl.cli.commands.access:access", N_("Show who can read what."), RECORDS),
    "clone": Entry("crmctl.cli.commands.sync:clone", N_("Make a copy of a ledger for yourself."), CARE),
    "verify": Entry("crmctl.cli.commands.verify:verify", N_("Prove who changed what, from signatures alone."), CARE),
    "check": Entry("crmctl.cli.commands.check:check", N_("Check records, keys and references."), CARE),
    "audit": Family(
        N_("Samples of records, what was found in them, and evidence."),
        {
            "run": Entry("crmctl.cli.commands.audit:run", N_("Draw records by chance and begin an audit of them.")),
            "finding": Entry("crmctl.cli.commands.audit:finding", N_("Say what was found in a record drawn.")),
            "finish": Entry("crmctl.cli.commands.audit:finish", N_("End an audit; the next one becomes due.")),
            "list": Entry("crmctl.cli.commands.audit:list_audits", N_("List the audits and when the next is due.")),
            "prove": Entry("crmctl.cli.commands.audit:prove", N_("Draw the sample again and compare.")),
            "evidence": Entry(
                "crmctl.cli.commands.audit:evidence", N_("Write one customer's records and their proof into a folder.")
            ),
        },
        CARE,
    ),
    "backup": Entry("crmctl.cli.commands.backup:backup", N_("Keep the whole ledger in one file."), CARE),
    "restore": Entry("crmctl.cli.commands.backup:restore", N_("Make a working copy from a backup."), CARE),
    "doctor": Entry("crmctl.cli.commands.doctor:doctor", N_("Look for what is wrong here, and mend it."), CARE),
    "hook": Family(
        N_("What a server refuses."),
        {
            "install": Entry(
                "crmctl.cli.commands.hook:install", N_("Let a server's repository refuse what does not prove true.")
            ),
            "pre-receive": Entry("crmctl.cli.commands.hook:pre_receive", N_("Judge a push; Git calls this.")),
            "pre-push": Entry(
                "crmctl.cli.commands.hook:pre_push", N_("Judge what is about to be pushed; Git calls this.")
            ),
        },
        CARE,
    ),
    "ci": Family(
        N_("Checks that a hosted forge runs."),
        {
            "install": Entry("crmctl.cli.commands.ci:install", N_("Let the forge prove and check whatever is pushed.")),
        },
        CARE,
    ),
    "cron": Entry(
        "crmctl.cli.commands.cron:cron", N_("Do what is due by itself: grades, ends of terms, backups."), CARE
    ),
    "schedule": Family(
        N_("Let this machine start crmctl cron."),
        {
            "show": Entry("crmctl.cli.commands.schedule:show", N_("Show what would start crmctl cron every day.")),
            "install": Entry("crmctl.cli.commands.schedule:install", N_("Let this machine start it every day.")),
            "remove": Entry("crmctl.cli.commands.schedule:remove", N_("Take the daily start away again.")),
        },
        CARE,
    ),
    "init": Entry("crmctl.cli.commands.init:init", N_("Found a ledger in a new folder."), CARE),
    "report": Entry("crmctl.cli.commands.report:report", N_("Draw a report: lists, cards, figures."), POLICY),
    "demo": Entry("crmctl.cli.commands.demo:demo", N_("Build an invented company to try things on."), CARE),
    "assign": Entry("crmctl.cli.commands.dealing:assign", N_("Let one more department deal with a customer."), RECORDS),
    "team": Entry("crmctl.cli.commands.dealing:team", N_("Say who works with the owner on a customer."), RECORDS),
    "grant": Entry("crmctl.cli.commands.granting:grant", N_("Let somebody read a customer until a day."), RECORDS),
    "revoke": Entry("crmctl.cli.commands.granting:revoke", N_("Take a reading right back before its day."), RECORDS),
    "destroy": Entry("crmctl.cli.commands.destroy:destroy", N_("Destroy a customer's file for good."), CARE),
    "handover": Entry("crmctl.cli.commands.dealing:handover", N_("Give customers to another owner."), RECORDS),
    "policy": Family(
        N_("The policy in force."),
        {
            "list": Entry("crmctl.cli.commands.policy:list_packs", N_("List the packs: shipped, here, in force.")),
            "show": Entry("crmctl.cli.commands.policy:show", N_("Show the values in force, or a pack.")),
            "adopt": Entry("crmctl.cli.commands.policy:adopt", N_("Take a pack into the ledger and put it in force.")),
            "set": Entry("crmctl.cli.commands.policy:set_value", N_("Set a value the packs leave to the company.")),
            "check": Entry("crmctl.cli.commands.policy:check", N_("Check kinds and packs: every name must be there.")),
            "test": Entry("crmctl.cli.commands.policy_test:try_all", N_("Run the examples the packs carry.")),
            "diff": Entry("crmctl.cli.commands.policy:diff", N_("Show how packs and kinds differ from the shipped.")),
            "guide": Entry(
                "crmctl.cli.commands.handbook:guide",
                N_("Show what the policy asks of people and no program can judge."),
            ),
            "posts": Entry(
                "crmctl.cli.commands.handbook:posts", N_("Show the posts: holders, superiors, duties and rights.")
            ),
            "coverage": Entry("crmctl.cli.commands.policy:coverage", N_("Show how much of the requirements is met.")),
        },
        POLICY,
    ),
    "flow": Family(
        N_("Flows of work the policy names."),
        {
            "list": Entry("crmctl.cli.commands.flow:list_flows", N_("List the flows and who coordinates each.")),
            "start": Entry("crmctl.cli.commands.flow:start", N_("Begin a flow: its steps become due.")),
        },
        RECORDS,
        default="list",
    ),
    "why": Entry("crmctl.cli.commands.why:why", N_("Explain a rule by its code."), POLICY),
    "schema": Family(
        N_("The kinds of record."),
        {
            "list": Entry("crmctl.cli.commands.schema:list_kinds", N_("List the kinds of record.")),
            "show": Entry("crmctl.cli.commands.schema:show", N_("Show a kind's fields, choices and states.")),
            "export": Entry("crmctl.cli.commands.schema:export", N_("Write a kind's JSON Schema.")),
            "add": Entry("crmctl.cli.commands.schema:add", N_("Take a kind of your own into the ledger.")),
        },
        POLICY,
    ),
    "department": Family(
        N_("The departments."),
        {
            "add": Entry("crmctl.cli.commands.department:add", N_("Add a department.")),
            "list": Entry("crmctl.cli.commands.department:list_departments", N_("List the departments.")),
            "rename": Entry("crmctl.cli.commands.department:rename", N_("Give a department another name.")),
        },
        PEOPLE,
    ),
    "unlock": Entry("crmctl.cli.commands.unlock:unlock", N_("Open your keys for some hours."), PEOPLE),
    "lock": Entry("crmctl.cli.commands.unlock:lock", N_("Forget the opened keys."), PEOPLE),
    "key": Family(
        N_("Your own keys."),
        {
            "new": Entry("crmctl.cli.commands.key:new", N_("Make your keys on this machine.")),
            "show": Entry("crmctl.cli.commands.key:show", N_("Show the public part of your keys.")),
            "protect": Entry("crmctl.cli.commands.key:protect", N_("Change the passphrase of your keys.")),
            "rotate": Entry("crmctl.cli.commands.key:rotate", N_("Change your keys.")),
            "list": Entry("crmctl.cli.commands.key:list_keys", N_("List everybody's keys and when to change them.")),
        },
        PEOPLE,
    ),
    "member": Family(
        N_("Who is in the ledger."),
        {
            "add": Entry("crmctl.cli.commands.member:add", N_("Enrol a member.")),
            "list": Entry("crmctl.cli.commands.member:list_members", N_("List the members.")),
            "show": Entry("crmctl.cli.commands.member:show", N_("Show a member.")),
            "role": Entry("crmctl.cli.commands.member:role", N_("Set the roles of a member.")),
            "device": Entry("crmctl.cli.commands.member:device", N_("Designate the devices a member works on.")),
            "pledge": Entry("crmctl.cli.commands.member:pledge", N_("Note a promise of secrecy.")),
            "leave": Entry("crmctl.cli.commands.member:leave", N_("End a membership.")),
        },
        PEOPLE,
    ),
    "delegate": Entry(
        "crmctl.cli.commands.delegate:delegate", N_("Let somebody else approve in your place until a day."), PEOPLE
    ),
    "grade": Family(
        N_("Grades by the policy's rules."),
        {
            "run": Entry("crmctl.cli.commands.grade:run", N_("Grade a department's customers.")),
            "approve": Entry("crmctl.cli.commands.grade_approve:approve", N_("Approve grades that were put forward.")),
            "axes": Entry("crmctl.cli.commands.grade_axes:axes", N_("List the ways customers are graded.")),
            "mix": Entry("crmctl.cli.commands.grade_axes:mix", N_("Show the share of each grade against the target.")),
            "explain": Entry(
                "crmctl.cli.commands.grade:explain",
                N_("Show why a customer has its grade: every condition with its value."),
            ),
            "caps": Entry("crmctl.cli.commands.grade:caps", N_("Show how full the capped grades are, and who waits.")),
            "simulate": Entry(
                "crmctl.cli.commands.grade_simulate:simulate",
                N_("Show who would be graded otherwise under other rules, values or another date, and why."),
            ),
            "history": Entry("crmctl.cli.commands.grade:history", N_("Show the grades a customer was given.")),
        },
        POLICY,
    ),
    "blacklist": Family(
        N_("Who may not be traded with."),
        {
            "propose": Entry("crmctl.cli.commands.blacklist:propose", N_("Propose a customer for the blacklist.")),
            "verify": Entry("crmctl.cli.commands.blacklist:verify", N_("Say that the facts of a proposal hold.")),
            "reject": Entry("crmctl.cli.commands.blacklist:reject", N_("Turn a proposal down.")),
            "enter": Entry("crmctl.cli.commands.blacklist:enter", N_("Put a proposal in force: sign it.")),
            "acknowledge": Entry(
                "crmctl.cli.commands.blacklist:acknowledge", N_("Say that a department's entry was received and filed.")
            ),
            "shorten": Entry("crmctl.cli.commands.blacklist:shorten", N_("End a term early.")),
            "lift": Entry("crmctl.cli.commands.blacklist:shorten", N_("The same as shorten.")),
            "readmit": Entry(
                "crmctl.cli.commands.blacklist:readmit", N_("Put forward or approve that a customer comes back.")
            ),
            "list": Entry("crmctl.cli.commands.blacklist:list_entries", N_("List who is barred, since when and why.")),
            "check": Entry(
                "crmctl.cli.commands.blacklist:check",
                N_("Look whether a party is on the blacklist, under any of its names."),
            ),
        },
        POLICY,
    ),
    "dedupe": Entry("crmctl.cli.commands.upkeep:dedupe", N_("List customers that may be one and the same."), CARE),
    "merge": Entry(
        "crmctl.cli.commands.upkeep:merge", N_("Let one of two dossiers of a customer stand for both."), CARE
    ),
    "archive": Entry(
        "crmctl.cli.commands.upkeep:archive", N_("End trading with a customer, or take it up again."), CARE
    ),
    "help": Entry("crmctl.cli.commands.help:explain", N_("Explain a command or a topic."), CARE),
}


def root() -> LazyGroup:
    """The `crmctl` command itself."""
    parameters, _convertors, _context = get_params_convertors_ctx_param_name_from_function(_root_options)
    speak(parameters)
    motto = _("A customer ledger that is the policy.")
    return LazyGroup(PROGRAM, COMMANDS, panels=PANELS, params=parameters, help=motto)


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
