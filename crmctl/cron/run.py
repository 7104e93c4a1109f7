"""Run the jobs that are due, one after the other: one that fails stops no other, one that was done is not done again.

What was done is noted in this copy alone, by the period it was done for; the jobs themselves do nothing twice, so
that a lost note, or a second machine, costs time and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crmctl.cron.jobs import Outcome, Shift, work_of
from crmctl.errors import BadConfiguration, CrmctlError, NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.git.lock import ledger_lock, own_folder
from crmctl.ledger.ledger import Ledger
from crmctl.policy.cron import Job, period_of, read_jobs
from crmctl.policy.pack_files import packs_in_force

How = Literal["done", "again", "left", "failed"]
_LOCK = "cron"
_Noted = dict[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """How one job went: `again` was done in this period already; `failed` has the error; findings are in `outcome`."""

    job: Job
    department: str | None
    how: How
    outcome: Outcome | None = None
    error: CrmctlError | None = None


def jobs_of(ledger: Ledger) -> tuple[Job, ...]:
    """The jobs of the policy in force. Raises BadConfiguration with every fault."""
    jobs, findings = read_jobs(packs_in_force(ledger.in_force.raw))
    if findings:
        raise BadConfiguration(_("The policy's jobs do not load"), findings=findings, hint="crmctl policy check")
    return jobs


def departments_of(ledger: Ledger, wanted: Sequence[str] = ()) -> list[str]:
    """The departments named; without a name those this member works in.

    Raises NotFound for one that is not there, Refused for a member who works in none.
    """
    known = ledger.in_force.org.departments
    for name in wanted:
        if name not in known:
            raise NotFound(_("There is no department {key}", key=name), hint="crmctl department list")
    found = list(dict.fromkeys(wanted)) or sorted(set(ledger.member.departments(ledger.today)))
    if not found:
        raise Refused(_("You work in no department"), rule="cron", hint="crmctl cron --department NAME")
    return found


def run_jobs(
    ledger: Ledger, departments: Sequence[str], *, folder: Path | None = None, only: Sequence[str] = (),
    dry_run: bool = False,
) -> Iterator[Line]:  # fmt: skip
    """Do what is due; each line is given when its job is over.

    Raises Conflict when another `crmctl cron` runs on this copy, NotFound for an `only` no job is called.
    """
    jobs = jobs_of(ledger)
    for name in only:
        if name not in {job.name for job in jobs}:
            raise NotFound(_("There is no job {name}", name=name), hint=", ".join(job.name for job in jobs))
    wanted = [job for job in jobs if not only or job.name in only]
    places: dict[str, Sequence[str | None]] = {"ledger": (None,), "department": departments}
    with ledger_lock(ledger.repo, 0.0, purpose=_LOCK):
        noted = _read(_path(ledger))
        for job in wanted:
            if not job.on(ledger.today) and not only:
                continue
            for department in places[job.scope]:
                key, period = f"{job.name}@{department or ''}", period_of(job.every, ledger.today)
                if noted.get(key) == period and not only:
                    yield Line(job, department, "again")
                    continue
                line = _one(Shift(ledger.reopened(), job, department, folder, dry_run))
                if line.how == "done" and not dry_run:
                    noted[key] = period
                    write_atomic(_path(ledger), json.dumps(noted, sort_keys=True).encode())
                yield line


def failed(lines: Sequence[Line]) -> bool:
    """Whether somebody should look: a job failed or found something wrong."""
    return any(line.how == "failed" or (line.outcome is not None and line.outcome.findings) for line in lines)


def _one(shift: Shift) -> Line:
    try:
        outcome = work_of(shift.job.job)(shift)
    except CrmctlError as error:
        return Line(shift.job, shift.department, "failed", error=error)
    except OSError as error:
        told = CrmctlError(_("A file could not be written: {reason}", reason=error.strerror or type(error).__name__))
        return Line(shift.job, shift.department, "failed", error=told)
    return Line(shift.job, shift.department, "left" if outcome.left else "done", outcome)


def _path(ledger: Ledger) -> Path:
    return own_folder(ledger.repo) / f"cron-{ledger.member_id}.json"


def _read(path: Path) -> _Noted:
    try:
        noted = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in noted.items()} if isinstance(noted, dict) else {}
