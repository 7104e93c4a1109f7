"""The pages `crmctl help` can show besides commands."""

from __future__ import annotations

from dataclasses import dataclass

from crmctl.errors import ExitCode
from crmctl.i18n import N_


@dataclass(frozen=True, slots=True)
class Topic:
    """A title and rows of (term, meaning); `terms_speak` when the terms are words, not names."""

    title: str
    rows: tuple[tuple[str, str], ...]
    terms_speak: bool = False


EXIT_CODES: dict[ExitCode, str] = {
    ExitCode.DONE: N_("Done."),
    ExitCode.FINDINGS: N_("Done, and something was found that needs attention."),
    ExitCode.USAGE: N_("The command line's words are off."),
    ExitCode.ABORTED: N_("You said no."),
    ExitCode.NOT_FOUND: N_("There is nothing of that name, or more than one."),
    ExitCode.INVALID: N_("The input is not what the record needs; nothing was written."),
    ExitCode.REFUSED: N_("The policy forbids it; the rule is named."),
    ExitCode.NO_KEY: N_("You cannot open it, your keys are locked, or you see too little to decide."),
    ExitCode.GIT: N_("Git, the network or the disk refused; the ledger is as it was."),
    ExitCode.CONFLICT: N_("Somebody else is writing, or changed it meanwhile."),
    ExitCode.CONFIGURATION: N_("A file of the ledger's set-up is broken."),
    ExitCode.TRUST: N_("A signature or key is not what it must be; nothing was taken over."),
    ExitCode.BUG: N_("crmctl made a mistake; a log without contents says where."),
    ExitCode.INTERRUPTED: N_("You stopped it."),
}

TOPICS: dict[str, Topic] = {
    "exit-codes": Topic(
        N_("Exit codes, fixed for ever"), tuple((str(int(code)), meaning) for code, meaning in EXIT_CODES.items())
    ),
    "environment": Topic(
        N_("Environment variables"),
        (
            ("CRMCTL_HOME", N_("Where your own files are: configuration, identities, logs.")),
            ("CRMCTL_LANG", N_("Your language: zh_CN or en. Without it LC_ALL, LC_MESSAGES, LANGUAGE, LANG decide.")),
            ("CRMCTL_NOW", N_("The present moment, for replay and tests, like 2026-11-22T09:00:00+08:00.")),
            ("NO_COLOR", N_("Anything here: tables without colour.")),
        ),
    ),
    "words": Topic(
        N_("Words"),
        (
            (N_("ledger"), N_("All a company keeps on its customers, with the policy it keeps it by.")),
            (N_("dossier"), N_("Everything about one customer.")),
            (N_("assignment"), N_("A department's dealings with a customer: owner, team, state, grade.")),
            (N_("compartment"), N_("The part of a dossier that the same people may read.")),
            (N_("record"), N_("One entry: a visit, a contract, a complaint.")),
            (N_("kind"), N_("What sort of record it is, and which fields it has.")),
            (N_("pack"), N_("A policy as data: who reads, who signs, what is due, what is barred.")),
            (N_("finding"), N_("Something a check saw, with its rule's code; `crmctl why CODE` explains it.")),
            (N_("coverage"), N_("How much of what exists you could see: k of n.")),
            (N_("slot"), N_("A signature the policy asks for before a change counts.")),
        ),
        terms_speak=True,
    ),
}
