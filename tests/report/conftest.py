"""A small company with figures known by heart, and ways to draw and to break reports on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crmctl import i18n
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.report.catalogue import find_report
from crmctl.report.fill import fill
from crmctl.report.filled import Filled
from crmctl.report.question import Asked
from tests.company import CARD, NOW, Company

HOSTILE = '=HYPERLINK("http://x","<b>[red]")'
FILE = "templates/reports/probe/report.yaml"
PROBE = """\
schema: crmctl/report-folder/1
title: [试验, Probe]
about: [一试, A try]
audience: [我们, Us]
scope: company
tables:
  rows:
    title: [行, Rows]
    sql: rows.sql
    columns:
      word: {is: text, label: [词, Word]}
"""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """English; the process's language is put back afterwards."""
    before = (i18n._language, i18n._translations)
    i18n.set_language("en")
    yield
    i18n._language, i18n._translations = before


@pytest.fixture(scope="session")
def traded(founded: Company, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The company with its records, built once; tests that write work on copies of it."""
    copy = founded.copy(tmp_path_factory.mktemp("trade") / "company")
    wanted = {"CRMCTL_NOW": NOW, "CRMCTL_HOME": str(copy.home)}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        _fill(copy)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return copy


@pytest.fixture
def trade(traded: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A copy of the company with its records."""
    copy = traded.copy(tmp_path / "company")
    monkeypatch.setenv("CRMCTL_NOW", NOW)
    monkeypatch.setenv("CRMCTL_HOME", str(copy.home))
    return copy


def _fill(company: Company) -> None:
    """Alice's three customers in the east, bob's one in the west; sales, complaints, a visit, doubts."""
    draft = company.draft()
    north = draft.new_customer(
        {**CARD, "category": "hospital", "phone": "010-62770000"}, "east", "alice", state="closed"
    )
    hostile = draft.new_customer({**CARD, "name": HOSTILE, "source": "online"}, "east", "alice")
    doubtful = draft.new_customer(
        {**CARD, "name": "South | Clinic_1", "source": "online", "address": "1 Long Road"}, "east", "alice",
        unverified={"address": "2026-11-01", "name": "2027-01-01"},
    )  # fmt: skip
    sell(draft, north.record.dossier, "2026-01-15", "1000.10")
    sell(draft, north.record.dossier, "2026-02-10", "2000.20")
    sell(draft, hostile.record.dossier, "2026-02-11", "-300.30")
    complain(draft, north.record.dossier, "2026-05-01T10:00", "closed", solved_at="2026-05-05T10:00")
    complain(draft, north.record.dossier, "2026-11-10T10:00", "registered")
    draft.new_record(draft.kind("visit"), doubtful.record.dossier, "east", {
        "on": "2026-11-18", "topic": "First look", "purpose": "introduce", "way": "phone", "state": "done", "whom": "Dr Li",
        "result": "interested", "goal_met": True,
    })  # fmt: skip
    draft.commit("import")
    west = company.draft("bob")
    far = west.new_customer({**CARD, "name": "Western Works"}, "west", "bob", Origin())
    sell(west, far.record.dossier, "2026-03-03", "5000.00", "west")
    west.commit("import")
    company.sync("alice", "bob", "alice", "carol")


def sell(draft: Draft, dossier: str, day: str, amount: str, department: str = "east") -> None:
    """Add a transaction."""
    values = {"date": day, "product": "Plate", "amount": amount}
    draft.new_record(draft.kind("transaction"), dossier, department, values)


def complain(draft: Draft, dossier: str, received: str, state: str, **more: str) -> None:
    """Add a complaint, closed ones with all they need."""
    values = {"content": "late", "category": "delivery", "channel": "phone", "received_at": received, "state": state}
    if state == "closed":
        more = {"told_at": more["solved_at"], "satisfaction": "satisfied", "solution": "sent", **more}
    draft.new_record(draft.kind("complaint"), dossier, "east", {**values, **more})


Draw = Callable[..., Filled]


@pytest.fixture
def draw(request: pytest.FixtureRequest, traded: Company, monkeypatch: pytest.MonkeyPatch) -> Draw:
    """`draw("sales", reader="carol", period="2026H1")`: a report filled as a member would see it."""
    writes = "trade" in request.fixturenames
    company = request.getfixturevalue("trade") if writes else traded
    monkeypatch.setenv("CRMCTL_NOW", NOW)
    monkeypatch.setenv("CRMCTL_HOME", str(company.home))

    def filled(name: str, reader: str = "alice", at: str | None = None, **asked: object) -> Filled:
        ledger = company.ledger(reader, at=at)
        return fill(ledger, find_report(ledger, name), Asked(**asked))  # type: ignore[arg-type]

    return filled


@pytest.fixture
def put(trade: Company) -> Callable[..., str]:
    """`put({"report.yaml": …, "rows.sql": …})`: a report `probe` of the ledger's own; the commit it is in."""

    def write(files: dict[str, str], name: str = "probe") -> str:
        draft = trade.draft()
        for file, content in files.items():
            draft.put_file(f"templates/reports/{name}/{file}", content.encode(), f"report {name}")
        return draft.commit("report")

    return write


def rows(filled: Filled, table: str) -> list[dict[str, object]]:
    """A table's rows by column name."""
    found = next(one for one in filled.tables if one.table.name == table)
    return [dict(zip((column.name for column in found.columns), row, strict=True)) for row in found.rows]
