"""Where customers stand by the policy's questions: who comes first in `due`, and whose next contact is due."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from crmctl.errors import BadConfiguration
from crmctl.i18n import N_, _
from crmctl.ledger.reading.asker import Asker, no_grades, parameters_of, reckoned_in
from crmctl.ledger.reading.duties import kinds_of_duties
from crmctl.ledger.reading.surroundings import closed_customers
from crmctl.ledger.snapshot.closeup import FUNCTIONS, add_functions, kinds_named
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.survey import BrokenSql, survey
from crmctl.model.duration import with_values
from crmctl.model.findings import Finding
from crmctl.policy.clocks import Clock, value_of
from crmctl.policy.dated import undated
from crmctl.policy.filing import filing_faults
from crmctl.policy.pack_files import packs_in_force
from crmctl.policy.standing import KEYS, Cadence, Standing, read_standing
from crmctl.rules.due import due_items
from crmctl.rules.due_parts import Due, DueRow, Surroundings

if TYPE_CHECKING:
    from crmctl.ledger.ledger import Ledger
    from crmctl.model.kinds import Kind
    from crmctl.model.values import Value
    from crmctl.policy.service import Done

Held = dict[str, dict[str, dict[str, str]]]  # customer → department → classes by what they are of
_LAST = """
WITH standing AS ({classes}), contact AS ({contacts}),
  last AS (SELECT dossier, department, max(day) AS day FROM contact WHERE day <= :as_of {ways} GROUP BY 1, 2)
SELECT s.id, s.department, coalesce(l.day, a.since) AS last, s.class, a.since
FROM standing s JOIN assignment a ON a.dossier = s.id AND a.department = s.department
LEFT JOIN last l ON l.dossier = s.id AND l.department = s.department
WHERE s.class IN (SELECT value FROM json_each(:names)) AND coalesce(l.day, a.since) <= :latest
  AND (:owners IS NULL OR a.owner IN (SELECT value FROM json_each(:owners)))
"""
_OF_CUSTOMERS = """
SELECT id, department, class FROM ({classes})
WHERE :customers IS NULL OR id IN (SELECT value FROM json_each(:customers))
"""
_COLUMNS = {"classes": ("id", "department", "class"), "contacts": ("dossier", "department", "day", "way")}


def standing_of(ledger: Ledger) -> Standing:
    """What the packs in force say. Raises BadConfiguration with every fault."""
    files = packs_in_force(ledger.in_force.raw)
    if not any(KEYS & set(raw) for _path, raw in files):
        return Standing()
    standing, findings = read_standing(files)
    if findings:
        raise BadConfiguration(
            _("The policy's classes and cadences do not load"), findings=findings, hint="crmctl policy check"
        )
    return standing


def questions(standing: Standing) -> list[str]:
    """Every SQL text that the daily work asks."""
    asked = {of for of, _names in standing.priority} | {cadence.of for cadence in standing.cadences}
    asked |= {filing.of for filing in standing.filings} | {managing.axis for managing in standing.managing}
    texts = [sql for name, sql in standing.classes.items() if name in asked]
    return [*texts, *([standing.contacts] if standing.cadences else [])]


def kinds_of_class(ledger: Ledger, standing: Standing, of: str) -> set[str]:
    """The kinds that the question of one class reads."""
    sql = standing.classes[of]
    found = set(kinds_named(sql, ledger.in_force.kinds))
    return found | _kinds_reckoned(ledger, reckoned_in(sql))


def _kinds_reckoned(ledger: Ledger, axes: Iterable[str]) -> set[str]:
    """The kinds that reckoned grades rest on; what grades is loaded only where there are some."""
    asked = list(axes)
    if not asked:
        return set()
    from crmctl.ledger.reading.reckoning import kinds_reckoned

    return {kind for axis in asked for kind in kinds_reckoned(ledger, axis)}


def kinds_asked(ledger: Ledger, standing: Standing, clocks: Iterable[Clock]) -> set[str]:
    """The kinds that the questions of classes, contacts, services, files and clocks read."""
    kinds = ledger.in_force.kinds
    texts = [*questions(standing), *(clock.rows for clock in clocks if clock.rows)]
    found = {name for text in texts for name in kinds_named(text, kinds)}
    found |= {cadence.done.kind for cadence in standing.cadences if cadence.done} & set(kinds)
    found |= _kinds_reckoned(ledger, {axis for text in texts for axis in reckoned_in(text)})
    return found | kinds_of_duties(standing, kinds)


def held_classes(asker: Asker, standing: Standing, customers: Iterable[str] | None = None) -> Held:
    """The classes of these customers (of all) that the priorities ask for, by customer and department."""
    held: Held = {}
    ids = None if customers is None else json.dumps(sorted({*customers}))
    for of in dict.fromkeys(of for of, _names in standing.priority):
        question = _OF_CUSTOMERS.format(classes=standing.classes[of].rstrip().rstrip(";"))
        for dossier, department, name in asker.ask(question, customers=ids).rows:
            if name is not None:
                held.setdefault(str(dossier), {}).setdefault(str(department), {})[of] = str(name)
    return held


def rank_of(standing: Standing, held: Held, item: Due) -> tuple[int, str]:
    """The place of an item's customer; what all departments share takes the best of its places."""
    found = held.get(item.dossier, {})
    if item.department is not None:
        return standing.rank(found.get(item.department, {}))
    return min(map(standing.rank, found.values()), default=standing.rank({}))


def places(ledger: Ledger, day: date) -> Iterator[tuple[str, str, int, str]]:
    """(customer, department, place, class) of each customer that the policy's priorities name on a day, 1 the first."""
    standing = standing_of(ledger)
    if not standing.priority:
        return
    connection = connect(ledger, sorted(kinds_asked(ledger, standing, ())))
    add_functions(connection, ledger)
    held = held_classes(Asker(connection, ledger, day), standing)
    for dossier, dealings in sorted(held.items()):
        for department, classes in sorted(dealings.items()):
            place, name = standing.rank(classes)
            if name:
                yield dossier, department, place + 1, name


def contacts_due(asker: Asker, standing: Standing, around: Surroundings) -> Iterator[Due]:
    """Customers whose next contact is due by the cadence of their class, or the next measure of their service."""
    kinds = asker.ledger.in_force.kinds
    for cadence in standing.cadences:
        shown_by = [cadence.done.kind] if cadence.done else kinds_named(standing.contacts, kinds)
        closed = closed_customers(asker.connection, shown_by)
        by_ways: dict[tuple[str, ...], dict[str, date]] = {}
        for name in cadence.every:
            latest = _latest(cadence, name, around)
            if latest is not None:
                by_ways.setdefault(cadence.ways.get(name, ()), {})[name] = latest
        for ways, latest_of in by_ways.items():
            clocks = {name: cadence.clock(name) for name in latest_of}
            question = _last(asker.ledger, standing, cadence, ways)
            asked = {
                "names": json.dumps([*clocks]), "latest": max(latest_of.values()).isoformat(),
                "owners": _owners(cadence, around),
            }  # fmt: skip
            for dossier, department, last, held, since in asker.ask(question, **asked).rows:
                if closed and not closed.isdisjoint({(str(dossier), str(department)), (str(dossier), None)}):
                    continue  # a contact that does not open may have been the last one
                started = {"last": date.fromisoformat(str(last)[:10])}
                # a contact long before the customer was here makes the next one due, and not late since then
                here = date.fromisoformat(str(since)[:10])
                row = DueRow("customer", str(dossier), str(dossier), str(department), started, asked_from=here)
                yield from due_items(clocks[str(held)], [row], around)


def _owners(cadence: Cadence, around: Surroundings) -> str | None:
    """The only owners whose customers matter, as JSON; None where others' may too."""
    whose = around.whose
    if whose is None or whose.departments or cadence.who != ("owner",):
        return None
    return json.dumps(sorted(whose.members))


def _latest(cadence: Cadence, name: str, around: Surroundings) -> date | None:
    """The last day on which a contact may have been whose next one shows by now, by anybody's cycle; None for none."""
    reach = list(around.reach())
    spans = [span for settings in reach if (span := with_values(cadence.every[name], settings)) is not None]
    if not spans:
        return None
    leads = [value_of(cadence.lead, settings) for settings in reach]
    ahead = timedelta(days=max((int(lead) for lead in leads if lead and lead.isdigit()), default=0))
    fewest = min(span.count * {"month": 28, "year": 365}.get(span.unit, 1) for span in spans)
    return around.today + ahead - timedelta(days=fewest)


def question_faults(standing: Standing, kinds: Mapping[str, Kind], values: Mapping[str, Value]) -> Iterator[Finding]:
    """The questions that do not run or give other columns than they must."""
    parameters = parameters_of(undated(values), date(2000, 1, 1))
    texts = [("classes", f"classes.{name}", sql) for name, sql in standing.classes.items()]
    texts += [("contacts", "contacts", standing.contacts)] if standing.contacts else []
    for sort, path, sql in texts:
        yield from rows_faults(kinds.values(), sql, {**parameters, **no_grades(sql)}, path, _COLUMNS[sort])
    for cadence in standing.cadences:
        yield from _done_faults(cadence, kinds)
    yield from filing_faults(standing.filings, kinds, "")


def _done_faults(cadence: Cadence, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    """What a measure's `done:` names that is not there."""
    done = cadence.done
    if done is None:
        return
    kind = kinds.get(done.kind)
    names = [done.at, *(leaf.name for leaf in done.conditions)] if kind else []
    known = {"state", *(name for name, _field in kind.walk())} if kind else set()
    for name in [done.kind] if kind is None else [name for name in names if name not in known]:
        args: dict[str, object] = {"code": cadence.code, "name": name}
        yield Finding("POL004", N_("{code}: there is no {name}"), "error", "", "service", args)


def rows_faults(
    kinds: Iterable[Kind], sql: str, parameters: Mapping[str, object], path: str, columns: Iterable[str]
) -> Iterator[Finding]:
    """What is off about one question: it does not run, or lacks a column."""
    try:
        given = survey(kinds, sql, parameters, functions=FUNCTIONS)
    except BrokenSql as error:
        args: dict[str, object] = {"name": path, "why": error.reason}
        yield Finding("POL017", N_("The question {name} does not run: {why}"), "error", "", path, args)
        return
    lacking = [name for name in columns if name not in given.columns]
    if lacking:
        args = {"name": path, "columns": ", ".join(lacking)}
        yield Finding("POL017", N_("The question {name} must also give: {columns}"), "error", "", path, args)


def _last(ledger: Ledger, standing: Standing, cadence: Cadence, ways: Iterable[str]) -> str:
    """The question for the customers of some classes whose last contact, in one of these ways, was long ago."""
    contacts = _shown_by(ledger, cadence.done) if cadence.done else standing.contacts.rstrip().rstrip(";")
    return _LAST.format(
        classes=standing.classes[cadence.of].rstrip().rstrip(";"), contacts=contacts,
        ways=f"AND way IN ({_quoted(ways)})" if ways else "",
    )  # fmt: skip


def _shown_by(ledger: Ledger, done: Done) -> str:
    """The records that show a measure was taken, as contacts are told: customer, department, day, way."""
    kind = ledger.in_force.kinds.get(done.kind)
    if kind is None:
        raise BadConfiguration(_("There is no kind {name}", name=done.kind), hint="crmctl policy check")
    field = kind.field(done.at)
    day = f"{done.at.replace('.', '_')}{'_on' if field is not None and field.type == 'instant' else ''}"
    words = {"=": "IN", "in": "IN", "!=": "NOT IN", "not in": "NOT IN"}
    conditions = [
        f'AND "{leaf.name.replace(".", "_")}" {words.get(leaf.operator, leaf.operator)} ({_quoted(leaf.literals)})'
        for leaf in done.conditions
    ]
    table = f'SELECT dossier, department, "{day}" AS day, NULL AS way FROM "{kind.table}"'  # noqa: S608 - of the kind
    return f'{table} WHERE "{day}" IS NOT NULL {" ".join(conditions)}'


def _quoted(words: Iterable[str]) -> str:
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words)
