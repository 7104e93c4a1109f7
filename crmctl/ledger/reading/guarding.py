"""Hold records against the policy's guards: each as it is entered, and all of a dossier in `check`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from crmctl.errors import BadConfiguration, CrmctlError, InvalidInput, Refused
from crmctl.i18n import N_, _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.facts import FIXED_TABLES, typed_value
from crmctl.ledger.reading.question_parameters import fact_parameters
from crmctl.ledger.snapshot.closeup import FUNCTIONS, Closeup, closeup, kinds_named
from crmctl.ledger.snapshot.question import ask
from crmctl.ledger.snapshot.survey import BrokenSql, survey
from crmctl.model.condition import flat
from crmctl.model.dossier import is_office
from crmctl.model.findings import Finding, Severity
from crmctl.model.kinds import Kind
from crmctl.model.monthly import fields_of, rows_in
from crmctl.model.paths import record_path
from crmctl.model.record import Record
from crmctl.model.values import Value
from crmctl.policy.conditions import judge
from crmctl.policy.dated import undated
from crmctl.policy.decision import declared, settle
from crmctl.policy.effective import Key
from crmctl.policy.facts import Absent, Fact, FactValue
from crmctl.policy.guards import Guard, read_guards
from crmctl.policy.pack_files import PackFile, packs_in_force

if TYPE_CHECKING:
    from crmctl.ledger.reading.proposed import Proposed
    from crmctl.model.condition import Leaf
    from crmctl.model.dossier import Dossier
    from crmctl.policy.pack import Pack

NEW = "-"  # stands for the id a new record has not got yet


@dataclass(frozen=True, slots=True)
class Guarding:
    """The guards in force and the facts they ask for, with where a fact applies."""

    guards: tuple[Guard, ...]
    facts: Mapping[str, Fact]
    applies: Mapping[str, Leaf]

    def of(self, deed: str, kind: str) -> list[Guard]:
        """The guards that watch this deed."""
        return [guard for guard in self.guards if (deed, kind) in guard.deeds]

    def guard(self, code: str) -> Guard | None:
        """The guard of a code."""
        return next((guard for guard in self.guards if guard.code == code), None)


@dataclass(frozen=True, slots=True)
class Subject:
    """The record a guard looks at: as it would be, where it would lie, who enters it, and the day that counts."""

    kind: Kind
    id: str
    dossier: str
    compartment: str
    data: Mapping[str, Value]
    by: str
    day: date

    @property
    def department(self) -> str | None:
        """The department whose assignment it belongs to."""
        return self.compartment.partition("/")[0] if "/" in self.compartment else None


# By which values they were read: they differ by department and day (`crmctl.policy.effective`).
_RULES: WeakKeyDictionary[Ledger, dict[Key, Guarding]] = WeakKeyDictionary()


def guarding(ledger: Ledger, department: str | None = None, day: date | None = None) -> Guarding:
    """The guards in force for a department (the company) on a day (today). Raises BadConfiguration with every fault."""
    in_force, day = ledger.in_force, day or ledger.today
    known, key = _RULES.setdefault(ledger, {}), in_force.values.key(day, department)
    if key not in known:
        files, values = packs_in_force(in_force.raw), in_force.values
        made, findings = read_guarding(files, in_force.kinds, in_force.pack, values.on(day, department))
        if findings:  # a guard by a value that begins later is none yet; anything else is a fault
            later = values.since(day, max(day, ledger.today, *values.days(department)), department)
            findings = read_guarding(files, in_force.kinds, in_force.pack, later)[1]
        if findings:
            raise BadConfiguration(_("The policy's guards do not load"), findings=findings, hint="crmctl policy check")
        known[key] = made
    return known[key]


def ever_guarding(ledger: Ledger, department: str | None) -> Guarding:
    """Every guard that counts for a department on some day, as of the last day it does; today's where it does today."""
    made = [guarding(ledger, department, day) for day in (*ledger.in_force.values.days(department), ledger.today)]
    guards = {guard.code: guard for rules in made for guard in rules.guards}
    facts = {name: fact for rules in made for name, fact in rules.facts.items()}
    return Guarding(tuple(guards.values()), facts, {n: leaf for rules in made for n, leaf in rules.applies.items()})


def read_guarding(
    packs: Sequence[PackFile], kinds: Mapping[str, Kind], whole: Pack, values: Mapping[str, Value]
) -> tuple[Guarding, list[Finding]]:
    """Read the guards of these packs by these values; `whole` is all of them laid over each other."""
    all_facts = declared(packs, whole.vocab, [])
    facts, applies = all_facts.facts, all_facts.applies
    guards, findings = read_guards(packs, facts, values, kinds)
    used = {name for guard in guards for name in guard.facts}
    used |= {leaf.name for name, leaf in applies.items() if name in used}
    kept = {name: fact for name, fact in facts.items() if name in used}
    return Guarding(guards, kept, {name: leaf for name, leaf in applies.items() if name in used}), findings


def sql_faults(guarding: Guarding, kinds: Mapping[str, Kind], values: Mapping[str, Value]) -> Iterator[Finding]:
    """The facts of guards that read more than the customer's own records."""
    parameters = _parameters("department", date(2000, 1, 1), undated(values), "", "", "")
    inside = {kind.table for kind in kinds.values() if kind.scope != "office"}
    for name, fact in guarding.facts.items():
        path = f"facts.{name}.sql"
        try:
            surveyed = survey(kinds.values(), fact.sql, parameters, functions=FUNCTIONS)
        except BrokenSql:
            continue  # told with its line where all facts are tried
        outside = sorted(surveyed.tables - FIXED_TABLES - inside)
        if outside:
            message = N_("A guard looks at the customer's own records only; {name} reads {table}")
            yield Finding("POL017", message, "error", "", path, {"name": name, "table": outside[0]})


def judge_entry(
    draft: Proposed, kind: Kind, dossier_id: str, compartment: str, before: Mapping[str, Value],
    after: dict[str, Value], record_id: str,
) -> dict[str, Value]:  # fmt: skip
    """The record's fields as they may be entered: as given, or turned to the state a guard sends it to.

    Warnings go to the draft. Raises Refused with every guard that says no.
    """
    ledger = draft.ledger
    if is_office(dossier_id):
        return after
    department = compartment.partition("/")[0] if "/" in compartment else None
    rules = ever_guarding(ledger, department)
    values, was = flat(after), flat(before)
    meant = [g for g in rules.of("change" if before else "add", kind.name) if g.applies(values, was)]
    if not meant:
        return after
    by = ledger.member_id
    subject = Subject(kind, record_id or NEW, dossier_id, compartment, after, by, ledger.today)
    near = closeup(ledger, draft.dossier(dossier_id), kinds_of(rules, meant, ledger), _with_subject(draft, subject))
    refused: list[Finding] = []
    for known in meant:
        day = _day(known, after, ledger.today)
        on_day = guarding(ledger, department, day)
        guard = on_day.guard(known.code)
        if guard is None:
            continue
        verdict = _verdict(ledger, on_day, guard, replace(subject, day=day), near)
        if verdict is True or (verdict is None and guard.unknown == "pass"):
            continue
        finding = _finding(guard, record_id or dossier_id, unknown=verdict is None)
        if guard.turn and verdict is False:
            draft.findings.append(replace(finding, severity="warning"))
            after = {
                **after,
                **{name: spoken_here(value, ledger) for name, value in guard.sets.items()},
                "state": guard.turn,
            }
        elif finding.severity == "error":
            refused.append(finding)
        else:
            draft.findings.append(finding)
    if refused:
        first = refused[0]
        raise Refused(
            _("{kind}: {why}", kind=label(kind.label), why=label(first.args["text"])), where=record_id or dossier_id,
            rule=first.code, findings=refused[1:], hint=f"crmctl why {first.code}",
        )  # fmt: skip
    return after


def dossier_faults(ledger: Ledger, dossier: Dossier) -> list[Finding]:
    """What the guards say of the records a dossier holds already, among those the member can open."""
    everywhere = [ever_guarding(ledger, name) for name in (None, *dossier.assignments)]
    rules = Guarding(
        tuple({guard.code: guard for rules in everywhere for guard in rules.guards}.values()),
        {name: fact for rules in everywhere for name, fact in rules.facts.items()},
        {name: leaf for rules in everywhere for name, leaf in rules.applies.items()},
    )
    asked = [guard for guard in rules.guards if guard.again]
    if not asked:
        return []
    watched = {kind for guard in asked for kind in guard.kinds}
    if not any(closeup(ledger, dossier, watched).records.values()):
        return []
    near = closeup(ledger, dossier, {*watched, *kinds_of(rules, asked, ledger)})
    found: list[Finding] = []
    for name in sorted(watched):
        guards = [guard for guard in asked if name in guard.kinds]
        for path, record in near.records[name].items():
            for subject in _subjects(ledger.in_force.kinds[name], record):
                where = f"{path}#{subject.id}" if subject.kind.monthly else path
                found += _subject_faults(ledger, guards, subject, near, where, record)
    return found


def _subject_faults(
    ledger: Ledger, guards: list[Guard], subject: Subject, near: Closeup, where: str, record: Record
) -> Iterator[Finding]:
    values, before = flat(subject.data), None
    for known in guards:
        if known.steps and before is None:
            before = _version_before(ledger, where, record)
        if (known.steps and not before) or not known.applies(values, before or {}):
            continue
        day = _day(known, subject.data, subject.day)
        on_day = guarding(ledger, subject.department, day)
        guard = on_day.guard(known.code)
        if guard and _verdict(ledger, on_day, guard, replace(subject, day=day), near) is False:
            yield _finding(guard, where, unknown=False)


def _version_before(ledger: Ledger, path: str, record: Record) -> dict[str, object]:
    """What the record said in the version this one replaced; empty for a first one, a row of a month, or one closed."""
    if record.prev is None or "#" in path:
        return {}
    try:
        return flat(ledger.read(path, record.prev).data)
    except CrmctlError:
        return {}


def kinds_of(rules: Guarding, guards: list[Guard], ledger: Ledger) -> set[str]:
    """The kinds whose records the facts of these guards read."""
    kinds = ledger.in_force.kinds
    names = {name for guard in guards for name in guard.facts}
    names |= {leaf.name for name, leaf in rules.applies.items() if name in names}
    return {kind for name in names if name in rules.facts for kind in kinds_named(rules.facts[name].sql, kinds)}


def _verdict(ledger: Ledger, rules: Guarding, guard: Guard, subject: Subject, near: Closeup) -> bool | None:
    if guard.condition is None:
        return False
    given = parameters(ledger, subject)
    wanted = {**{name: rules.facts[name] for name in guard.facts}}
    wanted |= {leaf.name: rules.facts[leaf.name] for name, leaf in rules.applies.items() if name in wanted}
    found: dict[str, FactValue] = {}
    for fact in wanted.values():
        if not near.sees(kinds_named(fact.sql, ledger.in_force.kinds), _matters(fact, subject)):
            found[fact.name] = Absent.UNKNOWN
            continue
        try:
            rows = ask(near.connection, fact.sql, given).rows
        except InvalidInput as error:
            raise BadConfiguration(error.what, where=f"policy facts.{fact.name}", hint="crmctl policy check") from error
        cell = next((row[1] for row in rows if row[0] in {subject.id, subject.dossier}), None)
        if cell is not None:
            found[fact.name] = typed_value(fact, cell, ledger.in_force.settings.currency)
    return judge(guard.condition, settle(wanted, rules.applies, found)).verdict


def parameters(ledger: Ledger, subject: Subject) -> dict[str, object]:
    """What a question about a record may refer to."""
    values = ledger.in_force.values.since(subject.day, ledger.today, subject.department)
    return _parameters(subject.department, subject.day, values, subject.id, subject.dossier, subject.by)


def _matters(fact: Fact, subject: Subject) -> str | None:
    """The department whose records must all open for the fact to be told; None: those of all."""
    return subject.department if ":department" in fact.sql else None


def _parameters(
    department: str | None, day: date, values: Mapping[str, Value], record: str, customer: str, member: str
) -> dict[str, object]:
    plain = {name: value for name, value in values.items() if isinstance(value, int | str)}
    return {**plain, **fact_parameters(department or "", day), "record": record, "customer": customer, "member": member}


def _with_subject(draft: Proposed, subject: Subject) -> dict[str, Record]:
    """The dossier's records as the draft changes them, with the subject as it would be."""
    changed = {kept.path: kept.record for kept in draft.written() if kept.record.dossier == subject.dossier}
    kind, data = subject.kind, dict(subject.data)
    at = draft.ledger.now.isoformat()
    if kind.monthly:
        data = {"rows": [{"id": subject.id, "by": subject.by, "for": None, "at": at, **data}]}
    here = draft.dossier(subject.dossier).compartments[subject.compartment]
    made = Record(
        schema=kind.schema, id=subject.id, kind=kind.name, dossier=subject.dossier, compartment=subject.compartment,
        generation=here.generation, rev=1, prev=None, by=subject.by, for_=None, at=at, reason=None, data=data,
    )  # fmt: skip
    name = kind.name if kind.single else subject.id
    path = record_path(kind, subject.dossier, subject.compartment, name)
    if kind.monthly and subject.id != NEW:
        changed |= _without_row(draft, subject, changed)
    return {**changed, path: made}


def _without_row(draft: Proposed, subject: Subject, changed: Mapping[str, Record]) -> dict[str, Record]:
    """The month's file that holds the row now, without it."""
    kind = subject.kind
    month = str(subject.data.get(kind.monthly or "", ""))[:7]
    path = record_path(kind, subject.dossier, subject.compartment, month)
    record = changed.get(path) or draft.record(path)
    rows: list[Value] = [row for row in rows_in(record.data) if row.get("id") != subject.id]
    return {path: replace(record, data={"rows": rows})}


def _subjects(kind: Kind, record: Record) -> Iterator[Subject]:
    if not kind.monthly:
        day = date.fromisoformat(record.at[:10])
        yield Subject(kind, record.id, record.dossier, record.compartment, record.data, record.for_ or record.by, day)
        return
    for row in rows_in(record.data):
        day, by = date.fromisoformat(str(row["at"])[:10]), str(row.get("for") or row["by"])
        yield Subject(kind, str(row["id"]), record.dossier, record.compartment, fields_of(row), by, day)


def _day(guard: Guard, data: Mapping[str, Value], otherwise: date) -> date:
    given = flat(data).get(guard.at) if guard.at else None
    return date.fromisoformat(str(given)[:10]) if given else otherwise


def _finding(guard: Guard, where: str, *, unknown: bool) -> Finding:
    args: dict[str, object] = {"text": guard.text}
    if unknown:
        severity: Severity = "error" if guard.unknown == "refuse" else "warning"
        message = N_("Cannot be told from what is on record and open to you: {text}")
        return Finding(guard.code, message, severity, where, guard.at or "", args)
    return Finding(guard.code, N_("{text}"), guard.severity, where, guard.at or "", args)


def spoken_here(value: Value, ledger: Ledger) -> Value:
    """A text in both languages in the ledger's own; anything else as it is."""
    if isinstance(value, list) and len(value) == 2:
        return value[0 if ledger.in_force.settings.language.startswith("zh") else 1]
    return value
