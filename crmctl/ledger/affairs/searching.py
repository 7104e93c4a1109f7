"""Make a search the policy asks for, and write into the record what it gave, with its proof (R-NEW-07)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from crmctl.errors import InvalidInput, NoKey, NotFound
from crmctl.i18n import _
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.proving import Search, searches
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.guarding import Subject, parameters
from crmctl.ledger.snapshot.closeup import Closeup, closeup, kinds_named
from crmctl.ledger.snapshot.question import ask


@dataclass(frozen=True, slots=True)
class Result:
    """What was searched and found: the columns and rows, the days, the proof, and main's commit (None on a dry run)."""

    search: Search
    id: str
    since: str | None
    until: str | None
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    proof: str
    commit: str | None


def prove(ledger: Ledger, what: str, *, dry_run: bool = False) -> Result:
    """Make the search of a record's kind and write into the record what it gave.

    Raises NotFound where the policy has none, NoKey where not all the customer's records open.
    """
    found = lookup.record(ledger, what)
    search = searches(ledger.in_force).get(found.kind)
    if search is None:
        raise NotFound(_("The policy asks for no search here"), where=found.id, hint="crmctl policy list")
    draft = Draft(ledger)
    draft.proves = True
    kind = ledger.in_force.kinds[found.kind]
    record = draft.record(found.path)
    kinds = {found.kind, *kinds_named(search.sql, ledger.in_force.kinds)}
    near = closeup(ledger, draft.dossier(record.dossier), kinds)
    if not near.sees(kinds, None):
        raise NoKey(
            _("You cannot open all of this customer's records: the search would prove nothing"), where=record.dossier,
            rule=search.code, hint=f"crmctl access {record.dossier}",
        )  # fmt: skip
    subject = Subject(
        kind, found.id, record.dossier, record.compartment, record.data, ledger.member_id, ledger.today
    )  # fmt: skip
    made = _made(ledger, near, search, subject)
    filled: dict[str, object] = {
        "by": ledger.member_id, "on": ledger.today.isoformat(), "from_day": made.since, "until": made.until,
        "found": len(made.rows), "proof": made.proof,
    }  # fmt: skip
    draft.new_version(found.path, {search.into: filled}, Origin(), found.id)
    return replace(made, commit=None if dry_run else draft.commit("prove", kind.name))


def _made(ledger: Ledger, near: Closeup, search: Search, subject: Subject) -> Result:
    given = parameters(ledger, subject)
    table = subject.kind.table
    window = f'SELECT {search.since or "NULL"}, {search.until or "NULL"} FROM "{table}" WHERE id = :record'  # noqa: S608 - the policy's own
    try:
        since, until = (str(cell) if cell else None for cell in ask(near.connection, window, given).rows[0])
        answer = ask(near.connection, search.sql, {**given, "from": since, "until": until})
    except InvalidInput as error:
        raise InvalidInput(error.what, where=f"policy searches ({search.code})", hint="crmctl policy check") from error
    said = json.dumps([search.code, subject.dossier, since, until, answer.columns, answer.rows], ensure_ascii=False)
    proof = hashlib.sha256(said.encode()).hexdigest()
    return Result(search, subject.id, since, until, answer.columns, answer.rows, proof, None)
