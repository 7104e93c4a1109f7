"""The one hierarchy of errors, and the exit codes it maps to.

Problems in a user's data are findings (`crmctl.model.findings`), not exceptions; an
`InvalidInput` carries them to the terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from crmctl.model.findings import Finding


class ExitCode(IntEnum):
    """What a process ends with. Fixed for ever (DESIGN 7): never renumber, never reuse."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    ABORTED = 3
    NOT_FOUND = 4
    INVALID = 5
    REFUSED = 6
    NO_KEY = 7
    GIT = 8
    CONFLICT = 9
    CONFIGURATION = 10
    TRUST = 11
    BUG = 70
    INTERRUPTED = 130


class CrmctlError(Exception):
    """An expected failure: what happened, where, which rule, and what to do next.

    `what` and `hint` are already in the user's language (built with `i18n._`).
    """

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        rule: str | None = None,
        hint: str | None = None,
        findings: Sequence[Finding] = (),
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.rule = rule
        self.hint = hint
        self.findings = tuple(findings)


class UsageError(CrmctlError):
    """The command line's words are off."""

    exit_code = ExitCode.USAGE


class Aborted(CrmctlError):
    """The user said no."""

    exit_code = ExitCode.ABORTED


class NotFound(CrmctlError):
    """Nothing of that name, or more than one thing."""

    exit_code = ExitCode.NOT_FOUND


class InvalidInput(CrmctlError):
    """The input breaks the schema; `findings` holds every fault at once."""

    exit_code = ExitCode.INVALID


class Refused(CrmctlError):
    """The policy forbids it; `rule` names the rule."""

    exit_code = ExitCode.REFUSED


class NoKey(CrmctlError):
    """No key opens it, the key is locked, or too little could be seen."""

    exit_code = ExitCode.NO_KEY


class GitFailed(CrmctlError):
    """Git, the network or the disk refused; the ledger is as it was."""

    exit_code = ExitCode.GIT


class Conflict(CrmctlError):
    """Two writers, or a lock held by somebody else."""

    exit_code = ExitCode.CONFLICT


class BadConfiguration(CrmctlError):
    """A file of the ledger's set-up (kinds, packs, org, config) is broken."""

    exit_code = ExitCode.CONFIGURATION


class TrustBroken(CrmctlError):
    """A signature, envelope or key is not what it must be."""

    exit_code = ExitCode.TRUST
