"""The jobs `crmctl cron` knows: each does one periodic thing, asks nobody, and tells in one line what it did.

Every job may run again at once and then finds nothing to do; what it writes goes the way of any change, so that
it waits for approval where the policy's `review:` wants somebody to look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from crmctl.errors import BadConfiguration, NotFound
from crmctl.i18n import N_, _
from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding
from crmctl.policy.cron import Job, finished_period


@dataclass(frozen=True, slots=True)
class Shift:
    """What one job works on: a ledger just opened, a department (None: the whole ledger), where files go."""

    ledger: Ledger
    job: Job
    department: str | None = None
    folder: Path | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job did: a msgid with its arguments, how many things it wrote, what it found wrong.

    `left` is set where it could not even begin for want of something nobody has set up here: it is asked again.
    """

    message: str
    count: int = 0
    args: Mapping[str, object] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    left: bool = False


# A value the source lost and nobody has set yet.
_NOT_SET = "POL011"
Work = Callable[[Shift], Outcome]


def work_of(job: str) -> Work:
    """The function that does a job. Raises KeyError for one the policy could not have named."""
    return _WORK[job]


def _sync(shift: Shift) -> Outcome:
    """Take and give; grants that ended lose their keys, readers that came get theirs (DESIGN 3)."""
    ledger = shift.ledger
    if shift.dry_run:
        return Outcome(N_("would exchange changes and renew keys"))
    if not has_server(ledger):
        from crmctl.ledger.meeting.rewrap import rewrap

        return _files(rewrap(ledger.landed))
    from crmctl.ledger.meeting.sync import sync
    from crmctl.trust.gate import Gate

    done = sync(ledger, gate=Gate())
    args = {"received": done.received, "sent": done.sent, "wrapped": done.wrapped}
    count = done.received + done.sent + done.wrapped
    return Outcome(N_("{received:change|changes} received, {sent} sent, {wrapped} key files renewed"), count, args)


def _files(count: int) -> Outcome:
    return Outcome(N_("{count:key file|key files} renewed"), count, {"count": count})


def _land(shift: Shift) -> Outcome:
    """Bring to the shared ledger what everybody who was asked has approved."""
    from crmctl.ledger.meeting.landing import land
    from crmctl.ledger.waiting.handed_in import submitted
    from crmctl.trust.gate import Gate
    from crmctl.trust.review import judged

    if not has_server(shift.ledger):
        return Outcome(N_("nothing was handed in"))
    ledger, landed, waiting = shift.ledger, 0, 0
    for one in submitted(ledger.repo):
        if not judged(ledger.repo, one.tip).lands:
            waiting += 1
            continue
        if not shift.dry_run:
            land(ledger, one.tip, gate=Gate())
            ledger = ledger.reopened()
        landed += 1
    message = N_("{landed} would land, {waiting} wait") if shift.dry_run else N_("{landed} landed, {waiting} wait")
    return Outcome(message, landed, {"landed": landed, "waiting": waiting})


def _submit(shift: Shift) -> Outcome:
    """Hand in what these jobs wrote and somebody has to approve, and give the server the rest."""
    from crmctl.ledger.meeting.submitting import submit
    from crmctl.ledger.waiting.handed_in import to_hand_in
    from crmctl.trust.gate import Gate

    ledger = shift.ledger
    waiting = to_hand_in(ledger)
    if not has_server(ledger):
        return Outcome(
            N_("{count:change waits|changes wait}; there is no server to hand them in to"), 0, {"count": waiting}
        )
    if shift.dry_run:
        return Outcome(N_("would hand in {count:change|changes}"), 0, {"count": waiting})
    done = submit(ledger, gate=Gate())
    return Outcome(N_("{count:change|changes} handed in"), done.changes, {"count": done.changes})


def _grades(shift: Shift) -> Outcome:
    """Grade a department on each axis that is put forward as records, on the last day of the period that is over."""
    from crmctl.ledger.affairs.grading import file_run
    from crmctl.ledger.changing.regrading import run, to_file
    from crmctl.ledger.deciding import axes_here

    ledger, department = shift.ledger, _department(shift)
    wanted = shift.job.text("axis")
    axes = [wanted] if wanted else [*axes_here(ledger, department)]
    count, looked, unset = 0, 0, []
    for axis in axes:
        try:
            done = run(ledger, department, graded_on(ledger), axis=axis)
        except BadConfiguration as error:
            if _NOT_SET not in {finding.code for finding in error.findings}:
                raise
            unset.append(axis)  # the company has still to set what the source lost: policy check names it
            continue
        looked += len(done.proposals)
        if not done.rules.axis.records and not wanted:
            continue  # reckoned when asked
        if shift.dry_run:
            count += len(to_file(ledger, done))
            continue
        count += file_run(ledger, done)[1]
        ledger = ledger.reopened()
    if unset and len(unset) == len(axes):
        message = N_("no grades: the policy has values to be set, see crmctl policy check")
        return Outcome(message, left=True)
    message = N_("{looked:customer|customers} looked at, {count:grade|grades} would be put forward")
    if not shift.dry_run:
        message = N_("{looked:customer|customers} looked at, {count:grade|grades} put forward")
    return Outcome(message, count, {"looked": looked, "count": count})


def graded_on(ledger: Ledger) -> date:
    """The day grades are computed for: the last one of the finished half year, or today where the period rolls."""
    from crmctl.rules.half_year import review_period

    pack = ledger.in_force.pack
    if pack.values.get("period_mode") != "calendar":
        return ledger.today
    return review_period(ledger.today, pack.whole("review_months", 6), "calendar")[1]


def _blacklist(shift: Shift) -> Outcome:
    """Count the entries whose term is over: nobody is readmitted by that."""
    from crmctl.ledger.affairs.blacklisting import run_out
    from crmctl.ledger.changing.barring import rules_of

    if rules_of(shift.ledger) is None:
        return Outcome(N_("the policy has no blacklist"))
    over = len(run_out(shift.ledger, _department(shift)))
    return Outcome(N_("{count:entry|entries} ran out"), 0, {"count": over})


def _escalate(shift: Shift) -> Outcome:
    """What is late and went on (`then:`) is told to those who cannot open it; `due` shows it to all others."""
    from crmctl.ledger.affairs.escalating import escalate

    done = escalate(shift.ledger, _department(shift), dry_run=shift.dry_run)
    args = {"late": done.late, "turned": done.turned, "told": done.told, "settled": done.settled}
    message = N_("{late} late, {turned} of them passed on; {told} people told, {settled} notes settled")
    return Outcome(message, done.told + done.settled, args)


def _report(shift: Shift) -> Outcome:
    """Write a report of the period that is over into the folder."""
    from crmctl.ledger.disk.files import write_atomic
    from crmctl.report.catalogue import find_report
    from crmctl.report.fill import fill
    from crmctl.report.formats import draw, format_of
    from crmctl.report.question import Asked

    if shift.folder is None:
        return _no_folder()
    ledger, job, department = shift.ledger, shift.job, _department(shift)
    report, form = find_report(ledger, job.text("report")), format_of(job.text("format", "html"), None)
    period = job.text("period") or (finished_period(job.every, ledger.today) if report.period != "none" else None)
    name = f"{report.name}-{department}-{period or ledger.today.isoformat()}.{form}"
    if shift.dry_run:
        return Outcome(N_("would write {name}"), 0, {"name": name})
    _must_be_there(shift.folder)
    filled = fill(ledger, report, Asked(period, None, None, department, None))
    write_atomic(shift.folder / name, draw(filled, form))
    return Outcome(N_("{name} written"), 1, {"name": name})


def _tell(shift: Shift) -> Outcome:
    """Give those concerned notice of the records a report names, with ids and counts only."""
    from crmctl.cron.telling import tell

    told = tell(shift.ledger, shift.job, _department(shift), dry_run=shift.dry_run)
    message = (
        N_("{named} named, {fresh} of them would be told") if shift.dry_run else N_("{named} named, {fresh} new told")
    )
    args = {"named": len(told.named), "fresh": len(told.fresh)}
    return Outcome(message, 0 if shift.dry_run else int(bool(told.fresh)), args)


def _check(shift: Shift) -> Outcome:
    """Hold everything this member can open against itself."""
    from crmctl.ledger.checking.check import check

    found = check(shift.ledger)
    errors = tuple(finding for finding in found.findings if finding.severity == "error")
    warnings = len(found.findings) - len(errors)
    args = {"errors": len(errors), "warnings": warnings}
    return Outcome(N_("{errors:error|errors}, {warnings:warning|warnings}"), 0, args, errors)


def _backup(shift: Shift) -> Outcome:
    """Keep the whole ledger in one file a period, and no more of them than asked for."""
    from crmctl.ledger.checking.backup import backup

    if shift.folder is None:
        return _no_folder()
    prefix = f"backup-{shift.ledger.in_force.settings.id}-"
    file = shift.folder / f"{prefix}{shift.ledger.today.isoformat()}.bundle"
    if shift.dry_run:
        return Outcome(N_("would write {name}"), 0, {"name": file.name})
    _must_be_there(shift.folder)
    fresh = not file.exists()
    if fresh:
        backup(shift.ledger, file)
    keep = shift.job.whole("keep")
    gone = sorted(shift.folder.glob(f"{prefix}????-??-??.bundle"))[:-keep] if keep else []
    for old in gone:
        old.unlink()
    args = {"name": file.name, "gone": len(gone)}
    return Outcome(N_("{name} kept, {gone} older ones removed"), int(fresh) + len(gone), args)


def has_server(ledger: Ledger) -> bool:
    """Whether this copy knows a server to exchange with."""
    return bool(ledger.repo.run("config", "--get", "remote.origin.url", check=False).strip())


def _department(shift: Shift) -> str:
    assert shift.department is not None
    return shift.department


def _no_folder() -> Outcome:
    return Outcome(N_("no folder was named (--to FOLDER)"), left=True)


def _must_be_there(folder: Path) -> None:
    if not folder.is_dir():
        raise NotFound(_("There is no folder {path}", path=folder), hint=_("Make it first, or name another"))


_WORK: Mapping[str, Work] = {
    "sync": _sync, "land": _land, "grades": _grades, "blacklist": _blacklist, "escalate": _escalate, "tell": _tell,
    "report": _report, "check": _check, "backup": _backup, "submit": _submit,
}  # fmt: skip


def known() -> Iterator[str]:
    """The jobs there are."""
    yield from _WORK
