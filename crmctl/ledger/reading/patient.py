"""What the doctor looks at: this machine, this person's keys, and the copy of a ledger, if there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from crmctl.errors import CrmctlError
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding


@dataclass(frozen=True, slots=True)
class Patient:
    """`repo` and `ledger` are None where there is none, or where it does not open (`trouble` says why)."""

    folder: Path
    home: Path
    repo: Repository | None = None
    ledger: Ledger | None = None
    trouble: CrmctlError | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """One thing to look at: `about` is a msgid; `mend` puts right what it can and tells what it did."""

    name: str
    about: str
    look: Callable[[Patient], Iterable[Finding]]
    mend: Callable[[Patient], Iterable[str]] | None = None
