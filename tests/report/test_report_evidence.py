"""The records behind the figures: told row by row, added up a second time, in every format."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import BadConfiguration, InvalidInput
from crmctl.report.catalogue import all_reports, find_report
from crmctl.report.document import to_document
from crmctl.report.evidence import differing, with_evidence
from crmctl.report.fill import fill
from crmctl.report.filled import Filled
from crmctl.report.formats import draw as drawn
from crmctl.report.question import Asked
from tests.company import Company
from tests.report.conftest import PROBE, rows

TOLD = PROBE.replace("    sql: rows.sql\n", "    sql: rows.sql\n    evidence: proof.sql\n").replace(
    "      word: {is: text, label: [词, Word]}\n",
    "      word: {is: choice, of: customer_source, label: [词, Word], key: true}\n"
    "      customers: {is: int, label: [客户, Customers]}\n",
)
COUNT = "SELECT source AS word, count(*) AS customers FROM customer GROUP BY source"
PROOF = "SELECT source AS word, 'customers' AS figure, 'customer' AS record_kind, id AS record FROM customer"


Tell = Callable[..., Filled]


@pytest.fixture
def tell(trade: Company) -> Tell:
    """`tell("staff", reader="carol", period="2026")`: a report with the records behind it."""

    def filled(name: str, reader: str = "alice", **asked: str) -> Filled:
        ledger = trade.ledger(reader)
        return fill(ledger, find_report(ledger, name), Asked(**asked), evidence=True)  # type: ignore[arg-type]

    return filled


# What no record stands behind: files counted in the ledger, weights of the policy, tombstones.
OF_NO_RECORD = {
    ("inspection", "storage"),
    ("satisfaction", "model"),
    ("archive", "destroyed"),
    ("indicators", "posts"),
    ("posts", "duties"),
    ("posts", "holders"),
}


def test_every_table_of_a_shipped_report_tells_its_records(trade: Company) -> None:
    silent = {
        (report.name, table.name) for report in all_reports(trade.ledger()) if report.scope != "dossier"
        for table in report.tables if table.evidence is None
    }  # fmt: skip
    assert silent == OF_NO_RECORD


@pytest.mark.req("R-PER-14")
def test_every_shipped_figure_with_evidence_is_what_its_records_add_up_to(trade: Company) -> None:
    ledger = trade.ledger()
    for report in all_reports(ledger):
        asked = Asked(
            period=None if report.period == "none" else "2026", department="all",
            customer="Northern Hospital" if report.scope == "dossier" else None,
        )  # fmt: skip
        filled = fill(ledger, report, asked, evidence=True)
        assert differing(filled) == [], report.name


@pytest.mark.req("R-PER-14")
@pytest.mark.req("R-RPT-32")
def test_each_figure_of_the_staff_report_lists_its_records(tell: Tell) -> None:
    filled = tell("staff", department="east", period="2026")
    people = next(table for table in filled.tables if table.table.name == "people")
    assert people.behind
    alice = next(row for row in rows(filled, "people") if row["person"] == "alice")
    number = next(n for n, row in enumerate(people.rows) if row[0] == "alice")
    found = Counter(source.figure for source in people.behind if source.row == number)
    for figure in ("customers", "complaints", "deals"):
        assert found[figure] == (alice[figure] or 0)
    assert (
        sum(int(str(source.value)) for source in people.behind if source.figure == "amount" and source.row == number)
        == alice["amount"]
    )
    assert all(source.id for source in people.behind)


def test_evidence_goes_through_every_format(tell: Tell) -> None:
    filled = with_evidence(tell("sales", department="east", period="2026"))
    document = to_document(filled)["tables"]
    assert isinstance(document, dict)
    lines = document["months_evidence"]["rows"]
    ids = [line["id"] for line in lines if line["figure"] == "Deals"]
    assert len(ids) == len(set(ids)) == 3
    for form in ("html", "md", "csv"):
        assert all(record in drawn(filled, form).decode("utf-8") for record in ids)


def test_a_figure_that_its_records_contradict_is_not_drawn(trade: Company, tell: Tell, put: Callable[..., str]) -> None:
    put({"report.yaml": TOLD, "rows.sql": COUNT, "proof.sql": PROOF})
    assert differing(tell("probe")) == []
    put({"report.yaml": TOLD, "rows.sql": COUNT, "proof.sql": f"{PROOF} WHERE name <> 'Northern Hospital'"})
    assert differing(tell("probe")) == ["Rows: Referral: Customers"]
    with pytest.raises(InvalidInput):
        invoke(["-C", str(trade.clone("alice")), "report", "probe", "--evidence"])


WIDE = "SELECT source AS word, 'customer' AS record_kind, id AS record, KNOWN AS customers FROM customer"


def test_a_column_a_figure_may_tell_the_records_and_one_file_serve_several_tables(
    tell: Tell, put: Callable[..., str]
) -> None:
    again = TOLD.partition("tables:\n")[2].replace("  rows:", "  again:")
    put({"report.yaml": TOLD + again, "rows.sql": COUNT, "proof.sql": WIDE.replace("KNOWN", "1")})
    filled = tell("probe")
    assert differing(filled) == []
    assert [len(table.behind or ()) for table in filled.tables] == [4, 4]
    put({"report.yaml": TOLD, "rows.sql": COUNT, "proof.sql": WIDE.replace("KNOWN", "name <> 'Northern Hospital'")})
    assert differing(tell("probe")) == ["Rows: Referral: Customers"]


def test_a_mean_is_reckoned_from_its_records(tell: Tell, put: Callable[..., str]) -> None:
    report = TOLD.replace("is: int", "is: quantity")
    mean = "SELECT source AS word, round(avg(length(name)), 1) AS customers FROM customer GROUP BY source"
    put({"report.yaml": report, "rows.sql": mean, "proof.sql": WIDE.replace("KNOWN", "length(name)")})
    assert differing(tell("probe")) == []
    put({"report.yaml": report, "rows.sql": mean, "proof.sql": WIDE.replace("KNOWN", "length(name) + 1")})
    assert len(differing(tell("probe"))) == 2


def test_the_command_tells_the_records(trade: Company, capfd: pytest.CaptureFixture[str]) -> None:
    assert (
        invoke(["-C", str(trade.clone("alice")), "report", "customers", "--evidence", "--json", "--department", "east"])
        == 0
    )
    tables = json.loads(capfd.readouterr().out)["data"]["tables"]
    assert [row["id"] for row in tables["customers"]["rows"]] == [
        row["id"] for row in tables["customers_evidence"]["rows"]
    ]


@pytest.mark.parametrize(("proof", "what"), [
    ("SELECT source AS word, 'customers' AS figure, id AS record FROM customer", "record_kind"),
    (PROOF.replace("FROM customer", "FROM nowhere"), "no table nowhere"),
    (PROOF.replace(" AS record ", " AS record, 1 AS surplus "), "surplus"),
])  # fmt: skip
def test_a_broken_question_for_evidence_names_its_file(
    tell: Tell, put: Callable[..., str], proof: str, what: str
) -> None:
    put({"report.yaml": TOLD, "rows.sql": COUNT, "proof.sql": proof})
    with pytest.raises(BadConfiguration, match=what) as caught:
        tell("probe")
    assert str(caught.value.where).startswith("templates/reports/probe/proof.sql")


def test_a_report_without_evidence_says_so(trade: Company, put: Callable[..., str]) -> None:
    from crmctl.errors import UsageError

    put({"report.yaml": PROBE, "rows.sql": "SELECT 'a' AS word"})
    with pytest.raises(UsageError):
        invoke(["-C", str(trade.clone("alice")), "report", "probe", "--evidence"])


# shared views

VIEWED = PROBE.replace("tables:\n", "views: [named, loud]\ntables:\n", 1)


def put_views(trade: Company, **views: str) -> None:
    draft = trade.draft()
    for name, sql in views.items():
        draft.put_file(f"templates/views/{name}.sql", sql.encode(), f"view {name}")
    draft.commit("report")


def test_views_are_shared_and_build_on_each_other(trade: Company, tell: Tell, put: Callable[..., str]) -> None:
    put_views(trade, named="SELECT name FROM customer -- a comment", loud="SELECT upper(name) AS word\nFROM named")
    put(
        {
            "report.yaml": VIEWED,
            "rows.sql": "-- first\nWITH one AS (SELECT word FROM loud)\nSELECT word FROM one ORDER BY 1",
        }
    )
    assert "NORTHERN HOSPITAL" in [row["word"] for row in rows(tell("probe"), "rows")]


def test_a_fault_is_told_where_it_is(trade: Company, tell: Tell, put: Callable[..., str]) -> None:
    put_views(
        trade, named="SELECT name\nFROM customer", loud="SELECT upper(name) AS word\nFROM named\nWHERE nosuch = 1"
    )
    put({"report.yaml": VIEWED, "rows.sql": "SELECT word FROM loud"})
    with pytest.raises(BadConfiguration) as caught:
        tell("probe")
    assert caught.value.where == "templates/views/loud.sql:3"
    put_views(trade, loud="SELECT upper(name) AS word FROM named")
    put({"report.yaml": VIEWED, "rows.sql": "SELECT word\nFROM loud\nWHERE missing = 2"})
    with pytest.raises(BadConfiguration) as caught:
        tell("probe")
    assert caught.value.where == "templates/reports/probe/rows.sql:3"


def test_an_unknown_view_is_named(tell: Tell, put: Callable[..., str]) -> None:
    put({"report.yaml": VIEWED.replace("named, loud", "nowhere"), "rows.sql": "SELECT 'a' AS word"})
    with pytest.raises(BadConfiguration, match="nowhere"):
        tell("probe")
